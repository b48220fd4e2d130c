"""The work that a check-in is about: the goal, its steps, and what was said of it before. Plain JSON, for the draft."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from bot.adults import teachers
from bot.dialogue import Draft, Opening
from bot.goals import Aim, find_aim, inside, name_steps, own_aims
from bot.turn import Turn
from core.i18n import Translator
from core.journal.checkins import look_back
from core.journal.prompts import Phase
from core.people.greeting import called as called_by
from core.people.people import NAME, find_person
from intents.slots import find_competencies

STALL = timedelta(days=7)
"""After so long without a check-in, coming back is worth a word."""

LONGEST_STEP = 40
_WEEK = timedelta(days=7)
_NUMBERED = re.compile(r".*?(\S+\s+\d+)")


@dataclass(frozen=True)
class Work:
    """What a check-in knows when it begins.

    Attributes:
        name: what the student is called; None where the school keeps no names.
        goal: the id of the goal; None for a student without one. The fields from `aim` to `due` are about it.
        own: the goal is in the student's own words only.
        steps: (words, done) in order.
        check_ins: how many there were in the course before today, the newest on `last_on`.
        told_done: how many steps were done at the last check-in about this goal, on `told_on`.
    """

    name: str | None = None
    goal: str | None = None
    aim: str = ""
    own: bool = False
    competency: str | None = None
    steps: Sequence[Sequence[Any]] = ()
    due: str | None = None
    check_ins: int = 0
    last_on: str | None = None
    told_done: int | None = None
    told_on: str | None = None

    @property
    def planned(self) -> int:
        """How many steps the goal has."""
        return len(self.steps)

    @property
    def done(self) -> int:
        """How many of them were done when the check-in began."""
        return sum(bool(done) for _, done in self.steps)

    @property
    def goal_id(self) -> UUID | None:
        """The goal."""
        return UUID(self.goal) if self.goal else None

    @property
    def due_on(self) -> date | None:
        """The goal's day."""
        return date.fromisoformat(self.due) if self.due else None

    def left(self, count: int) -> list[str]:
        """The steps that are left once `count` are done, as `core.journal.goal_steps.count_steps_done` marks them."""
        undone = [place for place, (_, done) in enumerate(self.steps) if not done]
        finished = [place for place, (_, done) in enumerate(self.steps) if done]
        places = undone[count - self.done :] if count >= self.done else sorted(undone + finished[count:])
        return [str(self.steps[place][0]) for place in places]


def see_work(turn: Turn, opening: Opening) -> Draft:
    """What a check-in begins with: the goal that was handed over or that words name, else the one of the course due next.

    Raises:
        NotFound: what was handed over is no open goal of theirs.
    """
    student, today = turn.student, turn.student.today(turn.now)
    teachers(turn)  # who reads it is said from the second question on
    aim = _aim(turn, opening)
    told = look_back(turn.session, student, aim.goal_id if aim else None, before=today)
    work = Work(
        _first_name(turn),
        **work_of(aim),
        check_ins=told.count,
        last_on=told.newest_on.isoformat() if told.newest_on else None,
        told_done=told.steps_done,
        told_on=told.told_on.isoformat() if told.told_on else None,
    )
    return {"work": asdict(work)}


def work_in(draft: Draft) -> Work:
    """The work of a draft."""
    return Work(**draft["work"])


def phase_of(kept: Mapping[str, Any] | None, today: date, done: int | None = None) -> Phase:
    """The phase of learning that prompts are for: before anything is done, while steps are open, and after the end or the day.

    Args:
        kept: what `work_of` tells of a goal; None for a student without one, who looks back.
        done: how many steps are done now; else as many as were.
    """
    work = Work(**kept) if kept else Work()
    count = work.done if done is None else done
    if work.due_on is None or work.due_on < today or (work.planned and count == work.planned):
        return Phase.SELF_REFLECTION
    return Phase.PERFORMANCE if count else Phase.FORETHOUGHT


def is_back(work: Work, today: date) -> bool:
    """Whether the student comes back after a stall."""
    return work.last_on is not None and today - date.fromisoformat(work.last_on) >= STALL


def since(t: Translator, told_on: date, today: date) -> str:
    """When it was said before: *last week* where it was, else by its day."""
    monday = today - timedelta(days=today.weekday())
    return t("talk.check_in.last_week") if monday - _WEEK <= told_on < monday else t("talk.check_in.on_day", day=t.day(told_on))


def step_label(step: str) -> str:
    """A step within a sentence: `practice set 3` is `set 3`; a longer one without a number is quoted, and cut short."""
    words = " ".join(step.split())
    if numbered := _NUMBERED.fullmatch(words):
        return inside(numbered[1])
    return f"“{words}”" if len(words) <= LONGEST_STEP else f"“{words[: LONGEST_STEP - 1].rstrip()}…”"


def called(work: Work) -> str:
    """The goal within a sentence; own words stand in quotes."""
    return f"“{work.aim}”" if work.own else inside(work.aim)


def steps_called(t: Translator, work: Work, count: int) -> str:
    """So many of the goal's steps, such as `3 practice sets`."""
    return name_steps(t, [str(words) for words, _ in work.steps], count)


def _aim(turn: Turn, opening: Opening) -> Aim | None:
    handed = opening.seed.get("goal")
    if handed is not None:
        return find_aim(turn, handed)
    aims = [aim for aim in own_aims(turn) if aim.course_id == turn.course_id]
    named = find_competencies(opening.words or "", [(aim.goal_id, aim.name) for aim in aims])
    return next((aim for aim in aims if named and aim.goal_id == named[0].id), next(iter(aims), None))


def work_of(aim: Aim | None) -> dict[str, Any]:
    """What `Work` holds of a goal."""
    if aim is None:
        return {}
    return {
        "goal": str(aim.goal_id),
        "aim": aim.name,
        "own": aim.own,
        "competency": str(aim.competency_id) if aim.competency_id else None,
        "steps": [list(step) for step in aim.steps],
        "due": aim.target_on.isoformat(),
    }


def _first_name(turn: Turn) -> str | None:
    person = find_person(turn.session, turn.speaker.tenant_id, turn.speaker.person_id)
    return called_by(turn.key.open(person.sealed_name, NAME)) if person.sealed_name else None
