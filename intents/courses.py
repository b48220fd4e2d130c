"""Which of a student's courses a message is about, when it names none.

Four things tell: the course's title or subject, its teacher's name, its competencies and the student's open goals in it. Each is a
share from 0 to 1; a course's score is how likely one of them is right if they were independent.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import prod
from typing import Any, Generic, TypeVar

from rapidfuzz import fuzz, process

from intents.lexicon import lexicon
from intents.loader import data
from intents.names import LONGEST_STEM, SAME_WORD, SHORTEST_STEM, alike, content, score, weights
from intents.normalise import plain
from intents.slots import CUT_OFF, Mention, guess_language

Id = TypeVar("Id", bound=Hashable)

MOST_LIKELY = 4
"""As many courses as fit into one question."""

SURE_FROM = 0.50
"""A course below this score is asked about."""

LEAD = 0.12
"""By how much the best course must lead, or the second is asked about as well."""

LONGEST = 400
"""Characters that are looked at: what a message is about is said at its beginning."""

_TITLE, _WHOLE_TITLE = 0.55, 0.90
_SUBJECT_NAME, _SUBJECT_WORD = 0.80, 0.50
_TEACHER, _BARE_TEACHER = 0.95, 0.70
_NAMED, _SURELY_NAMED = 0.50, 0.95
_FAINT = 0.30
"""A competency's score below this tells nothing; from here up to `CUT_OFF` it hints."""

_HIGHEST = 0.98
_FEWEST_LETTERS = 5
"""A shorter unknown word is not taken for a misspelled one of a subject or a teacher."""

_SHORTEST_NAMED = 4


@dataclass(frozen=True)
class CourseWords(Generic[Id]):
    """What a course is recognised by.

    Attributes:
        title: as the school wrote it.
        competencies: id and short name of each.
        open_goals: the student's open goals in it, as they read.
        teachers: their names, as students read them.
    """

    id: Id
    title: str
    competencies: tuple[tuple[Any, str], ...] = ()
    open_goals: tuple[str, ...] = ()
    teachers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found(Generic[Id]):
    """The course of a message.

    Attributes:
        sure: the one that is meant; None when that has to be asked.
        likely: what to offer then, the likeliest first; at most four.
        mention: the competency of the sure course that was named, if any.
    """

    sure: Id | None
    likely: tuple[Id, ...]
    mention: Mention[Any] | None = None


def find_course(text: str, courses: Sequence[CourseWords[Id]], *, language: str) -> Found[Id]:
    """The course that a message is about.

    Where several fit, all of them are likely, those with open goals first among equals; where one is hinted at, the others follow
    it. A message that names nothing leaves all likely, in the order given. An only course is always sure.

    Args:
        courses: the student's own, in the order in which to offer them.
        language: the student's; for a text that is too short to tell its own.
    """
    text = text[:LONGEST]
    read = lexicon().normalised(text, guess_language(text) or language)
    named = _kept_names(tuple(course.competencies for course in courses)).best(read, len(courses))
    told = _tell(read, courses, named)
    ranked = sorted(range(len(courses)), key=lambda place: (-told[place], not courses[place].open_goals, place))
    if len(courses) == 1 or _leads(told):
        mention = named[ranked[0]]
        sure = courses[ranked[0]].id
        return Found(sure, (sure,), mention if mention and mention.score >= CUT_OFF else None)
    return Found(None, tuple(courses[place].id for place in _likely(told, ranked)))


def _leads(told: Sequence[float]) -> bool:
    best, second = [*sorted(told, reverse=True), 0.0, 0.0][:2]
    return best >= SURE_FROM and best - second >= LEAD


def _likely(told: Sequence[float], ranked: Sequence[int]) -> Sequence[int]:
    best = max(told, default=0.0)
    if best == 0:
        return range(len(told))[:MOST_LIKELY]
    rivals = [place for place in ranked if best >= SURE_FROM and best - told[place] < LEAD]
    return (rivals or ranked)[:MOST_LIKELY]


