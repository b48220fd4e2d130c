"""The course of a message that names none."""

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from time import process_time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from intents.courses import MOST_LIKELY, CourseWords, find_course

FILE: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "data/six_courses.yaml").read_text())
SAID: list[tuple[str, str]] = [(course, text) for course, texts in FILE["said"].items() for text in texts]
HELD_OUT: list[tuple[str, str]] = [(course, text) for course, texts in FILE["held_out"].items() for text in texts]
FEWEST_RIGHT = 36


@cache
def ccss() -> dict[str, str]:
    items = json.loads((files("app.sample") / "data/ccss_math_8.json").read_text())["CFItems"]
    return {item["humanCodingScheme"].removeprefix("CCSS.Math.Content."): item["abbreviatedStatement"] for item in items}


def course(key: str, title: str, *competencies: str, goals: tuple[str, ...] = (), teachers: tuple[str, ...] = ()) -> CourseWords[str]:
    return CourseWords(key, title, tuple((f"{key}: {name}", name) for name in competencies), goals, teachers)


def six_courses() -> list[CourseWords[str]]:
    return [
        course(
            key,
            words["title"],
            *(words.get("competencies") or [ccss()[code] for code in words["ccss"]]),
            goals=tuple(words["goals"]),
            teachers=tuple(words["teachers"]),
        )
        for key, words in FILE["courses"].items()
    ]


SIX = six_courses()
ALGEBRA_AND_GEOMETRY = [
    course("algebra", "Algebra 1", "Slope from a graph", "Solve linear equations"),
    course("geometry", "Geometry", "Slope of parallel lines", "Area of a circle", goals=("Area of a circle",)),
]


def find(text: str, *courses: CourseWords[str], language: str = "en") -> tuple[str | None, tuple[str, ...]]:
    found = find_course(text, courses or SIX, language=language)
    return found.sure, found.likely


# Six courses


def test_the_fixture_is_a_student_in_six_full_courses() -> None:
    assert len(SIX) == 6
    assert all(8 <= len(one.competencies) <= 15 for one in SIX)
    assert (len(SAID), len(HELD_OUT)) == (40, 20)
    assert {text for _, text in SAID} & {text for _, text in HELD_OUT} == set()


@pytest.mark.parametrize("language", ["en", "es"])
def test_of_forty_messages_that_name_no_course_at_least_36_find_it_and_the_rest_offer_it(language: str) -> None:
    found = [(meant, text, *find(text, language=language)) for meant, text in SAID]
    unsure = [(meant, text, likely) for meant, text, sure, likely in found if sure != meant]
    assert len(found) - len(unsure) >= FEWEST_RIGHT, unsure
    assert all(len(likely) <= MOST_LIKELY and meant in likely for meant, _, likely in unsure), unsure


def test_a_message_held_out_is_never_sent_to_the_wrong_course() -> None:
    """How many of them are found measures; a wrong one would be worse than a question."""
    assert [(meant, text, sure) for meant, text in HELD_OUT if (sure := find(text)[0]) not in (meant, None)] == []


def test_six_courses_are_looked_through_in_less_than_a_millisecond() -> None:
    times = []
    for _ in range(5):
        before = process_time()
        for _, text in SAID:
            find_course(text, SIX, language="en")
        times.append((process_time() - before) / len(SAID))
    assert min(times) < 0.001


# What tells


def test_a_competency_that_was_named_is_handed_on() -> None:
    found = find_course("dont get mitosis", SIX, language="en")
    assert found.sure == "biology"
    assert found.mention is not None
    assert (found.mention.id, found.mention.name) == ("biology: Mitosis and meiosis", "Mitosis and meiosis")


def test_a_course_found_by_its_subject_has_no_competency() -> None:
    assert find_course("the math homework", SIX, language="en").sure == "algebra"
    assert find_course("the math homework", SIX, language="en").mention is None


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("ms rivera's class", "algebra"),
        ("Mr. Patel said so", "english"),
        ("mr okafr's homework", "biology"),
        ("la tarea de la profe morales", "spanish"),
        ("lindqvist wants it today", "art"),
        ("world history", "history"),
        ("spanish 2", "spanish"),
        ("bio", "biology"),
        ("la clase de arte", "art"),
        ("the clas of historia", "history"),
        ("my argument is not done", "english"),
    ],
)
def test_a_teacher_a_title_a_subject_or_a_goal_finds_the_course(text: str, sure: str) -> None:
    assert find(text)[0] == sure


def test_a_teacher_whose_name_is_a_word_needs_a_title_before_it() -> None:
    courses = [course("a", "Algebra 1", teachers=("Mr. Best",)), course("b", "Biology", teachers=("Ms. Chu",))]
    assert find("do my best", *courses)[0] is None
    assert find("mr best said friday", *courses)[0] == "a"


def test_a_number_alone_is_no_title() -> None:
    assert find("2 by friday")[0] is None


def test_a_word_that_students_know_is_not_taken_for_a_misspelled_one() -> None:
    assert find("the evolution quiz")[0] == "biology"
    assert find("the french revoluton")[0] == "history"


def test_a_word_that_several_courses_share_is_asked_about() -> None:
    assert find("the food thing") == (None, ("biology", "spanish"))
    assert set(find("vocab for friday")[1]) == {"english", "spanish"}


def test_a_phrase_is_not_read_word_by_word() -> None:
    assert find("the scatter plot")[0] == "algebra"
    assert find("the plot of the novel")[0] == "english"


# What is asked


def test_two_courses_that_fit_alike_are_both_asked_about_and_no_other() -> None:
    courses = [*ALGEBRA_AND_GEOMETRY, course("art", "Art")]
    assert find("math", *courses) == (None, ("geometry", "algebra"))
    assert find("math and bio") == (None, ("biology", "algebra"))


def test_among_equals_a_course_with_an_open_goal_comes_first() -> None:
    math = [course("first", "Math 8, period 3", "Slope"), course("second", "Math 8, period 5", "Slope", goals=("Slope",))]
    assert find("math stuff", *math) == (None, ("second", "first"))
    assert find("slope", *math) == (None, ("second", "first"))


def test_a_faint_hint_is_asked_about_first_and_the_others_follow() -> None:
    many = [f"Ideas about {what}" for what in ("light", "sound", "heat", "motion", "time")]
    courses = [course("homeroom", "Homeroom", "Attendance"), course("seminar", "Seminar", *many)]
    assert find("my ideas", *courses) == (None, ("seminar", "homeroom"))


@pytest.mark.parametrize("text", ["", "?!", "help", "im stuck", "no entiendo nada", "the thing for friday"])
def test_a_message_that_names_nothing_leaves_the_first_four_in_their_order(text: str) -> None:
    assert find(text) == (None, ("algebra", "biology", "history", "english"))


def test_an_only_course_is_sure_and_no_course_is_none() -> None:
    assert find("help", SIX[2]) == ("history", ("history",))
    none: list[CourseWords[str]] = []
    found = find_course("help", none, language="en")
    assert (found.sure, found.likely, found.mention) == (None, (), None)


@given(st.text(max_size=200))
def test_any_text_is_answered(text: str) -> None:
    sure, likely = find(text)
    assert 1 <= len(set(likely)) == len(likely) <= MOST_LIKELY
    assert sure is None or likely == (sure,)
