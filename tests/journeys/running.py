"""What a journey needs to run: processes, free ports, and a web page of another origin that shows an LMS in a frame."""

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
STARTS_WITHIN = 60.0
STOPS_WITHIN = 15.0


def free_ports(count: int) -> list[int]:
    """Ports of loopback on which nobody listens, all different."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@dataclass(frozen=True)
class Running:
    """A process, and where what it says goes."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def wait_for(self, address: str) -> None:
        """Wait until it answers at an address."""
        deadline = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"It stopped at once:\n{self.log.read_text()[-2000:]}"
            with suppress(OSError), urllib.request.urlopen(address, timeout=5):
                return
            time.sleep(0.1)
        raise AssertionError(f"{address} does not answer:\n{self.log.read_text()[-2000:]}")


@contextmanager
def process(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> Iterator[Running]:
    """Run a process until the end of the block."""
    with log.open("wb") as said:
        running = subprocess.Popen(command, env=os.environ | environment, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)
        try:
            yield Running(running, log)
        finally:
            running.terminate()
            try:
                running.wait(STOPS_WITHIN)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
