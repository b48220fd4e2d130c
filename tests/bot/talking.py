"""A person who talks: says words, presses buttons, and reads what comes back, through the real engine on a real database."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import Session

from bot import lines
from bot.conversation import Talk
from bot.dialogue import Dialogue
from bot.registry import Registry, registry
from bot.state import State, from_json
from bot.turn import Inbound, Speaker
from core.message import MOST_CHOICES, Message
from tests.house.speech import MOST_SENTENCES, MOST_WORDS, sentences, words

_TITLE = re.compile(r"\b(Dra?|Mrs?|Ms|Sr|Sra|Srta)\.")
_QUOTED = re.compile(r"“[^”]*”|«[^»]*»|\"[^\"]*\"")


@dataclass
class Clock:
    """An instant that tests move on."""

    now: datetime

    def pass_by(self, **spans: int) -> None:
        """Let time pass, such as `minutes=5`."""
        self.now += timedelta(**spans)


@dataclass
class Talker:
    """One person at one door. `heard` is what the newest turn said, `line` its id."""

    session: Session
    talk: Talk
    speaker: Speaker
    clock: Clock
    heard: Sequence[Message] = ()
    line: int = 0
    lines: list[int] = field(default_factory=list)

    def say(self, words: str, *, event: str | None = None, seen: int | None = None) -> Sequence[Message]:
        """Say words."""
        return self._take(Inbound(event or uuid4().hex, words=words, seen=seen))

    def press(self, label: str, *, event: str | None = None) -> Sequence[Message]:
        """Press the button of a label, the newest first."""
        return self._take(Inbound(event or uuid4().hex, token=self.token(label)))

    def begin(self, dialogue: str) -> Sequence[Message]:
        """Begin a dialogue from a page."""
        return self._take(Inbound(uuid4().hex, begins=dialogue))

    def token(self, label: str) -> str:
        """The token of the newest button with a label."""
        for line in reversed(self.lines):
            for at, message in enumerate(self.read(line)):
                for index, button in enumerate(message.buttons):
                    if button.label == label:
                        return f"{line}.{at}.{index}"
        raise AssertionError(f"no button says {label!r}; the newest are {self.buttons}")

    def read(self, line: int) -> Sequence[Message]:
        """The messages of a line."""
        key = self.talk._vault.key_of(self.speaker.person_id)
        return lines.find_said(self.session, key, self.speaker.tenant_id, self.speaker.person_id, line)

    def send(self, inbound: Inbound) -> Sequence[Message]:
        """Whatever else a channel may hand over."""
        return self._take(inbound)

    def send_token(self, token: str) -> Sequence[Message]:
        """Press what has this token, if anything does."""
        return self._take(Inbound(uuid4().hex, token=token))

    def deploy(self, *dialogues: Dialogue, without: Sequence[str] = ()) -> None:
        """A new version of the program is there: with these dialogues, in the place of those of the same name, and without some."""
        mine = {one.name: one for one in dialogues}
        kept = {name: one for name, one in registry().names.items() if name not in without}
        self.talk = Talk(self.talk._vault, Registry((kept | mine).values()))

    @property
    def state(self) -> State:
        """What is kept of the conversation between turns."""
        key, speaker = self.talk._vault.key_of(self.speaker.person_id), self.speaker
        sealed, _ = lines.lock_state(self.session, speaker.tenant_id, speaker.person_id, now=self.clock.now)
        return from_json(lines.open_state(key, sealed))

    @property
    def open(self) -> list[str]:
        """The dialogues that are open, the one that is asked last."""
        return [frame.dialogue for frame in self.state.frames]

    def at(self, channel: str) -> "Talker":
        """The same person at another door."""
        return replace(self, speaker=replace(self.speaker, channel=channel), lines=list(self.lines))

    def in_course(self, course_id: UUID | None) -> "Talker":
        """The same person, come from another course, or from none."""
        return replace(self, speaker=replace(self.speaker, course_id=course_id), lines=list(self.lines))

    def look(self) -> Sequence[Message]:
        """Read the newest line, though it was said unasked."""
        self.line = lines.last_said(self.session, self.speaker.tenant_id, self.speaker.person_id)
        self.lines.append(self.line)
        self.heard = self.read(self.line)
        check_speech(self.heard)
        return self.heard

    def talk_lines(self) -> list[Sequence[Message]]:
        """Everything that was said to them, oldest first."""
        key = self.talk._vault.key_of(self.speaker.person_id)
        return [line.messages for line in lines.lines_of(self.session, key, self.speaker.tenant_id, self.speaker.person_id, most=200)]

    @property
    def texts(self) -> list[str]:
        """What the newest turn said, each as `shown`."""
        return [shown(message) for message in self.heard]

    @property
    def buttons(self) -> list[str]:
        """The labels of all buttons of the newest turn."""
        return [button.label for message in self.heard for button in message.buttons]

    def _take(self, inbound: Inbound) -> Sequence[Message]:
        line = self.talk.take(self.session, self.speaker, inbound, now=self.clock.now)
        assert line is not None
        self.line = line
        if line not in self.lines:
            self.lines.append(line)
        self.heard = self.read(line)
        assert self.heard, "a turn always says something"
        check_speech(self.heard)
        return self.heard


def check_speech(messages: Sequence[Message]) -> None:
    """What holds for everything that is said: short, and with few buttons. What stands in quotes is a person's own."""
    for message in messages:
        ours = _TITLE.sub(r"\1", _QUOTED.sub("“x”", message.text))
        assert message.text.strip(), "a message says something"
        assert len(words(ours)) <= MOST_WORDS, f"{len(words(ours))} words: {message.text}"
        assert len(sentences(ours)) <= MOST_SENTENCES, f"{len(sentences(ours))} sentences: {message.text}"
        assert message.scale or len(message.choices) <= MOST_CHOICES, f"{len(message.choices)} buttons: {message.text}"
        labels = [button.label for button in message.buttons]
        assert len(set(labels)) == len(labels), f"two buttons look alike: {labels}"


def shown(message: Message) -> str:
    """A message as the transcripts of the design write it: text, quote, [buttons], *(who reads it)*."""
    quote = f' "{message.quote}"' if message.quote else ""
    faces = [button.label for button in message.choices if message.scale and not button.label.isalnum()]
    joined = "".join(f" {label}" for label in faces)
    joined += "".join(f" [{button.label}]" for button in message.buttons if button.label not in faces)
    reads = f" *({message.reads})*" if message.reads else ""
    return f"{message.text}{quote}{joined}{reads}"
