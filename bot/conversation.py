"""One turn of a conversation, the same for every channel: hear, look after safety, answer the open question or begin a
dialogue, say, and keep the state. All in the caller's transaction, under the lock of the person's one conversation.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from bot import lines
from bot.dialogue import DialogueUnknown
from bot.dialogues.care import keep_concern, resources_message
from bot.lines import Heard, Line
from bot.registry import Registry, registry
from bot.run import Run
from bot.state import State, from_json, placed, to_json
from bot.turn import Inbound, Pressed, Speaker, Turn
from core.data.vault import Vault
from core.i18n import translator
from core.message import Message
from core.people.access import Role
from intents.safety import detect

PAUSE = timedelta(minutes=30)
"""After so long without a word, free words are not taken for the answer to a question without asking."""

OPEN_FOR = timedelta(days=14)
"""A dialogue that nobody came back to for so long is dropped."""


@dataclass(frozen=True)
class Taken:
    """What a turn said, and the newest line before it."""

    line: Line
    previous: int


class Talk:
    """The conversation of everybody."""

    def __init__(self, vault: Vault, dialogues: Registry | None = None) -> None:
        self._vault = vault
        self._registry = dialogues or registry()

    def take(self, session: Session, speaker: Speaker, inbound: Inbound, *, now: datetime) -> int | None:
        """Take one turn; returns the line that answers it, as `turn` does.

        An event that was heard before is not heard again: the line that answered it is returned, or None while it waits.
        """
        taken = self.turn(session, speaker, inbound, now=now)
        return taken.line.said_id if taken else lines.answer_to(session, speaker.channel, inbound.event_id, speaker.person_id)

    def turn(self, session: Session, speaker: Speaker, inbound: Inbound, *, waiting: Heard | None = None, now: datetime) -> Taken | None:
        """Take one turn; returns what was said. An event that was heard before is not heard again: then there is nothing new.

        Args:
            waiting: the message was kept before, and is answered now.

        Raises:
            DialogueUnknown: a page asks for a dialogue that is not for this person.
            KeyDestroyed: the person was erased.
        """
        key = self._vault.key_of(speaker.person_id)
        sealed, turned_at = lines.lock_state(session, speaker.tenant_id, speaker.person_id, now=now)
        state = from_json(lines.open_state(key, sealed))
        if turned_at and now - turned_at > OPEN_FOR:
            state.frames.clear()
            state.aside.clear()
        turn = Turn(session, self._vault, speaker, key, now)
        pressed = self._pressed(turn, state, inbound)
        heard_id = waiting.id if waiting else self._hear(turn, inbound, pressed)
        if heard_id is None:
            return None
        turn.heard_id = heard_id
        said = Run(turn, state, self._registry).take(inbound, pressed, paused=bool(turned_at and now - turned_at > PAUSE))
        line = lines.say(session, key, speaker.tenant_id, speaker.person_id, said, heard_id=heard_id, now=now)
        assert line is not None
        previous = state.said
        _remember(state, line, said)
        lines.keep_state(session, key, speaker.person_id, to_json(state), now=now)
        heard = pressed.label if pressed else inbound.words or ""
        return Taken(Line(line, heard, now, tuple(said), now), previous)

    def keep(self, session: Session, speaker: Speaker, inbound: Inbound, *, now: datetime) -> None:
        """Keep a message that could not be answered, so that nothing is lost: `take_up` answers it later.

        Meanwhile the person reads that it is kept; and, where the words suggest harm, who helps now.
        """
        key, t = self._vault.key_of(speaker.person_id), translator(speaker.language)
        lines.lock_state(session, speaker.tenant_id, speaker.person_id, now=now)
        ids = (speaker.tenant_id, speaker.person_id)
        seen = lines.last_said(session, *ids) if inbound.seen is None else inbound.seen
        words = inbound.words or inbound.beside or ""
        concern = detect(words) if words and speaker.role is Role.STUDENT else None
        waits = json.dumps({"speaker": _speaker_json(speaker), "inbound": asdict(inbound) | {"seen": seen}})
        heard_id = lines.hear(session, key, *ids, speaker.channel, inbound.event_id, words, waits=None if concern else waits, now=now)
        if heard_id is None:
            return
        said = [Message(text=t("talk.kept_for_later"))]
        if concern:  # nothing else is done with such words: whoever must look is told now
            keep_concern(Turn(session, self._vault, speaker, key, now), concern, words)
            said = [resources_message(session, t, speaker.tenant_id)]
        lines.say(session, key, *ids, said, once_key=f"kept:{heard_id}", now=now)

    def take_up(self, session: Session, heard: Heard, *, now: datetime) -> None:
        """Answer a message that was kept.

        Raises:
            KeyDestroyed: the person was erased.
        """
        assert heard.sealed_inbound is not None
        kept = json.loads(self._vault.key_of(heard.person_id).open(heard.sealed_inbound, lines.INBOUND))
        lines.take_up(session, heard, now=now)
        self.turn(session, _speaker_from(kept["speaker"]), Inbound(**kept["inbound"]), waiting=heard, now=now)

    def _hear(self, turn: Turn, inbound: Inbound, pressed: Pressed | None) -> int | None:
        label, speaker = pressed.label if pressed else inbound.words or "", turn.speaker
        return lines.hear(
            turn.session, turn.key, speaker.tenant_id, speaker.person_id, speaker.channel, inbound.event_id, label, now=turn.now
        )

    def tell(self, session: Session, speaker: Speaker, messages: Sequence[Message], *, once_key: str, now: datetime) -> int | None:
        """Say something unasked. Its buttons can be pressed or said; the open question stays open. None: it was said before."""
        key = self._vault.key_of(speaker.person_id)
        sealed, turned_at = lines.lock_state(session, speaker.tenant_id, speaker.person_id, now=now)
        line = lines.say(session, key, speaker.tenant_id, speaker.person_id, messages, once_key=once_key, now=now)
        if line is not None:
            state = from_json(lines.open_state(key, sealed))
            state.offer(line, messages)
            lines.keep_state(session, key, speaker.person_id, to_json(state), now=turned_at or now)
        return line

    def _pressed(self, turn: Turn, state: State, inbound: Inbound) -> Pressed | None:
        """The button that was pressed, from the state where it is in the newest line, else from the line itself."""
        if inbound.begins is not None:
            if self._registry.find(inbound.begins, turn.speaker.role).handed:
                raise DialogueUnknown
            return Pressed("", begins=inbound.begins)  # pressed on another page: nothing was said
        if inbound.token is None:
            return None
        said, _, place = inbound.token.partition(".")
        top = state.top
        if top and said == str(top.said):
            for at, label, value in top.options:
                if at == place:
                    return Pressed(label, value=value)
        if said == str(state.said):
            for offer in state.offers:
                if offer.place == place:
                    return Pressed(offer.label, begins=offer.begins, seed=offer.seed)
        return self._pressed_earlier(turn, said, place)

    def _pressed_earlier(self, turn: Turn, said: str, place: str) -> Pressed | None:
        if not said.isascii() or not said.isdigit() or len(said) > 18:
            return None
        found = lines.find_said(turn.session, turn.key, turn.speaker.tenant_id, turn.speaker.person_id, int(said))
        button = dict(placed(found)).get(place)
        if button is None:
            return None
        if button.begins is None:
            return Pressed(button.label)
        return Pressed(button.label, begins=button.begins, seed=button.seed)


def _speaker_json(speaker: Speaker) -> dict[str, str | None]:
    return {name: None if value is None else str(value) for name, value in asdict(speaker).items()}


def _speaker_from(kept: Mapping[str, str | None]) -> Speaker:
    ids = {name: UUID(kept[name]) if kept[name] else None for name in ("tenant_id", "person_id", "course_id")}
    return Speaker(**{**kept, **ids, "role": Role(kept["role"])})  # type: ignore[arg-type]


def _remember(state: State, line: int, said: Sequence[Message]) -> None:
    """The buttons of the new line are live: those of the open question, and those that begin something."""
    state.offer(line, said)
    if state.top and state.top.said == 0:
        state.top.said = line
