"""One turn after another: what every conversation does, whatever it is about."""

from dataclasses import replace

import pytest

from bot import wording
from bot.dialogue import Dialogue, Draft, Finish
from bot.stack import MOST_FRAMES
from bot.turn import Inbound, Turn
from core.errors import NotAllowed
from core.message import Message
from core.people.people import add_person
from tests.bot.conftest import Classroom
from tests.bot.talking import Talker
from tests.bot.trips import TRIP, sent

NO_COURSE = "You are in no course here yet. Open Paceline from your course once."
ODD = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "\x1b[31mred\x07",
    "😀" * 200,
    "🏳️‍🌈 👩‍👩‍👧",
    "مرحبا كيف حالك",
    "\u202eabc\u202c",
    "\ud800",
    "half \udfff a sign",
    "x" * 1900,
]


@pytest.fixture
def trip(ada: Talker) -> Talker:
    """Ada, asked where the trip should go."""
    ada.deploy(TRIP)
    ada.begin("trip")
    return ada


def ready(trip: Talker) -> None:
    """Everything is answered but whether it is to be sent."""
    trip.press("Museum")
    trip.say("the dinosaurs")
    trip.say("2")


def test_hello_offers_what_can_be_done(ada: Talker) -> None:
    ada.say("hi there")
    assert ada.buttons == ["Check in", "Set a goal", "Ask for help", "My progress"]


def test_the_first_unanswered_question_is_asked_next(trip: Talker) -> None:
    assert trip.texts == ["Where shall we go? [Museum] [Lake]"]
    trip.press("Lake")
    assert trip.texts == ["Can you swim? [Yes] [No]"]
    trip.say("yep")
    assert trip.texts == ["Why there? [Skip]"]
    trip.say("its hot")
    assert trip.texts == ["How many friends come along?"]
    trip.say("two")
    assert trip.texts == ['Send this? "lake, its hot, 2 friends" [Send it] [Leave it]']
    trip.press("Send it")
    assert trip.texts == ["Sent. [Undo]"]
    assert (sent(trip), trip.open) == (["lake, its hot, 2 friends"], [])


def test_a_question_that_does_not_apply_is_passed_over(trip: Talker) -> None:
    trip.say("musuem")
    assert trip.texts == ["Why there? [Skip]"]


@pytest.mark.parametrize("how", ["button", "words"])
def test_a_question_may_be_skipped(trip: Talker, how: str) -> None:
    trip.press("Museum")
    trip.press("Skip") if how == "button" else trip.say("skip this one")
    trip.say("1")
    assert trip.texts == ['Send this? "museum, no reason, 1 friends" [Send it] [Leave it]']


def test_a_question_that_needs_an_answer_says_so(trip: Talker) -> None:
    trip.say("skip")
    assert trip.texts == ["This one needs an answer. Say “cancel” to leave it.", "Where shall we go? [Museum] [Lake]"]


def test_an_answer_that_cannot_be_used_is_asked_for_again(trip: Talker) -> None:
    trip.press("Museum")
    trip.say("dinosaurs")
    trip.say("9")
    assert trip.texts == ["Three fit in.", "How many friends come along?"]


def test_a_refusal_while_answering_is_said_and_the_question_stays_open(trip: Talker) -> None:
    trip.press("Museum")
    trip.say("dinosaurs")
    trip.say("0")
    assert trip.texts[-1] == "How many friends come along?"
    trip.say("3")
    assert trip.texts == ['Send this? "museum, dinosaurs, 3 friends" [Send it] [Leave it]']


def test_undo_goes_back_step_by_step(trip: Talker) -> None:
    ready(trip)
    trip.say("undo")
    assert trip.texts == ["How many friends come along?"]
    trip.say("go back")
    assert trip.texts == ["Why there? [Skip]"]
    trip.say("the mummies")
    trip.say("1")
    trip.say("yes")
    assert sent(trip) == ["museum, the mummies, 1 friends"]


@pytest.mark.parametrize("words", ["wait go back", "go back one", "oops"])
def test_going_back_is_understood_in_other_words(trip: Talker, words: str) -> None:
    trip.press("Lake")
    trip.say("yes")
    trip.say(words)
    assert trip.texts == ["Can you swim? [Yes] [No]"]


@pytest.mark.parametrize(("words", "sends"), [("yes please", 1), ("nope dont", 0)])
def test_yes_and_no_are_understood_in_other_words(trip: Talker, words: str, sends: int) -> None:
    ready(trip)
    trip.say(words)
    assert (trip.open, len(sent(trip))) == ([], sends)


def test_going_back_asks_anew_what_did_not_apply(trip: Talker) -> None:
    trip.press("Museum")
    trip.say("undo")
    trip.press("Lake")
    assert trip.texts == ["Can you swim? [Yes] [No]"]


def test_undo_takes_the_last_deed_back_once(trip: Talker) -> None:
    ready(trip)
    trip.press("Send it")
    trip.say("undo")
    assert (trip.texts, sent(trip)) == (["Taken back."], [])
    trip.say("undo")
    assert trip.texts == ["There is nothing to undo right now."]


def test_the_undo_button_works_once_too(trip: Talker) -> None:
    ready(trip)
    trip.press("Send it")
    trip.press("Undo")
    assert sent(trip) == []
    trip.press("Undo")
    assert trip.texts == ["There is nothing to undo right now."]


def test_an_older_undo_button_leaves_the_latest_deed_to_the_word(trip: Talker) -> None:
    ready(trip)
    trip.press("Send it")
    older = trip.token("Undo")
    trip.begin("trip")
    ready(trip)
    trip.press("Send it")
    trip.send(Inbound("older", token=older))
    assert len(sent(trip)) == 1
    trip.say("undo")
    assert sent(trip) == []


