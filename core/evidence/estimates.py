"""Mastery estimates: what a student's evidence on one competency adds up to, by the method a course chose.

Pure: observations in, basis points out (0 to 10,000). Observations are in order of the date of the evidence, oldest
first; the date of grading never matters. `docs/glossary.md` says each method in a sentence.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum
from statistics import median

MASTERED_OF_THREE = 8000


class Method(StrEnum):
    """The methods a course may choose from, by the names teachers know from their LMS."""

    DECAYING = "decaying"
    SMOOTHED_DECAY = "smoothed_decay"
    WEIGHTED = "weighted"
    N_OF_M = "n_of_m"
    MOST_RECENT = "most_recent"
    HIGHEST = "highest"
    MEAN = "mean"
    MEDIAN = "median"
    MODE = "mode"
    POWER_LAW = "power_law"


def decaying(scores: Sequence[int]) -> int:
    """Each new observation counts 65 %, what was known before 35 % (Canvas's decaying average)."""
    value = scores[0]
    for score in scores[1:]:
        value = _share(65 * score + 35 * value, 100)
    return value


def smoothed_decay(scores: Sequence[int], prior: int) -> int:
    """(2b + Σ x·.8^age) / (2 + Σ .8^age): an observation's age counts the later ones; b is the competency's mean so far."""
    weights = [0.8**age for age in reversed(range(len(scores)))]
    total = 2 * prior + sum(weight * score for weight, score in zip(weights, scores, strict=True))
    return round(total / (2 + sum(weights)))


def weighted(scores: Sequence[int]) -> int:
    """The latest observation counts 65 %, the mean of the earlier ones 35 % (Canvas's weighted average)."""
    *earlier, latest = scores
    return _share(65 * latest * len(earlier) + 35 * sum(earlier), 100 * len(earlier)) if earlier else latest


def n_of_m(scores: Sequence[int], needed: int = 3, window: int = 5, level: int = MASTERED_OF_THREE) -> int:
    """How many of the last five observations reached the level, of the three needed."""
    reached = sum(score >= level for score in scores[-window:])
    return _share(min(reached, needed) * 10_000, needed)


def most_recent(scores: Sequence[int], count: int = 1) -> int:
    """The mean of the last `count` observations."""
    return mean(scores[-count:])


def highest(scores: Sequence[int]) -> int:
    """The best observation."""
    return max(scores)


def mean(scores: Sequence[int]) -> int:
    """The arithmetic mean."""
    return _share(sum(scores), len(scores))


def middle(scores: Sequence[int]) -> int:
    """The median; of an even number the mean of the middle two."""
    return math.floor(median(scores) + 0.5)


def mode(scores: Sequence[int]) -> int:
    """The most frequent score; of several the latest."""
    counts = Counter(scores)
    most = max(counts.values())
    return next(score for score in reversed(scores) if counts[score] == most)


def power_law(scores: Sequence[int]) -> int:
    """Marzano's power law of learning: y = a·n^b fitted by least squares on logarithms, read at the last observation.

    Below three observations, or with a score of 0 (no logarithm), it is the mean. Never above 10,000.
    """
    if len(scores) < 3 or min(scores) <= 0:
        return mean(scores)
    xs = [math.log(number) for number in range(1, len(scores) + 1)]
    ys = [math.log(score) for score in scores]
    x_mean, y_mean = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - x_mean) ** 2 for x in xs)
    slope = sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True)) / spread
    return min(10_000, round(math.exp(y_mean + slope * (xs[-1] - x_mean))))


_PLAIN: dict[Method, Callable[[Sequence[int]], int]] = {
    Method.DECAYING: decaying,
    Method.WEIGHTED: weighted,
    Method.MOST_RECENT: most_recent,
    Method.HIGHEST: highest,
    Method.MEAN: mean,
    Method.MEDIAN: middle,
    Method.MODE: mode,
    Method.POWER_LAW: power_law,
}


def estimate(method: Method, scores: Sequence[int], *, prior: int, override: int | None = None, level: int = MASTERED_OF_THREE) -> int:
    """The estimate of one student on one competency, in basis points.

    Args:
        scores: basis points, oldest evidence first, at least one.
        prior: the competency's mean so far, over all students; only *smoothed decay* uses it.
        override: what a teacher set; it wins over every method.
        level: from which score on the course counts a competency as mastered; only *n of m* uses it.
    """
    if override is not None:
        return override
    if method is Method.SMOOTHED_DECAY:
        return smoothed_decay(scores, prior)
    if method is Method.N_OF_M:
        return n_of_m(scores, level=level)
    return _PLAIN[method](scores)


def _share(part: int, whole: int) -> int:
    """Integer division, rounded half up: exact where floats are a hair off."""
    return (2 * part + whole) // (2 * whole)
