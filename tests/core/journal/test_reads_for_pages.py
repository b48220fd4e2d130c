"""What pages read of the journal: in few statements, only of those asked for, only inside their school."""

from datetime import date, datetime, timedelta

from sqlmodel import Session

from core.data.vault import Vault
from core.journal.checkins import Blocker, CheckIn, last_check_ins, places_with_last_days
from core.journal.goals import GoalState, count_open_goals, open_goals_with_steps
from core.journal.help_requests import HelpState, Kind, count_waiting, own_requests
from core.people.access import Role
from tests.people_made import School, add_course, enrol, join
from tests.web.made import add_goal, ask_help


def check_in(session: Session, school: School, day: date, now: datetime, blocker: str | None = None) -> None:
    student, course = school.student, school.course
    made = CheckIn(tenant_id=student.tenant_id, person_id=student.id, course_id=course.id, day=day, blocker=blocker, made_at=now)
    session.add(made)
    session.flush()


def test_open_goals_come_with_their_steps_the_next_due_first(session: Session, vault: Vault, school: School, now: datetime) -> None:
    student, course, today = school.student, school.course, now.date()
    later = add_goal(session, vault, student, course, today + timedelta(days=9), now=now, words="later", steps=["a", "b"], done=1)
    sooner = add_goal(session, vault, student, course, today, now=now, competency_id=school.competency.id)
    for state in (GoalState.SUGGESTED, GoalState.REACHED, GoalState.DROPPED):
        add_goal(session, vault, student, course, today, now=now, words=state).state = state
    found = open_goals_with_steps(session, student.tenant_id, student.id, most=9)
    assert [(goal.goal_id, goal.short_name, [done for _, done in goal.steps]) for goal in found] == [
        (sooner.id, "Slope", []),
        (later.id, None, [True, False]),
    ]
    assert [goal.goal_id for goal in open_goals_with_steps(session, student.tenant_id, student.id, most=1)] == [sooner.id]
    assert count_open_goals(session, student.tenant_id, course.id, [student.id]) == {student.id: 2}


def test_the_newest_check_in_counts(session: Session, school: School, now: datetime) -> None:
    student, course, today = school.student, school.course, now.date()
    check_in(session, school, today, now, Blocker.TIME)
    check_in(session, school, today - timedelta(days=1), now, Blocker.NOTHING)
    assert last_check_ins(session, student.tenant_id, course.id, [student.id]) == {student.id: (today, Blocker.TIME)}
    assert last_check_ins(session, student.tenant_id, course.id, [school.teacher.id]) == {}


def test_places_are_those_the_person_is_still_in_each_with_its_zone_and_last_day(session: Session, school: School, now: datetime) -> None:
    far = add_course(session, school.deployment, "Zoology", now=now, zone="Pacific/Kiritimati")
    enrol(session, far, school.student, Role.STUDENT, now=now)
    left = add_course(session, school.deployment, "Art", now=now)
    enrol(session, left, school.student, Role.STUDENT, now=now, active=False)
    check_in(session, school, now.date(), now)
    found = places_with_last_days(session, school.tenant.id, school.student.id)
    assert [(place.title, place.role, place.zone, day) for place, day in found] == [
        ("Algebra 1", Role.STUDENT, "America/Los_Angeles", now.date()),
        ("Zoology", Role.STUDENT, "Pacific/Kiritimati", None),
    ]


def test_requests_are_newest_first_each_with_its_latest_answer(session: Session, vault: Vault, school: School, now: datetime) -> None:
    student, teacher, course = school.student, school.teacher, school.course
    first = ask_help(session, vault, student, teacher, course, "first", now=now - timedelta(days=1), answer="yes")
    second = ask_help(session, vault, student, teacher, course, "second", now=now, state=HelpState.SEEN)
    found = own_requests(session, student.tenant_id, student.id, most=5)
    assert [(one.request_id, one.state, one.sealed_answer is not None) for one in found] == [
        (second.id, HelpState.SEEN, False),
        (first.id, HelpState.OPEN, True),
    ]
    assert [one.request_id for one in own_requests(session, student.tenant_id, student.id, most=1)] == [second.id]


def test_a_personal_request_waits_only_for_whom_it_was_sent_to(session: Session, vault: Vault, school: School, now: datetime) -> None:
    student, teacher, course = school.student, school.teacher, school.course
    other = join(session, vault, course, "Mr Bell", Role.TEACHER, now=now)
    ask_help(session, vault, student, teacher, course, "slope", now=now)
    ask_help(session, vault, student, other, course, "something else", now=now, kind=Kind.PERSONAL)
    for state in (HelpState.ANSWERED, HelpState.RESOLVED):
        ask_help(session, vault, student, teacher, course, "old", now=now, state=state)
    for reader, count in ((teacher, 1), (other, 2)):
        assert count_waiting(session, student.tenant_id, course.id, [student.id], reader=reader.id) == {student.id: count}


def test_another_school_reads_nothing(session: Session, vault: Vault, school: School, neighbours: School, now: datetime) -> None:
    student, course, elsewhere = school.student, school.course, neighbours.tenant.id
    add_goal(session, vault, student, course, now.date(), now=now, words="mine", steps=["one"])
    ask_help(session, vault, student, school.teacher, course, "mine", now=now)
    check_in(session, school, now.date(), now)
    assert open_goals_with_steps(session, elsewhere, student.id, most=9) == []
    assert own_requests(session, elsewhere, student.id, most=9) == []
    assert places_with_last_days(session, elsewhere, student.id) == []
    for counted in (
        count_open_goals(session, elsewhere, course.id, [student.id]),
        last_check_ins(session, elsewhere, course.id, [student.id]),
        count_waiting(session, elsewhere, course.id, [student.id], reader=school.teacher.id),
    ):
        assert counted == {}
