"""Plays a scripted conversation: every line in a session of its own that commits, as the program does, checked after each line.

A script is a mapping in `scripts/*.yaml`:

    id: what a failure is called
    shows: what it shows, in a sentence
    who: ada | luis | mia | rivera; who speaks first
    given: what there is already, of `GIVEN`
    talk: the lines, each one deed of `Play` and what must be in the answer: `then`, `never` (texts), `buttons` (labels)
    rows: what must be in the database at the end, by table, or by table and state; what is not named must be absent
    open: the dialogues that are open at the end; none, unless it says so
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml
from sqlalchemy import func, select
from sqlmodel import Session, SQLModel, col

from bot.conversation import Talk
from bot.dialogue import Step, Took
from bot.lines import Heard, Said
from bot.registry import registry
from bot.stack import MOST_FRAMES
from bot.turn import Inbound
from core.care.safety import SafetyConcern
from core.journal.absences import Absence
from core.journal.checkins import CheckIn, Mood
from core.journal.claims import Claim
from core.journal.feedback import Feedback
from core.journal.goal_setting import Details, set_goal
from core.journal.goals import Goal
from core.journal.help_requests import HelpAnswer, HelpRequest
from core.journal.reflections import Reflection
from core.journal.student import student_of
from core.message import Message
from core.people.access import Role
from tests.bot.conftest import Classroom
from tests.bot.stages import Stage
from tests.bot.talking import Clock, Talker
from tests.house.catalogues import forms, messages

FOLDER = Path(__file__).parent / "scripts"
TABLES: dict[str, type[SQLModel]] = {
    "absences": Absence,
    "answers": HelpAnswer,
    "check_ins": CheckIn,
    "claims": Claim,
    "concerns": SafetyConcern,
    "feedback": Feedback,
    "goals": Goal,
    "help": HelpRequest,
    "moods": Mood,
    "reflections": Reflection,
}
FINISHED = (
    "talk.cancelled",
    "talk.goodbye",
    "talk.nothing_to_undo",
    "talk.thanks",
    "talk.answered_already",
    "talk.complete.stays",
    "talk.goal.open_again",
    "talk.goal.restored",
    "talk.help.not_sent",
    "talk.help.taken_back",
    "talk.helped.said_*",
    "talk.care.glad",
    "talk.care.still_told",
    "talk.care.told",
    "talk.feedback.taken_back",
    "talk.inbox.meeting_sent",
    "talk.inbox.nobody",
    "talk.inbox.sent",
    "talk.meeting.*",
    "talk.requests.these",
    "talk.settings.*",
    "talk.check_in.saved",
    "talk.mood.skipped",
    "talk.mood.taken_back",
    "talk.reflect.*taken_back*",
    "talk.reflect.withdrawn*",
    "talk.progress.back",
    "talk.set_goal.undone",
)
"""What may stand alone, with no question and no button: it is plain that nothing is left to do."""


@dataclass(frozen=True)
class Script:
    """One conversation, as the file has it."""

    id: str
    shows: str
    talk: Sequence[Mapping[str, Any]]
    who: str = "ada"
    given: Sequence[str] = ()
    rows: Mapping[str, Any] = field(default_factory=dict)
    open: Sequence[str] = ()


def scripts() -> list[Script]:
    """All scripts, by file and in the order of the file."""
    return [Script(**each) for path in sorted(FOLDER.glob("*.yaml")) for each in yaml.safe_load(path.read_text())]


class Play:
    """One script on a stage. Each public method but `play` is a deed that a line can name."""

    def __init__(self, stage: Stage, script: Script) -> None:
        self._stage, self._script = stage, script
        self._clock = Clock(stage.classroom.clock.now)
        self._cast: dict[str, Talker] = {}
        self._events: dict[str, set[str]] = {}
        self._who = script.who
        self._last: Inbound | None = None

    def play(self) -> None:
        """Play all lines; what is said and what is kept must be as the script says."""
        with self._session() as session:
            for name in self._script.given:
                GIVEN[name](session, self._stage, self._talker)
        for line in self._script.talk:
            deed, *_ = line
            assert set(line) - {deed} <= {"then", "never", "buttons"}, line
            getattr(self, deed)(line[deed])
            self._check_line(line)
        self._check_rows()

    # Deeds

    def say(self, words: str) -> None:
        """Say words."""
        assert isinstance(words, str), f"{words!r} wants quotes"
        self._send(Inbound(uuid4().hex, words=words))

    def press(self, label: str) -> None:
        """Press the newest button of a label."""
        self._send(Inbound(uuid4().hex, token=self._token(str(label))))

    def press_older(self, label: str) -> None:
        """Press the oldest button of a label: that of another tab."""
        self._send(Inbound(uuid4().hex, token=self._token(str(label), oldest=True)))

    def say_below(self, told: Mapping[str, Any]) -> None:
        """Say words in a tab that shows less: `words`, and how many of the newest `lines` it does not show."""
        self._send(Inbound(uuid4().hex, words=told["words"], seen=self._talker.lines[-1 - told["lines"]]))

    def both(self, labels: Sequence[str]) -> None:
        """Press two buttons in two tabs that show the same."""
        for token in [self._token(str(label)) for label in labels]:
            self._send(Inbound(uuid4().hex, token=token))

    def again(self, times: int) -> None:
        """The last event comes again, and is answered by the line that answered it."""
        assert self._last is not None
        line = self._talker.line
        for _ in range(times):
            self._send(self._last)
            assert self._talker.line == line, "the same event has the same answer"

    def begin(self, dialogue: str) -> None:
        """Press a page's button that begins a dialogue."""
        self._send(Inbound(uuid4().hex, begins=dialogue))

    def wait(self, spans: Mapping[str, int]) -> None:
        """Let time pass."""
        self._clock.pass_by(**spans)

    def restart(self, _nothing: object) -> None:
        """The program is started anew."""
        for talker in self._cast.values():
            talker.talk = Talk(self._stage.vault)

    def deploy(self, change: Mapping[str, Any]) -> None:
        """Another version of one dialogue is there: `gone`, `anew`, or with a step `added` after or `dropped`."""
        dialogue = registry().names[change["dialogue"]]
        if change["change"] == "gone":
            self._talker.deploy(without=[dialogue.name])
            return
        steps = [step for step in dialogue.steps if step.name != change.get("step")]
        if change["change"] == "added":
            steps.insert(change["place"], _ADDED)
        migrate = (lambda _version, _draft: None) if change["change"] == "anew" else dialogue.migrate
        kept = dialogue.steps if change["change"] == "anew" else tuple(steps)
        self._talker.deploy(replace(dialogue, version=dialogue.version + 1, steps=kept, migrate=migrate))

    def someone(self, name: str) -> None:
        """From here on somebody else speaks."""
        self._who = name

    def door(self, channel: str) -> None:
        """The same person speaks at another door."""
        self._talker.speaker = replace(self._talker.speaker, channel=channel)

    def told(self, _nothing: object) -> None:
        """What is due to this person is delivered, and they read it."""
        with self._session() as session:
            room = replace(self._stage.classroom, session=session, clock=self._clock, talk=self._talker.talk)
            assert room.tell(self._talker), f"nothing is due to {self._who}"

    # Inside

    @property
    def _talker(self) -> Talker:
        if self._who not in self._cast:
            room = replace(self._stage.classroom, clock=self._clock, talk=Talk(self._stage.vault))
            self._cast[self._who] = _CAST[self._who](self._stage, room)
        return self._cast[self._who]

    @contextmanager
    def _session(self) -> Iterator[Session]:
        with self._stage.database.aside() as session:
            self._talker.session = session
            yield session

    def _token(self, label: str, *, oldest: bool = False) -> str:
        talker = self._talker
        with self._session():
            known = list(talker.lines)
            for line in known if oldest else reversed(known):
                talker.lines = [line]
                if any(button.label == label for message in talker.read(line) for button in message.buttons):
                    found = talker.token(label)
                    break
            else:
                raise AssertionError(f"no button says {label!r}; the newest say {talker.buttons}")
            talker.lines = known
        return found

    def _send(self, inbound: Inbound) -> None:
        self._last = inbound
        self._events.setdefault(self._who, set()).add(inbound.event_id)
        with self._session():
            self._talker.send(inbound)

    def _check_line(self, line: Mapping[str, Any]) -> None:
        heard = self._talker.heard
        said = " | ".join(_everything(message) for message in heard)
        for fragment in _listed(line.get("then")):
            assert str(fragment) in said, f"{line}: {fragment!r} is not in {said!r}"
        for fragment in _listed(line.get("never")):
            assert fragment not in said, f"{line}: {fragment!r} is in {said!r}"
        for label in _listed(line.get("buttons")):
            assert label in self._talker.buttons, f"{line}: {label!r} is not among {self._talker.buttons}"
        if heard:
            self._check_next_step(line)

    def _check_next_step(self, line: Mapping[str, Any]) -> None:
        with self._session():
            opened = self._talker.open
        assert len(opened) <= MOST_FRAMES
        alone = any(pattern(message.text) for message in self._talker.heard for pattern in _finished(self._talker.speaker.language))
        assert opened or self._talker.buttons or alone, f"{line}: no next step after {self._talker.texts}"

    def _check_rows(self) -> None:
        with self._session() as session:
            for name, events in self._events.items():
                heard = _heard(session, self._cast[name])
                assert len(heard) == len(events), f"{name} was heard {len(heard)} times, and spoke {len(events)} times"
                assert set(heard.values()) <= {1}, f"{name}: each message has one answer, not {Counter(heard.values())}"
            assert self._talker.open == list(self._script.open), f"{self._talker.open} is open at the end"
            kept = {name: dict(_kept(session, table)) for name, table in TABLES.items()}
        wanted = {name: _wanted(self._script.rows.get(name)) for name in TABLES}
        assert kept == wanted, f"kept is {_some(kept)}, wanted {_some(wanted)}"
        assert set(self._script.rows) <= set(TABLES)


