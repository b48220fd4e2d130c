"""The student's page: their own words, how far they are, what is next; small and read in few statements."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

import web
from core.courses.guide import set_guide
from core.data.clock import local_day
from core.data.db import Database
from core.data.vault import Vault
from core.evidence.evidence import Observation, Source, record_evidence
from core.journal.checkins import check_in
from core.journal.help_requests import HelpState
from core.people.access import Role
from core.people.releases import log_release
from tests.people_made import School, add_competency, add_course, enrol, join
from tests.web.conftest import Look
from tests.web.looking import Looker
from tests.web.made import add_goal, ask_help

ZONE = "America/Los_Angeles"
HOSTILE = '"><img src=x onerror=alert(1)>\u202e<script>alert("é😀")</script>{{ 7*7 }}%(x)s{0}'


def test_a_new_student_is_told_what_will_be_where(ada: Looker) -> None:
    page = ada.read()
    for said in ("Hi Ada", "Algebra 1", "Check in", "You have no open goals yet", "not asked for help here yet", "no targets yet"):
        assert said in page
    assert "Nothing about you has been sent anywhere." in page


def test_people_are_greeted_by_their_first_name(look: Look, database: Database, vault: Vault, kept_school: School, now: datetime) -> None:
    with database.aside() as session:
        lin = join(session, vault, kept_school.course, "Lin Chu-Berg", Role.STUDENT, now=now)
        noname = join(session, vault, kept_school.course, None, Role.STUDENT, now=now)
    assert "Hi Lin Check in" in look(lin, Role.STUDENT).read()
    assert "Hello Check in" in look(noname, Role.STUDENT).read()


def test_goals_of_all_courses_in_ones_own_words(ada: Looker, database: Database, vault: Vault, kept_school: School, now: datetime) -> None:
    today = local_day(now, ZONE)
    with database.aside() as session:
        biology = add_course(session, kept_school.deployment, "Biology", now=now)
        enrol(session, biology, kept_school.student, Role.STUDENT, now=now)
        add_goal(
            session,
            vault,
            kept_school.student,
            kept_school.course,
            today + timedelta(days=4),
            now=now,
            competency_id=kept_school.competency.id,
            words="to help my brother",
            plan="After practice I open set 3.",
            steps=["set 1", "set 2", "draw set 3"],
            done=2,
        )
        add_goal(session, vault, kept_school.student, biology, today - timedelta(days=1), now=now, words="Ask one question in every lab")
    page = ada.read()
    for said in ("Slope", "to help my brother", "2 of 3 steps done", "Next step: draw set 3", "Your plan: After practice I open set 3."):
        assert said in page
    assert page.index("Ask one question in every lab") < page.index("to help my brother"), "the next due comes first"
    assert "was for" in page
    assert "Biology" in page


def test_progress_and_what_is_due_next(ada: Looker, database: Database, kept_school: School, now: datetime) -> None:
    today = local_day(now, ZONE)
    with database.aside() as session:
        names = ["Graphs", "Points", "Intercepts", "Systems", "Exponents"]
        targets = [add_competency(session, kept_school.framework, name) for name in names]
        days = [-7, 0, 3, 1, None]
        due = [None if day is None else today + timedelta(days=day) for day in days]
        set_guide(
            session,
            kept_school.tenant.id,
            kept_school.course.id,
            [(target.id, day, 10_000) for target, day in zip(targets, due, strict=True)],
        )
        for target, score in ((targets[0], 8000), (targets[1], 7999)):
            told = Observation(kept_school.student.id, target.id, score, now, Source.TEACHER)
            record_evidence(session, kept_school.course, told, now=now)
    page = ada.read()
    assert "1 of 5 targets reached" in page
    part = page[page.index("Due next") : page.index("Your courses")]
    assert part.index("Points") < part.index("Systems"), "today's comes before tomorrow's"
    assert "Intercepts" not in part
    assert "Graphs" not in part


def test_help_shows_who_was_asked_how_it_stands_and_the_answer(
    ada: Looker, database: Database, vault: Vault, kept_school: School, now: datetime
) -> None:
    student, teacher, course = kept_school.student, kept_school.teacher, kept_school.course
    with database.aside() as session:
        ask_help(session, vault, student, teacher, course, "lost on slope", now=now, state=HelpState.ANSWERED, answer="See me period 3.")
        ask_help(session, vault, student, teacher, course, "can i redo it", now=now)
    page = ada.read()
    for said in ("To Ms Rivera", "lost on slope", "Answered", "Answer: See me period 3.", "can i redo it", "Sent, not read yet"):
        assert said in page


def test_nobody_elses_words_are_on_the_page(ada: Looker, database: Database, vault: Vault, kept_school: School, now: datetime) -> None:
    with database.aside() as session:
        ben = join(session, vault, kept_school.course, "Ben", Role.STUDENT, now=now)
        add_goal(session, vault, ben, kept_school.course, now.date(), now=now, words="goal of Ben")
        ask_help(session, vault, ben, kept_school.teacher, kept_school.course, "help for Ben", now=now)
        log_release(session, kept_school.tenant.id, ben.id, "gradebook", "check_in.made", "bens", now=now)
    page = ada.read()
    assert "Ben" not in page
    assert "Nothing about you has been sent" in page


def test_hostile_words_are_words(look: Look, database: Database, vault: Vault, kept_school: School, now: datetime) -> None:
    with database.aside() as session:
        course = add_course(session, kept_school.deployment, HOSTILE, now=now)
        other = add_course(session, kept_school.deployment, HOSTILE * 2, now=now)
        mallory = join(session, vault, course, HOSTILE, Role.STUDENT, now=now)
        enrol(session, other, mallory, Role.STUDENT, now=now)
        add_goal(session, vault, mallory, course, now.date(), now=now, words=HOSTILE, plan=HOSTILE, steps=[HOSTILE])
        ask_help(session, vault, mallory, mallory, course, HOSTILE, now=now, answer=HOSTILE)
    answer = look(mallory, Role.STUDENT, course).get(said=HOSTILE)
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert "<img src=x" not in answer.text
    assert answer.text.count("&lt;script&gt;") >= 8
    assert "{{ 7*7 }}" in answer.text, "words are no template"


def test_the_page_is_small_and_asks_little_whatever_the_size_of_the_course(
    look: Look, database: Database, vault: Vault, kept_school: School, now: datetime, statements: list[str]
) -> None:
    student, course, long = kept_school.student, kept_school.course, "words and words " * 300
    with database.aside() as session:
        targets = [add_competency(session, kept_school.framework, f"Target number {number} of the guide") for number in range(150)]
        set_guide(
            session, kept_school.tenant.id, course.id, [(one.id, now.date() + timedelta(days=day), 1) for day, one in enumerate(targets)]
        )
        for target in targets[:40]:
            record_evidence(session, course, Observation(student.id, target.id, 9000, now, Source.TEACHER), now=now)
            add_goal(session, vault, student, course, now.date(), now=now, competency_id=target.id, words=long, plan=long, steps=[long] * 9)
        for number in range(30):
            join(session, vault, course, f"Student {number}", Role.STUDENT, now=now)
            ask_help(session, vault, student, kept_school.teacher, course, long, now=now, answer=long)
        for _number in range(9):
            enrol(session, add_course(session, kept_school.deployment, long, now=now), student, Role.STUDENT, now=now)
    ada = look(student, Role.STUDENT)
    statements.clear()
    answer = ada.get()
    assert answer.status_code == 200
    assert len(statements) <= 8, "\n\n".join(statements)
    styles = (Path(web.__path__[0]) / "static" / "paceline.css").read_bytes()
    assert len(answer.data) + len(styles) <= 100_000


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_today_is_the_courses_today(look: Look, database: Database, vault: Vault, kept_school: School, now: datetime, zone: str) -> None:
    with database.aside() as session:
        course = add_course(session, kept_school.deployment, "Far away", now=now, zone=zone)
        student = join(session, vault, course, "Tia", Role.STUDENT, now=now)
    tia = look(student, Role.STUDENT, course)
    assert "You checked in today." not in tia.read()
    with database.aside() as session:
        check_in(session, course, student.id, zone=zone, now=now)
    assert "You checked in today." in tia.read()


def test_who_left_the_course_is_asked_for_another(look: Look, database: Database, vault: Vault, kept_school: School, now: datetime) -> None:
    with database.aside() as session:
        gone = join(session, vault, add_course(session, kept_school.deployment, "Art", now=now), "Gil", Role.STUDENT, now=now)
        enrol(session, kept_school.course, gone, Role.STUDENT, now=now, active=False)
    assert "Choose a course to go on." in look(gone, Role.STUDENT).read()


def test_a_deed_needs_the_value_of_ones_own_forms(ada: Looker, ms_rivera: Looker) -> None:
    for csrf in ("", "x", ms_rivera.me.csrf):
        assert ada.post("/language", csrf=csrf, language="es").status_code == 403
    assert "Check in" in ada.read()


@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_page_in_spanish_from_then_on(ada: Looker) -> None:
    page = ada.follow(ada.post("/language", language="es"))
    for said in ("Hola, Ada", "Tus metas", "Registrar mi día", "Quién puede leer qué"):
        assert said in page
    assert '<html lang="es">' in ada.get().text


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("form", [{"language": "xx"}, {}, {"language": "en", "page": "https://evil.test/"}])
def test_a_language_we_do_not_speak_is_refused(ada: Looker, form: dict[str, str]) -> None:
    answer = ada.post("/language", **form)
    assert answer.status_code == 422
    assert "Something in the form is missing or cannot be read." in answer.text


def test_records_say_what_left_and_who_read(ada: Looker, database: Database, kept_school: School, now: datetime) -> None:
    with database.aside() as session:
        for key in ("a", "b"):
            log_release(session, kept_school.tenant.id, kept_school.student.id, "gradebook", "check_in.made", key, now=now)
    assert "2 facts about you were sent" in ada.read()
    page = ada.read("/records")
    assert page.count("Gradebook of the LMS") == 2
    assert "Nobody has opened words of yours." in page
