"""The data is read strictly, and a refusal names the file, the line and the entry."""

import shutil
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from intents.entries import DataRefused
from intents.evaluate import disclosures, held_out
from intents.loader import FEWEST_EXAMPLES, LANGUAGES, OUT_OF_SCOPE, Risk, data, load
from intents.normalise import plain

SHIPPED = Path(str(files("intents") / "data"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the data, for a test to spoil."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "data"))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def refusal(folder: Path) -> str:
    with pytest.raises(DataRefused) as refused:
        load(folder)
    return str(refused.value)


def test_every_intent_has_examples_in_every_language() -> None:
    found = data()
    assert set(found.languages) == set(LANGUAGES)
    assert len(found.intents) == 38
    for code, language in found.languages.items():
        assert set(language.examples) == set(found.intents)
        assert min(len(texts) for texts in language.examples.values()) >= FEWEST_EXAMPLES[code]


def test_what_cannot_be_taken_back_is_confirmed() -> None:
    confirmed = {name for name, intent in data().intents.items() if intent.risk is Risk.CONFIRM}
    assert confirmed == {"complete_goal", "delete_goal", "stop_nudges", "export_my_data", "delete_my_data"}


def test_the_example_of_each_intent_is_one_of_its_own() -> None:
    said = {(intent, text) for _, intent, text in data().spoken()}
    assert {name: intent.example for name, intent in data().intents.items() if (name, intent.example) not in said} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_held_out_sentence_is_an_example(language: str) -> None:
    examples = {plain(text) for _, _, text in data().spoken()}
    sentences = held_out(language)
    assert {text for texts in sentences.values() for text in texts if plain(text) in examples} == set()
    assert set(sentences) == set(data().intents)
    assert min(len(texts) for texts in sentences.values()) >= {"en": 6, "es": 3}[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_lines_that_measure_safety_are_not_those_it_was_mended_with(language: str) -> None:
    fresh, known = disclosures(language), disclosures(language, "safety_known")
    lines = [{plain(line) for kind in (each.direct, each.indirect, each.harmless) for line in kind} for each in (fresh, known)]
    assert lines[0] & lines[1] == set()


SPOILED: list[tuple[Callable[[Path], object], str]] = [
    (lambda folder: (folder / "es" / "lists.yaml").unlink(), "es/lists.yaml:1: this file is missing"),
    (lambda folder: shutil.rmtree(folder / "es"), "es/:1: the language “es” is missing"),
    (lambda folder: (folder / "en" / "examples.yaml").write_text(""), "en/examples.yaml:1: this file is empty"),
    (
        lambda folder: change(folder / "en" / "examples.yaml", "  greet:\n", "  greed:\n"),
        "en/examples.yaml:5: there is no intent “greed” in intents.yaml",
    ),
    (
        lambda folder: change(folder / "en" / "examples.yaml", "    - hi\n", "    - hi\n    - HI!\n"),
        "en/examples.yaml:7: “HI!” is given twice under “greet”",
    ),
    (
        lambda folder: change(folder / "en" / "examples.yaml", "    - hi\n", "    - hi\n    - Thank you\n"),
        "“thank you” is an example of “greet” (en) already; it cannot mean “thanks” too",
    ),
    (
        lambda folder: change(folder / "es" / "examples.yaml", "    - hola\n", "    - hola\n    - thanks\n"),
        "es/examples.yaml:7: “thanks” is an example of “thanks” (en) already; it cannot mean “greet” too",
    ),
    (
        lambda folder: change(folder / "en" / "examples.yaml", "    - hello\n", "    - hеllo\n"),
        "en/examples.yaml:7: “hеllo” holds CYRILLIC SMALL LETTER IE",
    ),
    (lambda folder: change(folder / "en" / "examples.yaml", "    - hello\n", "    - hel\u200blo\n"), "ZERO WIDTH SPACE"),
    (lambda folder: change(folder / "en" / "examples.yaml", "    - hello\n", "    - '?!'\n"), "en/examples.yaml:7: “?!” holds no word"),
    (lambda folder: change(folder / "en" / "examples.yaml", "    - hello\n", "    - ''\n"), "en/examples.yaml:7: examples › greet › 1"),
    (lambda folder: change(folder / "es" / "lists.yaml", "language: es", "language: en"), "in the folder of “es” and says “en”"),
    (lambda folder: change(folder / "es" / "lists.yaml", "domingo: 6", "domingo: six"), "es/lists.yaml:"),
    (lambda folder: change(folder / "en" / "lists.yaml", "labels:", "labels: [unit]\nlabels:"), "“labels” is given twice"),
    (lambda folder: change(folder / "intents.yaml", "risk: safe", "risk: none"), "intents.yaml:3: intents › greet › risk"),
    (lambda folder: change(folder / "intents.yaml", "  greet: {", "  greet: {mood: good, "), "intents.yaml:3: intents › greet › mood"),
    (lambda folder: change(folder / "intents.yaml", f"  {OUT_OF_SCOPE}:", "  other:"), f"there must be an intent “{OUT_OF_SCOPE}”"),
    (lambda folder: change(folder / "intents.yaml", "intents:", "intents: ["), "this is no YAML"),
    (lambda folder: change(folder / "en" / "safety.yaml", "(want|wanting", "((want|wanting"), "this pattern cannot be read"),
    (lambda folder: change(folder / "en" / "safety.yaml", "unless: [sport]", "unless: [sports]"), "names a context “sports”"),
    (lambda folder: change(folder / "en" / "safety.yaml", "id: kms", "id: kill_self"), "“kill_self” names two patterns"),
    (lambda folder: change(folder / "es" / "subjects.yaml", "  music:", "  musics:"), "the subject “music” must be in every language"),
    (
        lambda folder: change(folder / "en" / "subjects.yaml", "names: [physics]", "names: [physics, Maths]"),
        "“maths” names “math” already; it cannot name “physics” too",
    ),
    (
        lambda folder: change(folder / "es" / "subjects.yaml", "[nutrición,", "[nutrición, nutricion,"),
        "“nutricion” is given twice under “health”",
    ),
]


@pytest.mark.parametrize(("spoil", "said"), SPOILED, ids=[said for _, said in SPOILED])
def test_what_a_translator_would_regret_is_refused(folder: Path, spoil: Callable[[Path], object], said: str) -> None:
    spoil(folder)
    assert said in refusal(folder)


def test_too_few_examples_are_refused(folder: Path) -> None:
    path = folder / "es" / "examples.yaml"
    before, _, rest = path.read_text().partition("  greet:\n")
    path.write_text(f"{before}  greet:\n    - hola\n{rest[rest.index('  help_menu:') :]}")
    assert "es/examples.yaml:5: “greet” has 1 examples; it needs 6" in refusal(folder)


def test_an_intent_without_examples_is_refused(folder: Path) -> None:
    change(folder / "intents.yaml", "  greet:", "  sing: {means: Sings., risk: safe, example: la la}\n  greet:")
    assert "“sing” has no examples in “en”" in refusal(folder)


def test_no_and_yes_stay_words() -> None:
    assert "no" in data().languages["en"].examples["deny"]
    assert "no" in data().languages["es"].lists.answers.no
