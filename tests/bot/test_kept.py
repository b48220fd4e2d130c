"""A message that could not be answered: it is kept, said to be kept, and answered by the clock."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from app import jobs
from app.wiring import House
from bot import lines
from bot.conversation import Talk
from bot.dialogue import Dialogue, Draft, Finish
from bot.lines import MOST_TRIES, Heard
from bot.registry import Registry, registry
from bot.turn import Inbound, Speaker, Turn
from core.care.safety import SafetyConcern
from core.data.db import Database
from core.data.outgoing import Outgoing
from core.data.vault import Vault
from core.journal.feedback import Feedback, give_feedback
from core.message import Message
from core.people.access import Role
from tests.bot.trips import TRIP
from tests.fakes.house import count, fake_house
from tests.people_made import School


class Broken(RuntimeError):
    """Something that nobody foresaw."""


class Weak:
    """A dialogue that breaks down after its deed, a few times."""

    def __init__(self, times: int) -> None:
        self.left = times

    def finish(self, turn: Turn, _draft: Draft) -> Finish:
        give_feedback(turn.session, turn.key, turn.speaker.tenant_id, turn.speaker.person_id, "done", now=turn.now)
        if self.left:
            self.left -= 1
            raise Broken("secret words of a student")
        return Finish((Message(text="Done."),))


@pytest.fixture
def house(database: Database, vault: Vault, tmp_path: Path) -> House:
    return fake_house(database, vault, Outgoing(), tmp_path)


@pytest.fixture
def speaker(kept_school: School) -> Speaker:
    return Speaker(kept_school.tenant.id, kept_school.student.id, Role.STUDENT, "en", "America/Los_Angeles", kept_school.course.id)


def deployed(house: House, *dialogues: Dialogue) -> House:
    return replace(house, talk=Talk(house.vault, Registry((*registry().names.values(), *dialogues))))


def hand_over(house: House, speaker: Speaker, inbound: Inbound, now: datetime) -> None:
    """As a channel does: a turn, and where that fails, the words are kept."""
    try:
        with house.database.session() as session:
            house.talk.take(session, speaker, inbound, now=now)
            session.commit()
    except Broken:
        with house.database.aside() as session:
            house.talk.keep(session, speaker, inbound, now=now)


def said(house: House, speaker: Speaker) -> list[str]:
    with house.database.session(writes=False) as session:
        key = house.vault.key_of(speaker.person_id)
        return [message.text for line in lines.lines_of(session, key, speaker.tenant_id, speaker.person_id) for message in line.messages]


def heard(house: House) -> Heard:
    """The newest message."""
    with house.database.session(writes=False) as session:
        return session.scalars(select(Heard).order_by(col(Heard.id).desc()).limit(1)).one()


def answer(house: House, now: datetime, *, times: int = 1) -> None:
    for _ in range(times):
        jobs.answer_waiting(house, now=now + timedelta(minutes=1))


def test_what_failed_once_is_answered_later_and_done_once(house: House, speaker: Speaker, now: datetime) -> None:
    house = deployed(house, Dialogue("weak", Weak(1).finish))
    hand_over(house, speaker, Inbound("one", begins="weak"), now)
    assert said(house, speaker) == ["Something went wrong on our side. Your words are kept, and I try again in a minute."]
    assert count(house.database, Feedback) == (0,)
    answer(house, now, times=2)
    assert said(house, speaker)[1:] == ["Done."]
    assert count(house.database, Feedback, Heard) == (1, 1)
    assert heard(house).handled_at is not None
    assert heard(house).sealed_inbound is None


def test_words_are_kept_and_answer_what_was_asked(house: House, speaker: Speaker, now: datetime) -> None:
    weak = Weak(1)

    def finish(turn: Turn, draft: Draft) -> Finish:
        return weak.finish(turn, draft) if weak.left else TRIP.finish(turn, draft)

    house = deployed(house, replace(TRIP, finish=finish))
    hand_over(house, speaker, Inbound("begin", begins="trip"), now)
    for number, words in enumerate(("museum", "dinosaurs", "2", "yes")):
        hand_over(house, speaker, Inbound(str(number), words=words), now)
    assert said(house, speaker)[-1].startswith("Something went wrong")
    answer(house, now)
    assert said(house, speaker)[-1] == "Sent."
    assert count(house.database, Feedback) == (1,)


def test_kept_words_do_not_answer_a_question_that_was_asked_since(house: House, speaker: Speaker, now: datetime) -> None:
    house = deployed(house, TRIP)
    hand_over(house, speaker, Inbound("begin", begins="trip"), now)
    with house.database.aside() as session:
        house.talk.keep(session, speaker, Inbound("lost", words="the dinosaurs"), now=now)
    hand_over(house, speaker, Inbound("museum", words="museum"), now)
    answer(house, now)
    assert said(house, speaker)[-3:] == ["That question has its answer already.", "Back to your trip:", "Why there?"]


def test_the_tries_are_counted_and_end(house: House, speaker: Speaker, now: datetime) -> None:
    house = deployed(house, Dialogue("weak", Weak(99).finish))
    hand_over(house, speaker, Inbound("one", begins="weak"), now)
    for tries in range(1, MOST_TRIES + 3):
        answer(house, now)
        assert heard(house).tries == min(tries, MOST_TRIES)
    assert heard(house).handled_at is None
    assert count(house.database, Feedback) == (0,)


def test_one_that_fails_holds_up_no_other(house: House, speaker: Speaker, now: datetime) -> None:
    house = deployed(house, Dialogue("weak", Weak(99).finish), TRIP)
    hand_over(house, speaker, Inbound("one", begins="weak"), now)
    with house.database.aside() as session:
        house.talk.keep(session, speaker, Inbound("two", begins="trip"), now=now)
    answer(house, now)
    assert said(house, speaker)[-1] == "Where shall we go?"


def test_what_was_kept_a_moment_ago_is_left_to_whoever_keeps_it(house: House, speaker: Speaker, now: datetime) -> None:
    with house.database.aside() as session:
        house.talk.keep(session, speaker, Inbound("one", words="hi"), now=now)
    jobs.answer_waiting(house, now=now)
    assert heard(house).handled_at is None


def test_an_event_that_comes_again_while_it_waits_is_kept_once(house: House, speaker: Speaker, now: datetime) -> None:
    for _ in range(2):
        with house.database.aside() as session:
            house.talk.keep(session, speaker, Inbound("one", words="hi"), now=now)
    with house.database.session() as session:
        assert house.talk.take(session, speaker, Inbound("one", words="hi"), now=now) is None
    assert len(said(house, speaker)) == 1
    answer(house, now)
    assert len(said(house, speaker)) == 2
    assert count(house.database, Heard) == (1,)


def test_words_that_suggest_harm_show_who_helps_and_are_told_at_once_and_once(house: House, speaker: Speaker, now: datetime) -> None:
    with house.database.aside() as session:
        house.talk.keep(session, speaker, Inbound("one", words="i want to kill myself"), now=now)
    assert len(said(house, speaker)) == 1
    assert count(house.database, SafetyConcern) == (1,)
    answer(house, now)
    assert count(house.database, SafetyConcern) == (1,)


def test_a_failure_is_logged_without_words(
    house: House, speaker: Speaker, now: datetime, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    house = deployed(house, Dialogue("weak", Weak(9).finish))
    hand_over(house, speaker, Inbound("one", begins="weak"), now)
    answer(house, now)
    logged = caplog.text + "".join(capsys.readouterr())
    assert "talk.not_answered" in logged
    assert "secret" not in logged


def test_what_was_erased_meanwhile_is_not_answered(house: House, speaker: Speaker, now: datetime) -> None:
    with house.database.aside() as session:
        house.talk.keep(session, speaker, Inbound("one", words="hi"), now=now)
    house.vault.destroy(speaker.person_id)
    answer(house, now)
    assert heard(house).handled_at is None
