"""The adults of a student, as dialogues name them: who teaches, who is away, how soon they usually answer."""

from dataclasses import dataclass
from datetime import timedelta
from statistics import median_low
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from bot import wording
from bot.turn import Turn
from core.courses.calendar import calendar_of
from core.data.clock import local_day
from core.i18n import Translator
from core.journal.absences import absence_of
from core.journal.adults import teacher_names
from core.journal.help_requests import HelpAnswer, HelpRequest
from core.message import Choice

FEWEST = 3
"""Fewer answers than these say nothing about what is usual."""

_NEWEST = 20
_IN_SPANISH = {"mr": "Sr.", "ms": "Sra.", "mrs": "Sra.", "miss": "Srta."}
_TITLES = {"mr": "he", "señor": "he", "sr": "he", "ms": "she", "mrs": "she", "miss": "she", "señora": "she", "sra": "she", "srta": "she"}


@dataclass(frozen=True)
class Teacher:
    """A teacher of the course of a dialogue."""

    person_id: UUID
    name: str


def teachers(turn: Turn) -> list[Teacher]:
    """The teachers of the dialogue's course, longest there first; read once a dialogue."""
    assert turn.course_id is not None
    course_id = turn.course_id

    def read() -> list[list[str]]:
        found = teacher_names(turn.session, turn.vault, turn.speaker.tenant_id, [course_id])
        return [[str(person_id), name] for person_id, name in found.get(course_id, ())]

    return [Teacher(UUID(person_id), name) for person_id, name in turn.recall("teachers", read)]


def present_teacher(turn: Turn) -> Teacher | None:
    """The first teacher of the course who is not away today; of those who are all away, the first. None where nobody teaches."""
    everybody = teachers(turn)
    assert turn.course_id is not None
    for one in everybody[:-1]:
        if absence_of(turn.session, turn.speaker.tenant_id, one.person_id, turn.course_id, turn.today) is None:
            return one
    return everybody[-1] if everybody else None


def pronoun(name: str) -> str:
    """`she` or `he` where the name's title says so; else `they`."""
    return _TITLES.get(name.split(" ", maxsplit=1)[0].rstrip(".").casefold(), "they")


def within(t: Translator, name: str) -> str:
    """A name within a sentence: in Spanish `la Sra. Rivera`, also where the LMS says Ms."""
    title, _, rest = name.partition(" ")
    spanish = _IN_SPANISH.get(title.rstrip(".").casefold()) if t.language == "es" and rest else None
    return t(f"talk.adult.{pronoun(name)}", name=f"{spanish} {rest}" if spanish else name)


def reads_teacher(turn: Turn) -> str:
    """Who reads what teachers of the dialogue's course can read."""
    t, names = turn.t, [within(turn.t, one.name) for one in teachers(turn)]
    if not names:
        return t("talk.reads.your_teachers")
    return t("talk.reads.teacher", name=names[0]) if len(names) == 1 else t("talk.reads.several", names=t.listed(names))


def ask_button(turn: Turn, **seed: Any) -> Choice:
    """The button that asks the teacher of the dialogue's course, by name where there is one."""
    t, adults = turn.t, teachers(turn)
    label = t("talk.hand_off.ask", name=within(t, adults[0].name)) if adults else t("talk.hand_off.ask_someone")
    return wording.begin(label, "ask_help", course=str(turn.course_id), **seed)


def usually_answers(turn: Turn, person_id: UUID) -> int | None:
    """In how many school days an adult usually answers: the median of the newest. None while there are too few to say.

    For the student who waits only; nobody compares adults by it.
    """
    query = (
        select(col(HelpRequest.asked_at), col(HelpAnswer.answered_at))
        .join(HelpAnswer, col(HelpAnswer.help_request_id) == col(HelpRequest.id))
        .where(col(HelpAnswer.tenant_id) == turn.speaker.tenant_id, col(HelpAnswer.answered_by) == person_id)
        .order_by(col(HelpAnswer.answered_at).desc())
        .limit(_NEWEST)
    )
    spans = turn.session.execute(query).all()
    if len(spans) < FEWEST:
        return None
    student = turn.student
    calendar = calendar_of(turn.session, student.tenant_id, student.course.id)
    days = ((local_day(asked, student.zone), local_day(answered, student.zone)) for asked, answered in spans)
    return median_low(calendar.count(asked + timedelta(days=1), answered) for asked, answered in days)


def answers_soon(t: Translator, name: str, days: int | None) -> str | None:
    """When an answer can be expected, as a clause; None where nobody can say."""
    if days is None:
        return None
    who = t(f"talk.pronoun.{pronoun(name)}")
    if days == 0:
        return t("talk.help.same_day", who=who)
    if days == 1:
        return t("talk.help.next_day", who=who)
    return t.plural("talk.help.within_days", days, who=who)
