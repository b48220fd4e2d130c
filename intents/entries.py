"""YAML for translators: every value is text, no key is given twice, and each entry knows its line."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Place = tuple[str | int, ...]
"""The way to an entry: keys and positions from the top."""

Shape = TypeVar("Shape", bound=BaseModel)
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class DataRefused(Exception):
    """A file of language data that a translator would regret; its text names the file, the line and the entry."""

    def __init__(self, file: str, line: int, sentence: str) -> None:
        super().__init__(f"{file}:{line}: {sentence}")
        self.file = file
        self.line = line


@dataclass(frozen=True)
class Entries:
    """The values of one file, and the line of each."""

    file: str
    value: object
    lines: dict[Place, int] = field(default_factory=dict)

    def refusal(self, place: Sequence[str | int], sentence: str) -> DataRefused:
        """A refusal of the entry at a place, or of the nearest one above it that is written down."""
        at = tuple(place)
        while at not in self.lines:
            at = at[:-1]
        return DataRefused(self.file, self.lines[at], sentence)

    def shaped(self, shape: type[Shape]) -> Shape:
        """The values in a shape.

        Raises:
            DataRefused: an entry is missing, unknown or of another kind than the shape wants.
        """
        try:
            return shape.model_validate(self.value)
        except ValidationError as error:
            first = error.errors()[0]
            place = tuple(part for part in first["loc"] if part != "[key]")
            raise self.refusal(place, f"{' › '.join(map(str, place)) or 'the file'}: {first['msg']}") from error


def read_entries(source: Traversable, file: str) -> Entries:
    """Read one YAML file.

    Every scalar stays text: `no` is a word that students say, not a falsehood.

    Args:
        file: how to name it in a refusal.

    Raises:
        DataRefused: the file is missing, is no YAML, is empty or gives a key twice.
    """
    if not source.is_file():
        raise DataRefused(file, 1, "this file is missing")
    try:
        root = yaml.compose(source.read_text(encoding="utf-8"), Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise DataRefused(file, mark.line + 1 if mark else 1, f"this is no YAML: {getattr(error, 'problem', error)}") from error
    if root is None:
        raise DataRefused(file, 1, "this file is empty")
    lines: dict[Place, int] = {}
    return Entries(file, _value(root, (), lines, file), lines)


def _value(node: yaml.Node, place: Place, lines: dict[Place, int], file: str) -> object:
    lines[place] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, place, lines, file)
    if isinstance(node, yaml.SequenceNode):
        return [_value(child, (*place, index), lines, file) for index, child in enumerate(node.value)]
    return node.value


def _mapping(node: yaml.MappingNode, place: Place, lines: dict[Place, int], file: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, child in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise DataRefused(file, key.start_mark.line + 1, "a key must be a word")
        name = str(key.value)
        if name in found:
            raise DataRefused(file, key.start_mark.line + 1, f"“{name}” is given twice")
        found[name] = _value(child, (*place, name), lines, file)
        lines[(*place, name)] = key.start_mark.line + 1
    return found
