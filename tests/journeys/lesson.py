"""What a class has behind it before a journey begins: a guide, and a student with a goal under way. Days are counted from today."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid4

from sqlmodel import Session, select

from core.courses.calendar import calendar_of
from core.courses.competencies import Framework
from core.courses.courses import Course
from core.courses.guide import set_guide
from core.data.clock import local_day, utc_now
from core.evidence.evidence import Observation, Source, record_evidence
from core.journal.checkins import Progress, record_check_in
from core.journal.goal_setting import Details, set_goal
from core.journal.student import Student, student_of
from core.people.access import Role
from core.people.accounts import Account
from core.people.platforms import Deployment
from core.people.roles import SchoolRole, grant
from core.people.tenants import find_tenant
from core.people.viewers import open_viewer
from tests.journeys.stage import Scene
from tests.people_made import add_competency

ZONE = "America/Los_Angeles"
SETS = ("Practice set 1", "Practice set 2", "Practice set 3")
EXERCISES = ("Ejercicio 1", "Ejercicio 2", "Ejercicio 3")
A_WEEK = timedelta(days=7)
EARLIER = 8


@dataclass(frozen=True)
class Lesson:
    """A course with a guide: unit 4 with five targets, and eight targets before it."""

    scene: Scene
    course: Course
    targets: dict[str, UUID]

    def school_day(self, count: int) -> date:
        """The school day that comes so many after today."""
        with self.scene.house.database.session(writes=False) as session:
            return calendar_of(session, self.course.tenant_id, self.course.id).after(local_day(utc_now(), ZONE), count)

    def begin_work(self, subject: str, target: str, due: date, steps: tuple[str, ...], *, done: int | None = None) -> None:
        """Somebody who has come in before set a goal a week ago; `done` is what they said at a check-in some days later."""
        with self.scene.house.database.aside() as session:
            student, now = self._student(session, subject), utc_now()
            goal = set_goal(session, student, due, competency_id=self.targets[target], details=Details(steps=steps), now=now - A_WEEK)
            if done is not None:
                record_check_in(session, student, Progress(goal_id=goal.id, steps_done=done), now=now - A_WEEK / 2)

    def reach_earlier(self, subject: str) -> None:
        """Somebody who has come in before reached the eight targets before unit 4 in the last four weeks."""
        with self.scene.house.database.aside() as session:
            student, now = self._student(session, subject), utc_now()
            for place in range(EARLIER):
                at = now - timedelta(days=25 - 3 * place)
                seen = Observation(student.person_id, self.targets[f"Warm-up {place + 1}"], 10_000, at, Source.TEACHER)
                record_evidence(session, self.course, seen, now=now)

    def open_as_admin(self, subject: str) -> str:
        """Make somebody who has come in before an admin of the school; the handle of a page of theirs."""
        with self.scene.house.database.aside() as session:
            tenant_id, now, person_id = self.course.tenant_id, utc_now(), self._person_id(session, subject)
            grant(session, tenant_id, person_id, SchoolRole.TENANT_ADMIN, by=None, now=now)
            role = Role.TENANT_ADMIN
            opened = open_viewer(session, tenant_id=tenant_id, person_id=person_id, course_id=None, role=role, platform_id=None, now=now)
            return opened.handle

    def _person_id(self, session: Session, subject: str) -> UUID:
        mine = select(Account.person_id).where(Account.tenant_id == self.course.tenant_id, Account.subject == subject)
        return session.exec(mine).one()

    def _student(self, session: Session, subject: str) -> Student:
        person_id = self._person_id(session, subject)
        return student_of(session, self.scene.house.vault, self.course.tenant_id, person_id, self.course.id)


def furnish(scene: Scene, school: str, context: str, title: str, unit: tuple[str, ...]) -> Lesson:
    """Give a course a guide: unit 4 with these targets, one a week. A course that nobody came to yet is made as a launch makes it."""
    now = utc_now()
    with scene.house.database.aside() as session:
        tenant_id = find_tenant(session, school).id
        course = session.scalars(select(Course).where(Course.tenant_id == tenant_id, Course.context_id == context)).one_or_none()
        if course is None:
            deployment_id = session.scalars(select(Deployment).where(Deployment.tenant_id == tenant_id)).one().id
            course = Course(tenant_id=tenant_id, deployment_id=deployment_id, context_id=context, title=title, created_at=now)
            session.add(course)
        framework = Framework(tenant_id=tenant_id, case_id=uuid4(), title=title, imported_at=now)
        session.add(framework)
        session.flush()
        earlier = [add_competency(session, framework, f"Warm-up {number}") for number in range(1, EARLIER + 1)]
        whole = add_competency(session, framework, "Unit 4")
        parts = [add_competency(session, framework, name) for name in unit]
        for part in parts:
            part.parent_id = whole.id
        session.flush()
        today = local_day(now, ZONE)
        lines = [(one.id, today - 4 * A_WEEK, 10_000) for one in earlier]
        lines += [(one.id, today + place * A_WEEK, 10_000) for place, one in enumerate(parts, start=1)]
        set_guide(session, tenant_id, course.id, lines)
    return Lesson(scene, course, {one.short_name: one.id for one in (*earlier, *parts)})
