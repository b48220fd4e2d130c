"""What every receiver keeps to: the adapters, and the fake that other tests use in their place."""

import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from uuid import UUID, uuid4

import pytest

from app.wsgi import build_app
from core.data.clock import utc_now
from core.data.db import Database
from core.data.outbox import Delivered, Refused
from core.data.outgoing import DestinationDown, Outgoing
from core.data.vault import Vault
from core.journal.events import EventKind
from core.mastery.receivers import Event, Receiver
from core.people.viewers import Me, find_viewer
from lti.ags import GradebookReceiver
from tests.fakes.gradebook import Reply
from tests.fakes.house import TOOL, approve, fake_house, found_school, keep_tool_key, register
from tests.fakes.platform import FakePlatform, fake_platform, handle_of
from tests.fakes.receiver import FakeReceiver


class Box(Protocol):
    """A receiver, what it holds, and the trouble that it can be in."""

    @property
    def receiver(self) -> Receiver:
        """What the contract is about."""

    def event(self, number: int) -> Event:
        """A check-in of the student with a number; the same one whenever it is asked for."""

    def kept(self) -> int:
        """How many things the receiver holds."""

    def make_trouble(self, *, down: bool) -> None:
        """Put it out of order, or into order again."""

    def refuse(self, number: int) -> None:
        """Have it never take the events of a student."""


@dataclass
class FakeBox:
    """The fake in memory."""

    receiver: FakeReceiver
    at: datetime
    people: list[UUID]

    def event(self, number: int) -> Event:
        return Event(f"event-{number}", "check_in.made", UUID(int=1), self.people[number], UUID(int=2), self.at)

    def kept(self) -> int:
        return len(self.receiver.kept)

    def make_trouble(self, *, down: bool) -> None:
        self.receiver.is_down = down

    def refuse(self, number: int) -> None:
        self.receiver.refuses.add(self.people[number])


@dataclass
class GradebookBox:
    """The gradebook receiver, writing into a fake LMS over HTTP."""

    receiver: GradebookReceiver
    lms: FakePlatform
    at: datetime
    students: list[Me]

    def event(self, number: int) -> Event:
        me = self.students[number]
        assert me.course_id is not None
        return Event(f"event-{number}", "check_in.made", me.tenant_id, me.person_id, me.course_id, self.at + timedelta(minutes=number))

    def kept(self) -> int:
        return len(self.lms.gradebook.scores)

    def make_trouble(self, *, down: bool) -> None:
        self.lms.gradebook.prescribed["score"] = [Reply(503)] * (50 if down else 0)

    def refuse(self, number: int) -> None:
        self.lms.gradebook.refused.add(f"student-{number}")


@pytest.fixture
def kind() -> str:
    """The contract is about what leaves; which database it leaves from is tested elsewhere."""
    return "sqlite"


@pytest.fixture(params=["gradebook", "fake"])
def box(request: pytest.FixtureRequest, now: datetime) -> Iterator[Box]:
    """Each receiver in turn."""
    if request.param == "fake":
        yield FakeBox(FakeReceiver(), now, [uuid4() for _ in range(4)])
        return
    database, vault, home = (request.getfixturevalue(name) for name in ("database", "vault", "tmp_path"))
    client = Outgoing(allow_private=True, tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    with fake_platform(TOOL) as lms, closing(client) as outgoing:
        yield _gradebook_box(database, vault, outgoing, home, lms, now)


def _gradebook_box(database: Database, vault: Vault, outgoing: Outgoing, home: Path, lms: FakePlatform, now: datetime) -> GradebookBox:
    app = build_app(fake_house(database, vault, outgoing, home))
    approve(database, register(database, lms), found_school(database))
    keep_tool_key(database, vault)
    handles = [handle_of(lms.launch(app.test_client(), sub=f"student-{number}")) for number in range(4)]
    with database.session(writes=False) as session:
        students = [find_viewer(session, handle, None, now=utc_now()) for handle in handles]
    return GradebookBox(GradebookReceiver(database, vault, outgoing), lms, now, students)


def test_it_has_a_name(box: Box) -> None:
    assert box.receiver.name


def test_it_says_which_events_it_takes(box: Box) -> None:
    assert EventKind.CHECK_IN_MADE in box.receiver.takes
    assert box.receiver.takes <= set(EventKind)


def test_nothing_to_send_is_nothing_sent(box: Box) -> None:
    assert box.receiver.send([]) == []
    assert box.kept() == 0


def test_an_event_is_kept(box: Box) -> None:
    assert box.receiver.send([box.event(0)]) == [Delivered()]
    assert box.kept() == 1


def test_an_event_sent_twice_is_kept_once(box: Box) -> None:
    for _ in range(2):
        assert box.receiver.send([box.event(0)]) == [Delivered()]
    assert box.receiver.send([box.event(0), box.event(0)]) == [Delivered(), Delivered()]
    assert box.kept() == 1


def test_each_event_has_its_result_in_order(box: Box) -> None:
    box.refuse(1)
    results = box.receiver.send([box.event(number) for number in range(3)])
    assert [type(result) for result in results] == [Delivered, Refused, Delivered]
    assert box.kept() == 2


def test_one_that_is_refused_is_refused_again_and_keeps_nothing(box: Box) -> None:
    box.refuse(0)
    for _ in range(2):
        (result,) = box.receiver.send([box.event(0)])
        assert isinstance(result, Refused)
        assert result.error
    assert box.kept() == 0


def test_out_of_order_it_says_so_and_later_takes_the_same_event(box: Box) -> None:
    box.make_trouble(down=True)
    with pytest.raises(DestinationDown):
        box.receiver.send([box.event(0)])
    box.make_trouble(down=False)
    assert box.receiver.send([box.event(0)]) == [Delivered()]
    assert box.kept() == 1


def test_what_it_has_learnt_can_be_asked_for(box: Box, now: datetime) -> None:
    box.receiver.send([box.event(0)])
    assert list(box.receiver.fetch(now - timedelta(days=1))) == []
