"""The admins' list of what people say about Paceline: read without names, audited, answered once."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core.data.db import Database
from core.data.outbox import OutboxEntry
from core.data.vault import Vault
from core.journal.feedback import Feedback, give_feedback, own_feedback
from core.people.access import Role
from core.people.audit import reads_of
from core.people.roles import SchoolRole, grant
from tests.people_made import School, join
from tests.web.conftest import Look
from tests.web.looking import Looker

PAGE = "/admin/feedback"
HOSTILE = '"><script>alert(1)</script>{{ 7*7 }}'


@pytest.fixture
def admin(look: Look, database: Database, vault: Vault, kept_school: School, now: datetime) -> Looker:
    """Somebody who administers the school, and teaches nobody."""
    with database.aside() as session:
        person = join(session, vault, kept_school.course, "Mx Adler", Role.VISITOR, now=now)
        grant(session, kept_school.tenant.id, person.id, SchoolRole.TENANT_ADMIN, by=None, now=now)
    return look(person, Role.TENANT_ADMIN, None)


@pytest.fixture
def given(database: Database, vault: Vault, kept_school: School, now: datetime) -> Feedback:
    """What Ada said in Algebra an hour ago."""
    ada = kept_school.student
    with database.aside() as session:
        key, before = vault.key_of(ada.id), now - timedelta(hours=1)
        return give_feedback(
            session, key, ada.tenant_id, ada.id, "too many questions\non mondays", course_id=kept_school.course.id, now=before
        )


def test_an_empty_list_says_so(admin: Looker) -> None:
    page = admin.read(PAGE)
    assert "Nothing waits for an answer." in page
    assert "Feedback" in admin.read("/admin")


def test_words_are_shown_with_their_course_and_without_a_name(admin: Looker, given: Feedback, kept_school: School) -> None:
    page = admin.read(PAGE)
    assert "too many questions on mondays" in page
    assert "Algebra 1" in page
    assert "Ada" not in page
    assert kept_school.student.pseudonym not in admin.get(PAGE).text
    assert "Feedback 1" in admin.read("/admin"), "the school's page counts what waits"


def test_each_look_is_audited_for_its_author(admin: Looker, ada: Looker, given: Feedback, database: Database, kept_school: School) -> None:
    admin.read(PAGE)
    with database.session(writes=False) as session:
        (read,) = reads_of(session, kept_school.tenant.id, kept_school.student.id)
    assert (read.record_class, read.record_id, read.reader_id) == ("feedback", given.id, admin.me.person_id)
    assert "Mx Adler" in ada.read("/records")


def test_an_answer_reaches_its_author(admin: Looker, given: Feedback, database: Database, vault: Vault, kept_school: School) -> None:
    page = admin.follow(admin.post(f"{PAGE}/{given.id}/answer", words="Fewer from next week."))
    assert "The answer is on its way." in page
    assert "Nothing waits for an answer." in page
    ada = kept_school.student
    with database.session(writes=False) as session:
        (mine,) = own_feedback(session, vault.key_of(ada.id), ada.tenant_id, ada.id, 10)
        (told,) = session.scalars(select(OutboxEntry)).all()
    assert mine.answer == "Fewer from next week."
    assert (told.subject_id, told.payload["feedback"]) == (ada.id, str(given.id))


def test_the_second_answer_is_not_sent(admin: Looker, given: Feedback, database: Database) -> None:
    admin.post(f"{PAGE}/{given.id}/answer", words="Fewer.")
    assert "Somebody answered this before." in admin.follow(admin.post(f"{PAGE}/{given.id}/answer", words="More."))
    with database.session(writes=False) as session:
        assert len(session.scalars(select(OutboxEntry)).all()) == 1


@pytest.mark.parametrize("words", ["", "  \r\n ", "x" * 2001])
def test_an_answer_that_cannot_be_kept_is_said_and_not_sent(admin: Looker, given: Feedback, words: str) -> None:
    page = admin.follow(admin.post(f"{PAGE}/{given.id}/answer", words=words))
    assert "empty or too long" in page
    assert "too many questions" in page, "it still waits"


def test_hostile_words_are_words(admin: Looker, database: Database, vault: Vault, kept_school: School, now: datetime) -> None:
    with database.aside() as session:
        give_feedback(session, vault.key_of(kept_school.student.id), kept_school.tenant.id, kept_school.student.id, HOSTILE, now=now)
    assert HOSTILE in admin.read(PAGE)
    assert "<script>" not in admin.get(PAGE).text


def test_the_rest_of_a_long_list_is_counted(admin: Looker, database: Database, vault: Vault, kept_school: School, now: datetime) -> None:
    ada = kept_school.student
    with database.aside() as session:
        for number in range(52):
            give_feedback(session, vault.key_of(ada.id), ada.tenant_id, ada.id, f"thought {number}", now=now + timedelta(seconds=number))
    page = admin.read(PAGE)
    assert "thought 49" in page
    assert "thought 50" not in page
    assert "2 more wait." in page


def test_nobody_else_gets_in(ada: Looker, ms_rivera: Looker, look: Look, given: Feedback, kept_school: School) -> None:
    for somebody in (ada, ms_rivera):
        assert somebody.get(PAGE).status_code == 403
        assert somebody.post(f"{PAGE}/{given.id}/answer", words="mine").status_code == 403
    once_admin = look(kept_school.teacher, Role.TENANT_ADMIN, None)
    assert once_admin.get(PAGE).status_code == 404, "a viewer that outlived the role"
    assert once_admin.post(f"{PAGE}/{given.id}/answer", words="mine").status_code == 404


def test_what_is_not_there_is_not_there(admin: Looker) -> None:
    assert admin.post(f"{PAGE}/00000000-0000-0000-0000-000000000000/answer", words="hello").status_code == 404
