"""The clock's jobs: each does its work, and does no harm when it is run twice."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session

from app import jobs
from core.care.safety import KEPT, ConcernState, ConcernTold, Reason, SafetyConcern, Tier
from core.data import outbox
from core.data.clock import local_day
from core.data.db import Database
from core.data.outbox import OutboxEntry
from core.data.outgoing import Outgoing
from core.data.vault import Vault
from core.journal.absences import Absence
from core.journal.checkins import Mood
from core.journal.prompts import PromptAsked
from core.people.access import Role
from core.people.roles import SchoolRole, grant
from core.people.viewers import Viewer, open_viewer
from lti import launch_states
from lti.launch_states import LaunchState
from tests.fakes.house import count, fake_house
from tests.people_made import School, add_course, make_school

LONG_AGO = timedelta(days=31)
ABOUT: dict[str, Any] = {"tier": Tier.AMBIGUOUS, "reason": Reason.DANGER, "rule": "en.rule", "channel": "web"}


def test_the_sweep_deletes_what_has_expired_and_nothing_else(database: Database, vault: Vault, now: datetime, tmp_path: Path) -> None:
    house = fake_house(database, vault, Outgoing(), tmp_path)
    with database.aside() as session:
        school = make_school(session, vault, now=now - LONG_AGO)
        for then in (now - LONG_AGO, now):
            _live(session, school, then)
    expiring = (Viewer, LaunchState, Mood, PromptAsked, Absence, SafetyConcern, OutboxEntry)
    assert count(database, *expiring) == (2,) * len(expiring)

    for _ in range(2):
        jobs.sweep(house, now=now)
        assert count(database, *expiring) == (1,) * len(expiring)


def test_what_nobody_looked_at_reaches_the_contacts_once(database: Database, vault: Vault, now: datetime, tmp_path: Path) -> None:
    house = fake_house(database, vault, Outgoing(), tmp_path)
    with database.aside() as session:
        school = make_school(session, vault, now=now)
        ids: dict[str, Any] = {"tenant_id": school.tenant.id, "person_id": school.student.id}
        session.add(SafetyConcern(**ids, **ABOUT, state=ConcernState.CHECKING, check_due_at=now, raised_at=now - LONG_AGO))
    for named, told in ((False, (0, 0)), (True, (1, 1)), (False, (1, 1))):
        if named:
            with database.aside() as session:
                grant(session, school.tenant.id, school.teacher.id, SchoolRole.SAFETY_CONTACT, by=None, now=now)
        jobs.watch_over_concerns(house, now=now)
        assert count(database, ConcernTold, OutboxEntry) == told


def _live(session: Session, school: School, then: datetime) -> None:
    """One of everything that expires, as of an instant; the outbox entry has been delivered."""
    ids: dict[str, Any] = {"tenant_id": school.tenant.id, "person_id": school.student.id}
    open_viewer(session, **ids, course_id=None, role=Role.STUDENT, platform_id=None, now=then)
    launch_states.keep(
        session.connection(), f"{then}", "nonce", platform_id=school.platform.id, deployment_id=None, target_link_uri="x", now=then
    )
    day: date = local_day(then, "UTC")
    session.add(Mood(**ids, day=day, value=4, said_at=then))
    session.add(PromptAsked(**ids, prompt=f"prompt of {day}", asked_at=then))
    course = add_course(session, school.deployment, f"Course of {day}", now=then)
    session.add(Absence(**ids, course_id=course.id, until_on=day, told_at=then))
    closed: dict[str, Any] = {"state": ConcernState.CLOSED, "closed_at": then - KEPT + LONG_AGO / 2}
    session.add(SafetyConcern(**ids, **ABOUT, **closed, raised_at=then))
    outbox.promise(
        session, "test.kind", "nowhere", tenant_id=school.tenant.id, subject_id=None, payload={}, once_key=f"{then}", due_at=then
    )
    for claimed in outbox.claim(session, now=then, lease=timedelta(minutes=1)):
        outbox.record(session, claimed, outbox.Delivered(), now=then)
