"""The state of a conversation between turns: which dialogues are open, what each knows, and which buttons are live."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any
from uuid import UUID

from core.message import Message

COURSE = "course"
"""The step that is not the dialogue's own: which course it is about."""


@dataclass
class Frame:
    """One open dialogue.

    Attributes:
        opening: the words and the seed that it was opened with.
        opened_at: the message that opened it.
        draft: what it knows, once it has begun.
        begun: its course is known, where it needs one, and `Dialogue.begin` has read the opening.
        order: the steps in the order in which they were answered, for going back.
        asked: the step that is being asked; empty before.
        said: the line that holds its question; 0 before it was asked.
        options: the buttons of its question, as (place, label, value).
        facts: what `Turn.recall` remembers.
    """

    dialogue: str
    version: int
    opening: dict[str, Any] = field(default_factory=dict)
    draft: dict[str, Any] = field(default_factory=dict)
    course: str | None = None
    begun: bool = False
    order: list[str] = field(default_factory=list)
    asked: str = ""
    said: int = 0
    options: list[tuple[str, str, str]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    opened_at: int = 0

    @property
    def course_id(self) -> UUID | None:
        """The course that it is about."""
        return UUID(self.course) if self.course else None

    def put(self, question: Message, *, at: int) -> None:
        """A question was put, in this place of a line: its own buttons are its options, until the line has its id."""
        answers = [(index, button) for index, button in enumerate(question.buttons) if button.begins is None and button.opens is None]
        self.options = [(f"{at}.{index}", button.label, button.value) for index, button in answers]
        self.said = 0

    def move_options(self, at: int) -> None:
        """A message was put into the line before the question: its buttons moved one place on."""
        moved = []
        for place, label, value in self.options:
            message, _, button = place.partition(".")
            moved.append((f"{int(message) + (int(message) >= at)}.{button}", label, value))
        self.options = moved

    def step_back(self, steps: Sequence[str]) -> None:
        """Take the last answer back. What was passed over after it may apply to the next one.

        Args:
            steps: the names of the dialogue's own, in order.
        """
        name = self.order.pop()
        if name == COURSE and name not in steps:
            self.begin_anew()
            self.course = None
        self.draft.pop(name, None)
        for later in steps[steps.index(name) + 1 :] if name in steps else ():
            if self.draft.get(later, name) is None:
                del self.draft[later]

    def forget_question(self) -> None:
        """No question is open any more: its buttons answer nothing."""
        self.asked, self.said, self.options = "", 0, []

    def begin_anew(self) -> None:
        """Back to the opening."""
        self.forget_question()
        self.draft, self.order, self.facts, self.begun = {}, [], {}, False


@dataclass
class Offer:
    """A button of the newest line that begins something: its place, what it says, what it begins and with what."""

    place: str
    label: str
    begins: str
    seed: dict[str, Any]


@dataclass
class State:
    """Everything that is kept between turns.

    Attributes:
        frames: the open dialogues; the last one is being asked.
        said: the newest line, whose buttons begin what `offers` says.
        misses: how many messages in a row were not understood.
        done: the latest deed that can be taken back: its dialogue, and what that needs to know.
        done_at: the message that had it done.
        aside: what is open in another role of this person.
    """

    frames: list[Frame] = field(default_factory=list)
    said: int = 0
    offers: list[Offer] = field(default_factory=list)
    misses: int = 0
    done: tuple[str, dict[str, Any]] | None = None
    aside: list[Frame] = field(default_factory=list)
    done_at: int = 0

    @property
    def top(self) -> Frame | None:
        """The dialogue that is being asked."""
        return self.frames[-1] if self.frames else None

    @property
    def last_goals(self) -> list[str]:
        """The goals that were spoken of last: the one that all buttons of the newest line are about, then those of the latest deed."""
        offered = {str(offer.seed.get("goal") or "") for offer in self.offers}
        _, memo = self.done or ("", {})
        done = [memo.get("goal"), *(goal_id for goal_id, _ in memo.get("goals", ()))]
        return [goal_id for goal_id in (*(offered if len(offered) == 1 else ()), *done) if goal_id]

    def offer(self, said_id: int, messages: Sequence[Message]) -> None:
        """Remember which buttons of a new line begin something."""
        self.said = said_id
        self.offers = [
            Offer(place, button.label, button.begins, dict(button.seed)) for place, button in placed(messages) if button.begins is not None
        ]


def placed(messages: Sequence[Message]) -> list[tuple[str, Any]]:
    """The buttons of a line, each with its place in it: message and button, counted from 0, as in `0.2`."""
    return [(f"{at}.{index}", button) for at, message in enumerate(messages) for index, button in enumerate(message.buttons)]


def to_json(state: State) -> dict[str, Any]:
    """A state as `bot.lines.keep_state` takes it: to be written at once, for it shares what the state holds."""
    lists = {name: [vars(one) for one in getattr(state, name)] for name in ("frames", "offers", "aside")}
    return {**vars(state), **lists}


def from_json(kept: Mapping[str, Any]) -> State:
    """The state that `to_json` made; the empty one at the very first time.

    What a newer version added is absent in an older state, and what it dropped is left out.
    """
    frames, aside = ([Frame(**_known(Frame, frame)) for frame in kept.get(name, ())] for name in ("frames", "aside"))
    offers = [Offer(**_known(Offer, offer)) for offer in kept.get("offers", ())]
    done = kept.get("done")
    deed = (done[0], done[1]) if done else None
    return State(frames, kept.get("said", 0), offers, kept.get("misses", 0), deed, aside, kept.get("done_at", 0))


def _known(kind: type[Frame] | type[Offer], kept: Mapping[str, Any]) -> dict[str, Any]:
    names = {one.name for one in fields(kind)}
    return {name: value for name, value in kept.items() if name in names}
