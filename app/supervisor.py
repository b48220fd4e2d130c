"""One supervisor for the web server and the worker: both start together, stop together, and are restarted when one dies."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FrameType

from app.settings import Settings, SettingsInvalid

THREADS = 8
GRACE = 15.0
LONGEST_PAUSE = 30.0
READY_WITHIN = 60.0
_PR_SET_PDEATHSIG = 1


@dataclass
class _Child:
    """One part, and how often it has died in a row."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    started_at: float = 0.0
    start_after: float = field(default=0.0)

    def start(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            self.command,
            env=environment,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - the supervisor has one thread
        )
        self.started_at = time.monotonic()

    def died(self) -> int | None:
        """The exit code of a part that should be running and is not."""
        return self.process.poll() if self.process else None

    def bury(self) -> float:
        """Forget the dead process; returns the pause before the next start, longer each time it dies young."""
        self.deaths = self.deaths + 1 if time.monotonic() - self.started_at < LONGEST_PAUSE else 1
        self.process, pause = None, min(2.0 ** (self.deaths - 1), LONGEST_PAUSE)
        self.start_after = time.monotonic() + pause
        return pause

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def wait(self) -> None:
        if not self.process:
            return
        try:
            self.process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _die_with_parent() -> None:
    """Ask Linux to stop this part when the supervisor is gone, however it went; elsewhere nobody can be asked."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def server_command(settings: Settings) -> list[str]:
    """The command of gunicorn, with one process and eight threads: what SQLite and the in-process caches are made for."""
    bind = f"{settings.host}:{settings.port}"
    options = ["--bind", bind, "--workers", "1", "--worker-class", "gthread", "--threads", str(THREADS)]
    options += ["--log-level", "warning", "--logger-class", "app.logs.GunicornLogger"]
    return [sys.executable, "-m", "gunicorn", *options, "app.wsgi:create_app()"]


def become_server(settings: Settings) -> None:
    """Turn this process into the web server."""
    command = server_command(settings)
    os.execv(command[0], command)


def check_port(settings: Settings) -> None:
    """Find out before anything starts whether the port is free.

    Raises:
        SettingsInvalid: somebody else listens there.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            raise SettingsInvalid(
                f"Port {settings.port} is taken, perhaps by a Paceline that still runs. Choose another: PACELINE_PORT=8001 make demo"
            ) from None


def run(settings: Settings, *, say: Callable[[str], None], ready: str) -> int:
    """Run the server and a worker until Ctrl-C; say `ready` once the pages answer. Returns the exit code."""
    environment = {
        **os.environ,
        "PACELINE_STAGE": settings.stage,
        "PACELINE_HOME": str(settings.home),
        "PACELINE_PORT": str(settings.port),
        "PACELINE_LOG_LEVEL": "warning",
    }
    children = [_Child("web server", server_command(settings)), _Child("worker", [sys.executable, "-m", "app.cli", "worker"])]
    with _stop_signals() as stopping:
        for child in children:
            child.start(environment)
        if _wait_until_ready(settings, stopping):
            say(ready)
        elif not stopping():
            say(f"The web server did not answer within {READY_WITHIN:.0f} s; see the messages above.")
        while not stopping():
            _tend(children, environment, say)
            time.sleep(0.3)
    say("Stopping …")
    for child in children:
        child.stop()
    for child in children:
        child.wait()
    return 0


def _tend(children: list[_Child], environment: dict[str, str], say: Callable[[str], None]) -> None:
    for child in children:
        code = child.died()
        if code is not None:
            say(f"The {child.name} stopped (exit code {code}); starting it again in {child.bury():.0f} s.")
        if child.process is None and time.monotonic() >= child.start_after:
            child.start(environment)


def _wait_until_ready(settings: Settings, stopping: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + READY_WITHIN
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # our own server is behind no proxy
    while time.monotonic() < deadline and not stopping():
        address = f"http://{settings.host}:{settings.port}/readyz"
        with contextlib.suppress(OSError), opener.open(address, timeout=2):
            return True
        time.sleep(0.2)
    return False


@contextlib.contextmanager
def _stop_signals() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C or SIGTERM has come, or the terminal was closed."""
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
