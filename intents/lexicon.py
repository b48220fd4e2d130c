"""The words of all languages together: which are known, how each is spelled out, and whose they are."""

from collections.abc import Mapping
from functools import cache

from intents.loader import LANGUAGES, Data, data
from intents.normalise import normalise, plain

_SPANISH_LETTERS = frozenset("ñáéíóúü¿¡")


class Lexicon:
    """Known words and abbreviations, and a vote on the language of a text."""

    def __init__(self, source: Data) -> None:
        self._stop_words = {code: frozenset(language.lists.stop_words) for code, language in source.languages.items()}
        self._abbreviations = {code: dict(language.lists.abbreviations) for code, language in source.languages.items()}
        examples = {
            code: frozenset(word for said, _, text in source.spoken() if said == code for word in plain(text).split()) for code in LANGUAGES
        }
        self.known = frozenset().union(
            *examples.values(), *self._stop_words.values(), *(set(each) for each in self._abbreviations.values())
        )
        self._of_any = self._unquarrelled(examples)

    def language(self, text: str) -> str | None:
        """The language of a text by a vote of its stop words, abbreviations and letters; None when it is undecided."""
        votes = dict.fromkeys(self._stop_words, 0)
        for word in plain(text).split():
            for code in votes:
                votes[code] += word in self._stop_words[code] or word in self._abbreviations[code]
        votes["es"] += any(letter in _SPANISH_LETTERS for letter in text.lower())
        first, second = sorted(votes, key=lambda code: -votes[code])[:2]
        return first if votes[first] > votes[second] else None

    def normalised(self, text: str, language: str | None) -> str:
        """The text in one spelling; where the language is unknown, only abbreviations that mean one thing are spelled out."""
        return normalise(text, self._of_any if language is None else self._abbreviations[language], self.known)

    def _unquarrelled(self, examples: Mapping[str, frozenset[str]]) -> dict[str, str]:
        """The abbreviations of every language that are no word, and no other abbreviation, of another."""
        kept: dict[str, str] = {}
        for code, abbreviations in self._abbreviations.items():
            others = [other for other in self._abbreviations if other != code]
            foreign = set().union(*(self._stop_words[other] | examples[other] | set(self._abbreviations[other]) for other in others))
            kept |= {short: full for short, full in abbreviations.items() if short not in foreign}
        return kept


@cache
def lexicon() -> Lexicon:
    """The lexicon of this version, made once."""
    return Lexicon(data())