def _tell(read: str, courses: Sequence[CourseWords[Id]], named: Sequence[Mention[Any] | None]) -> list[float]:
    """How much a message tells of each course, 0 to 1."""
    said = read.split()
    subjects = _subjects_said(read)
    goals = _names(tuple(tuple((goal, goal) for goal in course.open_goals) for course in courses)).best(read, len(courses))
    told = []
    for course, competency, goal in zip(courses, named, goals, strict=True):
        hints = (
            max(
                _title_told(_title_words(course.title), said), *(subjects.get(subject, 0.0) for subject in _subjects_of(course.title)), 0.0
            ),
            _teacher_told(course.teachers, said),
            _name_told(competency),
            _name_told(goal),
        )
        told.append(round(min(_HIGHEST, 1 - prod(1 - hint for hint in hints)), 4))
    return told


# Titles and teachers


@lru_cache(maxsize=1024)
def _title_words(title: str) -> tuple[str, ...]:
    """The words of a title that tell it from others; its numbers count only beside one of them."""
    idle = frozenset(word for language in data().languages.values() for word in (*language.subjects.idle, *language.lists.labels))
    return tuple(word for word in content(lexicon().normalised(title, None).split(), fillers=False) if word not in idle)


def _title_told(title: Sequence[str], said: Sequence[str]) -> float:
    told = {word for word in title if any(alike(word, mine) for mine in said)}
    if all(word.isdigit() for word in told):
        return 0.0
    return _TITLE + (_WHOLE_TITLE - _TITLE) * len(told) / len(set(title))


def _teacher_told(names: Sequence[str], said: Sequence[str]) -> float:
    """A surname after `Ms` or the like; without it only a surname that is no other word."""
    honorifics = _honorifics()
    told = 0.0
    for name in names:
        surname = plain(name).rpartition(" ")[2]
        for before, word in zip(("", *said), said, strict=False):
            if any(mine == surname or _misspelled(surname, mine) for mine in (word, word.removesuffix("s"))):
                told = max(told, _TEACHER if before in honorifics else 0.0 if _is_known(word) else _BARE_TEACHER)
    return told


def _misspelled(name: str, word: str) -> bool:
    return min(len(name), len(word)) >= _FEWEST_LETTERS and fuzz.ratio(name, word) >= SAME_WORD


def _is_known(word: str) -> bool:
    """Whether students say a word anyway: then it is not a misspelled one."""
    return word in _everyday().subjects or word in lexicon().known


@cache
def _honorifics() -> frozenset[str]:
    return frozenset(word for language in data().languages.values() for word in language.subjects.honorifics)


# Subjects


@dataclass(frozen=True)
class _Everyday:
    """The words of all subjects in all languages: of each the subjects it belongs to, and how much it tells of them."""

    subjects: Mapping[str, Mapping[str, float]]
    phrases: Sequence[str]
    long: Sequence[str]


@cache
def _everyday() -> _Everyday:
    found: dict[str, dict[str, float]] = {}
    for language in data().languages.values():
        for key, subject in language.subjects.subjects.items():
            for words, tells in ((subject.words, _SUBJECT_WORD), (subject.names, _SUBJECT_NAME)):
                for word in words:
                    found.setdefault(word, {})[key] = tells
    phrases = sorted((word for word in found if " " in word), key=len, reverse=True)
    return _Everyday(found, phrases, [word for word in found if " " not in word and len(word) >= _FEWEST_LETTERS])


@lru_cache(maxsize=1024)
def _subjects_of(title: str) -> frozenset[str]:
    """The subjects that a course's title names."""
    padded = f" {lexicon().normalised(title, None)} "
    return frozenset(
        key for word, keys in _everyday().subjects.items() if f" {word} " in padded for key, tells in keys.items() if tells == _SUBJECT_NAME
    )


