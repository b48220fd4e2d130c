"""Units: what the targets of a guide belong to in their framework. A unit stands for its targets."""

from dataclasses import dataclass
from functools import cache
from uuid import UUID

from sqlalchemy import Select, bindparam, select
from sqlmodel import Session, col

from core.courses.competencies import Competency
from core.courses.guide import GuideItem


@dataclass(frozen=True)
class Unit:
    """A competency above some targets of a guide, however far above; `target_ids` are in the guide's order."""

    competency_id: UUID
    short_name: str
    target_ids: tuple[UUID, ...]


def units_of(session: Session, tenant_id: UUID, course_id: UUID) -> list[Unit]:
    """The units of a course's guide, in the order of their first targets, in one statement. Most courses have few, or none."""
    names: dict[UUID, str] = {}
    targets: dict[UUID, list[UUID]] = {}
    for unit_id, short_name, target_id in session.execute(_units(), {"tenant_id": tenant_id, "course_id": course_id}):
        names[unit_id] = short_name
        targets.setdefault(unit_id, []).append(target_id)
    return [Unit(unit_id, names[unit_id], tuple(ids)) for unit_id, ids in targets.items()]


@cache
def _units() -> Select[UUID | None, str, UUID]:
    belongs = (
        select(
            col(GuideItem.competency_id).label("target_id"),
            col(GuideItem.position).label("position"),
            col(Competency.parent_id).label("unit_id"),
        )
        .join(Competency, col(Competency.id) == col(GuideItem.competency_id))
        .where(col(GuideItem.tenant_id) == bindparam("tenant_id"), col(GuideItem.course_id) == bindparam("course_id"))
        .cte("belongs", recursive=True)
    )
    above = select(belongs.c.target_id, belongs.c.position, col(Competency.parent_id)).join(
        Competency, col(Competency.id) == belongs.c.unit_id
    )
    belongs = belongs.union(above)  # each row once: a tree that bites its tail ends too
    return (
        select(belongs.c.unit_id, col(Competency.short_name), belongs.c.target_id)
        .join(Competency, col(Competency.id) == belongs.c.unit_id)
        .where(col(Competency.tenant_id) == bindparam("tenant_id"))
        .order_by(belongs.c.position)
    )
