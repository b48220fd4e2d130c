"""Words that suggest harm.

Two sets of lines: the known ones, with which the patterns were mended, must stay found; the held-out ones, written after the patterns
were finished, say how well the check does on what it has never seen. That is far from enough to be the only door to help.
"""

import re
import time
from itertools import islice, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.evaluate import disclosures, measure_safety, missed
from intents.lexicon import Lexicon, lexicon
from intents.loader import LANGUAGES, Reason, Tier, data
from intents.safety import UNREADABLE, Detector, detect

HELD_OUT = {"en": (0.70, 0.30, 0.06), "es": (0.60, 0.30, 0.06)}
"""By language: the least share of direct and of indirect lines found, and the largest of harmless ones that alarm, as measured."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_known_disclosures_stay_found(language: str) -> None:
    lost = missed(disclosures(language, "safety_known"))
    assert (lost["direct"], lost["indirect"]) == ([], [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_known_harmless_lines_seldom_alarm(language: str) -> None:
    assert measure_safety(disclosures(language, "safety_known"))["harmless"] <= 0.03


@pytest.mark.parametrize("language", LANGUAGES)
def test_unseen_lines_are_found_as_often_as_measured(language: str) -> None:
    found = measure_safety(disclosures(language))
    direct, indirect, alarms = HELD_OUT[language]
    assert found["direct"] >= direct
    assert found["indirect"] >= indirect
    assert found["harmless"] <= alarms


@pytest.mark.parametrize(
    ("text", "tier", "reason"),
    [
        ("i want to kill myself", Tier.ACUTE, Reason.SELF_HARM),
        ("I WANNA DIEEEEE", Tier.ACUTE, Reason.SELF_HARM),
        ("i wnat to kil myslef", Tier.ACUTE, Reason.SELF_HARM),
        ("im suicdal", Tier.ACUTE, Reason.SELF_HARM),
        ("nobody would miss me", Tier.AMBIGUOUS, Reason.SELF_HARM),
        ("my dad hits me", Tier.ACUTE, Reason.ABUSE),
        ("he forced me to have sex and im only 12", Tier.ACUTE, Reason.ABUSE),
        ("someone at school has a gun", Tier.ACUTE, Reason.VIOLENCE),
        ("im not safe at home", Tier.ACUTE, Reason.DANGER),
        ("i have nowhere to sleep", Tier.AMBIGUOUS, Reason.DANGER),
        ("me quiero morir", Tier.ACUTE, Reason.SELF_HARM),
        ("mi papá me pega", Tier.ACUTE, Reason.ABUSE),
        ("se van a arrepentir", Tier.AMBIGUOUS, Reason.VIOLENCE),
    ],
)
def test_a_concern_has_its_tier_and_reason(text: str, tier: Tier, reason: Reason) -> None:
    concern = detect(text)
    assert concern is not None
    assert (concern.tier, concern.reason) == (tier, reason)


def test_the_gravest_concern_is_told() -> None:
    concern = detect("nobody would miss me. i want to kill myself")
    assert concern is not None
    assert concern.tier is Tier.ACUTE


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_harmless_phrase_beside_it_hides_no_disclosure(language: str) -> None:
    known = disclosures(language, "safety_known")
    spoken_in_the_first_person = ("i want to kill myself", "me quiero morir", "my dad hits me", "mi papá me pega")
    lost = [
        f"{harmless}. {direct}"
        for harmless, direct in product(known.harmless, spoken_in_the_first_person)
        if detect(f"{harmless}. {direct}") is None
    ]
    assert lost == []


def test_a_context_lowers_what_is_acute_and_silences_what_is_not() -> None:
    lowered = detect("there is a kid with a gun in my history class")
    assert lowered is not None
    assert lowered.tier is Tier.AMBIGUOUS
    assert detect("is the theme of this chapter suicide") is None


@pytest.mark.parametrize("apart", [" ", ", ", " lol "])
def test_a_disclosure_inside_a_long_message_is_found(apart: str) -> None:
    assert detect(apart.join(["the homework was ok", "i cut myself last night", "what is due on friday"])) is not None
    assert detect("so i was thinking " * 400 + "i want to kill myself") is not None


def test_a_concern_names_its_pattern_and_no_words() -> None:
    concern = detect("i want to kill myself with my secret words")
    assert concern is not None
    assert concern.rule == "en.kill_self"
    assert "secret" not in repr(concern)


def test_a_check_that_breaks_counts_as_ambiguous() -> None:
    class Broken(Lexicon):
        def normalised(self, text: str, language: str | None) -> str:
            raise RuntimeError("broken")

    assert Detector(data(), Broken(data())).detect("hello") == UNREADABLE
    assert UNREADABLE.tier is Tier.AMBIGUOUS


@given(st.text(max_size=400))
def test_any_text_is_checked(text: str) -> None:
    assert detect(text) != UNREADABLE


def test_ordinary_messages_hardly_ever_alarm() -> None:
    said = [text for _, intent, text in data().spoken() if intent not in ("log_mood", "request_help_personal")]
    alarmed = [text for text in said if detect(text)]
    assert len(alarmed) <= len(said) * 0.003, alarmed


@pytest.mark.parametrize("word", ["a", "i ", "he ", "my mom ", "want to ", "no ", "ab1 "])
def test_no_text_makes_the_check_slow(word: str) -> None:
    began = time.process_time()
    assert detect((word * 4000)[:4000]) != UNREADABLE
    assert time.process_time() - began < 1.0


def test_a_message_is_checked_quickly() -> None:
    lines = list(islice(disclosures("en").harmless, 30))
    detect(lines[0])
    began = time.process_time()
    for line in lines:
        detect(line)
    assert (time.process_time() - began) / len(lines) < 0.002


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_finds_some_line_and_every_idiom_spares_one(language: str) -> None:
    """A pattern that no line needs was never tried: give it a line, or take it out."""
    written = data().languages[language].safety
    sets = [disclosures(language, name) for name in ("safety", "safety_known")]
    disclosed = [lexicon().normalised(line, language) for each in sets for line in (*each.direct, *each.indirect)]
    harmless = [lexicon().normalised(line, language) for each in sets for line in each.harmless]
    assert [rule.id for rule in written.rules if not any(re.search(rule.match, line) for line in disclosed)] == []
    assert [idiom.id for idiom in written.idioms if not any(re.search(idiom.match, line) for line in harmless)] == []
    assert {rule.reason for rule in written.rules} == set(Reason) - {Reason.UNREADABLE}


@pytest.mark.parametrize("text", ["k i l l myself", "k1ll myself", "i want 2 die", "kill\u200bmyself"])
def test_disguised_words_are_read_all_the_same(text: str) -> None:
    assert detect(text) is not None


@pytest.mark.parametrize("text", ["2 of 4 done", "i did 2 sets", "a b c d are the points", "h2o and co2", "4 more to go"])
def test_numbers_and_letters_of_school_work_alarm_nobody(text: str) -> None:
    assert detect(text) is None
