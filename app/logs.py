"""Logs: one JSON object a line, with a correlation id; never a student's words, never a handle."""

import logging
import re
import sys
import traceback
from typing import TextIO

import structlog
from gunicorn.config import Config
from gunicorn.glogging import Logger
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
        cache_logger_on_first_use=not readable,  # for servers; who reads along has time
    )
    logging.basicConfig(level=logging.WARNING, stream=stream, format="%(levelname)s %(name)s %(message)s")


def raised_at(error: BaseException) -> list[str]:
    """Where an error was raised, for the log: files, lines and functions; not the message, which may quote a student."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]


class GunicornLogger(Logger):  # type: ignore[misc]
    """Gunicorn's own log, with handles and invitations taken out of the addresses that it quotes."""

    def setup(self, cfg: Config) -> None:
        """Set up as gunicorn does, and mask what is logged."""
        super().setup(cfg)
        self.error_log.addFilter(_mask)


def _mask(record: logging.LogRecord) -> bool:
    record.msg, record.args = masked(record.getMessage()), ()
    record.exc_info = None  # a traceback quotes what was sent
    return True


def masked(text: str) -> str:
    """A text without the secrets that addresses of ours carry."""
    return re.sub(r"/(v|invitation)/[^/\s'\"?]+", r"/\1/…", text)
