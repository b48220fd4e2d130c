"""Registrations: found by issuer and client, kept for a minute, and never kept as missing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event
from sqlmodel import select

from core.data.db import Database
from core.people.platforms import Platform
from lti.registration import KEPT_FOR, Registration, Registrations
from tests.fakes.house import register
from tests.fakes.platform import FakePlatform

pytestmark = pytest.mark.parametrize("kind", ["sqlite"])
SECOND = timedelta(seconds=1)


@pytest.fixture
def registrations(database: Database) -> Registrations:
    return Registrations(database)


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    heard: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        heard.append(statement)

    event.listen(database.engine, "before_cursor_execute", hear)
    yield heard
    event.remove(database.engine, "before_cursor_execute", hear)


def test_a_registration_is_found_by_issuer_client_and_id(
    registrations: Registrations, lms: FakePlatform, platform: Platform, now: datetime
) -> None:
    expected = Registration(platform.id, lms.issuer, lms.client_id, platform.auth_login_url, platform.key_set_url)
    assert registrations.find(lms.issuer, lms.client_id, now=now) == expected
    assert registrations.find(lms.issuer, None, now=now) == expected
    assert registrations.of(platform.id, now=now) == expected


def test_a_stranger_is_nobody(registrations: Registrations, lms: FakePlatform, platform: Platform, now: datetime) -> None:
    assert registrations.find("https://unknown.example", None, now=now) is None
    assert registrations.find(lms.issuer, "client-2", now=now) is None
    assert registrations.of(uuid4(), now=now) is None


def test_without_a_client_an_issuer_with_two_is_nobody(
    registrations: Registrations, lms: FakePlatform, platform: Platform, database: Database, now: datetime
) -> None:
    register(database, lms, client_id="client-2")
    assert registrations.find(lms.issuer, None, now=now) is None
    found = registrations.find(lms.issuer, "client-2", now=now)
    assert found and found.client_id == "client-2"


def test_what_was_found_is_not_asked_for_again_within_a_minute(
    registrations: Registrations, lms: FakePlatform, platform: Platform, database: Database, now: datetime
) -> None:
    registrations.find(lms.issuer, lms.client_id, now=now)
    registrations.of(platform.id, now=now)
    with statements(database) as heard:
        registrations.find(lms.issuer, lms.client_id, now=now + KEPT_FOR - SECOND)
        registrations.of(platform.id, now=now + KEPT_FOR - SECOND)
    assert heard == []


def test_a_change_is_seen_after_a_minute(
    registrations: Registrations, lms: FakePlatform, platform: Platform, database: Database, now: datetime
) -> None:
    registrations.of(platform.id, now=now)
    with database.aside() as session:
        session.scalars(select(Platform)).one().key_set_url = "https://moved.example/jwks"
    moved = registrations.of(platform.id, now=now + KEPT_FOR)
    assert moved and moved.key_set_url == "https://moved.example/jwks"


def test_who_is_registered_after_a_first_try_is_found_at_once(
    registrations: Registrations, lms: FakePlatform, database: Database, now: datetime
) -> None:
    assert registrations.find(lms.issuer, lms.client_id, now=now) is None
    register(database, lms)
    assert registrations.find(lms.issuer, lms.client_id, now=now) is not None


def test_strangers_fill_nothing(registrations: Registrations, platform: Platform, now: datetime) -> None:
    for number in range(100):
        registrations.find(f"https://{number}.example", str(number), now=now)
    assert registrations._kept == {}
