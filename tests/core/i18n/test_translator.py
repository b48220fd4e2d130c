"""Languages: every key in every language, and days and numbers as people write them."""

import re
from datetime import UTC, date, datetime

import pytest

from core.i18n import LANGUAGES, Translator, best_language, translator

NIGHT = datetime(2026, 12, 5, 5, 12, tzinfo=UTC)


@pytest.fixture(params=LANGUAGES)
def speak(request: pytest.FixtureRequest) -> Translator:
    return translator(request.param)


def test_every_language_has_every_key() -> None:
    assert {language: translator(language).keys for language in LANGUAGES} == dict.fromkeys(LANGUAGES, translator("en").keys)
    assert len(translator("en").keys) > 100


def test_an_unknown_key_is_an_error_and_no_sentence(speak: Translator) -> None:
    with pytest.raises(KeyError):
        speak("no.such.key")
    with pytest.raises(KeyError):
        speak.plural("no.such.key", 1)


def test_facts_are_filled_in_as_they_are(speak: Translator) -> None:
    assert "<Ada & {Ben}>" in speak.plural("home.steps", 3, done="<Ada & {Ben}>")  # neither escaped here, nor filled in twice


def test_a_fact_may_have_the_name_of_a_parameter(speak: Translator) -> None:
    with pytest.raises(KeyError):
        speak("no.such.key", key="a fact", self="another")


def test_a_missing_fact_is_an_error(speak: Translator) -> None:
    with pytest.raises(KeyError):
        speak.plural("home.steps", 3)


@pytest.mark.parametrize(
    ("language", "count", "said"), [("en", 1, "1 entry"), ("en", 0, "0 entries"), ("en", 1234, "1,234 entries"), ("es", 1, "1 ")]
)
def test_a_plural_agrees_with_its_count(language: str, count: int, said: str) -> None:
    assert translator(language).plural("admin.undelivered.count", count).startswith(said)


@pytest.mark.parametrize("count", [2, 5, 0])
def test_one_and_more_are_said_differently(speak: Translator, count: int) -> None:
    without_count = [re.sub(r"\d", "", speak.plural("admin.undelivered.count", number)) for number in (1, count)]
    assert without_count[0] != without_count[1]


@pytest.mark.parametrize(
    ("language", "day", "moment", "number"),
    [
        ("en", "Fri 4 Dec", "Dec 4, 2026, 9:12\u202fPM", "12,345"),
        ("es", "viernes 4 de diciembre", "4 dic 2026, 21:12", "12.345"),
    ],
)
def test_days_instants_and_numbers_are_written_as_people_write_them(language: str, day: str, moment: str, number: str) -> None:
    speak = translator(language)
    assert speak.day(date(2026, 12, 4)) == day
    assert speak.moment(NIGHT, "America/Los_Angeles") == moment
    assert speak.number(12_345) == number


def test_a_language_is_read_once_and_another_is_english() -> None:
    assert translator("es") is translator("es")
    assert [translator(tag).language for tag in ("es", "en", "fr", "")] == ["es", "en", "en", "en"]


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ("es", "es"),
        ("es-MX", "es"),
        ("es_ES", "es"),
        ("ES", "es"),
        ("fr-CA, es;q=0.8, en;q=0.5", "es"),
        ("en-GB,es", "en"),
        (" es ;q=1", "es"),
        ("fr", "en"),
        ("*", "en"),
        ("", "en"),
        (None, "en"),
        (";;,,--__", "en"),
    ],
)
def test_the_language_asked_for_first_that_is_ours(wanted: str | None, language: str) -> None:
    assert best_language(wanted) == language


def test_where_nothing_of_ours_is_asked_for_the_schools_language_is_spoken() -> None:
    assert best_language("fr", otherwise="es") == "es"


def test_a_day_can_be_said_in_part() -> None:
    english, spanish = translator("en"), translator("es")
    assert (english.day_of_month(date(2026, 12, 18)), english.weekday(date(2026, 12, 18))) == ("18 Dec", "Friday")
    assert (spanish.day_of_month(date(2026, 12, 18)), spanish.weekday(date(2026, 12, 18))) == ("18 de diciembre", "viernes")


@pytest.mark.parametrize(
    ("items", "said"),
    [
        (["pendiente", "intersecciones"], "pendiente e intersecciones"),
        (["agua", "hielo"], "agua y hielo"),
        (["a", "b", "hijos"], "a, b e hijos"),
    ],
)
def test_spanish_says_e_before_an_i(items: list[str], said: str) -> None:
    assert translator("es").listed(items) == said
    assert translator("en").listed(["slope", "intercepts"]) == "slope and intercepts"
