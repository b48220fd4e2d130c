"""Two doors, two tabs, two workers at the very same moment: each message has its one answer, and each deed is done once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from bot.conversation import Talk
from bot.lines import Conversation, Heard, Said, find_said
from bot.registry import Registry, registry
from bot.turn import Inbound, Speaker
from core.data.db import Database
from core.data.vault import Vault
from core.journal.feedback import Feedback
from core.message import Message
from core.people.access import Role
from tests.bot.trips import TRIP
from tests.people_made import School

ANSWERED = "That question has its answer already."


class Door:
    """Ada at doors that commit, as the program does."""

    def __init__(self, database: Database, vault: Vault, school: School, now: datetime) -> None:
        self.database, self.vault, self.now = database, vault, now
        self.speaker = Speaker(school.tenant.id, school.student.id, Role.STUDENT, "en", "America/Los_Angeles", school.course.id)
        self.talk = Talk(vault, Registry((*registry().names.values(), TRIP)))

    def take(self, inbound: Inbound) -> int | None:
        with self.database.session() as session:
            line = self.talk.take(session, self.speaker, inbound, now=self.now)
            session.commit()
        return line

    def at_once(self, *inbounds: Inbound) -> list[int | None]:
        """Hand all of them over at the same moment, each through its own thread and session."""
        together = Barrier(len(inbounds))

        def take(inbound: Inbound) -> int | None:
            together.wait(timeout=10)
            return self.take(inbound)

        with ThreadPoolExecutor(len(inbounds)) as threads:
            return list(threads.map(take, inbounds))

    def read(self, line: int | None) -> list[str]:
        assert line is not None
        with self.database.session(writes=False) as session:
            said: tuple[Message, ...] = find_said(
                session, self.vault.key_of(self.speaker.person_id), self.speaker.tenant_id, self.speaker.person_id, line
            )
        return [message.text for message in said]

    def count(self, table: type[Heard] | type[Said] | type[Feedback] | type[Conversation]) -> int:
        with self.database.session(writes=False) as session:
            return int(session.execute(select(func.count()).select_from(table)).scalar_one())


@pytest.fixture
def door(database: Database, vault: Vault, kept_school: School, now: datetime) -> Door:
    return Door(database, vault, kept_school, now)


def confirm(door: Door) -> str:
    """All is answered but whether it is to be sent; the token that sends it."""
    door.take(Inbound("begin", begins="trip"))
    for number, words in enumerate(("museum", "dinosaurs", "2")):
        line = door.take(Inbound(f"answer {number}", words=words))
    return f"{line}.0.0"


def test_the_same_event_twice_at_once_is_one_message_and_one_deed(door: Door) -> None:
    token = confirm(door)
    lines = door.at_once(*[Inbound("twice", token=token)] * 4)
    assert len(set(lines)) == 1
    assert door.read(lines[0]) == ["Sent."]
    assert (door.count(Heard), door.count(Said), door.count(Feedback)) == (5, 5, 1)


def test_two_tabs_that_answer_one_question_at_once_answer_it_once(door: Door) -> None:
    token = confirm(door)
    lines = door.at_once(Inbound("tab 1", token=token), Inbound("tab 2", token=token))
    assert sorted(door.read(line)[0] for line in lines) == sorted(["Sent.", ANSWERED])
    assert door.count(Feedback) == 1


def test_two_answers_typed_at_once_below_one_question_are_one_answer(door: Door) -> None:
    line = door.take(Inbound("begin", begins="trip"))
    lines = door.at_once(Inbound("tab 1", words="museum", seen=line), Inbound("tab 2", words="lake", seen=line))
    said = [door.read(line)[0] for line in lines]
    assert said.count(ANSWERED) == 1
    assert {"Why there?", "Can you swim?"} & set(said)


def test_the_very_first_words_at_two_doors_are_both_answered(door: Door) -> None:
    lines = door.at_once(Inbound("a", begins="trip"), Inbound("b", begins="ask_help"))
    assert all(door.read(line) for line in lines)
    assert (door.count(Conversation), door.count(Heard), door.count(Said)) == (1, 2, 2)
    with door.database.session() as session:
        key = door.vault.key_of(door.speaker.person_id)
        state = session.execute(select(col(Conversation.sealed_state))).scalar_one()
        assert state is not None
        opened = key.open(state, "conversation.sealed_state")
    assert '"trip"' in opened
    assert '"ask_help"' in opened


def test_what_is_told_at_once_is_told_once(door: Door) -> None:
    together = Barrier(3)

    def tell(_number: int) -> int | None:
        with door.database.session() as session:
            together.wait(timeout=10)
            line = door.talk.tell(session, door.speaker, [Message(text="A note.")], once_key="note", now=door.now)
            session.commit()
        return line

    with ThreadPoolExecutor(3) as threads:
        lines = list(threads.map(tell, range(3)))
    assert len([line for line in lines if line is not None]) == 1
    assert door.count(Said) == 1


def test_many_messages_of_one_person_at_once_are_all_answered(door: Door) -> None:
    said = ["hi", "who can see my answers", "cancel", "undo", "qwertz", "museum", "im lost on slope", "yes"]
    lines = door.at_once(*(Inbound(str(number), words=words) for number, words in enumerate(said)))
    assert len(set(lines)) == len(said)
    assert all(door.read(line) for line in lines)
    assert (door.count(Heard), door.count(Said)) == (len(said), len(said))
