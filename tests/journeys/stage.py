"""The people of a journey: two LMSs whose pages show Paceline in a frame, and visitors who look at them in a browser."""

import json
import os
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, FrameLocator, Locator, Page, Request, expect
from sqlmodel import SQLModel, func, select

from app.practice_lms import PracticeLms
from app.wiring import House
from core.i18n import translator
from tests.fakes.http_server import Told

PATIENCE_MS = 15_000
DELIVERED_WITHIN = 20.0
SCREENSHOTS = "PACELINE_SCREENSHOTS"

say, say_in_spanish = translator("en"), translator("es")
Found = TypeVar("Found")


@dataclass(frozen=True)
class OpenEdx:
    """Open edX's own consumer, in a process of its own, and a page of another site that frames what it launches."""

    address: str
    frame: str
    facts: dict[str, Any]

    def launch_url(self, role: str = "student", user: int = 7) -> str:
        """The page with the frame in which a launch begins."""
        return f"{self.frame}/?{urlencode({'show': self.start_url(role, user)})}"

    def start_url(self, role: str = "student", user: int = 7) -> str:
        """Where a launch begins."""
        return f"{self.address}/start?{urlencode({'role': role, 'user': user})}"

    def shares_of(self, user: int) -> list[float]:
        """What its gradebook received for a learner: the share of the column's weight that each score earned."""
        with urllib.request.urlopen(f"{self.address}/grades", timeout=10) as answer:
            return [share for name, share, _, _ in json.load(answer)["grades"] if name == f"learner{user}"]


@dataclass(frozen=True)
class Practice:
    """The practice LMS, on a site of its own."""

    address: str
    lms: PracticeLms

    def launch_url(self, user: str, course: str = "") -> str:
        """The course page with the frame."""
        return f"{self.address}/practice/launch?{urlencode({'user': user, 'course': course})}"

    def login_url(self, user: str, course: str) -> str:
        """Where a launch begins that fills the whole window."""
        hint = quote(json.dumps({"course": course, "target": "window"}))
        asked = {"iss": self.lms.issuer, "login_hint": user, "client_id": self.lms.client_id, "lti_deployment_id": self.lms.deployment_id}
        return f"{self.lms.tool.login_url}?{urlencode(asked | {'target_link_uri': self.lms.tool.launch_url})}&lti_message_hint={hint}"

    def scores_of(self, user: str, course: str) -> list[tuple[float | None, datetime]]:
        """What its gradebook received for a student: points and date."""
        received = self.lms.gradebook.scores(course)
        return [(one.score.scoreGiven, one.score.timestamp) for one in received if one.score.userId == user]


@dataclass(frozen=True)
class Scene:
    """Everything that runs during a journey."""

    address: str
    house: House
    frame: Told
    practice: Practice
    edx: OpenEdx

    def count(self, *tables: type[SQLModel]) -> tuple[int, ...]:
        """How many rows there are in some tables."""
        with self.house.database.session(writes=False) as session:
            return tuple(session.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)

    def origins(self) -> set[str]:
        """Every origin that a browser has any business with."""
        return {self.address, self.frame.address, self.practice.address, self.edx.address}


@dataclass
class Visitor:
    """Somebody at a browser, and everything that the browser asked for or complained of."""

    context: BrowserContext
    scene: Scene
    page: Page = field(init=False)
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.set_default_timeout(PATIENCE_MS)
        self.context.on("request", self._note)
        self.context.on("console", self._listen)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.page = self.context.new_page()

    def open(self, url: str, *, press_continue: bool = False) -> FrameLocator:
        """Go to a page of an LMS; the frame in it, in which Paceline opens."""
        self.page.goto(url)
        if press_continue:
            self.inside.get_by_role("button", name="Continue").click()
        return self.inside

    @property
    def inside(self) -> FrameLocator:
        """What is in the frame."""
        return self.page.frame_locator("iframe")

    def sees_heading(self, words: str) -> Locator:
        """Wait for the first heading inside the frame to say something."""
        heading = self.inside.get_by_role("heading", level=1)
        expect(heading).to_contain_text(words, timeout=PATIENCE_MS)
        return heading

    def check_in(self) -> None:
        """As a student at home: check in by pressing, and find it done at home."""
        self.inside.get_by_role("button", name=say("home.check_in")).click()
        self.finish_check_in()

    def finish_check_in(self) -> None:
        """A check-in has begun: nothing is in the way, and the rest is skipped by going home."""
        self.inside.get_by_role("log").get_by_role("button", name=say("talk.no"), exact=True).click()
        expect(self.inside.get_by_text(say("talk.mood.ask"))).to_be_visible()
        self.inside.get_by_role("link", name=say("nav.home")).first.click()
        expect(self.inside.get_by_text(say("home.checked_in_today"))).to_be_visible()

    def switch_gradebook_on(self) -> None:
        """As a teacher on the roster: have check-ins sent to the gradebook from now on."""
        self.sees_heading(say("roster.title"))
        switch = self.inside.get_by_role("button", name=say("gradebook.switch_on"))
        if switch.count():
            switch.click()
        expect(self.inside.get_by_role("button", name=say("gradebook.switch_off"))).to_be_visible()

    def photograph(self, name: str, *, whole: bool = True) -> None:
        """Keep a picture of the whole page or of the window alone, when `PACELINE_SCREENSHOTS` names a folder for it."""
        if folder := os.environ.get(SCREENSHOTS):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=whole)

    def strangers(self) -> list[str]:
        """What the browser asked for elsewhere than here."""
        return [url for url in self.asked if _origin(url) not in self.scene.origins()]

    def _note(self, request: Request) -> None:
        if not request.url.startswith(("data:", "about:", "blob:")):
            self.asked.append(request.url)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text} ({message.location['url']})")


def eventually(look: Callable[[], Found], *, within: float = DELIVERED_WITHIN) -> Found:
    """Look again and again until there is something."""
    deadline = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < deadline, f"nothing came within {within} s"
        time.sleep(0.1)
    return found


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
