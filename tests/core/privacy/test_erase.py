"""Erase mine: every row goes, then the key, in an order that no crash can break; what stays and what left is told."""

import json
import shutil
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col

from app.settings import new_master_key
from app.tables import metadata
from core.care import contacts, safety
from core.data.db import Database
from core.data.vault import KeyDestroyed, Unreadable, Vault, vault_metadata
from core.errors import CoreError, NotFound
from core.journal.goals import Goal
from core.people import roles
from core.people.access import Role
from core.people.people import Person, names_of
from core.people.roles import SchoolRole
from core.privacy.belongings import OWNERS
from core.privacy.erase import (
    Asker,
    ConcernWaits,
    Erasure,
    WorksWithStudents,
    erase,
    erase_person,
    erasures_of,
    finish_erasures,
)
from core.privacy.export import export_person
from tests.conftest import open_hastily
from tests.lives import Life, Staff, hire, live
from tests.people_made import School, add_course, enrol, join


@pytest.fixture
def lived(database: Database, vault: Vault, kept_school: School, now: datetime) -> tuple[Life, Life, Staff]:
    """Ada and Ben with a life behind them, committed."""
    with database.aside() as session:
        staff = hire(session, vault, kept_school, now=now)
        ben = join(session, vault, kept_school.course, "Ben", Role.STUDENT, now=now)
        return (
            live(session, vault, kept_school, kept_school.student, staff, now=now),
            live(session, vault, kept_school, ben, staff, now=now),
            staff,
        )


NO_STUDENTS = ("role_grant", "absence")


def traces(session: Session, person_id: UUID) -> set[str]:
    """Every `table.column` that holds a person's id in any form: as an id, within a text, or deep in JSON."""
    forms = (str(person_id), person_id.hex)
    found = set()
    for table in metadata.sorted_tables:
        for row in session.execute(select(table)).mappings():
            for column, value in row.items():
                said = json.dumps(value, default=repr)
                if any(form in said for form in forms) or (isinstance(value, bytes) and person_id.bytes in value):
                    found.add(f"{table.name}.{column}")
    return found


def rows(session: Session) -> dict[str, int]:
    counted = {name: len(session.execute(select(table)).all()) for name, table in metadata.tables.items()}
    return {name: count for name, count in counted.items() if count}


def erasure(session: Session) -> Erasure:
    return session.scalars(select(Erasure)).one()


def test_no_trace_stays_but_who_read_what(
    database: Database, vault: Vault, kept_school: School, lived: tuple[Life, Life, Staff], now: datetime
) -> None:
    ada, ben, _ = lived
    with database.session(writes=False) as session:
        assert {f"{table}.{column}" for table, column in OWNERS.items() if table not in NO_STUDENTS} <= traces(session, ada.person_id)
        bens_traces = traces(session, ben.person_id)
    done = erase(database, vault, kept_school.tenant.id, ada.person_id, by=Asker.SELF, now=now)
    with database.session(writes=False) as session:
        assert traces(session, ada.person_id) == {"read_audit.subject_id"}
        assert traces(session, ben.person_id) == bens_traces
        assert session.get(Person, ada.person_id) is None
    assert done.key_destroyed
    with pytest.raises(KeyDestroyed):
        vault.key_of(ada.person_id)


def test_it_counts_what_went_and_what_stays(
    database: Database, vault: Vault, kept_school: School, lived: tuple[Life, Life, Staff], now: datetime
) -> None:
    ada, _, _ = lived
    with database.session(writes=False) as session:
        before = rows(session)
    done = erase(database, vault, kept_school.tenant.id, ada.person_id, by=Asker.SELF, now=now)
    with database.session(writes=False) as session:
        after = rows(session)
        kept = erasure(session)
        assert (kept.erased, kept.stayed) == (done.erased, done.stayed)
    assert {name: count - after.get(name, 0) for name, count in before.items() if count != after.get(name, 0)} == done.erased
    assert done.erased["person"] == done.erased["mood"] == 1
    assert done.erased["goal"] == 2
    assert done.stayed == {"read_audit": 1}


def test_the_record_of_it_leads_to_nobody(
    database: Database, vault: Vault, kept_school: School, lived: tuple[Life, Life, Staff], now: datetime
) -> None:
    ada, _, _ = lived
    erase(database, vault, kept_school.tenant.id, ada.person_id, by=Asker.OPERATOR, now=now)
    with database.session(writes=False) as session:
        kept = erasure(session)
    assert (kept.asked_by, kept.pseudonym, kept.erased_at) == (Asker.OPERATOR, kept_school.student.pseudonym, now)
    assert (kept.key_owner_id, kept.key_destroyed_at) == (None, now)
    assert not [words for words in ada.words if words in kept.model_dump_json()]


