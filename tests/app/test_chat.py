"""`paceline chat`: a conversation in a pipe and at a prompt, as a person and as a program read it; and who may not."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog
from click.testing import CliRunner, Result
from sqlalchemy import select

from app import wiring
from app.cli import main
from app.settings import Settings, Stage, new_master_key
from app.wiring import House
from bot.lines import Line
from bot.terminal import Screen
from core.data.clock import utc_now
from core.i18n import translator
from core.journal.help_requests import HelpRequest
from core.message import Card, Choice, Message
from core.people.access import Role
from core.people.people import add_person
from core.people.roles import SchoolRole, grant
from tests.conftest import lay_schema
from tests.people_made import School, add_course, enrol, join, make_school

say = translator("en")


@dataclass
class Terminal:
    """A terminal in a house with a school."""

    house: House
    school: School
    environment: dict[str, str]

    def chat(self, *words: str, typed: str = "") -> Result:
        """Chat, and type some lines."""
        try:
            return CliRunner().invoke(main, ["chat", *words], input=typed, env=self.environment)
        finally:
            structlog.reset_defaults()  # the command set up the logs of this process

    def says(self, *words: str, typed: str) -> str:
        """What is said to whoever may."""
        result = self.chat(*words, typed=typed)
        assert result.exit_code == 0, result.output
        return result.output

    def replies(self, *words: str, typed: str) -> list[dict[str, Any]]:
        """The same, for a program."""
        return [json.loads(line) for line in self.says(*words, "--json", typed=typed).splitlines()]

    def refuses(self, *words: str) -> str:
        """Why somebody may not."""
        result = self.chat(*words, typed="hello\n")
        assert result.exit_code == 1, result.output
        assert "Traceback" not in result.output
        return result.output


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    keys = new_master_key()
    house = wiring.build(Settings(stage=Stage.TEST, home=tmp_path, master_keys=keys))
    lay_schema(house.database)
    house.vault.create_tables()
    with house.database.aside() as session:
        school = make_school(session, house.vault, now=utc_now())
    yield Terminal(house, school, {"PACELINE_STAGE": "test", "PACELINE_HOME": str(tmp_path), "PACELINE_MASTER_KEYS": keys})
    house.close()


def test_help_is_asked_for_from_a_pipe(terminal: Terminal) -> None:
    said = terminal.says("--as", "Ada", typed="i need help with slope\n\n1\n")
    assert "Send this to Ms Rivera" in said
    assert "“i need help with slope”" in said
    assert "[1] Send" in said
    assert "> " not in said and say("talk.goodbye") not in said
    with terminal.house.database.session(writes=False) as session:
        (request,) = session.scalars(select(HelpRequest))
        assert request.person_id == terminal.school.student.id


def test_one_object_a_reply_for_programs(terminal: Terminal) -> None:
    first, second = terminal.replies("--as", "Ada", typed="i need help with slope\nsend\n")
    assert first["quote"] == "i need help with slope"
    assert first["choices"][0] == {"n": 1, "label": "Send"}
    assert second["text"]
    assert "quote" not in second


def test_each_line_is_kept_before_the_next_is_read(terminal: Terminal) -> None:
    (card,) = terminal.replies("--as", "Ada", typed="i need help with slope\n")
    picked = next(choice["n"] for choice in card["choices"] if choice["label"] == "Send")
    terminal.says("--as", "Ada", typed=f"{picked}\n")
    with terminal.house.database.session(writes=False) as session:
        assert len(session.scalars(select(HelpRequest)).all()) == 1, "the choices of a talk that ended are still there in the next"


def test_people_are_found_by_pseudonym_or_name(terminal: Terminal) -> None:
    house, school = terminal.house, terminal.school
    with house.database.aside() as session:
        twins = [join(session, house.vault, school.course, "Kim", Role.STUDENT, now=utc_now()) for _ in range(2)]
    assert terminal.replies("--as", school.student.pseudonym, typed="hello\n")
    assert terminal.replies("--as", "ms rivera", typed="hello\n")
    assert "“Bob”" in terminal.refuses("--as", "Bob")
    unclear = terminal.refuses("--as", "Kim")
    assert all(twin.pseudonym in unclear for twin in twins)
    assert terminal.replies("--as", twins[1].pseudonym, typed="hello\n")


def test_a_course_is_found_by_title_or_id(terminal: Terminal) -> None:
    house, school = terminal.house, terminal.school
    with house.database.aside() as session:
        biology = add_course(session, school.deployment, "Biology", now=utc_now())
        enrol(session, biology, school.student, Role.STUDENT, now=utc_now())
        join(session, house.vault, biology, "Mr Lane", Role.TEACHER, now=utc_now())
    for course in ("biology", str(biology.id)):
        assert "Mr Lane" in terminal.says("--as", "Ada", "--course", course, typed="i need help\ni am lost\n")
    assert "Algebra 1, Biology" in terminal.refuses("--as", "Ada", "--course", "Art")


def test_a_school_is_named_where_there_are_several(terminal: Terminal) -> None:
    with terminal.house.database.aside() as session:
        make_school(session, terminal.house.vault, now=utc_now(), name="Lakeside High", issuer="https://other.example")
    assert "--school" in terminal.refuses("--as", "Ada")
    assert terminal.replies("--as", "Ada", "--school", "Lakeside High", typed="hello\n")


def test_who_may_not_talk_is_refused(terminal: Terminal) -> None:
    house, school = terminal.house, terminal.school
    with house.database.aside() as session:
        join(session, house.vault, school.course, "Gus", Role.GUARDIAN, now=utc_now())
        okafor = add_person(session, house.vault, school.tenant.id, "Ms Okafor", now=utc_now())
    assert say("error.not_allowed") in terminal.refuses("--as", "Gus")
    assert say("error.not_allowed") in terminal.refuses("--as", "Ms Okafor")
    with house.database.aside() as session:
        grant(session, school.tenant.id, okafor.id, SchoolRole.ADVISOR, by=None, now=utc_now())
    assert terminal.replies("--as", "Ms Okafor", typed="hello\n")


def test_never_in_production(terminal: Terminal) -> None:
    terminal.environment |= {"PACELINE_STAGE": "production", "PACELINE_BASE_URL": "https://paceline.example.org"}
    assert say("error.chat.not_here") in terminal.refuses("--as", "Ada")


@pytest.mark.parametrize("ends_by", ["Ctrl-D", "Ctrl-C"])
def test_a_prompt_and_a_polite_end(terminal: Terminal, ends_by: str) -> None:
    """At a terminal that is one."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "app.cli", "chat", "--as", "Ada"]
    chat = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=os.environ | terminal.environment)
    os.close(theirs)
    shown = _read_until(ours, b"> ")
    os.write(ours, b"hello\n")
    shown += _read_until(ours, b"> ")
    if ends_by == "Ctrl-D":
        os.write(ours, b"\x04")
    else:
        chat.send_signal(signal.SIGINT)
    shown += _read_until(ours, None)
    assert chat.wait(timeout=20) == (0 if ends_by == "Ctrl-D" else 130)
    os.close(ours)
    said = shown.decode()
    assert say("chat.first.about") in said
    assert say("talk.goodbye") in said
    assert "Traceback" not in said


