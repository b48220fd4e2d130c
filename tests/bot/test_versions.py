"""A new version of the program between two turns: what a person was in the middle of goes on, or says that it cannot."""

from dataclasses import replace
from typing import Any

import pytest

from bot import lines
from bot.conversation import Talk
from bot.dialogue import Draft, Finish, Opening, Step, Took
from bot.registry import Registry, registry
from bot.state import Frame, Offer, State, from_json, to_json
from bot.turn import Turn
from core.message import Message
from core.people.access import Role
from tests.bot.conftest import Classroom
from tests.bot.talking import Talker
from tests.bot.trips import FRIENDS, PLACE, REASON, SURE, SWIM, TRIP, later, sent

ANEW = "Paceline was updated meanwhile, so we start this part again."
GONE = "Paceline was updated meanwhile, and that part is not there any more."
PLACES = "Where shall we go? [Museum] [Lake]"
BUS = Step("bus", lambda _turn, _draft: Message(text="Which bus?"), lambda _turn, _draft, reply: Took({"bus": reply.text}), free=True)


@pytest.fixture
def trip(ada: Talker) -> Talker:
    """Ada, asked why the museum."""
    ada.deploy(TRIP)
    ada.begin("trip")
    ada.press("Museum")
    return ada


def test_a_restart_goes_unnoticed(trip: Talker) -> None:
    trip.talk = Talk(trip.talk._vault, Registry((*registry().names.values(), TRIP)))
    trip.session.expire_all()
    trip.say("dinosaurs")
    assert trip.texts == ["How many friends come along?"]


def test_a_draft_is_migrated(trip: Talker) -> None:
    moved = later(migrate=lambda version, draft: {**draft, "reason": f"since {version}"})
    trip.deploy(moved)
    trip.say("dinosaurs")
    assert trip.texts == ["How many friends come along?"]
    trip.say("1")
    assert trip.heard[-1].quote == "museum, since 1, 1 friends"


def test_a_draft_that_cannot_be_migrated_begins_anew_and_says_so(trip: Talker) -> None:
    trip.deploy(later(migrate=lambda _version, _draft: None))
    trip.say("dinosaurs")
    assert trip.texts == [ANEW, PLACES]
    trip.press("Lake")
    assert trip.texts == ["Can you swim? [Yes] [No]"]


def test_it_begins_anew_with_what_it_was_opened_with(ada: Talker) -> None:
    def begin(_turn: Turn, opening: Opening) -> Draft:
        return {"place": opening.seed["to"]}

    def finish(_turn: Turn, _draft: Draft) -> Finish:
        return Finish(then=("trip", {"to": "lake"}))

    first = replace(TRIP, begin=begin)
    ada.deploy(first, replace(TRIP, name="plan", steps=(), finish=finish))
    ada.begin("plan")
    assert ada.texts == ["Can you swim? [Yes] [No]"]
    ada.deploy(replace(first, version=2, migrate=lambda _version, _draft: None))
    ada.say("yes")
    assert ada.texts == [ANEW, "Can you swim? [Yes] [No]"]


@pytest.mark.parametrize("answer", ["Skip", "dinosaurs"])
def test_a_button_or_words_for_a_question_that_begins_anew_answer_no_other(trip: Talker, answer: str) -> None:
    token = trip.token("Skip")
    trip.deploy(later(migrate=lambda _version, _draft: None))
    trip.send_token(token) if answer == "Skip" else trip.say(answer)
    assert trip.texts == [ANEW, PLACES]
    assert trip.state.frames[0].draft == {}


def test_a_step_that_is_new_is_asked_after_the_one_that_is_open(trip: Talker) -> None:
    trip.deploy(later(steps=(PLACE, SWIM, BUS, REASON, FRIENDS, SURE)))
    trip.say("dinosaurs")
    assert trip.texts == ["Which bus?"]
    trip.say("the 14")
    assert trip.state.frames[0].draft == {"place": "museum", "swim": None, "reason": "dinosaurs", "bus": "the 14"}


def test_a_step_that_is_gone_takes_no_answer(trip: Talker) -> None:
    trip.deploy(later(steps=(PLACE, SWIM, FRIENDS, SURE)))
    trip.say("3")
    assert trip.texts == ["How many friends come along?"]
    trip.say("3")
    assert trip.heard[-1].quote == "museum, no reason, 3 friends"


def test_a_step_that_was_answered_and_is_gone_does_no_harm(trip: Talker) -> None:
    trip.deploy(later(steps=(SWIM, REASON, FRIENDS, SURE)))
    trip.say("dinosaurs")
    trip.say("undo")
    assert trip.texts == ["Why there? [Skip]"]
    trip.say("undo")
    assert trip.texts == ["Why there? [Skip]"]


