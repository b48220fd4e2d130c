"""How well the words of a message name something that has a short name: rare words count, misspelled ones too."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from math import log2

from rapidfuzz import fuzz

from intents.loader import data
from intents.normalise import plain

SAME_WORD = 84
"""rapidfuzz's ratio from which two words count as one, of which one was misspelled."""

SHORTEST_STEM = 5
LONGEST_STEM = 6
_FEWEST_LETTERS = 4
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "two": "2", "one": "1", "dos": "2", "un": "1"}


def content(words: Iterable[str], *, fillers: bool = True) -> list[str]:
    """The words that can name something, numbers as digits: no stop words.

    Args:
        fillers: leave out words as well that students say around a name, such as `stuff`; they may be part of a name.
    """
    numbered = [_ROMAN.get(word, word) for word in words]
    idle = _idle_words() if fillers else _stop_words()
    return [word for word in numbered if word not in idle]


def alike(name: str, mine: str) -> float:
    """How far two words are the same, 0 to 1: equal, misspelled, or of one stem (`proofs` and `proof`, `balance` and `balancing`)."""
    if name == mine:
        return 1.0
    if min(len(name), len(mine)) < _FEWEST_LETTERS:
        return 0.0
    ratio = fuzz.ratio(name, mine)
    if ratio >= SAME_WORD:
        return ratio / 100
    stem = min(len(name), len(mine), LONGEST_STEM)
    return 0.85 if stem >= SHORTEST_STEM and name[:stem] == mine[:stem] else 0.0


def weights(names: Iterable[Sequence[str]]) -> dict[str, float]:
    """How much each word tells of a name: the fewer names hold it, the more."""
    holders: dict[str, int] = {}
    total = 0
    for words in names:
        total += 1
        for word in set(words):
            holders[word] = holders.get(word, 0) + 1
    return {word: log2((1 + total) / count) for word, count in holders.items()}


def score(name: Sequence[str], said: Sequence[str], matched: Mapping[str, float], weighed: Mapping[str, float], heaviest: float) -> float:
    """The share of the name's weight that was said, and of what was said that is in the name; whichever tells more. 0 to 1.

    Args:
        matched: how far each word of the name was said, above 0; the others may be absent.
        weighed: the `weights` of all names.
        heaviest: the greatest of them.
    """
    telling = [weighed[word] * matched[word] for word in name if word in matched and not word.isdigit()]
    if not telling:
        return 0.0
    covered = sum(weighed[word] * matched[word] for word in set(name) if word in matched) / sum(weighed[word] for word in set(name))
    partial = fuzz.partial_ratio(" ".join(name), " ".join(said)) / 100
    return round(min(1.0, 0.45 * covered + 0.40 * max(telling) / heaviest + 0.25 * partial), 4)


@cache
def _stop_words() -> frozenset[str]:
    return frozenset(word for language in data().languages.values() for word in language.lists.stop_words)


@cache
def _idle_words() -> frozenset[str]:
    return _stop_words() | frozenset(word for language in data().languages.values() for word in language.lists.fillers)


def without(text: str, name: str, instead: str) -> str:
    """A message with a name that it says taken out, and one word put in its place: what is left tells what is wanted of it.

    Unchanged where no word of the name is in it.
    """
    wanted = content(plain(name).split(), fillers=False)
    left: list[str] = []
    for word in plain(text).split():
        if any(alike(each, _ROMAN.get(word, word)) for each in wanted):
            left += [] if instead in left else [instead]
        else:
            left.append(word)
    return " ".join(left)
