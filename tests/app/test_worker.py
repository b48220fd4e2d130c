"""The worker: what was promised is delivered, whatever dies on the way, and one trouble does not hold up the rest."""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from app.jobs import LEASE_LENGTH, Timetable
from app.wiring import House
from app.worker import Worker
from core.data import outbox
from core.data.clock import utc_now
from core.data.db import Database
from core.data.ids import new_id
from core.data.outbox import Claim, OutboxEntry, Refused, Result, State
from core.data.outgoing import Outgoing
from core.data.vault import Vault
from core.journal.checkins import check_in
from core.mastery.receivers import Event, switch_off, switch_on
from core.people.access import Role
from core.people.people import Person
from core.people.platforms import remove_deployment
from core.people.releases import DataRelease
from tests.fakes.house import fake_house
from tests.fakes.receiver import FakeReceiver
from tests.people_made import School, join, make_school

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


class Clumsy(FakeReceiver):
    """A receiver with a fault."""

    def send(self, batch: Sequence[Event]) -> list[Result]:
        raise ZeroDivisionError("a fault of the receiver's own")


@dataclass
class Slow(FakeReceiver):
    """A receiver that takes its time for one school."""

    slow_for: UUID | None = None

    def send(self, batch: Sequence[Event]) -> list[Result]:
        time.sleep(0.1 if batch[0].tenant_id == self.slow_for else 0)
        return super().send(batch)


@dataclass
class Office:
    """A worker of one house, and what is promised there."""

    house: House
    school: School

    @property
    def worker(self) -> Worker:
        """One more worker."""
        return Worker(self.house)

    def switch_on(self, *receivers: str) -> None:
        """Have the course's events sent to some receivers."""
        with self.house.database.aside() as session:
            for receiver in receivers:
                switch_on(session, self.school.tenant.id, self.school.course.id, receiver, by=self.school.teacher.id, now=utc_now())

    def check_in(self, *people: Person, at: datetime | None = None) -> None:
        """Have students check in, a little while ago."""
        with self.house.database.aside() as session:
            for person in people or (self.school.student,):
                check_in(session, self.school.course, person.id, zone="UTC", now=at or utc_now() - SECOND)

    def promise(self, once_key: str, destination: str, payload: dict[str, Any]) -> None:
        """Promise anything at all."""
        facts = {"tenant_id": self.school.tenant.id, "subject_id": self.school.student.id, "due_at": utc_now() - 2 * SECOND}
        with self.house.database.aside() as session:
            outbox.promise(session, "check_in.made", destination, payload=payload, once_key=once_key, **facts)  # type: ignore[arg-type]

    def classmate(self, name: str) -> Person:
        """One more student."""
        with self.house.database.aside() as session:
            return join(session, self.house.vault, self.school.course, name, Role.STUDENT, now=utc_now())

    def work(self, worker: Worker | None = None) -> int:
        """Deliver until nothing is due any more; returns how many entries were claimed."""
        worker, claimed = worker or self.worker, 0
        while now := worker.deliver():
            claimed += now
            assert claimed < 500, "it never ends"
        return claimed

    def entries(self, destination: str) -> list[OutboxEntry]:
        """What was promised to a destination, in order."""
        with self.house.database.session(writes=False) as session:
            query = select(OutboxEntry).where(OutboxEntry.destination == destination)
            return sorted(session.scalars(query).all(), key=lambda entry: entry.seq or 0)

    def states(self, destination: str) -> list[str]:
        """How that stands."""
        return [entry.state for entry in self.entries(destination)]

    def releases(self) -> list[tuple[str, UUID]]:
        """To whom what about whom left."""
        with self.house.database.session(writes=False) as session:
            return [(release.receiver, release.person_id) for release in session.scalars(select(DataRelease))]

    def let_time_pass(self) -> None:
        """Make everything that waits due."""
        with self.house.database.aside() as session:
            for entry in session.scalars(select(OutboxEntry).where(OutboxEntry.state == State.WAITING)):
                entry.due_at = utc_now() - SECOND


@pytest.fixture
def outgoing() -> Iterator[Outgoing]:
    client = Outgoing(allow_private=True)
    yield client
    client.close()


@pytest.fixture
def well() -> FakeReceiver:
    return FakeReceiver("well")


@pytest.fixture
def ill() -> FakeReceiver:
    return FakeReceiver("ill", is_down=True)


