"""What the papers say is so: links lead somewhere, commands and options exist, sentences are quoted as they are."""

import re
from pathlib import Path

import click
import pytest

from app.cli import main
from core.evidence.estimates import Method
from tests.house.source import ROOT, modules

PAPERS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(#[^)\s]*)?\)")
COMMAND = re.compile(r"(?:^\s+|`|\bwith |: )paceline ((?:[a-z][a-z-]* ?)+)([^\n`]*)", re.MULTILINE)
OPTION = re.compile(r"(?<!\S)--[a-z-]+")
LONGEST_DECISION = 40


def papers() -> list[tuple[str, str]]:
    """The text of each paper, its continued lines joined."""
    return [(str(path.relative_to(ROOT)), path.read_text().replace("\\\n", " ")) for path in PAPERS]


def slugs(path: Path) -> set[str]:
    """The anchors of a paper's headings."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def find_command(words: list[str]) -> click.Command | None:
    """The command that some words name; None when they name none, or only a group."""
    at: click.Command = main
    for word in words:
        if not isinstance(at, click.Group):
            break
        if word not in at.commands:
            return None
        at = at.commands[word]
    return None if isinstance(at, click.Group) else at


def test_links_lead_somewhere() -> None:
    lost = []
    for path in PAPERS:
        for target, anchor in LINK.findall(path.read_text()):
            found = (path.parent / target).resolve() if target else path
            if not found.exists() or (anchor and anchor[1:] not in slugs(found)):
                lost.append(f"{path.relative_to(ROOT)}: {target}{anchor}")
    assert lost == []


def test_commands_and_their_options_exist() -> None:
    seen, wrong = set(), []
    for where, text in papers():
        for named, rest in COMMAND.findall(text):
            command = find_command(named.split())
            if command is None:
                wrong.append(f"{where}: paceline {named}")
                continue
            seen.add(command.name)
            options = {option for parameter in command.params for option in parameter.opts}
            wrong += [f"{where}: paceline {named} {option}" for option in OPTION.findall(rest) if option not in options]
    assert wrong == []
    assert seen >= {"serve", "worker", "upgrade", "add", "approve", "remove", "list", "check", "invite", "new-key", "rotate"}


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_commands_that_pages_name_exist(language: str) -> None:
    catalogue = (ROOT / f"core/i18n/catalogues/{language}.po").read_text()
    named = re.findall(r"paceline ((?:platform|admin|vault|db|tenant) [a-z-]+)", catalogue)
    assert named
    assert [words for words in named if find_command(words.split()) is None] == []


@pytest.mark.parametrize("words", ["platform forget", "platform", "vault show-key", "talk"])
def test_a_command_that_is_not_there_is_found(words: str) -> None:
    assert find_command(words.split()) is None


def test_decisions_are_short_numbered_and_whole() -> None:
    decisions = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    for path in decisions:
        text = path.read_text()
        assert len(text.splitlines()) <= LONGEST_DECISION, path.name
        assert text.startswith(f"# {int(path.name[:4])}. "), path.name
        for part in ("Accepted, 20", "**Context.**", "**Decision.**", "**Consequences.**", "**Instead of:**"):
            assert part in text, f"{path.name} lacks {part}"


def test_the_glossary_says_every_method_in_a_sentence() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE))
    assert set(rows) == {method.value for method in Method}
    assert all(row.endswith(".") for row in rows.values())


def test_metrics_that_operators_are_told_of_exist() -> None:
    told = set(re.findall(r"`(paceline_\w+)`", (ROOT / "docs/operations.md").read_text()))
    source = "\n".join((ROOT / module.path).read_text() for module in modules("app"))
    assert told
    assert [name for name in told if f'"{name}"' not in source] == []


def test_refusals_are_quoted_as_pages_say_them() -> None:
    table = (ROOT / "docs/install/generic-lti.md").read_text().partition("| it says |")[2]
    quoted = re.findall(r"^\| ([A-Z][^|]+) \|", table, re.MULTILINE)
    catalogue = (ROOT / "core/i18n/catalogues/en.po").read_text()
    sentences = re.findall(r'^msgid "error\.lti\..*"\nmsgstr "(.*)"$', catalogue, re.MULTILINE)
    assert len(quoted) >= 4
    assert [words for words in quoted if not any(words in sentence for sentence in sentences)] == []


def test_the_licence_is_whole() -> None:
    licence = (ROOT / "LICENSE").read_text()
    assert "Apache License" in licence.splitlines()[0]
    assert all(f"   {number}. " in licence for number in range(1, 10))
    assert "END OF TERMS AND CONDITIONS" in licence
