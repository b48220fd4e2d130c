"""Targets and links: a teacher's own addresses for those who are stuck, what helped in counts, and names that read well."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from core.courses.competencies import find_competency, suggest_short_name
from core.courses.guide import guide_of, set_guide
from core.data.db import Database
from core.data.vault import Vault
from core.journal.stuck import links_of, say_if_link_helped
from core.journal.student import student_of
from core.people.access import Role
from tests.people_made import School, add_competency, add_course, join
from tests.web.conftest import Look
from tests.web.looking import Looker

VIDEO, GAME = "https://video.example/slope", "https://game.example/slope"
LONG = "Interpret the rate of change and initial value of a linear function"


@pytest.fixture
def guide(database: Database, kept_school: School, now: datetime) -> School:
    """The course means to reach slope, and a target whose name was cut off."""
    with database.aside() as session:
        cut = add_competency(session, kept_school.framework, suggest_short_name(LONG), position=1)
        lines = [(kept_school.competency.id, now.date() + timedelta(days=5), 1), (cut.id, None, 1)]
        set_guide(session, kept_school.tenant.id, kept_school.course.id, lines)
    return kept_school


def kept(database: Database, school: School) -> list[tuple[str, str]]:
    with database.session(writes=False) as session:
        found = links_of(session, school.tenant.id, school.course.id, school.competency.id)
        return [(one.title, one.url) for one in found]


def path_of(school: School) -> str:
    return f"/targets/{school.competency.id}"


def test_links_are_kept_in_order_and_a_row_cleared_is_gone(ms_rivera: Looker, database: Database, guide: School) -> None:
    form = {"title": ["A video", "", "A game", ""], "url": [VIDEO, "", GAME, ""]}
    page = ms_rivera.follow(ms_rivera.post(path_of(guide), **form))
    assert "The links are saved." in page
    assert "A video nobody said yet" in page
    assert kept(database, guide) == [("A video", VIDEO), ("A game", GAME)]
    assert f'value="{VIDEO}"' in ms_rivera.get(path_of(guide)).text
    ms_rivera.post(path_of(guide), title=["", "The game"], url=["", GAME])
    assert kept(database, guide) == [("The game", GAME)]


def test_what_helped_is_counted_without_names(ms_rivera: Looker, database: Database, vault: Vault, guide: School, now: datetime) -> None:
    ms_rivera.post(path_of(guide), title="A video", url=VIDEO)
    with database.aside() as session:
        (link,) = links_of(session, guide.tenant.id, guide.course.id, guide.competency.id)
        ben = join(session, vault, guide.course, "Ben", Role.STUDENT, now=now)
        for person, helped in ((guide.student.id, True), (ben.id, False)):
            say_if_link_helped(session, student_of(session, vault, guide.tenant.id, person, guide.course.id), link.id, helped, now=now)
    page = ms_rivera.read("/targets")
    assert "helped 1 of 2 times" in page
    assert "Ada" not in page
    assert "Ben" not in page


@pytest.mark.parametrize(
    ("title", "url", "line"),
    [
        ("A video", "http://video.example", "not a web address that can be linked"),
        ("A video", "javascript:alert(1)", "not a web address that can be linked"),
        ("A video", "", "not a web address that can be linked"),
        ("", VIDEO, "A link needs a name"),
        ("x" * 81, VIDEO, "A link needs a name"),
    ],
)
def test_a_link_that_does_not_fit_is_said_and_what_was_typed_stays(
    ms_rivera: Looker, database: Database, guide: School, title: str, url: str, line: str
) -> None:
    answer = ms_rivera.post(path_of(guide), title=["A game", title], url=[GAME, url])
    assert answer.status_code == 422
    assert line in answer.text
    assert f'value="{GAME}"' in answer.text
    assert f'value="{title}"' in answer.text
    assert kept(database, guide) == []


def test_a_sixth_row_is_not_read(ms_rivera: Looker, database: Database, guide: School) -> None:
    urls = [f"https://video.example/{number}" for number in range(6)]
    ms_rivera.post(path_of(guide), title=["A video"] * 6, url=urls)
    assert [url for _, url in kept(database, guide)] == urls[:5]


def test_a_name_that_was_cut_is_noticed_and_can_be_written_anew(ms_rivera: Looker, database: Database, guide: School) -> None:
    notice = "1 target has a name that was cut off or is long."
    assert notice in ms_rivera.read("/roster")
    page = ms_rivera.get("/targets")
    assert notice in page.text
    assert "Name cut off" in page.text
    (cut,) = {one for one in _guide(guide, database) if one != guide.competency.id}
    with database.session(writes=False) as session:
        assert find_competency(session, guide.tenant.id, cut).short_name.endswith("…")
    assert "Needs a better one" in ms_rivera.read(f"/targets/{cut}")
    assert "The target has its new name." in ms_rivera.follow(ms_rivera.post(f"/targets/{cut}/name", short_name="  Rate of change "))
    with database.session(writes=False) as session:
        assert find_competency(session, guide.tenant.id, cut).short_name == "Rate of change"
    assert "cut off" not in ms_rivera.read("/targets")
    for bad in ("", " ", "x" * 41, "a\nb"):
        assert ms_rivera.post(f"/targets/{cut}/name", short_name=bad).status_code == 422


def _guide(school: School, database: Database) -> list[UUID]:
    with database.session(writes=False) as session:
        return [one.competency_id for one in guide_of(session, school.tenant.id, school.course.id)]


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.TEACHER}))
@pytest.mark.parametrize("kind", ["sqlite"])
def test_nobody_but_a_teacher_sets_links_or_names(look: Look, database: Database, guide: School, role: Role) -> None:
    looker = look(guide.teacher, role)
    for path in ("/targets", path_of(guide)):
        assert looker.get(path).status_code == 403
    assert looker.post(path_of(guide), title="x", url=VIDEO).status_code == 403
    assert looker.post(f"{path_of(guide)}/name", short_name="Mine").status_code == 403
    assert kept(database, guide) == []


def test_a_target_that_is_not_in_the_guide_is_not_found(
    ms_rivera: Looker, look: Look, database: Database, vault: Vault, guide: School, now: datetime
) -> None:
    with database.aside() as session:
        biology = add_course(session, guide.deployment, "Biology", now=now)
        lane = join(session, vault, biology, "Mr Lane", Role.TEACHER, now=now)
        loose = add_competency(session, guide.framework, "Loose").id
    for looker, key in ((look(lane, Role.TEACHER, biology), guide.competency.id), (ms_rivera, loose), (ms_rivera, uuid4())):
        assert looker.get(f"/targets/{key}").status_code == 404
        assert looker.post(f"/targets/{key}", title="x", url=VIDEO).status_code == 404
        assert looker.post(f"/targets/{key}/name", short_name="x").status_code == 404
    assert "no pacing guide yet" in look(lane, Role.TEACHER, biology).read("/targets")


@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_links_in_spanish(ms_rivera: Looker, guide: School) -> None:
    assert "Objetivos y enlaces" in ms_rivera.follow(ms_rivera.post("/language", language="es", page="links.show"))
    assert "Enlaces para quien se atasca" in ms_rivera.read(path_of(guide))
