"""Launch states: one record of state and nonce, spent once, whoever tries."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from core.data.db import Database
from core.data.ids import digest
from core.people.platforms import Platform
from lti.launch_states import LIFETIME, LaunchState, Promise, forget_expired, keep, spend

SECOND = timedelta(seconds=1)


@pytest.fixture
def kept(database: Database, platform: Platform, now: datetime) -> str:
    """The state of a login that waits."""
    with database.connect(writes=True) as connection:
        keep(
            connection,
            "state-1",
            "nonce-1",
            platform_id=platform.id,
            deployment_id="deployment-1",
            target_link_uri="https://paceline.test/lti/launch",
            now=now,
        )
    return "state-1"


def spend_once(database: Database, state: str, now: datetime) -> Promise | None:
    with database.connect(writes=True) as connection:
        return spend(connection, state, now=now)


def test_a_state_gives_what_its_login_promised(database: Database, kept: str, platform: Platform, now: datetime) -> None:
    promise = Promise(digest("nonce-1"), platform.id, "deployment-1", "https://paceline.test/lti/launch")
    assert spend_once(database, kept, now) == promise


def test_a_state_is_spent_once(database: Database, kept: str, now: datetime) -> None:
    assert spend_once(database, kept, now) is not None
    assert spend_once(database, kept, now) is None


@pytest.mark.parametrize("state", ["", "state-2", "STATE-1", "state-1 ", "\ud800"])
def test_an_unknown_state_gives_nothing(database: Database, kept: str, now: datetime, state: str) -> None:
    assert spend_once(database, state, now) is None
    assert spend_once(database, kept, now) is not None


def test_a_state_lasts_ten_minutes(database: Database, kept: str, now: datetime) -> None:
    assert spend_once(database, kept, now + LIFETIME) is None
    assert spend_once(database, kept, now + LIFETIME - SECOND) is not None


def test_of_many_who_try_at_once_one_gets_it(database: Database, kept: str, now: datetime) -> None:
    gate = threading.Barrier(8)

    def press(_number: int) -> Promise | None:
        gate.wait()
        return spend_once(database, kept, now)

    with ThreadPoolExecutor(8) as pool:
        assert sum(promise is not None for promise in pool.map(press, range(8))) == 1


def test_expired_states_are_deleted(database: Database, kept: str, now: datetime) -> None:
    for later, left in ((LIFETIME - SECOND, 1), (LIFETIME, 0)):
        with database.session() as session:
            forget_expired(session, now=now + later)
            session.commit()
            assert len(session.scalars(select(LaunchState)).all()) == left


def test_neither_state_nor_nonce_is_stored(database: Database, kept: str) -> None:
    with database.session(writes=False) as session:
        row = session.scalars(select(LaunchState)).one()
    assert "state-1" not in repr(row)
    assert "nonce-1" not in repr(row)
