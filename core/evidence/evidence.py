"""Evidence: one dated observation of one student on one competency. Append-only.

It is written in the transaction of the deed, together with the estimate that follows from it, so the embedded mastery
store is never behind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, UniqueConstraint, bindparam, select
from sqlmodel import Field, Session, UTCDateTime, col

from core.courses.courses import Course
from core.data.db import Table, insert_into, within_tenant
from core.data.outbox import BigId
from core.errors import CoreError
from core.evidence import estimates


class Source(StrEnum):
    """Where an observation comes from."""

    TEACHER = "teacher"
    GRADEBOOK = "gradebook"
    RECEIVER = "receiver"
    OVERRIDE = "override"
    """A teacher's word on the estimate itself; it stands until the next override."""


class Evidence(Table, table=True):
    """One observation. `score_bp` is 0 to 10,000; `once_key` makes the same observation told twice a no-op."""

    __table_args__ = (
        CheckConstraint("score_bp BETWEEN 0 AND 10000", name="score_in_range"),
        Index("ix_evidence_student", "tenant_id", "person_id", "competency_id", "observed_at"),
        UniqueConstraint("tenant_id", "once_key"),
        within_tenant("person", "person_id", on_delete="CASCADE"),
        within_tenant("course", "course_id"),
        within_tenant("competency", "competency_id"),
    )
    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))
    tenant_id: UUID
    person_id: UUID
    course_id: UUID
    competency_id: UUID
    source: str
    score_bp: int
    asserted_by: UUID | None = None
    observed_at: datetime = Field(sa_type=UTCDateTime)
    recorded_at: datetime = Field(sa_type=UTCDateTime)
    once_key: str | None = None


class Estimate(Table, table=True):
    """What the evidence adds up to: `value_bp` by the course's method, `pacing_bp` by smoothed decay, for pacing."""

    __table_args__ = (
        within_tenant("person", "person_id", on_delete="CASCADE"),
        within_tenant("course", "course_id", on_delete="CASCADE"),
        within_tenant("competency", "competency_id"),
    )
    course_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)
    competency_id: UUID = Field(primary_key=True)
    tenant_id: UUID
    value_bp: int
    pacing_bp: int
    observations: int
    last_observed_at: datetime = Field(sa_type=UTCDateTime)


class CompetencyTotal(Table, table=True):
    """The running sum of all observations on a competency: its mean so far is the prior of smoothed decay."""

    __tablename__ = "competency_total"
    __table_args__ = (within_tenant("competency", "competency_id", on_delete="CASCADE"),)
    competency_id: UUID = Field(primary_key=True)
    tenant_id: UUID
    observations: int
    sum_bp: int = Field(sa_type=BigInteger)


class ScoreOutOfRange(CoreError):
    """A score is 0 to 10,000 basis points."""

    code = "evidence.score_out_of_range"


class ObservedInFuture(CoreError):
    """Nothing is observed before it happens."""

    code = "evidence.observed_in_future"


@dataclass(frozen=True)
class Observation:
    """What is told about one student and one competency; `score_bp` 0 to 10,000."""

    person_id: UUID
    competency_id: UUID
    score_bp: int
    observed_at: datetime
    source: Source
    asserted_by: UUID | None = None
    once_key: str | None = None


def record_evidence(session: Session, course: Course, told: Observation, *, now: datetime) -> bool:
    """Keep one observation and bring the estimate up to date; False when its `once_key` was told before.

    Raises:
        ScoreOutOfRange: not within 0 to 10,000.
        ObservedInFuture: `observed_at` is after `now`.
    """
    _check(told, now)
    row = {
        "tenant_id": course.tenant_id,
        "person_id": told.person_id,
        "course_id": course.id,
        "competency_id": told.competency_id,
        "source": told.source,
        "score_bp": told.score_bp,
        "asserted_by": told.asserted_by,
        "observed_at": told.observed_at,
        "recorded_at": now,
        "once_key": told.once_key,
    }
    kept = session.execute(
        insert_into(session, Evidence).values(**row).on_conflict_do_nothing().returning(col(Evidence.id))
    ).scalar_one_or_none()
    if kept is None:
        return False
    prior = _count_in(session, course.tenant_id, told)
    _estimate_again(session, course, told.person_id, told.competency_id, prior)
    return True


