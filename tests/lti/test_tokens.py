"""Access tokens: kept sealed, for every process, until a minute before they expire."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from core.data.db import Database
from core.data.vault import Unreadable, Vault
from core.people.platforms import Platform
from lti.tokens import MARGIN, AccessToken, drop_token, find_token, keep_token

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
SCOPES = ("https://scope.example/score", "https://scope.example/lineitem")


def find(database: Database, vault: Vault, platform: Platform, now: datetime, scopes: Sequence[str] = SCOPES) -> str | None:
    with database.session(writes=False) as session:
        return find_token(session, vault, platform.id, scopes, now=now)


def test_a_token_is_found_until_a_minute_before_it_expires(database: Database, vault: Vault, platform: Platform, now: datetime) -> None:
    keep_token(database, vault, platform.id, SCOPES, "secret", expires_at=now + HOUR)
    assert find(database, vault, platform, now) == "secret"
    assert find(database, vault, platform, now + HOUR - MARGIN - SECOND) == "secret"
    assert find(database, vault, platform, now + HOUR - MARGIN) is None


def test_a_token_is_for_its_scopes_in_any_order(database: Database, vault: Vault, platform: Platform, now: datetime) -> None:
    keep_token(database, vault, platform.id, SCOPES, "secret", expires_at=now + HOUR)
    assert find(database, vault, platform, now, SCOPES[::-1]) == "secret"
    assert find(database, vault, platform, now, SCOPES[:1]) is None
    assert find(database, vault, platform, now, [" ".join(SCOPES), ""]) is None


def test_a_new_token_replaces_the_old(database: Database, vault: Vault, platform: Platform, now: datetime) -> None:
    keep_token(database, vault, platform.id, SCOPES, "old", expires_at=now + SECOND)
    keep_token(database, vault, platform.id, SCOPES, "new", expires_at=now + HOUR)
    assert find(database, vault, platform, now) == "new"


def test_a_dropped_token_is_gone(database: Database, vault: Vault, platform: Platform, now: datetime) -> None:
    drop_token(database, platform.id, SCOPES)
    keep_token(database, vault, platform.id, SCOPES, "secret", expires_at=now + HOUR)
    drop_token(database, platform.id, SCOPES)
    assert find(database, vault, platform, now) is None


def test_tokens_are_sealed_at_rest_and_useless_elsewhere(database: Database, vault: Vault, platform: Platform, now: datetime) -> None:
    keep_token(database, vault, platform.id, SCOPES, "secret", expires_at=now + HOUR)
    with database.session(writes=False) as session:
        row = session.scalars(select(AccessToken)).one()
    assert b"secret" not in row.sealed_token
    with pytest.raises(Unreadable):
        vault.system_key().open(row.sealed_token, "tool_key.sealed_key")
