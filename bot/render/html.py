"""A message as HTML, for a page that has a form called `say`: each button belongs to that form, and works without JavaScript."""

from datetime import date

from markupsafe import Markup

from bot.render import Address, spoken, target
from core.i18n import Translator
from core.message import Card, Choice, Field, FieldKind, Message

FORM = "say"
"""The id of the form that answers; it has hidden inputs, `words`, `choice` and `day`."""


def message_html(message: Message, t: Translator, address: Address, *, place: str, live: bool) -> Markup:
    """One message.

    Args:
        place: the line and the message's index in it, such as `12.0`: unique on the page, and the start of each button's token.
        live: its buttons can be pressed; else they are shown as what they were. What opens an address opens it always.
    """
    parts = [
        Markup('<p class="meta"><strong>{}</strong></p>').format(t("chat.care")) if message.care else Markup(),
        Markup('<p id="m-{}">{}</p>').format(_id(place), message.text),
        Markup('<blockquote dir="auto">{}</blockquote>').format(message.quote) if message.quote else Markup(),
        *(_card(card, t) for card in message.cards),
        _buttons(message, address, place, live=live),
        _day(message.field, t, place) if live and message.field and message.field.kind is FieldKind.DAY else Markup(),
        Markup('<p class="hidden">{}</p>').format(message.reads) if message.reads else Markup(),
    ]
    return Markup('<div class="{}"{}>{}</div>').format(
        "ours care" if message.care else "ours", _facts(message) if live else Markup(), Markup().join(parts)
    )


def _facts(message: Message) -> Markup:
    """What the answer box takes from the open question: who can read the answer, and what stands in it already."""
    facts = Markup(' data-reads="{}"').format(message.reads) if message.reads else Markup()
    if message.field and message.field.kind is FieldKind.TEXT:
        facts += Markup(' data-label="{}" data-filled="{}"').format(message.field.label, message.field.filled)
    return facts


def _card(card: Card, t: Translator) -> Markup:
    lines = [Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(name, value) for name, value in card.lines]
    return Markup('<div class="inner"><p><strong>{}</strong></p>{}{}</div>').format(
        card.title, Markup("<dl>{}</dl>").format(Markup().join(lines)) if lines else Markup(), _bar(card, t)
    )


def _bar(card: Card, t: Translator) -> Markup:
    if card.done is None or not card.planned:
        return Markup()
    said = t("chat.done_of", done=t.number(card.done), planned=t.number(card.planned))
    bar = Markup('<p>{}</p><progress aria-label="{}" value="{}" max="{}"></progress>')
    return bar.format(said, f"{card.title}: {said}", card.done, card.planned)


def _buttons(message: Message, address: Address, place: str, *, live: bool) -> Markup:
    if not message.buttons:
        return Markup()
    shown = [_button(choice, address, f"{place}.{index}", live=live) for index, choice in enumerate(message.buttons)]
    kind = "choices scale" if message.scale else "choices"
    if not live:
        return Markup('<div class="{} past">{}</div>').format(kind, Markup().join(shown))
    return Markup('<div class="{}" role="group" aria-labelledby="m-{}">{}</div>').format(kind, _id(place), Markup().join(shown))


def _button(choice: Choice, address: Address, token: str, *, live: bool) -> Markup:
    called = spoken(choice)
    says = Markup(' aria-label="{}"').format(called) if called != choice.label else Markup()
    opens = target(choice, address)
    if opens is not None:
        elsewhere = Markup(' target="_blank" rel="noopener noreferrer"') if opens.lower().startswith("https:") else Markup()
        return Markup('<a class="button" href="{}"{}{}>{}</a>').format(opens, elsewhere, says, choice.label)
    if not live or choice.opens is not None:
        return Markup('<span aria-hidden="true">{}</span>').format(choice.label)
    return Markup('<button form="{}" name="choice" value="{}"{}>{}</button>').format(FORM, token, says, choice.label)


def _day(field: Field, t: Translator, place: str) -> Markup:
    """A calendar beside the answer box, for who would rather pick a day than write it."""
    day = Markup(
        '<div class="row day"><label for="d-{0}">{1}</label><input type="date" id="d-{0}" form="{2}" name="day" value="{3}">'
        '<button form="{2}" name="use" value="day">{4}</button></div>'
    )
    return day.format(_id(place), field.label, FORM, _iso(field.filled), t("chat.use_day"))


def _iso(day: str) -> str:
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:
        return ""


def _id(place: str) -> str:
    return place.replace(".", "-")
