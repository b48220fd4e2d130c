"""Launches at the same moment: pressed twice, or a whole class at the first bell. Each makes what is missing, once."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

import pytest
from flask import Flask

from core.courses.arrivals import Arrived, Arriving, arrive, look
from core.courses.courses import Course
from core.courses.enrolments import Enrolment
from core.data.db import Database
from core.data.vault import Vault
from core.people.access import Role
from core.people.accounts import Account
from core.people.people import Person
from core.people.platforms import Deployment, Platform
from core.people.tenants import Tenant
from core.people.viewers import Viewer
from tests.fakes.house import count
from tests.fakes.platform import FakePlatform

Result = TypeVar("Result")
MANY = 6


def at_once(deeds: Sequence[Callable[[], Result]]) -> list[Result]:
    """Do all deeds at the same moment, each in a thread of its own."""
    gate = threading.Barrier(len(deeds))

    def run(deed: Callable[[], Result]) -> Result:
        gate.wait()
        return deed()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


class Bell:
    """Lets students in, each in a transaction of their own, as the launches of many windows do."""

    def __init__(self, database: Database, vault: Vault, platform: Platform, now: datetime) -> None:
        self._database, self._vault, self._platform, self._now = database, vault, platform, now

    def come(self, subject: str, context: str) -> Callable[[], Arrived]:
        """What a student does who launches into a course."""
        facts: dict[str, Any] = {"platform_id": self._platform.id, "deployment_id": "deployment-1"}
        told: dict[str, Any] = {
            "subject": subject,
            "name": subject.title(),
            "language": "en",
            "context_id": context,
            "context_title": context.title(),
        }
        arriving = Arriving(**facts, **told, role=Role.STUDENT, is_family=True)

        def deed() -> Arrived:
            with self._database.session() as session:
                found = look(session, arriving)
                assert found is not None
                arrived = arrive(session, self._vault, arriving, found, now=self._now)
                session.commit()
            return arrived

        return deed


@pytest.fixture
def bell(database: Database, vault: Vault, platform: Platform, tenant: Tenant, now: datetime) -> Bell:
    return Bell(database, vault, platform, now)


def everything(database: Database) -> tuple[int, ...]:
    return count(database, Person, Account, Course, Enrolment)


@pytest.mark.parametrize("_again", range(3))
def test_one_student_who_presses_twice_is_one_person(bell: Bell, database: Database, _again: int) -> None:
    arrived = at_once([bell.come("ada", "algebra") for _ in range(MANY)])
    assert len(set(arrived)) == 1
    assert arrived[0].course_id is not None
    assert everything(database) == (1, 1, 1, 1)


@pytest.mark.parametrize("_again", range(3))
def test_a_class_at_the_first_bell_makes_one_course(bell: Bell, database: Database, _again: int) -> None:
    arrived = at_once([bell.come(f"student-{number}", "algebra") for number in range(MANY)])
    assert len({one.person_id for one in arrived}) == MANY
    assert len({one.course_id for one in arrived}) == 1
    assert all(one.role is Role.STUDENT for one in arrived)
    assert everything(database) == (MANY, MANY, 1, MANY)


@pytest.mark.parametrize("_again", range(3))
def test_one_student_in_many_courses_at_once_is_one_person(bell: Bell, database: Database, _again: int) -> None:
    arrived = at_once([bell.come("ada", f"course-{number}") for number in range(MANY)])
    assert len({one.person_id for one in arrived}) == 1
    assert len({one.course_id for one in arrived}) == MANY
    assert everything(database) == (1, 1, MANY, MANY)


def test_everybody_everywhere_at_once(bell: Bell, database: Database) -> None:
    pairs = [(f"student-{number % 3}", f"course-{number % 2}") for number in range(12)]
    arrived = at_once([bell.come(*pair) for pair in pairs])
    assert len({(one.person_id, one.course_id) for one in arrived}) == 6
    assert everything(database) == (3, 3, 2, 6)


# Through the door


def test_two_launches_with_one_state_are_one(app: Flask, lms: FakePlatform, database: Database, tenant: Tenant) -> None:
    promised = lms.promised(app.test_client())
    token = lms.sign(lms.claims(promised["nonce"]))
    statuses = at_once([lambda: lms.post(app.test_client(), promised["state"], token).status_code for _ in range(MANY)])
    assert sorted(statuses) == [303, *[403] * (MANY - 1)]
    assert count(database, Viewer) == (1,)


def test_a_first_launch_in_two_windows_lets_one_person_in_twice(app: Flask, lms: FakePlatform, database: Database, tenant: Tenant) -> None:
    statuses = at_once([lambda: lms.launch(app.test_client()).status_code for _ in range(4)])
    assert statuses == [303] * 4
    assert everything(database) == (1, 1, 1, 1)


def test_an_unknown_deployment_is_noticed_once(app: Flask, lms: FakePlatform, database: Database, tenant: Tenant) -> None:
    login = {"lti_deployment_id": "deployment-2"}
    statuses = at_once([lambda: lms.launch(app.test_client(), login=login, deployment_id="deployment-2").status_code for _ in range(4)])
    assert statuses == [403] * 4
    assert count(database, Deployment) == (2,)
