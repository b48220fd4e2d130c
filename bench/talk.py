"""Turns of the talk, beside a Flask route that does one committed SQLModel insert; and fifty conversations at once on SQLite.

CPU seconds of this process, both sides driven by Flask's test client, one turn of each in turn. What leads up to the measured
turn of a student is outside the measurement. A turn is measured as the page's script takes it: the new lines come back.
"""

import gc
import os
import re
import socket
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlmodel import Field, Session, SQLModel, col, create_engine, select

from app import supervisor
from app.settings import new_master_key
from app.wiring import House
from app.wsgi import build_app
from bench import school
from bench.home import counted
from core.courses.competencies import Competency, Framework
from core.courses.courses import Course
from core.courses.enrolments import Enrolment
from core.courses.guide import set_guide
from core.data.clock import utc_now
from core.journal.goal_setting import Details, set_goal
from core.journal.student import student_of
from core.people.access import Role
from core.people.people import NAME, Person, new_pseudonym
from core.people.platforms import Deployment
from core.people.viewers import Me, find_viewer, open_viewer

STUDENTS, WRITES, ASKS, MOST_STATEMENTS = 60, 5.0, 3.0, 12
AT_ONCE, TURNS = 50, ("hi", "set a goal", "slope", "friday", "after school at home", "my goals", "check in", "cancel")
TARGETS = ("Slope", "Intercepts", "Parallel lines", "Systems of equations", "Exponents", "Factoring", "Quadratics", "Functions")


class Note(SQLModel, table=True):
    """The one row of the route that is compared with."""

    __tablename__ = "bench_note"
    id: int | None = Field(default=None, primary_key=True)
    words: str


@dataclass(frozen=True)
class Turn:
    """A turn that is measured: what is said before it, and what it says itself; `[…]` presses a button."""

    before: tuple[str, ...]
    said: str
    limit: float
    with_goal: bool = True


MEASURED = {
    "asks: a goal is begun in words": Turn(("hi",), "i want to set a goal", ASKS),
    "asks: the menu": Turn(("hi",), "what can you do", ASKS),
    "asks: by when, after a goal's name": Turn(("i want to set a goal",), "intercepts", ASKS),
    "asks: not understood": Turn(("hi",), "purple monkey dishwasher", ASKS),
    "writes: a check-in's count in words": Turn(("check in",), "2", WRITES),
    "writes: what is in the way, in words": Turn(("check in", "2"), "no time this week", WRITES),
    "writes: a goal is saved": Turn(("my goal is intercepts by friday",), "after school at home", WRITES),
    "writes: a call for help is sent": Turn(("im so lost on slope",), "send", WRITES),
}


def measure() -> dict[str, Any]:
    measures: dict[str, Any] = {}
    within = True
    with tempfile.TemporaryDirectory() as home:
        house = school.build_house(Path(home))
        base, ours = _baseline(Path(home)), build_app(house)
        gc.collect()
        gc.freeze()  # as the server does at its start
        for name, turn in MEASURED.items():
            ratio, statements, micro = _compare(house, base, ours, turn)
            measures |= {f"{name}: ratio": round(ratio, 2), f"{name}: statements": statements, f"{name}: CPU µs": micro}
            within = within and ratio <= turn.limit and statements <= MOST_STATEMENTS
    crowd = _crowd()
    return {
        "question": "What does a turn of the talk cost beside a Flask route with one committed SQLModel insert, and do fifty at once wait?",
        "measures": measures | crowd,
        "limit": f"a turn that writes at most {WRITES} times, one that only asks {ASKS} times; {MOST_STATEMENTS} statements; none refused",
        "within": within and crowd["fifty at once: refused"] == 0,
    }


def _compare(house: House, base: Flask, ours: Flask, turn: Turn) -> tuple[float, int, int]:
    """The ratio of medians, the statements of one turn (those of the vault included), and the median itself."""
    viewers = lay(house, STUDENTS + 1)
    there, here, spent, statements = base.test_client(), ours.test_client(), [], 0
    for number, me in enumerate(viewers):
        for words in turn.before:
            _say(here, me, words)
        with counted() as seen:
            mine = _timed(lambda client=here, me=me: _say(client, me, turn.said))  # type: ignore[misc]
        statements = max(statements, sum(not one.startswith(("BEGIN", "COMMIT", "PRAGMA")) for one in seen))
        theirs = _timed(lambda: there.post("/insert", data={"words": turn.said}))
        if number:
            spent.append((mine, theirs))
    ours_median, base_median = (statistics.median(side) for side in zip(*spent, strict=True))
    return ours_median / base_median, statements, round(ours_median * 1e6)


def _timed(deed: Callable[[], object]) -> float:
    started = time.process_time()
    deed()
    return time.process_time() - started


def _say(client: FlaskClient, me: Me, words: str) -> str:
    seen = _seen.get(me.handle, "0")
    answer = client.post(f"/v/{me.handle}/talk", data=_form(me, words, seen), headers={"X-Paceline-Part": "lines"})
    if answer.status_code != 200 or not answer.text:
        raise RuntimeError(f"the turn was refused: {answer.status_code} {answer.text[:300]}")
    _seen[me.handle] = re.findall(r'data-line="(\d+)"', answer.text)[-1]
    return answer.text


_seen: dict[str, str] = {}
"""The newest line on each page, as its script would send it along."""


def _form(me: Me, words: str, seen: str) -> dict[str, str]:
    return {"csrf": me.csrf, "event": uuid4().hex, "seen": seen, "words": words}