def test_what_left_is_listed_for_each_receiver(
    database: Database, vault: Vault, kept_school: School, lived: tuple[Life, Life, Staff], now: datetime
) -> None:
    ada, _, _ = lived
    done = erase(database, vault, kept_school.tenant.id, ada.person_id, by=Asker.SELF, now=now)
    assert done.to_ask == {"gradebook": 2}
    with database.session(writes=False) as session:
        ((kept, request),) = erasures_of(session, kept_school.tenant.id)
    assert request is not None
    assert (kept.id, request.receiver) == (done.erasure_id, "gradebook")
    assert len(request.events) == len(request.unsure) == 1
    assert all(event.startswith("gradebook:check_in.made:") for event in request.events + request.unsure)


def test_a_student_of_whom_nothing_left_leaves_no_request(database: Database, vault: Vault, kept_school: School, now: datetime) -> None:
    done = erase(database, vault, kept_school.tenant.id, kept_school.student.id, by=Asker.SELF, now=now)
    assert done.to_ask == {}
    with database.session(writes=False) as session:
        assert [request for _, request in erasures_of(session, kept_school.tenant.id)] == [None]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_an_old_copy_of_everything_cannot_be_read_afterwards(
    database: Database, tmp_path: Path, now: datetime, make_durable_vault: "VaultFile"
) -> None:
    """A backup of the main database from before, and the whole vault of afterwards with all its files, open no word."""
    vault, school = make_durable_vault.vault, make_durable_vault.school
    with database.aside() as session:
        ada = live(session, vault, school, school.student, hire(session, vault, school, now=now), now=now)
    wrapped = sqlite3.connect(make_durable_vault.path).execute("SELECT wrapped FROM data_key WHERE owner_id = ?", [ada.person_id.hex])
    (key_bytes,) = wrapped.fetchone()
    assert key_bytes in make_durable_vault.everything()
    database.dispose()
    backup = shutil.copy(tmp_path / "paceline.db", tmp_path / "backup.db")

    erase(database, vault, school.tenant.id, ada.person_id, by=Asker.SELF, now=now)

    assert key_bytes not in make_durable_vault.everything()
    old = open_hastily(f"sqlite:///{backup}")
    with old.session(writes=False) as session:
        goal = session.scalars(select(Goal).where(col(Goal.person_id) == ada.person_id, col(Goal.sealed_words).is_not(None))).first()
        assert goal is not None
        with pytest.raises(KeyDestroyed):
            export_person(session, vault, school.tenant.id, ada.person_id, language="en", now=now)
        assert names_of(session, vault, school.tenant.id, [ada.person_id]) == {ada.person_id: school.student.pseudonym}
        for other in (school.teacher.id, UUID(int=0)):
            key = vault.system_key() if other == UUID(int=0) else vault.key_of(other)
            with pytest.raises(Unreadable):
                key.open(goal.sealed_words or b"", "goal.sealed_words")
    old.dispose()


class VaultFile:
    """A vault in a file as an installation has it, and a school with it."""

    def __init__(self, path: Path, vault: Vault, school: School) -> None:
        self.path, self.vault, self.school = path, vault, school

    def everything(self) -> bytes:
        """All bytes of the vault's file, its log and its index."""
        return b"".join(one.read_bytes() for one in sorted(self.path.parent.glob(f"{self.path.name}*")))


@pytest.fixture
def make_durable_vault(database: Database, tmp_path: Path, now: datetime) -> Any:
    from tests.people_made import make_school  # noqa: PLC0415

    path = tmp_path / "durable.db"
    vault = Vault(Database(f"sqlite:///{path}", durable=True), [new_master_key()])
    vault.create_tables()
    with database.aside() as session:
        school = make_school(session, vault, now=now)
    yield VaultFile(path, vault, school)
    vault.dispose()


# The order of things


def test_a_rollback_leaves_rows_and_key(
    database: Database, vault: Vault, kept_school: School, lived: tuple[Life, Life, Staff], now: datetime
) -> None:
    ada, _, _ = lived
    with database.session(writes=False) as session:
        before = rows(session)
    with database.session() as session:
        erase_person(session, kept_school.tenant.id, ada.person_id, by=Asker.SELF, now=now)
        session.rollback()
    assert finish_erasures(database, vault, now=now) == 0
    with database.session(writes=False) as session:
        assert rows(session) == before
        assert export_person(session, vault, kept_school.tenant.id, ada.person_id, language="en", now=now).name == "Ada"


def test_a_crash_between_commit_and_key_is_finished_later(
    database: Database, vault: Vault, kept_school: School, lived: tuple[Life, Life, Staff], now: datetime
) -> None:
    ada, _, _ = lived
    with database.aside() as session:  # and here the process dies
        erase_person(session, kept_school.tenant.id, ada.person_id, by=Asker.SELF, now=now)
    assert vault.key_of(ada.person_id)
    with database.session(writes=False) as session:
        assert (erasure(session).key_owner_id, erasure(session).key_destroyed_at) == (ada.person_id, None)
    later = now + timedelta(minutes=5)
    assert finish_erasures(database, vault, now=later) == 1
    with pytest.raises(KeyDestroyed):
        vault.key_of(ada.person_id)
    with database.session(writes=False) as session:
        assert (erasure(session).key_owner_id, erasure(session).key_destroyed_at) == (None, later)
    assert finish_erasures(database, vault, now=later) == 0


