"""What words mean that answer nothing: a target that no example knows is read like one that they know."""

import pytest

from bot.reading import read_words
from bot.turn import Turn
from intents.matcher import Zone
from tests.bot.conftest import Classroom
from tests.bot.talking import Talker


def turn_of(classroom: Classroom, talker: Talker) -> Turn:
    key = classroom.vault.key_of(talker.speaker.person_id)
    return Turn(classroom.session, classroom.vault, talker.speaker, key, classroom.clock.now)


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("my goal is slope", "set_goal"),
        ("my goal is intercepts", "set_goal"),
        ("im so lost on negative slope", "request_help_academic"),
        ("i dont get systms by substitution", "request_help_academic"),
    ],
)
def test_words_about_a_target_are_understood_though_no_example_names_it(classroom: Classroom, ada: Talker, words: str, intent: str) -> None:
    read = read_words(turn_of(classroom, ada), words)
    assert (read.intent, read.zone) == (intent, Zone.ACT)


def test_words_that_name_no_target_stay_unsure(classroom: Classroom, ada: Talker) -> None:
    assert read_words(turn_of(classroom, ada), "purple monkey dishwasher").zone is Zone.NOT_UNDERSTOOD


def test_in_spanish_too(classroom: Classroom, luis: Talker) -> None:
    read = read_words(turn_of(classroom, luis), "mi meta es slope")
    assert (read.intent, read.zone) == ("set_goal", Zone.ACT)
