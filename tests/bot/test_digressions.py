"""Leaving the open question for something else, and coming back to it; a pause, and what was said after it."""

import pytest

from tests.bot.talking import Talker
from tests.bot.trips import TRIP, sent

BACK = "Back to your trip:"


@pytest.fixture
def trip(ada: Talker) -> Talker:
    ada.deploy(TRIP)
    ada.begin("trip")
    return ada


def test_something_else_is_answered_and_the_question_asked_again(trip: Talker) -> None:
    trip.say("who can see my answers")
    assert trip.texts[-2:] == [BACK, "Where shall we go? [Museum] [Lake]"]
    trip.press("Museum")
    assert trip.texts == ["Why there? [Skip]"]


def test_the_buttons_of_a_question_that_was_asked_again_work(trip: Talker) -> None:
    trip.say("who can see my answers")
    trip.send_token(f"{trip.line}.{len(trip.heard) - 1}.1")
    assert trip.texts == ["Can you swim? [Yes] [No]"]


def test_only_what_is_unmistakable_interrupts_a_question_that_takes_any_words(trip: Talker) -> None:
    trip.press("Museum")
    trip.say("i want to set a goal for my class with it")
    assert trip.texts == ["How many friends come along?"]
    trip.say("undo")
    trip.say("what can you do")
    assert trip.texts[-2:] == [BACK, "Why there? [Skip]"]


def test_dialogues_within_dialogues_are_left_one_by_one(trip: Talker) -> None:
    trip.say("im lost on slope")
    assert trip.open == ["trip", "ask_help"]
    trip.say("who can see my answers")
    assert trip.texts[-2] == "Back to your message to Ms Rivera:"
    trip.press("Send")
    assert trip.texts[-2:] == [BACK, "Where shall we go? [Museum] [Lake]"]
    trip.press("Museum")
    assert trip.open == ["trip"]


def test_cancel_leaves_only_the_inner_one(trip: Talker) -> None:
    trip.say("im lost on slope")
    trip.say("nevermind")
    assert trip.texts == ["OK, we leave that. Nothing more was saved.", BACK, "Where shall we go? [Museum] [Lake]"]


def test_undo_takes_back_the_inner_deed_and_comes_back_to_the_outer_question(trip: Talker) -> None:
    trip.say("im lost on slope")
    trip.press("Send")
    trip.say("undo")
    assert trip.texts == ["Taken back. Nobody had seen it.", BACK, "Where shall we go? [Museum] [Lake]"]


def test_a_change_of_mind_within_a_dialogue_begins_it_anew(trip: Talker) -> None:
    trip.say("im lost on slope")
    trip.say("i mean im stuck on intercepts")
    assert trip.open == ["trip", "ask_help"]
    assert trip.heard[-1].quote == "i mean im stuck on intercepts"


def test_good_bye_is_not_answered_with_a_question(trip: Talker) -> None:
    trip.say("bye see you tomorrow")
    assert trip.texts == ["See you. Everything is saved."]
    trip.press("Museum")
    assert trip.texts == ["Why there? [Skip]"]


def pause(trip: Talker, words: str) -> None:
    """Asked for a reason, they come back after lunch."""
    trip.press("Museum")
    trip.clock.pass_by(minutes=31)
    trip.say(words)


def test_words_after_a_pause_are_not_taken_for_the_answer_unasked(trip: Talker) -> None:
    pause(trip, "the dinosaurs")
    assert trip.texts == ["Still on your trip? [Yes] [No, something new]"]


@pytest.mark.parametrize("yes", ["yes", "Yes", "yeah sure"])
def test_the_words_that_were_held_are_the_answer(trip: Talker, yes: str) -> None:
    pause(trip, "the dinosaurs")
    trip.say(yes)
    trip.say("1")
    trip.press("Send it")
    assert sent(trip) == ["museum, the dinosaurs, 1 friends"]


@pytest.mark.parametrize("no", ["no", "No, something new", "nope"])
def test_the_words_that_were_held_are_read_anew(trip: Talker, no: str) -> None:
    pause(trip, "im lost on slope")
    trip.say(no)
    assert (trip.open, trip.heard[-1].quote) == (["ask_help"], "im lost on slope")


def test_words_that_mean_nothing_anew_are_not_lost_either(trip: Talker) -> None:
    pause(trip, "qwertz uiop")
    trip.say("no")
    assert trip.buttons


def test_something_else_again_while_asked_about_the_pause(trip: Talker) -> None:
    pause(trip, "the dinosaurs")
    trip.say("im lost on slope")
    trip.press("Send")
    assert trip.texts[-1] == "Still on your trip? [Yes] [No, something new]"
    trip.press("Yes")
    assert trip.texts == ["How many friends come along?"]


def test_an_unmistakable_command_needs_no_asking_after_a_pause(trip: Talker) -> None:
    pause(trip, "who can see my answers")
    assert trip.texts[-2:] == [BACK, "Why there? [Skip]"]


def test_a_button_needs_no_asking_after_a_pause(trip: Talker) -> None:
    trip.clock.pass_by(days=2)
    trip.press("Museum")
    assert trip.texts == ["Why there? [Skip]"]
    trip.clock.pass_by(days=2)
    trip.press("Skip")
    assert trip.texts == ["How many friends come along?"]


def test_a_closed_answer_needs_no_asking_after_a_pause(trip: Talker) -> None:
    trip.clock.pass_by(days=2)
    trip.say("museum")
    assert trip.texts == ["Why there? [Skip]"]


def test_what_nobody_came_back_to_is_dropped(trip: Talker) -> None:
    trip.press("Museum")
    trip.clock.pass_by(days=14, minutes=1)
    trip.say("hi")
    assert (trip.open, trip.buttons[0]) == ([], "Check in")


def test_what_somebody_came_back_to_in_time_is_not(trip: Talker) -> None:
    for _ in range(3):
        trip.clock.pass_by(days=13)
        trip.say("hi")
    assert trip.open == ["trip"]


def test_a_conversation_goes_on_at_another_door(trip: Talker) -> None:
    elsewhere = trip.at("terminal")
    elsewhere.press("Museum")
    trip.say("the dinosaurs")
    assert trip.texts == ["How many friends come along?"]