def test_nothing_is_done_that_was_never_confirmed(trip: Talker) -> None:
    trip.say("dinosaurs")
    trip.say("1")
    no = trip.token("Leave it")
    trip.deploy(later(steps=(PLACE, SWIM, REASON, FRIENDS)))
    trip.send_token(no)
    assert trip.texts == [ANEW, PLACES]
    assert sent(trip) == []


def test_a_dialogue_that_is_gone_is_said(trip: Talker) -> None:
    trip.deploy()
    trip.say("dinosaurs")
    assert (trip.texts[0], trip.open) == (GONE, [])
    assert trip.buttons == ["Check in", "Set a goal", "Ask for help", "My progress"]


def test_an_answer_to_a_dialogue_that_is_gone_is_not_given_to_the_one_below(ada: Talker) -> None:
    ada.deploy(TRIP)
    ada.begin("ask_help")
    ada.begin("trip")
    token = ada.token("Museum")
    ada.deploy()
    ada.send_token(token)
    assert (ada.texts[0], ada.open) == (GONE, ["ask_help"])
    assert "words" not in ada.state.frames[0].draft


def test_a_command_is_heard_though_the_question_is_gone(trip: Talker) -> None:
    trip.deploy()
    trip.say("who can see my answers")
    assert trip.texts[0] == GONE
    assert "A copy of everything" in trip.buttons


def test_cancel_is_heard_though_the_question_begins_anew(trip: Talker) -> None:
    trip.deploy(later(migrate=lambda _version, _draft: None))
    trip.say("cancel")
    assert (trip.open, trip.texts[-1]) == ([], "OK, we leave that. Nothing more was saved.")


def test_care_comes_first_though_the_question_is_gone(trip: Talker) -> None:
    trip.deploy(later(migrate=lambda _version, _draft: None))
    trip.say("i want to kill myself")
    assert trip.heard[1].care
    trip.press("I'm OK")
    trip.say("museum")
    assert trip.texts == [PLACES]


def test_an_undo_button_of_a_dialogue_that_is_gone_does_nothing(trip: Talker) -> None:
    trip.say("dinosaurs")
    trip.say("1")
    trip.press("Send it")
    token = trip.token("Undo")
    trip.deploy()
    trip.send_token(token)
    assert trip.texts == ["There is nothing to undo right now."]
    trip.say("undo")
    assert len(sent(trip)) == 1


def test_what_a_person_began_in_another_role_waits_for_that_role(trip: Talker, classroom: Classroom) -> None:
    """A teacher who takes a course herself."""
    as_teacher = replace(trip, speaker=replace(trip.speaker, role=Role.TEACHER), lines=[])
    as_teacher.say("hi")
    assert (as_teacher.buttons, as_teacher.open) == (["Who needs help?", "I am away", "Settings"], [])
    trip.say("dinosaurs")
    assert trip.texts == ["How many friends come along?"]


# The state as older and newer versions keep it


def test_a_state_survives_its_journey() -> None:
    frame = Frame("trip", 1, {"words": "hi", "seed": {}}, {"place": "lake"}, None, True, ["place"], "swim", 7, [("0.0", "Yes", "yes")])
    state = State([frame], 7, [Offer("1.0", "Undo", "undo", {"dialogue": "trip"})], 1, ("trip", {"feedback": "1"}), [frame])
    assert to_json(from_json(to_json(state))) == to_json(state)


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"frames": []},
        {"frames": [{"dialogue": "trip", "version": 1}]},
        {"frames": [{"dialogue": "trip", "version": 1, "invented": 1}], "invented": {}, "offers": []},
        {"offers": [{"place": "0.0", "label": "A", "begins": "menu", "seed": {}, "invented": 2}], "done": ["trip", {}]},
        {
            "frames": [
                {"dialogue": "trip", "version": 1, "draft": {"place": "lake"}, "begun": True, "said": 3, "options": [["0.0", "Yes", "yes"]]}
            ]
        },
    ],
)
def test_states_of_other_versions_are_read(kept: dict[str, Any]) -> None:
    state = from_json(kept)
    assert [frame.dialogue for frame in state.frames] == [frame["dialogue"] for frame in kept.get("frames", [])]
    assert from_json(to_json(state)) == state


def test_a_question_of_an_older_state_is_answered(trip: Talker) -> None:
    """One that did not keep which step was asked."""
    turn_to_older(trip)
    trip.say("dinosaurs")
    assert trip.texts == ["How many friends come along?"]


def turn_to_older(trip: Talker) -> None:
    state = to_json(trip.state)
    for frame in state["frames"]:
        del frame["asked"], frame["opening"]
    del state["aside"]
    key = trip.talk._vault.key_of(trip.speaker.person_id)
    lines.keep_state(trip.session, key, trip.speaker.person_id, state, now=trip.clock.now)
