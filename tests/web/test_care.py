"""The pages of safety concerns: for whom the school named, and for nobody else; the crisis lines on the admin page."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session, select

from core.care.resources import defaults, resources_of
from core.care.safety import SafetyConcern, Tier, raise_concern
from core.data.db import Database
from core.data.vault import Vault
from core.people.access import Role
from core.people.audit import ReadAudit
from core.people.people import Person, add_person, find_person
from core.people.roles import SchoolRole, grant
from tests.people_made import School, join, make_school
from tests.web.conftest import Look
from tests.web.looking import Looker, words

HURT = "i want to <b>hurt</b> myself"
NOT_WATCHED = "Nobody watches this page day and night."


def raise_about(session: Session, vault: Vault, person: Person, now: datetime, **more: Any) -> UUID:
    """A concern about a student; its id."""
    facts: dict[str, Any] = {
        "tier": Tier.ACUTE,
        "reason": "self_harm",
        "rule": "en.hurt",
        "words": HURT,
        "channel": "web",
        "zone": "UTC",
        "now": now,
    }
    about: dict[str, Any] = {"tenant_id": person.tenant_id, "person_id": person.id}
    return raise_concern(session, vault.key_of(person.id), **about, **facts | more).id


@pytest.fixture
def concern(database: Database, vault: Vault, kept_school: School, now: datetime) -> UUID:
    """An acute concern about Ada."""
    with database.aside() as session:
        return raise_about(session, vault, kept_school.student, now)


@pytest.fixture
def brooks(database: Database, vault: Vault, kept_school: School, now: datetime) -> Person:
    """The school's safety contact."""
    with database.aside() as session:
        person = add_person(session, vault, kept_school.tenant.id, "Ms Brooks", now=now)
        grant(session, kept_school.tenant.id, person.id, SchoolRole.SAFETY_CONTACT, by=None, now=now)
    return person


@pytest.fixture
def contact(look: Look, brooks: Person) -> Looker:
    """Ms Brooks, in no course."""
    return look(brooks, Role.VISITOR, None)


@pytest.fixture
def admin(look: Look, database: Database, vault: Vault, kept_school: School, now: datetime) -> Looker:
    """The school's admin, who is no safety contact."""
    with database.aside() as session:
        kim = add_person(session, vault, kept_school.tenant.id, "Kim Lee", now=now)
        grant(session, kept_school.tenant.id, kim.id, SchoolRole.TENANT_ADMIN, by=None, now=now)
    return look(kim, Role.TENANT_ADMIN, None)


def kept(database: Database, concern: UUID) -> SafetyConcern:
    with database.session(writes=False) as session:
        found = session.get(SafetyConcern, concern)
        assert found is not None
        return found


def reads(database: Database) -> list[ReadAudit]:
    with database.session(writes=False) as session:
        return list(session.exec(select(ReadAudit)))


# Who may


def try_all(looker: Looker, concern: UUID) -> set[int]:
    """The statuses of everything that can be asked about a concern."""
    page = f"/concerns/{concern}"
    asked = [looker.get("/concerns"), looker.get(page), looker.post(f"{page}/see"), looker.post(f"{page}/close", outcome="talked")]
    return {one.status_code for one in asked}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("kind", ["sqlite"])
def test_whom_the_school_did_not_name_finds_nothing(
    look: Look, database: Database, vault: Vault, kept_school: School, concern: UUID, now: datetime, role: Role
) -> None:
    with database.aside() as session:
        person = join(session, vault, kept_school.course, "Pat", role, now=now)
    looker = look(person, role)
    assert try_all(looker, concern) == ({403} if role in (Role.STUDENT, Role.GUARDIAN) else {404})
    assert "/concerns" not in looker.get().text
    assert (kept(database, concern).state, reads(database)) == ("open", [])


@pytest.mark.parametrize("role", [Role.STUDENT, Role.GUARDIAN])
@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_contact_who_looks_as_a_student_or_guardian_is_refused(
    look: Look, database: Database, kept_school: School, brooks: Person, concern: UUID, role: Role
) -> None:
    looker = look(brooks, role)
    assert try_all(looker, concern) == {403}
    assert "/concerns" not in looker.get().text
    assert reads(database) == []


@pytest.mark.parametrize("kind", ["sqlite"])
def test_an_admin_who_is_no_contact_finds_the_roster_of_contacts_only(
    admin: Looker, brooks: Person, database: Database, concern: UUID
) -> None:
    assert try_all(admin, concern) == {404}
    assert "Ms Brooks" in admin.read("/admin")
    assert str(concern) not in admin.get("/admin").text
    assert reads(database) == []


