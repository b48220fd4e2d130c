"""Launch states: what a login promised its launch. One row holds state and nonce together, and is spent once, atomically.

The row binds the platform, the redirect and the deployment that the login named, so that neither a replayed launch
nor one login's state with another's nonce gets through. It is spent even when the launch is then refused.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, insert, update
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table
from core.data.ids import digest

LIFETIME = timedelta(minutes=10)


class LaunchState(Table, table=True):
    """One login that waits for its launch, or had it."""

    __tablename__ = "launch_state"
    __table_args__ = ({"sqlite_with_rowid": False},)  # written twice at every launch: one tree instead of two
    state_hash: str = Field(primary_key=True)
    nonce_hash: str
    platform_id: UUID = Field(foreign_key="platform.id")
    deployment_id: str | None = None
    target_link_uri: str
    expires_at: datetime = Field(sa_type=UTCDateTime)
    spent_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


@dataclass(frozen=True)
class Promise:
    """What the login bound."""

    nonce_hash: str
    platform_id: UUID
    deployment_id: str | None
    target_link_uri: str


_keep = insert(LaunchState)
_spend = (
    update(LaunchState)
    .where(
        col(LaunchState.state_hash) == bindparam("hash"),
        col(LaunchState.spent_at).is_(None),
        col(LaunchState.expires_at) > bindparam("now", type_=UTCDateTime),
    )
    .values(spent_at=bindparam("now", type_=UTCDateTime))
    .returning(col(LaunchState.nonce_hash), col(LaunchState.platform_id), col(LaunchState.deployment_id), col(LaunchState.target_link_uri))
)


def keep(
    connection: Connection, state: str, nonce: str, *, platform_id: UUID, deployment_id: str | None, target_link_uri: str, now: datetime
) -> None:
    """Keep what a login promises, for ten minutes; state and nonce as hashes."""
    row = {
        "state_hash": digest(state),
        "nonce_hash": digest(nonce),
        "platform_id": platform_id,
        "deployment_id": deployment_id,
        "target_link_uri": target_link_uri,
        "expires_at": now + LIFETIME,
    }
    connection.execute(_keep, row)


def spend(connection: Connection, state: str, *, now: datetime) -> Promise | None:
    """Spend a state, once; None when it is unknown, expired or spent. Run it in a transaction of its own."""
    row = connection.execute(_spend, {"hash": digest(state), "now": now}).one_or_none()
    return Promise(*row) if row else None


def forget_expired(session: Session, *, now: datetime) -> None:
    """Delete states whose ten minutes are over."""
    session.execute(delete(LaunchState).where(col(LaunchState.expires_at) <= now))
