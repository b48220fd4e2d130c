"""The talk by plain forms: what was said, what can be pressed, who may, and nothing twice, in pages that need no script."""

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlmodel import col
from werkzeug.test import TestResponse

from bot import lines
from bot.lines import Heard, Said
from bot.webchat import A_PAGE, LONGEST, PART
from core.data.db import Database
from core.data.vault import Vault
from core.i18n import translator
from core.journal.help_requests import HelpRequest
from core.message import Choice, Field, FieldKind, Message
from core.people.access import Role
from core.people.people import Person
from tests.people_made import School, join
from tests.web.conftest import Look
from tests.web.looking import Looker, words

HOSTILE = '"><img src=x onerror=alert(1)><script>alert("é😀")</script>{{ 7*7 }}%(x)s{0}'
say = translator("en")


def send(looker: Looker, typed: str | None = None, **form: str | int) -> TestResponse:
    """Send the form of the talk."""
    filled: dict[str, str | int] = {"event": uuid4().hex, **form}
    return looker.post("/talk", **(filled if typed is None else {"words": typed, **filled}))


def part(looker: Looker, typed: str | None = None, **form: str | int) -> TestResponse:
    """Send it as the script does."""
    filled = {"csrf": looker.me.csrf, "event": uuid4().hex, **({} if typed is None else {"words": typed}), **form}
    return looker.browser.post(f"/v/{looker.me.handle}/talk", data=filled, headers={PART: "lines"})


def begin(looker: Looker, dialogue: str, **form: str) -> TestResponse:
    """Begin a dialogue from another page."""
    return looker.post("/talk/begin", dialogue=dialogue, **{"event": uuid4().hex, **form})


def pressable(html: str) -> dict[str, str]:
    """The buttons that can be pressed: what each says, and its token."""
    return {
        words(label): token for token, label in re.findall(r'<button form="say" name="choice" value="([^"]+)"[^>]*>(.*?)</button>', html)
    }


def tell(database: Database, vault: Vault, person: Person, *messages: Message, now: datetime, heard: str | None = None) -> int:
    """Put a line into somebody's conversation."""
    key = vault.key_of(person.id)
    with database.aside() as session:
        heard_id = lines.hear(session, key, person.tenant_id, person.id, "web", uuid4().hex, heard, now=now) if heard else None
        made = lines.say(session, key, person.tenant_id, person.id, messages, heard_id=heard_id, now=now)
    assert made is not None
    return made


def rows(database: Database) -> tuple[int, int]:
    """How much was heard, and how much was said."""
    with database.session(writes=False) as session:
        heard, said = (session.scalar(select(func.count()).select_from(table)) or 0 for table in (Heard, Said))
    return heard, said


def test_a_first_visit_says_what_can_be_done(ada: Looker) -> None:
    page = ada.read("/talk")
    for said in ("What shall we do first?", "Check in", "Set a goal", "Ask for help", "who can read your answer", "day and night"):
        assert said in page
    assert "I need help now" in page


def test_help_in_free_words_and_one_press(ada: Looker, database: Database) -> None:
    page = ada.follow(send(ada, "i need help with slope"))
    assert "You: i need help with slope" in page
    token = pressable(ada.get("/talk").text)["Send"]
    page = ada.follow(send(ada, choice=token))
    assert "You: Send" in page
    assert token not in pressable(ada.get("/talk").text).values(), "what was answered cannot be pressed again"
    with database.session(writes=False) as session:
        assert len(session.scalars(select(HelpRequest)).all()) == 1
    assert "i need help with slope" in ada.read(), "the home page shows it"


def test_a_deed_leads_back_to_the_newest_line(ada: Looker) -> None:
    answer = send(ada, "hello")
    assert answer.status_code == 303
    assert answer.location == f"/v/{ada.me.handle}/talk#newest"
    assert ada.get("/talk").text.count('id="newest"') == 1


def test_a_dialogue_begins_from_another_page(ada: Looker) -> None:
    assert 'name="dialogue" value="check_in"' in ada.get().text
    answer = begin(ada, "help_now")
    assert answer.location.endswith("/talk#newest")
    assert "988" in ada.follow(answer)
    assert '<p class="mine"><span' not in ada.get("/talk").text, "a button of another page is no word of hers"


def test_the_home_page_says_words_to_the_talk(ada: Looker) -> None:
    form = re.search(r'action="(/v/[^"]+/talk)".*?name="event" value="([^"]+)"', ada.get().text, re.DOTALL)
    assert form
    answer = ada.browser.post(form[1], data={"csrf": ada.me.csrf, "event": form[2], "words": "hello there"})
    assert "You: hello there" in ada.follow(answer)


