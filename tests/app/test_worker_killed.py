"""A worker killed with -9 ten times between promise and delivery loses nothing and doubles nothing."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import func, select

from app import wiring
from app.settings import Settings, Stage, new_master_key
from app.wiring import House
from core.data.clock import utc_now
from core.data.outbox import OutboxEntry
from core.journal.checkins import CheckIn, check_in
from core.mastery.receivers import switch_on
from core.people.access import Role
from core.people.accounts import LTI, Account
from core.people.platforms import AgeBand, add_platform, approve_deployment
from core.people.releases import DataRelease
from core.people.tenants import add_tenant
from lti.claims import Endpoint
from lti.gradebooks import keep_gradebook
from tests.fakes.gradebook import FakeGradebook
from tests.fakes.platform import FakePlatform, fake_platform
from tests.people_made import add_course, join

STUDENTS, KILLS = 60, 10
TOO_LONG = 30.0


@dataclass
class Class:
    """A class that has checked in, in a house that other processes can open too."""

    house: House
    environment: dict[str, str]
    promised: dict[str, datetime]
    """When each student checked in, by the subject that the LMS knows."""

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start one as `paceline worker` does."""
        command = [sys.executable, "-m", "app.cli", "worker"]
        return subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def states(self) -> dict[str, int]:
        """How many entries of the outbox are in which state."""
        with self.house.database.session(writes=False) as session:
            query = select(OutboxEntry.state, func.count()).group_by(OutboxEntry.state)
            return dict(session.execute(query).all())


@pytest.fixture
def lms() -> Iterator[FakePlatform]:
    with fake_platform("http://localhost:1") as running:
        running.gradebook.delay = 0.03
        yield running


@pytest.fixture
def checked_in(tmp_path: Path, sqlite_template: Path, lms: FakePlatform) -> Iterator[Class]:
    facts = {
        "stage": Stage.TEST,
        "home": tmp_path,
        "master_keys": new_master_key(),
        "lease_seconds": 1,
        "poll_seconds": 0.05,
        "log_level": "warning",
    }
    settings = Settings(**facts)  # type: ignore[arg-type]
    (tmp_path / "paceline.db").write_bytes(sqlite_template.read_bytes())
    house = wiring.build(settings)
    house.vault.create_tables()
    environment = os.environ | {f"PACELINE_{name.upper()}": str(value) for name, value in facts.items()}
    yield Class(house, environment, _check_in_a_class(house, lms))
    house.close()


def _check_in_a_class(house: House, lms: FakePlatform) -> dict[str, datetime]:
    now, promised = utc_now() - timedelta(minutes=5), {}
    with house.database.session() as session:
        tenant = add_tenant(session, "Riverside High", zone="UTC", language="en", now=now)
        platform = add_platform(session, now=now, **lms.facts)
        deployment = approve_deployment(session, platform, "deployment-1", tenant.id, AgeBand.TEENS, by="operator", now=now)
        course = add_course(session, deployment, "Algebra 1", now=now)
        keep_gradebook(session, tenant.id, course.id, platform.id, Endpoint(**lms.gradebook.claim), now=now)
        switch_on(session, tenant.id, course.id, "gradebook", by=UUID(int=1), now=now)
        for number in range(STUDENTS):
            subject, at = f"student-{number}", now + timedelta(seconds=number)
            person = join(session, house.vault, course, subject, Role.STUDENT, now=now)
            session.add(
                Account(tenant_id=tenant.id, person_id=person.id, channel=LTI, realm=platform.id.hex, subject=subject, created_at=now)
            )
            assert check_in(session, course, person.id, zone="UTC", now=at)
            promised[subject] = at
        session.commit()
    return promised


def wait_until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + TOO_LONG
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.005)


def test_a_worker_killed_ten_times_loses_and_doubles_nothing(checked_in: Class, lms: FakePlatform) -> None:
    book, chance = lms.gradebook, random.Random(7)
    for kill in range(KILLS):
        _kill_at_work(checked_in, book, chance)
        assert checked_in.states()["waiting"] > 0, f"there was nothing left to do at kill {kill + 1}: it proves nothing"
    last = checked_in.start_worker()
    wait_until(lambda: "waiting" not in checked_in.states(), "the last worker does not come to an end")
    last.send_signal(signal.SIGTERM)
    assert last.wait(TOO_LONG) == 0

    assert checked_in.states() == {"done": 2 * STUDENTS}
    assert {score["userId"]: datetime.fromisoformat(score["timestamp"]) for score in book.scores} == checked_in.promised
    assert len(book.scores) == STUDENTS, "one column, one score a student"
    assert [item["tag"] for item in book.items] == ["paceline-checked-in"]
    posted = {json.dumps(score, sort_keys=True) for score in book.posted}
    assert len(posted) == STUDENTS, "whatever came again was the very same score"
    assert len(book.posted) <= STUDENTS + KILLS, "and nothing came again without need"
    with checked_in.house.database.session(writes=False) as session:
        released = [release.once_key for release in session.scalars(select(DataRelease))]
        wanted = [f"gradebook:check_in.made:{made}" for made in session.scalars(select(CheckIn.id))]
    assert sorted(released) == sorted(wanted)


def _kill_at_work(checked_in: Class, book: FakeGradebook, chance: random.Random) -> None:
    """Start a worker and kill it somewhere around one of its next deliveries."""
    before, worker = dict(book.counted), checked_in.start_worker()
    deliveries = chance.randint(0, 4)
    wait_until(lambda: sum(book.counted.values()) - sum(before.values()) > deliveries, "the worker delivers nothing")
    time.sleep(chance.uniform(0, 0.06))
    worker.kill()
    assert worker.wait() == -signal.SIGKILL
