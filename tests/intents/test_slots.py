"""Counts and competencies in a message."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.slots import find_competencies, find_count, find_slots

FILE: dict[str, Any] = json.loads((Path(__file__).parent / "data/competency_mentions.json").read_text())
COMPETENCIES: list[tuple[int, str]] = list(enumerate(FILE["competencies"]))
MONDAY = date(2026, 11, 23)


def likeliest(text: str) -> str:
    found = find_competencies(text, COMPETENCIES)
    return found[0].name if found else ""


@pytest.mark.parametrize("message", FILE["messages"], ids=[message["text"] for message in FILE["messages"]])
def test_a_competency_is_found_by_what_students_call_it(message: dict[str, str]) -> None:
    assert likeliest(message["text"]) == message["competency"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("im so lost on stochiometry", "Stoichiometry"),
        ("the periodic tabel", "Periodic Table Trends"),
        ("quiero dominar mitosis para el viernes", "Cell Division: Mitosis"),
        ("u.s. constitution test", "The U.S. Constitution"),
        ("hello there", ""),
        ("i did one more", ""),
        ("put me down for two", ""),
        ("", ""),
    ],
)
def test_more_names(text: str, name: str) -> None:
    assert likeliest(text) == name


def test_what_two_competencies_share_brings_both() -> None:
    found = find_competencies("help with fractions", COMPETENCIES)
    assert {mention.name for mention in found} >= {"Multiplying Fractions", "Adding and Subtracting Fractions"}
    assert len(found) <= 3
    assert [mention.score for mention in found] == sorted((mention.score for mention in found), reverse=True)


def test_ids_are_given_back_as_they_were() -> None:
    assert find_competencies("slope", [("c-7", "Slope"), ("c-8", "Fractions")])[0].id == "c-7"
    assert find_competencies("slope", []) == []
    assert find_competencies("slope", [("c-9", "…")]) == []


@pytest.mark.parametrize(
    ("text", "number", "out_of", "percent", "more"),
    [
        ("2", 2, None, None, False),
        ("I finished 2 of 4 lessons", 2, 4, None, False),
        ("got 2 outta 5", 2, 5, None, False),
        ("3/4", 3, 4, None, False),
        ("hice 3 de 5 ejercicios", 3, 5, None, False),
        ("did 3 more pages", 3, None, None, True),
        ("dos páginas más", 2, None, None, True),
        ("two more", 2, None, None, True),
        ("1 nomas, no tuve tiempo", 1, None, None, False),
        ("50% done", None, None, 50, False),
        ("voy a la mitad", None, None, 50, False),
        ("about 70 percent", None, None, 70, False),
        ("2 by friday", 2, None, None, False),
        ("finish 4 labs by dec 12", 4, None, None, False),
        ("set 3 has 5 problems, did 2 of 5", 2, 5, None, False),
    ],
)
def test_a_count_is_read(text: str, number: int | None, out_of: int | None, percent: int | None, more: bool) -> None:
    found = find_count(text)
    assert found is not None
    assert (found.number, found.out_of, found.percent, found.more) == (number, out_of, percent, more)


@pytest.mark.parametrize(
    "text",
    [
        "finish unit 3",
        "question 7 is wrong",
        "by dec 12",
        "at 5",
        "remind me at 6pm",
        "a lot",
        "that one",
        "el ejercicio 4",
        "once a week",
        "",
    ],
)
def test_what_counts_nothing(text: str) -> None:
    assert find_count(text) is None


def test_all_slots_of_a_message() -> None:
    found = find_slots("finish 3 sets of slope intercept by friday", MONDAY, COMPETENCIES)
    assert found.day is not None
    assert found.day.day == date(2026, 11, 27)
    assert found.count is not None
    assert found.count.number == 3
    assert found.competencies[0].name == "Slope-Intercept Form"


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    found = find_slots(text, MONDAY, COMPETENCIES)
    assert all(0 < mention.score <= 1 for mention in found.competencies)
