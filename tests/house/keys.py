"""Which sentences our pages and programs ask for: the keys that templates and Python name, and the parts only a run knows."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

from jinja2 import Environment, nodes

from tests.house.source import ROOT, modules

TEMPLATES = ROOT / "web/templates"
ANY = "*"
"""Stands for the part of a key that only a run knows."""


@dataclass(frozen=True)
class Use:
    """One place that asks for a sentence; `facts` are those it gives, None when only a run knows them."""

    where: str
    key: str
    facts: frozenset[str] | None
    plural: bool = False


@cache
def uses() -> tuple[Use, ...]:
    """Every call of a translator in templates and Python."""
    return (*_template_uses(), *_python_uses())


def mentioned() -> set[str]:
    """Every string in templates and Python: a key may be named far from where it is asked for."""
    said = {node.value for _, tree in _templates() for node in tree.find_all(nodes.Const) if isinstance(node.value, str)}
    found = (node.value for module in modules() for node in ast.walk(module.tree) if isinstance(node, ast.Constant))
    return said | {value for value in found if isinstance(value, str)}


def _templates() -> Iterator[tuple[str, nodes.Template]]:
    for path in sorted(TEMPLATES.rglob("*.html")):
        yield str(path.relative_to(ROOT)), Environment(autoescape=True).parse(path.read_text())


def _template_uses() -> Iterator[Use]:
    for where, tree in _templates():
        loops = _loops(tree)
        for call in tree.find_all(nodes.Call):
            plural = isinstance(call.node, nodes.Getattr) and call.node.attr == "plural"
            named = call.node.node if plural and isinstance(call.node, nodes.Getattr) else call.node
            if isinstance(named, nodes.Name) and named.name == "t" and call.args:
                facts = None if call.dyn_kwargs else frozenset(keyword.key for keyword in call.kwargs)
                for key in _possible(call.args[0], loops):
                    yield Use(f"{where}:{call.lineno}", key, facts, plural)


def _loops(tree: nodes.Template) -> dict[str, list[str]]:
    """The values of loop variables that run over a list written in the template."""
    found: dict[str, list[str]] = {}
    for loop in tree.find_all(nodes.For):
        if not isinstance(loop.iter, nodes.List):
            continue
        targets = loop.target.items if isinstance(loop.target, nodes.Tuple) else [loop.target]
        for place, target in enumerate(targets):
            items = [item.items[place] if isinstance(item, nodes.Tuple) else item for item in loop.iter.items]
            if isinstance(target, nodes.Name) and all(isinstance(item, nodes.Const) for item in items):
                found[target.name] = [item.value for item in items if isinstance(item, nodes.Const)]
    return found


def _possible(node: nodes.Node, loops: dict[str, list[str]]) -> list[str]:
    """Every key that an expression of a template may be."""
    match node:
        case nodes.Const(value=str(value)):
            return [value]
        case nodes.Name(name=name) if name in loops:
            return loops[name]
        case nodes.CondExpr():
            return [*_possible(node.expr1, loops), *(_possible(node.expr2, loops) if node.expr2 else [])]
        case nodes.Concat():
            return ["".join(parts) for parts in product(*(_possible(part, loops) for part in node.nodes))]
    return [ANY]


def _python_uses() -> Iterator[Use]:
    for module in modules():
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Call) or not node.args or not _translates(node.func):
                continue
            facts = frozenset(word.arg for word in node.keywords if word.arg)
            unknown = any(word.arg is None for word in node.keywords)
            key = _key(node.args[0])
            plural = isinstance(node.func, ast.Attribute) and node.func.attr == "plural"
            yield Use(f"{module.path}:{node.lineno}", key, None if unknown else facts, plural)


def _translates(called: ast.expr) -> bool:
    return bool(re.fullmatch(r"(t|translate\(\)|translator\(.*\)|translated)(\.plural)?", ast.unparse(called)))


def _key(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(value)):
            return value
        case ast.JoinedStr(values=parts):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else ANY for part in parts)
    return ANY


def said_codes() -> set[str]:
    """The codes of the lines about a deed: what views hand to `see(said=…)` and `_done(…)`."""
    found: set[str] = set()
    for module in modules("web", "bot", "lti"):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call):
                told = [word.value for word in node.keywords if word.arg == "said"]
                told += node.args[:1] if ast.unparse(node.func) == "_done" else []
                found |= {code for one in told for code in _strings(one)}
    return found


def _strings(node: ast.expr) -> Iterator[str]:
    """The strings that an expression may be: of `a if x else b` both, of the test none."""
    match node:
        case ast.Constant(value=str(value)):
            yield value
        case ast.IfExp():
            yield from _strings(node.body)
            yield from _strings(node.orelse)


@cache
def constructed_facts(errors: frozenset[str]) -> dict[str, list[frozenset[str]]]:
    """For each named error, the facts that each place which makes one gives to it."""
    made: dict[str, list[frozenset[str]]] = {name: [] for name in errors}
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Raise) and node.exc is not None and not isinstance(node.exc, ast.Call):
                name = ast.unparse(node.exc).rpartition(".")[2]
                if name in made:
                    made[name].append(frozenset())
            elif isinstance(node, ast.Call):
                name = ast.unparse(node.func).rpartition(".")[2]
                if name in made:
                    made[name].append(frozenset(word.arg for word in node.keywords if word.arg))
    return made


def template_paths() -> list[Path]:
    """The templates of our own pages, without those of the practice LMS, which plays somebody else's."""
    return [path for path in sorted(TEMPLATES.rglob("*.html")) if "practice" not in path.parts]
