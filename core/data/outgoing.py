"""The one way out of the house: every outgoing HTTP call goes through this client.

It keeps connections alive, bounds the time and size of a whole call, refuses plain HTTP and private addresses outside demo and test (so
that an address somebody typed cannot make the server call its own network), never follows redirects, and stops
calling a destination that keeps failing (a breaker).
"""

import email.utils
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from core.data.clock import utc_now
from core.data.deadlines import Deadline, PunctualTransport
from core.errors import CoreError

TIMEOUT = httpx.Timeout(10.0, connect=4.0)
LARGEST_ANSWER = 2_000_000
LONGEST_CALL = 30.0
"""Seconds from the first connection to the last byte of the answer: a time-out bounds only the silence between two bytes."""
LONGEST_PAUSE = timedelta(days=1)
FAILURES_TO_OPEN = 5
OPEN_FOR = timedelta(seconds=30)
USER_AGENT = "Paceline"


class DestinationRefused(CoreError):
    """The address is not one we call: not https, or in a private network."""

    code = "outgoing.address_refused"


class DestinationDown(CoreError):
    """No usable answer: time-out, connection refused, answer too large, or the breaker is open.

    `maybe_received` tells that the request was sent, so that the destination may have acted on it; `tried` is false when
    no call was made at all.
    """

    code = "outgoing.down"

    def __init__(self, *, reason: str, after: timedelta | None = None, maybe_received: bool = False, tried: bool = True) -> None:
        super().__init__(reason=reason)
        self.reason, self.after, self.maybe_received, self.tried = reason, after, maybe_received, tried


