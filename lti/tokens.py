"""Access tokens of platforms, kept sealed in the database until a minute before they expire (LTI Security 1.1, 4.1)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlmodel import Field, Session, UTCDateTime

from core.data.db import Database, Table, insert_into
from core.data.vault import Vault

MARGIN = timedelta(seconds=60)
_PURPOSE = "access_token.sealed_token"


class AccessToken(Table, table=True):
    """One token of one platform for one set of scopes."""

    __tablename__ = "access_token"
    platform_id: UUID = Field(primary_key=True, foreign_key="platform.id")
    scopes_hash: str = Field(primary_key=True)
    sealed_token: bytes
    expires_at: datetime = Field(sa_type=UTCDateTime)


def find_token(session: Session, vault: Vault, platform_id: UUID, scopes: Sequence[str], *, now: datetime) -> str | None:
    """A token that lasts at least another minute; None when a new one must be asked for."""
    token = session.get(AccessToken, (platform_id, _hash(scopes)))
    if token is None or token.expires_at <= now + MARGIN:
        return None
    return vault.system_key().open(token.sealed_token, _PURPOSE)


def keep_token(database: Database, vault: Vault, platform_id: UUID, scopes: Sequence[str], token: str, *, expires_at: datetime) -> None:
    """Keep a token for the next call, also of another process."""
    values = {"sealed_token": vault.system_key().seal(token, _PURPOSE), "expires_at": expires_at}
    row = {"platform_id": platform_id, "scopes_hash": _hash(scopes), **values}
    with database.aside() as session:
        statement = insert_into(session, AccessToken).values(**row)
        session.execute(statement.on_conflict_do_update(index_elements=["platform_id", "scopes_hash"], set_=values))


def drop_token(database: Database, platform_id: UUID, scopes: Sequence[str]) -> None:
    """Forget a token that the platform no longer takes."""
    with database.aside() as session:
        token = session.get(AccessToken, (platform_id, _hash(scopes)))
        if token:
            session.delete(token)


def _hash(scopes: Sequence[str]) -> str:
    return sha256(" ".join(sorted(scopes)).encode()).hexdigest()
