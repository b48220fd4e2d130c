"""How a message is shown: `html` in our pages, `text` wherever there is nothing but letters.

A channel with a form of its own (Block Kit, Adaptive Cards) gets a module beside these: a function from
`core.message.Message` to what that channel takes, which drops nothing and shows buttons in the order of `Message.buttons`.
"""

import re
from collections.abc import Callable

from core.message import Choice

Address = Callable[[str], str | None]
"""The address of a page of ours by its name, such as `home.records`; None where there is no such page."""

_OUTSIDE = re.compile(r"(https|tel|sms):", re.IGNORECASE)


def target(choice: Choice, address: Address) -> str | None:
    """The address that a button opens; None where it opens none, or none that may be opened."""
    if choice.opens is None:
        return None
    if _OUTSIDE.match(choice.opens):
        return choice.opens
    return None if ":" in choice.opens else address(choice.opens)


def spoken(choice: Choice) -> str:
    """What a button is called where its label is not enough: the label with what it stands for, which starts with what is seen."""
    if choice.spoken is None or choice.spoken == choice.label:
        return choice.label
    sign = not any(letter.isalnum() for letter in choice.label)
    return choice.spoken if sign else f"{choice.label}, {choice.spoken}"
