"""Stuck: strategies as data, the teacher's own links in order, and what helped."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from core.courses.courses import find_course
from core.errors import CoreError, NotFound
from core.journal.checkins import Blocker
from core.journal.links import LinkUnusable, check_link
from core.journal.stuck import (
    STRATEGIES,
    Count,
    Link,
    LinkTitleUnusable,
    StuckOutcome,
    TooManyLinks,
    link_counts,
    links_of,
    own_counts,
    say_if_link_helped,
    say_if_strategy_helped,
    set_links,
    strategies_for,
)
from core.journal.student import Student
from tests.core.journal.conftest import Adult
from tests.people_made import School, add_course

DAY = timedelta(days=1)
VIDEO, PAGE, GAME = (Link(name, f"https://math.example/{name.lower()}") for name in ("Video", "Page", "Game"))


def give(session: Session, school: School, who: Adult, links: Sequence[Link], now: datetime) -> None:
    set_links(session, who, school.course, school.competency.id, links, now=now)


def given(session: Session, school: School) -> list[tuple[str, str]]:
    return [(one.title, one.url) for one in links_of(session, school.tenant.id, school.course.id, school.competency.id)]


# Strategies


def test_whatever_is_in_the_way_has_its_strategies() -> None:
    assert set(STRATEGIES) == set(Blocker)
    assert all(len(STRATEGIES[blocker]) >= 3 for blocker in Blocker if blocker is not Blocker.NOTHING)
    keys = [key for known in STRATEGIES.values() for key in known]
    assert len(set(keys)) == len(keys)


def test_they_come_in_order_without_those_tried_just_now(session: Session, ada: Student) -> None:
    known = list(STRATEGIES[Blocker.NOT_UNDERSTOOD])
    assert strategies_for(session, ada, Blocker.NOT_UNDERSTOOD) == known
    assert strategies_for(session, ada, Blocker.NOT_UNDERSTOOD, without=known[:1]) == known[1:]
    assert strategies_for(session, ada, Blocker.NOT_UNDERSTOOD, without=known) == []


def test_what_helped_this_student_comes_first(session: Session, ada: Student, ben: Student, now: datetime) -> None:
    say_if_strategy_helped(session, ada, "say_it_aloud", True, now=now)
    say_if_strategy_helped(session, ada, "draw_it", False, now=now)
    assert strategies_for(session, ada, Blocker.NOT_UNDERSTOOD) == [
        "say_it_aloud",
        "read_an_example_again",
        "begin_with_the_part_you_know",
        "check_one_line",
        "draw_it",
    ]
    assert strategies_for(session, ben, Blocker.NOT_UNDERSTOOD)[0] == "draw_it"


def test_the_later_word_of_a_day_counts(session: Session, ada: Student, now: datetime) -> None:
    for helped, at in ((False, now), (True, now), (True, now + DAY), (False, now + 2 * DAY)):
        say_if_strategy_helped(session, ada, "draw_it", helped, now=at)
    assert own_counts(session, ada) == {"draw_it": Count(helped=2, did_not=1)}
    with pytest.raises(NotFound):
        say_if_strategy_helped(session, ada, "copy_from_a_friend", True, now=now)


# Links


def test_links_are_the_teachers_in_the_teachers_order(session: Session, school: School, rivera: Adult, now: datetime) -> None:
    assert given(session, school) == []
    give(session, school, rivera, [VIDEO, PAGE], now)
    give(session, school, rivera, [GAME, Link("  The   video ", VIDEO.url)], now)
    assert given(session, school) == [("Game", GAME.url), ("The video", VIDEO.url)]


REFUSED: dict[str, tuple[list[Link], type[CoreError]]] = {
    "six": ([Link(str(number), f"https://a.example/{number}") for number in range(6)], TooManyLinks),
    "no title": ([PAGE, Link(" ", "https://a.example")], LinkTitleUnusable),
    "long title": ([Link("x" * 81, "https://a.example")], LinkTitleUnusable),
    "http": ([Link("x", "http://a.example")], LinkUnusable),
}


@pytest.mark.parametrize(("links", "error"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_kept_changes_nothing(
    session: Session, school: School, rivera: Adult, now: datetime, links: list[Link], error: type[CoreError]
) -> None:
    give(session, school, rivera, [VIDEO], now)
    with pytest.raises(error):
        give(session, school, rivera, links, now)
    assert given(session, school) == [("Video", VIDEO.url)]


@pytest.mark.parametrize("who", ["lane", "okafor", "stranger"])
def test_only_a_teacher_of_the_course_gives_links_and_sees_counts(
    session: Session, school: School, now: datetime, who: str, request: pytest.FixtureRequest
) -> None:
    somebody: Adult = request.getfixturevalue(who)
    with pytest.raises(NotFound):
        give(session, school, somebody, [VIDEO], now)
    with pytest.raises(NotFound):
        link_counts(session, somebody, school.course.id)


def test_a_competency_of_another_school_takes_none(
    session: Session, school: School, neighbours: School, rivera: Adult, now: datetime
) -> None:
    with pytest.raises(NotFound):
        set_links(session, rivera, school.course, neighbours.competency.id, [VIDEO], now=now)


def test_counts_stay_with_the_address_and_name_nobody(
    session: Session, school: School, ada: Student, ben: Student, rivera: Adult, now: datetime
) -> None:
    give(session, school, rivera, [VIDEO, PAGE], now)
    video, page = links_of(session, school.tenant.id, school.course.id, school.competency.id)
    for student, helped in ((ada, False), (ada, True), (ben, False)):
        say_if_link_helped(session, student, video.id, helped, now=now)
    say_if_link_helped(session, ada, page.id, True, now=now)
    give(session, school, rivera, [VIDEO], now)
    assert link_counts(session, rivera, school.course.id) == {video.id: Count(helped=1, did_not=1)}
    assert own_counts(session, ada) == {}


def test_a_link_is_of_the_students_own_course(session: Session, school: School, ada: Student, rivera: Adult, now: datetime) -> None:
    give(session, school, rivera, [VIDEO], now)
    (video,) = links_of(session, school.tenant.id, school.course.id, school.competency.id)
    elsewhere = Student(ada.person_id, add_course(session, school.deployment, "Art", now=now), ada.zone, ada.key)
    with pytest.raises(NotFound):
        say_if_link_helped(session, elsewhere, video.id, True, now=now)
    assert find_course(session, school.tenant.id, video.course_id) == school.course


@pytest.mark.parametrize("both", [True, False])
def test_an_outcome_is_about_a_strategy_or_a_link(
    session: Session, school: School, ada: Student, rivera: Adult, now: datetime, both: bool
) -> None:
    give(session, school, rivera, [VIDEO], now)
    (video,) = links_of(session, school.tenant.id, school.course.id, school.competency.id)
    said = StuckOutcome(tenant_id=ada.tenant_id, person_id=ada.person_id, course_id=ada.course.id, day=now.date(), helped=True, said_at=now)
    if both:
        said.strategy, said.link_id = "draw_it", video.id
    session.add(said)
    with pytest.raises(IntegrityError):
        session.flush()


@pytest.mark.parametrize("url", ["https://a.example", " https://a.example/b?c=d#e \n", "https://a.example:8443/ñ"])
def test_a_plain_https_address_is_kept(url: str) -> None:
    assert check_link(url) == url.strip()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.example",
        "http://a.example",
        "javascript:alert(1)",
        "https://",
        "https:///path",
        "https://ada:secret@a.example",
        "https://a.example/a b",
        "https://a.example/\u202e",
        "https://a.example\\@b.example",
        "https://a.example:99999",
        "https://[a.example",
        "https://a.example/" + "x" * 500,
    ],
)
def test_anything_else_is_not(url: str) -> None:
    with pytest.raises(LinkUnusable):
        check_link(url)
