"""What students say, as data: read strictly, and refused where a translator would regret it."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from intents.entries import DataRefused, Entries, Place, read_entries
from intents.normalise import plain

LANGUAGES = ("en", "es")
OUT_OF_SCOPE = "out_of_scope"
FEWEST_EXAMPLES = {"en": 8, "es": 6}
"""With fewer a classifier guesses. English comes first and is asked for more."""

_FILES = ("examples", "lists", "safety", "subjects")
_LATIN = re.compile(r"^(LATIN|MASCULINE ORDINAL|FEMININE ORDINAL)")


class Risk(StrEnum):
    """Whether a deed may be done at once, or is asked about once more whatever the confidence."""

    SAFE = "safe"
    CONFIRM = "confirm"


class Slot(StrEnum):
    """What may be read out of a message beside its intent."""

    DAY = "day"
    COUNT = "count"
    COMPETENCY = "competency"


class Tier(StrEnum):
    """How plainly words suggest harm: `acute` calls a person at once, `ambiguous` asks with care first."""

    ACUTE = "acute"
    AMBIGUOUS = "ambiguous"


class Reason(StrEnum):
    """What kind of harm; `unreadable` is a check that broke."""

    SELF_HARM = "self_harm"
    ABUSE = "abuse"
    VIOLENCE = "violence"
    DANGER = "danger"
    UNREADABLE = "unreadable"


def _plain(text: str) -> str:
    return plain(text) or text


def _compiled(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"this pattern cannot be read: {error}") from error
    return pattern


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
PlainText = Annotated[Text, AfterValidator(_plain)]
Number = Annotated[int, BeforeValidator(int)]
Pattern = Annotated[str, StringConstraints(min_length=3), AfterValidator(_compiled)]
Words = Annotated[tuple[PlainText, ...], BeforeValidator(tuple), Field(min_length=1)]
Numbers = Annotated[dict[PlainText, Number], Field(min_length=1)]
Named = Annotated[Slot, BeforeValidator(Slot)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Intent(_Entry):
    """One meaning of a message."""

    means: Text
    slots: Annotated[tuple[Named, ...], BeforeValidator(tuple)] = ()
    risk: Annotated[Risk, BeforeValidator(Risk)]
    example: Text


class _Registry(_Entry):
    intents: dict[Name, Intent] = Field(min_length=1)


class Examples(_Entry):
    """What students say in one language, by intent."""

    language: str
    examples: dict[Name, Annotated[tuple[Text, ...], BeforeValidator(tuple), Field(min_length=1)]] = Field(min_length=1)


class Answers(_Entry):
    """Words that close a pending question."""

    yes: Words
    no: Words
    cancel: Words
    skip: Words
    undo: Words


class DayWords(_Entry):
    """The names of days and months; weekdays count from Monday, 0. Short names count only after a word such as `by`."""

    relative: Numbers
    weekdays: Numbers
    short_weekdays: Numbers
    months: Numbers


class Lists(_Entry):
    """The closed words of one language, all of them `plain`."""

    language: str
    answers: Answers
    courtesies: Words
    numbers: Numbers
    ordinals: Numbers
    shares: Numbers
    out_of: Words
    labels: Words
    abbreviations: dict[PlainText, PlainText]
    stop_words: Words
    fillers: Words
    days: DayWords


class Rule(_Entry):
    """A pattern of words that suggest harm, and why it is one. `unless` names contexts in which it means less."""

    id: Name
    tier: Annotated[Tier, BeforeValidator(Tier)]
    reason: Annotated[Reason, BeforeValidator(Reason)]
    why: Text
    match: Pattern
    unless: Annotated[tuple[Name, ...], BeforeValidator(tuple)] = ()


class Veto(_Entry):
    """Words that mean no harm, and why: an idiom is struck out before any rule looks, a context
    makes an acute rule that names it ambiguous, and silences an ambiguous one.
    """

    id: Name
    why: Text
    match: Pattern


class Safety(_Entry):
    """The reviewed safety patterns of one language, written for `plain` text."""

    language: str
    repaired: Words
    idioms: Annotated[tuple[Veto, ...], BeforeValidator(tuple), Field(min_length=1)]
    contexts: Annotated[tuple[Veto, ...], BeforeValidator(tuple), Field(min_length=1)]
    rules: Annotated[tuple[Rule, ...], BeforeValidator(tuple), Field(min_length=1)]

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        ids = [one.id for one in (*self.idioms, *self.contexts)] + [rule.id for rule in self.rules]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"“{twice[0]}” names two patterns")
        known = {one.id for one in self.contexts}
        for rule in self.rules:
            for name in rule.unless:
                if name not in known:
                    raise ValueError(f"“{rule.id}” names a context “{name}” that is not there")
        return self


class Subject(_Entry):
    """One school subject: what it is called, and words for what is done in it."""

    names: Words
    words: Words


class Subjects(_Entry):
    """The school subjects of one language, and what stands beside a teacher's name or says nothing in a course's title."""

    language: str
    honorifics: Words
    idle: Words
    subjects: dict[Name, Subject] = Field(min_length=1)


@dataclass(frozen=True)
class Language:
    """Everything of one language."""

    code: str
    examples: Mapping[str, Sequence[str]]
    lists: Lists
    safety: Safety
    subjects: Subjects


@dataclass(frozen=True)
class Data:
    """Every intent, and every language's words for them."""

    intents: Mapping[str, Intent]
    languages: Mapping[str, Language]

    def spoken(self) -> Iterator[tuple[str, str, str]]:
        """Each example as language, intent and text, in the order of the files."""
        for code, language in self.languages.items():
            for intent, texts in language.examples.items():
                for text in texts:
                    yield code, intent, text


