"""Two tabs, an older page, an event that comes twice, a token that somebody made up."""

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from bot.lines import Heard, Said
from bot.turn import Inbound
from tests.bot.conftest import Classroom
from tests.bot.talking import Talker
from tests.bot.trips import TRIP, sent

ANSWERED = "That question has its answer already."
TAMPERED = [
    "",
    ".",
    "0.0.0",
    "-1.0.0",
    "1",
    "1.0",
    "9.9.9",
    "1.0.99",
    "1.0.0.0",
    "a.b.c",
    "１.0.0",
    "1.0.x",
    "9" * 400,
    "9" * 18 + ".0.0",
    "1.0.0\x00",
    "\ud800.0.0",
]


@pytest.fixture
def trip(ada: Talker) -> Talker:
    ada.deploy(TRIP)
    ada.begin("trip")
    return ada


def rows(talker: Talker) -> tuple[int, int]:
    """How many messages were heard, and how many lines said."""
    counts = (select(func.count()).where(col(table.person_id) == talker.speaker.person_id) for table in (Heard, Said))
    heard, said = (talker.session.execute(one).scalar_one() for one in counts)
    return heard, said


def test_a_button_of_an_older_question_changes_nothing(trip: Talker) -> None:
    older = trip.token("Lake")
    trip.press("Museum")
    trip.send_token(older)
    assert trip.texts == [ANSWERED, "Back to your trip:", "Why there? [Skip]"]


def test_a_button_of_a_dialogue_that_is_over_changes_nothing(trip: Talker) -> None:
    older = trip.token("Museum")
    trip.say("cancel")
    trip.send_token(older)
    assert trip.texts == [ANSWERED]


def test_words_typed_below_an_older_question_are_not_taken_for_the_newer_one(trip: Talker) -> None:
    older = trip.line
    trip.press("Museum")
    trip.say("the lake please", seen=older)
    assert trip.texts == [ANSWERED, "Back to your trip:", "Why there? [Skip]"]
    trip.say("dinosaurs", seen=trip.line)
    assert trip.texts == ["How many friends come along?"]


def test_a_plain_command_is_heard_on_an_older_page_too(trip: Talker) -> None:
    older = trip.line
    trip.press("Museum")
    trip.say("who can see my answers", seen=older)
    assert ANSWERED not in trip.texts
    assert trip.texts[-1] == "Why there? [Skip]"


def test_what_was_told_since_does_not_make_a_page_old(trip: Talker) -> None:
    seen = trip.line
    trip.say("lake", seen=seen)
    assert trip.texts == ["Can you swim? [Yes] [No]"]


def test_the_same_event_twice_is_heard_once_and_done_once(trip: Talker) -> None:
    trip.press("Museum")
    trip.say("dinosaurs")
    trip.say("2")
    token = trip.token("Send it")
    for _ in range(3):
        trip.send(Inbound("the-one", token=token))
        assert trip.texts == ["Sent. [Undo]"]
    assert len(sent(trip)) == 1
    assert rows(trip) == (5, 5)


def test_the_same_words_in_two_events_are_two_messages(trip: Talker) -> None:
    trip.say("museum")
    trip.say("museum")
    assert trip.texts == ["How many friends come along?"]


def test_one_event_id_may_come_through_two_channels(trip: Talker) -> None:
    trip.say("lake", event="1")
    trip.at("terminal").say("yes", event="1")
    assert rows(trip) == (3, 3)


@pytest.mark.parametrize("token", TAMPERED)
def test_a_token_that_somebody_made_up_answers_nothing(trip: Talker, token: str) -> None:
    trip.send(Inbound("made-up", token=token))
    assert trip.texts == [ANSWERED, "Back to your trip:", "Where shall we go? [Museum] [Lake]"]
    assert trip.state.frames[0].draft == {}


def test_nobody_presses_the_buttons_of_somebody_else(trip: Talker, rivera: Talker, classroom: Classroom) -> None:
    ben = classroom.talker(classroom.join("Ben"))
    ben.deploy(TRIP)
    trip.press("Museum")
    trip.say("dinosaurs")
    trip.say("2")
    for other in (ben, rivera):
        other.send_token(trip.token("Send it"))
        assert other.texts == [ANSWERED]
    trip.press("Send it")
    undo = trip.token("Undo")
    ben.send_token(undo)
    assert (ben.texts, len(sent(trip))) == ([ANSWERED], 1)


def test_an_event_of_somebody_else_says_nothing_of_theirs(trip: Talker, classroom: Classroom) -> None:
    trip.say("lake", event="mine")
    ben = classroom.talker(classroom.join("Ben"))
    assert ben.talk.take(ben.session, ben.speaker, Inbound("mine", words="hi"), now=ben.clock.now) is None
