"""What is said unasked, while a question is open; and what could not be answered at once."""

from bot import wording
from core.message import Message
from tests.bot.talking import Talker
from tests.bot.trips import TRIP, sent

NOTE = Message(text="A trip is coming.", choices=(wording.begin("Plan it", "trip"), wording.begin("OK", "menu")))


def tell(talker: Talker, once: str = "note:1") -> int | None:
    line = talker.talk.tell(talker.session, talker.speaker, [NOTE], once_key=once, now=talker.clock.now)
    if line:
        talker.look()
    return line


def test_it_is_told_once(ada: Talker) -> None:
    assert tell(ada) is not None
    assert tell(ada) is None
    assert len(ada.talk_lines()) == 1


def test_it_leaves_the_open_question_open(ada: Talker) -> None:
    ada.deploy(TRIP)
    ada.begin("trip")
    tell(ada)
    ada.say("lake")
    assert ada.texts == ["Can you swim? [Yes] [No]"]


def test_its_buttons_can_be_pressed_and_the_question_comes_back(ada: Talker) -> None:
    ada.deploy(TRIP)
    ada.begin("trip")
    tell(ada)
    ada.press("OK")
    assert ada.texts[-2:] == ["Back to your trip:", "Where shall we go? [Museum] [Lake]"]


def test_its_buttons_can_be_said(ada: Talker) -> None:
    ada.deploy(TRIP)
    tell(ada)
    ada.say("plan it")
    assert ada.open == ["trip"]


def test_its_buttons_can_be_said_while_a_question_takes_any_words(ada: Talker) -> None:
    ada.deploy(TRIP)
    ada.begin("trip")
    ada.press("Museum")
    tell(ada)
    ada.say("ok")
    assert ada.texts[-1] == "Why there? [Skip]"
    ada.say("ok")
    assert ada.texts == ["How many friends come along?"]


def test_it_does_not_end_a_pause(ada: Talker) -> None:
    ada.deploy(TRIP)
    ada.begin("trip")
    ada.press("Museum")
    ada.clock.pass_by(minutes=25)
    tell(ada)
    ada.clock.pass_by(minutes=10)
    ada.say("dinosaurs")
    assert ada.texts == ["Still on your trip? [Yes] [No, something new]"]


def test_it_may_be_the_first_thing_ever(ada: Talker) -> None:
    tell(ada)
    ada.say("hi")
    assert ada.buttons[0] == "Check in"


def test_an_undo_stays_sayable_after_it(ada: Talker) -> None:
    ada.deploy(TRIP)
    ada.begin("trip")
    for words in ("museum", "dinosaurs", "1", "send it"):
        ada.say(words)
    tell(ada)
    ada.say("undo")
    assert sent(ada) == []
