"""Competencies: the learning targets of a framework, with a short name that a student can read on a phone."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, bindparam, select
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table, within_tenant
from core.data.ids import new_id
from core.errors import CoreError, NotFound

LONGEST_SHORT_NAME = 40
READS_WELL = 30


class Framework(Table, table=True):
    """A published set of competencies, as a school imported it. `case_id` is its CASE GUID."""

    __table_args__ = (UniqueConstraint("tenant_id", "case_id"), UniqueConstraint("tenant_id", "id"))
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID = Field(foreign_key="tenant.id")
    case_id: UUID
    title: str
    publisher: str | None = None
    uri: str | None = None
    imported_at: datetime = Field(sa_type=UTCDateTime)


class Competency(Table, table=True):
    """One learning target. `case_id` and `uri` are those of its CASE item; `parent_id` is where it belongs in the tree."""

    __table_args__ = (
        UniqueConstraint("framework_id", "case_id"),
        UniqueConstraint("tenant_id", "id"),
        CheckConstraint("length(short_name) <= 40", name="short_name_fits"),
        within_tenant("framework", "framework_id", on_delete="CASCADE"),
        within_tenant("competency", "parent_id"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    framework_id: UUID
    parent_id: UUID | None = None
    case_id: UUID
    uri: str | None = None
    code: str | None = None
    statement: str
    short_name: str
    position: int = 0


class ShortNameTooLong(CoreError):
    """A short name has at most 40 characters."""

    code = "competency.short_name_too_long"


def find_competency(session: Session, tenant_id: UUID, competency_id: UUID) -> Competency:
    """A competency of this tenant.

    Raises:
        NotFound: none here.
    """
    competency = session.scalars(_one, {"tenant_id": tenant_id, "competency_id": competency_id}).one_or_none()
    if competency is None:
        raise NotFound(what="competency")
    return competency


_one = select(Competency).where(col(Competency.tenant_id) == bindparam("tenant_id"), col(Competency.id) == bindparam("competency_id"))


def rename_competency(session: Session, tenant_id: UUID, competency_id: UUID, short_name: str) -> Competency:
    """Give a competency a short name.

    Raises:
        NotFound: no such competency in this tenant.
        ShortNameTooLong: more than 40 characters.
    """
    competency = find_competency(session, tenant_id, competency_id)
    if len(short_name) > LONGEST_SHORT_NAME:
        raise ShortNameTooLong(length=len(short_name), longest=LONGEST_SHORT_NAME)
    competency.short_name = short_name
    session.add(competency)
    return competency


def competencies_of(session: Session, tenant_id: UUID, framework_id: UUID) -> Sequence[Competency]:
    """The competencies of a framework, in its own order."""
    query = (
        select(Competency)
        .where(col(Competency.tenant_id) == tenant_id, col(Competency.framework_id) == framework_id)
        .order_by(col(Competency.position), col(Competency.id))
    )
    return session.scalars(query).all()


def suggest_short_name(statement: str) -> str:
    """A first short name: the statement's opening, cut at a word, at most 40 characters. People write better ones."""
    plain = " ".join(statement.split())
    if len(plain) <= LONGEST_SHORT_NAME:
        return plain
    return plain[:LONGEST_SHORT_NAME].rsplit(" ", 1)[0][: LONGEST_SHORT_NAME - 1].rstrip(",;:.") + "…"


def short_names(session: Session, tenant_id: UUID, competency_ids: Collection[UUID]) -> dict[UUID, str]:
    """What students read for some competencies of this tenant, in one statement."""
    query = select(col(Competency.id), col(Competency.short_name)).where(
        col(Competency.tenant_id) == tenant_id, col(Competency.id).in_(competency_ids)
    )
    return dict(session.execute(query).all())


def wants_a_name(short_name: str) -> bool:
    """Whether a person should write a better short name: it was cut off, or is longer than a button of a phone shows."""
    return short_name.endswith("…") or len(short_name) > READS_WELL
