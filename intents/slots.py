"""What a message names beside its intent: a day, a count, a competency."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Generic, TypeVar

from intents.days import Day, find_day
from intents.lexicon import lexicon
from intents.loader import Lists, data
from intents.names import alike, content, score, weights
from intents.normalise import folded

__all__ = ["Count", "Day", "Mention", "Slots", "find_competencies", "find_count", "find_day", "find_slots", "guess_language"]

Id = TypeVar("Id")

CUT_OFF = 0.60
"""A competency below this is not mentioned."""

MOST_MENTIONS = 3
_ARTICLES = ("a", "an", "un", "una")
_POINTS = re.compile(r"\b(?:that|this|the|which|wrong|at|a\s+las|las)\s+(?:[a-z]+\s+)?$")
"""Before a number that counts nothing: `that one`, `the vocab one`, `at 5`."""


@dataclass(frozen=True)
class Count:
    """A number that was said, and where.

    Attributes:
        number: how many; None where only a share was said.
        out_of: of how many, as in `2 of 4`.
        percent: a share, as in `half` or `50%`.
        more: it is to be added, as in `3 more`.
    """

    number: int | None
    out_of: int | None
    percent: int | None
    more: bool
    start: int
    end: int


@dataclass(frozen=True)
class Mention(Generic[Id]):
    """A competency that was named; score from 0 to 1."""

    id: Id
    name: str
    score: float


@dataclass(frozen=True)
class Slots(Generic[Id]):
    """Everything that was found in one message; the likeliest competency first."""

    day: Day | None
    count: Count | None
    competencies: tuple[Mention[Id], ...]


def find_slots(text: str, today: date, competencies: Sequence[tuple[Id, str]] = (), *, language: str = "en") -> Slots[Id]:
    """The day, the count and the competencies of a message that asked for none of them."""
    return Slots(find_day(text, today, language=language), find_count(text, today), tuple(find_competencies(text, competencies)))


def guess_language(text: str) -> str | None:
    """The language of a text by its stop words; None when it is undecided, so that whoever asks keeps to theirs."""
    return lexicon().language(text)


def find_count(text: str, today: date = date.min) -> Count | None:
    """The count that a message says. Days, hours and labels such as `unit 3` are none.

    Args:
        today: any day; only tells a day from a count.
    """
    read = folded(text)
    day = find_day(text, max(today, date(2000, 1, 3)))
    if day:
        read = read[: day.start] + " " * (day.end - day.start) + read[day.end :]
    spoken = guess_language(text)
    for code, lists in _lists().items():
        if spoken in (None, code) and (found := _percent(read, lists) or _number(read, lists)):
            return found
    return None


def find_competencies(text: str, competencies: Sequence[tuple[Id, str]]) -> list[Mention[Id]]:
    """The competencies that a message names, the likeliest first; at most three, none below `CUT_OFF`.

    Two measures are weighed: how well the rare words of a short name are covered by words of the message, misspelled ones too, and
    rapidfuzz's partial ratio of the two.

    Args:
        competencies: id and short name of each competency of the course.
    """
    said = content(lexicon().normalised(text, guess_language(text)).split())
    if not said:
        return []
    names = [(each, name, content(lexicon().normalised(name, None).split(), fillers=False)) for each, name in competencies]
    weighed = weights(words for _, _, words in names)
    heaviest = max(weighed.values(), default=0.0)
    found = [Mention(each, name, score(words, said, _matched(words, said), weighed, heaviest)) for each, name, words in names]
    likely = sorted((mention for mention in found if mention.score >= CUT_OFF), key=lambda mention: (-mention.score, mention.name))
    return likely[:MOST_MENTIONS]


def _matched(name: Iterable[str], said: Sequence[str]) -> dict[str, float]:
    return {word: best for word in name if (best := max(alike(word, mine) for mine in said)) > 0}


def _percent(read: str, lists: Lists) -> Count | None:
    match = re.search(r"(?<![\w.,/])(\d{1,3})\s*(?:%|percent\b|por\s*ciento\b)", read)
    if match:
        return Count(None, None, int(match[1]), False, *match.span())
    for pattern, percent in _patterns(lists.language).shares:
        said = pattern.search(read)
        if said:
            return Count(None, None, percent, False, *said.span())
    return None


def _number(read: str, lists: Lists) -> Count | None:
    patterns = _patterns(lists.language)
    both = patterns.both.search(read)
    if both:
        return Count(_value(both[1], lists), _value(both[2], lists), None, False, *both.span())
    for match in patterns.number.finditer(read):
        before = read[: match.start()].split()
        if match[1] in _ARTICLES or _POINTS.search(read[: match.start()]) or (before and before[-1] in _labels()):
            continue
        more = bool(match[2]) or bool(re.match(r"\s+\w+\s+(?:more|mas)\b", read[match.end() :]))
        return Count(_value(match[1], lists), None, None, more, *match.span())
    return None


@dataclass(frozen=True)
class _Patterns:
    """What finds counts in one language; compiled once."""

    both: re.Pattern[str]
    number: re.Pattern[str]
    shares: tuple[tuple[re.Pattern[str], int], ...]


@cache
def _patterns(language: str) -> _Patterns:
    lists = _lists()[language]
    number = rf"\d{{1,4}}|{'|'.join(_spaced(word) for word in sorted(lists.numbers, key=len, reverse=True))}"
    of = "|".join(_spaced(word) for word in lists.out_of)
    both = rf"(?<![\w:.,/])({number})\s*(?:(?:{of})\s+(?:the\s+|my\s+|los\s+|las\s+)?|/\s*)({number})(?![\w:/%])"
    single = rf"(?<![\w:.,/])({number})(\s+(?:more|mas))?(?!\s*(?:am|pm|a\.m|p\.m|o'?clock)\b)(?![\w:/%])"
    shares = sorted(lists.shares.items(), key=lambda item: -len(item[0]))
    return _Patterns(
        re.compile(both), re.compile(single), tuple((re.compile(rf"\b{_spaced(words)}\b"), percent) for words, percent in shares)
    )


def _value(word: str, lists: Lists) -> int:
    return int(word) if word.isdigit() else lists.numbers[" ".join(word.split())]


def _spaced(words: str) -> str:
    return r"\s+".join(re.escape(word) for word in words.split())


@cache
def _lists() -> dict[str, Lists]:
    return {code: language.lists for code, language in data().languages.items()}


@cache
def _labels() -> frozenset[str]:
    return frozenset(label for lists in _lists().values() for label in lists.labels)