_CAST: dict[str, Callable[[Stage, Classroom], Talker]] = {
    "ada": lambda _stage, room: room.talker(room.school.student),
    "luis": lambda stage, room: room.talker(stage.luis, language="es"),
    "mia": lambda stage, room: room.talker(stage.mia).in_course(None),
    "rivera": lambda _stage, room: room.talker(room.school.teacher, Role.TEACHER),
}


def _slope_goal(session: Session, stage: Stage, talker: Talker) -> None:
    """A goal for slope with three practice sets, by next Friday week."""
    school, words = stage.classroom.school, "Práctica" if talker.speaker.language == "es" else "Practice set"
    student = student_of(session, stage.vault, school.tenant.id, talker.speaker.person_id, school.course.id)
    steps = Details(steps=[f"{words} {number}" for number in (1, 2, 3)])
    set_goal(session, student, date(2026, 12, 11), competency_id=school.competency.id, details=steps, now=talker.clock.now)
    talker.clock.pass_by(minutes=1)


GIVEN: dict[str, Callable[[Session, Stage, Talker], None]] = {"a goal for slope": _slope_goal}

_FACT = re.compile(r"\{[^{}]*\}")
_ADDED = Step(
    "added",
    lambda _turn, _draft: Message(text="What else should be known?"),
    lambda _turn, _draft, reply: Took({"added": reply.text}),
    free=True,
)


