"""Short answers of a check-in: what students' words are taken for, and what they are never taken for."""

import pytest

from bot.phrases import (
    Reflecting,
    Short,
    find_blocker,
    find_kind,
    find_mood,
    find_reflecting,
    find_strategy,
    in_words,
    is_short,
    means_only_me,
    phrases,
)
from core.i18n import LANGUAGES
from core.journal.checkins import Blocker
from core.journal.prompts import Kind
from core.journal.stuck import STRATEGIES
from intents.normalise import plain


@pytest.mark.parametrize("place", range(len(LANGUAGES)))
def test_every_language_tells_every_strategy_face_and_kind(place: int) -> None:
    known = phrases()[place]
    assert set(known.strategies) == {strategy for strategies in STRATEGIES.values() for strategy in strategies}
    assert set(known.moods) == {1, 2, 3, 4, 5}
    assert set(known.kinds) == set(Kind)
    assert set(known.blockers) == {Blocker.TIME, Blocker.NOT_UNDERSTOOD}


@pytest.mark.parametrize("place", range(len(LANGUAGES)))
@pytest.mark.parametrize("part", ["blockers", "strategies", "moods", "kinds"])
def test_no_phrase_means_two_things(place: int, part: str) -> None:
    said = [plain(phrase) for named in getattr(phrases()[place], part).values() for phrase in named]
    assert sorted(said) == sorted(set(said))


@pytest.mark.parametrize(
    ("words", "blocker"),
    [
        ("dont get the neg ones", Blocker.NOT_UNDERSTOOD),
        ("I'm so CONFUSED by this", Blocker.NOT_UNDERSTOOD),
        ("no le entiendo a la segunda", Blocker.NOT_UNDERSTOOD),
        ("had practice all week", Blocker.TIME),
        ("1 nomas, no tuve tiempo", Blocker.TIME),
        ("All good!", Blocker.NOTHING),
        ("nada", Blocker.NOTHING),
        ("my dog is sick", None),
        ("nothing makes my teacher listen", None),
        ("what time is it", None),
        ("", None),
    ],
)
def test_what_is_in_the_way(words: str, blocker: Blocker | None) -> None:
    assert find_blocker(words) == blocker


@pytest.mark.parametrize(
    ("words", "strategy"),
    [
        ("drawing it", "draw_it"),
        ("hice un dibujo, dibujándolo", "draw_it"),
        ("I looked at my notes again", "read_an_example_again"),
        ("working with my friend in the library", "another_place"),
        ("10 minutes at a time", "ten_minutes"),
        ("mi hermana me ayudó", None),
        ("withdrawing money", None),
    ],
)
def test_what_helped(words: str, strategy: str | None) -> None:
    assert find_strategy(words) == strategy


def test_a_strategy_is_found_among_some_only() -> None:
    assert find_strategy("drawing it", among=("say_it_aloud",)) is None
    assert find_strategy("drawing it", among=("say_it_aloud", "draw_it")) == "draw_it"


@pytest.mark.parametrize(
    ("words", "face"),
    [
        ("feeling great", 5),
        ("más o menos", 3),
        ("I'm sad today", 1),
        ("not great", 2),
        ("tired", None),
        ("i failed my test", None),
        ("4", None),
    ],
)
def test_a_face_is_named_and_never_guessed(words: str, face: int | None) -> None:
    assert find_mood(words) == face


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        ("I want to reflect", Reflecting.BEGINS),
        ("reflexión", Reflecting.BEGINS),
        ("show my reflections", Reflecting.SHOWS),
        ("retirar una reflexión", Reflecting.TAKES_BACK),
        ("i learned that i need to study earlier", None),
        ("my journal helped me calm down", None),
    ],
)
def test_what_is_wanted_of_reflections(words: str, wish: Reflecting | None) -> None:
    assert find_reflecting(words) == wish


def test_whole_messages_only() -> None:
    assert is_short("All of them!", Short.ALL)
    assert not is_short("all of them are too hard", Short.ALL)
    assert means_only_me("Solo yo") and not means_only_me("only me and mom")
    assert find_kind("how I work") is Kind.PROCESS and find_kind("how i work in the morning helped") is None


@pytest.mark.parametrize(
    ("language", "number", "feminine", "word"),
    [
        ("en", 1, False, "one"),
        ("en", 2, False, "two"),
        ("es", 1, False, "uno"),
        ("es", 1, True, "una"),
        ("es", 3, True, "tres"),
        ("en", 12, False, "12"),
    ],
)
def test_small_numbers_as_words(language: str, number: int, feminine: bool, word: str) -> None:
    assert in_words(language, number, feminine=feminine) == word
