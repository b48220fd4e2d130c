"""How we speak to students: who reads which sentence, how long one may be, which words never stand in one, how hard it reads."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from warnings import catch_warnings, simplefilter

import yaml

from core.journal import prompts
from intents.normalise import plain
from tests.house.catalogues import forms, messages

MOST_WORDS = 25
MOST_SENTENCES = 2

_AREAS = (
    "admin",
    "age_band",
    "claim",
    "concern",
    "fact",
    "feedback",
    "field",
    "gradebook",
    "inbox",
    "invitation",
    "links",
    "pupil",
    "reflection",
    "roster",
    "school_role",
)
_PARTS = ("mail.note.concern", "talk.inbox", "welcome.schools", "welcome.teachers")
_ERRORS = (
    "absence",
    "calendar",
    "competency",
    "concern",
    "evidence",
    "framework",
    "guide",
    "invitation",
    "link.title_unusable",
    "link.too_many",
    "outbox",
    "outgoing",
    "platform",
    "role",
    "tenant",
)
_SAID = (
    "all_retried",
    "approved",
    "claim_confirmed",
    "claim_declined",
    "concern_closed",
    "concern_seen",
    "dropped",
    "feedback_answered",
    "feedback_answered_before",
    "feedback_unfit",
    "goal_commented",
    "goal_suggested",
    "gradebook_off",
    "gradebook_on",
    "inbox_answered",
    "inbox_answered_before",
    "inbox_asked_first",
    "inbox_away",
    "inbox_back",
    "inbox_open_again",
    "inbox_passed_on",
    "inbox_resolved",
    "inbox_seen",
    "lines_set",
    "links_saved",
    "named",
    "platform_added",
    "reflection_answered",
    "removed",
    "renamed",
    "retried",
    "revoked",
    "withdrawn",
)
GROWN_UPS = (*_AREAS, *_PARTS, *(f"error.{code}" for code in _ERRORS), *(f"said.{code}" for code in _SAID))
"""Areas, and parts of areas, that no student reads. All else is a student's."""

FOR_ADULTS = (".adult", ".operator")
"""How the keys of lines end that say something to an adult in other words, or are for whoever runs the server."""

HARDEST_GRADE = 6.0
"""Flesch-Kincaid grade (Kincaid et al., 1975) of the English sentences together: six years of school, a reader of twelve."""

HARDEST_SCORE = 70.0
"""Fernández-Huerta score (J. Fernández Huerta, 1959; formula as corrected by legible.es) of the Spanish ones together. On its scale
70 to 80 is sixth grade (`algo fácil`), and more is easier."""

_FACT_WORD = "Ada"
_FACT = re.compile(r"\{[^{}]*\}")
_END = re.compile(r"[.!?…]+[\"”»’)]*(?=\s|$)")
_MUTE_U = re.compile(r"(?<=q)u|(?<=g)u(?=[eiéí])")
_VOWELS = re.compile(r"[aeiouáéíóúü]+(?:y\b)?|\by\b")
_HIATUS = re.compile(r"[aeoáéó](?=[aeoáéóíú])|[íú](?=[aeoáéó])")
_FEWEST_WORDS_OF_A_SENTENCE = 4


@dataclass(frozen=True)
class Ban:
    """Words and phrases, in plain spelling, that a student does not read, and why."""

    words: tuple[str, ...]
    why: str


def is_for_students(key: str) -> bool:
    """Whether a student may read a sentence: whatever is not named as the grown-ups'."""
    return not key.endswith(FOR_ADULTS) and not any(covers(area, key) for area in GROWN_UPS)


def covers(area: str, key: str) -> bool:
    return f"{key}.".startswith(f"{area}.")


def spoken(language: str) -> Iterator[tuple[str, str]]:
    """Everything that students read in a language, with its key: every form of the catalogue's sentences, and the prompts."""
    for key, message in messages(language).items():
        if is_for_students(key):
            for form in forms(message):
                yield key, form
    for key, prompt in prompts.bank().items():
        yield f"prompt.{key}", prompts.say(prompt, language)


@cache
def bans(language: str) -> tuple[Ban, ...]:
    """The forbidden words of a language, from `data/forbidden_<language>.yaml`."""
    entries = yaml.safe_load((Path(__file__).parent / "data" / f"forbidden_{language}.yaml").read_text())
    return tuple(Ban(tuple(plain(word) for word in entry["words"]), entry["why"]) for entry in entries)


def words(sentence: str) -> list[str]:
    """What is read as a word: whatever stands between spaces and holds a letter or digit. A fact in braces is one, however long."""
    return [word for word in _FACT.sub(_FACT_WORD, sentence).split() if any(letter.isalnum() for letter in word)]


def sentences(text: str) -> list[str]:
    """The sentences of a text. A colon or semicolon ends none, and neither does a point within a number or an address."""
    parts = _END.split(_FACT.sub(_FACT_WORD, text))
    return [part.strip() for part in parts if words(part)]


def faults(text: str, language: str) -> list[str]:
    """What is wrong with something that a student reads."""
    found = []
    if (count := len(words(text))) > MOST_WORDS:
        found.append(f"{count} words")
    if (count := len(sentences(text))) > MOST_SENTENCES:
        found.append(f"{count} sentences")
    padded = f" {plain(text)} "
    found += [f"“{word}”: {ban.why}" for ban in bans(language) for word in ban.words if f" {word} " in padded]
    return found


def whole_sentences(texts: Iterable[str]) -> list[list[str]]:
    """The words of each sentence that is one: labels and short answers would make any catalogue look easy. A fact is read as `Ada`."""
    found = [words(each) for text in texts if _END.search(text) for each in sentences(text)]
    return [each for each in found if len(each) >= _FEWEST_WORDS_OF_A_SENTENCE]


def grade(texts: Iterable[str]) -> float:
    """The Flesch-Kincaid grade of English texts together."""
    lines = "\n".join(" ".join(_letters(word) for word in each) for each in whole_sentences(texts))
    return float(_readability().getmeasures(lines, lang="en")["readability grades"]["Kincaid"])


def score(texts: Iterable[str]) -> float:
    """The Fernández-Huerta score of Spanish texts together."""
    lines = whole_sentences(texts)
    said = [_letters(word) for each in lines for word in each]
    return 206.84 - 60 * sum(map(spanish_syllables, said)) / len(said) - 1.02 * len(said) / len(lines)


def spanish_syllables(word: str) -> int:
    """As many as there are groups of vowels; two strong vowels, or a weak one with an accent, are parted."""
    spelled = _MUTE_U.sub("", word.lower())
    return max(1, len(_VOWELS.findall(spelled)) + len(_HIATUS.findall(spelled)))


def _letters(word: str) -> str:
    return word.strip(".,;:!?¡¿…\"'“”‘’«»()")


@cache
def _readability() -> ModuleType:
    with catch_warnings():
        simplefilter("ignore")  # old escapes in its source, wherever that is compiled anew
        return import_module("readability")
