"""What the tests of the school's door share: a fake LMS, and Paceline's application with that LMS registered."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.wsgi import build_app
from core.data.db import Database
from core.data.outgoing import Outgoing
from core.data.vault import Vault
from core.people.platforms import Platform
from core.people.tenants import Tenant
from tests.fakes.house import TOOL, approve, fake_house, found_school, register
from tests.fakes.platform import FakePlatform, fake_platform


@pytest.fixture
def lms() -> Iterator[FakePlatform]:
    """A running fake LMS; nothing here knows it yet."""
    with fake_platform(TOOL) as running:
        yield running


@pytest.fixture
def outgoing() -> Iterator[Outgoing]:
    """The client for calls that leave the house, allowed to call loopback; without certificates, which take long to load."""
    client = Outgoing(allow_private=True, tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    yield client
    client.close()


@pytest.fixture
def app(database: Database, vault: Vault, outgoing: Outgoing, tmp_path: Path) -> Flask:
    """Paceline's application, on the test's own database."""
    return build_app(fake_house(database, vault, outgoing, tmp_path))


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """A browser that keeps cookies."""
    return app.test_client()


@pytest.fixture
def platform(database: Database, lms: FakePlatform) -> Platform:
    """The registration of the fake LMS."""
    return register(database, lms)


@pytest.fixture
def tenant(database: Database, platform: Platform) -> Tenant:
    """The school into which the fake LMS's deployment launches."""
    founded = found_school(database)
    approve(database, platform, founded)
    return founded


@pytest.fixture(scope="module")
def lms_for_all() -> Iterator[FakePlatform]:
    """A fake LMS that many examples share."""
    with fake_platform(TOOL) as running:
        yield running
