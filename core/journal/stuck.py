"""Stuck: one strategy for what is in the way, then the teacher's own links for the competency, then a person.

Strategies are keys; their sentences are in the catalogues. Links are entered by a teacher and never invented.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, bindparam, case, func, select
from sqlmodel import Field, Session, UTCDateTime, col

from core.courses.competencies import find_competency
from core.courses.courses import Course
from core.data.db import Table, insert_into, within_tenant
from core.data.ids import new_id
from core.errors import CoreError, NotFound
from core.journal.adults import demand_teacher
from core.journal.checkins import Blocker
from core.journal.links import check_link
from core.journal.student import Student
from core.people.audit import Reader

MOST_LINKS = 5
LONGEST_TITLE = 80

STRATEGIES: Mapping[Blocker, tuple[str, ...]] = {
    Blocker.NOTHING: (),
    Blocker.TIME: ("ten_minutes", "one_small_part", "same_time_each_day", "move_the_day"),
    Blocker.NOT_UNDERSTOOD: ("draw_it", "read_an_example_again", "say_it_aloud", "begin_with_the_part_you_know", "check_one_line"),
    Blocker.SOMETHING_ELSE: ("write_down_what_it_is", "another_place", "phone_away", "two_minutes_to_begin", "work_beside_someone"),
}
"""What a student can try, in the order in which it is offered."""


class CompetencyLink(Table, table=True):
    """One address that a teacher gives for one competency of one course."""

    __tablename__ = "competency_link"
    __table_args__ = (
        UniqueConstraint("course_id", "competency_id", "url"),
        UniqueConstraint("tenant_id", "id"),
        within_tenant("course", "course_id", on_delete="CASCADE"),
        within_tenant("competency", "competency_id"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    course_id: UUID
    competency_id: UUID
    position: int
    title: str
    url: str
    added_by: UUID
    added_at: datetime = Field(sa_type=UTCDateTime)


class StuckOutcome(Table, table=True):
    """Whether a strategy or a link helped a student on a day; the later word of a day counts."""

    __tablename__ = "stuck_outcome"
    __table_args__ = (
        UniqueConstraint("person_id", "course_id", "day", "strategy"),
        UniqueConstraint("person_id", "day", "link_id"),
        CheckConstraint("(strategy IS NULL) <> (link_id IS NULL)", name="one_of_both"),
        within_tenant("person", "person_id", on_delete="CASCADE"),
        within_tenant("course", "course_id", on_delete="CASCADE"),
        within_tenant("competency_link", "link_id", on_delete="CASCADE"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    person_id: UUID
    course_id: UUID
    day: date
    strategy: str | None = None
    link_id: UUID | None = Field(default=None, index=True)
    helped: bool
    said_at: datetime = Field(sa_type=UTCDateTime)


class TooManyLinks(CoreError):
    """A competency has at most five links: more is a list that nobody reads."""

    code = "link.too_many"


class LinkTitleUnusable(CoreError):
    """A link is called something, in at most 80 characters."""

    code = "link.title_unusable"


@dataclass(frozen=True)
class Link:
    """A link as a teacher gives it: what students read, and the address."""

    title: str
    url: str


@dataclass(frozen=True)
class Count:
    """How often something helped, and how often it did not."""

    helped: int
    did_not: int


def strategies_for(session: Session, student: Student, blocker: Blocker, *, without: Collection[str] = ()) -> list[str]:
    """The strategies against what is in the way, those that helped this student before first, those that did not last.

    Args:
        without: those tried just now.
    """
    counts = own_counts(session, student)

    def liking(strategy: str) -> int:
        count = counts.get(strategy, Count(0, 0))
        return count.did_not - count.helped

    return sorted((one for one in STRATEGIES[blocker] if one not in without), key=liking)


def set_links(session: Session, teacher: Reader, course: Course, competency_id: UUID, links: Sequence[Link], *, now: datetime) -> None:
    """Set all links of a competency in a course, in order. A link whose address stays keeps what students said of it.

    Raises:
        NotFound: the teacher does not teach the course, or there is no such competency in the school.
        TooManyLinks: more than five; nothing is changed.
        LinkUnusable, LinkTitleUnusable: one cannot be kept; nothing is changed.
    """
    demand_teacher(session, teacher, course.id)
    find_competency(session, course.tenant_id, competency_id)
    wanted = {check_link(link.url): " ".join(link.title.split()) for link in links}
    if len(wanted) > MOST_LINKS:
        raise TooManyLinks(most=MOST_LINKS)
    if not all(0 < len(title) <= LONGEST_TITLE for title in wanted.values()):
        raise LinkTitleUnusable(longest=LONGEST_TITLE)
    old = {link.url: link for link in links_of(session, course.tenant_id, course.id, competency_id)}
    for position, (url, title) in enumerate(wanted.items()):
        link = old.pop(url, None) or CompetencyLink(
            tenant_id=course.tenant_id,
            course_id=course.id,
            competency_id=competency_id,
            position=position,
            title=title,
            url=url,
            added_by=teacher.person_id,
            added_at=now,
        )
        link.position, link.title = position, title
        session.add(link)
    for gone in old.values():
        session.delete(gone)
    session.flush()


def links_of(session: Session, tenant_id: UUID, course_id: UUID, competency_id: UUID) -> Sequence[CompetencyLink]:
    """The teacher's links for a competency of a course, in the teacher's order."""
    query = select(CompetencyLink).where(
        col(CompetencyLink.tenant_id) == tenant_id,
        col(CompetencyLink.course_id) == course_id,
        col(CompetencyLink.competency_id) == competency_id,
    )
    return session.scalars(query.order_by(col(CompetencyLink.position), col(CompetencyLink.id))).all()


def links_of_course(session: Session, tenant_id: UUID, course_id: UUID) -> dict[UUID, list[CompetencyLink]]:
    """All links of a course by competency, each in the teacher's order, in one statement."""
    query = select(CompetencyLink).where(col(CompetencyLink.tenant_id) == tenant_id, col(CompetencyLink.course_id) == course_id)
    found: dict[UUID, list[CompetencyLink]] = {}
    for link in session.scalars(query.order_by(col(CompetencyLink.position), col(CompetencyLink.id))):
        found.setdefault(link.competency_id, []).append(link)
    return found