def _baseline(home: Path) -> Flask:
    """A route with one committed insert, on SQLite as ours is opened."""
    app, engine = Flask("baseline"), create_engine(f"sqlite:///{home / 'baseline.db'}")
    event.listen(engine, "connect", _as_ours)
    with engine.begin() as connection:
        SQLModel.metadata.tables["bench_note"].create(connection)

    @app.post("/insert")
    def insert() -> str:
        with Session(engine) as session:
            session.add(Note(words=request.form["words"]))
            session.commit()
        return "kept"

    return app


def _as_ours(connection: Any, _record: object) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")


def lay(house: House, count: int) -> list[Me]:
    """Students of a new course with a guide and a teacher; each has an open goal of three steps. Returns who looks."""
    now = utc_now()
    with house.database.aside() as session:
        deployment = session.exec(select(Deployment)).first()
    if deployment is None:
        school.add_platform(house)
    with house.database.aside() as session:
        deployment = session.exec(select(Deployment).where(col(Deployment.tenant_id).is_not(None))).one()
        assert deployment.tenant_id is not None
        tenant_id = deployment.tenant_id
        course = Course(tenant_id=tenant_id, deployment_id=deployment.id, context_id=uuid4().hex, title="Algebra 1", created_at=now)
        framework = Framework(tenant_id=tenant_id, case_id=uuid4(), title="Mathematics", imported_at=now)
        session.add_all([course, framework])
        session.flush()
        targets = [_target(tenant_id, framework.id, name) for name in TARGETS]
        session.add_all(targets)
        session.flush()
        set_guide(
            session, tenant_id, course.id, [(one.id, (now + timedelta(weeks=week)).date(), 10_000) for week, one in enumerate(targets)]
        )
        people = [Person(tenant_id=tenant_id, pseudonym=new_pseudonym(), created_at=now) for _ in range(count + 1)]
        keys = house.vault.make_keys([person.id for person in people])
        for place, person in enumerate(people):
            person.sealed_name = keys[person.id].seal(f"Ada Okafor{place}" if place else "Ms Rivera", NAME)
            session.add(person)
        session.flush()
        for place, person in enumerate(people):
            role = Role.STUDENT if place else Role.TEACHER
            session.add(Enrolment(tenant_id=tenant_id, course_id=course.id, person_id=person.id, role=role, joined_at=now))
        session.flush()
        return [_viewer(house, session, course, person.id, targets[0].id) for person in people[1:]]


def _target(tenant_id: UUID, framework_id: UUID, name: str) -> Competency:
    return Competency(tenant_id=tenant_id, framework_id=framework_id, case_id=uuid4(), statement=name, short_name=name)


def _viewer(house: House, session: Session, course: Course, person_id: UUID, competency_id: UUID) -> Me:
    now = utc_now()
    student = student_of(session, house.vault, course.tenant_id, person_id, course.id)
    steps = Details(steps=("Practice set 1", "Practice set 2", "Practice set 3"))
    set_goal(session, student, (now + timedelta(days=5)).date(), competency_id=competency_id, details=steps, now=now)
    place = {"tenant_id": course.tenant_id, "person_id": person_id, "course_id": course.id}
    opened = open_viewer(session, **place, role=Role.STUDENT, platform_id=None, now=now)
    return find_viewer(session, opened.handle, None, now=now)


# Fifty at once


def _crowd() -> dict[str, Any]:
    """Fifty students talk at the same time to a real server: one process, eight threads, SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        house = school.build_house(home)
        viewers = lay(house, AT_ONCE)
        keys, port = house.settings.master_keys, _free_port()
        house.close()
        assert keys is not None
        environment = {
            "PACELINE_STAGE": "test",
            "PACELINE_HOME": folder,
            "PACELINE_MASTER_KEYS": keys if isinstance(keys, str) else new_master_key(),
            "PACELINE_BASE_URL": f"http://127.0.0.1:{port}",
            "PACELINE_PORT": str(port),
            "PACELINE_LOG_LEVEL": "error",
        }
        settings = house.settings.model_copy(update={"port": port, "host": "127.0.0.1"})
        server = subprocess.Popen(supervisor.server_command(settings), env=os.environ | environment, stderr=subprocess.DEVNULL)
        try:
            _await(port)
            took, refused = _talk_all(viewers, port)
        finally:
            server.terminate()
            server.wait(15)
    ordered = sorted(took)
    return {
        "fifty at once: turns": len(took),
        "fifty at once: refused": refused,
        "fifty at once: p50 ms": round(ordered[len(ordered) // 2] * 1000),
        "fifty at once: p99 ms": round(ordered[int(len(ordered) * 0.99)] * 1000),
    }


def _talk_all(viewers: Sequence[Me], port: int) -> tuple[list[float], int]:
    took: list[float] = []
    refused: list[int] = []

    def talk(me: Me) -> None:
        seen = "0"
        for words in TURNS:
            started = time.monotonic()
            status, seen = _post(port, me, words, seen)
            took.append(time.monotonic() - started)
            if status != 200:
                refused.append(status)

    threads = [threading.Thread(target=talk, args=[me]) for me in viewers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took, len(refused)


def _post(port: int, me: Me, words: str, seen: str) -> tuple[int, str]:
    """The status, and the newest line on the page now."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Paceline-Part": "lines"}
    try:
        connection.request("POST", f"/v/{me.handle}/talk", urlencode(_form(me, words, seen)), headers)
        answer = connection.getresponse()
        lines = re.findall(rb'data-line="(\d+)"', answer.read())
        return answer.status, lines[-1].decode() if lines else seen
    except OSError:
        return 0, seen
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(OSError):
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health")
            connection.getresponse()
            return
        time.sleep(0.1)
    raise RuntimeError("the server does not answer")
