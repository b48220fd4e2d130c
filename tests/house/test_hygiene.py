"""What the project's files must not hold, and how long they may be."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.house.source import ROOMS, ROOT

LONGEST_MODULE = 400
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("conda", "anaconda", "org"),
        ("proxy", "golang", "org"),
        ("index", "crates", "io"),
        ("rubygems", "org"),
    )
]
"""In pieces, so that this file does not name them either."""

NAMES_A_REGISTRY = re.compile("|".join(re.escape(host) for host in REGISTRIES))
NAMES_A_MACHINE = re.compile(r"(?<![\w.<>*}-])/(work|root|home/[a-z][\w-]*|Users/[A-Z][\w-]*)/[\w.]")
NO_INDEX = re.compile(r"^\s*(-i|--index-url|--extra-index-url|-f|--find-links|--trusted-host)\b|https?://")
PINNED = re.compile(r"^[A-Za-z0-9._-]+(\[[a-z0-9,_-]+\])?==[^\s;]+")


def own_files() -> list[Path]:
    """Every file that is tracked, or would be: untracked and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout
    return sorted(path for name in listed.decode().split("\0") if name and (path := ROOT / name).is_file())


def lines_that_match(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in own_files():
        text = path.read_bytes().decode("utf-8", "replace")
        if pattern.search(text):
            found += [f"{path.relative_to(ROOT)}:{number}" for number, line in enumerate(text.splitlines(), 1) if pattern.search(line)]
    return found


def test_no_file_names_a_package_registry() -> None:
    assert lines_that_match(NAMES_A_REGISTRY) == []


def test_no_file_names_a_path_of_somebody_s_machine() -> None:
    assert lines_that_match(NAMES_A_MACHINE) == []


@pytest.mark.parametrize("path", ["work/main/app", "root/paceline/var", "home/ada/school", "Users/Ada/school"])
def test_a_path_of_somebody_s_machine_is_found(path: str) -> None:
    assert NAMES_A_MACHINE.search(f"see /{path}")
    assert NAMES_A_MACHINE.search(f"sqlite:////{path}.db")


@pytest.mark.parametrize(
    "path", ["/usr/bin/chromium", "/v/<handle>/home/", "/home/", "https://lms.example/work/1", "docs/work/x", "./root/x"]
)
def test_addresses_and_usual_places_are_not_taken_for_one(path: str) -> None:
    assert not NAMES_A_MACHINE.search(path)


@pytest.mark.parametrize("host", REGISTRIES)
def test_a_registry_is_found(host: str) -> None:
    assert NAMES_A_REGISTRY.search(f'"resolved": "https://{host}/x.tgz"')


@pytest.mark.parametrize("room", ROOMS)
def test_no_module_is_longer_than_a_noun(room: str) -> None:
    paths = [path for path in (ROOT / room).rglob("*.py") if "versions" not in path.parts]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in paths}
    assert lengths
    assert {path: length for path, length in lengths.items() if length > LONGEST_MODULE} == {}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_pinned_by_hash_and_name_no_index(name: str) -> None:
    text = (ROOT / name).read_text()
    assert [line for line in text.splitlines() if not line.lstrip().startswith("#") and NO_INDEX.search(line)] == []
    wanted = re.sub(r"\\\n\s*", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)).splitlines()
    entries = [line for line in wanted if line.strip()]
    assert len(entries) > 20
    assert [line for line in entries if not PINNED.match(line) or "--hash=sha256:" not in line] == []
