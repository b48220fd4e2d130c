"""The work that students did: which target on which day, and how it scored, as their story has it. No session, no clock."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from app.sample.content import Span, Story
from app.sample.term import Term
from core.evidence.evidence import Source

_LEAST, _MOST, _ROUND = 1500, 10_000, 250
_PRACTICE_IN_100, _RETAKE_IN_100 = 45, 60
_RETAKE_BELOW = 7000
_REDONE_BEFORE = 25
_GRADED_AFTER = timedelta(hours=6)


@dataclass(frozen=True)
class Aim:
    """One target of the guide: its code, its unit, the day on which it is due, and its weight."""

    code: str
    competency_id: UUID
    unit: str
    due: int
    weight_bp: int


Aims = Mapping[str, Sequence[Aim]]
"""What is taught, in that order, by the context of the section."""


@dataclass(frozen=True)
class Piece:
    """One piece of work that was scored; `day` as in `Term`."""

    aim: Aim
    day: int
    clock: time
    score_bp: int
    source: Source

    def observed_at(self, term: Term) -> datetime:
        """When it was done."""
        return term.at(self.day, self.clock)

    def graded_at(self, term: Term) -> datetime:
        """When its score was written down: that afternoon."""
        return self.observed_at(term) + _GRADED_AFTER


def work_of(story: Story, aims: Sequence[Aim], term: Term, meets: time, rng: random.Random) -> list[Piece]:
    """All that a student handed in over the term up to the last school day, oldest first."""
    first = -(story.joined or term.past)
    ability = rng.gauss(0, 250)
    pieces = []
    for aim in aims:
        passed = min(max(1 + aim.due / term.past, 0), 1)
        day = aim.due + round(_between(story.lag, passed) + rng.uniform(-story.jitter, story.jitter))
        if day < first:
            day = first + rng.randint(0, 9) if story.joined else first
        score = _between(story.level, passed) * (2 / 3 if aim.unit == story.weak_unit else 1) + ability
        if rng.randrange(100) >= _between(story.skips, passed):
            pieces += _on_target(aim, day, score, meets, rng)
    if story.redoes:
        pieces += _redone(pieces, story, meets, rng)
    return sorted((piece for piece in pieces if first <= piece.day < -story.stopped), key=lambda piece: (piece.day, piece.aim.due))


def practice(aim: Aim, ago: int, score_bp: int, meets: time, rng: random.Random) -> Piece:
    """One practice set of so many instructional days ago."""
    return Piece(aim, -ago, _within(meets, rng), score_bp, Source.GRADEBOOK)


def reached_in(pieces: Sequence[Piece], level_bp: int) -> Mapping[Aim, Piece]:
    """The targets whose last piece reached the level, with that piece."""
    last = {piece.aim: piece for piece in pieces}
    return {aim: piece for aim, piece in last.items() if piece.score_bp >= level_bp}


def _on_target(aim: Aim, day: int, score: float, meets: time, rng: random.Random) -> list[Piece]:
    """Perhaps practice, then the quiz, and perhaps the quiz again."""
    pieces = []
    if rng.randrange(100) < _PRACTICE_IN_100:
        pieces.append(Piece(aim, day - rng.randint(1, 3), _within(meets, rng), _score(score - 1000, rng), Source.GRADEBOOK))
    quiz = Piece(aim, day, _within(meets, rng), _score(score, rng), Source.TEACHER)
    pieces.append(quiz)
    if quiz.score_bp < _RETAKE_BELOW and rng.randrange(100) < _RETAKE_IN_100:
        better = quiz.score_bp + rng.randrange(500, 2000)
        pieces.append(Piece(aim, day + rng.randint(2, 4), _within(meets, rng), _score(better, rng), Source.TEACHER))
    return pieces


def _redone(pieces: Sequence[Piece], story: Story, meets: time, rng: random.Random) -> list[Piece]:
    """Older work that went badly, done again in the last four school weeks, as well as new work goes by now."""
    last = {piece.aim: piece for piece in pieces}
    low = [piece.aim for piece in last.values() if piece.day < -_REDONE_BEFORE and piece.score_bp < _RETAKE_BELOW]
    return [Piece(aim, -rng.randint(1, 20), _within(meets, rng), _score(story.level[1], rng), Source.TEACHER) for aim in low]


def _between(span: Span, passed: float) -> float:
    start, end = span
    return start + (end - start) * passed


def _score(mean: float, rng: random.Random) -> int:
    """A score around a mean, in steps as teachers give them."""
    return min(max(round(rng.gauss(mean, 450) / _ROUND) * _ROUND, _LEAST), _MOST)


def _within(meets: time, rng: random.Random) -> time:
    """Some minute of a lesson."""
    minutes = meets.hour * 60 + meets.minute + rng.randrange(5, 48)
    return time(minutes // 60, minutes % 60)
