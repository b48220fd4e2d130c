"""What Paceline says, in a form that every channel can show: text, choices, a field, a card, and who can read the answer.

Values only: no database, no channel. A message holds sentences that are ready to be read, in the language of its reader.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict
from pydantic import Field as _Field

MOST_CHOICES = 4
"""Buttons of one message; a scale counts as one, and *Skip* and *Undo* stand beside them."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Choice(_Value):
    """One button.

    Attributes:
        label: what it says.
        value: what the question takes when it is pressed.
        begins: the dialogue that it begins instead of answering a question, with `seed` as what that knows already.
        opens: an https, tel or sms address that it opens instead, or the name of a page of ours such as `home.records`.
        spoken: what a screen reader says where the label is a sign, such as a face.
    """

    label: str
    value: str = ""
    begins: str | None = None
    seed: Mapping[str, Any] = _Field(default_factory=dict)
    opens: str | None = None
    spoken: str | None = None


class FieldKind(StrEnum):
    """What is typed into a field."""

    TEXT = "text"
    DAY = "day"


class Field(_Value):
    """A place to type the answer, where a channel has such: what it is called, and what stands in it already."""

    label: str
    kind: FieldKind = FieldKind.TEXT
    filled: str = ""


class Card(_Value):
    """Facts that belong together: a heading, and lines of a name and a value. `done` of `planned` draws a bar."""

    title: str
    lines: tuple[tuple[str, str], ...] = ()
    done: int | None = None
    planned: int | None = None


class Message(_Value):
    """One thing that is said.

    Attributes:
        text: at most two sentences and 25 words of ours.
        quote: words of a person, verbatim, set apart from ours.
        choices: at most four buttons, or one scale.
        extras: *Skip*, *Undo* and the like.
        scale: the choices are steps of one scale, in a row.
        field: where the answer is typed, when a special field helps.
        cards: facts to look at.
        reads: who can read the answer, as a short line; None where it goes without saying.
        care: it is about somebody's safety, and is set apart.
    """

    text: str
    quote: str | None = None
    choices: tuple[Choice, ...] = ()
    extras: tuple[Choice, ...] = ()
    scale: bool = False
    field: Field | None = None
    cards: tuple[Card, ...] = ()
    reads: str | None = None
    care: bool = False

    @property
    def buttons(self) -> tuple[Choice, ...]:
        """Everything that can be pressed, in the order in which it is shown and numbered."""
        return self.choices + self.extras


class Delivery(StrEnum):
    """How handing a message to a channel went."""

    DELIVERED = "delivered"
    UNDELIVERABLE = "undeliverable"
    """The address takes nothing: wrong, gone or full."""
    BLOCKED = "blocked"
    """Its owner does not want it."""
    TRY_LATER = "try_later"
    UNKNOWN = "unknown"
    """The answer was lost after sending: it may have arrived."""


class Channel(Protocol):
    """One way to reach a person outside our pages."""

    @property
    def name(self) -> str:
        """What accounts of this channel are called by, such as `email`."""

    def deliver(self, message: Message, address: str, *, once: str) -> Delivery:
        """Hand over one message. Runs outside any transaction.

        Args:
            once: names this message, so that a channel that can tells a repeat from a new one.
        """
