"""Short answers within a check-in, as students write them: what is in the way, what helped, how they are. `data/<language>.yaml`.

All languages are always read, for students mix them. Only what they say is read; nothing is inferred from how they say it.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict

from core.i18n import LANGUAGES
from core.journal.checkins import Blocker
from core.journal.prompts import Kind
from intents.loader import data
from intents.normalise import plain

LARGEST_IN_WORDS = 10
Each = TypeVar("Each", bound=str)
_ABOUT_REFLECTIONS = re.compile(r"\b(?:reflections?|reflexion(?:es)?|journal|diario)\b")


class Short(StrEnum):
    """What a whole message means, where it is a usual short answer."""

    NOTHING = "nothing"
    ALL = "all"
    NONE = "none"
    DONE = "done"
    HELPED = "helped"
    STUCK = "stuck"


class Reflecting(StrEnum):
    """What is wanted of reflections, where words say no more than that."""

    BEGINS = "begins"
    SHOWS = "shows"
    TAKES_BACK = "takes_back"


class _About(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    begins: tuple[str, ...]
    shows: tuple[str, ...]
    takes_back: tuple[str, ...]
    only_me: tuple[str, ...]


class Phrases(BaseModel):
    """The file of one language; a key too many or too few is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    blockers: Mapping[Blocker, tuple[str, ...]]
    help_now: tuple[str, ...]
    fine: tuple[str, ...]
    allows: tuple[str, ...]
    nothing: tuple[str, ...]
    all: tuple[str, ...]
    none: tuple[str, ...]
    done: tuple[str, ...]
    helped: tuple[str, ...]
    stuck: tuple[str, ...]
    strategies: Mapping[str, tuple[str, ...]]
    moods: Mapping[int, tuple[str, ...]]
    reflecting: _About
    kinds: Mapping[Kind, tuple[str, ...]]


@cache
def phrases() -> tuple[Phrases, ...]:
    """The files of all languages."""
    folder = files("bot").joinpath("data")
    return tuple(Phrases.model_validate(yaml.safe_load(folder.joinpath(f"{language}.yaml").read_text())) for language in LANGUAGES)


def asks_for_help_now(words: str) -> bool:
    """Whether a message asks for a person at once, as the button does."""
    return any(plain(words) in _plain(each.help_now) for each in phrases())


def is_fine(words: str) -> bool:
    """Whether a message says that nothing is wrong."""
    return any(plain(words) in _plain(each.fine) for each in phrases())


def chooses(words: str, name: str) -> bool:
    """Whether a message chooses a person: it holds their last name, and nothing beside their name but words that allow it.

    A refusal or a question names people too, and chooses nobody.
    """
    own, said = set(plain(name).split()), plain(words).split()
    allowed = own | {word for each in phrases() for word in _plain(each.allows)}
    return bool(said) and "?" not in words and plain(name).split()[-1] in said and set(said) <= allowed


def is_short(words: str, meaning: Short) -> bool:
    """Whether a whole message has one meaning."""
    return plain(words) in _whole(meaning)


def find_blocker(words: str) -> Blocker | None:
    """What is in the way, as far as the words say so; None when they say something else."""
    if is_short(words, Short.NOTHING):
        return Blocker.NOTHING
    return _found(words, _blockers())


def find_strategy(words: str, among: Collection[str] | None = None) -> str | None:
    """The strategy of `core.journal.stuck` that words tell of, of all or of some; None for one that we do not know."""
    known = _strategies()
    return _found(words, {each: said for each, said in known.items() if among is None or each in among})


def find_mood(words: str) -> int | None:
    """The face that a student names, 1 to 5, where the whole message is the usual word for it; nothing is guessed."""
    said = plain(words)
    return next((value for each in phrases() for value, named in each.moods.items() if said in _plain(named)), None)


def find_kind(words: str) -> Kind | None:
    """The kind of prompt that a whole message names."""
    said = plain(words)
    return next((kind for each in phrases() for kind, named in each.kinds.items() if said in _plain(named)), None)


def means_only_me(words: str) -> bool:
    """Whether a message says that nobody else is to read."""
    return any(plain(words) in _plain(each.reflecting.only_me) for each in phrases())


def find_reflecting(words: str) -> Reflecting | None:
    """What is wanted of reflections; None for words that are one themselves."""
    said = plain(words)
    if any(said in _plain(each.reflecting.begins) for each in phrases()):
        return Reflecting.BEGINS
    if not _ABOUT_REFLECTIONS.search(said):
        return None
    for wish, name in ((Reflecting.TAKES_BACK, "takes_back"), (Reflecting.SHOWS, "shows")):
        if any(_holds(said, phrase) for each in phrases() for phrase in _plain(getattr(each.reflecting, name))):
            return wish
    return None


def in_words(language: str, number: int, *, feminine: bool = False) -> str:
    """A small number as a word, such as `two` or `una`; a larger one in digits."""
    if feminine and language == "es" and number == 1:
        return "una"
    lists = data().languages.get(language) or data().languages["en"]
    whole = ((word, value) for word, value in lists.lists.numbers.items() if word not in _ARTICLES)
    return next((word for word, value in whole if value == number), str(number)) if 0 < number <= LARGEST_IN_WORDS else str(number)


_ARTICLES = ("a", "an", "un", "couple")


def _found(words: str, known: Mapping[Each, Iterable[str]]) -> Each | None:
    """What the longest known phrase within the words stands for."""
    said = plain(words)
    held = ((len(phrase), each) for each, named in known.items() for phrase in named if _holds(said, phrase))
    return max(held, key=lambda one: one[0], default=(0, None))[1]


def _holds(said: str, phrase: str) -> bool:
    return f" {phrase} " in f" {said} "


@cache
def _blockers() -> Mapping[Blocker, tuple[str, ...]]:
    return {blocker: tuple(word for each in phrases() for word in _plain(each.blockers.get(blocker, ()))) for blocker in Blocker}


@cache
def _strategies() -> Mapping[str, tuple[str, ...]]:
    first, *_ = phrases()
    return {key: tuple(word for each in phrases() for word in _plain(each.strategies.get(key, ()))) for key in first.strategies}


@cache
def _whole(meaning: Short) -> frozenset[str]:
    return frozenset(word for each in phrases() for word in _plain(getattr(each, meaning)))


@cache
def _plain(named: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(plain(word) for word in named)