@pytest.fixture
def office(
    database: Database, vault: Vault, outgoing: Outgoing, tmp_path: Path, kept_school: School, well: FakeReceiver, ill: FakeReceiver
) -> Office:
    return Office(fake_house(database, vault, outgoing, tmp_path, well, ill, Clumsy("clumsy")), kept_school)


# Deliveries


def test_a_check_in_reaches_the_receivers_that_the_course_switched_on(office: Office, well: FakeReceiver) -> None:
    office.switch_on("well")
    office.check_in()
    assert office.work() == 2
    (event,) = well.kept.values()
    assert (event.kind, event.person_id, event.course_id) == ("check_in.made", office.school.student.id, office.school.course.id)
    assert (office.states("receivers"), office.states("well"), office.states("ill")) == (["done"], ["done"], [])
    assert office.releases() == [("well", office.school.student.id)]


def test_without_a_receiver_nothing_leaves(office: Office, well: FakeReceiver) -> None:
    office.check_in()
    assert office.work() == 1
    assert (well.sent, office.releases()) == ([], [])


def test_what_was_switched_off_gets_nothing_more(office: Office, well: FakeReceiver) -> None:
    office.switch_on("well")
    with office.house.database.aside() as session:
        switch_off(session, office.school.tenant.id, office.school.course.id, "well")
    office.check_in()
    office.work()
    assert well.sent == []


@pytest.mark.parametrize("died", [False, True], ids=["handed on", "a dead letter tried again"])
@pytest.mark.parametrize("how", ["switched off", "deployment removed"])
def test_what_is_not_wanted_any_more_never_leaves(office: Office, well: FakeReceiver, how: str, died: bool) -> None:
    office.switch_on("well")
    office.check_in()
    office.worker.deliver()
    assert office.states("well") == ["waiting"]
    school = office.school
    with office.house.database.aside() as session:
        if died:
            (claimed,) = outbox.claim(session, now=utc_now(), lease=SECOND)
            outbox.record(session, claimed, Refused("HTTP 403"), now=utc_now())
            assert outbox.retry_all(session, school.tenant.id, now=utc_now() - SECOND) == 1
        if how == "switched off":
            switch_off(session, school.tenant.id, school.course.id, "well")
        else:
            remove_deployment(session, school.platform, school.deployment.deployment_id, now=utc_now())
    office.work()
    assert (office.states("well"), well.sent, office.releases()) == (["done"], [], [])
    assert office.entries("well")[0].last_error in ("the course switched the receiver off", "the deployment was removed")


def test_what_could_not_be_tried_has_all_its_attempts_before_it(office: Office, ill: FakeReceiver) -> None:
    office.switch_on("ill")
    office.check_in()
    ill.tried = False
    office.work()
    assert [(entry.state, entry.attempts, entry.last_error) for entry in office.entries("ill")] == [("waiting", 0, "told to be down")]


def test_a_poisonous_entry_is_tried_later_and_the_rest_goes_on(office: Office, well: FakeReceiver) -> None:
    office.switch_on("well")
    for number, payload in enumerate(({}, {"course": "no id"}, {"course": str(new_id())})):
        for destination in ("receivers", "well"):
            office.promise(f"poison {destination} {number}", destination, payload)
    office.check_in()
    office.work()
    assert len(well.kept) == 1
    by_key = {entry.once_key: entry for entry in (*office.entries("receivers"), *office.entries("well"))}
    assert {key: (by_key[key].state, by_key[key].last_error) for key in by_key if key.startswith("poison")} == {
        "poison receivers 0": ("waiting", "KeyError"),
        "poison well 0": ("waiting", "KeyError"),
        "poison receivers 1": ("waiting", "ValueError"),
        "poison well 1": ("waiting", "ValueError"),
        "poison receivers 2": ("done", None),
        "poison well 2": ("done", "the course is gone"),
    }


