"""The sample school, laid once on each of two days for all tests that read it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlmodel import Session

from tests.app.sample_laid import Laid, lay

SUNDAY = datetime(2026, 11, 22, 18, tzinfo=UTC)
NIGHT_AFTER_THE_CLOCKS_CHANGED = datetime(2027, 3, 17, 8, 30, tzinfo=UTC)  # 1:30 on a Wednesday in Los Angeles


@pytest.fixture(scope="session", params=[SUNDAY, NIGHT_AFTER_THE_CLOCKS_CHANGED], ids=["on a Sunday", "in the night"])
def laid(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laid]:
    one = lay(tmp_path_factory.mktemp("sample"), request.param)
    yield one
    one.database.dispose()


@pytest.fixture
def reading(laid: Laid) -> Iterator[Session]:
    with laid.database.session(writes=False) as session:
        yield session