def test_undo_leaves_a_deed_alone_that_was_done_before_this_was_begun(trip: Talker) -> None:
    ready(trip)
    trip.press("Send it")
    trip.begin("trip")
    trip.say("go back")
    assert trip.texts == ["There is nothing to undo right now.", "Where shall we go? [Museum] [Lake]"]
    assert len(sent(trip)) == 1
    trip.say("cancel")
    trip.say("undo")
    assert sent(trip) == []


@pytest.mark.parametrize("words", ["cancel", "nvm", "nvm forget it", "i dont want to do this anymore", "olvídalo"])
def test_cancel_leaves_the_dialogue(trip: Talker, words: str) -> None:
    ready(trip)
    trip.say(words)
    assert (trip.texts, trip.open, sent(trip)) == (["OK, we leave that. Nothing more was saved."], [], [])


def test_what_is_not_understood_twice_ends_with_a_person(ada: Talker) -> None:
    ada.say("qwertz uiop")
    ada.say("asdfgh jkl")
    assert "Ask Ms Rivera" in ada.buttons


def test_what_is_no_answer_has_the_question_asked_again(trip: Talker) -> None:
    trip.say("qwertz uiop")
    assert trip.texts == ["I could not use that as an answer. Here is the question again:", "Where shall we go? [Museum] [Lake]"]
    trip.say("asdfgh jkl")
    assert "Ask Ms Rivera" in trip.buttons
    assert trip.texts[-2:] == ["Back to your trip:", "Where shall we go? [Museum] [Lake]"]
    trip.press("Lake")
    assert trip.texts == ["Can you swim? [Yes] [No]"]


def test_a_bare_yes_is_not_told_that_nothing_was_asked(trip: Talker) -> None:
    trip.say("yes")
    assert trip.texts[-1] == "Where shall we go? [Museum] [Lake]"
    assert "no open question" not in " ".join(trip.texts)


def test_an_answer_ends_a_row_of_misses(trip: Talker) -> None:
    trip.say("qwertz uiop")
    trip.press("Museum")
    trip.say("dinosaurs")
    trip.say("asdfgh jkl")
    assert trip.texts[0] == "I could not use that as an answer. Here is the question again:"


def test_beginning_the_same_again_replaces_it(trip: Talker) -> None:
    trip.press("Lake")
    trip.begin("trip")
    assert (trip.texts, trip.open) == (["Where shall we go? [Museum] [Lake]"], ["trip"])


@pytest.mark.parametrize("words", ODD)
def test_odd_words_are_kept_as_an_answer_where_any_words_are(trip: Talker, words: str) -> None:
    trip.press("Museum")
    trip.say(words)
    if not words.strip():
        assert trip.texts[-1] == "Why there? [Skip]"
        return
    trip.say("1")
    trip.press("Send it")
    readable = words.encode(errors="replace").decode()
    assert sent(trip) == [f"museum, {readable}, 1 friends"]


@pytest.mark.parametrize("words", ODD)
def test_odd_words_out_of_the_blue_get_a_next_step(ada: Talker, words: str) -> None:
    ada.say(words)
    assert ada.buttons or ada.open


@pytest.mark.parametrize("words", ["hi", "set a goal", "i dont get slope", "check in", "how am i doing", "what should i do next"])
def test_a_person_without_any_course_is_left_with_no_open_question_about_one(classroom: Classroom, words: str) -> None:
    person = add_person(classroom.session, classroom.vault, classroom.school.tenant.id, "Noa", now=classroom.clock.now)
    noa = classroom.talker(person).in_course(None)
    noa.say(words)
    assert noa.open == []
    assert noa.texts[0] in ("Hi! What would you like to do? [Check in] [Set a goal] [Ask for help] [My progress]", NO_COURSE)


def test_a_dialogue_that_says_nothing_ends_in_the_menu(ada: Talker) -> None:
    ada.deploy(Dialogue("mute", lambda _turn, _draft: Finish(())))
    ada.begin("mute")
    assert ada.buttons == ["Check in", "Set a goal", "Ask for help", "My progress"]


def test_a_dialogue_that_refuses_at_its_end_is_over(ada: Talker) -> None:
    ada.deploy(TRIP, Dialogue("closed", _refuse))
    ada.begin("trip")
    ada.begin("closed")
    assert ada.texts[1:] == ["Back to your trip:", "Where shall we go? [Museum] [Lake]"]
    assert ada.open == ["trip"]


def test_a_button_to_something_that_is_not_theirs_leads_back(ada: Talker) -> None:
    """A teacher's button, in the conversation of somebody who is a student now."""
    away = Dialogue("offer", lambda _turn, _draft: Finish((Message(text="Here.", choices=(wording.begin("Go away", "go_away"),)),)))
    ada.deploy(TRIP, away)
    ada.begin("trip")
    ada.begin("offer")
    ada.press("Go away")
    assert ada.texts == ["That is not something you can do here.", "Back to your trip:", "Where shall we go? [Museum] [Lake]"]


def test_no_more_dialogues_are_open_than_a_person_can_remember(ada: Talker) -> None:
    many = [replace(TRIP, name=f"trip{number}") for number in range(MOST_FRAMES + 3)]
    ada.deploy(*many)
    for one in many:
        ada.begin(one.name)
    assert ada.open == [one.name for one in many][-MOST_FRAMES:]


def _refuse(_turn: Turn, _draft: Draft) -> Finish:
    raise NotAllowed