def test_the_same_event_is_heard_once(ada: Looker, database: Database) -> None:
    first, second = (part(ada, "hello", event="the-same-event") for _ in range(2))
    assert first.text == second.text
    assert rows(database) == (1, 1)
    begin(ada, "menu", event="another-event")
    begin(ada, "menu", event="another-event")
    assert rows(database) == (2, 2)


def test_an_event_of_somebody_else_is_another_one(ada: Looker, ms_rivera: Looker, database: Database) -> None:
    send(ada, "hello", event="the-same-event")
    send(ms_rivera, "hello", event="the-same-event")
    assert rows(database) == (2, 2)


def test_the_script_gets_the_new_lines_alone(ada: Looker) -> None:
    send(ada, "hello")
    seen = re.search(r'name="seen" value="(\d+)"', ada.get("/talk").text)
    assert seen
    answer = part(ada, "thanks", seen=seen[1])
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert answer.text.count('class="line"') == 1
    assert "You: thanks" in words(answer.text)


def test_a_page_that_stays_open_asks_for_newer_lines(
    ada: Looker, database: Database, vault: Vault, kept_school: School, now: datetime
) -> None:
    line = tell(database, vault, kept_school.student, Message(text="Hi Ada."), now=now)
    assert ada.get("/talk/lines", after=line).status_code == 204
    assert "Hi Ada." in ada.get("/talk/lines", after=line - 1).text
    assert ada.get("/talk/lines", after="nonsense").status_code == 200


def test_nothing_sent_is_nothing_said(ada: Looker, database: Database) -> None:
    for typed in ("", "  \r\n "):
        assert send(ada, typed).status_code == 303
        assert part(ada, typed).text == ""
    assert rows(database) == (0, 0)


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    "form",
    [
        {"choice": "1.2"},
        {"choice": "١.٠.٠"},
        {"choice": "9" * 19 + ".0.0"},
        {"words": "x" * (LONGEST + 1)},
        {"words": "x", "event": "short"},
        {"words": "x", "event": "é" * 12},
        {"words": "x", "event": ""},
    ],
)
def test_what_no_form_of_ours_sends_is_refused(ada: Looker, database: Database, form: dict[str, str]) -> None:
    assert send(ada, **form).status_code == 422
    assert rows(database) == (0, 0)


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(("dialogue", "status"), [("", 422), ("Check In", 422), ("no_such_thing", 409), ("help_inbox", 409)])
def test_a_dialogue_that_is_not_for_this_person_is_refused(ada: Looker, dialogue: str, status: int) -> None:
    assert begin(ada, dialogue).status_code == status


def test_a_message_as_long_as_fits_is_heard_whole(ada: Looker) -> None:
    typed = ("wörter\r\n" * 286)[: LONGEST + 286 - 1]
    assert len(typed.replace("\r\n", "\n")) <= LONGEST
    assert typed.replace("\r\n", "\n").strip() in part(ada, typed).text


def test_buttons_live_until_something_is_answered(
    ada: Looker, database: Database, vault: Vault, kept_school: School, now: datetime
) -> None:
    question = Message(
        text="In the way?", choices=(Choice(label="No", value="no"), Choice(label="Time", value="time")), reads="Ms Rivera sees this"
    )
    link = Message(text="Here:", choices=(Choice(label="Your records", opens="home.records"),))
    first = tell(database, vault, kept_school.student, question, heard="hi", now=now)
    tell(database, vault, kept_school.student, Message(text="Ms Rivera saw your message."), now=now)
    page = ada.get("/talk").text
    assert pressable(page) == {"No": f"{first}.0.0", "Time": f"{first}.0.1"}, "what is said unasked leaves the question open"
    assert re.search(r'id="reads">Ms Rivera sees this<', page)
    tell(database, vault, kept_school.student, link, heard="No", now=now)
    page = ada.get("/talk").text
    assert pressable(page) == {}
    assert ">Time<" in page, "what could have been pressed is still to be seen"
    assert 'id="reads" hidden' in page
    tell(database, vault, kept_school.student, Message(text="OK."), heard="thanks", now=now)
    assert f'href="/v/{ada.me.handle}/records"' in ada.get("/talk").text, "what opens a page opens it always"


def test_a_line_of_somebody_else_cannot_be_pressed(
    ada: Looker, look: Look, database: Database, vault: Vault, kept_school: School, now: datetime
) -> None:
    with database.aside() as session:
        ben = join(session, vault, kept_school.course, "Ben", Role.STUDENT, now=now)
    line = tell(database, vault, ben, Message(text="Secret?", choices=(Choice(label="Say Bens secret", begins="menu"),)), now=now)
    page = ada.follow(send(ada, choice=f"{line}.0.0"))
    assert "secret" not in page.lower()
    assert "Say Bens secret" in look(ben, Role.STUDENT).read("/talk")


