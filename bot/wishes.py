"""What a student wishes to reach: read from their words against the guide of the course, offered, and held against their pace."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from bot.turn import Turn
from core.courses.calendar import calendar_of
from core.courses.competencies import find_competency
from core.courses.guide import Target, guide_of
from core.courses.units import Unit, units_of
from core.evidence.evidence import Estimate, estimates_of
from core.journal.feasibility import Feasibility, own_pace, weigh
from intents.goal_words import aim_words, find_parts
from intents.normalise import plain
from intents.slots import Mention, find_competencies

SURE = 0.85
"""From this score a competency is taken for what the words mean."""

_CLEARLY_AHEAD = 0.1
_NUMBERED_UNIT = re.compile(r"\b(?:unit|module|chapter|unidad|modulo|capitulo|u) ?(\d+)\b")


@dataclass(frozen=True)
class Wish:
    """What a goal is to be about, as JSON can hold it.

    Attributes:
        name: what it is called.
        words: the student's own, without the day; empty where they pressed a button.
        competency: the id of its target or unit; None for own words, and for several targets.
        targets: (id, short name) of those that are still to be reached, in the guide's order.
        unit: it is a unit, which stands for its targets.
        parts: in how many parts, each called so, where the words say it.
    """

    name: str
    words: str = ""
    competency: str | None = None
    targets: tuple[tuple[str, str], ...] = ()
    unit: bool = False
    parts: tuple[str, ...] = ()

    @property
    def own(self) -> bool:
        """It is in own words only."""
        return self.competency is None and not self.targets

    def kept(self) -> dict[str, Any]:
        """As a draft holds it."""
        return asdict(self)

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Wish":
        """What `kept` made."""
        targets = tuple((str(target), str(name)) for target, name in kept["targets"])
        return cls(**{**kept, "targets": targets, "parts": tuple(kept["parts"])})


@dataclass(frozen=True)
class Read:
    """What words mean: one wish; or several likely ones, to be asked; or nothing. `reached` names a unit that is reached already."""

    wish: Wish | None = None
    likely: tuple[Wish, ...] = ()
    reached: str | None = None


@dataclass
class Guide:
    """The guide of the dialogue's course, its units, and how the student stands on each target."""

    targets: list[Target]
    units: list[Unit]
    estimates: dict[UUID, Estimate]
    level_bp: int
    names: dict[UUID, str] = field(init=False)

    def __post_init__(self) -> None:
        self.names = {target.competency_id: target.short_name for target in self.targets}

    def is_reached(self, competency_id: UUID) -> bool:
        """Whether the estimate stands at the course's mastery level."""
        estimate = self.estimates.get(competency_id)
        return estimate is not None and estimate.value_bp >= self.level_bp

    @property
    def left(self) -> list[Target]:
        """The targets that are still to be reached, by due day; those without one last."""
        return sorted((one for one in self.targets if not self.is_reached(one.competency_id)), key=lambda one: one.due_on or date.max)

    def wish_for(self, competency_id: UUID, words: str = "") -> Wish:
        """A wish for a target, or for a unit."""
        unit = next((unit for unit in self.units if unit.competency_id == competency_id), None)
        ids = unit.target_ids if unit else (competency_id,)
        left = tuple((str(one), self.names[one]) for one in ids if one in self.names and not self.is_reached(one))
        name = unit.short_name if unit else self.names[competency_id]
        return Wish(name, words, str(competency_id), left, unit is not None, parts_of(words))


def guide_for(turn: Turn) -> Guide:
    """The guide of the dialogue's course, as the student stands at the beginning of the turn; three statements."""
    return turn.once("guide", lambda: _read_guide(turn))


def _read_guide(turn: Turn) -> Guide:
    session, student = turn.session, turn.student
    here = (student.tenant_id, student.course.id)
    estimates = estimates_of(session, *here, student.person_id)
    return Guide(guide_of(session, *here), units_of(session, *here), estimates, student.course.mastery_level_bp)


def handed_wish(turn: Turn, guide: Guide, competency_id: UUID) -> Wish:
    """A wish for what a button named, whether the guide has it or not.

    Raises:
        NotFound: no such competency in this school.
    """
    if competency_id in guide.names or any(unit.competency_id == competency_id for unit in guide.units):
        return guide.wish_for(competency_id)
    competency = find_competency(turn.session, turn.speaker.tenant_id, competency_id)
    return Wish(competency.short_name, "", str(competency_id))


