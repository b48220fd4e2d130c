"""What is said around everything else, and what is none of it."""

import pytest

from tests.bot.talking import Talker


@pytest.mark.parametrize("words", ["are you a robot", "who are you", "am I talking to a real person?"])
def test_a_program_says_that_it_is_one_and_where_a_person_is(ada: Talker, words: str) -> None:
    ada.say(words)
    assert ada.texts == ["This is a program, not a person. A person can help you too. [Ask Ms Rivera]"]
    ada.press("Ask Ms Rivera")
    assert ada.open == ["ask_help"]


def test_in_spanish_too(luis: Talker) -> None:
    luis.say("eres un robot")
    assert luis.texts[0].startswith("Esto es un programa, no una persona.")


def test_an_adult_reads_what_the_program_does(rivera: Talker) -> None:
    rivera.say("who are you")
    assert rivera.texts[0].startswith("This is a program, not a person. Here is what it can do:")


@pytest.mark.parametrize("words", ["fuck you", "you suck", "vete a la mierda"])
def test_an_insult_is_no_thanks(ada: Talker, words: str) -> None:
    ada.say(words)
    assert not ada.texts[0].startswith("Any time.")


@pytest.mark.parametrize("words", ["it helped", "see you at lunch tomorrow"])
def test_words_that_only_sound_like_parting_leave_the_question_open(ada: Talker, words: str) -> None:
    ada.say("snooze")
    ada.say(words)
    assert "Until when?" in ada.texts[-1]
    assert ada.open == ["snooze"]


def test_plain_thanks_are_answered_and_the_question_comes_back(ada: Talker) -> None:
    ada.say("snooze")
    ada.say("thank you")
    assert ada.texts[0].startswith("Any time.")
    assert ada.open == ["snooze"]
