"""Mastery estimates: each method by values worked out by hand, and by facts that hold for all scores."""

from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.evidence.estimates import Method, estimate, most_recent, smoothed_decay

score = st.integers(0, 10_000)
scores = st.lists(score, min_size=1, max_size=30)
methods = st.sampled_from(Method)
NEWEST_COUNTS_MOST = [Method.DECAYING, Method.SMOOTHED_DECAY, Method.WEIGHTED, Method.MOST_RECENT]
ORDER_DOES_NOT_MATTER = [Method.HIGHEST, Method.MEAN, Method.MEDIAN]
NEVER_BEYOND_THE_SCORES = [*ORDER_DOES_NOT_MATTER, Method.DECAYING, Method.WEIGHTED, Method.MOST_RECENT, Method.MODE]
A_BETTER_SCORE_NEVER_HURTS = [*NEWEST_COUNTS_MOST, *ORDER_DOES_NOT_MATTER, Method.N_OF_M]


def by(method: Method, found: Sequence[int], prior: int = 5000) -> int:
    return estimate(method, found, prior=prior)


BY_HAND: list[tuple[Method, list[int], int]] = [
    (Method.DECAYING, [7000], 7000),
    (Method.DECAYING, [5000, 10_000], 8250),  # .65 × 10,000 + .35 × 5,000
    (Method.DECAYING, [0, 10_000, 5000], 5525),  # 6,500, then .65 × 5,000 + .35 × 6,500
    (Method.DECAYING, [10, 0], 4),  # 3.5, half up
    (Method.DECAYING, [1, 0], 0),
    (Method.SMOOTHED_DECAY, [10_000], 6667),  # (2 × 5,000 + 10,000) / 3
    (Method.SMOOTHED_DECAY, [0, 10_000], 5263),  # (10,000 + .8 × 0 + 10,000) / 3.8
    (Method.SMOOTHED_DECAY, [10_000, 0], 4737),  # (10,000 + .8 × 10,000) / 3.8
    (Method.SMOOTHED_DECAY, [10_000, 10_000, 0], 5495),  # (10,000 + .64 × 10,000 + .8 × 10,000) / 4.44
    (Method.WEIGHTED, [3000], 3000),
    (Method.WEIGHTED, [4000, 6000, 10_000], 8250),  # .65 × 10,000 + .35 × 5,000
    (Method.WEIGHTED, [10_000, 0], 3500),
    (Method.N_OF_M, [8000, 7999, 0], 3333),
    (Method.N_OF_M, [8000, 7999, 10_000], 6667),
    (Method.N_OF_M, [8000, 8000, 7999, 10_000, 0], 10_000),
    (Method.N_OF_M, [10_000] * 5, 10_000),
    (Method.N_OF_M, [10_000] * 3 + [0] * 4, 3333),  # only the last five count
    (Method.N_OF_M, [10_000] * 3 + [0] * 5, 0),
    (Method.MOST_RECENT, [10_000, 3000], 3000),
    (Method.HIGHEST, [2000, 9000, 4000], 9000),
    (Method.MEAN, [2000, 4000, 4000], 3333),
    (Method.MEAN, [1, 2], 2),  # 1.5, half up
    (Method.MEDIAN, [9000, 1000, 2000], 2000),
    (Method.MEDIAN, [1, 2], 2),
    (Method.MEDIAN, [1000, 2000, 3000, 9000], 2500),
    (Method.MODE, [7000], 7000),
    (Method.MODE, [5000, 8000, 8000, 3000], 8000),
    (Method.MODE, [5000, 8000, 8000, 5000], 5000),  # of two as frequent the later
    (Method.MODE, [1000, 2000, 3000], 3000),
    (Method.POWER_LAW, [1000, 4000, 9000], 9000),  # 1,000 × n²
    (Method.POWER_LAW, [6000, 3000, 2000, 1500], 1500),  # 6,000 / n
    (Method.POWER_LAW, [5000, 5000, 5000], 5000),
    (Method.POWER_LAW, [1000, 10_000, 10_000], 10_000),  # the curve is above the scale
    (Method.POWER_LAW, [2000, 6000], 4000),  # too few for a curve: the mean
    (Method.POWER_LAW, [0, 3000, 9000], 4000),  # nothing has no logarithm: the mean
]