def test_another_schools_contact_finds_nothing(
    look: Look, database: Database, vault: Vault, kept_school: School, concern: UUID, now: datetime
) -> None:
    with database.aside() as session:
        theirs = make_school(session, vault, now=now, name="Lakeside High", issuer="https://lms.lakeside.example")
        grant(session, theirs.tenant.id, theirs.teacher.id, SchoolRole.SAFETY_CONTACT, by=None, now=now)
    stranger = look(theirs.teacher, Role.TEACHER, theirs.course)
    page = stranger.read("/concerns")
    assert "Nothing waits." in page
    assert "Ada" not in page
    assert stranger.get(f"/concerns/{concern}").status_code == 404
    assert reads(database) == []


# The list and the words


def test_the_list_names_who_and_since_when_and_no_words(contact: Looker, database: Database, concern: UUID) -> None:
    page = contact.read("/concerns")
    for said in ("Ada", "Nobody has looked yet", "Urgent", "Self-harm", NOT_WATCHED, "988 Suicide & Crisis Lifeline", "Text 988"):
        assert said in page
    assert "hurt myself" not in page
    assert reads(database) == []


def test_the_words_are_shown_as_they_were_typed_and_the_read_is_written_down(
    contact: Looker, ada: Looker, database: Database, brooks: Person, concern: UUID
) -> None:
    page = contact.get(f"/concerns/{concern}")
    assert page.status_code == 200
    assert "i want to &lt;b&gt;hurt&lt;/b&gt; myself" in page.text
    for said in (NOT_WATCHED, "is recorded, and the student can see it"):
        assert said in words(page.text)
    (read,) = reads(database)
    assert (read.reader_id, read.record_class, read.record_id, read.why) == (brooks.id, "safety_concern", concern, "concern")
    records = ada.read("/records")
    assert "Ms Brooks" in records
    assert "Words about your safety" in records


def test_seen_and_closed_are_pressed_and_say_so(contact: Looker, database: Database, brooks: Person, concern: UUID) -> None:
    page = f"/concerns/{concern}"
    assert "I have seen this" in contact.read(page)
    assert kept(database, concern).state == "open", "opening it is not pressing"
    seen = contact.follow(contact.post(f"{page}/see"))
    assert "Noted: you have seen it." in seen
    assert "Seen by Ms Brooks" in seen
    assert "I have seen this" not in seen
    listed = contact.follow(contact.post(f"{page}/close", outcome="referred"))
    for said in ("The concern is closed.", "1 closed concern", "Closed by Ms Brooks", "Passed on to somebody who helps", "Nothing waits."):
        assert said in listed
    closed = kept(database, concern)
    assert (closed.state, closed.outcome, closed.closed_by) == ("closed", "referred", brooks.id)
    again = contact.post(f"{page}/close", outcome="talked")
    assert again.status_code == 409
    assert "This concern is closed already." in again.text
    assert "What came of it?" not in contact.read(page)


@pytest.mark.parametrize("outcome", ["", "fine", "closed"])
@pytest.mark.parametrize("kind", ["sqlite"])
def test_an_outcome_that_is_none_is_refused(contact: Looker, database: Database, concern: UUID, outcome: str) -> None:
    assert contact.post(f"/concerns/{concern}/close", outcome=outcome).status_code == 422
    assert kept(database, concern).state == "open"


@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_the_student_said_when_asked_is_shown(
    contact: Looker, database: Database, vault: Vault, kept_school: School, concern: UUID, now: datetime
) -> None:
    said = {None: "the student did not answer", True: "said they want help", False: "later said they are OK"}
    with database.aside() as session:
        for wants_help in said:
            key = raise_about(session, vault, kept_school.student, now, tier=Tier.AMBIGUOUS)
            row = session.get(SafetyConcern, key)
            assert row is not None
            row.state, row.wants_help = "open", wants_help
    page = contact.read("/concerns")
    assert [page.count(one) for one in said.values()] == [1, 1, 1]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_check_that_waits_for_the_student_is_nobody_elses(
    contact: Looker, database: Database, vault: Vault, kept_school: School, now: datetime
) -> None:
    with database.aside() as session:
        waiting = raise_about(session, vault, kept_school.student, now, tier=Tier.AMBIGUOUS)
    assert "Ada" not in contact.read("/concerns")
    assert contact.get(f"/concerns/{waiting}").status_code == 404
    assert contact.get(f"/concerns/{uuid4()}").status_code == 404


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_call_without_words_says_so(contact: Looker, database: Database, concern: UUID) -> None:
    with database.aside() as session:
        row = session.get(SafetyConcern, concern)
        assert row is not None
        row.sealed_words, row.reason = None, "asked"
    page = contact.read(f"/concerns/{concern}")
    assert "No words: the student pressed the button" in page
    assert "Asked for a person" in page


@pytest.mark.parametrize("kind", ["sqlite"])
def test_in_spanish_too(contact: Looker, database: Database, brooks: Person, concern: UUID) -> None:
    with database.aside() as session:
        find_person(session, brooks.tenant_id, brooks.id).language = "es"
    page = contact.read("/concerns")
    for said in ("Nadie vigila esta página día y noche.", "Autolesión", "Llama al 988 (oprime 2)"):
        assert said in page