def test_one_schools_slow_receiver_does_not_hold_up_another_school(
    database: Database, vault: Vault, outgoing: Outgoing, tmp_path: Path, kept_school: School
) -> None:
    slow = Slow("slow")
    office = Office(fake_house(database, vault, outgoing, tmp_path, slow, lease_seconds=2), kept_school)
    with database.aside() as session:
        other = make_school(session, vault, now=utc_now(), name="Lakeside High", issuer="https://lms.lakeside.example")
    lakeside = Office(office.house, other)
    slow.slow_for = kept_school.tenant.id
    for each in (office, lakeside):
        each.switch_on("slow")
    office.check_in(*(office.classmate(f"Student {number}") for number in range(30)), at=utc_now() - 9 * SECOND)
    lakeside.check_in(*(lakeside.classmate(f"Student {number}") for number in range(5)))
    office.work()
    whose = ["quick" if event.tenant_id == other.tenant.id else "slow" for event in slow.kept.values()]
    assert (whose.count("quick"), whose.count("slow")) == (5, 30)
    last = len(whose) - whose[::-1].index("quick")
    assert whose[:last].count("slow") <= 10, "of the slow one no more went before than one claim takes"


def test_who_used_up_the_time_comes_last_in_the_next_claim(office: Office) -> None:
    worker, a, b = office.worker, new_id(), new_id()
    claims = [Claim(number, school, "k", "d", str(number), None, {}, 1) for number, school in enumerate((a, a, a, b, b, b))]
    turns = worker._turns(claims)
    first = next(turns)
    time.sleep(0.05)
    assert [first.tenant_id, *(one.tenant_id for one in turns)] == [a, b, b, b, a, a], "it took as long as all the others together"
    assert [one.tenant_id for one in worker._turns(claims)][:3] == [b, b, b], "nor is that forgotten at once"
    assert list(worker._turns([])) == []
    assert [one.seq for one in worker._turns(claims[:3])] == [0, 1, 2]


def test_a_failing_receiver_is_tried_later_and_the_rest_goes_on(office: Office, well: FakeReceiver, ill: FakeReceiver) -> None:
    office.switch_on("ill", "well", "clumsy")
    ben = office.classmate("Ben")
    office.check_in(office.school.student, ben)
    office.work()
    assert len(well.kept) == 2
    assert (office.states("well"), office.states("ill"), office.states("clumsy")) == (["done"] * 2, ["waiting"] * 2, ["waiting"] * 2)
    assert {entry.last_error for entry in office.entries("ill")} == {"told to be down"}
    assert {entry.last_error for entry in office.entries("clumsy")} == {"ZeroDivisionError"}, "not the message, which may quote a student"
    ill.is_down = False
    office.let_time_pass()
    office.work()
    assert (len(ill.kept), office.states("ill")) == (2, ["done"] * 2)
    assert sorted(office.releases()) == sorted((name, person.id) for name in ("ill", "well") for person in (office.school.student, ben))


def test_what_is_refused_is_a_dead_letter_and_the_rest_goes_on(office: Office, well: FakeReceiver) -> None:
    office.switch_on("well")
    ben = office.classmate("Ben")
    well.refuses.add(office.school.student.id)
    office.check_in(office.school.student, ben)
    office.work()
    assert sorted(office.states("well")) == ["dead", "done"]
    assert office.releases() == [("well", ben.id)]
    with office.house.database.session() as session:
        (letter,) = outbox.dead_letters(session, office.school.tenant.id)
        assert letter.seq is not None
        outbox.retry(session, office.school.tenant.id, letter.seq, now=utc_now() - SECOND)
        session.commit()
    well.refuses.clear()
    office.work()
    assert office.states("well") == ["done", "done"]
    assert len(office.releases()) == 2


def test_a_receiver_that_is_no_more_gets_dead_letters(office: Office) -> None:
    office.switch_on("gone")
    office.check_in()
    office.work()
    assert office.states("gone") == ["dead"]


def test_the_check_ins_of_one_student_arrive_in_order(office: Office, well: FakeReceiver) -> None:
    office.switch_on("well")
    now, well.is_down = utc_now(), True
    for days in (3, 2, 1):
        office.check_in(at=now - days * DAY)
    office.work()
    assert len(well.sent) == 1, "the later ones wait for the first"
    well.is_down = False
    office.let_time_pass()
    office.work()
    assert [event.at for event in well.kept.values()] == [now - days * DAY for days in (3, 2, 1)]


def test_an_event_is_handed_on_once_though_two_workers_took_it_up(office: Office, well: FakeReceiver) -> None:
    office.switch_on("well")
    office.check_in()
    with office.house.database.session() as session:
        (late,) = outbox.claim(session, now=utc_now(), lease=timedelta())  # its lease is over at once
        session.commit()
    office.work()
    office.worker._deliver(late)
    office.work()
    assert office.states("well") == ["done"]
    assert well.sent == [f"well:check_in.made:{late.payload['check_in']}"]