def test_a_crash_after_the_key_is_finished_too(
    database: Database, vault: Vault, kept_school: School, lived: tuple[Life, Life, Staff], now: datetime
) -> None:
    ada, ben, _ = lived
    with database.aside() as session:
        erase_person(session, kept_school.tenant.id, ada.person_id, by=Asker.SELF, now=now)
    vault.destroy(ada.person_id)  # and here the process dies
    assert finish_erasures(database, vault, now=now) == 1
    with database.session(writes=False) as session:
        assert erasure(session).key_destroyed_at == now
    assert vault.key_of(ben.person_id)


def test_a_vault_that_does_not_answer_leaves_the_key_for_later(
    database: Database, vault: Vault, tmp_path: Path, kept_school: School, now: datetime
) -> None:
    empty = Vault(Database(f"sqlite:///{tmp_path / 'empty.db'}"), [new_master_key()])
    done = erase(database, empty, kept_school.tenant.id, kept_school.student.id, by=Asker.SELF, now=now)
    assert not done.key_destroyed
    with pytest.raises(OperationalError):
        finish_erasures(database, empty, now=now)
    assert finish_erasures(database, vault, now=now) == 1
    empty.dispose()


def test_erased_twice_is_not_found(database: Database, vault: Vault, kept_school: School, now: datetime) -> None:
    ask: dict[str, Any] = {"by": Asker.SELF, "now": now}
    erase(database, vault, kept_school.tenant.id, kept_school.student.id, **ask)
    with pytest.raises(NotFound):
        erase(database, vault, kept_school.tenant.id, kept_school.student.id, **ask)


# Who can be erased


def refused(session: Session, school: School, person_id: UUID, now: datetime) -> type[CoreError]:
    """How an erasure is refused; nothing has changed then."""
    session.flush()
    before = rows(session)
    with pytest.raises(CoreError) as told:
        erase_person(session, school.tenant.id, person_id, by=Asker.SELF, now=now)
    assert rows(session) == before
    return type(told.value)


def test_a_teacher_is_refused(session: Session, school: School, now: datetime) -> None:
    assert refused(session, school, school.teacher.id, now) is WorksWithStudents


def test_an_adult_without_a_course_whose_words_a_student_owns_is_refused(
    session: Session, school: School, staff: Staff, ada: Life, now: datetime
) -> None:
    for role in SchoolRole:
        if role is not SchoolRole.TENANT_ADMIN:
            roles.revoke(session, school.tenant.id, staff.advisor.person_id, role)
    session.execute(text("DELETE FROM role_grant"))
    assert refused(session, school, staff.advisor.person_id, now) is WorksWithStudents


def test_a_student_who_assists_elsewhere_is_refused(session: Session, school: School, now: datetime) -> None:
    biology = add_course(session, school.deployment, "Biology", now=now)
    enrol(session, biology, school.student, Role.ASSISTANT, now=now, active=False)
    assert refused(session, school, school.student.id, now) is WorksWithStudents


def test_somebody_of_another_school_is_not_found(session: Session, school: School, neighbours: School, now: datetime) -> None:
    assert refused(session, school, neighbours.student.id, now) is NotFound


def test_a_concern_that_nobody_looked_at_comes_first(session: Session, vault: Vault, school: School, staff: Staff, now: datetime) -> None:
    """Nobody who is in danger vanishes before an adult has looked."""
    who: dict[str, Any] = {"tenant_id": school.tenant.id, "person_id": school.student.id}
    concern = safety.ask_for_help_now(session, channel="web", now=now, **who)
    assert refused(session, school, school.student.id, now) is ConcernWaits
    contacts.see(session, staff.advisor, concern.id, now=now)
    session.flush()
    made = erase_person(session, school.tenant.id, school.student.id, by=Asker.SELF, now=now)
    assert made.erased["safety_concern"] == 1


def test_a_student_who_has_left_can_be_erased(session: Session, vault: Vault, school: School, now: datetime) -> None:
    left = join(session, vault, school.course, "Mia", Role.STUDENT, now=now)
    session.execute(metadata.tables["enrolment"].update().values(active=False))
    made = erase_person(session, school.tenant.id, left.id, by=Asker.OPERATOR, now=now)
    assert made.erased == {"enrolment": 1, "person": 1}


def test_the_vault_knows_its_tables() -> None:
    """What is destroyed is all that the vault has of a person: its one table has one row an owner."""
    assert set(vault_metadata.tables) == {"data_key"}
