"""Feedback reaches the school's admins, each read is audited, and the answer reaches whoever said it."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import Session

from core.data.outbox import OutboxEntry
from core.data.vault import KeyDestroyed, Vault
from core.errors import NotFound
from core.journal.feedback import (
    ANSWER,
    RECORD,
    WORDS,
    Feedback,
    FeedbackAnswered,
    answer_feedback,
    count_open_feedback,
    find_feedback,
    give_feedback,
    open_feedback,
    own_feedback,
    take_back_feedback,
)
from core.journal.notices import TALK, Notice
from core.journal.words import LONGEST_WORDS, WordsMissing, WordsTooLong
from core.people.access import Role
from core.people.audit import reads_of
from core.people.people import add_person
from core.people.roles import SchoolRole, grant
from core.people.viewers import Me
from tests.people_made import School, look_as

SAID = "the check in asks too much on mondays"


@pytest.fixture
def admin(session: Session, school: School, vault: Vault, now: datetime) -> Me:
    """Somebody who administers the school."""
    person = add_person(session, vault, school.tenant.id, "Mx Adler", now=now)
    grant(session, school.tenant.id, person.id, SchoolRole.TENANT_ADMIN, by=None, now=now)
    return look_as(session, school, person, Role.TENANT_ADMIN, now=now)


def say(session: Session, school: School, vault: Vault, now: datetime, words: str = SAID, course_id: UUID | None = None) -> Feedback:
    return give_feedback(session, vault.key_of(school.student.id), school.tenant.id, school.student.id, words, course_id=course_id, now=now)


def test_an_admin_reads_what_was_said_oldest_first_and_not_by_whom(
    session: Session, school: School, vault: Vault, now: datetime, admin: Me
) -> None:
    newer = say(session, school, vault, now, course_id=school.course.id)
    older = say(session, school, vault, now - timedelta(days=1), "I like the drawing trick\nmore of it?")
    waiting = open_feedback(session, vault, admin, now=now)
    assert [(one.feedback_id, one.words, one.course) for one in waiting] == [
        (older.id, "I like the drawing trick\nmore of it?", None),
        (newer.id, SAID, "Algebra 1"),
    ]
    assert not hasattr(waiting[0], "person_id")


def test_each_read_is_audited_for_its_author_to_see(session: Session, school: School, vault: Vault, now: datetime, admin: Me) -> None:
    given = say(session, school, vault, now)
    open_feedback(session, vault, admin, now=now)
    (read,) = reads_of(session, school.tenant.id, school.student.id)
    assert (read.record_class, read.record_id, read.reader_id, read.reader_role) == (RECORD, given.id, admin.person_id, "tenant_admin")


def test_only_what_is_shown_counts_as_read(session: Session, school: School, vault: Vault, now: datetime, admin: Me) -> None:
    for day in range(3):
        say(session, school, vault, now + timedelta(days=day))
    assert len(open_feedback(session, vault, admin, most=2, now=now)) == 2
    assert len(reads_of(session, school.tenant.id, school.student.id)) == 2
    assert count_open_feedback(session, school.tenant.id) == 3


def test_an_answer_is_its_authors_and_they_are_told(session: Session, school: School, vault: Vault, now: datetime, admin: Me) -> None:
    given = say(session, school, vault, now)
    answer_feedback(session, vault, admin, given.id, "Fewer from next week on.", now=now + timedelta(hours=1))
    assert open_feedback(session, vault, admin, now=now) == []
    assert count_open_feedback(session, school.tenant.id) == 0
    (mine,) = own_feedback(session, vault.key_of(school.student.id), school.tenant.id, school.student.id, 10)
    assert (mine.words, mine.answer, mine.answered_by, mine.answered_at) == (
        SAID,
        "Fewer from next week on.",
        admin.person_id,
        now + timedelta(hours=1),
    )
    (told,) = session.scalars(select(OutboxEntry)).all()
    assert (told.kind, told.destination, told.subject_id) == (Notice.FEEDBACK_ANSWERED, TALK, school.student.id)
    assert told.payload == {"feedback": str(given.id), "at": (now + timedelta(hours=1)).isoformat()}


def test_it_is_answered_once(session: Session, school: School, vault: Vault, now: datetime, admin: Me) -> None:
    given = say(session, school, vault, now)
    answer_feedback(session, vault, admin, given.id, "Fewer.", now=now)
    with pytest.raises(FeedbackAnswered):
        answer_feedback(session, vault, admin, given.id, "More.", now=now)
    assert find_feedback(session, vault.key_of(school.student.id), school.tenant.id, school.student.id, given.id).answer == "Fewer."
    assert len(session.scalars(select(OutboxEntry)).all()) == 1


@pytest.mark.parametrize(("words", "error"), [("", WordsMissing), (" \n", WordsMissing), ("x" * (LONGEST_WORDS + 1), WordsTooLong)])
def test_words_that_cannot_be_kept_are_refused(
    session: Session, school: School, vault: Vault, now: datetime, admin: Me, words: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        say(session, school, vault, now, words)
    given = say(session, school, vault, now)
    with pytest.raises(error):
        answer_feedback(session, vault, admin, given.id, words, now=now)
    assert count_open_feedback(session, school.tenant.id) == 1


def test_words_are_sealed_with_their_authors_key(session: Session, school: School, vault: Vault, now: datetime, admin: Me) -> None:
    given = say(session, school, vault, now)
    answer_feedback(session, vault, admin, given.id, "Fewer.", now=now)
    key = vault.key_of(school.student.id)
    assert given.sealed_answer is not None
    assert (key.open(given.sealed_words, WORDS), key.open(given.sealed_answer, ANSWER)) == (SAID, "Fewer.")
    assert b"monday" not in given.sealed_words


def test_nobody_else_reads_or_answers(session: Session, school: School, neighbours: School, vault: Vault, now: datetime, admin: Me) -> None:
    given = say(session, school, vault, now)
    grant(session, neighbours.tenant.id, neighbours.teacher.id, SchoolRole.TENANT_ADMIN, by=None, now=now)
    elsewhere = look_as(session, neighbours, neighbours.teacher, Role.TENANT_ADMIN, now=now)
    claims_to_be = look_as(session, school, school.teacher, Role.TENANT_ADMIN, now=now)
    assert open_feedback(session, vault, elsewhere, now=now) == []
    for stranger in (elsewhere, claims_to_be):
        with pytest.raises(NotFound):
            answer_feedback(session, vault, stranger, given.id, "mine", now=now)
    with pytest.raises(NotFound):
        open_feedback(session, vault, claims_to_be, now=now)
    with pytest.raises(NotFound):
        find_feedback(session, vault.key_of(school.teacher.id), school.tenant.id, school.teacher.id, given.id)
    assert reads_of(session, school.tenant.id, school.student.id) == []


def test_what_nobody_answered_can_be_taken_back_by_its_author(
    session: Session, school: School, vault: Vault, now: datetime, admin: Me
) -> None:
    given, other = say(session, school, vault, now), say(session, school, vault, now)
    with pytest.raises(NotFound):
        take_back_feedback(session, school.tenant.id, school.teacher.id, given.id)
    take_back_feedback(session, school.tenant.id, school.student.id, given.id)
    assert [one.feedback_id for one in open_feedback(session, vault, admin, now=now)] == [other.id]
    answer_feedback(session, vault, admin, other.id, "Fewer.", now=now)
    with pytest.raises(FeedbackAnswered):
        take_back_feedback(session, school.tenant.id, school.student.id, other.id)


def test_what_an_erased_person_said_is_not_shown(session: Session, school: School, vault: Vault, now: datetime, admin: Me) -> None:
    given = say(session, school, vault, now)
    vault.destroy(school.student.id)
    assert open_feedback(session, vault, admin, now=now) == []
    with pytest.raises(KeyDestroyed):
        answer_feedback(session, vault, admin, given.id, "Too late.", now=now)
