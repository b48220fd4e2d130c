"""Registrations: what a login and a launch need to know of their platform.

Every launch asks, and the answer hardly ever changes: it is kept in the process for a minute.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import col

from core.data.db import Database
from core.people.platforms import Platform

KEPT_FOR = timedelta(minutes=1)


@dataclass(frozen=True)
class Registration:
    """A platform, as the protocol sees it."""

    id: UUID
    issuer: str
    client_id: str
    auth_login_url: str
    key_set_url: str


_facts = select(col(Platform.id), col(Platform.issuer), col(Platform.client_id), col(Platform.auth_login_url), col(Platform.key_set_url))
_by_issuer = _facts.where(col(Platform.issuer) == bindparam("issuer")).limit(2)
_by_client = _by_issuer.where(col(Platform.client_id) == bindparam("client"))
_by_id = _facts.where(col(Platform.id) == bindparam("id"))


class Registrations:
    """The registrations this process has been asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: dict[object, tuple[Registration, datetime]] = {}

    def find(self, issuer: str, client_id: str | None, *, now: datetime) -> Registration | None:
        """The registration of an issuer and client id; without one the issuer's only registration, if it has only one."""
        key = (issuer, client_id)
        return self._look(key, now) or self._ask(key, now, {"issuer": issuer, "client": client_id})

    def of(self, platform_id: UUID, *, now: datetime) -> Registration | None:
        """The registration that a login was begun for."""
        return self._look(platform_id, now) or self._ask(platform_id, now, {"id": platform_id})

    def _look(self, key: object, now: datetime) -> Registration | None:
        registration, until = self._kept.get(key, (None, now))
        return registration if now < until else None

    def _ask(self, key: object, now: datetime, facts: dict[str, object]) -> Registration | None:
        query = _by_id if "id" in facts else _by_client if facts["client"] else _by_issuer
        with self._database.connect() as connection:
            found = [Registration(*row) for row in connection.execute(query, facts)]
        if len(found) != 1:
            return None
        self._kept[key] = (found[0], now + KEPT_FOR)
        return found[0]
