"""Dialogues: named steps, each of which asks one thing. The next one is the first that is unanswered and applies.

A dialogue is one file in `bot/dialogues/` with its `DIALOGUES`, its sentences in the catalogues and its transcript test. What
it has heard so far is its *draft*, plain JSON, so that it survives a restart, another door, and a new version of itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot import wording
from bot.turn import Reply, Turn
from core.errors import CoreError
from core.i18n import Translator
from core.message import Message
from core.people.access import Role

Draft = dict[str, Any]
"""What a dialogue knows: the answer of each step by the step's name, and whatever the first words told."""

STUDENT = frozenset({Role.STUDENT})
ADULT = frozenset({Role.TEACHER, Role.ADVISOR})
ANYBODY = STUDENT | ADULT


@dataclass(frozen=True)
class Took:
    """An answer was taken. `draft` is merged into the dialogue's; `say` comes before the next question.

    The step's own name is put in as answered where `draft` does not hold it.
    """

    draft: Mapping[str, Any] = field(default_factory=dict)
    say: tuple[Message, ...] = ()


@dataclass(frozen=True)
class Again:
    """An answer that cannot be taken as it is: `say` tells why, or asks for more; the question stays open.

    With `ask` the step's own question is asked once more after it.
    """

    say: tuple[Message, ...] = ()
    ask: bool = True


@dataclass(frozen=True)
class Finish:
    """A dialogue is done.

    Attributes:
        say: what to say; at least one message, unless `then` or `replay` says something.
        undo: what `Dialogue.undo` needs to take the deed back; None where nothing was done.
        then: the dialogue that begins now, and what it knows already.
        replay: words that were kept back, to be read anew now that this is done.
        drops: the dialogues that lie below are dropped as well.
        rests: the dialogue below is not asked again at once: this is no moment for it.
        shows_undo: an *Undo* stands beside the last message; without it, only the word takes the deed back.
    """

    say: tuple[Message, ...] = ()
    undo: Mapping[str, Any] | None = None
    then: tuple[str, Mapping[str, Any]] | None = None
    replay: str | None = None
    drops: bool = False
    rests: bool = False
    shows_undo: bool = True


Asking = Callable[[Turn, Draft], Message | None]
Taking = Callable[[Turn, Draft, Reply], Took | Again | None]


@dataclass(frozen=True)
class Step:
    """One question.

    Attributes:
        name: what its answer is called in the draft.
        ask: the question; None when it does not apply, and is passed over.
        take: what to make of a reply; None when the reply is no answer to this question, and may mean something else.
        free: takes any words. Only what is unmistakably a command interrupts it.
        skippable: *Skip* answers it with None.
    """

    name: str
    ask: Asking
    take: Taking
    free: bool = False
    skippable: bool = True


def _keep(_version: int, draft: Draft) -> Draft | None:
    """By name: a step that is new is asked, and an answer that no step wants any more is carried along."""
    return draft


def _no_title(turn: Turn, _draft: Draft) -> str:
    return turn.t("talk.title.this")


def _know_seed(_turn: Turn, opening: "Opening") -> Draft:
    return dict(opening.seed)


@dataclass(frozen=True)
class Opening:
    """How a dialogue began.

    Attributes:
        words: what was said and what it may be about; None where a button was pressed.
        seed: what a button or another dialogue handed over; `typed` holds the words where a button's were typed.
    """

    words: str | None = None
    seed: Mapping[str, Any] = field(default_factory=dict)


class CourseNeed(StrEnum):
    """Whether a dialogue is about one course."""

    NONE = "none"
    ONE = "one"
    """The course is found from words, from where the student came, or asked for."""
    GOAL = "goal"
    """The same, but before it is asked for, it is that of the open goal which is due next."""


@dataclass(frozen=True)
class Dialogue:
    """One thing that can be talked through.

    Attributes:
        name: what drafts and buttons know it by; never used again for another.
        finish: what is done with the draft when no step is left.
        version: counts up when older drafts no longer fit.
        steps: in the order in which they are asked.
        intents: what a student says to begin it.
        roles: who it is for.
        course: whether it is about one course.
        handed: it begins only with what a button or another dialogue hands over, never from a page.
        begin: what the opening already tells; a step whose name it holds is not asked.
        migrate: (version, draft) of an older version to a draft of this one; None begins anew.
        undo: takes back what `finish` did, given `Finish.undo`.
        title: what it is called when coming back to it, such as *your goal for slope*.
    """

    name: str
    finish: Callable[[Turn, Draft], Finish]
    version: int = 1
    steps: tuple[Step, ...] = ()
    intents: tuple[str, ...] = ()
    roles: frozenset[Role] = STUDENT
    course: CourseNeed = CourseNeed.NONE
    handed: bool = False
    begin: Callable[[Turn, Opening], Draft] = _know_seed
    migrate: Callable[[int, Draft], Draft | None] = _keep
    undo: Callable[[Turn, Mapping[str, Any]], Message] | None = None
    title: Callable[[Turn, Draft], str] = _no_title

    @property
    def has_title(self) -> bool:
        """Whether it is called anything, and so can be offered."""
        return self.title is not _no_title


def with_undo(t: Translator, dialogue: Dialogue, finish: Finish) -> tuple[Message, ...]:
    """What a dialogue says at its end, with a way back beside it where there is one."""
    shown = any(button.begins == wording.UNDO for message in finish.say for button in message.buttons)
    if finish.undo is None or shown or not finish.shows_undo or not finish.say:
        return finish.say
    last = finish.say[-1]
    extras = (*last.extras, wording.undo(t, dialogue.name, finish.undo))
    return (*finish.say[:-1], last.model_copy(update={"extras": extras}))


class NoCourse(CoreError):
    """The person has no course in their role, and the dialogue is about one."""

    code = "talk.no_course"


class DialogueUnknown(CoreError):
    """No dialogue of this name is for this person."""

    code = "talk.dialogue_unknown"
