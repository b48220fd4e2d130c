"""People: unique within a tenant, known outside it by a random pseudonym."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint, select
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table
from core.data.ids import new_id
from core.data.vault import DataKey, Vault
from core.errors import NotFound

_PSEUDONYM_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0/O and 1/I: people read these aloud
NAME = "person.sealed_name"
LONGEST_NAME = 200


class Person(Table, table=True):
    """A human in a tenant. The display name is sealed with the person's own key; no other personal claim is kept."""

    __table_args__ = (UniqueConstraint("tenant_id", "id"), UniqueConstraint("tenant_id", "pseudonym"))
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID = Field(foreign_key="tenant.id")
    pseudonym: str
    sealed_name: bytes | None = None
    language: str | None = None
    zone: str | None = None
    created_at: datetime = Field(sa_type=UTCDateTime)


def add_person(session: Session, vault: Vault, tenant_id: UUID, name: str | None, *, now: datetime) -> Person:
    """Add a person with a key and a pseudonym of their own. `name` None keeps them nameless."""
    person = Person(tenant_id=tenant_id, pseudonym=new_pseudonym(), created_at=now)
    person.sealed_name = seal_name(vault.make_key(person.id), name)
    session.add(person)
    session.flush()
    return person


def find_person(session: Session, tenant_id: UUID, person_id: UUID) -> Person:
    """A person of this tenant.

    Raises:
        NotFound: none here.
    """
    person = session.get(Person, person_id)
    if person is None or person.tenant_id != tenant_id:
        raise NotFound(what="person")
    return person


def choose_language(session: Session, tenant_id: UUID, person_id: UUID, language: str) -> None:
    """Speak a language with a person from now on. `language` is one of `core.i18n.LANGUAGES`.

    Raises:
        NotFound: nobody of this tenant.
    """
    person = find_person(session, tenant_id, person_id)
    person.language = language
    session.add(person)


def find_called(session: Session, tenant_id: UUID, pseudonym: str) -> Person:
    """The person of this tenant who has a pseudonym.

    Raises:
        NotFound: nobody here.
    """
    person = session.scalars(select(Person).where(col(Person.tenant_id) == tenant_id, col(Person.pseudonym) == pseudonym)).one_or_none()
    if person is None:
        raise NotFound(what="person")
    return person


def seal_name(key: DataKey, name: str | None) -> bytes | None:
    """A display name under its owner's key, cut at 200 characters."""
    return key.seal(name[:LONGEST_NAME], NAME) if name else None


def names_of(session: Session, vault: Vault, tenant_id: UUID, person_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The display names of some people, in two statements; nameless people appear by their pseudonym."""
    query = select(col(Person.id), col(Person.pseudonym), col(Person.sealed_name)).where(
        col(Person.tenant_id) == tenant_id, col(Person.id).in_(set(person_ids))
    )
    rows = session.execute(query).all()
    keys = vault.keys_of(person_id for person_id, _, sealed in rows if sealed)
    return {
        person_id: keys[person_id].open(sealed, NAME) if sealed and person_id in keys else pseudonym
        for person_id, pseudonym, sealed in rows
    }


def new_pseudonym() -> str:
    """A random pseudonym of 50 bits such as `s-7Q2K9XMB4T`: no hash of anything."""
    return "s-" + "".join(secrets.choice(_PSEUDONYM_ALPHABET) for _ in range(10))
