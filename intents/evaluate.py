"""How well messages are understood, measured on held-out sentences: `python -m intents.evaluate --json`."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from intents.entries import read_entries
from intents.loader import LANGUAGES, OUT_OF_SCOPE
from intents.matcher import Match, Matcher, Zone, matcher
from intents.safety import Concern, detect

HELD_OUT = Path(__file__).parents[1] / "tests" / "intents" / "data"

Lines = Annotated[tuple[str, ...], BeforeValidator(tuple), Field(min_length=1)]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    language: str


class Said(_File):
    """Held-out sentences of one language, by intent."""

    said: dict[str, Lines]


class Disclosures(_File):
    """Held-out lines of one language for the safety check."""

    direct: Lines
    indirect: Lines
    harmless: Lines


@dataclass(frozen=True)
class Report:
    """Shares from 0 to 1 of the sentences of a language, or of all.

    Attributes:
        accuracy: the likeliest intent was meant.
        acted: were acted upon; `acted_right` of those rightly.
        offered: were asked back; `offered_right` of those with the right one among the likeliest.
        handled: were acted upon rightly, offered rightly, or were out of scope and not understood.
        out_of_scope_recall: of the out-of-scope, were called so; `out_of_scope_precision`: of those called so, were.
        out_of_scope_acted: of the out-of-scope, were acted upon: the error that does harm.
        ms: milliseconds a message, the median; `ms_p99`: 99 % take no longer.
    """

    sentences: int
    accuracy: float
    acted: float
    acted_right: float
    offered: float
    offered_right: float
    handled: float
    out_of_scope_recall: float
    out_of_scope_precision: float
    out_of_scope_acted: float
    ms: float
    ms_p99: float


@dataclass(frozen=True)
class _Read:
    meant: str
    match: Match
    ms: float

    @property
    def right(self) -> bool:
        return self.match.intent == self.meant

    @property
    def offered_right(self) -> bool:
        return any(guess.intent == self.meant for guess in self.match.likeliest)

    @property
    def handled(self) -> bool:
        return {
            Zone.ACT: self.right,
            Zone.DID_YOU_MEAN: self.offered_right,
            Zone.NOT_UNDERSTOOD: self.meant == OUT_OF_SCOPE,
        }[self.match.zone]


def held_out(language: str, folder: Path = HELD_OUT) -> Mapping[str, Sequence[str]]:
    """The held-out sentences of a language, by intent."""
    return read_entries(folder / language / "said.yaml", f"{language}/said.yaml").shaped(Said).said


def disclosures(language: str, name: str = "safety", folder: Path = HELD_OUT) -> Disclosures:
    """The held-out lines for the safety check in a language, from `<name>.yaml`."""
    return read_entries(folder / language / f"{name}.yaml", f"{language}/{name}.yaml").shaped(Disclosures)


def measure(said: Mapping[str, Sequence[str]], with_matcher: Matcher) -> Report:
    """How well sentences, given by intent, are read."""
    return _report([_read(with_matcher, intent, text) for intent, texts in said.items() for text in texts])


def measure_safety(lines: Disclosures) -> dict[str, float]:
    """The share of direct, of indirect and of harmless lines that raise a concern."""
    kinds = {"direct": lines.direct, "indirect": lines.indirect, "harmless": lines.harmless}
    return {kind: _share([detect(line) is not None for line in texts]) for kind, texts in kinds.items()}


def missed(lines: Disclosures) -> dict[str, list[tuple[str, Concern | None]]]:
    """The disclosures that raise no concern and the harmless lines that do, with what they raised."""
    kinds = {"direct": lines.direct, "indirect": lines.indirect, "harmless": lines.harmless}
    found = {kind: [(line, detect(line)) for line in texts] for kind, texts in kinds.items()}
    return {kind: [(line, one) for line, one in each if (one is None) == (kind != "harmless")] for kind, each in found.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the numbers to standard output, as JSON or as lines."""
    parser = argparse.ArgumentParser(prog="python -m intents.evaluate", description=__doc__)
    parser.add_argument("--json", action="store_true", help="write JSON")
    parser.add_argument("--held-out", type=Path, default=HELD_OUT, help="the folder of held-out sentences")
    wanted = parser.parse_args(arguments)
    model = matcher()
    numbers: dict[str, dict[str, float]] = {}
    for language in LANGUAGES:
        numbers[language] = asdict(measure(held_out(language, wanted.held_out), model))
        numbers[f"{language} safety"] = measure_safety(disclosures(language, folder=wanted.held_out))
    sys.stdout.write(json.dumps(numbers, indent=2) + "\n" if wanted.json else _lines(numbers))
    return 0


def _lines(numbers: Mapping[str, Mapping[str, float]]) -> str:
    return "".join(f"{part:10}  {name:24} {value:g}\n" for part, each in numbers.items() for name, value in each.items())


def _read(with_matcher: Matcher, meant: str, text: str) -> _Read:
    began = perf_counter()
    match = with_matcher.match(text)
    return _Read(meant, match, (perf_counter() - began) * 1000)


def _report(reads: Sequence[_Read]) -> Report:
    acted = [read for read in reads if read.match.zone is Zone.ACT]
    offered = [read for read in reads if read.match.zone is Zone.DID_YOU_MEAN]
    outside = [read for read in reads if read.meant == OUT_OF_SCOPE]
    called_outside = [read for read in reads if read.match.intent == OUT_OF_SCOPE]
    times = sorted(read.ms for read in reads)
    return Report(
        sentences=len(reads),
        accuracy=_share([read.right for read in reads]),
        acted=round(len(acted) / len(reads), 3),
        acted_right=_share([read.right for read in acted]),
        offered=round(len(offered) / len(reads), 3),
        offered_right=_share([read.offered_right for read in offered]),
        handled=_share([read.handled for read in reads]),
        out_of_scope_recall=_share([read.right for read in outside]),
        out_of_scope_precision=_share([read.right for read in called_outside]),
        out_of_scope_acted=_share([read.match.zone is Zone.ACT for read in outside]),
        ms=round(times[len(times) // 2], 3),
        ms_p99=round(times[int(len(times) * 0.99)], 3),
    )


def _share(true: Sequence[bool]) -> float:
    return round(sum(true) / len(true), 3) if true else 0.0


if __name__ == "__main__":
    sys.exit(main())
