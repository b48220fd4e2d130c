"""What the sample is made of: the files under `data/`, read into plain values and checked. No session, no clock."""

import json
import unicodedata
from datetime import time
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from core.people.access import Role
from core.people.roles import SchoolRole

_DATA = Path(__file__).parent / "data"
Span = tuple[int, int]
"""A value at the start of the term, and now."""

Moment = tuple[int, time]
"""How many instructional days ago, and at what time at school."""


class _Read(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class School(_Read):
    """The school as a tenant."""

    name: str
    zone: str
    language: str


class Weeks(_Read):
    """The term, in weeks from the present one."""

    first_week: int
    last_week: int


class Break(_Read):
    """Days without school: the week from the present one, and its first and last weekday (Monday is 0)."""

    name: str
    week: int
    first: int
    last: int


class Section(_Read):
    """One course: the LTI context it comes from, and when it meets."""

    context: str
    title: str
    meets: time
    guide: str
    gradebook: bool = False


class Unit(_Read):
    """Targets that are taught together: weights in basis points by the code of the competency."""

    name: str
    targets: dict[str, int]


class GuidePlan(_Read):
    """What is taught in some sections: the file of its framework, what all its codes begin with, and its units in order."""

    framework: str
    prefix: str = ""
    units: tuple[Unit, ...]

    def full_code(self, code: str) -> str:
        """A competency's code as the framework spells it: `8.EE.B.5` is `CCSS.Math.Content.8.EE.B.5`."""
        return self.prefix + code


class CoursePlan(_Read):
    """`course.yaml`."""

    school: School
    term: Weeks
    breaks: tuple[Break, ...]
    sections: tuple[Section, ...]
    guides: dict[str, GuidePlan]


class Adult(_Read):
    """A member of staff. Without contexts they launch from outside a course."""

    subject: str
    name: str
    role: Role
    contexts: tuple[str, ...] = ()
    grants: tuple[SchoolRole, ...] = ()


class Student(_Read):
    """A student; the LTI subject is made of the first name."""

    name: str
    language: str | None = None

    @property
    def subject(self) -> str:
        """`u-jose` for José Díaz."""
        plain = unicodedata.normalize("NFKD", self.name.split()[0].lower()).encode("ascii", "ignore").decode()
        return f"u-{plain}"


class People(_Read):
    """`people.yaml`: students by context and story."""

    staff: tuple[Adult, ...]
    students: dict[
        str, dict[str, tuple[Annotated[Student, BeforeValidator(lambda raw: {"name": raw} if isinstance(raw, str) else raw)], ...]]
    ]


class GoalShape(_Read):
    """A goal that a story brings with it; see `stories.yaml`."""

    aim: str
    set: int = 0
    by: int = 0
    moved: bool = False
    dropped: int | None = None


class Story(_Read):
    """What the work of a student tells over one course; see `stories.yaml`."""

    says: str
    joined: int | None = None
    stopped: int = 0
    lag: Span
    jitter: int
    level: Span
    weak_unit: str | None = None
    redoes: bool = False
    skips: Span
    check_ins: int
    goals: tuple[GoalShape, ...]


class Step(_Read):
    """A step of a goal, and how many instructional days ago it was done."""

    say: str
    done: int | None = None


class _Voice(_Read):
    who: str
    context: str | None = Field(default=None, alias="in")


class WrittenGoal(_Voice):
    """A goal: a competency's code or own words; days are instructional ones, ago or (`by`) ahead."""

    aim: str | None = None
    words: str | None = None
    set: int
    by: int
    moved: bool = False
    reached: int | None = None
    dropped: int | None = None
    why: str | None = None
    plan: str | None = None
    steps: tuple[Step, ...] = ()


class WrittenPractice(_Voice):
    """Practice towards a goal: scores in basis points by how many instructional days ago."""

    aim: str
    sets: dict[int, int]


class WrittenCheckIn(_Voice):
    """A check-in on the goal of that aim."""

    ago: int
    at: time
    aim: str
    done: int | None = None
    planned: int | None = None
    blocker: str
    words: str | None = None


class WrittenReflection(_Voice):
    """A reflection; `readers` are the subjects of the adults whom the student chose."""

    aim: str | None = None
    phase: str
    prompt: str
    words: str
    written: Moment
    readers: tuple[str, ...] = ()


class WrittenHelp(_Voice):
    """A help request to the teacher of the course; its state is the last step that is there."""

    about: str | None = None
    words: str
    asked: Moment
    seen: Moment | None = None
    answered: Moment | None = None
    answer: str | None = None
    resolved: Moment | None = None


class OwnGoal(_Read):
    """A goal in own words, with the plan and the reason that belong to it, and its steps."""

    say: str
    plan: str
    why: str
    steps: tuple[str, ...]


class PromptedPhrases(_Read):
    """Answers to one prompt."""

    phase: str
    prompt: str
    say: tuple[str, ...]


class Phrases(_Read):
    """What students of one language say when nothing was written for them by hand."""

    plans: tuple[str, ...]
    whys: tuple[str, ...]
    steps: tuple[tuple[str, ...], ...]
    own: tuple[OwnGoal, ...]
    blockers: dict[str, tuple[str, ...]]
    reflections: tuple[PromptedPhrases, ...]


class WrittenLink(_Read):
    """An address that the teacher of a course gives for a competency."""

    context: str = Field(alias="in")
    about: str
    title: str
    url: str


class WrittenSuggestion(_Voice):
    """A goal that the teacher suggests to a student; `by` is the target day, in instructional days ahead."""

    aim: str
    by: int
    at: Moment


class Act(_Voice):
    """What somebody said in the talk in one go. What stands in brackets is the label of a button that they pressed."""

    at: Moment
    says: tuple[str, ...]


class TalkPlan(_Read):
    """`talk.yaml`."""

    links: tuple[WrittenLink, ...]
    suggestions: tuple[WrittenSuggestion, ...]
    acts: tuple[Act, ...]


class Voices(_Read):
    """`voices.yaml`."""

    goals: tuple[WrittenGoal, ...]
    practice: tuple[WrittenPractice, ...]
    check_ins: tuple[WrittenCheckIn, ...]
    reflections: tuple[WrittenReflection, ...]
    help_requests: tuple[WrittenHelp, ...]
    phrases: dict[str, Phrases]


_File = TypeVar("_File", bound=BaseModel)


@cache
def course_plan() -> CoursePlan:
    """The school, its term and what is taught in it."""
    return _load("course.yaml", CoursePlan)


@cache
def people() -> People:
    """Who is at the school."""
    return _load("people.yaml", People)


@cache
def stories() -> dict[str, Story]:
    """The story types, by name."""
    raw = yaml.safe_load((_DATA / "stories.yaml").read_text("utf-8"))
    return {name: Story.model_validate(story) for name, story in raw.items()}


@cache
def voices() -> Voices:
    """What students wrote."""
    return _load("voices.yaml", Voices)


@cache
def talk() -> TalkPlan:
    """What was said in the talk."""
    return _load("talk.yaml", TalkPlan)


def framework_package(guide: str) -> Any:
    """The CASE package of a guide's framework, as parsed JSON."""
    return json.loads((_DATA / course_plan().guides[guide].framework).read_text("utf-8"))


def _load(name: str, kind: type[_File]) -> _File:
    return kind.model_validate(yaml.safe_load((_DATA / name).read_text("utf-8")))
