"""One spelling for what students type: NFKC, accents, apostrophes, stretched letters and each language's abbreviations."""

import re
import unicodedata
from collections.abc import Container, Mapping
from itertools import product

_APOSTROPHES = dict.fromkeys(map(ord, "'’‘`´ʼ＇"))
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_NOT_A_WORD = re.compile(r"(?:[^\w%]|_)+")
_STRETCH = re.compile(r"([^\W\d_])\1{2,}")
_MOST_STRETCHES = 4
"""A word with more stretches than this is shortened without trying each spelling."""


def plain(text: str) -> str:
    """Lower-case words between single spaces, without accents, apostrophes or punctuation; `%` and digits stay.

    `Can’t… mañana?` becomes `cant manana`.
    """
    composed = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).translate(_APOSTROPHES).casefold()
    bare = "".join(letter for letter in unicodedata.normalize("NFD", composed) if not unicodedata.combining(letter))
    return _NOT_A_WORD.sub(" ", bare).strip()


def folded(text: str) -> str:
    """The same text letter by letter, in lower case and without accents: positions in it are positions in `text`."""
    return "".join(_fold(letter) for letter in text)


def _fold(letter: str) -> str:
    base = unicodedata.normalize("NFKD", letter)[:1].lower()
    return base if len(base) == 1 else letter


def unstretched(word: str, known: Container[str]) -> str:
    """A word without stretched letters: `sooo` is `so` and `killl` is `kill`, where `known` holds those; else one letter stays."""
    runs = _STRETCH.findall(word)
    if not runs:
        return word
    if len(runs) <= _MOST_STRETCHES:
        for lengths in product((1, 2), repeat=len(runs)):
            counts = iter(lengths)
            spelling = _STRETCH.sub(lambda run: run[1] * next(counts), word)  # noqa: B023 - used within the iteration
            if spelling in known:
                return spelling
    return _STRETCH.sub(r"\1", word)


def normalise(text: str, abbreviations: Mapping[str, str], known: Container[str]) -> str:
    """`plain` text with stretched letters shortened and abbreviations spelled out.

    Args:
        abbreviations: plain words and what each stands for, plain as well.
        known: words that decide how a stretched word is spelled.
    """
    words = (unstretched(word, known) for word in plain(text).split())
    return " ".join(abbreviations.get(word, word) for word in words)
