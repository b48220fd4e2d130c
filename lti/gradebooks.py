"""Gradebooks: where a course's scores go, as its last launch said (LTI Assignment and Grade Services 2.0, claim)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, bindparam, case, select
from sqlmodel import Field, Session, UTCDateTime, col

from core.data.db import Table, insert_into, within_tenant
from lti.claims import Endpoint


class Gradebook(Table, table=True):
    """The AGS endpoint of one course. `check_ins_url` is the line item that we made for check-ins, once there is one."""

    __table_args__ = (within_tenant("course", "course_id", on_delete="CASCADE"),)
    course_id: UUID = Field(primary_key=True)
    tenant_id: UUID
    platform_id: UUID = Field(foreign_key="platform.id")
    lineitems_url: str | None = None
    lineitem_url: str | None = None
    check_ins_url: str | None = None
    scopes: list[str] = Field(sa_column=Column(JSON, nullable=False))
    told_at: datetime = Field(sa_type=UTCDateTime)


_told = select(col(Gradebook.platform_id), col(Gradebook.lineitems_url), col(Gradebook.lineitem_url), col(Gradebook.scopes)).where(
    col(Gradebook.course_id) == bindparam("course")
)


def keep_gradebook(session: Session, tenant_id: UUID, course_id: UUID, platform_id: UUID, endpoint: Endpoint, *, now: datetime) -> None:
    """Keep what a launch said about its course's gradebook. Our own line item stays known while the others stay where they are.

    Nearly every launch says what the last one said: that is only read.
    """
    said = (platform_id, endpoint.lineitems, endpoint.lineitem, list(endpoint.scope))
    if session.connection().execute(_told, {"course": course_id}).one_or_none() == said:
        return
    values: dict[str, Any] = {
        "platform_id": platform_id,
        "lineitems_url": endpoint.lineitems,
        "lineitem_url": endpoint.lineitem,
        "scopes": list(endpoint.scope),
        "told_at": now,
    }
    statement = insert_into(session, Gradebook).values(course_id=course_id, tenant_id=tenant_id, **values)
    unmoved = col(Gradebook.lineitems_url).is_not_distinct_from(endpoint.lineitems)
    kept = case((unmoved, col(Gradebook.check_ins_url)), else_=None)
    session.execute(statement.on_conflict_do_update(index_elements=["course_id"], set_={**values, "check_ins_url": kept}))
