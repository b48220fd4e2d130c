"""The terminal: what is on the screen as text or JSON, and what a typed line means there."""

from collections.abc import Sequence
from typing import Any

from bot.lines import Line
from bot.render.text import Numbered, line_text, numbered, pick
from bot.turn import Inbound
from core.i18n import Translator
from core.message import Message

CHANNEL = "terminal"


class Screen:
    """What was said last: one reply, and what was said unasked with it. Its buttons are numbered through."""

    def __init__(self, lines: Sequence[Line] = ()) -> None:
        self._messages = [message for line in lines for message in line.messages]
        self._from = [(line.said_id, at) for line in lines for at, _ in enumerate(line.messages)]
        self._buttons = numbered(self._messages)

    def text(self, t: Translator) -> str:
        """It as a person reads it."""
        return line_text(self._messages, t, _no_page)

    def json(self) -> dict[str, Any]:
        """It as a program reads it; what is absent was not said.

        `choices` are what can be picked: by `n`, or by `label` where `n` is null.
        """
        said = {
            "text": "\n".join(message.text for message in self._messages),
            "quote": "\n".join(message.quote for message in self._messages if message.quote),
            "cards": [card.model_dump(exclude_defaults=True) for message in self._messages for card in message.cards],
            "choices": [_choice(one) for one in self._buttons],
            "field": next((message.field.model_dump() for message in reversed(self._messages) if message.field), None),
            "reads": self._last_reads,
            "care": any(message.care for message in self._messages),
        }
        return {name: value for name, value in said.items() if value or name in ("text", "choices")}

    def opens(self, typed: str) -> str | None:
        """The address, or the name of the page, that a typed line picks; None when it picks none, and is said instead."""
        picked = pick(typed, self._buttons)
        return picked.choice.opens if picked else None

    def inbound(self, typed: str, event_id: str) -> Inbound:
        """A typed line as the conversation hears it: the button that it picks, else words.

        `seen` is not told: whoever types here has seen everything.
        """
        picked = pick(typed, self._buttons)
        if picked is None:
            return Inbound(event_id, words=typed)
        at, _, index = picked.place.partition(".")
        line, message = self._from[int(at)]
        return Inbound(event_id, token=f"{line}.{message}.{index}")

    @property
    def _last_reads(self) -> str | None:
        found: Message | None = next((message for message in reversed(self._messages) if message.reads), None)
        return found.reads if found else None


def _choice(one: Numbered) -> dict[str, Any]:
    facts = {"n": one.number, "label": one.choice.label}
    return facts | {name: value for name in ("spoken", "opens") if (value := getattr(one.choice, name))}


def _no_page(_name: str) -> None:
    """A terminal has no pages: what opens one is shown by its label."""