def read_wish(turn: Turn, guide: Guide, words: str) -> Read:
    """What words wish for: a unit, a target, several targets, or own words; likely targets where it is not certain."""
    own = aim_words(words, turn.student.today(turn.now), language=turn.speaker.language)
    if unit := _unit_in(guide.units, words):
        wish = guide.wish_for(unit.competency_id, own)
        return Read(wish) if wish.targets else Read(reached=wish.name)
    if not own:
        return Read()
    kept = Wish(own, own, parts=parts_of(own))
    if unit := _unit_numbered(guide.units, words):
        return Read(likely=(guide.wish_for(unit.competency_id, own), kept))
    found = _apart(find_competencies(own, list(guide.names.items())))
    sure = [mention for mention in found if mention.score >= SURE]
    if len(sure) > 1 and all(_says_all(own, mention.name) for mention in sure):
        return Read(_several(guide, sure, own))
    if sure and (len(found) == 1 or sure[0].score - found[1].score >= _CLEARLY_AHEAD):
        return Read(guide.wish_for(sure[0].id, own))
    return Read(likely=(*(guide.wish_for(mention.id, own) for mention in found), kept)) if found else Read(kept)


def offers(guide: Guide, today: date) -> list[tuple[str, Target]]:
    """Up to three targets to aim for: `next` is due next, `unfinished` was begun or its day has passed, `stretch` comes after."""
    coming = [one for one in guide.left if one.due_on is None or one.due_on >= today]
    begun = [one for one in guide.left if one.competency_id in guide.estimates or one not in coming]
    picked: list[tuple[str, Target]] = []
    for kind, likely in (("next", coming), ("unfinished", begun), ("stretch", coming)):
        new = next((one for one in likely if all(one != other for _, other in picked)), None)
        if new:
            picked.append((kind, new))
    return picked


def hold_against_pace(turn: Turn, wish: Wish, wished_on: date) -> Feasibility | None:
    """The wish against the student's own pace; None for own words, and where nothing is left to reach: nobody can say."""
    if not wish.targets:
        return None
    student = turn.student
    calendar = calendar_of(turn.session, student.tenant_id, student.course.id)
    pace = own_pace(turn.session, student, calendar, now=turn.now)
    return weigh(len(wish.targets), wished_on, pace, calendar, today=student.today(turn.now))


def parts_of(words: str) -> tuple[str, ...]:
    """The steps that words name by number: `Practice set 1` to `Practice set 3` for `3 practice sets`."""
    parts = find_parts(words)
    return tuple(f"{parts.one.capitalize()} {number}" for number in range(1, parts.count + 1)) if parts else ()


def _unit_in(units: Sequence[Unit], words: str) -> Unit | None:
    """The unit whose whole name is said; the longest, where one name holds another."""
    said = f" {plain(words)} "
    named = [unit for unit in units if f" {plain(unit.short_name)} " in said]
    return max(named, key=lambda unit: len(unit.short_name), default=None)


def _unit_numbered(units: Sequence[Unit], words: str) -> Unit | None:
    """The one unit of a number that is said in another language or with another word: `la unidad 4`, `chapter 4`."""
    said = _NUMBERED_UNIT.search(plain(words))
    named = [unit for unit in units if said and plain(unit.short_name).split()[-1:] == [said[1]]]
    return named[0] if len(named) == 1 else None


def _apart(found: Sequence[Mention[UUID]]) -> list[Mention[UUID]]:
    """Without those whose words are all part of a longer name that was said as surely: `negative slope` is not `slope`."""
    words = {mention.id: set(plain(mention.name).split()) for mention in found}
    return [one for one in found if not any(words[one.id] < words[other.id] and other.score >= max(one.score, SURE) for other in found)]


def _says_all(words: str, name: str) -> bool:
    return set(plain(name).split()) <= set(plain(words).split())


def _several(guide: Guide, mentions: Sequence[Mention[UUID]], words: str) -> Wish:
    named = {mention.id for mention in mentions}
    targets = tuple((str(target.competency_id), target.short_name) for target in guide.targets if target.competency_id in named)
    return Wish(words, words, None, targets)
