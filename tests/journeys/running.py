"""What a journey needs to run: processes, free ports, and a web page of another origin that shows an LMS in a frame."""

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
STARTS_WITHIN = 60.0
STOPS_WITHIN = 15.0
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def free_ports(count: int) -> list[int]:
    """Ports of loopback on which nobody listens, all different."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def chromium() -> str:
    """The browser: `PACELINE_CHROMIUM`, or the system's. Without one the journeys fail; they are never skipped."""
    found = os.environ.get("PACELINE_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None)
    assert found, "No Chromium: install it, or name it in PACELINE_CHROMIUM"
    return found


@contextmanager
def process(command: Sequence[str], log: Path, environment: Mapping[str, str], *, answers_at: str | None = None) -> Iterator[None]:
    """Run a process, from the moment when it answers until the end of the block; what it says goes into `log`."""
    with log.open("wb") as said:
        running = subprocess.Popen(command, env=os.environ | environment, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)
        try:
            if answers_at:
                _wait_for(answers_at, running, log)
            yield
        finally:
            running.terminate()
            try:
                running.wait(STOPS_WITHIN)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()


def _wait_for(address: str, running: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        assert running.poll() is None, f"It stopped at once:\n{log.read_text()[-2000:]}"
        with suppress(urllib.error.URLError, ConnectionError), urllib.request.urlopen(address, timeout=5):
            return
        time.sleep(0.1)
    raise AssertionError(f"{address} does not answer:\n{log.read_text()[-2000:]}")
