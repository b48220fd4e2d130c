"""A stage for whole conversations: a classroom that is committed, made once and copied for each."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sqlmodel import Session

from app.settings import new_master_key
from core.courses.guide import set_guide
from core.data.db import Database
from core.data.vault import Vault
from core.people.access import Role
from core.people.people import Person
from core.people.roles import SchoolRole, grant
from tests.bot.conftest import MONDAY, Classroom, furnish
from tests.bot.talking import Clock
from tests.conftest import open_hastily
from tests.people_made import add_competency, add_course, enrol, join, make_school


@dataclass(frozen=True)
class Stage:
    """A classroom that is committed, and its cast."""

    database: Database
    vault: Vault
    classroom: Classroom
    luis: Person
    mia: Person


def set_stage(database: Database, vault: Vault, classroom: Classroom) -> Stage:
    """Ada and Luis learn algebra; Mia learns biology with Mr Chen too; Ms Rivera is the school's safety contact."""
    session, school, now = classroom.session, classroom.school, classroom.clock.now
    luis, mia = classroom.join("Luis"), classroom.join("Mia")
    biology = add_course(session, school.deployment, "Biology", now=now)
    cells = [add_competency(session, school.framework, name) for name in ("Cells", "Photosynthesis")]
    set_guide(session, school.tenant.id, biology.id, [(one.id, date(2026, 12, 11), 10_000) for one in cells])
    join(session, vault, biology, "Mr Chen", Role.TEACHER, now=now - timedelta(days=60))
    enrol(session, biology, mia, Role.STUDENT, now=now - timedelta(days=60))
    grant(session, school.tenant.id, school.teacher.id, SchoolRole.SAFETY_CONTACT, by=None, now=now)
    return Stage(database, vault, classroom, luis, mia)


@dataclass(frozen=True)
class Model:
    """A stage on SQLite, to be copied."""

    folder: Path
    master_key: str
    stage: Stage

    @contextmanager
    def copy(self, to: Path) -> Iterator[Stage]:
        for name in ("paceline.db", "vault.db"):
            shutil.copy(self.folder / name, to / name)
        database, vault = (
            open_hastily(f"sqlite:///{to / 'paceline.db'}"),
            Vault(open_hastily(f"sqlite:///{to / 'vault.db'}"), [self.master_key]),
        )
        yield Stage(database, vault, self.stage.classroom, self.stage.luis, self.stage.mia)
        database.dispose()
        vault.dispose()


def make_stage(session: Session, database: Database, vault: Vault) -> Stage:
    """Make a school with its classroom, and the cast."""
    school = make_school(session, vault, now=MONDAY)
    return set_stage(database, vault, furnish(session, vault, school, Clock(MONDAY)))


def make_model(sqlite_template: Path, vault_template: Path, folder: Path) -> Model:
    """Make a stage in the files of a folder."""
    key = new_master_key()
    database = open_hastily(f"sqlite:///{shutil.copy(sqlite_template, folder / 'paceline.db')}")
    vault = Vault(open_hastily(f"sqlite:///{shutil.copy(vault_template, folder / 'vault.db')}"), [key])
    with database.aside() as session:
        stage = make_stage(session, database, vault)
    database.dispose()
    vault.dispose()
    return Model(folder, key, stage)