def _subjects_said(read: str) -> dict[str, float]:
    """The subjects whose words a message holds; each further word of one tells more. A phrase is not read word by word again."""
    everyday = _everyday()
    rest = f" {read} "
    said: list[str] = []
    for phrase in everyday.phrases:
        if f" {phrase} " in rest:
            said.append(phrase)
            rest = rest.replace(f" {phrase} ", " | ")
    said += [known for word in dict.fromkeys(rest.split()) if (known := _everyday_word(word))]
    missed: dict[str, float] = {}
    for word in said:
        for subject, tells in everyday.subjects[word].items():
            missed[subject] = missed.get(subject, 1.0) * (1 - tells)
    return {subject: 1 - share for subject, share in missed.items()}


def _everyday_word(word: str) -> str | None:
    """The word of a subject that this one is, or is misspelled from; words that students say otherwise are not repaired."""
    everyday = _everyday()
    if word in everyday.subjects:
        return word
    if len(word) < _FEWEST_LETTERS or word in lexicon().known:
        return None
    found = process.extractOne(word, everyday.long, scorer=fuzz.ratio, score_cutoff=SAME_WORD)
    return found[0] if found else None


# Competencies and goals


@dataclass(frozen=True)
class _Names:
    """Short names of several courses, indexed by their words."""

    held: Sequence[tuple[int, Any, str, Sequence[str]]]
    weighed: Mapping[str, float]
    heaviest: float
    holders: Mapping[str, Sequence[int]]
    stems: Mapping[str, Sequence[str]]
    long: Sequence[str]

    def best(self, read: str, courses: int) -> list[Mention[Any] | None]:
        """The name of each course that a message names best; None where it names none at all."""
        said = content(read.split())
        matched: dict[str, float] = {}
        for mine in said:
            for word in self._near(mine):
                if how := alike(word, mine):
                    matched[word] = max(matched.get(word, 0.0), how)
        found: list[Mention[Any] | None] = [None] * courses
        for index in sorted({index for word in matched for index in self.holders[word]}):
            place, each, name, words = self.held[index]
            told = score(words, said, matched, self.weighed, self.heaviest)
            before = found[place]
            if told > (before.score if before else 0.0):
                found[place] = Mention(each, name, told)
        return found

    def _near(self, mine: str) -> Iterable[str]:
        """The words of names that a word may be. One that students say anyway is of their stem or is not misspelled at all."""
        if mine in self.holders:
            yield mine
        near = set(self.stems.get(mine[:SHORTEST_STEM], ()))
        if len(mine) >= _SHORTEST_NAMED:
            near |= {word for word, _, _ in process.extract(mine, self.long, scorer=fuzz.ratio, score_cutoff=SAME_WORD, limit=None)}
        known = _is_known(mine)
        yield from (word for word in near if not known or word[:LONGEST_STEM] == mine[:LONGEST_STEM] or word.startswith(mine))


def _names(courses: tuple[tuple[tuple[Any, str], ...], ...]) -> _Names:
    held = [
        (place, each, name, tuple(content(lexicon().normalised(name, None).split(), fillers=False)))
        for place, names in enumerate(courses)
        for each, name in names
    ]
    weighed = weights(words for _, _, _, words in held)
    holders: dict[str, list[int]] = {}
    stems: dict[str, list[str]] = {}
    for index, (_, _, _, words) in enumerate(held):
        for word in words:
            holders.setdefault(word, []).append(index)
    for word in holders:
        if len(word) >= SHORTEST_STEM:
            stems.setdefault(word[:SHORTEST_STEM], []).append(word)
    long = [word for word in holders if len(word) >= _SHORTEST_NAMED]
    return _Names(held, weighed, max(weighed.values(), default=0.0), holders, stems, long)


_kept_names = lru_cache(maxsize=256)(_names)
"""Kept for competencies, which are the school's and change seldom; never for goals, which may be in a student's own words."""


def _name_told(mention: Mention[Any] | None) -> float:
    if mention is None or mention.score < _FAINT:
        return 0.0
    if mention.score < CUT_OFF:
        return _NAMED * (mention.score - _FAINT) / (CUT_OFF - _FAINT)
    return _NAMED + (_SURELY_NAMED - _NAMED) * (mention.score - CUT_OFF) / (1 - CUT_OFF)