def test_two_workers_share_the_work(office: Office, well: FakeReceiver) -> None:
    office.switch_on("well")
    office.check_in(*(office.classmate(f"Student {number}") for number in range(20)))
    workers = [threading.Thread(target=office.work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    office.work()
    assert (len(well.kept), len(well.sent)) == (20, 20)
    assert len(office.releases()) == 20


# Stopping


class Stopping(FakeReceiver):
    """A receiver during whose first delivery somebody stops the worker."""

    worker: Worker

    def send(self, batch: Sequence[Event]) -> list[Result]:
        self.worker.stop()
        return super().send(batch)


def test_who_is_stopped_finishes_what_is_in_hand_and_gives_the_rest_back(
    database: Database, vault: Vault, outgoing: Outgoing, tmp_path: Path, kept_school: School
) -> None:
    stopping = Stopping("stopping")
    office = Office(fake_house(database, vault, outgoing, tmp_path, stopping), kept_school)
    office.switch_on("stopping")
    office.check_in(*(office.classmate(f"Student {number}") for number in range(3)))
    office.worker.deliver()
    stopping.worker = office.worker
    stopping.worker.deliver()
    assert len(stopping.kept) == 1
    assert sorted((entry.state, entry.attempts, entry.leased_until) for entry in office.entries("stopping")) == [
        ("done", 1, None),
        ("waiting", 0, None),
        ("waiting", 0, None),
    ]


def test_it_runs_until_it_is_stopped(office: Office, well: FakeReceiver) -> None:
    office.switch_on("well")
    worker = office.worker
    running = threading.Thread(target=worker.run, daemon=True)
    running.start()
    office.check_in()
    deadline = time.monotonic() + 10
    while not office.releases() and time.monotonic() < deadline:
        time.sleep(0.02)
    worker.stop()
    running.join(10)
    assert not running.is_alive()
    assert len(well.kept) == 1


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("table", ["outbox", "lease", "course_receiver"])
def test_it_survives_a_database_that_fails_for_a_while(
    office: Office, well: FakeReceiver, table: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    office.switch_on("well")
    office.check_in()
    rename(office, table, f"{table}_away")
    worker = office.worker
    running = threading.Thread(target=worker.run, daemon=True)
    running.start()
    time.sleep(0.3)
    assert running.is_alive()
    rename(office, f"{table}_away", table)
    deadline = time.monotonic() + 10
    while not office.releases() and time.monotonic() < deadline:
        office.let_time_pass()
        time.sleep(0.02)
    worker.stop()
    running.join(10)
    assert not running.is_alive()
    assert len(well.kept) == 1
    said = capsys.readouterr().out + caplog.text
    assert "OperationalError" in said
    for secret in ("SELECT", "INSERT", str(office.school.student.id), office.school.student.id.hex):
        assert secret not in said


def rename(office: Office, table: str, name: str) -> None:
    with office.house.database.connect(writes=True) as connection:
        connection.exec_driver_sql("PRAGMA legacy_alter_table = ON")
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {name}")


# The timetable


def test_of_two_workers_one_runs_the_timetable(office: Office) -> None:
    now = utc_now()
    with Timetable(office.house, new_id()) as first, Timetable(office.house, new_id()) as second:
        for timetable in (first, second):
            timetable.keep(now=now)
        assert (first.running, second.running) == (True, False)
        for timetable in (second, first):
            timetable.keep(now=now + LEASE_LENGTH * 0.9)
        assert (first.running, second.running) == (True, False), "it is renewed in time"


def test_who_stops_hands_the_timetable_over(office: Office) -> None:
    now = utc_now()
    with Timetable(office.house, new_id()) as second:
        with Timetable(office.house, new_id()) as first:
            for timetable in (first, second):
                timetable.keep(now=now)
        assert not first.running
        second.keep(now=now + LEASE_LENGTH / 2)
        assert second.running


def test_the_timetable_of_a_dead_worker_is_taken_over_and_never_run_twice(office: Office) -> None:
    now = utc_now()
    with Timetable(office.house, new_id()) as first, Timetable(office.house, new_id()) as second:
        first.keep(now=now)
        second.keep(now=now + LEASE_LENGTH * 0.9)
        assert not second.running
        late = now + LEASE_LENGTH * 1.5
        second.keep(now=late)
        first.keep(now=late)
        assert (first.running, second.running) == (False, True)
