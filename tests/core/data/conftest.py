"""A client and a server for it, for the tests of the way out."""

from collections.abc import Iterator

import httpx
import pytest

from core.data.outgoing import Outgoing
from tests.fakes.http_server import Told, serving

SILENCE = 0.3


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def server() -> Iterator[Told]:
    with serving() as told:
        yield told


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outgoing(clock: Clock) -> Iterator[Outgoing]:
    client = Outgoing(allow_private=True, clock=clock, timeout=httpx.Timeout(SILENCE))
    yield client
    client.close()


@pytest.fixture
def strict() -> Iterator[Outgoing]:
    client = Outgoing(timeout=httpx.Timeout(SILENCE))
    yield client
    client.close()
