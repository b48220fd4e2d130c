"""Progress: which targets of a course's guide a student has reached, by the level that the course calls mastery."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlmodel import Session, col

from core.courses.competencies import Competency
from core.courses.courses import Course
from core.courses.guide import GuideItem
from core.evidence.evidence import Estimate


@dataclass(frozen=True)
class Standing:
    """One target of a guide, and whether a student has reached it. `due_on` is a day in the course's zone."""

    short_name: str
    due_on: date | None
    reached: bool


_estimated = and_(col(Estimate.course_id) == col(GuideItem.course_id), col(Estimate.competency_id) == col(GuideItem.competency_id))
_reached = col(Estimate.value_bp) >= col(Course.mastery_level_bp)


def standings_of(session: Session, tenant_id: UUID, course_id: UUID, person_id: UUID) -> list[Standing]:
    """How a student stands on each target of a course, in the guide's order, in one statement."""
    query = (
        select(col(Competency.short_name), col(GuideItem.due_on), _reached)
        .select_from(GuideItem)
        .join(Course, col(Course.id) == col(GuideItem.course_id))
        .join(Competency, col(Competency.id) == col(GuideItem.competency_id))
        .outerjoin(Estimate, and_(_estimated, col(Estimate.person_id) == person_id))
        .where(col(GuideItem.tenant_id) == tenant_id, col(GuideItem.course_id) == course_id)
        .order_by(col(GuideItem.position))
    )
    return [Standing(short_name, due_on, bool(reached)) for short_name, due_on, reached in session.execute(query)]


def count_reached(session: Session, tenant_id: UUID, course_id: UUID, person_ids: Collection[UUID]) -> dict[UUID, int]:
    """How many targets of a course each of some students has reached, in one statement; who reached none is absent."""
    query = (
        select(col(Estimate.person_id), func.count())
        .select_from(GuideItem)
        .join(Course, col(Course.id) == col(GuideItem.course_id))
        .join(Estimate, _estimated)
        .where(
            col(GuideItem.tenant_id) == tenant_id, col(GuideItem.course_id) == course_id, col(Estimate.person_id).in_(person_ids), _reached
        )
        .group_by(col(Estimate.person_id))
    )
    return dict(session.execute(query).all())
