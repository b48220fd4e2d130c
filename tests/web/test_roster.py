"""The teacher's roster: exceptions at a glance, no words, and no more statements for a large course than for a small one."""

from datetime import datetime

import pytest

from core.courses.guide import set_guide
from core.data.db import Database
from core.data.vault import Vault
from core.evidence.evidence import Observation, Source, record_evidence
from core.journal.checkins import Blocker, CheckIn
from core.journal.help_requests import HelpState, Kind
from core.mastery.receivers import receivers_of
from core.people.access import Role
from tests.people_made import School, add_course, enrol, join
from tests.web.conftest import Look
from tests.web.looking import Looker
from tests.web.made import add_goal, ask_help


@pytest.fixture
def busy_school(database: Database, vault: Vault, kept_school: School, now: datetime) -> School:
    """Ada has a goal, a target reached, a check-in with something in the way, and calls for help."""
    student, teacher, course = kept_school.student, kept_school.teacher, kept_school.course
    with database.aside() as session:
        set_guide(session, kept_school.tenant.id, course.id, [(kept_school.competency.id, now.date(), 1)])
        told = Observation(student.id, kept_school.competency.id, 9000, now, Source.TEACHER)
        record_evidence(session, course, told, now=now)
        add_goal(session, vault, student, course, now.date(), now=now, words="secret goal words")
        session.add(
            CheckIn(
                tenant_id=student.tenant_id, person_id=student.id, course_id=course.id, day=now.date(), blocker=Blocker.TIME, made_at=now
            )
        )
        ask_help(session, vault, student, teacher, course, "secret help words", now=now)
        ask_help(session, vault, student, teacher, course, "secret seen words", now=now, state=HelpState.SEEN)
        ask_help(session, vault, student, teacher, course, "secret old words", now=now, state=HelpState.ANSWERED)
    return kept_school


@pytest.mark.usefixtures("busy_school")
def test_a_line_says_what_a_teacher_may_know(ms_rivera: Looker) -> None:
    page = ms_rivera.read("/roster")
    for said in ("1 student", "Ada", "1 of 1", "Short of time", "2 waiting"):
        assert said in page
    assert "secret" not in page


def test_an_assistant_sees_neither_check_ins_nor_calls_for_help(
    look: Look, database: Database, vault: Vault, busy_school: School, now: datetime
) -> None:
    with database.aside() as session:
        helper = join(session, vault, busy_school.course, "Jo", Role.ASSISTANT, now=now)
    page = look(helper, Role.ASSISTANT).read("/roster")
    assert "1 of 1" in page
    for unsaid in ("Short of time", "waiting", "Last check-in", "Calls for help", "gradebook"):
        assert unsaid not in page


def test_a_personal_call_for_help_is_known_to_its_addressee_only(
    look: Look, ms_rivera: Looker, database: Database, vault: Vault, kept_school: School, now: datetime
) -> None:
    with database.aside() as session:
        bell = join(session, vault, kept_school.course, "Mr Bell", Role.TEACHER, now=now)
        ask_help(session, vault, kept_school.student, bell, kept_school.course, "for you", now=now, kind=Kind.PERSONAL)
    assert "1 waiting" in look(bell, Role.TEACHER).read("/roster")
    assert "waiting" not in ms_rivera.read("/roster")
    assert "– No calls" in ms_rivera.read("/roster"), "a dash for the eye, words for the ear"
    assert '<span class="meta" aria-hidden="true">–</span>' in ms_rivera.get("/roster").text


