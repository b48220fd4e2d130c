"""From a promised event to the receivers that a course switched on, and no others."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from app.settings import new_master_key
from core.data import outbox
from core.data.db import Database
from core.data.outbox import Claim, Delivered, Refused, Result
from core.data.outgoing import DestinationDown, Outgoing
from core.data.vault import Vault
from core.evidence.evidence import Observation
from core.journal.checkins import check_in
from core.journal.events import EventKind, promise_event
from core.mastery.posting import hand_on, log_posted, post, why_unwanted
from core.mastery.receivers import Event, Receiver, receivers_of, switch_off, switch_on
from core.people.platforms import remove_deployment
from core.people.releases import releases_of
from lti.ags import GradebookReceiver
from tests.people_made import School, add_course

LEASE = timedelta(minutes=1)


class Box:
    """A receiver that keeps what it gets, once."""

    name = "box"
    takes: frozenset[str] = frozenset({EventKind.CHECK_IN_MADE})

    def __init__(self, result: Result | None = None) -> None:
        self.kept: dict[str, Event] = {}
        self.result = result or Delivered()

    def send(self, batch: Sequence[Event]) -> list[Result]:
        self.kept |= {event.id: event for event in batch}
        return [self.result] * len(batch)

    def fetch(self, since: datetime) -> Iterable[Observation]:
        return ()


class Down(Box):
    """A receiver that cannot be reached."""

    def send(self, batch: Sequence[Event]) -> list[Result]:
        raise DestinationDown(reason="ConnectError")


RECEIVERS: dict[str, Receiver] = {"box": Box()}


def on(session: Session, school: School, receiver: str, now: datetime) -> None:
    switch_on(session, school.tenant.id, school.course.id, receiver, by=school.teacher.id, now=now)


def claim(session: Session, now: datetime) -> list[Claim]:
    return outbox.claim(session, now=now, lease=LEASE)


@pytest.fixture
def made(session: Session, school: School, now: datetime) -> Claim:
    """The word of a check-in, claimed."""
    check_in(session, school.course, school.student.id, zone="UTC", now=now)
    return claim(session, now)[0]


def test_a_course_starts_with_no_receiver(session: Session, school: School, made: Claim, now: datetime) -> None:
    assert receivers_of(session, school.tenant.id, school.course.id) == []
    assert hand_on(session, RECEIVERS, made, now=now) == Delivered()
    assert claim(session, now) == []


def test_switching_on_twice_is_once_and_off_is_off(session: Session, school: School, now: datetime) -> None:
    for name in ("box", "gradebook", "box"):
        on(session, school, name, now)
    assert sorted(receivers_of(session, school.tenant.id, school.course.id)) == ["box", "gradebook"]
    switch_off(session, school.tenant.id, school.course.id, "box")
    switch_off(session, school.tenant.id, school.course.id, "box")
    assert receivers_of(session, school.tenant.id, school.course.id) == ["gradebook"]


def test_a_receiver_is_switched_on_for_one_course_of_one_school(
    session: Session, school: School, neighbours: School, now: datetime
) -> None:
    on(session, school, "box", now)
    biology = add_course(session, school.deployment, "Biology", now=now)
    assert receivers_of(session, school.tenant.id, biology.id) == []
    assert receivers_of(session, neighbours.tenant.id, school.course.id) == []
    switch_off(session, neighbours.tenant.id, school.course.id, "box")
    assert receivers_of(session, school.tenant.id, school.course.id) == ["box"]


def test_an_event_is_promised_to_each_receiver_once(session: Session, school: School, made: Claim, now: datetime) -> None:
    on(session, school, "box", now)
    on(session, school, "gradebook", now)
    hand_on(session, RECEIVERS, made, now=now)
    hand_on(session, RECEIVERS, made, now=now)
    promised = claim(session, now)
    assert sorted((one.destination, one.once_key) for one in promised) == [
        ("box", f"box:{made.once_key}"),
        ("gradebook", f"gradebook:{made.once_key}"),
    ]
    assert {(one.kind, one.subject_id, one.tenant_id) for one in promised} == {
        (EventKind.CHECK_IN_MADE, school.student.id, school.tenant.id)
    }
    assert [one.payload for one in promised] == [made.payload] * 2


@pytest.mark.parametrize("event", list(EventKind))
def test_a_receiver_is_handed_only_what_it_takes(session: Session, school: School, now: datetime, event: EventKind) -> None:
    for name in ("box", "gradebook", "diary"):
        on(session, school, name, now)
    diary = Box()
    diary.takes = frozenset({EventKind.GOAL_SET, EventKind.CHECK_IN_MADE})
    about = {"tenant_id": school.tenant.id, "person_id": school.student.id, "course_id": school.course.id}
    promise_event(session, event, {}, **about, once="1", now=now)
    (word,) = claim(session, now)
    hand_on(session, {"box": Box(), "gradebook": gradebook(), "diary": diary}, word, now=now)
    wanted = {
        EventKind.CHECK_IN_MADE: ["box", "diary", "gradebook"],
        EventKind.GOAL_SET: ["diary"],
    }
    assert sorted(one.destination for one in claim(session, now)) == wanted.get(event, [])


def gradebook() -> GradebookReceiver:
    """The gradebook's receiver, which is asked nothing but what it takes."""
    database = Database("sqlite://")
    return GradebookReceiver(database, Vault(database, [new_master_key()]), Outgoing())


