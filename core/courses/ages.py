"""Ages: what schools attest about the students of a deployment, as it bears on one person."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.courses.courses import Course
from core.courses.enrolments import Enrolment
from core.people.access import Role
from core.people.platforms import AgeBand, Deployment


def may_be_under_13(session: Session, tenant_id: UUID, person_id: UUID) -> bool:
    """Whether a person is a student where the school does not attest that all are thirteen or older."""
    young = (
        select(col(Enrolment.id))
        .join(Course, col(Course.id) == col(Enrolment.course_id))
        .join(Deployment, col(Deployment.id) == col(Course.deployment_id))
        .where(
            col(Enrolment.tenant_id) == tenant_id,
            col(Enrolment.person_id) == person_id,
            col(Enrolment.role) == Role.STUDENT,
            col(Enrolment.active),
            col(Deployment.age_band).not_in((AgeBand.TEENS, AgeBand.ADULT)),
        )
    )
    return session.execute(young.limit(1)).first() is not None
