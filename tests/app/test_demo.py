"""`paceline demo`: server and worker under one supervisor, from nothing to an address, and through the death of a part."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from app import supervisor
from app.settings import Settings, SettingsInvalid, Stage, new_master_key

PATIENCE = 60.0


class Demo:
    """A running demo, and what it has said."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.address, self.said = f"http://localhost:{port}", ""
        command = [sys.executable, "-m", "app.cli", "demo", "--home", str(home), "--port", str(port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line

    def end(self) -> None:
        """Leave nothing running."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        with self.process:
            self._listener.join(PATIENCE)

    def until(self, happened: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not happened():
            assert time.monotonic() < deadline, self.said
            assert self.process.poll() is None, self.said
            time.sleep(0.1)

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.address}/readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def children(self) -> dict[str, int]:
        """The supervised processes by what they are."""
        found = {}
        for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
            words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            found["worker" if "worker" in words else "server"] = int(pid)
        return found


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def demo(tmp_path: Path, port: int) -> Iterator[Demo]:
    running = Demo(tmp_path / "home", port)
    yield running
    running.end()


def test_a_demo_says_where_to_click_restarts_what_dies_and_stops_cleanly(demo: Demo) -> None:
    demo.until(lambda: "/practice/" in demo.said)
    assert f"{demo.address}/practice/" in demo.said
    assert "finish all of unit 4 by friday" in demo.said and 'chat --as "Ada Okafor"' in demo.said
    assert "Ada Okafor" in httpx.get(f"{demo.address}/practice/").text

    kept = [demo.home, *demo.home.glob("*.db"), *demo.home.glob("*.env")]
    assert len(kept) > 3
    assert [path for path in kept if stat.S_IMODE(path.stat().st_mode) & 0o077] == [], "its owner's alone"

    before = demo.children()
    for part in ("server", "worker"):
        os.kill(before[part], signal.SIGKILL)
    demo.until(lambda: len(re.findall(r"stopped \(exit code -9\)", demo.said)) == 2)
    demo.until(lambda: len(demo.children()) == 2 and demo.is_ready())
    after = demo.children()
    assert not set(before.values()) & set(after.values())

    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(PATIENCE) == 0
    assert "Stopping" in demo.said
    assert not any(Path(f"/proc/{pid}").exists() for pid in after.values())


def test_a_supervisor_that_is_killed_takes_its_parts_along(demo: Demo) -> None:
    demo.until(lambda: "/practice/" in demo.said)
    parts = demo.children()

    demo.process.kill()
    demo.process.wait(PATIENCE)

    deadline = time.monotonic() + PATIENCE
    while any(_runs(pid) for pid in parts.values()):
        assert time.monotonic() < deadline, parts
        time.sleep(0.1)


def _runs(pid: int) -> bool:
    """Whether a process is there and no zombie that nobody has waited for."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def test_a_port_that_is_taken_is_said_before_anything_starts(tmp_path: Path, port: int) -> None:
    settings = Settings(stage=Stage.TEST, home=tmp_path, port=port, master_keys=new_master_key())
    supervisor.check_port(settings)

    with socket.socket() as other:
        other.bind((settings.host, port))
        other.listen()
        with pytest.raises(SettingsInvalid, match="PACELINE_PORT=8001"):
            supervisor.check_port(settings)
