"""Logs: one JSON object a line, with a correlation id; never a student's words, never a handle."""

import logging
import sys
import traceback
from typing import TextIO

import structlog
from structlog.typing import Processor


def configure(level: str, *, readable: bool = False, stream: TextIO = sys.stderr) -> None:
    """Set up logging once a process. `readable` writes for a person at a terminal."""
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: Processor = structlog.dev.ConsoleRenderer(colors=stream.isatty()) if readable else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=stream, format="%(levelname)s %(name)s %(message)s")


def raised_at(error: BaseException) -> list[str]:
    """Where an error was raised, for the log: files, lines and functions; not the message, which may quote a student."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
