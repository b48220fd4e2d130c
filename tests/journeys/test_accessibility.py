"""Pages that everybody can read: no violation that axe finds, in light and dark, on a desk and on a telephone."""

from itertools import product
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlmodel import select

from core.data.clock import utc_now
from core.journal.feedback import give_feedback
from core.people.access import Role
from core.people.accounts import Account
from core.people.invitations import invite
from core.people.roles import SchoolRole, grant
from core.people.tenants import find_tenant
from core.people.viewers import open_viewer
from tests.journeys.conftest import ALGEBRA
from tests.journeys.stage import Scene, Visitor, say

WIDTHS = (1280, 360)
SCHEMES = ("light", "dark")


class Pages:
    """The pages to look at, each filling the window."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def home(self, page: Page) -> None:
        """A student's own page."""
        page.goto(self._scene.practice.login_url("s-8", ALGEBRA.context))
        expect(page.get_by_role("heading", level=1)).to_have_text(say("home.hello", name="Student 8"))

    def talk(self, page: Page) -> None:
        """The talk, with a check-in begun."""
        self.home(page)
        page.get_by_role("button", name=say("home.check_in")).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(say("chat.title"))

    def settings(self, page: Page) -> None:
        """A person's own settings."""
        self.home(page)
        page.get_by_role("link", name=say("settings.title")).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(say("settings.title"))

    def records(self, page: Page) -> None:
        """Who read and what left, and the way to a copy."""
        self.home(page)
        page.get_by_role("link", name=say("records.link")).click()
        expect(page.get_by_role("link", name=say("records.download_html"))).to_be_visible()

    def erase(self, page: Page) -> None:
        """What goes and what stays when a student erases themselves."""
        self.records(page)
        page.get_by_role("link", name=say("records.erase")).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(say("erase.title"))

    def roster(self, page: Page) -> None:
        """The teacher's roster."""
        page.goto(self._scene.practice.login_url("rivera", ALGEBRA.context))
        expect(page.get_by_role("heading", level=1)).to_have_text(say("roster.title"))

    def admin(self, page: Page) -> None:
        """The school's page, of somebody who administers it."""
        with self._scene.house.database.aside() as session:
            school = find_tenant(session, "Riverside High")
            teacher = session.scalars(select(Account).where(Account.subject == "rivera")).one().person_id
            grant(session, school.id, teacher, SchoolRole.TENANT_ADMIN, by=None, now=utc_now())
            opened = open_viewer(
                session, tenant_id=school.id, person_id=teacher, course_id=None, role=Role.TENANT_ADMIN, platform_id=None, now=utc_now()
            )
        page.goto(f"{self._scene.address}/v/{opened.handle}/admin")
        expect(page.get_by_role("heading", level=1)).to_have_text(say("admin.title"))

    def feedback(self, page: Page) -> None:
        """What people say about Paceline, as an admin reads it."""
        self.home(page)
        self.roster(page)  # both have come in once
        with self._scene.house.database.aside() as session:
            school = find_tenant(session, "Riverside High").id
            student = session.scalars(select(Account).where(Account.subject == "s-8")).one().person_id
            give_feedback(session, self._scene.house.vault.key_of(student), school, student, "too many questions", now=utc_now())
        self.admin(page)
        page.get_by_role("link", name=say("feedback.title")).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(say("feedback.title"))

    def refusal(self, page: Page) -> None:
        """A refusal: a login of an LMS that nobody knows."""
        page.goto(
            f"{self._scene.address}/lti/login?iss=https://unknown.example&login_hint=1&target_link_uri={self._scene.address}/lti/launch"
        )
        expect(page.get_by_text("https://unknown.example").first).to_be_visible()

    def invitation(self, page: Page) -> None:
        """Where an invitation leads."""
        with self._scene.house.database.aside() as session:
            code = invite(session, find_tenant(session, "Riverside High").id, by=None, now=utc_now())
        page.goto(f"{self._scene.address}/invitation/{code}")
        expect(page.get_by_role("heading", level=1)).to_have_text(say("invitation.title"))


@pytest.mark.parametrize("name", ["home", "talk", "settings", "records", "erase", "roster", "admin", "feedback", "refusal", "invitation"])
def test_axe_finds_nothing(visitor: Visitor, scene: Scene, name: str) -> None:
    getattr(Pages(scene), name)(visitor.page)
    found = {}
    for width, scheme in product(WIDTHS, SCHEMES):
        visitor.page.set_viewport_size({"width": width, "height": 800})
        visitor.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        visitor.page.reload()  # colours that are still changing have no contrast to speak of
        visitor.photograph(f"{name}-{scheme}-{width}")
        violations = Axe().run(visitor.page).response["violations"]
        found[width, scheme] = [_sentence(one) for one in violations] + _too_wide(visitor)
    assert found == {look: [] for look in found}
    visitor.complaints = [one for one in visitor.complaints if "403" not in one]  # a browser always complains of the refusal's


def _sentence(violation: dict[str, Any]) -> str:
    return f"{violation['id']}: {violation['help']}: {[node['html'][:120] for node in violation['nodes'][:3]]}"


def _too_wide(visitor: Visitor) -> list[str]:
    wide = visitor.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{wide} pixels too wide"] if wide > 0 else []
