"""A student's page for their teacher: goals and check-ins, words by a press and audited; never moods, never reflections."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from core.data.db import Database
from core.data.outbox import OutboxEntry
from core.data.vault import Vault
from core.journal import suggestions
from core.journal.checkins import Blocker, Progress, record_check_in, say_mood
from core.journal.goal_setting import Details, set_goal
from core.journal.goals import Goal, GoalState
from core.journal.notices import Notice
from core.journal.reflections import write_reflection
from core.people.access import Role
from core.people.audit import reads_of
from tests.people_made import School, add_competency, add_course, enrol, join, make_school
from tests.web.class_made import Class, class_
from tests.web.conftest import Look
from tests.web.looking import Looker

__all__ = ["class_"]
SECRETS = ("after practice at home", "i want to fix my bike", "draw set 3", "the neg ones", "not feeling", "secret reflection")


@pytest.fixture
def goal(database: Database, class_: Class, now: datetime) -> UUID:
    """Ada aims for slope, has checked in, said how she is, and shared a reflection with nobody."""
    with database.aside() as session:
        ada = class_.student(session, "Ada")
        details = Details(plan="after practice at home", why="i want to fix my bike", steps=["draw set 3", "set 4"])
        made = set_goal(session, ada, now.date() + timedelta(days=5), competency_id=class_.school.competency.id, details=details, now=now)
        progress = Progress(goal_id=made.id, steps_done=1, blocker=Blocker.NOT_UNDERSTOOD, blocker_words="the neg ones")
        record_check_in(session, ada, progress, now=now)
        say_mood(session, ada.tenant_id, ada.person_id, 1, zone="UTC", now=now)
        write_reflection(session, ada, "first_step", "secret reflection", readers=[class_.school.teacher.id], now=now)
    return made.id


def page_of(class_: Class, name: str = "Ada") -> str:
    return f"/students/{class_.people[name].id}"


def reads(database: Database, class_: Class) -> set[tuple[UUID, str, str]]:
    with database.session(writes=False) as session:
        found = reads_of(session, class_.school.tenant.id, class_.people["Ada"].id)
        return {(one.reader_id, one.record_class, one.why) for one in found}


@pytest.mark.usefixtures("goal")
def test_goals_and_check_ins_without_words(ms_rivera: Looker, database: Database, class_: Class) -> None:
    page = ms_rivera.read(page_of(class_))
    for said in ("Ada", "Slope", "1 of 2 steps", "Does not get it yet", "Show the words"):
        assert said in page
    assert not any(secret in page for secret in SECRETS)
    assert reads(database, class_) == set()


@pytest.mark.usefixtures("goal")
def test_the_words_open_by_a_press_and_are_audited_but_never_mood_or_reflection(
    ms_rivera: Looker, database: Database, class_: Class
) -> None:
    page = ms_rivera.read(f"{page_of(class_)}/words")
    for said in SECRETS[:4]:
        assert said in page
    assert "secret reflection" not in page
    assert "😢" not in page
    rivera = class_.school.teacher.id
    assert reads(database, class_) == {(rivera, "goal", "student"), (rivera, "check_in", "student")}


def test_the_roster_leads_to_each_student_but_not_for_assistants(ms_rivera: Looker, look: Look, class_: Class) -> None:
    assert f'/students/{class_.people["Ben"].id}"' in ms_rivera.get("/roster").text
    assert "/students/" not in look(class_.sam, Role.ASSISTANT).get("/roster").text


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.TEACHER}))
@pytest.mark.parametrize("kind", ["sqlite"])
def test_nobody_but_a_teacher_opens_a_student(look: Look, database: Database, class_: Class, goal: UUID, role: Role) -> None:
    looker = look(class_.sam, role)
    for path in (page_of(class_), f"{page_of(class_)}/words"):
        assert looker.get(path).status_code == 403
    form = {"competency": str(class_.school.competency.id), "day": class_.now.date().isoformat()}
    assert looker.post(f"{page_of(class_)}/suggest", **form).status_code == 403
    assert looker.post(f"{page_of(class_)}/goals/{goal}/comment", words="x").status_code == 403
    assert reads(database, class_) == set()


def test_a_teacher_from_elsewhere_finds_nobody(
    look: Look, database: Database, vault: Vault, class_: Class, goal: UUID, now: datetime
) -> None:
    with database.aside() as session:
        biology = add_course(session, class_.school.deployment, "Biology", now=now)
        lane = join(session, vault, biology, "Mr Lane", Role.TEACHER, now=now)
        lakeside = make_school(session, vault, now=now, name="Lakeside High", issuer="https://lms.lakeside.example")
    form = {"competency": str(class_.school.competency.id), "day": (now.date() + timedelta(days=5)).isoformat()}
    for person, course in ((lane, biology), (lakeside.teacher, lakeside.course)):
        looker = look(person, Role.TEACHER, course)
        for path in (page_of(class_), f"{page_of(class_)}/words"):
            assert looker.get(path).status_code == 404
        assert looker.post(f"{page_of(class_)}/suggest", **form).status_code == 404
        assert looker.post(f"{page_of(class_)}/goals/{goal}/comment", words="x").status_code == 404
    assert reads(database, class_) == set()


def test_what_belongs_to_another_course_is_not_on_the_page(
    ms_rivera: Looker, database: Database, vault: Vault, class_: Class, now: datetime
) -> None:
    with database.aside() as session:
        biology = add_course(session, class_.school.deployment, "Biology", now=now)
        enrol(session, biology, class_.people["Ada"], Role.STUDENT, now=now)
        there = class_.student(session, "Ada")
        there = type(there)(there.person_id, biology, there.zone, there.key)
        set_goal(session, there, now.date() + timedelta(days=5), details=Details(words="cells"), now=now)
    assert "cells" not in ms_rivera.read(f"{page_of(class_)}/words")
    assert "No goals in this course yet." in ms_rivera.read(page_of(class_))


def test_a_goal_is_suggested_once_and_the_student_decides(ms_rivera: Looker, database: Database, class_: Class, now: datetime) -> None:
    day = now.date() + timedelta(days=5)
    form = {"competency": str(class_.school.competency.id), "day": day.isoformat()}
    assert "The student decides." in ms_rivera.follow(ms_rivera.post(f"{page_of(class_)}/suggest", **form))
    assert "Suggested, not accepted yet" in ms_rivera.follow(ms_rivera.post(f"{page_of(class_)}/suggest", **form))
    with database.aside() as session:
        (made,) = session.scalars(select(Goal)).all()
        assert (made.state, made.suggested_by, made.target_on) == (GoalState.SUGGESTED, class_.school.teacher.id, day)
        told = select(func.count()).where(col(OutboxEntry.kind) == Notice.GOAL_SUGGESTED)
        assert session.execute(told).scalar_one() == 1
        suggestions.decline(session, class_.student(session, "Ada"), made.id, now=now)
    assert "No goals in this course yet." in ms_rivera.read(page_of(class_)), "nobody is told of a no"


@pytest.mark.parametrize(
    ("change", "status"),
    [({"day": "2020-01-01"}, 409), ({"day": "soon"}, 422), ({"competency": str(uuid4())}, 404), ({"competency": ""}, 422)],
)
@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_cannot_be_suggested(
    ms_rivera: Looker, database: Database, class_: Class, now: datetime, change: dict[str, str], status: int
) -> None:
    form = {"competency": str(class_.school.competency.id), "day": now.date().isoformat(), **change}
    assert ms_rivera.post(f"{page_of(class_)}/suggest", **form).status_code == status
    with database.session(writes=False) as session:
        assert session.scalars(select(Goal)).all() == []


@pytest.mark.parametrize("kind", ["sqlite"])
def test_only_targets_of_the_guide_are_suggested_and_none_twice(
    ms_rivera: Looker, database: Database, kept_school: School, class_: Class, goal: UUID, now: datetime
) -> None:
    with database.aside() as session:
        elsewhere = add_competency(session, kept_school.framework, "Roots").id
    form = {"competency": str(elsewhere), "day": now.date().isoformat()}
    assert ms_rivera.post(f"{page_of(class_)}/suggest", **form).status_code == 404
    assert "The guide has no other target to suggest." in ms_rivera.read(page_of(class_))
    again = {"competency": str(kept_school.competency.id), "day": (now.date() + timedelta(days=5)).isoformat()}
    assert ms_rivera.post(f"{page_of(class_)}/suggest", **again).status_code == 409


def test_a_comment_is_sealed_told_and_shown_after_the_press(
    ms_rivera: Looker, look: Look, database: Database, class_: Class, goal: UUID
) -> None:
    path = f"{page_of(class_)}/goals/{goal}/comment"
    assert "stands beside the goal" in ms_rivera.follow(ms_rivera.post(path, words="how about set 4?"))
    ms_rivera.post(path, words="how about set 4?")
    with database.session(writes=False) as session:
        (own,) = suggestions.comments_on(session, class_.school.tenant.id, class_.people["Ada"].id, goal)
        assert class_.vault.key_of(class_.people["Ada"].id).open(own.sealed_words, suggestions.COMMENT) == "how about set 4?"
    assert "how about" not in ms_rivera.read(page_of(class_))
    assert "Ms Rivera : how about set 4?" in look(class_.bell, Role.TEACHER).read(f"{page_of(class_)}/words")
    assert ms_rivera.post(f"{page_of(class_, 'Ben')}/goals/{goal}/comment", words="x").status_code == 404
    assert ms_rivera.post(path, words="x" * 2001).status_code == 422


@pytest.mark.usefixtures("goal")
@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_student_in_spanish(ms_rivera: Looker, class_: Class) -> None:
    ms_rivera.post("/language", language="es")
    page = ms_rivera.read(page_of(class_))
    for said in ("Metas", "Sugerir una meta", "Ver las palabras", "Registros"):
        assert said in page
