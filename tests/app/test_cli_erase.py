"""The operator erases a student by pseudonym: counts and ids are printed, never a word; and the clock finishes what a crash left."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import jobs, wiring
from app.settings import read_settings
from app.wiring import House
from core.data.clock import utc_now
from core.data.vault import KeyDestroyed
from core.privacy.belongings import OWNERS, PARENTS
from core.privacy.erase import Asker, erase_person
from tests.app.test_cli import Operator
from tests.house.source import ROOT
from tests.lives import Life, hire, live
from tests.people_made import School, make_school


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    """An operator whose databases are laid."""
    somebody = Operator(tmp_path)
    somebody.says("db", "upgrade")
    return somebody


@pytest.fixture
def house(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """The operator's house."""
    for name, value in operator.environment.items():
        monkeypatch.setenv(name, value)
    built = wiring.build(read_settings())
    yield built
    built.close()


@pytest.fixture
def school(house: House) -> School:
    with house.database.aside() as session:
        return make_school(session, house.vault, now=utc_now())


@pytest.fixture
def ada(house: House, school: School) -> Life:
    """Ada, who has done one of everything."""
    with house.database.aside() as session:
        staff = hire(session, house.vault, school, now=utc_now())
        return live(session, house.vault, school, school.student, staff, now=utc_now())


def test_a_student_is_erased_and_only_counts_are_told(operator: Operator, house: House, school: School, ada: Life) -> None:
    said = operator.says("erase", "--person", school.student.pseudonym, "--yes")
    assert f"Erased {school.student.pseudonym}" in said
    assert "goal 2" in said
    assert "The data key is destroyed." in said
    assert "Stays: 1 rows of read_audit, ids only." in said
    assert "Still at gradebook: 2 events. Erasing here does not erase there" in said
    assert [words for words in ada.words if words in said] == []
    with pytest.raises(KeyDestroyed):
        house.vault.key_of(ada.person_id)


def test_programs_get_the_same(operator: Operator, school: School, ada: Life) -> None:
    told = operator.reads("erase", "--person", school.student.pseudonym, "--yes")
    assert told["pseudonym"] == school.student.pseudonym
    assert told["erased"]["person"] == 1
    assert (told["stayed"], told["to_ask"], told["key_destroyed"]) == ({"read_audit": 1}, {"gradebook": 2}, True)


def test_it_asks_before_it_erases(operator: Operator, house: House, school: School, ada: Life) -> None:
    result = operator.run("erase", "--person", school.student.pseudonym)
    assert result.exit_code == 1
    assert f"Erase {school.student.pseudonym} for ever?" in result.output
    assert house.vault.key_of(ada.person_id)


def test_who_was_erased_is_listed_with_what_to_ask_for(operator: Operator, school: School, ada: Life) -> None:
    assert "Nobody was erased." in operator.says("erasures")
    operator.says("erase", "--person", school.student.pseudonym, "--yes")
    (told,) = operator.reads("erasures")
    assert (told["pseudonym"], told["asked_by"], told["receiver"]) == (school.student.pseudonym, Asker.OPERATOR, "gradebook")
    assert len(told["events"]) == len(told["unsure"]) == 1
    assert f"{school.student.pseudonym}  gradebook  2 events" in operator.says("erasures")


def test_somebody_who_is_not_there_and_a_teacher_are_refused(operator: Operator, school: School) -> None:
    operator.is_refused("erase", "--person", "s-2222222222", "--yes")
    said = operator.is_refused("erase", "--person", school.teacher.pseudonym, "--yes")
    assert "Only students can erase themselves here." in said


@pytest.mark.parametrize("door", ["app.cli", "app.wsgi", "app.worker"])
def test_every_process_knows_every_table_of_people(door: str) -> None:
    """In a process of its own, where no test has imported anything."""
    script = f"import {door}; from core.privacy.belongings import tables_of_people; print(len(tables_of_people()))"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT)
    assert answer.stdout.strip() == str(len(OWNERS) + len(PARENTS)), answer.stderr


def test_the_clock_finishes_what_a_crash_left(house: House, school: School, ada: Life) -> None:
    with house.database.aside() as session:
        erase_person(session, school.tenant.id, ada.person_id, by=Asker.SELF, now=utc_now())
    assert house.vault.key_of(ada.person_id)
    assert jobs.finish_erasures in {job for job, _ in jobs.TIMETABLE}
    jobs.finish_erasures(house, now=utc_now())
    with pytest.raises(KeyDestroyed):
        house.vault.key_of(ada.person_id)
