"""What was said in the sample's talk, and what the teachers set up for it: really talked, at past instants, so that what is
shown is what the program says. Nobody outside is told of it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from uuid import UUID

from sqlmodel import Session

from app.sample import content
from app.sample.content import Act, WrittenSuggestion
from app.sample.people import Roll
from app.sample.term import Term
from app.sample.work import Aims
from bot import deliver, lines
from bot.conversation import Talk
from bot.turn import Inbound, Speaker
from core.courses.courses import Course
from core.data import outbox
from core.data.outbox import Claim, Dropped
from core.data.vault import Vault
from core.journal.notices import TALK
from core.journal.stuck import Link, set_links
from core.journal.student import student_of
from core.journal.suggestions import suggest
from core.people.access import Role

WEB = "web"
_BETWEEN_LINES = timedelta(seconds=25)
_LEASE = timedelta(minutes=1)
_LOOKED_AT = 5
"""So many of the newest lines are searched for a button."""


class Stage:
    """The sample's people, who talk: each line is one turn of the real engine."""

    def __init__(self, session: Session, vault: Vault, roll: Roll, courses: Mapping[str, Course], aims: Aims, term: Term) -> None:
        self._session, self._vault, self._roll, self._courses, self._aims, self._term = session, vault, roll, courses, aims, term
        self._talk, self._events = Talk(vault), count(1)

    def play(self, act: Act) -> None:
        """Have somebody say their lines, one after the other."""
        speaker, at = self._speaker(act.who, act.context), self._term.moment(act.at)
        for place, line in enumerate(act.says):
            now = at + place * _BETWEEN_LINES
            self.tell_due(now)
            token = self._token(speaker, line.strip("[]")) if line.startswith("[") else None
            inbound = Inbound(f"sample:{next(self._events)}", words=None if token else line, token=token)
            self._talk.take(self._session, speaker, inbound, now=now)

    def suggest(self, told: WrittenSuggestion) -> None:
        """Have the teacher of a course suggest a goal."""
        pupil, now = self._roll.find(told.who, told.context), self._term.moment(told.at)
        self.tell_due(now)
        teacher = self._speaker(self._roll.teacher_subject(pupil.section.context), pupil.section.context)
        student = student_of(self._session, self._vault, pupil.course.tenant_id, pupil.person.id, pupil.course.id)
        aim = self._competency(pupil.section.context, told.aim)
        suggest(self._session, teacher, student, self._term.day(told.by), competency_id=aim, now=now)

    def link(self, context: str, about: str, links: Sequence[Link], *, now: datetime) -> None:
        """Have the teacher of a course set the links of a competency."""
        teacher = self._speaker(self._roll.teacher_subject(context), context)
        set_links(self._session, teacher, self._courses[context], self._competency(context, about), links, now=now)

    def tell_due(self, now: datetime) -> None:
        """Say what was promised to be told up to an instant, each thing when it was due; whoever is not of the school is told nothing."""
        while claims := outbox.claim(self._session, now=now, lease=_LEASE):
            for claimed in sorted(claims, key=lambda one: one.payload["at"]):
                outbox.record(self._session, claimed, self._deliver(claimed), now=now)

    def _deliver(self, claimed: Claim) -> outbox.Result:
        if claimed.destination != TALK:
            return Dropped("the sample's past")
        return deliver.tell(self._session, self._vault, self._talk, claimed, now=datetime.fromisoformat(claimed.payload["at"]))

    def _speaker(self, subject: str, context: str | None) -> Speaker:
        person = self._roll.staff.get(subject)
        if person and context:
            return self._speaks(person.tenant_id, person.id, Role.TEACHER, None, self._courses[context].id)
        pupil = self._roll.find(subject, context)
        return self._speaks(pupil.course.tenant_id, pupil.person.id, Role.STUDENT, pupil.student.language, pupil.course.id)

    def _speaks(self, tenant_id: UUID, person_id: UUID, role: Role, language: str | None, course_id: UUID) -> Speaker:
        school = content.course_plan().school
        return Speaker(tenant_id, person_id, role, language or school.language, school.zone, course_id, WEB)

    def _competency(self, context: str, code: str) -> UUID:
        return next(aim.competency_id for aim in self._aims[context] if aim.code == code)

    def _token(self, speaker: Speaker, label: str) -> str:
        """The token of the newest button with a label, or with its beginning before `…`."""
        key = self._vault.key_of(speaker.person_id)
        found = lines.lines_of(self._session, key, speaker.tenant_id, speaker.person_id, most=_LOOKED_AT)
        for line in reversed(found):
            for place, message in enumerate(line.messages):
                for index, button in enumerate(message.buttons):
                    if button.label == label or (label.endswith("…") and button.label.startswith(label[:-1])):
                        return f"{line.said_id}.{place}.{index}"
        shown = [button.label for line in found for message in line.messages for button in message.buttons]
        raise LookupError(f"talk.yaml: no button says {label!r}; there are {shown}")


def lay_talk(
    session: Session,
    vault: Vault,
    roll: Roll,
    courses: Mapping[str, Course],
    aims: Aims,
    term: Term,
    *,
    now: datetime,
    report: Callable[[str, int, int], None],
) -> None:
    """Lay links, suggestions and conversations, in the order of time."""
    stage, plan = Stage(session, vault, roll, courses, aims, term), content.talk()
    given: dict[tuple[str, str], list[Link]] = {}
    for told in plan.links:
        given.setdefault((told.context, told.about), []).append(Link(told.title, told.url))
    for (context, about), links in given.items():
        stage.link(context, about, links, now=courses[context].created_at)
    happens = [*(partial(stage.suggest, one) for one in plan.suggestions), *(partial(stage.play, one) for one in plan.acts)]
    for done, happen in enumerate(sorted(happens, key=lambda one: term.moment(one.args[0].at))):
        report("talk", done, len(happens))
        happen()
    stage.tell_due(now)
    report("talk", len(happens), len(happens))
