"""Run every benchmark, write `bench/results/*.json` and `docs/performance.md`; exit 1 when a limit is missed."""

import json
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import home, launch, talk

BENCHMARKS: dict[str, Callable[[], dict[str, Any]]] = {"launch": launch.measure, "home": home.measure, "talk": talk.measure}
RESULTS = Path("bench/results")
PAGE = Path("docs/performance.md")


def main(names: list[str]) -> int:
    RESULTS.mkdir(exist_ok=True)
    for name in names or BENCHMARKS:
        print(f"== {name}", file=sys.stderr)
        result = BENCHMARKS[name]()
        (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
        print(json.dumps(result, indent=2))
    kept = {name: json.loads((RESULTS / f"{name}.json").read_text()) for name in BENCHMARKS if (RESULTS / f"{name}.json").exists()}
    PAGE.write_text(_page(kept))
    return 0 if all(result["within"] for result in kept.values()) else 1


def _page(kept: dict[str, dict[str, Any]]) -> str:
    lines = [
        "# Performance",
        "",
        "Written by `make bench`. Ratios, measured in one run on one machine, travel; absolute times do not.",
        f"Python {platform.python_version()}, {platform.system()}.",
    ]
    for name, result in kept.items():
        lines += ["", f"## {name.capitalize()}", "", result["question"], "", "| measure | value |", "|---|---|"]
        lines += [f"| {measure} | {value} |" for measure, value in result["measures"].items()]
        lines += ["", f"Limit: {result['limit']}. {'Kept.' if result['within'] else '**Missed.**'}"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
