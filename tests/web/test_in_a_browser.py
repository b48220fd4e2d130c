"""The pages in a real browser: WCAG 2.2 AA by axe, in both schemes, from a telephone to a desk; keys only; no JavaScript."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext
from werkzeug.serving import make_server

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
PAGES = ("student", "list", "records", "visitor", "roster", "admin", "welcome", "invitation", "closed")

pytestmark = pytest.mark.parametrize("kind", ["sqlite"])


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    """The application, served; its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


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
        "student": f"/v/{handle['student']}/?said=checked_in",
        "list": f"/v/{handle['list']}/",
        "records": f"/v/{handle['student']}/records",
        "visitor": f"/v/{handle['visitor']}/",
        "roster": f"/v/{handle['roster']}/roster?name=a",
        "admin": f"/v/{handle['admin']}/admin",
        "welcome": "/",
        "invitation": f"/invitation/{code}",
        "closed": "/v/closed/",
    }


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_pages_are_for_everybody(
    chromium: Browser, site: str, addresses: dict[str, str], scheme: Literal["light", "dark"], width: int
) -> None:
    context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    faults = {name: _faults(context, site, address, width) for name, address in addresses.items()}
    context.close()
    assert faults == {name: [] for name in PAGES}


def _faults(context: BrowserContext, site: str, address: str, width: int) -> list[str]:
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
    page.get_by_role("status").wait_for()
    assert page.get_by_role("status").inner_text() == "You checked in. See you next time!"
    page.get_by_role("button", name="Español").press("Enter")
    page.get_by_role("heading", name="Hola, Ada").wait_for()
    page.get_by_role("button", name="Cerrar sesión").press("Enter")
    page.get_by_role("heading", name="Cerraste la sesión").wait_for()
    assert context.cookies() == []
    context.close()
