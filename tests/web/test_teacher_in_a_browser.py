"""The adult's pages in a real browser: WCAG 2.2 AA by axe, in both schemes, from a telephone to a desk; keys only; no JavaScript."""

from datetime import datetime, timedelta
from typing import Literal

import pytest
from playwright.sync_api import Browser
from sqlmodel import Session

from core.courses.competencies import suggest_short_name
from core.courses.guide import set_guide
from core.data.db import Database
from core.journal import claims, reflections, suggestions
from core.journal.absences import go_away
from core.journal.checkins import Blocker, Progress, record_check_in
from core.journal.goal_setting import Details, set_goal
from core.journal.help_answers import answer
from core.journal.help_requests import AnswerForm, Kind, say_if_it_fits
from core.journal.stuck import Link, set_links
from core.people.access import Role
from core.people.viewers import Me
from tests.people_made import add_competency, add_course, enrol
from tests.web.class_made import Class, class_
from tests.web.conftest import Look
from tests.web.looking import Looker
from tests.web.test_in_a_browser import find_faults

__all__ = ["class_"]
LONG = "Interpret the rate of change and initial value of a linear function"

pytestmark = pytest.mark.parametrize("kind", ["sqlite"])


@pytest.fixture
def addresses(look: Look, database: Database, class_: Class, now: datetime) -> dict[str, str]:
    """Where each page is, with something on every part of it."""
    school = class_.school
    me = look(school.teacher, Role.TEACHER).me
    with database.aside() as session:
        cut = add_competency(session, school.framework, suggest_short_name(LONG), position=1)
        lines = [(school.competency.id, now.date() + timedelta(days=5), 1), (cut.id, None, 1)]
        set_guide(session, school.tenant.id, school.course.id, lines)
        set_links(session, me, school.course, school.competency.id, [Link("A video", "https://video.example/slope")], now=now)
        second = add_course(session, school.deployment, "Geometry for " + "extraordinarily" * 3 + " curious people", now=now)
        enrol(session, second, school.teacher, Role.TEACHER, now=now)
        go_away(session, me, second.id, now.date() + timedelta(days=2), zone="UTC", now=now)
        claimed, shared = _say_things(session, class_, me, now)
    pages = {
        "inbox": f"/inbox?group={school.competency.id}&start=one_line&said=inbox_seen",
        "words": f"/inbox/words/{school.competency.id}?each=yes",
        "claim": f"/inbox/claims/{claimed.id}",
        "reflection": f"/inbox/reflections/{shared.id}",
        "student": f"/students/{school.student.id}",
        "words of a student": f"/students/{school.student.id}/words",
        "targets": "/targets",
        "target": f"/targets/{cut.id}",
        "roster": "/roster",
    }
    return {name: f"/v/{me.handle}{path}" for name, path in pages.items()}


def _say_things(session: Session, class_: Class, me: Me, now: datetime) -> tuple[claims.Claim, reflections.Reflection]:
    """Calls of every kind, a meeting that does not fit, an answer, goals, a check-in, a claim and a reflection."""
    ada, mia, target = class_.student(session, "Ada"), class_.student(session, "Mia"), class_.school.competency.id
    class_.ask(session, "Ben", "unbroken" * 30)
    class_.ask(session, "Mia", "can we talk", Kind.PERSONAL)
    (met,) = answer(
        session,
        class_.vault,
        me,
        [class_.ask(session, "Tom", "when?").id],
        "period 3",
        form=AnswerForm.MEETING,
        now=now - timedelta(hours=1),
    )
    say_if_it_fits(session, me.tenant_id, class_.people["Tom"].id, met.id, False, now=now)
    answer(session, class_.vault, me, [class_.ask(session, name, "more?").id for name in ("Ada", "Ben")], "page 4", now=now)
    details = Details(words="before the test", plan="after practice", why="my bike", steps=["draw set 3", "set 4"])
    goal = set_goal(session, ada, now.date() + timedelta(days=5), competency_id=target, details=details, now=now)
    set_goal(session, ada, now.date() + timedelta(days=9), details=Details(words="unbroken" * 30), now=now)
    suggestions.comment(session, class_.vault, me, goal.id, "How about set 4?", now=now)
    progress = Progress(goal_id=goal.id, steps_done=1, blocker=Blocker.NOT_UNDERSTOOD, blocker_words="the neg ones")
    record_check_in(session, ada, progress, now=now)
    claimed = claims.claim(session, mia, target, words="i finished it " * 9, link="https://drive.example/" + "poster" * 20, now=now)
    return claimed, reflections.write_reflection(session, ada, "first_step", "drawing it helped", readers=[me.person_id], now=now)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_pages_are_for_everybody(
    chromium: Browser, site: str, addresses: dict[str, str], scheme: Literal["light", "dark"], width: int
) -> None:
    context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    faults = {name: find_faults(context, site, address, width) for name, address in addresses.items()}
    context.close()
    assert faults == {name: [] for name in addresses}


def test_four_are_answered_by_keyboard_without_javascript(chromium: Browser, site: str, ms_rivera: Looker, class_: Class) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto(f"{site}/v/{ms_rivera.me.handle}/inbox")
    assert page.get_by_text("im so lost").count() == 0
    page.get_by_role("button", name="Show their words").press("Enter")
    page.get_by_text("im so lost on negative slope").wait_for()
    page.locator("summary", has_text="Reply to all, privately").press("Enter")
    page.get_by_role("button", name="One example").press("Enter")
    words = page.get_by_label("Your words")
    words.wait_for()
    assert "Read one worked example first" in words.input_value()
    words.fill("Read the example on page 4 first.")
    page.get_by_role("button", name="Send to each, privately").press("Enter")
    page.get_by_role("status").wait_for()
    assert page.get_by_role("status").inner_text() == "Your answer is on its way, to each student alone."
    page.get_by_role("button", name="Yes, all").press("Enter")
    page.get_by_text("Nobody is waiting for you.").wait_for()
    context.close()
