"""Words that suggest harm, found before anything else is done with a message.

This detects; it decides nothing. A person decides every escalation, and no word of the student is kept or logged here.
"""

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from functools import cache

from rapidfuzz.distance import OSA

from intents.lexicon import Lexicon, lexicon
from intents.loader import Data, Language, Reason, Tier, data

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_MIXED = re.compile(r"[a-z]\d|\d[a-z]")
_LETTERS = str.maketrans("013457", "oieast")
_SOUNDS = {"2": "to", "4": "for"}
_SPELLED = re.compile(r"\b\w(?: \w){2,}\b")
_SHORTEST_REPAIRED = 6
"""Shorter words have too many honest neighbours: `skill` is one letter from `kill`."""


@dataclass(frozen=True)
class Concern:
    """What a message suggests.

    Attributes:
        tier: acute calls a person at once; ambiguous asks with care first.
        reason: which kind of harm, for the contact who is told.
        rule: the pattern that matched, as `language.id`, for review; never the words.
    """

    tier: Tier
    reason: Reason
    rule: str


UNREADABLE = Concern(Tier.AMBIGUOUS, Reason.UNREADABLE, "none")
"""A check that broke: nobody knows what was said, so somebody asks."""


class Detector:
    """The compiled patterns of every language."""

    def __init__(self, source: Data, words: Lexicon) -> None:
        self._lexicon = words
        right = frozenset(word for language in source.languages.values() for word in language.safety.repaired)
        self._languages = [_Patterns(language, words.known | right) for language in source.languages.values()]

    def detect(self, text: str) -> Concern | None:
        """The gravest concern that a message raises in any language, or None.

        Never raises: what cannot be checked is a concern, `UNREADABLE`.
        """
        try:
            found = list(self._concerns(text))
        except Exception:  # whatever broke, a child may have said something
            return UNREADABLE
        return min(found, key=lambda concern: concern.tier is not Tier.ACUTE, default=None)

    def _concerns(self, text: str) -> Iterator[Concern]:
        for patterns in self._languages:
            read = self._lexicon.normalised(text, patterns.code)
            apart = self._lexicon.normalised(_INVISIBLE.sub(" ", text), patterns.code)
            for reading in dict.fromkeys((read, patterns.repaired(read), apart, unmasked(read))):
                yield from patterns.concerns(reading)


def unmasked(read: str) -> str:
    """Normalised text with words that were disguised put right: digits for letters, a `2` for `to`, letters set apart."""
    words = [word.translate(_LETTERS) if _MIXED.search(word) else _SOUNDS.get(word, word) for word in read.split()]
    return _SPELLED.sub(lambda run: run[0].replace(" ", ""), " ".join(words))


class _Patterns:
    def __init__(self, language: Language, known: Set[str]) -> None:
        rules = language.safety
        self.code = language.code
        self._known = known
        self._repaired = rules.repaired
        self._idioms = _compile("|".join(f"(?:{idiom.match})" for idiom in rules.idioms))
        self._contexts = {context.id: _compile(context.match) for context in rules.contexts}
        self._rules = [(rule, _compile(rule.match)) for rule in rules.rules]

    def concerns(self, read: str) -> Iterator[Concern]:
        """What each rule finds in normalised text, the idioms struck out.

        A context lowers and never silences what is acute: the kid with a gun may be in the history class.
        """
        left = self._idioms.sub(" , ", read)
        contexts: dict[str, bool] = {}
        for rule, pattern in self._rules:
            if not pattern.search(left):
                continue
            told = any(self._is_about(name, read, contexts) for name in rule.unless)
            if not told or rule.tier is Tier.ACUTE:
                yield Concern(Tier.AMBIGUOUS if told else rule.tier, rule.reason, f"{self.code}.{rule.id}")

    def repaired(self, read: str) -> str:
        """Normalised text with misspelled words of this list put right; words known in any language stay."""
        return " ".join(word if word in self._known else self._nearest(word) for word in read.split())

    def _nearest(self, word: str) -> str:
        if len(word) < _SHORTEST_REPAIRED:
            return word
        return next((right for right in self._repaired if OSA.distance(word, right, score_cutoff=1) <= 1), word)

    def _is_about(self, name: str, read: str, asked: dict[str, bool]) -> bool:
        if name not in asked:
            asked[name] = bool(self._contexts[name].search(read))
        return asked[name]


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})(?!\w)")


@cache
def detector() -> Detector:
    """The detector of this version, compiled once."""
    return Detector(data(), lexicon())


def detect(text: str) -> Concern | None:
    """The gravest concern that a message raises in any language, or None. Never raises."""
    try:
        return detector().detect(text)
    except Exception:  # the patterns themselves cannot be read
        return UNREADABLE