def _read_until(terminal: int, end: bytes | None) -> bytes:
    read = b""
    while end is None or not read.endswith(end):
        try:
            more = os.read(terminal, 4096)
        except OSError:  # Linux's word for the other side having gone
            break
        if not more:
            break
        read += more
    return read


def line(said_id: int, *messages: Message) -> Line:
    return Line(said_id, None, None, messages, utc_now())


def test_a_screen_of_several_lines_knows_whose_button_is_picked() -> None:
    yes, no = Choice(label="Yes", value="y"), Choice(label="No", value="n")
    screen = Screen(
        [
            line(7, Message(text="One?", choices=(yes,)), Message(text="Two?", choices=(no,))),
            line(9, Message(text="Three?", choices=(yes,))),
        ]
    )
    assert [screen.inbound(typed, "e").token for typed in ("1", "2", "3", "no", "4")] == ["7.0.0", "7.1.0", "9.0.0", "7.1.0", None]
    assert screen.inbound("4", "e").words == "4"


def test_a_screen_tells_a_program_everything() -> None:
    said = Message(
        text="Hi.",
        cards=(Card(title="Slope", lines=(("By", "Friday"),), done=1, planned=2),),
        choices=(Choice(label="😄", value="5", spoken="very good"), Choice(label="Site", opens="https://example.org")),
        reads="Only you",
        care=True,
    )
    assert Screen([line(1, said)]).json() == {
        "text": "Hi.",
        "cards": [{"title": "Slope", "lines": (("By", "Friday"),), "done": 1, "planned": 2}],
        "choices": [{"n": 1, "label": "😄", "spoken": "very good"}, {"n": 2, "label": "Site", "opens": "https://example.org"}],
        "reads": "Only you",
        "care": True,
    }
    assert Screen([line(1, said)]).opens("2") == "https://example.org"
    assert Screen([line(1, said)]).opens("1") is None
    assert Screen().json() == {"text": "", "choices": []}


def test_a_picked_address_is_shown_and_nothing_is_said(terminal: Terminal) -> None:
    records = terminal.replies("--as", "Ada", typed="who can read what i write?\n")[0]
    page = next(choice["n"] for choice in records["choices"] if "opens" in choice)
    (shown,) = terminal.replies("--as", "Ada", typed=f"{page}\n")
    assert shown == {"text": say("chat.opens_page"), "choices": []}
