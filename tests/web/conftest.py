"""What the tests of the pages share: the real application on a test's own database, and people who look at it."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine
from werkzeug.serving import make_server

from app.wsgi import build_app
from core.courses.courses import Course
from core.data.clock import utc_now
from core.data.db import Database
from core.data.outgoing import Outgoing
from core.data.vault import Vault
from core.people.access import Role
from core.people.people import Person
from core.people.viewers import find_viewer, open_viewer
from tests.fakes.house import fake_house
from tests.people_made import School
from tests.web.looking import Looker

Look = Callable[..., Looker]


@pytest.fixture
def now() -> datetime:
    """The application reads the clock, so these tests do too."""
    return utc_now()


@pytest.fixture
def app(database: Database, vault: Vault, tmp_path: Path) -> Iterator[Flask]:
    """Paceline's application, on the test's own database."""
    outgoing = Outgoing()
    yield build_app(fake_house(database, vault, outgoing, tmp_path))
    outgoing.close()


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    """The application, served; its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def look(app: Flask, database: Database, kept_school: School) -> Look:
    """Let somebody look: `look(person, role)` in the school's course, `look(person, role, course)` in another or in none."""

    def as_person(person: Person, role: Role, course: Course | None = kept_school.course) -> Looker:
        with database.aside() as session:
            opened = open_viewer(
                session,
                tenant_id=person.tenant_id,
                person_id=person.id,
                course_id=course.id if course else None,
                role=role,
                platform_id=kept_school.platform.id,
                now=utc_now(),
            )
            me = find_viewer(session, opened.handle, None, now=utc_now())
        return Looker(app.test_client(use_cookies=False), me, opened.cookie)

    return as_person


@pytest.fixture
def ada(look: Look, kept_school: School) -> Looker:
    """The student, in her course."""
    return look(kept_school.student, Role.STUDENT)


@pytest.fixture
def ms_rivera(look: Look, kept_school: School) -> Looker:
    """The teacher, in her course."""
    return look(kept_school.teacher, Role.TEACHER)


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Every statement that any database is asked from here on, but for the words that open a transaction."""
    asked: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if not statement.startswith("BEGIN"):
            asked.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    yield asked
    event.remove(Engine, "before_cursor_execute", hear)
