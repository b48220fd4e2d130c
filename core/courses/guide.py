"""The pacing guide: by when a course means to reach each competency, and how much each weighs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, bindparam, select
from sqlmodel import Field, Session, col

from core.courses.competencies import Competency
from core.data.db import Table, within_tenant
from core.data.ids import new_id
from core.errors import CoreError


class GuideItem(Table, table=True):
    """One competency of a course. `weight_bp` is its share in basis points; without `due_on` it is self-paced."""

    __tablename__ = "guide_item"
    __table_args__ = (
        UniqueConstraint("course_id", "competency_id"),
        CheckConstraint("weight_bp > 0", name="weight_positive"),
        Index("ix_guide_item_competency", "tenant_id", "competency_id"),
        within_tenant("course", "course_id", on_delete="CASCADE"),
        within_tenant("competency", "competency_id"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    course_id: UUID
    competency_id: UUID
    due_on: date | None = None
    weight_bp: int = 10_000
    position: int = 0


@dataclass(frozen=True)
class Target:
    """One line of the guide as a student meets it."""

    competency_id: UUID
    short_name: str
    due_on: date | None
    weight_bp: int


class WeightNotPositive(CoreError):
    """A competency of a guide weighs something."""

    code = "guide.weight_not_positive"


def set_guide(session: Session, tenant_id: UUID, course_id: UUID, lines: Sequence[tuple[UUID, date | None, int]]) -> None:
    """Set the whole guide of a course: (competency, due day in the course's zone, weight in basis points), in order.

    Raises:
        WeightNotPositive: a weight of 0 or less; nothing is changed.
    """
    if any(weight <= 0 for _, _, weight in lines):
        raise WeightNotPositive
    mine = select(GuideItem).where(col(GuideItem.tenant_id) == tenant_id, col(GuideItem.course_id) == course_id)
    old = {item.competency_id: item for item in session.scalars(mine)}
    for position, (competency_id, due_on, weight_bp) in enumerate(lines):
        item = old.pop(competency_id, None) or GuideItem(tenant_id=tenant_id, course_id=course_id, competency_id=competency_id)
        item.due_on, item.weight_bp, item.position = due_on, weight_bp, position
        session.add(item)
    for gone in old.values():
        session.delete(gone)
    session.flush()


def guide_of(session: Session, tenant_id: UUID, course_id: UUID) -> list[Target]:
    """The guide of a course, in its order."""
    return [Target(*row) for row in session.execute(_guide, {"tenant_id": tenant_id, "course_id": course_id})]


_guide = (
    select(col(GuideItem.competency_id), col(Competency.short_name), col(GuideItem.due_on), col(GuideItem.weight_bp))
    .join(Competency, col(Competency.id) == col(GuideItem.competency_id))
    .where(col(GuideItem.tenant_id) == bindparam("tenant_id"), col(GuideItem.course_id) == bindparam("course_id"))
    .order_by(col(GuideItem.position))
)