def test_forty_a_page_by_name_without_regard_to_accents(
    ms_rivera: Looker, database: Database, vault: Vault, kept_school: School, now: datetime
) -> None:
    with database.aside() as session:
        for number in range(41):
            join(session, vault, kept_school.course, f"Student {number:02}", Role.STUDENT, now=now)
        join(session, vault, kept_school.course, "Ángel", Role.STUDENT, now=now)
        join(session, vault, kept_school.course, "<b>Zoë</b>", Role.STUDENT, now=now)
    first, second = ms_rivera.read("/roster"), ms_rivera.read("/roster", page=2)
    assert "Students 1 to 40 of 44, by name" in first
    assert first.index("Ada") < first.index("Ángel") < first.index("Student 00")
    assert "Student 40" in second
    assert "Ada" not in second
    assert "Previous" in second
    found = ms_rivera.get("/roster", name="ANGEL")
    assert "Ángel" in found.text
    assert "Student 01" not in found.text
    assert "&lt;b&gt;Zoë&lt;/b&gt;" in ms_rivera.get("/roster", name="<b>z").text
    assert "No student's name holds" in ms_rivera.get("/roster", name="nobody").text.replace("&#39;", "'")


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("page", ["0", "-1", "x", "²", "99999999999999999999", "٣"])
def test_a_page_that_is_none_is_one_that_is(ms_rivera: Looker, page: str) -> None:
    assert "Ada" in ms_rivera.read("/roster", page=page)


def test_a_large_course_asks_no_more_than_a_small_one(
    ms_rivera: Looker, database: Database, vault: Vault, kept_school: School, now: datetime, statements: list[str]
) -> None:
    ms_rivera.read("/roster")
    few = len(statements)
    with database.aside() as session:
        for number in range(60):
            student = join(session, vault, kept_school.course, f"Student {number}", Role.STUDENT, now=now)
            add_goal(session, vault, student, kept_school.course, now.date(), now=now, words="mine")
    statements.clear()
    ms_rivera.read("/roster")
    assert len(statements) == few <= 16


def test_nobody_yet(look: Look, database: Database, kept_school: School, now: datetime) -> None:
    with database.aside() as session:
        course = add_course(session, kept_school.deployment, "Geometry", now=now)
        enrol(session, course, kept_school.teacher, Role.TEACHER, now=now)
    teacher = look(kept_school.teacher, Role.TEACHER, course)
    page = teacher.read("/roster")
    assert "Nobody has opened Paceline yet. Students appear here at their first launch." in page
    assert "Your sections" in page
    assert "Ada" in teacher.follow(teacher.post("/place", course=kept_school.course.id))


def test_the_gradebook_is_switched_by_the_teacher(ms_rivera: Looker, database: Database, kept_school: School) -> None:
    def receivers() -> list[str]:
        with database.session(writes=False) as session:
            return list(receivers_of(session, kept_school.tenant.id, kept_school.course.id))

    assert "What is never sent: goals" in ms_rivera.read("/roster")
    assert "go to the gradebook" in ms_rivera.follow(ms_rivera.post("/gradebook", send="yes"))
    assert receivers() == ["gradebook"]
    assert "Nothing more of this course" in ms_rivera.follow(ms_rivera.post("/gradebook", send="no"))
    assert receivers() == []
    assert ms_rivera.post("/gradebook", send="perhaps").status_code == 422


@pytest.mark.parametrize("kind", ["sqlite"])
def test_nobody_but_the_teacher_sets_the_course_or_sees_its_roster(ada: Looker, look: Look, kept_school: School) -> None:
    assert ada.get("/roster").status_code == 403
    assert ada.post("/gradebook", send="yes").status_code == 403
    assert look(kept_school.teacher, Role.ASSISTANT).post("/gradebook", send="yes").status_code == 403


def test_a_teacher_without_a_course_has_no_roster(look: Look, kept_school: School) -> None:
    assert look(kept_school.teacher, Role.TEACHER, None).get("/roster").status_code == 404


@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_roster_in_spanish(ms_rivera: Looker) -> None:
    page = ms_rivera.follow(ms_rivera.post("/language", language="es", page="dashboard.show"))
    for said in ("Lista del grupo", "1 estudiante", "Objetivos alcanzados", "Qué no se envía nunca"):
        assert said in page
