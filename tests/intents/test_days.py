"""Days in sentences, as said on a Monday."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.days import NoDay, find_day, find_days, find_span, is_only_day, why_no_day
from intents.evaluate import held_out
from intents.slots import guess_language

MONDAY = date(2026, 11, 23)
PHRASES: list[dict[str, Any]] = [json.loads(line) for line in (Path(__file__).parent / "data/date_phrases.jsonl").read_text().splitlines()]


def day_of(text: str, today: date = MONDAY, language: str = "en", asked: bool = False) -> date | None:
    found = find_day(text, today, language=language, asked=asked)
    return found.day if found else None


@pytest.mark.parametrize("phrase", PHRASES, ids=[phrase["text"] for phrase in PHRASES])
def test_a_phrase_means_its_day(phrase: dict[str, Any]) -> None:
    found = day_of(phrase["text"], language=guess_language(phrase["text"]) or "en", asked=bool(phrase["iso"]))
    assert (found.isoformat() in phrase["iso"]) if found else phrase["iso"] == []


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("move it from friday to next tuesday", date(2026, 12, 1)),
        ("by the end of december", date(2026, 12, 31)),
        ("three weeks from tomorrow", date(2026, 12, 15)),
        ("this week", date(2026, 11, 27)),
        ("next monday", date(2026, 11, 30)),
        ("feb 1", date(2027, 2, 1)),
        ("may 4", date(2027, 5, 4)),
        ("wednesday next week", date(2026, 12, 2)),
        ("de hoy en ocho", date(2026, 11, 30)),
        ("el lunes que viene", date(2026, 11, 30)),
        ("el viernes de la próxima semana", date(2026, 12, 4)),
        ("dentro de dos meses", date(2027, 1, 23)),
        ("para el 15", date(2026, 12, 15)),
        ("el martes 8", date(2026, 12, 8)),
        ("este fin de semana", date(2026, 11, 29)),
        ("a finales de enero", date(2027, 1, 31)),
        ("mañana por la mañana", date(2026, 11, 24)),
    ],
)
def test_more_ways_to_say_a_day(text: str, day: date) -> None:
    assert day_of(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "remind me every friday",
        "last monday i was sick",
        "el viernes pasado no vine",
        "todos los lunes",
        "estudio en la mañana",
        "i got 7/10 on the quiz",
        "the 2nd group goes first",
        "february 31",
        "2026-13-40",
        "i sat in the sun",
        "we march on",
        "in 3 chapters",
    ],
)
def test_what_is_no_day_to_come(text: str) -> None:
    assert day_of(text) is None


def test_numbers_are_a_day_only_where_one_was_asked_for() -> None:
    assert day_of("12/4") is None
    assert day_of("12/4", asked=True) == date(2026, 12, 4)
    assert day_of("4/12", asked=True, language="es") == date(2026, 12, 4)
    assert day_of("25/12", asked=True) == date(2026, 12, 25)
    assert day_of("1/8", asked=True) == date(2027, 1, 8)
    assert day_of("45/99", asked=True) is None


def test_a_weekday_named_on_that_weekday_is_the_next_one() -> None:
    friday = date(2026, 11, 27)
    assert day_of("by friday", friday) == date(2026, 12, 4)
    assert day_of("this friday", friday) == friday
    assert day_of("end of the week", friday) == friday


def test_the_turn_of_the_year_and_short_months() -> None:
    assert day_of("tomorrow", date(2026, 12, 31)) == date(2027, 1, 1)
    assert day_of("next month", date(2026, 12, 15)) == date(2027, 1, 31)
    assert day_of("in a month", date(2027, 1, 31)) == date(2027, 2, 28)
    assert day_of("by the 31st", date(2026, 11, 23)) == date(2026, 12, 31)
    assert day_of("feb 29", date(2027, 12, 1)) is None


def test_the_words_of_a_day_are_found_in_the_text() -> None:
    text = "Terminar álgebra el 4 de diciembre, sí"
    found = find_day(text, MONDAY)
    assert found is not None
    assert text[found.start : found.end] == "el 4 de diciembre"


def test_several_days_come_in_their_order() -> None:
    found = find_days("slope by friday and the rest by dec 18", MONDAY)
    assert [each.day for each in found] == [date(2026, 11, 27), date(2026, 12, 18)]


def test_sentences_of_other_things_name_no_day() -> None:
    """Of sentences that greet, thank, ask who sees what and the like, none holds a day but for `today` and its like."""
    quiet = (
        "view_goals",
        "privacy_question",
        "export_my_data",
        "delete_my_data",
        "link_account",
        "feedback",
        "thanks",
        "affirm",
        "cancel",
        "undo",
    )
    texts = [text for language in ("en", "es") for intent in quiet for text in held_out(language)[intent]]
    assert [text for text in texts if day_of(text)] == []


@given(st.text(max_size=200), st.dates(date(2000, 1, 1), date(9998, 1, 1)))
def test_any_text_is_read_and_no_day_lies_before_today_unless_its_year_was_said(text: str, today: date) -> None:
    for found in find_days(text, today, asked=True):
        assert 0 <= found.start < found.end <= len(text)
        assert found.day >= today or any(letter.isdigit() for letter in text[found.start : found.end])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("by yesterday", NoDay.PASSED),
        ("ayer", NoDay.PASSED),
        ("el viernes pasado", NoDay.PASSED),
        ("last week", NoDay.PASSED),
        ("feb 30", NoDay.MISSING),
        ("31 de abril", NoDay.MISSING),
        ("feb 30 or friday", None),
        ("pasado mañana", None),
        ("every friday", None),
        ("i dont know", None),
    ],
)
def test_why_words_name_no_day_to_come(text: str, why: NoDay | None) -> None:
    assert why_no_day(text, MONDAY, asked=True) == why


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("for 3 days", date(2026, 11, 26)),
        ("a week", date(2026, 11, 30)),
        ("por dos semanas", date(2026, 12, 7)),
        ("un mes", date(2026, 12, 23)),
    ],
)
def test_a_span_ends_so_many_days_from_now(text: str, day: date) -> None:
    found = find_span(text, MONDAY)
    assert found and found.day == day
    assert find_span("3 sets", MONDAY) is None


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("until friday please", True),
        ("dec 10", True),
        ("hasta el lunes en la tarde", True),
        ("finish slope by monday", False),
        ("see you at lunch tomorrow", False),
    ],
)
def test_a_day_alone_is_told_from_a_day_in_a_sentence(text: str, alone: bool) -> None:
    found = find_day(text, MONDAY, asked=True)
    assert found and is_only_day(text, found) is alone
