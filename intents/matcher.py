"""Which intent a message has: the likeliest by its nearest examples, how sure that is, and what it was read like.

Two opinions are weighed, both over normalised text: rapidfuzz's edit ratio to whole examples, and the words and word pieces shared
with them, rare ones counting more. Out-of-scope examples are a class like any other. Deterministic; nothing leaves the process.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from heapq import nlargest
from itertools import pairwise
from math import exp, log2, sqrt
from operator import itemgetter, mul

from rapidfuzz import process
from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import ratio

from intents.lexicon import Lexicon, lexicon
from intents.loader import OUT_OF_SCOPE, Data, data

ACT_FROM = 0.50
ASK_FROM = 0.30
"""Confidence from which a message is acted upon, and from which the likeliest are offered."""

MOST_OFFERED = 3
LONGEST = 400
"""Characters that are looked at: what a message is about is said at its beginning."""

_PIECE = 4
_FUZZY_SHARE = 0.35
_SHARES = tuple(2**-place / sum(2**-each for each in range(5)) for place in range(5))
"""How much each of an intent's five nearest examples counts: half as much as the one before."""

_NEAREST = 80
_BIAS, _PER_SCORE, _PER_MARGIN = -1.23, 1.43, 9.65


class Zone(StrEnum):
    """What to do with a reading."""

    ACT = "act"
    DID_YOU_MEAN = "did_you_mean"
    NOT_UNDERSTOOD = "not_understood"


@dataclass(frozen=True)
class Guess:
    """One intent a message may have; confidence is from 0 to 1, and `example` what it was read like."""

    intent: str
    confidence: float
    example: str


@dataclass(frozen=True)
class Match:
    """How a message was read.

    Attributes:
        intent: the likeliest, `out_of_scope` included.
        confidence: 0 to 1: about how often such a reading is right.
        zone: whether to act, to offer `likeliest`, or to say that it was not understood.
        likeliest: two or three intents in scope, the likeliest first; empty when nothing is shared with any example.
        read_like: the example that it was read like; None when there is none.
    """

    intent: str
    confidence: float
    zone: Zone
    likeliest: tuple[Guess, ...]
    read_like: str | None


NOTHING = Match(OUT_OF_SCOPE, 0.0, Zone.NOT_UNDERSTOOD, (), None)


@dataclass(frozen=True)
class _Example:
    intent: str
    text: str
    read: str


