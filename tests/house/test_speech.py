"""What students read is short, reads without effort and holds no word that hurts, in every language."""

import pytest

from core.i18n import LANGUAGES
from core.journal.stuck import STRATEGIES
from intents.normalise import plain
from tests.house.catalogues import forms, messages
from tests.house.speech import (
    GROWN_UPS,
    HARDEST_GRADE,
    HARDEST_SCORE,
    bans,
    covers,
    faults,
    grade,
    is_for_students,
    score,
    sentences,
    spanish_syllables,
    spoken,
    whole_sentences,
    words,
)

LONGEST_STRATEGY = 20

# What students read


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_students_read_is_short_and_holds_no_forbidden_word(language: str) -> None:
    said = list(spoken(language))
    assert len(said) > 300
    assert {key: (text, found) for key, text in said if (found := faults(text, language))} == {}


def test_all_that_students_read_in_english_is_for_a_sixth_grader() -> None:
    texts = [text for _, text in spoken("en")]
    assert len(whole_sentences(texts)) > 200
    assert grade(texts) <= HARDEST_GRADE


def test_all_that_students_read_in_spanish_is_for_a_sixth_grader() -> None:
    texts = [text for _, text in spoken("es")]
    assert len(whole_sentences(texts)) > 200
    assert score(texts) >= HARDEST_SCORE


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_strategy_is_one_short_sentence(language: str) -> None:
    for strategy in {one for strategies in STRATEGIES.values() for one in strategies}:
        (sentence,) = forms(messages(language)[f"talk.strategy.{strategy}"])
        assert len(sentences(sentence)) == 1
        assert 5 <= len(words(sentence)) <= LONGEST_STRATEGY
        assert sentence.endswith(".")


# Who reads what


@pytest.mark.parametrize("area", GROWN_UPS)
def test_every_area_of_grown_ups_is_there_and_named_once(area: str) -> None:
    assert any(covers(area, key) for key in messages("en"))
    assert [other for other in GROWN_UPS if other != area and covers(other, area)] == []


@pytest.mark.parametrize(
    ("key", "a_student_reads_it"),
    [
        ("home.hello", True),
        ("an.area.that.is.new", True),
        ("error.goal.target_in_past", True),
        ("said.checked_in", True),
        ("admin.title", False),
        ("roster.title", False),
        ("rosters", True),
        ("error.platform.exists.mend", False),
        ("error.lti.keys_unavailable.mend", True),
        ("error.lti.keys_unavailable.operator", False),
    ],
)
def test_whatever_is_not_named_as_the_grown_ups_is_for_students(key: str, a_student_reads_it: bool) -> None:
    assert is_for_students(key) is a_student_reads_it


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_prompts_and_both_forms_of_a_plural_are_read_too(language: str) -> None:
    keys = [key for key, _ in spoken(language)]
    assert keys.count("prompt.first_step") == 1
    assert keys.count("home.steps") == 2


# What the lint finds


@pytest.mark.parametrize(
    ("language", "text", "fault"),
    [
        ("en", "word " * 26, "26 words"),
        ("en", "One is said. Two is said. Three is said.", "3 sentences"),
        ("en", "Is it? It is! So {name} is told.", "3 sentences"),
        ("es", "¿Lo es? ¡Lo es! Así se dice.", "3 sentences"),
        ("en", "It is easy.", "“easy”"),
        ("en", "You are at-risk in this course.", "“at risk”"),
        ("en", "JUST press it", "“just”"),
        ("en", "You should have asked.", "“should have”"),
        ("en", "You did more than most.", "“than most”"),
        ("en", "This stays secret.", "“secret”"),
        ("es", "Es muy facil.", "“facil”"),
        ("es", "Estás en riesgo", "“en riesgo”"),
        ("es", "Solo tienes que abrirlo.", "“solo tienes que”"),
        ("es", "Deberías haber preguntado.", "“deberias haber”"),
        ("es", "Reprobaste el examen.", "“reprobaste”"),
    ],
)
def test_a_bad_sentence_is_found(language: str, text: str, fault: str) -> None:
    found = faults(text, language)
    assert len(found) == 1
    assert found[0].startswith(fault)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Slope and intercepts by {day}; the rest by {later}. When will you start, and where?"),
        ("en", "Adjust your plan: justice is read as a word of its own."),
        ("en", "LTI 1.3 needs an address such as https://school.example.org/a.b, not two."),
        ("es", "Listo: {count} ejercicios para el {day}. ¿Cuándo empiezas?"),
        ("es", "Eso lo lees solo tú."),
    ],
)
def test_a_good_sentence_is_let_through(language: str, text: str) -> None:
    assert faults(text, language) == []


def test_every_reason_of_a_forbidden_word_finds_its_words() -> None:
    for language in LANGUAGES:
        for ban in bans(language):
            assert all(any(ban.why in fault for fault in faults(f"So, {word}.", language)) for word in ban.words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_forbidden_twice_or_without_a_reason(language: str) -> None:
    listed = [word for ban in bans(language) for word in ban.words]
    assert sorted(set(listed)) == sorted(listed)
    assert all(plain(word) == word and word for word in listed)
    assert all(ban.why.endswith(".") for ban in bans(language))


# How it counts


def test_a_fact_in_braces_is_one_word_and_a_dash_is_none() -> None:
    assert len(words("Hi {name}, you did {done} of {count} sets – well.")) == 9


def test_a_colon_ends_no_sentence_and_a_quote_may_close_one() -> None:
    assert sentences("Saved: “I open set 3.” Good night!") == ["Saved: “I open set 3", "Good night"]


def test_labels_do_not_make_a_catalogue_look_easier() -> None:
    text = "This sentence has words enough to judge."
    assert whole_sentences([text, "Check in", "Yes.", "Your goals"]) == [words(text[:-1])]


def test_hard_texts_are_too_hard_for_a_sixth_grader() -> None:
    hard = "The institution's administrative representatives subsequently communicate individualized instructional recommendations."
    assert grade([hard]) > HARDEST_GRADE
    dificil = "Los representantes administrativos comunican posteriormente recomendaciones pedagógicas individualizadas."
    assert score([dificil]) < HARDEST_SCORE


def test_short_words_in_short_sentences_suit_a_sixth_grader() -> None:
    assert grade(["The cat sat on the mat. The dog ran to the big red barn."]) < HARDEST_GRADE
    assert score(["El sol sale por la mañana. El gato come en la casa."]) > HARDEST_SCORE


@pytest.mark.parametrize(
    ("word", "syllables"),
    [("meta", 2), ("día", 2), ("quién", 1), ("guía", 2), ("pingüino", 3), ("hoy", 1), ("y", 1), ("ahora", 3), ("leído", 3), ("3", 1)],
)
def test_spanish_syllables_are_counted_as_they_are_spoken(word: str, syllables: int) -> None:
    assert spanish_syllables(word) == syllables
