"""Closed answers to a pending question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.answers import Answer, Closed, read_answer
from intents.loader import data

BLOCKERS = ("No", "Time", "Don't get it", "Something else")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("yes", Closed.YES),
        ("Yesss!!", Closed.YES),
        ("yeah sure", Closed.YES),
        ("sí porfa", Closed.YES),
        ("simón", Closed.YES),
        ("👍", Closed.YES),
        ("👍🏽", Closed.YES),
        ("ok pls", Closed.YES),
        ("nah", Closed.NO),
        ("no thanks", Closed.NO),
        ("nel", Closed.NO),
        ("👎", Closed.NO),
        ("nvm", Closed.CANCEL),
        ("cancle", Closed.CANCEL),
        ("olvídalo", Closed.CANCEL),
        ("skip it pls", Closed.SKIP),
        ("siguiente", Closed.SKIP),
        ("oops", Closed.UNDO),
        ("deshacer", Closed.UNDO),
    ],
)
def test_closed_words_in_both_languages(text: str, kind: Closed) -> None:
    assert read_answer(text) == Answer(kind)


@pytest.mark.parametrize(("text", "number"), [("2", 2), ("two", 2), ("dos", 2), ("a couple", 2), ("3 sets", 3), ("nothing", 0), ("12", 12)])
def test_a_number_is_read(text: str, number: int) -> None:
    assert read_answer(text) == Answer(Closed.NUMBER, number)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("no", 0),
        ("NO.", 0),
        ("time", 1),
        ("dont get it", 2),
        ("dont gt it", 2),
        ("something", 3),
        ("the second one", 1),
        ("last one", 3),
        ("la tercera", 2),
    ],
)
def test_a_choice_is_read_by_its_words_or_its_place(text: str, position: int) -> None:
    assert read_answer(text, choices=BLOCKERS) == Answer(Closed.CHOICE, position)


def test_a_number_is_a_choice_only_where_choices_are_numbered() -> None:
    assert read_answer("2", choices=BLOCKERS) == Answer(Closed.NUMBER, 2)
    assert read_answer("2", choices=BLOCKERS, numbered=True) == Answer(Closed.CHOICE, 1)
    assert read_answer("9", choices=BLOCKERS, numbered=True) == Answer(Closed.NUMBER, 9)
    assert read_answer("2", choices=("0", "1", "2", "3")) == Answer(Closed.CHOICE, 2)


def test_words_that_fit_two_choices_are_no_answer() -> None:
    assert read_answer("friday", choices=("Keep Friday", "Fri 18 Dec", "2 by Friday")) is None
    assert read_answer("keep friday", choices=("Keep Friday", "Fri 18 Dec", "2 by Friday")) == Answer(Closed.CHOICE, 0)


@pytest.mark.parametrize(("said", "meant"), [("check in", None), ("help", None), ("slope", 1), ("every answer", 0)])
def test_a_command_within_a_long_choice_is_not_that_choice(said: str, meant: int | None) -> None:
    choices = ("check every answer before i hand it in and help others", "Slope and intercepts")
    found = read_answer(said, choices=choices)
    assert (found.number if found else None) == meant


@pytest.mark.parametrize(
    "text", ["", "dont get the neg ones", "drawing it", "2 of 3", "no tengo tiempo para eso", "delete my goal", "stop reminders", "thanks"]
)
def test_free_words_are_no_closed_answer(text: str) -> None:
    assert read_answer(text, choices=BLOCKERS) is None


def test_only_what_the_question_takes_is_an_answer_but_leaving_always_is() -> None:
    numbers = frozenset({Closed.NUMBER})
    assert read_answer("yes", expects=numbers) is None
    assert read_answer("3", expects=numbers) == Answer(Closed.NUMBER, 3)
    assert read_answer("never mind", expects=numbers) == Answer(Closed.CANCEL)
    assert read_answer("undo", expects=numbers) == Answer(Closed.UNDO)


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_word_of_a_list_means_two_things(language: str) -> None:
    answers = data().languages[language].lists.answers
    lists = {kind: set(getattr(answers, kind)) for kind in ("yes", "no", "cancel", "skip", "undo")}
    shared = {(one, other): lists[one] & lists[other] for one in lists for other in lists if one < other and lists[one] & lists[other]}
    assert shared == {}


@given(st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    answer = read_answer(text, choices=BLOCKERS)
    assert answer is None or answer.kind is not Closed.CHOICE or 0 <= (answer.number or 0) < len(BLOCKERS)
