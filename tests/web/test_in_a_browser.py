"""The pages in a real browser: WCAG 2.2 AA by axe, in both schemes, from a telephone to a desk; keys only; no JavaScript."""

from datetime import datetime, timedelta
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext

from core.care.safety import raise_concern
from core.courses.guide import set_guide
from core.data.db import Database
from core.data.vault import Vault
from core.journal.checkins import Blocker, CheckIn
from core.people.access import Role
from core.people.invitations import invite
from core.people.platforms import notice_deployment
from core.people.releases import log_release
from core.people.roles import SchoolRole, grant
from tests.people_made import School, add_course, enrol
from tests.web.conftest import Look
from tests.web.made import add_goal, ask_help

AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
TOO_SMALL = """[...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary")]
    .filter(one => one.offsetParent && !one.closest("p") && !one.classList.contains("skip") && one.getBoundingClientRect().height < 44)
    .map(one => one.outerHTML.slice(0, 120))"""
PAGES = ("student", "list", "records", "visitor", "roster", "admin", "concerns", "concern", "welcome", "invitation", "closed")

pytestmark = pytest.mark.parametrize("kind", ["sqlite"])


@pytest.fixture
def addresses(look: Look, database: Database, vault: Vault, kept_school: School, now: datetime) -> dict[str, str]:
    """Where each page is, with something on every part of it."""
    student, teacher, course = kept_school.student, kept_school.teacher, kept_school.course
    with database.aside() as session:
        set_guide(session, kept_school.tenant.id, course.id, [(kept_school.competency.id, now.date() + timedelta(days=5), 1)])
        biology = add_course(session, kept_school.deployment, "Biology for " + "extraordinarily" * 5 + " curious people", now=now)
        for person, role in ((student, Role.STUDENT), (teacher, Role.TEACHER)):
            enrol(session, biology, person, role, now=now)
        add_goal(session, vault, student, course, now.date(), now=now, words="words " * 60, plan="plan", steps=["one", "two"], done=1)
        add_goal(session, vault, student, biology, now.date() - timedelta(days=9), now=now, words="unbroken" * 30)
        ask_help(session, vault, student, teacher, course, "im so lost", now=now, answer="See me.")
        session.add(
            CheckIn(
                tenant_id=student.tenant_id,
                person_id=student.id,
                course_id=course.id,
                day=now.date() - timedelta(days=2),
                blocker=Blocker.NOT_UNDERSTOOD,
                made_at=now,
            )
        )
        log_release(session, student.tenant_id, student.id, "gradebook", "check_in.made", "once", now=now)
        kept_school.platform.tenant_id = kept_school.tenant.id
        session.add(kept_school.platform)
        notice_deployment(session, kept_school.platform.id, "waiting", now=now)
        code = invite(session, kept_school.tenant.id, by=None, now=now)
        for school_role in SchoolRole:
            grant(session, teacher.tenant_id, teacher.id, school_role, by=None, now=now)
        about: dict[str, Any] = {"tenant_id": student.tenant_id, "person_id": student.id}
        facts: dict[str, Any] = {
            "tier": "acute",
            "reason": "danger",
            "rule": "en.rule",
            "words": "unbroken" * 40,
            "channel": "web",
            "zone": "UTC",
            "now": now,
        }
        closed, concern = (raise_concern(session, vault.key_of(student.id), **about, **facts) for _ in range(2))
        concern.wants_help, concern.tier = True, "ambiguous"
        closed.state, closed.outcome, closed.closed_at = "closed", "talked", now
        closed.seen_by = closed.closed_by = teacher.id
        closed.seen_at = now
    handle = {
        name: look(person, role, place).me.handle
        for name, person, role, place in (
            ("student", student, Role.STUDENT, course),
            ("list", student, Role.VISITOR, None),
            ("visitor", teacher, Role.VISITOR, None),
            ("roster", teacher, Role.TEACHER, course),
            ("admin", teacher, Role.TENANT_ADMIN, None),
        )
    }
    return {
        "student": f"/v/{handle['student']}/?said=paused",
        "list": f"/v/{handle['list']}/",
        "records": f"/v/{handle['student']}/records",
        "visitor": f"/v/{handle['visitor']}/",
        "roster": f"/v/{handle['roster']}/roster?name=a",
        "admin": f"/v/{handle['admin']}/admin",
        "concerns": f"/v/{handle['roster']}/concerns",
        "concern": f"/v/{handle['roster']}/concerns/{concern.id}",
        "welcome": "/",
        "invitation": f"/invitation/{code}",
        "closed": "/v/closed/",
    }


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_pages_are_for_everybody(
    chromium: Browser, site: str, addresses: dict[str, str], scheme: Literal["light", "dark"], width: int
) -> None:
    context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    faults = {name: find_faults(context, site, address, width) for name, address in addresses.items()}
    context.close()
    assert faults == {name: [] for name in PAGES}


def find_faults(context: BrowserContext, site: str, address: str, width: int) -> list[str]:
    """What is wrong with a page: axe's findings, what sticks out or is too small to tap, complaints, foreign requests."""
    page, faults = context.new_page(), list[str]()
    page.on("console", lambda message: faults.append(message.text))
    page.on("request", lambda request: faults.extend([request.url] if not request.url.startswith(site) else []))
    page.goto(site + address)
    page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true })")
    found = Axe().run(page, options=AXE).response["violations"]
    faults += [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]
    faults += [f"too small: {html}" for html in page.evaluate(TOO_SMALL)]
    if page.evaluate("document.documentElement.scrollWidth") > width:
        faults.append("it is wider than the screen")
    page.close()
    return [fault for fault in faults if "status of 404" not in fault]


def test_by_keyboard_without_javascript_or_cookies(chromium: Browser, site: str, addresses: dict[str, str]) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    page.route("**/*", lambda route: route.continue_(headers={k: v for k, v in route.request.headers.items() if k != "cookie"}))
    page.goto(site + addresses["student"].partition("?")[0])
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the page"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Check in"
    page.keyboard.press("Enter")
    page.get_by_role("log").get_by_role("button").first.press("Enter")
    page.get_by_role("log").get_by_role("button").first.press("Enter")
    page.get_by_role("link", name="Home").press("Enter")
    page.get_by_text("You checked in today.").wait_for()
    page.get_by_role("button", name="Español").press("Enter")
    page.get_by_role("heading", name="Hola, Ada").wait_for()
    page.get_by_role("button", name="Cerrar sesión").press("Enter")
    page.get_by_role("heading", name="Cerraste la sesión").wait_for()
    assert context.cookies() == []
    context.close()
