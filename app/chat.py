"""`paceline chat`: the conversation of one person at a terminal, to try dialogues and to drive them from a pipe. Never in production."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.settings import Settings, Stage
from app.wiring import House
from bot import lines
from bot.lines import Line
from bot.terminal import CHANNEL, Screen
from bot.turn import Speaker
from core.courses.enrolments import Place, places_of
from core.data.clock import utc_now
from core.data.ids import new_secret
from core.data.vault import Vault
from core.errors import CoreError, NotFound
from core.i18n import translator
from core.people.access import Action, Role, demand, may
from core.people.people import Person, names_of
from core.people.roles import SchoolRole, roles_of
from core.people.tenants import Tenant


class ChatNotHere(CoreError):
    """In production nobody speaks for somebody else."""

    code = "chat.not_here"


class PersonUnknown(NotFound):
    """Nobody of the school has this pseudonym or name."""

    code = "chat.person_unknown"


class PersonUnclear(CoreError):
    """Several people of the school have this name; `there` lists their pseudonyms."""

    code = "chat.person_unclear"


class CourseUnknown(NotFound):
    """The person is in no such course; `there` lists theirs."""

    code = "chat.course_unknown"


def check(settings: Settings) -> None:
    """Keep this out of production.

    Raises:
        ChatNotHere: this is production.
    """
    if settings.stage is Stage.PRODUCTION:
        raise ChatNotHere


def find_speaker(session: Session, vault: Vault, tenant: Tenant, called: str, course: str = "") -> Speaker:
    """Somebody of a school, as the terminal lets them speak.

    Args:
        called: a pseudonym or a display name.
        course: title or id; without one the first in which they may talk.

    Raises:
        PersonUnknown, PersonUnclear, CourseUnknown: `called` or `course` does not name one.
        NotAllowed: they may not talk, in what they are there.
    """
    person = _find_person(session, vault, tenant.id, called)
    places = places_of(session, tenant.id, person.id)
    place = _find_place(places, course) if course else next((one for one in places if may(one.role, Action.TALK)), None)
    advises = place is None and SchoolRole.ADVISOR in roles_of(session, tenant.id, person.id)
    role = place.role if place else Role.ADVISOR if advises else Role.VISITOR
    demand(role, Action.TALK)
    language, zone = person.language or tenant.language, person.zone or tenant.zone
    return Speaker(tenant.id, person.id, role, language, zone, place.course_id if place else None, CHANNEL)


class Chat:
    """A conversation at a terminal: each typed line is one turn, committed before its answer is shown."""

    def __init__(self, house: House, speaker: Speaker, say: Callable[[str], None], *, as_json: bool) -> None:
        self._house, self._speaker, self._say, self._as_json = house, speaker, say, as_json
        self._t = translator(speaker.language)
        found = self._lines()
        self._seen = found[-1].said_id if found else 0
        self._screen = Screen(lines.unanswered(found))

    def open(self) -> None:
        """Show where the conversation stands: what was said last, or how to begin."""
        shown = self._screen.text(self._t)
        self._say(shown or self._t("chat.first.about"))

    def run(self, typed: Iterable[str]) -> None:
        """Take every line that is typed, until there are no more."""
        for line in typed:
            if line.strip():
                self._take(line.strip())

    def close(self) -> None:
        """Say goodbye."""
        self._say(f"\n{self._t('talk.goodbye')}")

    def _take(self, typed: str) -> None:
        opens = self._screen.opens(typed)
        if opens is not None:
            self._show_address(opens)
            return
        with self._house.database.session() as session:
            inbound = self._screen.inbound(typed, new_secret())
            self._house.talk.take(session, self._speaker, inbound, now=utc_now())
            session.commit()
        found = self._lines(after=self._seen)
        self._seen, self._screen = found[-1].said_id, Screen(found)
        self._say(json.dumps(self._screen.json(), ensure_ascii=False) if self._as_json else f"{self._screen.text(self._t)}\n")

    def _show_address(self, opens: str) -> None:
        shown = opens if ":" in opens else self._t("chat.opens_page")
        self._say(json.dumps({"text": shown, "choices": []}, ensure_ascii=False) if self._as_json else f"{shown}\n")

    def _lines(self, *, after: int = 0) -> list[Line]:
        key = self._house.vault.key_of(self._speaker.person_id)
        with self._house.database.session(writes=False) as session:
            return lines.lines_of(session, key, self._speaker.tenant_id, self._speaker.person_id, after=after)


def talk_at_terminal(chat: Chat, *, prompt: bool) -> None:
    """Talk until the lines end: with a prompt and a goodbye for a person, with replies alone for a pipe.

    Raises:
        SystemExit: 130 after Ctrl-C, as a shell expects.
    """
    if prompt:
        chat.open()
    try:
        chat.run(_typed("> " if prompt else ""))
    except KeyboardInterrupt:
        chat.close()
        sys.exit(130)
    if prompt:
        chat.close()


def _typed(prompt: str) -> Iterator[str]:
    """What is typed, line by line, until Ctrl-D or the end of the pipe."""
    while True:
        try:
            yield input(prompt)
        except EOFError:
            return


def _find_person(session: Session, vault: Vault, tenant_id: UUID, called: str) -> Person:
    """By pseudonym, else by name: names are sealed, so that everybody's is opened."""
    people = {one.id: one for one in session.scalars(select(Person).where(col(Person.tenant_id) == tenant_id))}
    named = [one for one in people.values() if one.pseudonym == called]
    if not named:
        names = names_of(session, vault, tenant_id, people)
        named = [people[one] for one, name in names.items() if name.casefold() == called.casefold()]
    if not named:
        raise PersonUnknown(name=called)
    if len(named) > 1:
        raise PersonUnclear(name=called, there=", ".join(sorted(one.pseudonym for one in named)))
    return named[0]


def _find_place(places: list[Place], course: str) -> Place:
    for place in places:
        if course.casefold() == place.title.casefold() or course == str(place.course_id):
            return place
    raise CourseUnknown(name=course, there=", ".join(place.title for place in places) or "–")
