"""Days in a message: a small grammar for English and Spanish, resolved against the day on which it was said.

Both languages are always read, for students mix them. A day is always one that is still to come, or today; what lies behind
(`last friday`) and what comes back (`every friday`) is no day. Whoever uses a day says it back: "Friday 4 December".
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

from intents.loader import Language, data
from intents.normalise import folded, plain

FRIDAY, SUNDAY = 4, 6
DAY_FIRST = ("es",)
"""Languages that write 4/12 for the fourth of December."""

_ORDINAL = r"(?:st|nd|rd|th)\b"
_ENDS = r"(?=\s*(?:$|[.,;!?)]|(?:at|and|so|or|to|if|but|because|pls|please|for|by|then|y|o|a las|para|si|pero|porque|por favor|porfa)\b))"
"""What may follow `the 15th`: not a noun, as in `the 2nd group`."""


@dataclass(frozen=True)
class Day:
    """A day that was named, and where in the text: from `start` up to, not including, `end`."""

    day: date
    start: int
    end: int


class NoDay(StrEnum):
    """Why words that speak of a day name none to come."""

    PASSED = "passed"
    MISSING = "missing"


@dataclass(frozen=True)
class _Rule:
    pattern: re.Pattern[str]
    resolve: Callable[[re.Match[str], date], date | None]


def find_day(text: str, today: date, *, language: str = "en", asked: bool = False) -> Day | None:
    """The day that a message is about; of several the first that does not follow `from`.

    Args:
        today: the day on which it was said, in the course's zone.
        language: decides between day and month in `4/12`.
        asked: a date was asked for, so that `12/4` is one and not a score.
    """
    found = find_days(text, today, language=language, asked=asked)
    to_go = [day for day in found if not re.search(r"\b(?:from|desde|del)\s*$", folded(text)[: day.start])]
    return next(iter(to_go or found), None)


def find_days(text: str, today: date, *, language: str = "en", asked: bool = False) -> list[Day]:
    """Every day that a message names, in its order. `find_day` explains the arguments."""
    found = (Day(day, *match.span()) for match, day in _resolved(text, today, language, asked) if isinstance(day, date))
    return sorted(found, key=lambda each: each.start)


def why_no_day(text: str, today: date, *, language: str = "en", asked: bool = False) -> NoDay | None:
    """Why a message that speaks of a day names none: it has passed, or is in no calendar. `find_day` explains the arguments."""
    read = list(_resolved(text, today, language, asked))
    if any(isinstance(day, date) for _, day in read):
        return None
    if any(day is NoDay.MISSING for _, day in read):
        return NoDay.MISSING
    return NoDay.PASSED if _PASSED.search(folded(text)) else None


def find_span(text: str, today: date) -> Day | None:
    """The day on which a span ends that begins today: `for 3 days`, `a week`, `por dos semanas`; None where no span is named."""
    languages = data().languages
    for words, units in ((_Words(languages["en"]), _UNITS_EN), (_Words(languages["es"]), _UNITS_ES)):
        match = re.search(rf"(?<![\w/])({words.number})\s+({'|'.join(units)})(?:e?s)?(?![\w/])", folded(text))
        if match:
            return Day(_later(today, words.count(match[1]), units[match[2]]), *match.span())
    return None


def is_only_day(text: str, day: Day) -> bool:
    """Whether a message says a day and nothing else to speak of: `until Friday please`, not `see you at lunch on Friday`."""
    rest = f"{plain(text[: day.start])} {plain(text[day.end :])}".split()
    return all(len(word) < _FEWEST_LETTERS or word in _beside() for word in rest)


@cache
def _beside() -> frozenset[str]:
    """Words beside a day that say nothing more."""
    lists = [each.lists for each in data().languages.values()]
    said = (word for each in lists for words in (each.courtesies, each.stop_words) for phrase in words for word in plain(phrase).split())
    return frozenset(_BESIDE.split()) | frozenset(said)


_FEWEST_LETTERS = 3
_BESIDE = (
    "until till til for from the next only about around maybe let say think like morning afternoon evening night noon early late "
    "after before please school back away out gone hasta para desde solo quizas tarde noche "
    "temprano antes despues clase clases fuera vuelvo regreso"
)


_PASSED = re.compile(
    r"\b(?:yesterday|ago|(?:last|past)\s+(?:week|month|year|(?:mon|tues|wednes|thurs|fri|satur|sun)day)|ayer|anteayer|anoche|pasad[oa])\b"
)
_UNITS_EN = {"day": "day", "week": "week", "month": "month"}
_UNITS_ES = {"dia": "day", "semana": "week", "mes": "month"}


def _resolved(text: str, today: date, language: str, asked: bool) -> Iterator[tuple[re.Match[str], date | NoDay | None]]:
    """What is read as a day, rule by rule, and what it is: a day, a day that no calendar has, or None where it only looks like one."""
    read, taken = folded(text), [False] * len(text)
    for rule in _rules(language, asked):
        for match in rule.pattern.finditer(read):
            start, end = match.span()
            if any(taken[start:end]):
                continue
            taken[start:end] = [True] * (end - start)
            try:
                yield match, rule.resolve(match, today)
            except (ValueError, OverflowError):  # 31 February, or past the end of the calendar
                yield match, NoDay.MISSING


@cache
def _rules(language: str, asked: bool) -> tuple[_Rule, ...]:
    languages = data().languages
    english, spanish = _Words(languages["en"]), _Words(languages["es"])
    return (
        *_numeric(language in DAY_FIRST, asked),
        *_idle(english, spanish),
        *_english(english),
        *_spanish(spanish),
    )


class _Words:
    """The names of one language, as alternations for a pattern, and what they stand for."""

    def __init__(self, language: Language) -> None:
        words = language.lists
        self.of_weekday = {**words.days.weekdays, **words.days.short_weekdays}
        self.of_month, self.of_number, self.of_relative = words.days.months, words.numbers, words.days.relative
        self.weekday, self.short = _any(words.days.weekdays), _any(words.days.short_weekdays)
        self.month, self.relative = _any(words.days.months), _any(words.days.relative)
        self.number = rf"(?:\d{{1,3}}|{_any(words.numbers)})"

    def count(self, word: str) -> int:
        return int(word) if word.isdigit() else self.of_number[" ".join(word.split())]


def _any(words: Mapping[str, int]) -> str:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return "(?:" + "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in longest_first) + ")"


def _rule(pattern: str, resolve: Callable[[re.Match[str], date], date | None]) -> _Rule:
    return _Rule(re.compile(rf"(?<![\w/]){pattern}(?![\w/])"), resolve)


def _nothing(_match: re.Match[str], _today: date) -> None:
    return None


def _numeric(day_first: bool, asked: bool) -> Iterator[_Rule]:
    def written(match: re.Match[str], _today: date) -> date:
        return _of_numbers(int(match[1]), int(match[2]), int(match[3]) + (2000 if len(match[3]) == 2 else 0), day_first)

    def short(match: re.Match[str], today: date) -> date:
        day = _of_numbers(int(match[1]), int(match[2]), today.year, day_first)
        return day if day >= today else _of_numbers(int(match[1]), int(match[2]), today.year + 1, day_first)

    yield _rule(r"(\d{4})-(\d{1,2})-(\d{1,2})", lambda match, _today: date(int(match[1]), int(match[2]), int(match[3])))
    yield _rule(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})", written)
    if asked:
        yield _rule(r"(\d{1,2})[/.-](\d{1,2})(?!\s*%)", short)


def _idle(english: _Words, spanish: _Words) -> Iterator[_Rule]:
    """Phrases that look like days and are none; they come first and keep their words from the others."""
    yield _rule(rf"(?:last|every|each|past)\s+(?:{english.weekday}|{english.short}|day|week|month)s?", _nothing)
    yield _rule(r"[a-z]+days", _nothing)
    yield _rule(rf"(?:todos\s+los|cada|los)\s+(?:{spanish.weekday})s?", _nothing)
    yield _rule(rf"(?:el\s+)?{spanish.weekday}\s+pasad[oa]", _nothing)
    yield _rule(r"(?<!manana )(?:por|en|de|esta)\s+la\s+manana|esta\s+manana", _nothing)


def _english(words: _Words) -> Iterator[_Rule]:
    day_number = rf"(\d{{1,2}})(?:{_ORDINAL})?"
    yield _rule(
        rf"({words.month})\.?\s+{day_number}(?:,?\s+(\d{{4}}))?(?!\s*[%:]|\d)",
        lambda match, today: _of_month(words.of_month[match[1]], int(match[2]), match[3], today),
    )
    yield _rule(
        rf"(?:the\s+)?{day_number}\s+(?:of\s+)?({words.month})(?:,?\s+(\d{{4}}))?",
        lambda match, today: _of_month(words.of_month[match[2]], int(match[1]), match[3], today),
    )
    yield _rule(
        rf"({words.number})\s+(day|week|month)s?\s+from\s+(?:(now|today)|(tomorrow)|({words.weekday}))",
        lambda match, today: _later(_anchor(match, words, today), words.count(match[1]), match[2]),
    )
    yield _rule(rf"in\s+({words.number})\s+(day|week|month)s?", lambda match, today: _later(today, words.count(match[1]), match[2]))
    yield _rule(rf"in\s+({words.number})\s+(?:hours?|hrs?|minutes?|mins?)", lambda _match, today: today)
    yield from _weekdays_english(words)
    yield _rule(r"(?:the\s+)?end\s+of\s+(?:the\s+|this\s+)?(week|month)|eow|eom", _end_of_span)
    yield _rule(r"(?:the\s+)?end\s+of\s+next\s+(week|month)|(?:next|nxt)\s+(week|month)", _end_of_next)
    yield _rule(rf"(?:the\s+)?end\s+of\s+({words.month})", lambda match, today: _end_of_named(words.of_month[match[1]], today))
    yield _rule(r"(?:this|the|over\s+the)\s+weekend", lambda _match, today: _coming(SUNDAY, today, today_counts=True))
    yield _rule(r"next\s+weekend", lambda _match, today: _in_next_week(SUNDAY, today))
    yield _rule(r"this\s+(week|month)", _end_of_span)
    yield _rule(rf"({words.relative})", lambda match, today: today + timedelta(words.of_relative[" ".join(match[1].split())]))
    yield _rule(rf"the\s+(\d{{1,2}}){_ORDINAL}{_ENDS}", lambda match, today: _of_this_or_next_month(int(match[1]), today))


def _weekdays_english(words: _Words) -> Iterator[_Rule]:
    both = rf"{words.weekday}|{words.short}"
    yield _rule(rf"(?:{both})\s+(?:the\s+)?(\d{{1,2}}){_ORDINAL}", lambda match, today: _of_this_or_next_month(int(match[1]), today))
    yield _rule(rf"(?:next|nxt)\s+({both})", lambda match, today: _in_next_week(words.of_weekday[match[1]], today))
    yield _rule(rf"({words.weekday})\s+next\s+week", lambda match, today: _in_next_week(words.of_weekday[match[1]], today))
    yield _rule(rf"this\s+({both})", lambda match, today: _coming(words.of_weekday[match[1]], today, today_counts=True))
    lead = r"(?:by|on|til|till|until|due|for|before|to)"
    yield _rule(rf"{lead}\s+({both})\b", lambda match, today: _coming(words.of_weekday[match[1]], today))
    yield _rule(rf"({words.weekday})", lambda match, today: _coming(words.of_weekday[match[1]], today))


def _spanish(words: _Words) -> Iterator[_Rule]:
    unit = r"(dia|semana|mes)(?:e?s)?"
    english = {"dia": "day", "semana": "week", "mes": "month"}
    yield _rule(
        rf"(?:el\s+)?(\d{{1,2}}|primero)\s+de\s+({words.month})(?:\s+del?\s+(\d{{4}}))?",
        lambda match, today: _of_month(words.of_month[match[2]], int(match[1]) if match[1].isdigit() else 1, match[3], today),
    )
    yield _rule(
        rf"(?:en|dentro\s+de|de\s+aqui\s+a)\s+({words.number})\s+{unit}",
        lambda match, today: _later(today, words.count(match[1]), english[match[2]]),
    )
    yield _rule(r"de\s+hoy\s+en\s+ocho", lambda _match, today: today + timedelta(7))
    yield _rule(rf"(?:en|dentro\s+de)\s+({words.number})\s+(?:horas?|minutos?)", lambda _match, today: today)
    yield _rule(r"(?:este\s+|el\s+|a\s+)?fin\s+de\s+semana", lambda _match, today: _coming(SUNDAY, today, today_counts=True))
    yield _rule(
        r"(?:este\s+|esta\s+)(?:mes|semana)|(?:a\s+)?(?:fin|fines|final|finales)\s+del?\s+(?:la\s+|esta\s+|este\s+)?(?:mes|semana)",
        _end_of_span,
    )
    following = r"(?:proxim[oa]|siguiente)"
    both = rf"{words.weekday}|{words.short}"
    yield _rule(
        rf"({words.weekday})\s+de\s+la\s+(?:{following}\s+semana|semana\s+(?:que\s+viene|{following}))",
        lambda match, today: _in_next_week(words.of_weekday[match[1]], today),
    )
    yield _rule(
        rf"(?:el|la)?\s*{following}\s+(semana|mes)|(?:la\s+|el\s+)?(semana|mes)\s+(?:{following}|que\s+viene|que\s+entra)", _end_of_next
    )
    yield _rule(rf"(?:fin|fines|final|finales)\s+de\s+({words.month})", lambda match, today: _end_of_named(words.of_month[match[1]], today))
    yield _rule(rf"(?:el\s+)?{words.weekday}\s+(\d{{1,2}})(?!\s*[:%])", lambda match, today: _of_this_or_next_month(int(match[1]), today))
    yield _rule(rf"este\s+({both})", lambda match, today: _coming(words.of_weekday[match[1]], today, today_counts=True))
    yield _rule(rf"(?:el|al|del|{following})\s+({both})", lambda match, today: _coming(words.of_weekday[match[1]], today))
    yield _rule(rf"({words.weekday})", lambda match, today: _coming(words.of_weekday[match[1]], today))
    yield _rule(rf"({words.relative})", lambda match, today: today + timedelta(words.of_relative[" ".join(match[1].split())]))
    yield _rule(
        rf"(?:(?:el|del)\s+dia|antes\s+del|para\s+el|hasta\s+el|el)\s+(\d{{1,2}}){_ENDS}",
        lambda match, today: _of_this_or_next_month(int(match[1]), today),
    )


def _of_numbers(first: int, second: int, year: int, day_first: bool) -> date:
    day, month = (first, second) if day_first else (second, first)
    return date(year, day, month) if month > 12 >= day else date(year, month, day)


def _of_month(month: int, day: int, year: str | None, today: date) -> date:
    if year:
        return date(int(year), month, day)
    found = date(today.year, month, day)
    return found if found >= today else date(today.year + 1, month, day)


def _of_this_or_next_month(day: int, today: date) -> date:
    if day >= today.day and day <= monthrange(today.year, today.month)[1]:
        return today.replace(day=day)
    return _months_later(today.replace(day=1), 1).replace(day=day)


def _anchor(match: re.Match[str], words: _Words, today: date) -> date:
    if match[5]:
        return _coming(words.of_weekday[match[5]], today)
    return today + timedelta(1) if match[4] else today


def _later(start: date, count: int, unit: str) -> date:
    return _months_later(start, count) if unit == "month" else start + timedelta(count * (7 if unit == "week" else 1))


def _months_later(start: date, count: int) -> date:
    years, month = divmod(start.month - 1 + count, 12)
    year = start.year + years
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def _coming(weekday: int, today: date, *, today_counts: bool = False) -> date:
    """The next such weekday; on that weekday itself, today or in a week."""
    ahead = (weekday - today.weekday()) % 7
    return today + timedelta(ahead if ahead or today_counts else 7)


def _in_next_week(weekday: int, today: date) -> date:
    return today + timedelta(7 - today.weekday() + weekday)


def _end_of_month(today: date) -> date:
    return today.replace(day=monthrange(today.year, today.month)[1])


def _end_of_span(match: re.Match[str], today: date) -> date:
    """The last school day of the week, or the last day of the month."""
    return _end_of_month(today) if re.search(r"month|mes|eom", match[0]) else _coming(FRIDAY, today, today_counts=True)


def _end_of_next(match: re.Match[str], today: date) -> date:
    """The last school day of the next week, or the last day of the next month."""
    if re.search(r"month|mes", match[0]):
        return _end_of_month(_months_later(today.replace(day=1), 1))
    return _in_next_week(FRIDAY, today)


def _end_of_named(month: int, today: date) -> date:
    year = today.year + (month < today.month)
    return date(year, month, monthrange(year, month)[1])