def load(folder: Traversable) -> Data:
    """Read a folder such as `intents/data`.

    Raises:
        DataRefused: a file is missing, empty or misshapen; an intent is unknown, has no example in a language, or too few; a text
            is an example of two intents, or of one twice; a word is spelled with letters that only look Latin; a school subject is
            missing in a language, is called like another or holds a word twice.
    """
    registry = read_entries(folder / "intents.yaml", "intents.yaml")
    intents = registry.shaped(_Registry).intents
    if OUT_OF_SCOPE not in intents:
        raise registry.refusal(("intents",), f"there must be an intent “{OUT_OF_SCOPE}”")
    owners: dict[str, tuple[str, str]] = {}
    languages = {code: _load_language(folder / code, code, intents, owners) for code in LANGUAGES}
    first = languages[LANGUAGES[0]].subjects.subjects
    for code, language in languages.items():
        if language.subjects.subjects.keys() != first.keys():
            odd = sorted(language.subjects.subjects.keys() ^ first.keys())
            raise DataRefused(f"{code}/subjects.yaml", 1, f"the subject “{odd[0]}” must be in every language")
    return Data(intents, languages)


@cache
def data() -> Data:
    """The data of this version, read once."""
    return load(files("intents") / "data")


def _load_language(folder: Traversable, code: str, intents: Mapping[str, Intent], owners: dict[str, tuple[str, str]]) -> Language:
    if not folder.is_dir():
        raise DataRefused(f"{code}/", 1, f"the language “{code}” is missing")
    said, words, safety, taught = (read_entries(folder / f"{name}.yaml", f"{code}/{name}.yaml") for name in _FILES)
    examples, lists, patterns, subjects = said.shaped(Examples), words.shaped(Lists), safety.shaped(Safety), taught.shaped(Subjects)
    named_by = ((said, examples.language), (words, lists.language), (safety, patterns.language), (taught, subjects.language))
    for entries, named in named_by:
        if named != code:
            raise entries.refusal(("language",), f"this file is in the folder of “{code}” and says “{named}”")
        _refuse_look_alikes(entries)
    _refuse_bad_examples(said, code, examples, intents, owners)
    _refuse_bad_subjects(taught, subjects)
    return Language(code, examples.examples, lists, patterns, subjects)


def _refuse_bad_subjects(entries: Entries, subjects: Subjects) -> None:
    owners: dict[str, str] = {}
    for key, subject in subjects.subjects.items():
        for index, name in enumerate(subject.names):
            if owners.setdefault(name, key) != key:
                raise entries.refusal(
                    ("subjects", key, "names", index), f"“{name}” names “{owners[name]}” already; it cannot name “{key}” too"
                )
        for kind, words in (("names", subject.names), ("words", subject.words)):
            for index, word in enumerate(words):
                if word in words[:index]:
                    raise entries.refusal(("subjects", key, kind, index), f"“{word}” is given twice under “{key}”")


def _refuse_bad_examples(
    entries: Entries, code: str, examples: Examples, intents: Mapping[str, Intent], owners: dict[str, tuple[str, str]]
) -> None:
    for intent, texts in examples.examples.items():
        if intent not in intents:
            raise entries.refusal(("examples", intent), f"there is no intent “{intent}” in intents.yaml")
        if len(texts) < FEWEST_EXAMPLES[code]:
            raise entries.refusal(("examples", intent), f"“{intent}” has {len(texts)} examples; it needs {FEWEST_EXAMPLES[code]}")
        for index, text in enumerate(texts):
            _refuse_second_owner(entries, ("examples", intent, index), text, (code, intent), owners)
    for intent in intents:
        if intent not in examples.examples:
            raise entries.refusal(("examples",), f"“{intent}” has no examples in “{code}”")


def _refuse_second_owner(entries: Entries, place: Place, text: str, owner: tuple[str, str], owners: dict[str, tuple[str, str]]) -> None:
    if not plain(text):
        raise entries.refusal(place, f"“{text}” holds no word")
    first = owners.setdefault(plain(text), owner)
    if first is owner:
        return
    if first[1] != owner[1]:
        raise entries.refusal(place, f"“{text}” is an example of “{first[1]}” ({first[0]}) already; it cannot mean “{owner[1]}” too")
    if first == owner:
        raise entries.refusal(place, f"“{text}” is given twice under “{owner[1]}”")


def _refuse_look_alikes(entries: Entries) -> None:
    for place, text in _texts(entries.value, ()):
        for letter in text:
            name = unicodedata.name(letter, "an unnamed character")
            hidden = unicodedata.category(letter) in ("Cf", "Cc") or name == "an unnamed character"
            if hidden or (letter.isalpha() and not _LATIN.match(name)):
                raise entries.refusal(place, f"“{text}” holds {name}, which nobody can see or tell from a Latin letter")


def _texts(value: object, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _texts(child, (*place, index))
    elif isinstance(value, dict):
        for key, child in value.items():
            yield (*place, key), key
            yield from _texts(child, (*place, key))
