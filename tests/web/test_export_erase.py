"""A copy of everything, and erasing oneself, as a student meets them: what goes, what stays, the word, and the end."""

import json
from datetime import datetime
from html import unescape

import pytest
from sqlalchemy import func, select

from app.tables import metadata
from core.care import safety
from core.data.db import Database
from core.data.vault import KeyDestroyed, Vault, data_keys
from core.i18n import LANGUAGES, translator
from core.people.access import Role
from core.people.people import Person, find_person
from core.people.roles import SchoolRole, grant
from core.privacy.belongings import OWNERS
from core.privacy.erase import STAYS, Erasure
from lti.ags import GradebookReceiver
from tests.house.exported import exported_classes, exported_columns
from tests.lives import Life, hire, live
from tests.people_made import School, join
from tests.web.conftest import Look
from tests.web.looking import Looker, words
from web.export_page import CLASSES, TECHNICAL


@pytest.fixture
def lived(database: Database, vault: Vault, kept_school: School, now: datetime) -> Life:
    """What Ada did, who has done one of everything; and Ben too."""
    with database.aside() as session:
        staff = hire(session, vault, kept_school, now=now)
        ben = join(session, vault, kept_school.course, "Ben", Role.STUDENT, now=now)
        live(session, vault, kept_school, ben, staff, now=now)
        return live(session, vault, kept_school, kept_school.student, staff, now=now)


def speak(database: Database, school: School, language: str) -> None:
    with database.aside() as session:
        find_person(session, school.tenant.id, school.student.id).language = language


def count(database: Database, table: type[Person | Erasure]) -> int:
    with database.session(writes=False) as session:
        counted: int = session.execute(select(func.count()).select_from(table)).scalar_one()
    return counted


# Export mine


@pytest.mark.parametrize(("ending", "mimetype"), [("html", "text/html"), ("json", "application/json")])
def test_a_copy_is_a_file_that_nothing_keeps(ada: Looker, lived: Life, ending: str, mimetype: str) -> None:
    answer = ada.get(f"/export.{ending}")
    assert answer.status_code == 200
    assert answer.mimetype == mimetype
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=paceline-")
    assert answer.headers["Content-Disposition"].endswith(f".{ending}")
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_json_has_every_word(ada: Looker, lived: Life) -> None:
    told = json.loads(ada.get("/export.json").text)
    assert told["about"]["name"] == "Ada"
    assert {step["sealed_words"] for step in told["tables"]["goal_step"]["rows"]} <= set(lived.words)
    assert told["tables"]["mood"]["rows"][0]["value"] == 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_every_word_and_none_of_it_is_markup(
    ada: Looker, database: Database, kept_school: School, lived: Life, language: str
) -> None:
    speak(database, kept_school, language)
    page = ada.get("/export.html").text
    said = unescape(page)
    drafts = {one for one in lived.words if "a draft" in one}
    assert [one for one in lived.words if one not in said and one not in drafts] == []
    assert f'<html lang="{language}">' in page
    assert translator(language)("export.class.journal") in said
    assert translator(language)("export.table.help_request") in said
    assert "& <b>" not in page
    assert "<script" not in page
    assert "<style" not in page
    assert "style=" not in page
    assert "Ben" not in said


def test_the_page_tells_time_and_codes_as_people_do(ada: Looker, lived: Life, now: datetime) -> None:
    said = ada.read("/export.html")
    for line in (
        f"Made for Ada at Riverside High, {translator('en').moment(now, 'America/Los_Angeles').rpartition(',')[0]}, ",
        "Times are in America/Los_Angeles.",
        "Quiet from 20:00",
        "Quiet until 07:30",
        "Mood 🙂",
        "Score 70 %",
        "Course Algebra 1",
        "Target Slope",
        "To Ms Rivera",
        "Who was told Ms Okafor",
        "Where it stands answered",
        "Quiet about Goals",
    ):
        assert line.strip() in said, line
    assert "check_in" not in said


def test_rows_lead_to_the_rows_they_belong_to(ada: Looker, lived: Life) -> None:
    page = ada.get("/export.html").text
    linked = {part.split('"')[0] for part in page.split('href="#')[1:]}
    anchors = {part.split('"')[0] for part in page.split('<h4 id="')[1:]}
    assert {"goal-1", "help_request-1", "reflection-1", "safety_concern-1"} <= linked
    assert linked <= anchors


def test_what_is_empty_and_what_is_left_out_is_said(ada: Looker) -> None:
    said = ada.read("/export.html")
    nothing = said.split("Nothing is kept of these:")[1]
    assert "Goal" in nothing
    assert "Courses" not in nothing
    assert "Keys and codes that open something" in nothing


def test_a_teacher_has_a_copy_too(ms_rivera: Looker, lived: Life) -> None:
    said = ms_rivera.read("/export.html")
    assert "Made for Ms Rivera" in said
    assert "What Paceline told you about students" in said
    assert [one for one in lived.words if one in said] == []


def test_a_copy_is_of_oneself_only(look: Look, database: Database, vault: Vault, kept_school: School, lived: Life, now: datetime) -> None:
    with database.aside() as session:
        mia = join(session, vault, kept_school.course, "Mia", Role.STUDENT, now=now)
    for path in ("/export.html", "/export.json"):
        said = unescape(look(mia, Role.STUDENT).get(path).text)
        assert "Mia" in said
        assert [one for one in lived.words if one in said] == []