def say_if_strategy_helped(session: Session, student: Student, strategy: str, helped: bool, *, now: datetime) -> None:
    """Keep whether a strategy helped today. The later word of a day counts.

    Raises:
        NotFound: no such strategy.
    """
    if not any(strategy in known for known in STRATEGIES.values()):
        raise NotFound(what="strategy")
    _keep(session, student, {"strategy": strategy}, ["person_id", "course_id", "day", "strategy"], helped, now)


def say_if_link_helped(session: Session, student: Student, link_id: UUID, helped: bool, *, now: datetime) -> None:
    """Keep whether a teacher's link helped today. The later word of a day counts.

    Raises:
        NotFound: no such link in the student's course.
    """
    link = session.get(CompetencyLink, link_id)
    if link is None or link.tenant_id != student.tenant_id or link.course_id != student.course.id:
        raise NotFound(what="link")
    _keep(session, student, {"link_id": link_id}, ["person_id", "day", "link_id"], helped, now)


def own_counts(session: Session, student: Student) -> dict[str, Count]:
    """What helped a student and what did not, by strategy, over all courses; what was never tried is absent."""
    rows = session.execute(_own, {"tenant_id": student.tenant_id, "person_id": student.person_id})
    return {key: Count(helped, did_not) for key, helped, did_not in rows}


def link_counts(session: Session, teacher: Reader, course_id: UUID) -> dict[UUID, Count]:
    """How often each link of one's course helped students: counts, no names; one that nobody tried is absent.

    Raises:
        NotFound: the teacher does not teach the course.
    """
    demand_teacher(session, teacher, course_id)
    here = (col(StuckOutcome.tenant_id) == teacher.tenant_id, col(StuckOutcome.course_id) == course_id)
    query = select(col(StuckOutcome.link_id), *_COUNTS).where(*here, col(StuckOutcome.link_id).is_not(None))
    return {key: Count(helped, did_not) for key, helped, did_not in session.execute(query.group_by(col(StuckOutcome.link_id)))}


_COUNTS = (
    func.sum(case((col(StuckOutcome.helped), 1), else_=0)),
    func.sum(case((col(StuckOutcome.helped), 0), else_=1)),
)
_own = (
    select(col(StuckOutcome.strategy), *_COUNTS)
    .where(
        col(StuckOutcome.tenant_id) == bindparam("tenant_id"),
        col(StuckOutcome.person_id) == bindparam("person_id"),
        col(StuckOutcome.strategy).is_not(None),
    )
    .group_by(col(StuckOutcome.strategy))
)


def _keep(session: Session, student: Student, what: Mapping[str, Any], once: list[str], helped: bool, now: datetime) -> None:
    row = {
        "id": new_id(),
        "tenant_id": student.tenant_id,
        "person_id": student.person_id,
        "course_id": student.course.id,
        "day": student.today(now),
        **what,
        "helped": helped,
        "said_at": now,
    }
    insert = insert_into(session, StuckOutcome).values(**row)
    session.execute(insert.on_conflict_do_update(index_elements=once, set_={"helped": helped, "said_at": now}))
