"""Reading our own source, for rules that no module can check by itself."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("app", "core", "intents", "bot", "lti", "web")


@dataclass(frozen=True)
class Module:
    """One file of a room, parsed; `path` is relative to the project."""

    path: str
    tree: ast.Module


@dataclass(frozen=True)
class Call:
    """One call: where, inside which class and function, and of what (`session.commit`, `print`)."""

    path: str
    line: int
    within: str
    target: str
    node: ast.Call

    @property
    def name(self) -> str:
        """The last part of what is called."""
        return self.target.rpartition(".")[2]

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.target}() in {self.within or 'the module'}"


def modules(*rooms: str) -> list[Module]:
    """The Python files of some rooms, of all rooms when none is named."""
    return [module for module in _all_modules() if not rooms or module.path.split("/")[0] in rooms]


@cache
def _all_modules() -> tuple[Module, ...]:
    paths = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return tuple(parse(path.read_text(), str(path.relative_to(ROOT))) for path in paths)


def parse(source: str, path: str = "example.py") -> Module:
    """A module from its source."""
    return Module(path, ast.parse(source, path))


def calls(found: Iterable[Module]) -> Iterator[Call]:
    """Every call in some modules."""
    for module in found:
        yield from _calls(module.path, module.tree, ())


def _calls(path: str, node: ast.AST, within: tuple[str, ...]) -> Iterator[Call]:
    for child in ast.iter_child_nodes(node):
        inside = (*within, child.name) if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else within
        if isinstance(child, ast.Call):
            yield Call(path, child.lineno, ".".join(within), ast.unparse(child.func), child)
        yield from _calls(path, child, inside)
