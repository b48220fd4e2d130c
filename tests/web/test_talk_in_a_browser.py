"""The talk in a real browser: in place with the script, by plain forms without it; readable for everybody."""

from datetime import datetime
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import select
from sqlmodel import col

from bot.lines import Heard
from core.data.db import Database
from core.data.vault import Vault
from core.message import Card, Choice, Field, FieldKind, Message
from tests.people_made import School
from tests.web.looking import Looker
from tests.web.test_in_a_browser import find_faults
from tests.web.test_talk import tell

pytestmark = pytest.mark.parametrize("kind", ["sqlite"])


def open_talk(chromium: Browser, site: str, ada: Looker, **options: object) -> Page:
    """The talk in a browser of its own."""
    page = chromium.new_context(**options).new_page()  # type: ignore[arg-type]
    page.goto(f"{site}/v/{ada.me.handle}/talk")
    return page


def heard(database: Database) -> int:
    with database.session(writes=False) as session:
        return len(session.scalars(select(col(Heard.id))).all())


def test_by_plain_forms_without_javascript(chromium: Browser, site: str, ada: Looker) -> None:
    page = open_talk(chromium, site, ada, java_script_enabled=False)
    page.get_by_label("Your message").fill("i need help with slope")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("Send this to Ms Rivera").wait_for()
    page.get_by_role("group").get_by_role("button", name="Send", exact=True).click()
    page.get_by_text("usually answers").or_(page.get_by_text("Sent")).first.wait_for()
    assert page.locator("#lines button[value$='.0.0']").count() <= 1
    page.get_by_role("button", name="I need help now").click()
    page.get_by_role("link", name="988").first.wait_for()
    page.context.close()


def test_in_place_with_javascript(chromium: Browser, site: str, ada: Looker, database: Database) -> None:
    page = open_talk(chromium, site, ada)
    page.evaluate("window.here = true")
    box = page.get_by_label("Your message")
    expect(box).to_be_focused()
    box.press_sequentially("i need help")
    box.press("Shift+Enter")
    box.press_sequentially("with slope")
    box.press("Enter")
    expect(box).to_have_value("")
    expect(page.get_by_text("Send this to Ms Rivera")).to_be_visible()
    expect(page.locator(".mine bdi")).to_have_text("i need help\nwith slope")
    expect(page.locator("#waiting")).to_be_hidden()
    expect(page.locator("#first")).to_have_count(0)
    box.fill("half a thought")
    page.get_by_role("group").get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".mine bdi").last).to_have_text("Send")
    expect(page.locator(".past").first).to_contain_text("Edit")
    expect(box).to_be_focused()
    expect(box).to_have_value("half a thought")
    assert page.evaluate("window.here"), "nothing was loaded anew"
    assert heard(database) == 2
    page.context.close()


def test_what_is_typed_shows_at_once(chromium: Browser, site: str, ada: Looker) -> None:
    page = open_talk(chromium, site, ada)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/talk", hold)
    page.get_by_label("Your message").fill("hello")
    page.keyboard.press("Enter")
    expect(page.locator("#waiting .mine")).to_have_text("hello")
    expect(page.locator("#waiting .ours")).to_have_text("…")
    held[0].continue_()
    expect(page.locator("#waiting")).to_be_hidden()
    expect(page.locator("#lines .mine bdi")).to_have_text("hello")
    page.context.close()


@pytest.mark.parametrize("lost", ["the words", "the answer"])
def test_a_failed_send_keeps_the_words_and_is_heard_once(chromium: Browser, site: str, ada: Looker, database: Database, lost: str) -> None:
    page = open_talk(chromium, site, ada)

    def fail(route: Route) -> None:
        if lost == "the answer":
            route.fetch()
        route.abort()

    page.route("**/talk", fail, times=1)
    page.get_by_label("Your message").fill("hello")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This was not sent.")
    expect(page.get_by_label("Your message")).to_have_value("hello")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#lines .mine bdi")).to_have_text("hello")
    expect(page.get_by_role("alert").filter(has_text="This was not sent.")).to_have_count(0)
    expect(page.get_by_label("Your message")).to_have_value("")
    assert heard(database) == 1
    page.context.close()


def test_what_is_said_unasked_appears_by_itself(
    chromium: Browser, site: str, ada: Looker, database: Database, vault: Vault, kept_school: School, now: datetime
) -> None:
    page = open_talk(chromium, site, ada)
    question = Message(text="What helped?", choices=(Choice(label="Skip", value="skip"),), reads="Only you")
    tell(database, vault, kept_school.student, question, now=now)
    expect(page.get_by_role("log")).to_contain_text("What helped?", timeout=10_000)
    expect(page.locator("#reads")).to_have_text("Only you")
    expect(page.get_by_role("button", name="Skip")).to_be_visible()
    page.context.close()


def test_a_page_that_has_closed_says_so_and_keeps_the_words(chromium: Browser, site: str, ada: Looker) -> None:
    page = open_talk(chromium, site, ada)
    ada.post("/sign-out")
    page.get_by_label("Your message").fill("hello")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This page has closed.")
    expect(page.get_by_label("Your message")).to_have_value("hello")
    page.context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
@pytest.mark.parametrize("filled", [False, True])
def test_the_talk_is_for_everybody(
    chromium: Browser,
    site: str,
    ada: Looker,
    database: Database,
    vault: Vault,
    kept_school: School,
    now: datetime,
    scheme: Literal["light", "dark"],
    width: int,
    filled: bool,
) -> None:
    if filled:
        fill(database, vault, kept_school, now)
    context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    faults = find_faults(context, site, f"/v/{ada.me.handle}/talk", width)
    context.close()
    assert faults == []


def fill(database: Database, vault: Vault, school: School, now: datetime) -> None:
    """A conversation with one of everything."""
    said = [
        Message(
            text="How are you?",
            choices=(Choice(label="🙂", value="4", spoken="good"), Choice(label="🙁", value="2", spoken="low")),
            scale=True,
        ),
        Message(text="Send this?", quote="unbroken" * 30, choices=(Choice(label="Send", value="s"), Choice(label="Edit", value="e"))),
        Message(
            text="Please reach out now.",
            cards=(Card(title="Who helps", lines=(("A line", "988"),)), Card(title="Slope", done=2, planned=3)),
            choices=(Choice(label="Call 988", opens="tel:988"), Choice(label="Site", opens="https://example.org")),
            care=True,
        ),
        Message(
            text="By when?",
            choices=tuple(Choice(label=f"A rather long label, number {number}", value="x") for number in range(4)),
            extras=(Choice(label="Skip", value="skip"),),
            field=Field(label="Another day", kind=FieldKind.DAY),
            reads="Ms Rivera sees this",
        ),
    ]
    for message in said:
        tell(database, vault, school.student, message, heard="words " * 30, now=now)
    tell(database, vault, school.student, said[0], said[3], heard="ok", now=now)