def estimates_of(session: Session, tenant_id: UUID, course_id: UUID, person_id: UUID) -> dict[UUID, Estimate]:
    """The estimates of a student in a course, by competency."""
    found = session.scalars(_estimates, {"tenant_id": tenant_id, "course_id": course_id, "person_id": person_id})
    return {one.competency_id: one for one in found}


_estimates = (
    select(Estimate)
    .where(
        col(Estimate.tenant_id) == bindparam("tenant_id"),
        col(Estimate.course_id) == bindparam("course_id"),
        col(Estimate.person_id) == bindparam("person_id"),
    )
    .execution_options(populate_existing=True)
)


def evidence_of(
    session: Session, tenant_id: UUID, person_id: UUID, competency_id: UUID, course_id: UUID | None = None
) -> Sequence[Evidence]:
    """The observations of a student on a competency, in one course or in all, by the date of the evidence, oldest first."""
    query = select(Evidence).where(
        col(Evidence.tenant_id) == tenant_id, col(Evidence.person_id) == person_id, col(Evidence.competency_id) == competency_id
    )
    if course_id:
        query = query.where(col(Evidence.course_id) == course_id)
    return session.scalars(query.order_by(col(Evidence.observed_at), col(Evidence.id))).all()


def _check(told: Observation, now: datetime) -> None:
    if not 0 <= told.score_bp <= 10_000:
        raise ScoreOutOfRange(score=told.score_bp)
    if told.observed_at > now:
        raise ObservedInFuture(observed_at=told.observed_at.isoformat())


def _count_in(session: Session, tenant_id: UUID, told: Observation) -> int:
    """Add an observation to its competency's running sum; returns the mean so far. Overrides are no observations."""
    counts = told.source is not Source.OVERRIDE
    row = {
        "competency_id": told.competency_id,
        "tenant_id": tenant_id,
        "observations": int(counts),
        "sum_bp": told.score_bp if counts else 0,
    }
    statement = insert_into(session, CompetencyTotal).values(**row)
    added = statement.on_conflict_do_update(
        index_elements=["competency_id"],
        set_={
            "observations": CompetencyTotal.observations + statement.excluded.observations,
            "sum_bp": CompetencyTotal.sum_bp + statement.excluded.sum_bp,
        },
    ).returning(col(CompetencyTotal.observations), col(CompetencyTotal.sum_bp))
    observations, sum_bp = session.execute(added).one()
    return sum_bp // observations if observations else told.score_bp


def _estimate_again(session: Session, course: Course, person_id: UUID, competency_id: UUID, prior: int) -> None:
    # Of this course only: what another course's teacher entered, an override above all, is not this one's to report.
    found = evidence_of(session, course.tenant_id, person_id, competency_id, course.id)
    overrides = [one.score_bp for one in found if one.source == Source.OVERRIDE]
    scores = [one.score_bp for one in found if one.source != Source.OVERRIDE]
    override = overrides[-1] if overrides else None
    method, level = estimates.Method(course.mastery_method), course.mastery_level_bp
    values = {
        "tenant_id": course.tenant_id,
        "value_bp": estimates.estimate(method, scores, prior=prior, override=override, level=level),
        "pacing_bp": estimates.estimate(estimates.Method.SMOOTHED_DECAY, scores, prior=prior, override=override),
        "observations": len(scores),
        "last_observed_at": found[-1].observed_at,
    }
    keys = {"course_id": course.id, "person_id": person_id, "competency_id": competency_id}
    statement = insert_into(session, Estimate).values(**keys, **values)
    session.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=values))
