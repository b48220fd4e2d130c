"""The sample school, laid into an empty tenant: people, guide, ten weeks of work and of the students' own voice.

The same `now` makes the same school, but for random ids and keys. Everything it tells has happened before the day of
`now` at the school, on instructional days.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from app.sample import content, goals, people, talk, voices, work
from app.sample.people import CastMember, Roll
from app.sample.term import Term, bounds_of, dates_of, monday_of, term_of
from app.sample.work import Aim, Aims, Piece
from core.courses import calendar, frameworks, guide
from core.courses.competencies import competencies_of
from core.courses.courses import Course
from core.data.vault import Vault
from core.evidence.evidence import Observation, Source, record_evidence
from core.mastery import receivers
from core.people import platforms, tenants
from core.people.platforms import AgeBand, Platform
from core.people.tenants import Tenant

GRADEBOOK = "gradebook"
_OPENED_BEFORE = timedelta(days=5)
_REPORT_EVERY = 100

Progress = Callable[[str, int, int], None]
"""What is being laid (`people`, `guide`, `evidence`, `voices` or `talk`), how much of it is done, and how much there is."""


@dataclass(frozen=True)
class SampleSchool:
    """What was laid: the tenant, its courses by context id, and whom an LMS can launch."""

    tenant_id: UUID
    course_ids: Mapping[str, UUID]
    cast: tuple[CastMember, ...]


def lay_school(
    session: Session, vault: Vault, platform: Platform, deployment_id: str, *, now: datetime, progress: Progress | None = None
) -> SampleSchool:
    """Lay the sample school into a new tenant, and approve a deployment into it; the caller commits.

    Args:
        platform: the LMS whose people these are; its issuer is the realm of their accounts.
        deployment_id: the deployment of the platform that launches them; the age band is 13 to 17.
        now: an aware instant; the term lies around it.
        progress: told of each part as it grows.

    Raises:
        OtherTenant: the deployment was approved into a school already.
    """
    report = progress or _silent
    tenant, courses, term, opened = _lay_courses(session, platform, deployment_id, now)
    report("people", 0, 1)
    roll = people.lay_people(session, vault, tenant, platform.id.hex, courses, term, opened=opened)
    report("people", 1, 1)
    aims = _lay_guides(session, tenant, courses, term, opened)
    report("guide", 1, 1)
    done = _work(roll, aims, term)
    _lay_evidence(session, roll, done, term, report)
    report("voices", 0, 1)
    laid = goals.lay_goals(session, roll, done, aims, term)
    voices.lay_check_ins(session, roll, laid, term)
    voices.lay_reflections(session, roll, laid, term)
    voices.lay_help_requests(session, roll, aims, term)
    report("voices", 1, 1)
    talk.lay_talk(session, vault, roll, courses, aims, term, now=now, report=report)
    for section in content.course_plan().sections:
        if section.gradebook:
            teacher_id = roll.teacher_of(section.context).id
            receivers.switch_on(session, tenant.id, courses[section.context].id, GRADEBOOK, by=teacher_id, now=now)
    return SampleSchool(tenant.id, {context: course.id for context, course in courses.items()}, people.cast())


def _lay_courses(
    session: Session, platform: Platform, deployment_id: str, now: datetime
) -> tuple[Tenant, dict[str, Course], Term, datetime]:
    """The tenant, its deployment, its breaks and its courses; some days before the term."""
    plan = content.course_plan()
    monday = monday_of(now, plan.school.zone)
    starts_on, ends_on = bounds_of(plan.term, monday)
    opened = datetime.combine(starts_on, time(9), ZoneInfo(plan.school.zone)) - _OPENED_BEFORE
    tenant = tenants.add_tenant(session, plan.school.name, zone=plan.school.zone, language=plan.school.language, now=opened)
    deployment = platforms.approve_deployment(session, platform, deployment_id, tenant.id, AgeBand.TEENS, by="sample", now=opened)
    for pause in plan.breaks:
        calendar.add_break(session, tenant.id, pause.name, *dates_of(pause, monday))
    courses = {
        section.context: Course(
            tenant_id=tenant.id,
            deployment_id=deployment.id,
            context_id=section.context,
            title=section.title,
            starts_on=starts_on,
            ends_on=ends_on,
            created_at=opened,
        )
        for section in plan.sections
    }
    session.add_all(courses.values())
    session.flush()
    some = next(iter(courses.values()))
    days = calendar.calendar_of(session, tenant.id, some.id)
    return tenant, courses, term_of(days, starts_on, ends_on, zone=plan.school.zone, now=now), opened


def _lay_guides(session: Session, tenant: Tenant, courses: Mapping[str, Course], term: Term, opened: datetime) -> Aims:
    """Import the frameworks, and set the guide of every section; what is taught, by the section's context."""
    taught = {name: _lay_guide(session, tenant, name, term, opened) for name in content.course_plan().guides}
    for section in content.course_plan().sections:
        lines = [(aim.competency_id, term.day(aim.due), aim.weight_bp) for aim in taught[section.guide]]
        guide.set_guide(session, tenant.id, courses[section.context].id, lines)
    return {section.context: taught[section.guide] for section in content.course_plan().sections}


def _lay_guide(session: Session, tenant: Tenant, name: str, term: Term, opened: datetime) -> list[Aim]:
    """Import the framework of a guide; its targets in order."""
    plan = content.course_plan().guides[name]
    framework = frameworks.import_package(session, tenant.id, content.framework_package(name), now=opened).framework
    by_code = {one.code: one.id for one in competencies_of(session, tenant.id, framework.id)}
    taught = [(unit.name, code, weight) for unit in plan.units for code, weight in unit.targets.items()]
    due = term.due_days(len(taught))
    return [Aim(code, by_code[plan.full_code(code)], unit, day, weight) for (unit, code, weight), day in zip(taught, due, strict=True)]


def _work(roll: Roll, aims: Aims, term: Term) -> dict[int, list[Piece]]:
    """What each pupil handed in, by their number on the roll, oldest first: as their story has it, and practice told by hand."""
    done = {}
    for number, pupil in enumerate(roll.pupils):
        meets, rng, taught = pupil.section.meets, pupil.chance("work"), aims[pupil.section.context]
        own = [one for one in content.voices().practice if roll.find(one.who, one.context) is pupil]
        by_code = {aim.code: aim for aim in taught}
        told = [work.practice(by_code[one.aim], ago, score, meets, rng) for one in own for ago, score in one.sets.items()]
        done[number] = sorted(work.work_of(pupil.story, taught, term, meets, rng) + told, key=lambda piece: piece.day)
    return done


def _lay_evidence(session: Session, roll: Roll, done: Mapping[int, Sequence[Piece]], term: Term, report: Progress) -> None:
    """Tell the mastery store of all work, in the order in which it was graded."""
    told = [(piece.graded_at(term), number, piece) for number, pieces in done.items() for piece in pieces]
    told.sort(key=lambda one: one[:2])
    for count, (graded_at, number, piece) in enumerate(told):
        if count % _REPORT_EVERY == 0:
            report("evidence", count, len(told))
        pupil = roll.pupils[number]
        by = roll.teacher_of(pupil.section.context).id if piece.source is Source.TEACHER else None
        observation = Observation(pupil.person.id, piece.aim.competency_id, piece.score_bp, piece.observed_at(term), piece.source, by)
        record_evidence(session, pupil.course, observation, now=graded_at)
    report("evidence", len(told), len(told))


def _silent(_what: str, _done: int, _total: int) -> None:
    """Report nothing."""
