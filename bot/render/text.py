"""A message as plain text, for terminals, screen readers and letters: nothing is lost, and every choice has a number or is its own."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.render import Address, target
from core.i18n import Translator
from core.message import Card, Choice, FieldKind, Message


@dataclass(frozen=True)
class Numbered:
    """One button of a line, and how it is picked.

    Attributes:
        place: message and button, counted from 0, as in `0.2`: the end of its token.
        number: what is typed for it; None where its neighbours are numbers themselves, and its own words pick it.
    """

    choice: Choice
    place: str
    number: int | None


def numbered(messages: Sequence[Message]) -> list[Numbered]:
    """The buttons of a line in the order in which they are shown, numbered from 1 through all its messages.

    A number that is a label means itself: of [0] [1] [2] [3], 2 is “2”, and the [Skip] beside them has no number.
    """
    labels = [_typed(choice.label) for message in messages for choice in message.buttons]
    told_apart = all(labels) and len(set(labels)) == len(labels)
    means_itself = told_apart and any(_is_number(choice.label) for message in messages for choice in message.choices)
    found, next_number = list[Numbered](), 1
    for at, message in enumerate(messages):
        for index, choice in enumerate(message.buttons):
            number = (int(choice.label) if _is_number(choice.label) else None) if means_itself else next_number
            found.append(Numbered(choice, f"{at}.{index}", number))
            next_number += 1
    return found


def pick(typed: str, buttons: Sequence[Numbered]) -> Numbered | None:
    """The button that typed words mean: its number or its label, in any case. None: they are words."""
    wanted = _typed(typed)
    if _is_number(wanted):
        return next((one for one in buttons if one.number == int(wanted)), None)
    return next((one for one in buttons if wanted and _typed(one.choice.label) == wanted), None)


def line_text(messages: Sequence[Message], t: Translator, address: Address) -> str:
    """Everything that is said in one go, with an empty line between messages.

    Args:
        address: where pages of ours are; what opens one that has no address is shown by its label alone.
    """
    buttons = numbered(messages)
    return "\n\n".join(
        "\n".join(_message(message, [one for one in buttons if one.place.startswith(f"{at}.")], t, address))
        for at, message in enumerate(messages)
    )


def plain(words: str) -> str:
    """Words without what steers a terminal or turns the direction of what follows; line breaks stay."""
    return "".join(one for one in words if one in "\n\t" or not (unicodedata.category(one) in ("Cc", "Cs") or one in _TURNS))


def _message(message: Message, buttons: Sequence[Numbered], t: Translator, address: Address) -> Iterator[str]:
    if message.care:
        yield f"{t('chat.care')}:"
    yield plain(message.text)
    if message.quote:
        yield f"“{plain(message.quote)}”"
    for card in message.cards:
        yield from _card(card, t)
    rows = [_button(one, address) for one in buttons]
    yield from ["  ".join(rows)] if rows and message.scale else rows
    if message.field:
        filled = f" “{plain(message.field.filled)}”" if message.field.filled else ""
        hint = f" ({t('chat.day_hint')})" if message.field.kind is FieldKind.DAY else ""
        yield f"{plain(message.field.label)}:{filled}{hint}"
    if message.reads:
        yield f"({plain(message.reads)})"


def _card(card: Card, t: Translator) -> Iterator[str]:
    yield plain(card.title)
    width = max((len(plain(name)) for name, _ in card.lines), default=0)
    for name, value in card.lines:
        yield f"  {plain(name) + ':':<{width + 1}} {plain(value)}"
    if card.done is not None and card.planned:
        yield f"  {t('chat.done_of', done=t.number(card.done), planned=t.number(card.planned))}"


def _button(one: Numbered, address: Address) -> str:
    choice = one.choice
    label, extra = plain(choice.label), plain(choice.spoken or "")
    says = f"{label} ({extra})" if extra and extra != label else label
    opens = target(choice, address)
    says = f"{says}: {plain(opens)}" if opens is not None else says
    return f"[{says}]" if one.number is None or str(one.number) == label else f"[{one.number}] {says}"


def _typed(label: str) -> str:
    """A label as somebody may type it."""
    return " ".join(plain(label).split()).casefold()


def _is_number(label: str) -> bool:
    return label.isascii() and label.isdigit() and len(label) < 5 and str(int(label)) == label


_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
