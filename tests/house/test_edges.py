"""What belongs to the edges of the house: reading the clock, printing, and logging without a student's words."""

import ast
from collections.abc import Iterable

import pytest

from tests.house.source import Call, Module, calls, modules, parse

THE_CLOCK = "core/data/clock.py"
READS_A_CLOCK = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}
CORE_EDGES = {"core/data/outgoing.py"}
"""Core's own edges to the world, which no verb hands an instant to."""

PRINTERS = {"app/cli.py", "app/demo.py"}

LOGGERS = {"log", "logger", "logging", "structlog"}
LEVELS = {"debug", "info", "warning", "error", "critical", "exception", "log", "msg"}
TELLS_TOO_MUCH = {"name", "words", "text", "answer", "plan", "why", "mood", "title", "handle", "cookie", "code_typed", "form", "payload"}
"""Names of facts that hold, or may hold, what a student wrote, who they are, or a secret."""


def clock_readings(found: Iterable[Module]) -> list[Call]:
    return [call for call in calls(found) if call.path != THE_CLOCK and ".".join(call.target.split(".")[-2:]) in READS_A_CLOCK]


def log_calls(found: Iterable[Module]) -> list[Call]:
    return [call for call in calls(found) if call.name in LEVELS and call.target.split(".")[0] in LOGGERS]


def log_faults(call: Call) -> list[str]:
    """What is wrong with a log call, as far as its source tells."""
    said, *more = call.node.args or [ast.Constant(None)]
    faults = []
    if more or not isinstance(said, ast.Constant):
        faults.append("the message must be a fixed code; facts go into keywords")
    if call.name == "exception" or any(word.arg == "exc_info" for word in call.node.keywords):
        faults.append("an exception's message may quote a student; log its type and where it was raised")
    for word in call.node.keywords:
        named = {node.attr for node in ast.walk(word.value) if isinstance(node, ast.Attribute)}
        named |= {node.id for node in ast.walk(word.value) if isinstance(node, ast.Name)}
        if word.arg in TELLS_TOO_MUCH or any(each.startswith("sealed_") for each in named) or "open" in named:
            faults.append(f"{word.arg} may hold a person's words")
    return faults


def test_only_the_clock_module_reads_a_clock() -> None:
    assert [str(call) for call in clock_readings(modules())] == []


def test_the_domain_is_told_the_time() -> None:
    asked = [call for call in calls(modules("core", "intents")) if call.name == "utc_now" and call.path not in CORE_EDGES]
    assert [str(call) for call in asked] == []


@pytest.mark.parametrize("reading", ["datetime.now(UTC)", "datetime.datetime.utcnow()", "date.today()", "time.time()"])
def test_a_clock_read_elsewhere_is_found(reading: str) -> None:
    assert clock_readings([parse(f"def verb():\n    return {reading}\n")])


def test_nothing_prints_but_the_command_line() -> None:
    printing = [call for call in calls(modules()) if call.target in ("print", "click.echo", "console.print")]
    assert printing
    assert [str(call) for call in printing if call.path not in PRINTERS] == []


def test_logs_hold_codes_and_no_words() -> None:
    logged = log_calls(modules())
    assert logged
    assert {str(call): faults for call in logged if (faults := log_faults(call))} == {}


@pytest.mark.parametrize(
    "line",
    [
        'log.info(f"said {words}")',
        'log.info("said", words)',
        'log.info("said", words=words)',
        'structlog.get_logger().warning("read", what=key.open(goal.sealed_words, WORDS))',
        'log.exception("failed")',
        'logger.error("failed", exc_info=True)',
    ],
)
def test_a_log_line_that_may_tell_too_much_is_found(line: str) -> None:
    assert [log_faults(call) for call in log_calls([parse(line)])] not in ([], [[]])
