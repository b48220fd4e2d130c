"""What students say of a goal: what is left of their words without the wish and the day, in how many parts, when and where."""

from datetime import date

import pytest

from intents.goal_words import Parts, aim_words, find_parts, plural, says_no_idea, says_who, start_clause

MONDAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("said", "aim"),
    [
        ("finish all of unit 4 by friday", "finish all of unit 4"),
        ("my goal is to read 20 pages by Friday!", "read 20 pages"),
        ("new goal: read for 20 minutes every day", "read for 20 minutes every day"),
        ("i plan to turn in my project by friday", "turn in my project"),
        ("by friday i want to finish the book", "finish the book"),
        ("I’ll finish chapter 2", "finish chapter 2"),
        ("make a goal to study vocab tomorrow", "study vocab"),
        ("can you help me set a goal for math", "math"),
        ("mi meta es terminar fracciones para el viernes", "terminar fracciones"),
        ("quiero hacer 3 ejercicios de fracciones para el viernes", "hacer 3 ejercicios de fracciones"),
        ("finish «Ñandú» by 2026-12-04", "finish «Ñandú»"),
    ],
)
def test_an_aim_is_kept_in_the_students_words(said: str, aim: str) -> None:
    assert aim_words(said, MONDAY) == aim


@pytest.mark.parametrize(
    "said", ["set a new goal", "I want to set a goal", "help me make a goal", "i have a goal", "quiero poner una meta"]
)
def test_a_wish_for_a_goal_says_nothing_of_what(said: str) -> None:
    assert aim_words(said, MONDAY) == ""


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        ("3 practice sets of slope by friday", Parts(3, "practice set")),
        ("create a goal to complete three lessons this week", Parts(3, "lesson")),
        ("quiero hacer 3 ejercicios de fracciones", Parts(3, "ejercicio")),
        ("leer 4 páginas", Parts(4, "página")),
        ("2 lecciones", Parts(2, "lección")),
        ("3 more stories", Parts(3, "story")),
    ],
)
def test_parts_are_counted_and_named(said: str, parts: Parts) -> None:
    assert find_parts(said) == parts


@pytest.mark.parametrize(
    "said",
    [
        "do 5 practice problems a night",
        "read for 10 minutes",
        "finish unit 4",
        "2 esta semana",
        "2 by friday",
        "4 of these",
        "40 pages",
        "1 set",
    ],
)
def test_times_labels_and_habits_are_no_parts(said: str) -> None:
    assert find_parts(said) is None


@pytest.mark.parametrize(
    ("noun", "language", "many"),
    [
        ("practice set", "en", "practice sets"),
        ("story", "en", "stories"),
        ("box", "en", "boxes"),
        ("lección", "es", "lecciones"),
        ("vez", "es", "veces"),
        ("actividad", "es", "actividades"),
        ("ejercicio", "es", "ejercicios"),
    ],
)
def test_a_noun_has_its_plural(noun: str, language: str, many: str) -> None:
    assert plural(noun, 1, language) == noun
    assert plural(noun, 2, language) == many


@pytest.mark.parametrize(
    ("said", "clause"),
    [
        ("after practice at home", "After practice, at home"),
        ("at home after practice", "At home after practice"),
        ("after lunch, at school.", "After lunch, at school"),
        ("on monday at 5", "On monday at 5"),
        ("in the evening at my desk", "In the evening, at my desk"),
        ("después de clases en la biblioteca", "Después de clases, en la biblioteca"),
        ("mañana en la mañana en casa", "Mañana en la mañana, en casa"),
    ],
)
def test_when_and_where_open_a_sentence(said: str, clause: str) -> None:
    assert start_clause(said) == clause


def test_a_sentence_of_their_own_is_known() -> None:
    assert says_who("I’ll draw it at home")
    assert says_who("mañana empiezo en casa")
    assert not says_who("after practice at home")


@pytest.mark.parametrize("said", ["idk", "I don't know yet", "not sure", "no sé", "um idk"])
def test_no_idea_is_known(said: str) -> None:
    assert says_no_idea(said)
    assert not says_no_idea(f"{said} maybe at home")
