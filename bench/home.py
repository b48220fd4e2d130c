"""The home page: SQL statements and bytes, in courses of 30, 300 and 3,000 students whose goals grow with them."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlmodel import col, select

from app.wiring import House
from app.wsgi import build_app
from bench import school
from core.courses.courses import Course
from core.courses.enrolments import Enrolment
from core.data.clock import utc_now
from core.data.ids import new_id
from core.journal.goals import WORDS, Goal
from core.people.access import Role
from core.people.people import NAME, Person, new_pseudonym
from core.people.platforms import Deployment
from core.people.viewers import open_viewer

SIZES, MOST_STATEMENTS, MOST_BYTES, GOALS = (30, 300, 3000), 8, 100_000, 6


def measure() -> dict[str, Any]:
    measures: dict[str, Any] = {}
    worst_statements = worst_bytes = 0
    for size in SIZES:
        with tempfile.TemporaryDirectory() as home:
            statements, weight, milliseconds = _visit(Path(home), size)
        measures[f"{size} students: statements"] = statements
        measures[f"{size} students: bytes with styles"] = weight
        measures[f"{size} students: CPU ms"] = milliseconds
        worst_statements, worst_bytes = max(worst_statements, statements), max(worst_bytes, weight)
    return {
        "question": "What does a student's home cost, whatever the size of the course?",
        "measures": measures,
        "limit": f"{MOST_STATEMENTS} statements and {MOST_BYTES // 1000} kB",
        "within": 0 < worst_statements <= MOST_STATEMENTS and worst_bytes <= MOST_BYTES,
    }


def _visit(home: Path, size: int) -> tuple[int, int, float]:
    house = school.build_house(home)
    handle = _lay(house, size)
    client = build_app(house).test_client()
    with counted() as statements:
        page = client.get(f"/v/{handle}/")
    if page.status_code != 200:
        raise RuntimeError(f"no home: {page.status_code}")
    styles = client.get("/static/paceline.css")
    started = time.process_time()
    for _ in range(20):
        client.get(f"/v/{handle}/")
    milliseconds = (time.process_time() - started) / 20 * 1000
    return len(statements), len(page.data) + len(styles.data), round(milliseconds, 1)


def _lay(house: House, size: int) -> str:
    """A course of `size` students with six goals each; returns the handle of one student's viewer."""
    platform, now = school.add_platform(house), utc_now()
    with house.database.aside() as session:
        deployment = session.exec(select(Deployment).where(col(Deployment.platform_id) == platform.id)).one()
        assert deployment.tenant_id is not None
        tenant_id = deployment.tenant_id
        course = Course(tenant_id=tenant_id, deployment_id=deployment.id, context_id="c", title="Math 8", created_at=now)
        people = [Person(tenant_id=tenant_id, pseudonym=new_pseudonym(), created_at=now) for _ in range(size)]
        keys = house.vault.make_keys([person.id for person in people])
        session.add_all([course, *people])
        for person in people:
            person.sealed_name = keys[person.id].seal("Ada Okafor", NAME)
        session.flush()
        for person in people:
            session.add(Enrolment(tenant_id=tenant_id, course_id=course.id, person_id=person.id, role=Role.STUDENT, joined_at=now))
            for number in range(GOALS):
                words = keys[person.id].seal(f"Finish set {number}", WORDS)
                due = (now + timedelta(days=number)).date()
                ids: dict[str, Any] = {"id": new_id(), "tenant_id": tenant_id, "person_id": person.id, "course_id": course.id}
                session.add(Goal(**ids, target_on=due, sealed_words=words, created_at=now))
        session.flush()
        opened = open_viewer(
            session,
            tenant_id=tenant_id,
            person_id=people[0].id,
            course_id=course.id,
            role=Role.STUDENT,
            platform_id=platform.id,
            now=now,
        )
    return opened.handle


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that any engine executes meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)
