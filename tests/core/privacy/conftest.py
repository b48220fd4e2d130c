"""Ada and Ben, who have both done one of everything with Ms Rivera and Ms Okafor."""

from datetime import datetime

import pytest
from sqlmodel import Session

import app.tables  # noqa: F401 - all tables of all rooms, as in a running house
from core.data.vault import Vault
from core.people.access import Role
from tests.lives import Life, Staff, hire, live
from tests.people_made import School, join


@pytest.fixture
def staff(session: Session, vault: Vault, school: School, now: datetime) -> Staff:
    return hire(session, vault, school, now=now)


@pytest.fixture
def ada(session: Session, vault: Vault, school: School, staff: Staff, now: datetime) -> Life:
    return live(session, vault, school, school.student, staff, now=now)


@pytest.fixture
def ben(session: Session, vault: Vault, school: School, staff: Staff, now: datetime) -> Life:
    person = join(session, vault, school.course, "Ben", Role.STUDENT, now=now)
    return live(session, vault, school, person, staff, now=now)
