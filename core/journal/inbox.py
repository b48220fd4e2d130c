"""What an adult's inbox shows beside the calls that wait: those answered, how many wait in all, and who waits for nothing.

No words: those are read one by one, by the verbs of their own nouns, and audited.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.courses.enrolments import Enrolment
from core.journal.adults import teaches
from core.journal.claims import Claim
from core.journal.claims import waits_for as claim_waits_for
from core.journal.help_answers import readable_by, waits_for
from core.journal.help_requests import AnswerForm, HelpAnswer, HelpRequest, HelpState, Kind
from core.people.access import Role
from core.people.audit import Reader


@dataclass(frozen=True)
class Answered:
    """A request that stands answered by a reader. `fits` is what the student said to a meeting, None until they did."""

    request_id: UUID
    person_id: UUID
    course_id: UUID
    competency_id: UUID | None
    kind: Kind
    form: AnswerForm
    fits: bool | None
    answered_at: datetime

    @property
    def needs_another_time(self) -> bool:
        """The student cannot come to the meeting."""
        return self.fits is False


def answered_by(session: Session, reader: Reader) -> list[Answered]:
    """The requests that stand answered by a reader, and of which nobody said yet whether it helped, oldest answer first."""
    query = (
        select(HelpRequest, HelpAnswer)
        .join(HelpAnswer, col(HelpAnswer.help_request_id) == col(HelpRequest.id))
        .where(
            *readable_by(reader),
            col(HelpRequest.state) == HelpState.ANSWERED,
            col(HelpAnswer.answered_by) == reader.person_id,
            col(HelpAnswer.answered_at) == col(HelpRequest.answered_at),
        )
        .order_by(col(HelpAnswer.answered_at), col(HelpRequest.asked_at), col(HelpAnswer.id))
    )
    found = {request.id: _answered(request, answer) for request, answer in session.execute(query)}
    return list(found.values())


def count_waiting_for(session: Session, reader: Reader, today: date) -> int:
    """How many calls for help and claims wait for a reader over all courses, in one statement.

    Args:
        today: the day on which somebody else may be away.
    """
    calls = select(func.count()).select_from(HelpRequest).where(*waits_for(reader, today)).scalar_subquery()
    claims = select(func.count()).select_from(Claim).where(*claim_waits_for(reader)).scalar_subquery()
    count: int = session.execute(select(calls + claims)).scalar_one()
    return count


def count_students(session: Session, teacher: Reader) -> int:
    """How many students a teacher has over all courses, each counted once."""
    query = select(func.count(func.distinct(col(Enrolment.person_id)))).where(
        col(Enrolment.tenant_id) == teacher.tenant_id,
        col(Enrolment.role) == Role.STUDENT,
        col(Enrolment.active),
        teaches(teacher, col(Enrolment.course_id)),
    )
    count: int = session.execute(query).scalar_one()
    return count


def _answered(request: HelpRequest, answer: HelpAnswer) -> Answered:
    return Answered(
        request_id=request.id,
        person_id=request.person_id,
        course_id=request.course_id,
        competency_id=request.competency_id,
        kind=Kind(request.kind),
        form=AnswerForm(answer.form),
        fits=answer.fits,
        answered_at=answer.answered_at,
    )
