"""The tool's own keys: one signs, retired ones stay published for a while, and none lies about in the clear."""

from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask.testing import FlaskClient
from sqlmodel import Session, select

from core.data.db import Database
from core.data.vault import Vault
from lti.key_sets import parse_key_set
from lti.keys import PUBLISHED_AFTER_RETIREMENT, SigningKey, ToolKey, published, rotate, signing_key

SECOND = timedelta(seconds=1)


def private(key: SigningKey) -> rsa.RSAPrivateKey:
    loaded = serialization.load_pem_private_key(key.pem.encode(), password=None)
    assert isinstance(loaded, rsa.RSAPrivateKey)
    return loaded


def shown(database: Database, now: datetime) -> list[str]:
    with database.session(writes=False) as session:
        return [jwk["kid"] for jwk in published(session, now=now)]


def test_the_first_key_is_made_when_it_is_needed_and_stays(database: Database, vault: Vault, now: datetime) -> None:
    first = signing_key(database, vault, now=now)
    assert private(first).key_size == 2048
    assert signing_key(database, vault, now=now + timedelta(days=400)) == first
    assert shown(database, now) == [first.kid]


def test_what_is_published_verifies_what_is_signed_and_holds_no_secret(database: Database, vault: Vault, now: datetime) -> None:
    signing = signing_key(database, vault, now=now)
    with database.session(writes=False) as session:
        (jwk,) = published(session, now=now)
    assert set(jwk) == {"kty", "use", "alg", "kid", "n", "e"}
    assert parse_key_set({"keys": [jwk]})[signing.kid].public_numbers() == private(signing).public_key().public_numbers()


def test_a_new_key_signs_at_once_and_the_old_one_stays_published_for_a_month(database: Database, vault: Vault, now: datetime) -> None:
    old, new = signing_key(database, vault, now=now), rotate(database, vault, now=now + SECOND)
    assert old.kid != new.kid
    assert signing_key(database, vault, now=now + 2 * SECOND) == new
    retired_until = now + SECOND + PUBLISHED_AFTER_RETIREMENT
    assert shown(database, retired_until - SECOND) == [new.kid, old.kid]
    assert shown(database, retired_until) == [new.kid]


def test_private_keys_are_sealed_at_rest(database: Database, vault: Vault, now: datetime) -> None:
    signing = signing_key(database, vault, now=now)
    secret = signing.pem.splitlines()[5]
    with database.session(writes=False) as session:
        (row,) = session.scalars(select(ToolKey)).all()
    kept = row.sealed_key + row.public_jwk.encode()
    assert b"PRIVATE" not in kept
    assert secret.encode() not in kept


@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_key_set_is_served(browser: FlaskClient, database: Database, vault: Vault) -> None:
    answer = browser.get("/lti/jwks.json")
    assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (200, "application/json", "public, max-age=3600")
    with database.session(writes=False) as session:
        (row,) = _rows(session)
    assert [jwk["kid"] for jwk in answer.get_json()["keys"]] == [row.kid]
    assert browser.get("/lti/jwks.json").json == answer.json


def _rows(session: Session) -> list[ToolKey]:
    return list(session.scalars(select(ToolKey)))
