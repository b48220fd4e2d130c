"""People: names are sealed, and a pseudonym stands in where there is none to show."""

from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from core.data.db import Database
from core.data.vault import Unreadable, Vault
from core.errors import NotFound
from core.people.accounts import LTI, Account, subject_of
from core.people.people import LONGEST_NAME, NAME, Person, add_person, find_person, names_of, new_pseudonym
from core.people.tenants import Tenant
from tests.people_made import School


def names(session: Session, vault: Vault, school: School, *people: Person) -> dict[str, str]:
    """Names by pseudonym."""
    found = names_of(session, vault, school.tenant.id, [person.id for person in people])
    return {person.pseudonym: found[person.id] for person in people if person.id in found}


def test_a_name_is_kept_sealed_and_shown_open(session: Session, vault: Vault, school: School) -> None:
    sealed = school.student.sealed_name
    assert sealed is not None
    assert b"Ada" not in sealed
    assert vault.key_of(school.student.id).open(sealed, NAME) == "Ada"
    assert names(session, vault, school, school.student, school.teacher) == {
        school.student.pseudonym: "Ada",
        school.teacher.pseudonym: "Ms Rivera",
    }


@pytest.mark.parametrize("name", [None, ""])
def test_who_has_no_name_is_shown_by_pseudonym(session: Session, vault: Vault, school: School, now: datetime, name: str | None) -> None:
    person = add_person(session, vault, school.tenant.id, name, now=now)
    assert person.sealed_name is None
    assert names(session, vault, school, person) == {person.pseudonym: person.pseudonym}


def test_whose_key_is_destroyed_is_shown_by_pseudonym(session: Session, vault: Vault, school: School) -> None:
    vault.destroy(school.student.id)
    assert names(session, vault, school, school.student) == {school.student.pseudonym: school.student.pseudonym}


def test_a_long_name_is_cut(session: Session, vault: Vault, school: School, now: datetime) -> None:
    person = add_person(session, vault, school.tenant.id, "é" * (LONGEST_NAME + 1), now=now)
    assert names(session, vault, school, person) == {person.pseudonym: "é" * LONGEST_NAME}


def test_a_name_moved_to_another_person_does_not_open(session: Session, vault: Vault, school: School) -> None:
    school.student.sealed_name = school.teacher.sealed_name
    session.add(school.student)
    session.flush()
    with pytest.raises(Unreadable):
        names(session, vault, school, school.student)


def test_names_stay_within_the_school(session: Session, vault: Vault, school: School, neighbours: School) -> None:
    assert names(session, vault, school, neighbours.student) == {}
    assert names_of(session, vault, school.tenant.id, []) == {}


def test_a_person_is_found_in_their_own_school_only(session: Session, school: School, neighbours: School) -> None:
    assert find_person(session, school.tenant.id, school.student.id) is school.student
    for tenant_id, person_id in ((neighbours.tenant.id, school.student.id), (school.tenant.id, uuid4())):
        with pytest.raises(NotFound):
            find_person(session, tenant_id, person_id)


def test_pseudonyms_are_random_and_can_be_read_aloud() -> None:
    made = {new_pseudonym() for _ in range(2000)}
    assert len(made) == 2000
    assert {len(one) for one in made} == {12}
    assert not set("".join(made)) & set("01OI")


def test_a_pseudonym_is_unique_within_a_school_only(session: Session, school: School, neighbours: School, now: datetime) -> None:
    session.add(Person(tenant_id=neighbours.tenant.id, pseudonym=school.student.pseudonym, created_at=now))
    session.flush()
    session.add(Person(tenant_id=school.tenant.id, pseudonym=school.student.pseudonym, created_at=now))
    with pytest.raises(IntegrityError):
        session.flush()


def test_a_persons_pseudonym_tells_nothing_of_their_name(session: Session, vault: Vault, school: School, now: datetime) -> None:
    twins = [add_person(session, vault, school.tenant.id, "Ada", now=now) for _ in range(2)]
    assert twins[0].pseudonym != twins[1].pseudonym


@pytest.mark.parametrize("kind", ["sqlite"])
def test_no_name_lies_open_in_the_files_of_the_databases(
    database: Database, vault: Vault, kept_school: School, now: datetime, tmp_path: Path
) -> None:
    with database.aside() as session:
        add_person(session, vault, kept_school.tenant.id, "Quillon Featherstonehaugh", now=now)
    database.dispose()
    vault.dispose()
    on_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert kept_school.tenant.name.encode() in on_disk
    for word in (b"Quillon", b"Feather", b"Ms Rivera"):
        assert word not in on_disk


def account(school: School, person: Person, now: datetime, subject: str = "7", realm: str = "https://lms.riverside.example") -> Account:
    return Account(tenant_id=school.tenant.id, person_id=person.id, channel=LTI, realm=realm, subject=subject, created_at=now)


def test_a_realm_knows_a_person_by_its_own_subject(session: Session, school: School, now: datetime) -> None:
    session.add_all([account(school, school.student, now), account(school, school.student, now, "U12", "https://other.example")])
    session.flush()
    ask = (session, school.tenant.id, school.student.id, LTI)
    assert subject_of(*ask, "https://lms.riverside.example") == "7"
    assert subject_of(*ask, "https://other.example") == "U12"
    assert subject_of(*ask, "https://unknown.example") is None
    assert subject_of(session, school.tenant.id, school.teacher.id, LTI, "https://other.example") is None


def test_one_subject_is_one_person(session: Session, school: School, now: datetime) -> None:
    session.add(account(school, school.student, now))
    session.flush()
    session.add(account(school, school.teacher, now))
    with pytest.raises(IntegrityError):
        session.flush()


def test_two_schools_on_one_platform_may_know_the_same_subject(session: Session, school: School, neighbours: School, now: datetime) -> None:
    session.add_all([account(school, school.student, now), account(neighbours, neighbours.student, now)])
    session.flush()
    realm = "https://lms.riverside.example"
    assert subject_of(session, neighbours.tenant.id, neighbours.student.id, LTI, realm) == "7"
    assert subject_of(session, school.tenant.id, neighbours.student.id, LTI, realm) is None


def test_an_account_goes_with_its_person(session: Session, school: School, now: datetime) -> None:
    person = Person(tenant_id=school.tenant.id, pseudonym=new_pseudonym(), created_at=now)
    session.add(person)
    session.flush()
    session.add(account(school, person, now))
    session.flush()
    session.delete(person)
    session.flush()
    assert session.get(Tenant, school.tenant.id) is school.tenant
    assert subject_of(session, school.tenant.id, person.id, LTI, "https://lms.riverside.example") is None
