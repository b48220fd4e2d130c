"""Away: an adult says until when they do not answer, and who does meanwhile; in all their courses at once."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from bot import wording
from bot.dialogue import Dialogue, Draft, Finish, Opening, Step, Took
from bot.turn import Reply, Turn
from core.journal.absences import AbsenceEndsInPast, come_back, go_away
from core.journal.adults import teacher_names
from core.message import Message
from core.people.access import Role
from intents.answers import Closed
from intents.days import is_only_day
from intents.slots import find_day

NOBODY = "nobody"
MOST_NAMED = 3


def _begin(turn: Turn, opening: Opening) -> Draft:
    found = find_day(opening.words, turn.today, language=turn.speaker.language) if opening.words else None
    return {"until": found.day.isoformat()} if found else {}


def _ask_until(turn: Turn, _draft: Draft) -> Message:
    t, today = turn.t, turn.today
    friday = today + timedelta(days=(4 - today.weekday()) % 7)
    days = dict.fromkeys([today, today + timedelta(days=1), friday, friday + timedelta(days=7)])
    return Message(text=t("talk.away.until"), choices=tuple(wording.pick(t.day(day), day.isoformat()) for day in list(days)[:4]))


def _take_until(turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    """A day; one that has passed is refused here, so that the question is asked again.

    Raises:
        AbsenceEndsInPast: it has.
    """
    if reply.value:
        return Took({"until": reply.value})
    found = find_day(reply.text, turn.today, language=turn.speaker.language, asked=True)
    if found is None or not is_only_day(reply.text, found):
        return None
    if found.day < turn.today:
        raise AbsenceEndsInPast(until_on=found.day.isoformat())
    return Took({"until": found.day.isoformat()})


def _colleagues(turn: Turn) -> dict[UUID, str]:
    """The other teachers of one's courses: who can stand in for all of it comes first."""
    courses = [place.course_id for place in turn.places]
    found = teacher_names(turn.session, turn.vault, turn.speaker.tenant_id, courses)
    names = {person_id: name for teachers in found.values() for person_id, name in teachers if person_id != turn.speaker.person_id}
    shared = {one: sum(any(person_id == one for person_id, _ in teachers) for teachers in found.values()) for one in names}
    return dict(sorted(names.items(), key=lambda item: -shared[item[0]]))


def _ask_who(turn: Turn, _draft: Draft) -> Message | None:
    """Whoever teaches alone is not asked."""
    t, names = turn.t, _colleagues(turn)
    if not names:
        return None
    picks = [wording.pick(name, str(person_id)) for person_id, name in list(names.items())[:MOST_NAMED]]
    return Message(text=t("talk.away.who"), choices=(*picks, wording.pick(t("talk.away.nobody"), NOBODY)))


def _take_who(turn: Turn, _draft: Draft, reply: Reply) -> Took | None:
    if reply.value == NOBODY or reply.closed is Closed.NO:
        return Took({"who": None})
    named = (person_id for person_id, name in _colleagues(turn).items() if reply.text and name.casefold() in reply.text.casefold())
    who = reply.value or next((str(person_id) for person_id in named), None)
    return Took({"who": who}) if who else None


def _go(turn: Turn, draft: Draft) -> Finish:
    """In each course the delegate answers where they teach it; elsewhere nobody does, and that is said."""
    t, until = turn.t, date.fromisoformat(draft["until"])
    chosen = UUID(draft["who"]) if draft.get("who") else None
    teaching = teacher_names(turn.session, turn.vault, turn.speaker.tenant_id, [place.course_id for place in turn.places])
    covered = 0
    for place in turn.places:
        stands_in = chosen if any(person_id == chosen for person_id, _ in teaching.get(place.course_id, ())) else None
        covered += stands_in is not None
        go_away(turn.session, turn.speaker, place.course_id, until, delegate_id=stands_in, zone=place.zone, now=turn.now)
    day = t.day(until)
    if chosen is None:
        text = t("talk.away.gone", day=day)
    elif covered == len(turn.places):
        text = t("talk.away.gone_with", day=day, name=_colleagues(turn)[chosen])
    else:
        text = t("talk.away.gone_partly", day=day, name=_colleagues(turn)[chosen])
    return Finish((Message(text=text),), undo={})


def _come_back(turn: Turn, _memo: Mapping[str, Any]) -> Message:
    for place in turn.places:
        come_back(turn.session, turn.speaker, place.course_id)
    return Message(text=turn.t("talk.away.back"))


def _back(turn: Turn, _draft: Draft) -> Finish:
    return Finish((_come_back(turn, {}),))


def _title(turn: Turn, _draft: Draft) -> str:
    return turn.t("talk.menu.away")


TEACHER = frozenset({Role.TEACHER})
DIALOGUES = (
    Dialogue(
        "go_away",
        _go,
        steps=(Step("until", _ask_until, _take_until, skippable=False), Step("who", _ask_who, _take_who)),
        intents=("go_away",),
        roles=TEACHER,
        begin=_begin,
        undo=_come_back,
        title=_title,
    ),
    Dialogue("come_back", _back, roles=TEACHER, title=_title),
)
