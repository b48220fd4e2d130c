"""The work of a check-in: what is left, what a step is called, how long ago it was, and which prompts fit."""

from dataclasses import asdict
from datetime import date

import pytest

from bot.adapting import is_feminine, next_step
from bot.work import Work, called, is_back, phase_of, since, step_label, steps_called
from core.i18n import translator
from core.journal.prompts import Phase

MONDAY = date(2026, 11, 30)
SETS = (("Practice set 1", False), ("Practice set 2", True), ("Practice set 3", False))


@pytest.mark.parametrize(
    ("count", "left"),
    [
        (0, ["Practice set 1", "Practice set 2", "Practice set 3"]),
        (1, ["Practice set 1", "Practice set 3"]),
        (2, ["Practice set 3"]),
        (3, []),
        (9, []),
    ],
)
def test_what_is_left_follows_the_count(count: int, left: list[str]) -> None:
    assert Work(steps=SETS).left(count) == left


@pytest.mark.parametrize(
    ("step", "label"),
    [
        ("Practice set 3", "set 3"),
        ("  Ejercicio   2 ", "ejercicio 2"),
        ("DNA 4", "DNA 4"),
        ("Read the book", "“Read the book”"),
        ("Write down every question that you have about the second chapter", "“Write down every question that you have…”"),
    ],
)
def test_a_step_within_a_sentence(step: str, label: str) -> None:
    assert step_label(step) == label


def test_the_next_step_is_the_goal_itself_where_none_is_left() -> None:
    assert next_step(Work(aim="Slope", steps=SETS), {}) == "set 1"
    assert next_step(Work(aim="Slope", steps=SETS), {"done": 3}) == "slope"
    assert next_step(Work(aim="Finish my essay", own=True), {}) == "“Finish my essay”"
    assert called(Work(aim="DNA")) == "DNA"


def test_steps_are_counted_by_their_own_name() -> None:
    assert steps_called(translator("en"), Work(steps=SETS), 3) == "3 practice sets"
    assert steps_called(translator("es"), Work(steps=[("Leer", False), ("Escribir", False)]), 2) == "2 pasos"


@pytest.mark.parametrize(("step", "feminine"), [("Hoja", True), ("Lección", True), ("Problema", False), ("Ejercicio", False)])
def test_spanish_agrees_with_the_steps(step: str, feminine: bool) -> None:
    work = Work(steps=[(f"{step} 1", False), (f"{step} 2", False)])
    assert is_feminine(translator("es"), work) is feminine
    assert is_feminine(translator("en"), work) is False


@pytest.mark.parametrize(
    ("told_on", "words"),
    [
        (date(2026, 11, 23), "last week"),
        (date(2026, 11, 29), "last week"),
        (date(2026, 11, 22), "on Sun 22 Nov"),
        (date(2026, 11, 30), "on Mon 30 Nov"),
    ],
)
def test_how_long_ago_it_was_told(told_on: date, words: str) -> None:
    assert since(translator("en"), told_on, MONDAY) == words


@pytest.mark.parametrize(("last_on", "back"), [(None, False), ("2026-11-24", False), ("2026-11-23", True)])
def test_seven_days_are_a_stall(last_on: str | None, back: bool) -> None:
    assert is_back(Work(last_on=last_on), MONDAY) is back


@pytest.mark.parametrize(
    ("work", "done", "phase"),
    [
        (Work(steps=SETS, due="2026-12-04"), 0, Phase.FORETHOUGHT),
        (Work(steps=SETS, due="2026-12-04"), None, Phase.PERFORMANCE),
        (Work(steps=SETS, due="2026-12-04"), 3, Phase.SELF_REFLECTION),
        (Work(steps=SETS, due="2026-11-29"), 1, Phase.SELF_REFLECTION),
        (Work(due="2026-12-04"), None, Phase.FORETHOUGHT),
        (None, None, Phase.SELF_REFLECTION),
    ],
)
def test_prompts_fit_the_phase(work: Work | None, done: int | None, phase: Phase) -> None:
    assert phase_of(asdict(work) if work else None, MONDAY, done) is phase