# The way there


def test_home_leads_a_contact_to_the_concerns(contact: Looker) -> None:
    assert f'href="/v/{contact.me.handle}/concerns"' in contact.get().text
    assert "Safety concerns" in contact.read()


def test_a_teacher_who_is_a_contact_has_the_way_on_every_page(
    ms_rivera: Looker, database: Database, kept_school: School, now: datetime
) -> None:
    link = f'href="/v/{ms_rivera.me.handle}/concerns"'
    assert link not in ms_rivera.get("/roster").text
    with database.aside() as session:
        grant(session, kept_school.tenant.id, kept_school.teacher.id, SchoolRole.SAFETY_CONTACT, by=None, now=now)
    for path in ("/", "/roster", "/records"):
        assert link in ms_rivera.get(path).text
    assert f'{link} aria-current="page"' in ms_rivera.get("/concerns").text


# The admin's part


def test_what_is_missing_is_there_to_be_done(admin: Looker, database: Database, brooks: Person, kept_school: School, now: datetime) -> None:
    page = admin.read("/admin")
    assert "Name a safety contact." not in page
    assert "Check the crisis lines." in page
    assert "lead nowhere outside the United States" in page
    admin.post("/admin/roles/revoke", person=brooks.id, role="safety_contact")
    assert "Name a safety contact." in admin.read("/admin")
    admin.post("/admin/roles", person=brooks.id, role="safety_contact")
    admin.post("/admin/lines", language="en", **line("Samaritans", "phone", "116 123"))
    page = admin.read("/admin")
    for unsaid in ("To do", "Name a safety contact.", "Check the crisis lines.", "lead nowhere outside"):
        assert unsaid not in page


def line(*row: str) -> dict[str, list[str]]:
    """A row of the form of crisis lines, and an empty one."""
    return {name: [value, other] for name, value, other in zip(("name", "kind", "reach"), row, ("", "phone", " "), strict=True)}


def test_an_admin_names_the_schools_own_lines(admin: Looker, contact: Looker, database: Database, kept_school: School) -> None:
    assert 'value="988 Suicide &amp; Crisis Lifeline"' in admin.get("/admin").text
    said = admin.follow(admin.post("/admin/lines", language="en", **line(" Samaritans ", "phone", "116 123")))
    assert "Students see these lines from now on." in said
    assert 'value="Samaritans"' in admin.get("/admin").text
    assert "Call 116 123" in contact.read("/concerns")
    with database.session(writes=False) as session:
        (own,) = resources_of(session, kept_school.tenant.id, "en")
        assert (own.name, own.address) == ("Samaritans", "tel:116123")
    admin.post("/admin/lines", language="en")
    with database.session(writes=False) as session:
        assert resources_of(session, kept_school.tenant.id, "en") == defaults()["en"]


@pytest.mark.parametrize(
    "row",
    [
        ("Samaritans", "phone", ""),
        ("", "phone", "116 123"),
        ("Chat", "url", "http://plain.example"),
        ("x", "fax", "123"),
        ("x", "phone", "9"),
    ],
)
@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_line_that_leads_nowhere_is_refused_and_nothing_typed_is_lost(
    admin: Looker, database: Database, kept_school: School, row: tuple[str, str, str]
) -> None:
    refused = admin.post("/admin/lines", language="es", **line(*row))
    assert refused.status_code == 422
    assert "Each line needs a name" in refused.text
    for typed in filter(None, (row[0], row[2])):
        assert f'value="{typed}"' in refused.text
    with database.session(writes=False) as session:
        assert resources_of(session, kept_school.tenant.id, "es") == defaults()["es"]
    again = admin.get("/admin/lines")
    assert (again.status_code, again.location) == (303, f"/v/{admin.me.handle}/admin#lines")


@pytest.mark.parametrize("language", ["", "fr"])
@pytest.mark.parametrize("kind", ["sqlite"])
def test_lines_are_of_a_language_of_ours(admin: Looker, language: str) -> None:
    assert admin.post("/admin/lines", language=language, **line("x", "phone", "988")).status_code == 422


@pytest.mark.parametrize("kind", ["sqlite"])
def test_more_lines_than_four_are_refused(admin: Looker) -> None:
    rows = {"name": ["x"] * 5, "kind": ["phone"] * 5, "reach": ["988"] * 5}
    assert admin.post("/admin/lines", language="en", **rows).status_code == 422


@pytest.mark.parametrize("kind", ["sqlite"])
def test_nobody_else_names_lines(ms_rivera: Looker, ada: Looker) -> None:
    for looker in (ms_rivera, ada):
        assert looker.post("/admin/lines", language="en", **line("x", "phone", "988")).status_code == 403
