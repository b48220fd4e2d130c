"""What a message is read as, how sure that is, and why. The numbers are floors under what was measured on held-out sentences."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.evaluate import Report, held_out, measure
from intents.lexicon import Lexicon
from intents.loader import LANGUAGES, OUT_OF_SCOPE, data
from intents.matcher import NOTHING, Matcher, Zone, match, matcher

FLOORS = {"en": (0.76, 0.90, 0.82), "es": (0.72, 0.90, 0.84)}
"""By language: the right intent, right where it acts, and handled in at most one tap."""


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    """Each language's held-out sentences, read once."""
    return {language: measure(held_out(language), matcher()) for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_held_out_sentences_are_understood(language: str, reports: dict[str, Report]) -> None:
    report = reports[language]
    accuracy, acted_right, handled = FLOORS[language]
    assert report.accuracy >= accuracy
    assert report.acted_right >= acted_right
    assert report.handled >= handled
    assert report.acted >= 0.5


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_out_of_scope_is_seldom_acted_upon(language: str, reports: dict[str, Report]) -> None:
    report = reports[language]
    assert report.out_of_scope_acted <= 0.05
    assert report.out_of_scope_recall >= {"en": 0.70, "es": 0.45}[language]
    assert report.out_of_scope_precision >= 0.85


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Show my goals!", "view_goals"),
        ("show my gaols", "view_goals"),
        ("i wnat to chekc in", "check_in"),
        ("muestra mis metas", "view_goals"),
        ("muestrame mis metas porfa", "view_goals"),
        ("STOP SENDING ME MESSAGESSSS", "stop_nudges"),
        ("who can see my anwsers", "privacy_question"),
        ("idk wat to do next", "whats_next"),
    ],
)
def test_slips_and_capitals_do_not_matter(text: str, intent: str) -> None:
    found = match(text)
    assert (found.intent, found.zone) == (intent, Zone.ACT)


def test_an_example_is_read_as_itself() -> None:
    found = match("Move the due date of my goal to Friday.")
    assert (found.intent, found.confidence, found.zone) == ("edit_goal", 1.0, Zone.ACT)
    assert found.read_like == "move the due date of my goal to friday"


def test_every_example_has_its_own_intent() -> None:
    lost = {text: match(text).intent for _, intent, text in data().spoken() if match(text).intent != intent}
    assert lost == {}


def test_a_doubtful_message_offers_the_likeliest() -> None:
    found = match("get rid of the vocab one")
    assert found.zone is Zone.DID_YOU_MEAN
    assert 2 <= len(found.likeliest) <= 3
    assert found.likeliest[0].intent == found.intent == "delete_goal"
    confidences = [guess.confidence for guess in found.likeliest]
    assert confidences == sorted(confidences, reverse=True)
    assert found.read_like == found.likeliest[0].example


def test_out_of_scope_is_never_acted_upon_nor_offered() -> None:
    found = match("what's the weather like")
    assert (found.intent, found.zone) == (OUT_OF_SCOPE, Zone.NOT_UNDERSTOOD)
    assert OUT_OF_SCOPE not in {guess.intent for guess in found.likeliest}


@pytest.mark.parametrize("text", ["", "   ", "?!", "😀", "\u200b"])
def test_a_message_without_words_is_nothing(text: str) -> None:
    assert match(text) == NOTHING


@pytest.mark.parametrize("text", ["xqzv", "жжж", "wvwvw jhjhj"])
def test_what_shares_nothing_is_not_understood(text: str) -> None:
    assert match(text).zone is Zone.NOT_UNDERSTOOD


@given(st.text(max_size=300))
def test_any_text_is_read_and_the_facts_agree(text: str) -> None:
    found = match(text)
    assert 0 <= found.confidence <= 1
    assert len(found.likeliest) <= 3
    assert (found.zone is Zone.ACT) <= (found.intent == found.likeliest[0].intent if found.likeliest else False)


def test_two_matchers_read_alike() -> None:
    other = Matcher(data(), Lexicon(data()))
    sentences = [text for language in LANGUAGES for texts in held_out(language).values() for text in texts]
    assert [other.match(text) for text in sentences] == [match(text) for text in sentences]


def test_there_is_one_model_a_process() -> None:
    assert matcher() is matcher()


def test_reading_is_quick() -> None:
    texts = [text for texts in held_out("en").values() for text in texts]
    took = []
    for text in texts:
        began = time.process_time()
        match(text)
        took.append(time.process_time() - began)
    assert sorted(took)[len(took) // 2] < 0.002  # about 0.0005 where nothing else runs


def test_a_long_message_is_read_by_its_beginning() -> None:
    began = time.process_time()
    assert match("show my goals please " + "and so on " * 5000).intent is not None
    assert time.process_time() - began < 0.1
