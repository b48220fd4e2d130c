"""Who may import whom: the contracts of pyproject.toml are kept, and each of them notices when it is broken."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS = {contract["id"]: contract["name"] for contract in SETTINGS["contracts"]}
OFFENCES = [
    ("rooms", "lti/offence.py", "import web"),
    ("rooms", "intents/offence.py", "import core.errors"),
    ("rooms", "bot/offence.py", "import app.wiring"),
    ("inside-core", "core/people/offence.py", "import core.journal.goals"),
    ("inside-core", "core/i18n/offence.py", "import core.data.db"),
    ("inside-core", "core/offence.py", "a_module = 'without a place among the layers'"),
    ("plain-core", "core/data/offence.py", "import flask"),
    ("plain-core", "intents/offence.py", "import slack_bolt"),
    ("lti-library", "web/offence.py", "import pylti1p3.grade"),
    ("clock-and-server", "bot/offence.py", "import apscheduler.schedulers"),
    ("clock-and-server", "lti/offence.py", "import gunicorn"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages' Python files and the contracts, for tests to do harm to."""
    folder = tmp_path_factory.mktemp("rooms")
    for package in SETTINGS["root_packages"]:
        for path in (ROOT / package).rglob("*.py"):
            target = folder / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
    return folder


@pytest.fixture
def offend(copy: Path) -> Iterator[Path]:
    """The copy, mended afterwards."""
    before = set(copy.rglob("*.py"))
    yield copy
    for path in set(copy.rglob("*.py")) - before:
        path.unlink()


def broken_contracts(folder: Path) -> set[str]:
    """The ids of the contracts that import-linter says are broken in a folder; each must be said to be kept or broken."""
    linter = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    ran = subprocess.run([sys.executable, "-c", linter, "--no-logo", "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)
    said = dict(re.findall(r"^(.+) (KEPT|BROKEN)\b", ran.stdout, re.MULTILINE))
    assert set(said) == set(CONTRACTS.values()), ran.stdout + ran.stderr
    broken = {key for key, name in CONTRACTS.items() if said[name] == "BROKEN"}
    assert (ran.returncode != 0) == bool(broken)
    return broken


def test_the_contracts_are_kept() -> None:
    assert broken_contracts(ROOT) == set()


@pytest.mark.parametrize(("contract", "path", "line"), OFFENCES)
def test_a_broken_contract_is_noticed_and_no_other(offend: Path, contract: str, path: str, line: str) -> None:
    (offend / path).write_text(f"{line}\n")
    assert broken_contracts(offend) == {contract}


def test_each_contract_is_broken_once_on_purpose() -> None:
    assert {contract for contract, _, _ in OFFENCES} == set(CONTRACTS)
