"""Closed answers to a pending question, resolved before any classifier: one-word replies are what n-grams read worst."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from intents.lexicon import lexicon
from intents.loader import Lists, data
from intents.normalise import plain, unstretched

LONGEST_WORDS = 6
"""A longer message says more than a closed answer does."""

_SLIP_FROM = 5
_SAME_CHOICE = 80
_CLEARLY_AHEAD = 8
_SHORTEST_COMMANDS = 2


class Closed(StrEnum):
    """What kind of closed answer it is."""

    CHOICE = "choice"
    NUMBER = "number"
    YES = "yes"
    NO = "no"
    CANCEL = "cancel"
    SKIP = "skip"
    UNDO = "undo"


_WORDS = (Closed.CANCEL, Closed.UNDO, Closed.SKIP, Closed.YES, Closed.NO)
ANY = frozenset(Closed)


@dataclass(frozen=True)
class Answer:
    """A closed answer. `number` holds the number said, or for a choice its position from 0."""

    kind: Closed
    number: int | None = None


def read_answer(
    text: str, *, choices: Sequence[str] = (), expects: frozenset[Closed] = ANY, language: str = "en", numbered: bool = False
) -> Answer | None:
    """The closed answer that a message is; None when it is free words.

    A choice's own words come first (`No` may be one of them), then words such as `cancel`, then numbers, then the position of a
    choice (`the second one`), and last a choice's words misspelled or in part. Leaving is always understood, whatever is expected.

    Args:
        choices: what was offered, as the student read it.
        expects: the kinds that the question takes; cancel and undo always count.
        language: which list of words decides first, where both know a word.
        numbered: the choices were shown with numbers, so that `2` is the second.
    """
    said = _bare(text)
    if not said:
        return None
    exact = _exact_choice(said, choices)
    if exact is not None:
        return Answer(Closed.CHOICE, exact)
    if len(said.split()) > LONGEST_WORDS:
        return None
    for lists in _by_language(language):
        for answer in _readings(said, lists, choices, numbered):
            if answer.kind in expects or answer.kind in (Closed.CANCEL, Closed.UNDO):
                return answer
    part = _part_of_choice(said, choices)
    return None if part is None else Answer(Closed.CHOICE, part)


def _readings(said: str, lists: Lists, choices: Sequence[str], numbered: bool) -> Iterator[Answer]:
    polite = _without_courtesies(said, lists)
    phrases = _phrases(lists.language)
    for each in dict.fromkeys((said, polite, lexicon().normalised(said, lists.language))):
        kind = phrases.get(each) or _said_twice(each, phrases) or _misspelled(each, lists.language)
        if kind:
            yield Answer(kind)
    number = _number(polite, lists)
    if number is not None and numbered and 1 <= number <= len(choices):
        yield Answer(Closed.CHOICE, number - 1)
    if number is not None:
        yield Answer(Closed.NUMBER, number)
    place = _place(polite, lists, len(choices))
    if place is not None:
        yield Answer(Closed.CHOICE, place)


def _bare(text: str) -> str:
    """Plain words; where there are none, the emoji without its skin tone."""
    words = " ".join(unstretched(word, _known()) for word in plain(text).split())
    return words or "".join(sign for sign in text if unicodedata.category(sign) == "So" or sign == "↩")[:1]


def _exact_choice(said: str, choices: Sequence[str]) -> int | None:
    return next((index for index, choice in enumerate(choices) if _bare(choice) == said), None)


def _part_of_choice(said: str, choices: Sequence[str]) -> int | None:
    """The one choice that is clearly nearer than the others."""
    scores = sorted(((_nearness(said, _bare(choice)), -index) for index, choice in enumerate(choices)), reverse=True)
    if not scores or scores[0][0] < _SAME_CHOICE or (len(scores) > 1 and scores[0][0] - scores[1][0] < _CLEARLY_AHEAD):
        return None
    return -scores[0][1]


def _nearness(said: str, choice: str) -> float:
    return max(fuzz.ratio(said, choice), 95.0 if _is_part(said, choice) else 0.0, fuzz.token_sort_ratio(said, choice))


def _is_part(said: str, choice: str) -> bool:
    """Whether all the words said are words of a choice, and enough to mean it: half of what it says, or one that no command says."""
    words, whole = set(said.split()), set(choice.split())
    telling = {word for word in words if len(word) > 2}
    if not telling or not words <= whole:
        return False
    return 2 * len(telling) >= sum(len(word) > 2 for word in whole) or bool(telling - _everyday())


def _said_twice(said: str, phrases: Mapping[str, Closed]) -> Closed | None:
    """What several words mean that each mean the same: `yeah sure`."""
    kinds = {phrases.get(word) for word in said.split()}
    return kinds.pop() if len(kinds) == 1 else None


def _misspelled(said: str, language: str) -> Closed | None:
    if len(said) < _SLIP_FROM:
        return None
    found = process.extractOne(said, _long_phrases(language), scorer=OSA.distance, score_cutoff=1)
    return _phrases(language)[found[0]] if found else None


def _number(said: str, lists: Lists) -> int | None:
    words = said.split()
    if len(words) > 2:
        return None
    for word in (said, *words[:1]):
        if word.isascii() and word.isdigit() and len(word) <= 4:
            return int(word)
        if word in lists.numbers and (word == said or len(words) == 1):
            return lists.numbers[word]
    return None


def _place(said: str, lists: Lists, count: int) -> int | None:
    words = [word for word in said.split() if word not in ("the", "one", "el", "la", "opcion", "option", "number")]
    if len(words) != 1 or words[0] not in lists.ordinals:
        return None
    place = lists.ordinals[words[0]]
    index = count - 1 if place < 0 else place - 1
    return index if 0 <= index < count else None


def _without_courtesies(said: str, lists: Lists) -> str:
    left = f" {said} "
    for phrase in _courtesies(lists.language):
        left = left.replace(phrase, " ")
    return left.strip() or said


@cache
def _courtesies(language: str) -> list[str]:
    return [f" {phrase} " for phrase in sorted(data().languages[language].lists.courtesies, key=len, reverse=True)]


def _by_language(language: str) -> list[Lists]:
    return sorted((each.lists for each in data().languages.values()), key=lambda lists: lists.language != language)


@cache
def _phrases(language: str) -> dict[str, Closed]:
    answers = data().languages[language].lists.answers
    return {phrase: kind for kind in reversed(_WORDS) for phrase in getattr(answers, kind.value)}


@cache
def _long_phrases(language: str) -> list[str]:
    return [phrase for phrase in _phrases(language) if len(phrase) >= _SLIP_FROM]


@cache
def _everyday() -> frozenset[str]:
    """The words of the shortest examples, such as `check in`, `help` and `my goals`: what is said all the time."""
    said = (plain(text).split() for _, _, text in data().spoken())
    return frozenset(word for words in said if len(words) <= _SHORTEST_COMMANDS for word in words)


@cache
def _known() -> frozenset[str]:
    return frozenset(word for code in data().languages for phrase in _phrases(code) for word in phrase.split())
