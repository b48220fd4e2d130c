"""Reflections: for their author only, unless adults were chosen for this one; taken back at any time; every read audited."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import Session, col

from core.courses.enrolments import Enrolment
from core.data.vault import KeyDestroyed, Vault
from core.errors import CoreError, NotFound
from core.journal.adults import NotTheirAdult
from core.journal.goal_setting import Details, set_goal
from core.journal.prompts import Phase
from core.journal.reflections import (
    REPLY,
    WORDS,
    Reflection,
    own_reflections,
    read_reflection,
    readers_of,
    replies_to,
    reply,
    shared_with,
    withdraw_reflection,
    write_reflection,
)
from core.journal.student import Student
from core.journal.words import WordsMissing
from core.people.audit import reads_of
from tests.core.journal.conftest import Adult, Later
from tests.people_made import School

Told = Callable[[], list[str]]


def write(session: Session, student: Student, now: datetime, *readers: Adult, **more: Any) -> Reflection:
    chosen = [reader.person_id for reader in readers]
    return write_reflection(session, student, "what_helped", "drawing it", readers=chosen, now=now, **more)


def test_it_is_for_its_author_only(session: Session, vault: Vault, ada: Student, rivera: Adult, told: Told, now: datetime) -> None:
    made = write(session, ada, now)
    assert ada.key.open(made.sealed_words, WORDS) == "drawing it"
    assert (made.phase, made.prompt, made.goal_id) == (Phase.PERFORMANCE, "what_helped", None)
    assert (readers_of(session, ada.tenant_id, [made.id]), shared_with(session, rivera, 9)) == ({}, [])
    with pytest.raises(NotFound):
        read_reflection(session, vault, rivera, made.id, why="inbox", now=now)
    assert reads_of(session, ada.tenant_id, ada.person_id) == []
    assert told() == ["reflection.written"]


def test_whom_the_student_chose_reads_it_and_that_is_written_down(
    session: Session, vault: Vault, ada: Student, rivera: Adult, bell: Adult, okafor: Adult, now: datetime
) -> None:
    made = write(session, ada, now, rivera, okafor)
    assert set(readers_of(session, ada.tenant_id, [made.id])[made.id]) == {rivera.person_id, okafor.person_id}
    for reader in (rivera, okafor):
        (listed,) = shared_with(session, reader, 9)
        assert (listed.reflection_id, listed.words) == (made.id, None)
        assert read_reflection(session, vault, reader, made.id, why="inbox", channel="slack", now=now).words == "drawing it"
    with pytest.raises(NotFound):
        read_reflection(session, vault, bell, made.id, why="inbox", now=now)
    reads = reads_of(session, ada.tenant_id, ada.person_id)
    assert [(one.reader_id, one.record_class, one.record_id) for one in reversed(reads)] == [
        (rivera.person_id, "reflection", made.id),
        (okafor.person_id, "reflection", made.id),
    ]
    assert {(one.channel, one.why) for one in reads} == {("slack", "inbox")}


def test_each_one_is_chosen_for_anew(session: Session, ada: Student, rivera: Adult, later: Later) -> None:
    chosen, _ = write(session, ada, later(), rivera), write(session, ada, later())
    assert [one.reflection_id for one in shared_with(session, rivera, 9)] == [chosen.id]


def test_taken_back_it_is_its_authors_again(session: Session, vault: Vault, ada: Student, rivera: Adult, told: Told, later: Later) -> None:
    made = write(session, ada, later(), rivera)
    for _ in range(2):
        withdraw_reflection(session, ada.tenant_id, ada.person_id, made.id, now=later())
    assert made.withdrawn_at is not None
    for deed in (
        lambda: read_reflection(session, vault, rivera, made.id, why="inbox", now=later()),
        lambda: reply(session, vault, rivera, made.id, "well said", now=later()),
    ):
        with pytest.raises(NotFound):
            deed()
    assert shared_with(session, rivera, 9) == []
    assert list(own_reflections(session, ada.tenant_id, ada.person_id, 9)) == [made]
    assert told() == ["reflection.written", "reflection.withdrawn"]


@pytest.mark.parametrize("who", ["lane", "stranger"])
def test_only_an_adult_of_the_student_can_be_chosen(
    session: Session, ada: Student, told: Told, now: datetime, who: str, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(NotTheirAdult):
        write(session, ada, now, request.getfixturevalue(who))
    assert told() == []


def test_neither_a_classmate_nor_oneself_can_be_chosen(session: Session, ada: Student, ben: Student, now: datetime) -> None:
    for person in (ada, ben):
        with pytest.raises(NotTheirAdult):
            write_reflection(session, ada, "what_helped", "x", readers=[person.person_id], now=now)


def test_whoever_leaves_the_course_reads_no_more(session: Session, vault: Vault, ada: Student, rivera: Adult, now: datetime) -> None:
    made = write(session, ada, now, rivera)
    session.execute(update(Enrolment).where(col(Enrolment.person_id) == rivera.person_id).values(active=False))
    with pytest.raises(NotFound):
        read_reflection(session, vault, rivera, made.id, why="inbox", now=now)
    assert shared_with(session, rivera, 9) == []


def test_a_reply_is_for_its_author(session: Session, vault: Vault, ada: Student, ben: Student, rivera: Adult, later: Later) -> None:
    made = write(session, ada, later(), rivera)
    for words in ("I like that you drew it.", "Try it on set 3."):
        reply(session, vault, rivera, made.id, words, now=later())
    found = replies_to(session, ada.tenant_id, ada.person_id, made.id)
    assert [ada.key.open(one.sealed_words, REPLY) for one in found] == ["I like that you drew it.", "Try it on set 3."]
    assert replies_to(session, ben.tenant_id, ben.person_id, made.id) == []
    with pytest.raises(WordsMissing):
        reply(session, vault, rivera, made.id, " ", now=later())


@pytest.mark.parametrize(
    ("prompt", "words", "error"), [("no_such_prompt", "x", NotFound), ("what_helped", "", WordsMissing)], ids=["prompt", "words"]
)
def test_what_cannot_be_kept_is_refused(
    session: Session, ada: Student, told: Told, now: datetime, prompt: str, words: str, error: type[CoreError]
) -> None:
    with pytest.raises(error):
        write_reflection(session, ada, prompt, words, now=now)
    assert told() == []


def test_it_is_about_a_goal_of_its_author(session: Session, ada: Student, ben: Student, now: datetime) -> None:
    goal = set_goal(session, ada, date(2026, 12, 4), details=Details(words="slope"), now=now)
    assert write(session, ada, now, goal_id=goal.id).goal_id == goal.id
    with pytest.raises(NotFound):
        write(session, ben, now, goal_id=goal.id)


def test_nobody_else_takes_it_back_or_lists_it(session: Session, neighbours: School, ada: Student, ben: Student, later: Later) -> None:
    newest = [write(session, ada, later()).id for _ in range(3)][::-1]
    with pytest.raises(NotFound):
        withdraw_reflection(session, ben.tenant_id, ben.person_id, newest[0], now=later())
    with pytest.raises(NotFound):
        withdraw_reflection(session, neighbours.tenant.id, ada.person_id, newest[0], now=later())
    assert [one.id for one in own_reflections(session, ada.tenant_id, ada.person_id, 2)] == newest[:2]
    assert own_reflections(session, neighbours.tenant.id, ada.person_id, 2) == []


def test_after_the_key_is_destroyed_nobody_reads_it(session: Session, vault: Vault, ada: Student, rivera: Adult, now: datetime) -> None:
    made = write(session, ada, now, rivera)
    vault.destroy(ada.person_id)
    with pytest.raises(KeyDestroyed):
        read_reflection(session, vault, rivera, made.id, why="inbox", now=now)
