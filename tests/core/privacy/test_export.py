"""Export mine: everything about one person and nobody else, opened, told what it is for, and complete."""

import json
from datetime import datetime
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict
from sqlalchemy import event, func, select
from sqlmodel import Session

from app.tables import metadata
from core.data.ids import new_id
from core.data.vault import KeyDestroyed, Vault
from core.errors import NotFound
from core.journal import checkins
from core.journal.goals import GoalStep
from core.people.people import add_person
from core.privacy.belongings import OWNERS, PARENTS, rows_of
from core.privacy.export import AT_ONCE, QUOTES_STUDENTS, Export, LeftOut, as_json, export_person
from tests.lives import Life, Staff
from tests.people_made import School

NOT_A_STUDENTS = {"role_grant", "absence"}


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class About(Strict):
    person_id: str
    pseudonym: str
    name: str | None
    school: str


class Kept(Strict):
    record_class: str
    purpose: str
    retention: str
    columns: dict[str, str]
    rows: list[dict[str, Any]]


class File(Strict):
    """What the JSON of an export looks like."""

    about: About
    made_at: datetime
    language: str
    left_out: dict[str, LeftOut]
    tables: dict[str, Kept]


def export(session: Session, vault: Vault, school: School, person_id: object, now: datetime) -> Export:
    return export_person(session, vault, school.tenant.id, person_id, language="en", now=now)  # type: ignore[arg-type]


@pytest.fixture
def mine(session: Session, vault: Vault, school: School, ada: Life, ben: Life, now: datetime) -> str:
    return "".join(as_json(export(session, vault, school, ada.person_id, now)))


def test_the_life_of_these_tests_leaves_a_row_in_every_table_of_a_student(session: Session, school: School, ada: Life) -> None:
    empty = {
        name
        for name in (*OWNERS, *PARENTS)
        if not session.execute(
            select(func.count()).select_from(metadata.tables[name]).where(rows_of(metadata.tables[name], school.tenant.id, ada.person_id))
        ).scalar_one()
    }
    assert empty == NOT_A_STUDENTS


def test_every_row_is_there(session: Session, school: School, ada: Life, mine: str) -> None:
    told = {name: len(kept.rows) for name, kept in File.model_validate_json(mine).tables.items()}
    own = {name: column for name, column in OWNERS.items() if name not in ("said", "conversation")}
    counted = {
        name: session.execute(
            select(func.count()).select_from(metadata.tables[name]).where(metadata.tables[name].c[column] == ada.person_id)
        ).scalar_one()
        for name, column in own.items()
    }
    assert told | counted == told
    assert set(told) == {*OWNERS, *PARENTS}
    assert told["goal_step"] == 2
    assert told["help_answer"] == told["handover"] == told["reflection_reply"] == told["goal_comment"] == told["concern_told"] == 1


def test_every_word_is_there_and_no_word_of_anybody_else(ada: Life, ben: Life, mine: str) -> None:
    said = json.dumps(json.loads(mine), ensure_ascii=False)
    assert len(ada.words) > 20
    assert [words for words in ada.words if json.dumps(words, ensure_ascii=False)[1:-1] not in said] == []
    assert [words for words in ben.words if json.dumps(words, ensure_ascii=False)[1:-1] in said] == []
    assert "Ben" not in said
    assert str(ben.person_id) not in said


def test_adults_appear_by_name_and_the_student_as_themselves(mine: str) -> None:
    tables = json.loads(mine)["tables"]
    assert tables["help_request"]["rows"][0]["to_person_id"] == {"name": "Ms Rivera", "me": False}
    assert tables["concern_told"]["rows"][0]["person_id"] == {"name": "Ms Okafor", "me": False}
    assert tables["goal_change"]["rows"][0]["changed_by"] == {"name": "Ada", "me": True}
    assert tables["goal"]["rows"][0]["course_id"]["name"] == "Algebra 1"
    assert tables["goal"]["rows"][0]["competency_id"]["name"] == "Slope"


def test_another_student_is_never_named(session: Session, vault: Vault, school: School, ada: Life, ben: Life, now: datetime) -> None:
    """Even where a row names one: only whom the school calls an adult has a name here."""
    request = metadata.tables["help_request"]
    session.execute(request.update().where(request.c.person_id == ada.person_id).values(resolved_by=ben.person_id))
    tables = json.loads("".join(as_json(export(session, vault, school, ada.person_id, now))))["tables"]
    assert {row["resolved_by"]["name"] for row in tables["help_request"]["rows"]} == {None}