def test_the_page_knows_every_record_class_and_hides_no_column_that_there_is_not() -> None:
    assert set(CLASSES) == exported_classes()
    assert exported_columns() >= TECHNICAL


# Erase mine


def test_the_records_page_leads_to_all_of_it(ada: Looker, ms_rivera: Looker) -> None:
    page = ada.get("/records").text
    for path in ("export.html", "export.json", "erase"):
        assert f'href="/v/{ada.me.handle}/{path}"' in page
    assert f'href="/v/{ms_rivera.me.handle}/erase"' not in ms_rivera.get("/records").text
    assert f'href="/v/{ms_rivera.me.handle}/export.html"' in ms_rivera.get("/records").text


def test_the_page_says_what_goes_and_what_stays(ada: Looker, lived: Life) -> None:
    said = ada.read("/erase")
    assert said.index("What goes") < said.index("Your goals, check-ins, moods") < said.index("What stays")
    assert "1 fact that was sent to other records: erasing here does not erase it there." in said
    assert "Type the word ERASE" in said


@pytest.mark.parametrize("typed", ["", "erase me", "BORRAR", "\u202eesare", "x" * 255])
def test_without_the_word_nothing_happens(ada: Looker, database: Database, lived: Life, typed: str) -> None:
    before = count(database, Person)
    assert "Nothing was erased: the word was not the one." in ada.follow(ada.post("/erase", confirm=typed))
    assert ada.post("/erase").status_code == 303
    assert count(database, Person) == before
    assert count(database, Erasure) == 0


@pytest.mark.parametrize(("language", "typed", "bye"), [("en", " erase ", "You are erased"), ("es", "Borrar", "Tus datos están borrados")])
def test_with_the_word_all_is_gone_and_it_says_so(
    ada: Looker, database: Database, vault: Vault, kept_school: School, lived: Life, language: str, typed: str, bye: str
) -> None:
    speak(database, kept_school, language)
    t, before = translator(language), _rows_of(database, lived)
    answer = ada.post("/erase", confirm=typed)
    assert answer.status_code == 200
    said = words(answer.text)
    with database.session(writes=False) as session:
        made = session.scalars(select(Erasure)).one()
    assert bye in said
    assert before == sum(made.erased[table] for table in OWNERS if table in made.erased) + sum(made.stayed.values())
    assert t.plural("erased.rows", sum(made.erased.values())) in said
    assert t.plural("erased.audit", 1) in said
    assert t("erased.key_destroyed") in said
    assert t.plural("erased.copy", 2, receiver=t(f"receiver.{GradebookReceiver.name}")) in said
    assert str(made.id) in said
    assert _rows_of(database, lived) == sum(made.stayed.values())
    with pytest.raises(KeyDestroyed):
        vault.key_of(lived.person_id)


def _rows_of(database: Database, life: Life) -> int:
    """How many rows belong to a person, by the columns that name them."""
    with database.session(writes=False) as session:
        owned = ((metadata.tables[table], column) for table, column in OWNERS.items())
        return sum(len(session.execute(select(table).where(table.c[column] == life.person_id)).all()) for table, column in owned)


def test_afterwards_no_page_of_theirs_opens(ada: Looker, look: Look, kept_school: School) -> None:
    another_tab = look(kept_school.student, Role.STUDENT)
    answer = ada.post("/erase", confirm="ERASE")
    assert answer.status_code == 200
    assert f"/v/{ada.me.handle}/" in answer.headers["Set-Cookie"]
    for who in (ada, another_tab):
        for path in ("/", "/records", "/export.json", "/erase"):
            assert who.get(path).status_code == 404


def test_the_goodbye_is_true_when_the_vault_does_not_answer(ada: Looker, database: Database, vault: Vault) -> None:
    """The rows are gone and the clock destroys the key: it does not say that it is destroyed."""
    with vault._database.connect(writes=True) as connection:
        connection.exec_driver_sql(f"DROP TABLE {data_keys.name}")
    said = words(ada.post("/erase", confirm="ERASE").text)
    assert "Your key will be destroyed within minutes" in said
    assert "is destroyed" not in said
    assert count(database, Erasure) == 1


def test_a_concern_that_waits_is_said_kindly(ada: Looker, database: Database, kept_school: School, now: datetime) -> None:
    with database.aside() as session:
        safety.ask_for_help_now(session, tenant_id=kept_school.tenant.id, person_id=kept_school.student.id, channel="web", now=now)
    answer = ada.post("/erase", confirm="ERASE")
    assert answer.status_code == 409
    assert "A school adult still has to look at something you told us." in words(answer.text)
    assert count(database, Erasure) == 0


def test_a_student_who_also_works_here_is_told_why_not(look: Look, database: Database, kept_school: School, now: datetime) -> None:
    with database.aside() as session:
        grant(session, kept_school.tenant.id, kept_school.student.id, SchoolRole.ADVISOR, by=None, now=now)
    answer = look(kept_school.student, Role.STUDENT).post("/erase", confirm="ERASE")
    assert answer.status_code == 409
    assert "Only students can erase themselves here." in words(answer.text)


def test_only_students_find_the_page(ms_rivera: Looker) -> None:
    assert ms_rivera.get("/erase").status_code == 403
    assert ms_rivera.post("/erase", confirm="ERASE").status_code == 403


def test_what_stays_is_what_the_page_says() -> None:
    """The page names one kind of rows that stay; another kind needs a sentence of its own."""
    assert STAYS == ("read_audit",)
