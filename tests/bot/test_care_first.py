"""Safety before everything else, whatever was asked, and back to where they were."""

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from core.care.safety import ConcernState, SafetyConcern, Tier
from core.data.outbox import OutboxEntry
from core.journal.notices import Notice
from core.people.roles import SchoolRole, grant
from tests.bot.conftest import Classroom
from tests.bot.talking import Talker
from tests.bot.trips import TRIP, sent

ACUTE, UNCLEAR = "i want to kill myself", "i just want to disappear"


@pytest.fixture
def trip(ada: Talker, classroom: Classroom) -> Talker:
    grant(ada.session, classroom.school.tenant.id, classroom.school.teacher.id, SchoolRole.SAFETY_CONTACT, by=None, now=ada.clock.now)
    ada.deploy(TRIP)
    ada.begin("trip")
    return ada


def concerns(talker: Talker) -> list[tuple[str, str]]:
    """Tier and state of each."""
    talker.session.flush()
    talker.session.expire_all()
    rows = talker.session.scalars(select(SafetyConcern).order_by(col(SafetyConcern.id)))
    return [(one.tier, one.state) for one in rows]


def told(talker: Talker) -> int:
    """How many notices wait for the contacts."""
    counted = select(func.count()).where(col(OutboxEntry.kind) == Notice.CONCERN_RAISED)
    return int(talker.session.execute(counted).scalar_one())


AT = {"a choice": (), "any words": ("museum",), "a number": ("museum", "dinosaurs"), "a confirmation": ("museum", "dinosaurs", "1")}


@pytest.mark.parametrize("asked", AT)
def test_acute_words_show_who_helps_now_and_tell_the_contacts(trip: Talker, asked: str) -> None:
    for words in AT[asked]:
        trip.say(words)
    question = trip.texts[-1]
    trip.say(ACUTE)
    assert trip.heard[0].care
    assert trip.heard[0].cards[0].lines
    assert all(button.opens for button in trip.heard[0].buttons)
    assert trip.buttons[-2:] == ["I'm OK", "I want help"]
    assert (concerns(trip), told(trip)) == ([(Tier.ACUTE, ConcernState.OPEN)], 1)
    trip.press("I'm OK")
    assert trip.open == ["trip"]
    assert sent(trip) == []
    trip.say("who can see my answers")
    assert trip.texts[-1] == question


@pytest.mark.parametrize("asked", AT)
def test_unclear_words_are_asked_about_with_care(trip: Talker, asked: str) -> None:
    for words in AT[asked]:
        trip.say(words)
    trip.say(UNCLEAR)
    assert trip.open == ["trip", "care"]
    assert (concerns(trip), told(trip)) == ([(Tier.AMBIGUOUS, ConcernState.CHECKING)], 0)
    trip.press("I want help")
    assert trip.heard[0].care
    assert (concerns(trip), told(trip)) == ([(Tier.AMBIGUOUS, ConcernState.OPEN)], 1)


def test_after_all_is_well_the_words_answer_what_was_asked(trip: Talker) -> None:
    trip.say("museum")
    trip.say(UNCLEAR)
    trip.press("I'm OK")
    assert trip.texts[-1] == f'Shall I use these words for your trip? "{UNCLEAR}" [Yes] [No]'
    trip.press("Yes")
    assert trip.texts[-1] == "How many friends come along?"
    assert trip.state.frames[0].draft["reason"] == UNCLEAR
    assert concerns(trip) == [(Tier.AMBIGUOUS, ConcernState.ANSWERED)]


def test_after_all_is_well_the_words_go_nowhere_unasked(trip: Talker) -> None:
    """Somebody else may read the answer, and that was not promised for these words."""
    trip.say("museum")
    trip.say(UNCLEAR)
    trip.press("I'm OK")
    trip.press("No")
    assert trip.texts == ["Why there? [Skip]"]
    assert "reason" not in trip.state.frames[0].draft


def test_after_all_is_well_nothing_is_guessed_from_the_words(ada: Talker) -> None:
    ada.say(UNCLEAR)
    ada.press("I'm OK")
    assert (ada.open, ada.buttons) == ([], [])


@pytest.mark.parametrize(("said", "state"), [("yes", ConcernState.ANSWERED), ("im ok", ConcernState.ANSWERED), ("no", ConcernState.OPEN)])
def test_the_caring_question_is_answered_in_words(trip: Talker, said: str, state: ConcernState) -> None:
    trip.say(UNCLEAR)
    trip.say(said)
    assert concerns(trip) == [(Tier.AMBIGUOUS, state)]


@pytest.mark.parametrize("said", ["skip", "dunno", "set a goal", "5", "", "😀"])
def test_nothing_else_answers_the_caring_question(trip: Talker, said: str) -> None:
    trip.say(UNCLEAR)
    trip.say(said)
    assert trip.open == ["trip", "care"]
    assert trip.buttons == ["I'm OK", "I want help"]


def test_the_caring_question_is_asked_again_when_it_is_waved_away(trip: Talker) -> None:
    trip.say(UNCLEAR)
    trip.say("forget it")
    assert trip.open == ["trip", "care"]
    assert concerns(trip) == [(Tier.AMBIGUOUS, ConcernState.CHECKING)]


def test_after_a_pause_the_caring_question_is_still_the_one_that_is_answered(trip: Talker) -> None:
    trip.say(UNCLEAR)
    trip.clock.pass_by(hours=3)
    trip.say("no")
    assert concerns(trip) == [(Tier.AMBIGUOUS, ConcernState.OPEN)]


def test_more_such_words_are_another_concern_and_one_question(trip: Talker) -> None:
    trip.say(UNCLEAR)
    trip.say(ACUTE)
    assert trip.open == ["trip", "care"]
    assert concerns(trip) == [(Tier.AMBIGUOUS, ConcernState.CHECKING), (Tier.ACUTE, ConcernState.OPEN)]


def test_such_words_after_a_pause_come_before_the_question_about_it(trip: Talker) -> None:
    trip.say("museum")
    trip.clock.pass_by(hours=3)
    trip.say(ACUTE)
    assert trip.open == ["trip", "care"]


def test_such_words_on_an_older_page_are_heard(trip: Talker) -> None:
    older = trip.line
    trip.press("Museum")
    trip.say(ACUTE, seen=older)
    assert concerns(trip) == [(Tier.ACUTE, ConcernState.OPEN)]


def test_in_spanish(luis: Talker) -> None:
    luis.say("ya no quiero vivir")
    assert luis.open == ["care"]
    assert len(concerns(luis)) == 1


def test_words_of_adults_are_not_checked(rivera: Talker) -> None:
    rivera.say(ACUTE)
    assert (concerns(rivera), rivera.open) == ([], [])


def test_the_words_stand_neither_in_the_outbox_nor_in_the_logs(
    trip: Talker, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    marked = f"{ACUTE} at the zanzibar"
    trip.say(marked)
    trip.press("I want help")
    trip.say("im lost on slope zanzibar")
    trip.press("Send")
    trip.session.flush()
    entries = trip.session.scalars(select(OutboxEntry)).all()
    assert len(entries) > 1
    assert "zanzibar" not in " ".join(str(vars(entry)) for entry in entries)
    assert "zanzibar" not in caplog.text + "".join(capsys.readouterr())