@pytest.mark.parametrize(("method", "found", "value"), BY_HAND)
def test_by_hand(method: Method, found: list[int], value: int) -> None:
    assert by(method, found) == value


def test_every_method_was_worked_out_by_hand() -> None:
    assert {method for method, *_ in BY_HAND} == set(Method)


@pytest.mark.parametrize(("count", "value"), [(1, 5000), (2, 7500), (3, 5000), (9, 5000)])
def test_the_most_recent_few(count: int, value: int) -> None:
    assert most_recent([0, 10_000, 5000], count) == value


@pytest.mark.parametrize(("level", "value"), [(8000, 3333), (6000, 6667), (5000, 10_000)])
def test_n_of_m_counts_from_the_level_of_the_course(level: int, value: int) -> None:
    assert estimate(Method.N_OF_M, [5000, 6000, 8000], prior=0, level=level) == value


@given(method=methods, found=scores, prior=score)
def test_every_estimate_is_on_the_scale(method: Method, found: list[int], prior: int) -> None:
    assert 0 <= by(method, found, prior) <= 10_000


@given(method=methods, found=st.lists(score, max_size=5), override=score)
def test_a_teachers_word_wins_over_every_method_and_over_no_evidence(method: Method, found: list[int], override: int) -> None:
    assert estimate(method, found, prior=0, override=override) == override


@given(method=st.sampled_from([one for one in Method if one is not Method.N_OF_M]), same=score, count=st.integers(1, 20))
def test_who_always_scores_the_same_is_estimated_so(method: Method, same: int, count: int) -> None:
    assert by(method, [same] * count, prior=same) == same


@given(method=st.sampled_from(NEVER_BEYOND_THE_SCORES), found=scores)
def test_an_average_stays_among_the_scores(method: Method, found: list[int]) -> None:
    assert min(found) <= by(method, found) <= max(found)


@given(found=scores, prior=score)
def test_smoothing_pulls_towards_the_prior_and_never_beyond(found: list[int], prior: int) -> None:
    assert min(*found, prior) <= smoothed_decay(found, prior) <= max(*found, prior)


@given(method=st.sampled_from(ORDER_DOES_NOT_MATTER), found=scores, data=st.data())
def test_for_some_methods_the_order_does_not_matter(method: Method, found: list[int], data: st.DataObject) -> None:
    assert by(method, data.draw(st.permutations(found))) == by(method, found)


@given(found=st.lists(score, min_size=1, max_size=5), data=st.data())
def test_nor_for_n_of_m_while_all_are_in_the_window(found: list[int], data: st.DataObject) -> None:
    assert by(Method.N_OF_M, data.draw(st.permutations(found))) == by(Method.N_OF_M, found)


@given(method=st.sampled_from(NEWEST_COUNTS_MOST), before=st.lists(score, max_size=10), low=score, high=score)
def test_for_others_a_rise_counts_more_than_a_fall(method: Method, before: list[int], low: int, high: int) -> None:
    low, high = sorted((low, high))
    assert by(method, [*before, low, high]) >= by(method, [*before, high, low])


@given(method=st.sampled_from(A_BETTER_SCORE_NEVER_HURTS), found=scores, place=st.integers(0, 29), more=st.integers(0, 10_000))
def test_a_better_score_never_lowers_an_estimate(method: Method, found: list[int], place: int, more: int) -> None:
    better = list(found)
    better[place % len(found)] = min(10_000, found[place % len(found)] + more)
    assert by(method, better) >= by(method, found)


@given(found=st.lists(st.integers(1, 10_000), min_size=3, max_size=20))
def test_a_steady_rise_is_extended_no_further_than_the_scale(found: list[int]) -> None:
    rising = sorted(found)
    assume(rising[0] < rising[-1])
    assert rising[0] <= by(Method.POWER_LAW, rising) <= 10_000
