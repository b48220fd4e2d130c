"""Deadlines of outgoing calls: no read or write on a connection outlasts the call that it is for.

A time-out bounds only the silence between two bytes; a destination that drips one byte after another could hold its
caller for ever. Each call therefore has a deadline, and every wait for the network is cut to what is left until then.
It is kept at the socket, so that no thread is left behind.
"""

import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx

MOST_CONNECTIONS, MOST_KEPT_ALIVE, KEPT_ALIVE_FOR = 100, 20, 5.0
"""How many connections to one destination there may be, and idle for how many seconds."""


class Deadline:
    """When the call of each thread must be over, in the seconds of a clock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` counts seconds."""
        self._clock, self._mine = clock, threading.local()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Give this thread's call some seconds."""
        self._mine.ends = self._clock() + seconds
        try:
            yield
        finally:
            del self._mine.ends

    def left(self) -> float:
        """The seconds that this thread's call still has; asked for inside `within` only."""
        return float(self._mine.ends - self._clock())

    def cut(self, timeout: float | None, late: type[Exception]) -> float:
        """A time-out that ends no later than the call.

        Raises:
            Exception: `late`, when the call is over.
        """
        left = self.left()
        if left <= 0:
            raise late("the call took too long")
        return left if timeout is None else min(timeout, left)


class _PunctualStream(httpcore.NetworkStream):
    """A connection on which no read or write outlasts the call that it is for."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.cut(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.cut(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None) -> "_PunctualStream":
        timeout = self._deadline.cut(timeout, httpcore.ConnectTimeout)  # it bounds the handshake as a whole
        return _PunctualStream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _PunctualNetwork(httpcore.NetworkBackend):
    """The network, as far as it can be reached within a call's deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._network, self._deadline = httpcore.SyncBackend(), deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        timeout = self._deadline.cut(timeout, httpcore.ConnectTimeout)
        return _PunctualStream(self._network.connect_tcp(host, port, timeout, local_address, socket_options), self._deadline)


class PunctualTransport(httpx.HTTPTransport):
    """httpx's own transport, on a network that keeps deadlines: httpx has no other way to hand one in."""

    def __init__(self, tls: ssl.SSLContext, deadline: Deadline) -> None:
        """`deadline` is that of the calls that this transport will carry."""
        super().__init__(verify=tls, trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            max_connections=MOST_CONNECTIONS,
            max_keepalive_connections=MOST_KEPT_ALIVE,
            keepalive_expiry=KEPT_ALIVE_FOR,
            network_backend=_PunctualNetwork(deadline),
        )
