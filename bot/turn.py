"""One turn of a conversation, as dialogues see it: who speaks, through which door, in which course, and what they said."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import Session

from core.courses.enrolments import Place, places_of
from core.data.clock import local_day
from core.data.vault import DataKey, Vault
from core.i18n import Translator, translator
from core.journal.student import Student, student_in
from core.people.access import Role
from intents.answers import Closed

Kept = TypeVar("Kept")


@dataclass(frozen=True)
class Speaker:
    """Who speaks, as the door knows them. `course_id` is where they came from, if that is one course.

    It reads and answers as `core.people.audit.Reader`.
    """

    tenant_id: UUID
    person_id: UUID
    role: Role
    language: str
    zone: str
    course_id: UUID | None = None
    channel: str = "web"


@dataclass(frozen=True)
class Reply:
    """What came back to a question.

    Attributes:
        words: verbatim; None when a button was pressed.
        value: that of the choice which was pressed, or said.
        number: a count that was said.
        closed: yes, no, skip …, where the words are one of these.
    """

    words: str | None = None
    value: str | None = None
    number: int | None = None
    closed: Closed | None = None

    @property
    def text(self) -> str:
        """The words, or nothing."""
        return self.words or ""


@dataclass(frozen=True)
class Inbound:
    """What a channel heard: words, or the token of a button, or the name of a dialogue that a page begins.

    Attributes:
        event_id: the channel's own id of the event, or one that its adapter makes; heard once.
        token: `line.message.button` of a button that was pressed.
        seen: the newest line that the person had before them, where the channel knows it.
        beside: words that stood in the box when a button was pressed or a day was picked: looked after, and not used.
    """

    event_id: str
    words: str | None = None
    token: str | None = None
    begins: str | None = None
    seen: int | None = None
    beside: str | None = None

    def __post_init__(self) -> None:
        """Halves of characters, as broken clients send them, can neither be sealed nor shown: each is read as `?`."""
        if self.words is not None:
            object.__setattr__(self, "words", self.words.encode(errors="replace").decode())


@dataclass(frozen=True)
class Pressed:
    """What a button was: what it says, and what it answers or begins."""

    label: str
    value: str | None = None
    begins: str | None = None
    seed: Mapping[str, Any] | None = None


@dataclass
class Turn:
    """Everything a dialogue may use. `course_id` is that of the dialogue which is asked now; `facts` live as long as it does.

    `last_goals` are the ids of the goals that were spoken of before this turn, the last one first.
    """

    session: Session
    vault: Vault
    speaker: Speaker
    key: DataKey
    now: datetime
    heard_id: int = 0
    course_id: UUID | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    last_goals: list[str] = field(default_factory=list)

    @cached_property
    def t(self) -> Translator:
        """The sentences of the speaker's language."""
        return translator(self.speaker.language)

    @cached_property
    def places(self) -> list[Place]:
        """All courses of the speaker in which they are what they speak as."""
        every = places_of(self.session, self.speaker.tenant_id, self.speaker.person_id)
        return [place for place in every if place.role is self.speaker.role]

    @cached_property
    def _kept(self) -> dict[tuple[str, UUID | None], Any]:
        return {}

    @cached_property
    def _students(self) -> dict[UUID, Student]:
        return {}

    @property
    def student(self) -> Student:
        """The student in the course of the dialogue.

        Raises:
            NotFound: they are no student in it (any more).
        """
        assert self.course_id is not None, "a dialogue that needs a student says `course=CourseNeed.ONE`"
        if self.course_id not in self._students:
            self._students[self.course_id] = self.student_in(self.course_id)
        return self._students[self.course_id]

    def student_in(self, course_id: UUID) -> Student:
        """The student in a course.

        Raises:
            NotFound: they are no student in it (any more).
        """
        return student_in(self.session, self.key, self.speaker.tenant_id, self.speaker.person_id, course_id)

    @property
    def today(self) -> date:
        """The day where the speaker is."""
        return local_day(self.now, self.speaker.zone)

    def once(self, name: str, read: Callable[[], Kept]) -> Kept:
        """What is read once in this turn, for each course apart."""
        key = (name, self.course_id)
        if key not in self._kept:
            self._kept[key] = read()
        kept: Kept = self._kept[key]
        return kept

    def recall(self, name: str, read: Callable[[], Any]) -> Any:
        """A fact that is read once in a dialogue and then remembered with it. JSON only; nothing that must not be stale."""
        if name not in self.facts:
            self.facts[name] = read()
        return self.facts[name]