def test_a_receiver_that_this_house_does_not_know_is_promised_to_as_well(
    session: Session, school: School, made: Claim, now: datetime
) -> None:
    on(session, school, "elsewhere", now)
    hand_on(session, RECEIVERS, made, now=now)
    assert [one.destination for one in claim(session, now)] == ["elsewhere"]


def test_a_students_events_reach_a_receiver_in_order(session: Session, school: School, made: Claim, now: datetime) -> None:
    on(session, school, "box", now)
    hand_on(session, RECEIVERS, made, now=now)
    outbox.record(session, made, Delivered(), now=now)
    tomorrow = now + timedelta(days=1)
    check_in(session, school.course, school.student.id, zone="UTC", now=tomorrow)
    claimed = {one.destination: one for one in claim(session, tomorrow)}
    assert claimed.keys() == {"box", "receivers"}
    hand_on(session, RECEIVERS, claimed["receivers"], now=tomorrow)
    assert claim(session, tomorrow) == []  # the later event waits for the earlier, which is under way
    outbox.record(session, claimed["box"], Delivered(), now=tomorrow)
    assert [one.once_key for one in claim(session, tomorrow)] == [f"box:{claimed['receivers'].once_key}"]


def to_box(session: Session, school: School, made: Claim, now: datetime) -> Claim:
    on(session, school, "box", now)
    hand_on(session, RECEIVERS, made, now=now)
    return claim(session, now)[0]


def test_a_receiver_gets_the_event_of_the_deed(session: Session, school: School, made: Claim, now: datetime) -> None:
    box = Box()
    claimed = to_box(session, school, made, now)
    assert post({"box": box}, claimed) == Delivered()
    post({"box": box}, claimed)
    event = Event(
        id=claimed.once_key,
        kind=EventKind.CHECK_IN_MADE,
        tenant_id=school.tenant.id,
        person_id=school.student.id,
        course_id=school.course.id,
        at=now,
    )
    assert list(box.kept.values()) == [event]


def test_what_a_receiver_says_is_the_result(session: Session, school: School, made: Claim, now: datetime) -> None:
    assert post({"box": Box(Refused("HTTP 403"))}, to_box(session, school, made, now)) == Refused("HTTP 403")


def test_a_receiver_that_is_down_is_the_workers_to_try_again(session: Session, school: School, made: Claim, now: datetime) -> None:
    receivers: dict[str, Receiver] = {"box": Down()}
    with pytest.raises(DestinationDown):
        post(receivers, to_box(session, school, made, now))


def test_what_a_course_still_wants_is_wanted(session: Session, school: School, made: Claim, now: datetime) -> None:
    assert why_unwanted(session, to_box(session, school, made, now)) is None


def test_what_was_switched_off_is_not_wanted_any_more(session: Session, school: School, made: Claim, now: datetime) -> None:
    claimed = to_box(session, school, made, now)
    on(session, school, "gradebook", now)
    switch_off(session, school.tenant.id, school.course.id, "box")
    assert why_unwanted(session, claimed) == "the course switched the receiver off"
    on(session, school, "box", now)
    assert why_unwanted(session, claimed) is None


def test_nothing_is_wanted_of_a_removed_deployment(session: Session, school: School, made: Claim, now: datetime) -> None:
    claimed = to_box(session, school, made, now)
    remove_deployment(session, school.platform, school.deployment.deployment_id, now=now)
    assert why_unwanted(session, claimed) == "the deployment was removed"


def test_nothing_is_wanted_of_a_course_that_is_gone_or_another_schools(
    session: Session, school: School, neighbours: School, made: Claim, now: datetime
) -> None:
    claimed = to_box(session, school, made, now)
    for course_id in (uuid4(), neighbours.course.id):
        elsewhere = replace(claimed, payload={**claimed.payload, "course": str(course_id)})
        assert why_unwanted(session, elsewhere) == "the course is gone"


def test_what_was_kept_is_logged_as_a_release_once(session: Session, school: School, made: Claim, now: datetime) -> None:
    claimed = to_box(session, school, made, now)
    log_posted(session, claimed, now=now)
    (logged,) = releases_of(session, school.tenant.id, school.student.id)
    assert (logged.receiver, logged.event_kind, logged.once_key, logged.released_at) == (
        "box",
        EventKind.CHECK_IN_MADE,
        claimed.once_key,
        now,
    )
    with pytest.raises(IntegrityError):
        log_posted(session, claimed, now=now)


def test_an_event_carries_ids_and_codes_only(session: Session, school: School, made: Claim) -> None:
    assert set(made.payload) == {"check_in", "course", "at"}
    assert all(len(str(value)) <= 36 for value in made.payload.values())
