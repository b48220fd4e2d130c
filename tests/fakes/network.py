"""A network of a test's own: names that mean this machine for a while, ports on which nobody listens, and calls that fail."""

import socket
from typing import Any

import pytest

from core.data.outgoing import DestinationDown, Outgoing
from tests.fakes.http_server import Told


def down(outgoing: Outgoing, url: str, method: str = "GET") -> DestinationDown:
    """Call an address that gives no usable answer; returns what the caller is told."""
    with pytest.raises(DestinationDown) as caught:
        outgoing.call(method, url)
    return caught.value


def by_name(server: Told, name: str = "lms.example") -> str:
    """The address of a server by a name instead of its number."""
    return server.address.replace("127.0.0.1", name)


def answer_names(monkeypatch: pytest.MonkeyPatch, names: dict[str, list[str]]) -> list[str]:
    """Stand in for the name service: other names exist no more; numbers stay themselves. Returns the names asked for."""
    real, asked = socket.getaddrinfo, []

    def look_up(host: str, port: int, *more: Any, **options: Any) -> list[Any]:
        if host[0].isdigit() or ":" in host:
            return list(real(host, port, *more, **options))
        asked.append(host)
        host.encode("idna")
        if host not in names:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [one for number in names[host] for one in real(number, port, *more, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def closed_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
