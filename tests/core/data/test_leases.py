"""Leases: exactly one process at a time runs the timetable."""

import threading
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session

from core.data.db import Database
from core.data.leases import hold, release

LENGTH = timedelta(seconds=30)
ONE, TWO = uuid4(), uuid4()


def holds(session: Session, holder: UUID, now: datetime, name: str = "timetable") -> bool:
    return hold(session, name, holder, now=now, length=LENGTH)


def test_a_lease_has_one_holder(session: Session, now: datetime) -> None:
    assert holds(session, ONE, now)
    assert not holds(session, TWO, now)


def test_its_holder_renews_it(session: Session, now: datetime) -> None:
    holds(session, ONE, now)
    assert holds(session, ONE, now + LENGTH / 2)
    assert not holds(session, TWO, now + LENGTH)


@pytest.mark.parametrize(("later", "taken"), [(LENGTH - timedelta(seconds=1), False), (LENGTH, True)], ids=["before", "at its end"])
def test_another_takes_it_over_once_it_expired(session: Session, now: datetime, later: timedelta, taken: bool) -> None:
    holds(session, ONE, now)
    assert holds(session, TWO, now + later) is taken
    assert holds(session, ONE, now + later) is not taken


def test_it_is_given_back_early(session: Session, now: datetime) -> None:
    holds(session, ONE, now)
    release(session, "timetable", ONE)
    assert holds(session, TWO, now)


def test_nobody_gives_back_what_another_holds(session: Session, now: datetime) -> None:
    holds(session, ONE, now)
    release(session, "timetable", TWO)
    assert not holds(session, TWO, now)


def test_each_piece_of_work_has_its_own(session: Session, now: datetime) -> None:
    assert holds(session, ONE, now)
    assert holds(session, TWO, now, name="sweep")


def test_of_many_who_start_together_one_gets_it(database: Database, now: datetime) -> None:
    together = threading.Barrier(6)
    got: list[bool] = []

    def start() -> None:
        together.wait()
        with database.aside() as session:
            got.append(holds(session, uuid4(), now))

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False] * 5 + [True]