class Matcher:
    """All examples of all languages, indexed once."""

    def __init__(self, source: Data, words: Lexicon) -> None:
        self._lexicon = words
        self._examples = [_Example(intent, text, words.normalised(text, code)) for code, intent, text in source.spoken()]
        self._reads = [example.read for example in self._examples]
        self._exact = {example.read: index for index, example in reversed(list(enumerate(self._examples)))}
        self._vocabulary = sorted({word for read in self._reads for word in read.split()})
        counted = [_features(read) for read in self._reads]
        self._rarity = _rarities(counted)
        self._holders: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for index, features in enumerate(counted):
            for feature, weight in self._weighed(features).items():
                self._holders[feature].append((index, weight))

    def match(self, text: str) -> Match:
        """Read one message. Without a word in it, `NOTHING`."""
        read = self._lexicon.normalised(text[:LONGEST], self._lexicon.language(text[:LONGEST]))
        if not read:
            return NOTHING
        return self._judge(self._scores(read), self._exact.get(read))

    def _judge(self, scores: Mapping[str, tuple[float, int]], exact: int | None) -> Match:
        ranked = sorted(scores.items(), key=lambda item: (-item[1][0], item[0]))
        if exact is not None:
            mine = self._examples[exact].intent
            ranked = [(mine, (1.0, exact)), *(item for item in ranked if item[0] != mine)]
        if not ranked:
            return NOTHING
        best, (score, nearest) = ranked[0]
        confidence = 1.0 if exact is not None else _confidence(score, ranked[1][1][0] if len(ranked) > 1 else 0.0)
        in_scope = [item for item in ranked if item[0] != OUT_OF_SCOPE][:MOST_OFFERED]
        likeliest = tuple(self._guess(item, confidence, score) for item in in_scope)
        return Match(best, confidence, _zone(best, confidence), likeliest, self._examples[nearest].text)

    def _guess(self, item: tuple[str, tuple[float, int]], confidence: float, best: float) -> Guess:
        intent, (score, index) = item
        return Guess(intent, round(confidence * min(score / best, 1.0), 4), self._examples[index].text)

    def _scores(self, read: str) -> dict[str, tuple[float, int]]:
        near = self._shared(self._repaired(read))
        for _, percent, index in process.extract(read, self._reads, scorer=ratio, limit=12, score_cutoff=45):
            near[index] += _FUZZY_SHARE * percent / 100
        return self._by_intent(near)

    def _shared(self, read: str) -> dict[int, float]:
        near: dict[int, float] = defaultdict(float)
        for feature, weight in self._weighed(_features(read)).items():
            share = (1 - _FUZZY_SHARE) * weight
            for index, theirs in self._holders.get(feature, ()):
                near[index] += share * theirs
        return near

    def _by_intent(self, near: Mapping[int, float]) -> dict[str, tuple[float, int]]:
        """The best neighbours of each intent: the nearest counts whole, each next one half as much as the one before."""
        tops: dict[str, list[float]] = defaultdict(list)
        nearest: dict[str, int] = {}
        for index, score in nlargest(_NEAREST, near.items(), key=itemgetter(1)):
            intent = self._examples[index].intent
            nearest.setdefault(intent, index)
            tops[intent].append(score)
        return {intent: (min(sum(map(mul, top, _SHARES)), 1.0), nearest[intent]) for intent, top in tops.items()}

    def _repaired(self, read: str) -> str:
        return " ".join(word if word in self._lexicon.known or len(word) < 4 else self._nearest(word) for word in read.split())

    def _nearest(self, word: str) -> str:
        """A known word one slip away, two from eight letters; else the word itself."""
        slips = 1 if len(word) < 8 else 2
        found = process.extractOne(word, self._vocabulary, scorer=OSA.distance, score_cutoff=slips)
        return found[0] if found and len(found[0]) > 3 else word

    def _weighed(self, features: Mapping[str, int]) -> dict[str, float]:
        """Features by rarity, the whole of length 1. Features nobody has count towards the length: unknown words make unsure."""
        never = log2(1 + len(self._reads))
        weights = {feature: self._rarity.get(feature, never) * (1 + log2(count)) for feature, count in features.items()}
        length = sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return {feature: weight / length for feature, weight in weights.items()}


def _features(read: str) -> Counter[str]:
    words = read.split()
    pairs = [f"{first} {second}" for first, second in pairwise(words)]
    padded = [f"_{word}_" for word in words if len(word) > 2]
    pieces = [f"~{word[at : at + _PIECE]}" for word in padded for at in range(len(word) - _PIECE + 1)]
    return Counter([*words, *pairs, *pieces])


def _rarities(counted: Sequence[Mapping[str, int]]) -> dict[str, float]:
    seen = Counter(feature for features in counted for feature in features)
    return {feature: log2((1 + len(counted)) / count) for feature, count in seen.items()}


def _confidence(score: float, second: float) -> float:
    """How often a reading with this score and this lead was right, by a logistic curve fitted on examples left out one by one."""
    return round(1 / (1 + exp(-(_BIAS + _PER_SCORE * score + _PER_MARGIN * (score - second)))), 4)


def _zone(intent: str, confidence: float) -> Zone:
    if confidence < ASK_FROM or intent == OUT_OF_SCOPE:
        return Zone.NOT_UNDERSTOOD
    return Zone.ACT if confidence >= ACT_FROM else Zone.DID_YOU_MEAN


@cache
def matcher() -> Matcher:
    """The matcher of this version: one a process, for every language."""
    return Matcher(data(), lexicon())


def match(text: str) -> Match:
    """How a message is read by the matcher of this version."""
    return matcher().match(text)