def _everything(message: Message) -> str:
    cards = [f"{card.title} {' '.join(f'{name} {value}' for name, value in card.lines)}" for card in message.cards]
    return " ".join([message.text, f"“{message.quote}”" if message.quote else "", *cards, f"({message.reads})" if message.reads else ""])


def _listed(told: str | Sequence[str] | None) -> Sequence[str]:
    return told if isinstance(told, list) else [] if told is None else [str(told)]


@cache
def _finished(language: str) -> tuple[Callable[[str], Any], ...]:
    """Patterns of the sentences that may stand alone."""
    said = [form for key, message in messages(language).items() if any(fnmatch(key, each) for each in FINISHED) for form in forms(message)]
    return tuple(re.compile(_FACT.sub(".+", re.escape(form).replace(r"\{", "{").replace(r"\}", "}"))).match for form in said)


def _heard(session: Session, talker: Talker) -> dict[int, int]:
    """How many lines answer each message of a person."""
    query = (
        select(col(Heard.id), func.count(col(Said.id)))
        .outerjoin(Said, col(Said.heard_id) == col(Heard.id))
        .where(col(Heard.person_id) == talker.speaker.person_id)
        .group_by(col(Heard.id))
    )
    return dict(session.execute(query).all())


def _kept(session: Session, table: type[SQLModel]) -> Counter[str]:
    """How many rows a table has, by state where it has such."""
    return Counter(str(getattr(row, "state", "all")) for row in session.scalars(select(table)))


def _some(rows: Mapping[str, Mapping[str, int]]) -> dict[str, Mapping[str, int]]:
    return {name: counts for name, counts in rows.items() if counts}


def _wanted(told: Mapping[str, int] | int | None) -> dict[str, int]:
    if not told:
        return {}
    return {"all": told} if isinstance(told, int) else dict(told)
