"""One spelling for what students type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.lexicon import lexicon
from intents.normalise import folded, plain, unstretched


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Can’t… MAÑANA?", "cant manana"),
        ("  I'm   50% done!! ", "im 50% done"),
        ("ｆｕｌｌ ｗｉｄｔｈ", "full width"),
        ("k\u200bill", "kill"),
        ("snake_case-and/slash", "snake case and slash"),
        ("¿Qué día es?", "que dia es"),
        ("👍", ""),
    ],
)
def test_spelling_is_plain(typed: str, read: str) -> None:
    assert plain(typed) == read


@given(st.text())
def test_plain_text_is_plain_already(text: str) -> None:
    assert plain(plain(text)) == plain(text)


@given(st.text())
def test_folding_keeps_every_position(text: str) -> None:
    assert len(folded(text)) == len(text)


@pytest.mark.parametrize(
    ("typed", "word"), [("soooo", "so"), ("killlll", "kill"), ("helllo", "hello"), ("zzzz", "z"), ("1000", "1000"), ("hello", "hello")]
)
def test_stretched_letters_are_shortened_to_a_known_word(typed: str, word: str) -> None:
    assert unstretched(typed, {"so", "kill", "hello"}) == word


@pytest.mark.parametrize(
    ("language", "typed", "read"),
    [
        ("en", "idk wat u mean", "i do not know what you mean"),
        ("en", "rn im done w hw", "right now i am done with homework"),
        ("es", "xq no kiero", "porque no kiero"),
        ("es", "q hago x fa", "que hago por fa"),
        (None, "ya hice la tarea tmrw", "ya hice la tarea tomorrow"),
    ],
)
def test_abbreviations_are_those_of_the_language(language: str | None, typed: str, read: str) -> None:
    assert lexicon().normalised(typed, language) == read


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("i need help with my essay", "en"),
        ("idk wat to do", "en"),
        ("necesito ayuda con mi ensayo", "es"),
        ("xq no puedo entrar", "es"),
        ("¿mañana?", "es"),
        ("ok", None),
        ("42", None),
        ("", None),
    ],
)
def test_the_language_is_voted_on(text: str, language: str | None) -> None:
    assert lexicon().language(text) == language
