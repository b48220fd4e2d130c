"""Reading the catalogues: each sentence with its forms and the facts that it names."""

import io
from functools import cache
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

import core.i18n

CATALOGUES = Path(core.i18n.__file__).parent / "catalogues"


@cache
def catalogue(language: str) -> Catalog:
    return read_po(io.BytesIO((CATALOGUES / f"{language}.po").read_bytes()), locale=language)


@cache
def messages(language: str) -> dict[str, Message]:
    return {key_of(message): message for message in catalogue(language) if message.id}


def key_of(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def places(sentence: str) -> set[str]:
    """The facts that a sentence names in braces."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def facts_of(key: str, language: str = "en") -> set[str]:
    return set().union(*(places(form) for form in forms(messages(language)[key])))
