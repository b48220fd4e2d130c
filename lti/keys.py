"""The tool's own keys: a pool of RSA keys, sealed by the vault. The newest signs; older ones stay published.

Rotation overlaps: a platform may cache our key set, so a retired key is published for a month more.
"""

import base64
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import select
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Database, Table
from core.data.ids import new_id
from core.data.vault import Vault

PUBLISHED_AFTER_RETIREMENT = timedelta(days=30)
_PURPOSE = "tool_key.sealed_key"


class ToolKey(Table, table=True):
    """One signing key of the tool. `public_jwk` is what `/lti/jwks.json` shows (RFC 7517)."""

    __tablename__ = "tool_key"
    kid: str = Field(primary_key=True)
    sealed_key: bytes
    public_jwk: str
    made_at: datetime = Field(sa_type=UTCDateTime)
    retired_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


@dataclass(frozen=True)
class SigningKey:
    """The key that signs now, as PEM."""

    kid: str
    pem: str


def signing_key(database: Database, vault: Vault, *, now: datetime) -> SigningKey:
    """The newest key that is not retired, made when there is none."""
    with database.session(writes=False) as session:
        found = _newest(session)
    return _opened(vault, found) if found else rotate(database, vault, now=now)


def rotate(database: Database, vault: Vault, *, now: datetime) -> SigningKey:
    """Make a new key, which signs from now on; the others retire and stay published for 30 days."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    kid = new_id().hex
    sealed = vault.system_key().seal(pem, _PURPOSE)
    with database.aside() as session:
        for old in session.scalars(select(ToolKey).where(col(ToolKey.retired_at).is_(None))):
            old.retired_at = now
        session.add(ToolKey(kid=kid, sealed_key=sealed, public_jwk=json.dumps(_jwk(kid, private.public_key())), made_at=now))
    return SigningKey(kid, pem)


def published(session: Session, *, now: datetime) -> list[dict[str, Any]]:
    """The public keys to show: the signing one, and those retired within 30 days."""
    fresh = col(ToolKey.retired_at).is_(None) | (col(ToolKey.retired_at) > now - PUBLISHED_AFTER_RETIREMENT)
    return [json.loads(jwk) for jwk in session.scalars(select(col(ToolKey.public_jwk)).where(fresh).order_by(col(ToolKey.made_at).desc()))]


def _newest(session: Session) -> ToolKey | None:
    return session.scalars(select(ToolKey).where(col(ToolKey.retired_at).is_(None)).order_by(col(ToolKey.made_at).desc()).limit(1)).first()


def _opened(vault: Vault, key: ToolKey) -> SigningKey:
    return SigningKey(key.kid, vault.system_key().open(key.sealed_key, _PURPOSE))


def _jwk(kid: str, key: rsa.RSAPublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": _base64(numbers.n), "e": _base64(numbers.e)}


def _base64(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
