"""Wording that dialogues share: buttons, refusals, names. All sentences are in the catalogues."""

from collections.abc import Mapping
from typing import Any

from bot.turn import Reply
from core.errors import CoreError, NotFound
from core.i18n import Translator
from core.message import Choice, Message
from intents.answers import Closed

SKIP = "skip"
UNDO = "undo"
"""What an Undo button begins: the engine itself takes back what the seed names."""

NAMED = "named"
"""Where a seed holds what tells a button from others that look like it."""


def pick(label: str, value: str, spoken: str | None = None) -> Choice:
    """A button that answers the question beside it."""
    return Choice(label=label, value=value, spoken=spoken)


def begin(label: str, dialogue: str, **seed: Any) -> Choice:
    """A button that begins a dialogue."""
    return Choice(label=label, begins=dialogue, seed=seed)


def named(choice: Choice, about: str, who: str) -> Choice:
    """A button that others look like: what it is about, and for whom, tells them apart when its words are typed."""
    return choice.model_copy(update={"seed": {**choice.seed, NAMED: [about, who]}})


def skip(t: Translator) -> Choice:
    """The button that passes a question over."""
    return Choice(label=t("talk.skip"), value=SKIP)


def skips(reply: Reply) -> bool:
    """Whether a question is passed over, by the button or in words."""
    return reply.value == SKIP or reply.closed is Closed.SKIP


def undo(t: Translator, dialogue: str, memo: Mapping[str, Any]) -> Choice:
    """The button that takes a deed back."""
    return Choice(label=t("talk.undo"), begins=UNDO, seed={"dialogue": dialogue, "memo": dict(memo)})


def refused(t: Translator, error: CoreError) -> Message:
    """What a refusal of the core is called, and how to mend it."""
    if isinstance(error, NotFound):
        return Message(text=t("talk.not_there"))  # of a page it is said otherwise
    key, facts = f"error.{error.code}", error.facts
    said = t(f"error.{error.code}", **facts)
    if f"{key}.mend" in t.keys:
        said = f"{said} {t(f'{key}.mend', **facts)}"
    return Message(text=said)


def reads_only_me(t: Translator) -> str:
    """Who reads words that are for their author alone: nobody, but for the one reason that is said."""
    return t("talk.reads.only_you")