@dataclass(frozen=True)
class Answer:
    """What the destination answered, read whole."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def ok(self) -> bool:
        """A 2xx status."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: it is not JSON, or nested too deeply to read.
        """
        try:
            return httpx.Response(200, content=self.body).json()
        except RecursionError as error:
            raise ValueError("nested too deeply") from error

    @property
    def next_page(self) -> str | None:
        """The address of the next page, its case kept (RFC 8288, `rel="next"`)."""
        return httpx.Response(200, headers=self.headers).links.get("next", {}).get("url")

    def retry_after(self, now: datetime) -> timedelta | None:
        """How long the destination asked to wait (RFC 9110, 10.2.3: seconds or an HTTP date); None when it did not."""
        said = self.headers.get("retry-after", "").strip()
        try:
            if said.isdecimal():
                return timedelta(seconds=min(int(said), int(LONGEST_PAUSE.total_seconds())))
            asked = email.utils.parsedate_to_datetime(said) - now
        except (ValueError, OverflowError):
            return None
        except TypeError:  # an HTTP date without a zone cannot be compared
            return None
        return min(max(asked, timedelta()), LONGEST_PAUSE)


@dataclass
class _Breaker:
    """Counts failures in a row of one destination; open, it refuses at once until a pause is over, then lets one try."""

    failures: int = 0
    open_until: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, clock: float) -> None:
        with self.lock:
            if clock < self.open_until:
                raise DestinationDown(reason="breaker open", after=timedelta(seconds=self.open_until - clock), tried=False)
            if self.failures >= FAILURES_TO_OPEN:  # half-open: this caller tries, the others wait
                self.open_until = clock + OPEN_FOR.total_seconds()

    def record(self, *, worked: bool, clock: float) -> None:
        with self.lock:
            self.failures = 0 if worked else self.failures + 1
            if worked:
                self.open_until = 0.0
            elif self.failures >= FAILURES_TO_OPEN:
                self.open_until = clock + OPEN_FOR.total_seconds()


@dataclass
class _Destination:
    """A breaker and the kept-alive connections of one scheme, name and port; connections are never lent to another name."""

    client: httpx.Client
    breaker: _Breaker = field(default_factory=_Breaker)


class Outgoing:
    """The client. One a process; safe to use from many threads."""

    def __init__(
        self,
        *,
        allow_private: bool = False,
        clock: Callable[[], float] = time.monotonic,
        timeout: httpx.Timeout = TIMEOUT,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`allow_private` lets plain HTTP and private addresses pass: for demo and test only. `clock` counts seconds."""
        self._allow_private = allow_private
        self._clock = clock
        self._timeout = timeout
        self._tls = tls or httpx.create_ssl_context(trust_env=False)
        self._deadline = Deadline(clock)
        self._destinations: dict[str, _Destination] = {}
        self._lock = threading.Lock()

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        form: Mapping[str, str] | None = None,
        within: float = LONGEST_CALL,
    ) -> Answer:
        """Send one request and read its whole answer, whatever its status below 500.

        Args:
            within: seconds that it all may take, from the first connection to the last byte.

        Raises:
            DestinationRefused: an address that we do not call.
            DestinationDown: no usable answer, or a 5xx; 429 is an answer for the caller to honour.
        """
        address = self._check(url)
        destination = self._destination(address)
        request = destination.client.build_request(method, address, headers=headers, content=content, data=form)
        destination.breaker.check(self._clock())
        try:
            numeric = self._resolve(address)
            with self._deadline.within(within):
                answer = self._send(destination.client, request, numeric)
        except DestinationDown:
            destination.breaker.record(worked=False, clock=self._clock())
            raise
        destination.breaker.record(worked=True, clock=self._clock())
        return answer

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for destination in self._destinations.values():
                destination.client.close()
            self._destinations.clear()

    def _check(self, url: str) -> httpx.URL:
        try:
            address = httpx.URL(url)
        except httpx.InvalidURL:
            raise DestinationRefused(address=url) from None
        schemes = ("http", "https") if self._allow_private else ("https",)
        if not address.host or address.scheme not in schemes or (address.port or 0) > 65_535:
            raise DestinationRefused(address=url)
        return address

    def _destination(self, address: httpx.URL) -> _Destination:
        name = f"{address.scheme}://{address.netloc.decode()}"
        with self._lock:
            if name not in self._destinations:
                client = httpx.Client(
                    transport=PunctualTransport(self._tls, self._deadline),
                    timeout=self._timeout,
                    follow_redirects=False,
                    trust_env=False,
                    headers={"User-Agent": USER_AGENT},
                )
                self._destinations[name] = _Destination(client)
            return self._destinations[name]

    def _resolve(self, address: httpx.URL) -> Sequence[str]:
        """The numeric addresses of a name, each of which may be called."""
        host = address.raw_host.decode()
        try:
            found = socket.getaddrinfo(host, address.port or (443 if address.scheme == "https" else 80), type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:  # UnicodeError: a label that no name may have
            raise DestinationDown(reason="name not found") from error
        numeric = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
        if not self._allow_private and not all(map(_is_public, numeric)):
            raise DestinationRefused(address=str(address))
        return numeric

    def _send(self, client: httpx.Client, request: httpx.Request, numeric: Sequence[str]) -> Answer:
        """Send to the first of the checked addresses that listens: to no other, lest the name now mean another (DNS rebinding)."""
        url = request.url
        request.extensions = {**request.extensions, "sni_hostname": url.raw_host.decode()}
        failed: Exception | None = None
        for one in numeric:
            request.url = url.copy_with(host=one)
            try:
                return self._exchange(client, request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failed = error
        raise DestinationDown(reason=type(failed).__name__) from failed

    def _exchange(self, client: httpx.Client, request: httpx.Request) -> Answer:
        try:
            response = client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise
        except httpx.PoolTimeout as error:
            raise DestinationDown(reason=type(error).__name__) from error
        except httpx.HTTPError as error:
            raise self._failed(error) from error
        try:
            answer = Answer(response.status_code, response.headers, self._read(response))
        except httpx.HTTPError as error:
            raise self._failed(error) from error
        finally:
            response.close()
        if answer.status >= 500:
            raise DestinationDown(reason=f"HTTP {answer.status}", after=answer.retry_after(utc_now()), maybe_received=True)
        return answer

    def _read(self, response: httpx.Response) -> bytes:
        chunks, size = [], 0
        for chunk in response.iter_bytes():
            size += len(chunk)
            if size > LARGEST_ANSWER:
                raise DestinationDown(reason="answer too large", maybe_received=True)
            chunks.append(chunk)
        return b"".join(chunks)

    def _failed(self, error: httpx.HTTPError) -> DestinationDown:
        return DestinationDown(reason="answer too slow" if self._deadline.left() <= 0 else type(error).__name__, maybe_received=True)


_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_IPV4_COMPATIBLE = ipaddress.ip_network("::/96")
_SPECIAL = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "3fff::/20", "64:ff9b:1::/48")))
"""Special-purpose networks of the IANA registries that Python's own list lets pass, in part or in some versions: those of
protocols, one of which serves some clouds their metadata (192.0.0.192); documentation; local NAT64."""


def _is_public(numeric: str) -> bool:
    """Whether an address is out on the internet. One that carries an IPv4 address (mapped, 6to4, NAT64) is judged by it."""
    address = ipaddress.ip_address(numeric)
    if isinstance(address, ipaddress.IPv6Address):
        carried = address.ipv4_mapped or address.sixtofour
        if address in _NAT64 or address in _IPV4_COMPATIBLE:
            carried = ipaddress.IPv4Address(address.packed[-4:])
        if carried:
            return _is_public(str(carried))
        if address.is_site_local:
            return False
    if any(address in network for network in _SPECIAL):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