def test_it_says_what_each_thing_is_for_and_how_long_it_is_kept(mine: str) -> None:
    for name, kept in File.model_validate_json(mine).tables.items():
        assert kept.purpose.endswith("."), name
        assert kept.retention, name
        assert all(purpose.endswith(".") for purpose in kept.columns.values()), name
        for row in kept.rows:
            assert set(row) == set(kept.columns), name


def test_secrets_are_left_out_and_it_says_so(session: Session, mine: str) -> None:
    told = File.model_validate_json(mine)
    secrets = {"viewer.handle_hash", "viewer.cookie_hash", "address.code_hash"}
    assert told.left_out == dict.fromkeys(secrets, LeftOut.SECRET)
    hashes = session.execute(select(metadata.tables["viewer"].c.handle_hash)).scalars().all()
    assert hashes
    assert [one for one in hashes if one in mine] == []


def test_no_column_is_missing_without_a_reason(mine: str) -> None:
    told = File.model_validate_json(mine)
    for name, kept in told.tables.items():
        secret = {column.split(".")[1] for column in told.left_out if column.startswith(f"{name}.")}
        missing = set(metadata.tables[name].columns.keys()) - set(kept.columns) - secret
        assert missing <= {"tenant_id", OWNERS.get(name)}


def test_a_teacher_gets_their_own_and_not_what_they_heard_of_students(
    session: Session, vault: Vault, school: School, staff: Staff, ada: Life, now: datetime
) -> None:
    told = File.model_validate_json("".join(as_json(export(session, vault, school, staff.teacher.person_id, now))))
    said = told.model_dump_json()
    assert told.about.name == "Ms Rivera"
    assert len(told.tables["enrolment"].rows) == 1
    assert {name for name, why in told.left_out.items() if why is LeftOut.QUOTES_STUDENTS} == set(QUOTES_STUDENTS)
    assert not set(QUOTES_STUDENTS) & set(told.tables)
    assert [words for words in ada.words if words in said] == []


def test_a_large_account_is_read_in_pieces(session: Session, vault: Vault, school: School, ada: Life, now: datetime) -> None:
    """A few statements for each few hundred rows, however many rows there are, and the first piece before the last row is read."""
    goal = metadata.tables["goal"]
    goal_id = session.execute(select(goal.c.id).where(goal.c.person_id == ada.person_id).limit(1)).scalar_one()
    key = vault.key_of(ada.person_id)
    about = {"tenant_id": school.tenant.id, "goal_id": goal_id}
    many = 3 * AT_ONCE
    session.add_all(GoalStep(**about, position=100 + n, sealed_words=key.seal(f"step {n}", "goal_step.sealed_words")) for n in range(many))
    session.flush()
    asked: list[str] = []
    event.listen(session.connection(), "before_cursor_execute", lambda _c, _cursor, statement, *_more: asked.append(statement))
    steps = next(one for one in export(session, vault, school, ada.person_id, now).records if one.table == "goal_step")
    before = len(asked)
    rows = steps.rows()
    assert next(rows)
    assert sum(1 for _ in rows) == many + 1
    assert len(asked) - before == 1


def test_nobody_else_can_be_exported(session: Session, vault: Vault, school: School, neighbours: School, ada: Life, now: datetime) -> None:
    with pytest.raises(NotFound):
        export(session, vault, neighbours, ada.person_id, now)
    with pytest.raises(NotFound):
        export(session, vault, school, new_id(), now)


def test_without_the_key_there_is_no_export(session: Session, vault: Vault, school: School, ada: Life, now: datetime) -> None:
    vault.destroy(ada.person_id)
    with pytest.raises(KeyDestroyed):
        export(session, vault, school, ada.person_id, now)


def test_a_person_without_a_name_or_any_record_has_an_export_too(session: Session, vault: Vault, school: School, now: datetime) -> None:
    nameless = add_person(session, vault, school.tenant.id, None, now=now)
    told = File.model_validate_json("".join(as_json(export(session, vault, school, nameless.id, now))))
    assert told.about.name is None
    assert told.about.pseudonym == nameless.pseudonym
    assert {name for name, kept in told.tables.items() if kept.rows} == {"person"}


def test_the_page_of_a_row_made_now_is_read_now(session: Session, vault: Vault, school: School, ada: Life, now: datetime) -> None:
    """An export reads its rows when they are written down, not when it is made."""
    made = export(session, vault, school, ada.person_id, now)
    mood = next(one for one in made.records if one.table == "mood")
    assert [row["value"] for row in mood.rows()] == [4]
    checkins.say_mood(session, school.tenant.id, ada.person_id, 2, zone="America/Los_Angeles", now=now)
    assert [row["value"] for row in mood.rows()] == [2]
