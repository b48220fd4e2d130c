"""The measuring command."""

import json
from pathlib import Path

import pytest

from intents.entries import DataRefused
from intents.evaluate import main, measure
from intents.matcher import matcher


def test_it_writes_json_for_each_language(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json"]) == 0
    numbers = json.loads(capsys.readouterr().out)
    assert set(numbers) == {"en", "es", "en safety", "es safety"}
    assert numbers["en"]["sentences"] > 250
    assert set(numbers["en safety"]) == {"direct", "indirect", "harmless"}


def test_it_writes_lines_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "accuracy" in capsys.readouterr().out


def test_a_folder_without_sentences_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=r"en/said\.yaml:1: this file is missing"):
        main(["--held-out", str(tmp_path)])


def test_the_shares_are_of_what_was_said() -> None:
    report = measure({"greet": ["hi", "hello"], "thanks": ["show my goals"], "out_of_scope": ["who is the president"]}, matcher())
    assert (report.sentences, report.accuracy, report.acted) == (4, 0.75, 0.75)
    assert (report.acted_right, report.handled) == (0.667, 0.75)
    assert (report.out_of_scope_recall, report.out_of_scope_precision, report.out_of_scope_acted) == (1.0, 1.0, 0.0)