def test_a_day_may_be_picked_instead_of_written(ada: Looker, database: Database, vault: Vault, kept_school: School, now: datetime) -> None:
    field = Field(label="Another day", kind=FieldKind.DAY, filled="2026-12-04")
    tell(database, vault, kept_school.student, Message(text="By when?", field=field), heard="slope", now=now)
    assert re.search(r'type="date"[^>]*name="day" value="2026-12-04"', ada.get("/talk").text)
    assert "You: 2027-01-15" in ada.follow(send(ada, day="2027-01-15"))
    assert "You: 2027-01-16" in ada.follow(send(ada, "half-typed", day="2027-01-16", use="day"))
    assert "You: typed" in ada.follow(send(ada, "typed", day="2027-01-17", use="words"))


def test_words_that_stand_in_the_box_already(ada: Looker, database: Database, vault: Vault, kept_school: School, now: datetime) -> None:
    field = Field(label="Your words to Ms Rivera", filled='im lost </textarea>"')
    tell(database, vault, kept_school.student, Message(text="Change them as you like.", field=field), heard="Edit", now=now)
    page = ada.get("/talk").text
    assert ">Your words to Ms Rivera</label>" in page
    assert "im lost &lt;/textarea&gt;" in page.split("<textarea")[1].split("</textarea>")[0]


def test_earlier_lines_are_a_page_away(ada: Looker, database: Database, vault: Vault, kept_school: School, now: datetime) -> None:
    for number in range(A_PAGE + 3):
        choices = (Choice(label=f"press {number}", value="x"),)
        tell(database, vault, kept_school.student, Message(text=f"line {number}.", choices=choices), heard=f"said {number}", now=now)
    newest = ada.get("/talk")
    assert "line 2." not in newest.text and "line 3." in newest.text
    before = re.search(r"before=(\d+)#newest", newest.text)
    assert before
    older = ada.get("/talk", before=before[1])
    assert [number for number in range(9) if f"line {number}." in older.text] == [0, 1, 2]
    assert "<textarea" not in older.text and pressable(older.text) == {}
    assert "Back to the newest" in older.text and "before=" not in older.text


def test_each_day_has_a_heading_of_its_own(ada: Looker, database: Database, vault: Vault, kept_school: School, now: datetime) -> None:
    for days in (2, 2, 0):
        tell(database, vault, kept_school.student, Message(text="Hi."), heard="hi", now=now - timedelta(days=days))
    assert ada.get("/talk").text.count('<li class="day"') == 2


def test_hostile_words_are_words(ada: Looker, database: Database, vault: Vault, kept_school: School, now: datetime) -> None:
    message = Message(text=HOSTILE, quote=HOSTILE, choices=(Choice(label=HOSTILE, value="x", spoken=HOSTILE),), reads=HOSTILE)
    tell(database, vault, kept_school.student, message, heard=HOSTILE, now=now)
    page = ada.get("/talk").text
    assert "<script>alert" not in page and "<img" not in page.split("<main")[1]
    assert "{{ 7*7 }}" in page


def test_what_fails_for_a_fault_of_ours_is_kept_and_said(
    ada: Looker, app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dialogue that breaks: no word is lost, and the person reads that it is kept."""
    registry = app.extensions["paceline.bot"].talk._registry
    broken = registry.names["menu"]
    monkeypatch.setitem(registry._by_name, "menu", type(broken)(**{**vars(broken), "finish": lambda _turn, _draft: 1 // 0}))
    page = ada.follow(begin(ada, "menu"))
    assert say("talk.kept_for_later") in page
    with database.session(writes=False) as session:
        assert session.scalars(select(col(Heard.handled_at))).all() == [None]


def test_an_adult_finds_what_an_adult_can_do(ms_rivera: Looker) -> None:
    page = ms_rivera.read("/talk")
    assert "Who needs help?" in page
    assert "I need help now" not in page and "Check in" not in page


@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_page_in_spanish(ada: Looker) -> None:
    ada.post("/language", language="es")
    page = ada.read("/talk")
    for said in ("¿Por dónde empezamos?", "Necesito ayuda ahora", "Enviar"):
        assert said in page


def test_a_page_and_a_look_for_news_ask_little(
    ada: Looker, database: Database, vault: Vault, kept_school: School, now: datetime, statements: list[str]
) -> None:
    for number in range(40):
        tell(database, vault, kept_school.student, Message(text=f"line {number}."), heard="hi", now=now)
    ada.get("/talk")
    statements.clear()
    assert ada.get("/talk").status_code == 200
    assert len(statements) <= 3, statements
    statements.clear()
    assert ada.get("/talk/lines", after=10**9).status_code == 204
    assert len(statements) <= 3, statements
