"""The one way out: every answer is judged, every wait is bounded, and no address inside the network is called."""

import gzip
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.data.outgoing import FAILURES_TO_OPEN, LARGEST_ANSWER, OPEN_FOR, Answer, DestinationDown, DestinationRefused, Outgoing
from tests.fakes.http_server import Answering, Handler, Told, serving

QUICK = httpx.Timeout(0.3)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def server() -> Iterator[Told]:
    with serving() as told:
        yield told


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outgoing(clock: Clock) -> Iterator[Outgoing]:
    client = Outgoing(allow_private=True, clock=clock, timeout=QUICK)
    yield client
    client.close()


@pytest.fixture
def strict() -> Iterator[Outgoing]:
    client = Outgoing(timeout=QUICK)
    yield client
    client.close()


def down(outgoing: Outgoing, url: str, method: str = "GET") -> DestinationDown:
    with pytest.raises(DestinationDown) as caught:
        outgoing.call(method, url)
    return caught.value


# Answers


def test_an_answer_is_read_whole(server: Told, outgoing: Outgoing) -> None:
    server.answer = lambda request: request.reply(200, b'{"kept": [1, 2]}', X_Total="2")
    answer = outgoing.call("GET", f"{server.address}/a?b=c")
    assert (answer.ok, answer.status, answer.json(), answer.headers["x-total"]) == (True, 200, {"kept": [1, 2]}, "2")
    assert [(one.method, one.path) for one in server.heard] == [("GET", "/a?b=c")]


def test_an_answer_that_is_not_json_says_so(server: Told, outgoing: Outgoing) -> None:
    server.answer = lambda request: request.reply(200, b"<html>")
    with pytest.raises(ValueError, match="Expecting value"):
        outgoing.call("GET", server.address).json()


def test_what_is_sent_arrives(server: Told, outgoing: Outgoing) -> None:
    outgoing.call("POST", server.address, form={"grant_type": "client_credentials", "scope": "a b"})
    outgoing.call("PUT", server.address, content=b"\x00\xff", headers={"Content-Type": "application/x-score", "Authorization": "Bearer t"})
    form, raw = server.heard
    assert (form.method, form.body) == ("POST", b"grant_type=client_credentials&scope=a+b")
    assert (raw.method, raw.body, raw.headers["content-type"]) == ("PUT", b"\x00\xff", "application/x-score")
    assert (raw.headers["authorization"], raw.headers["user-agent"]) == ("Bearer t", "Paceline")
    assert raw.headers["host"] == server.address.removeprefix("http://")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429])
def test_a_refusal_is_an_answer_for_the_caller(server: Told, outgoing: Outgoing, status: int) -> None:
    server.answer = lambda request: request.reply(status, b"why", Retry_After="3")
    answer = outgoing.call("POST", server.address)
    assert (answer.ok, answer.status, answer.body) == (False, status, b"why")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(server: Told, outgoing: Outgoing, status: int) -> None:
    server.answer = lambda request: request.reply(status, Location=f"{server.address}/inside")
    answer = outgoing.call("POST", server.address)
    assert (answer.ok, answer.status) == (False, status)
    assert len(server.heard) == 1


def test_no_proxy_of_the_environment_comes_in_between(server: Told, outgoing: Outgoing, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    assert outgoing.call("GET", server.address).ok


NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("120", timedelta(minutes=2)),
        (" 0 ", timedelta(0)),
        ("999999999", timedelta(days=1)),
        ("9" * 5000, None),
        ("Mon, 23 Nov 2026 18:00:30 GMT", timedelta(seconds=30)),
        ("Mon, 23 Nov 2026 17:00:00 GMT", timedelta(0)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", timedelta(days=1)),
        ("Fri, 31 Dec 99999999999999 23:59:59 GMT", None),
        ("Mon, 23 Nov 2026 18:00:30 -0000", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_how_long_the_destination_asks_to_wait(said: str | None, wait: timedelta | None) -> None:
    headers = httpx.Headers({} if said is None else {b"Retry-After": said.encode("latin-1")})
    assert Answer(429, headers, b"").retry_after(NOW) == wait


# No answer


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_destination_that_fails_is_down_and_may_have_received_it(server: Told, outgoing: Outgoing, status: int) -> None:
    server.answer = lambda request: request.reply(status, b"oops", Retry_After="7")
    error = down(outgoing, server.address, "POST")
    assert (error.reason, error.after, error.maybe_received) == (f"HTTP {status}", timedelta(seconds=7), True)
    assert (error.code, error.facts) == ("outgoing.down", {"reason": f"HTTP {status}"})


def in_chunks(*chunks: bytes) -> Answering:
    def answer(request: Handler) -> None:
        request.send_response(200)
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        for chunk in (*chunks, b""):
            request.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")

    return answer


BOMB = gzip.compress(bytes(20 * LARGEST_ANSWER))
NO_ANSWERS: dict[str, tuple[Answering, str]] = {
    "silence": (lambda request: time.sleep(2 * (QUICK.read or 0)), "ReadTimeout"),
    "hangs up": (lambda request: request.hang_up(), "RemoteProtocolError"),
    "hangs up in the middle": (lambda request: request.hang_up(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), "RemoteProtocolError"),
    "stops in the middle": (lambda request: stop_after(request, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), "ReadTimeout"),
    "not HTTP": (lambda request: request.hang_up(b"220 mail.example ESMTP\r\n"), "RemoteProtocolError"),
    "not what it says": (lambda request: request.reply(200, b"plain", Content_Encoding="gzip"), "DecodingError"),
    "too large": (lambda request: request.reply(200, bytes(LARGEST_ANSWER + 1)), "answer too large"),
    "too large in parts": (in_chunks(*[bytes(500_000)] * 5), "answer too large"),
    "too large once unpacked": (lambda request: request.reply(200, BOMB, Content_Encoding="gzip"), "answer too large"),
}


def stop_after(request: Handler, some: bytes) -> None:
    request.wfile.write(some)
    time.sleep(2 * (QUICK.read or 0))
    request.close_connection = True


@pytest.mark.parametrize(("answer", "reason"), NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_no_usable_answer_may_still_mean_that_it_was_received(server: Told, outgoing: Outgoing, answer: Answering, reason: str) -> None:
    server.answer = answer
    error = down(outgoing, server.address, "POST")
    assert (error.reason, error.maybe_received) == (reason, True)
    assert len(server.heard) == 1


def test_the_largest_answer_is_read(server: Told, outgoing: Outgoing) -> None:
    server.answer = lambda request: request.reply(200, bytes(LARGEST_ANSWER))
    assert len(outgoing.call("GET", server.address).body) == LARGEST_ANSWER


def test_an_answer_that_trickles_is_given_up(server: Told) -> None:
    server.answer = in_chunks(*[b"drop"] * 9)
    hasty = Outgoing(allow_private=True, clock=count(step=20).__next__)
    error = down(hasty, server.address)
    hasty.close()
    assert (error.reason, error.maybe_received) == ("answer too slow", True)


def test_where_nobody_listens_nothing_was_received(outgoing: Outgoing) -> None:
    error = down(outgoing, f"http://127.0.0.1:{closed_port()}", "POST")
    assert (error.reason, error.maybe_received) == ("ConnectError", False)


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 70 + ".example", "a..b"])
def test_a_name_that_nobody_has_is_down(outgoing: Outgoing, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    answer_names(monkeypatch, {})
    error = down(outgoing, f"http://{host}/")
    assert (error.reason, error.maybe_received) == ("name not found", False)


# The breaker


def fail(outgoing: Outgoing, server: Told, times: int) -> None:
    server.answer = lambda request: request.reply(503)
    for _ in range(times):
        assert down(outgoing, server.address).reason == "HTTP 503"


def test_a_destination_that_keeps_failing_is_left_in_peace(server: Told, outgoing: Outgoing, clock: Clock) -> None:
    fail(outgoing, server, FAILURES_TO_OPEN)
    clock.seconds += 10
    error = down(outgoing, server.address)
    assert (error.reason, error.after, error.maybe_received) == ("breaker open", OPEN_FOR - timedelta(seconds=10), False)
    assert len(server.heard) == FAILURES_TO_OPEN


def test_after_a_pause_one_try_closes_the_breaker(server: Told, outgoing: Outgoing, clock: Clock) -> None:
    fail(outgoing, server, FAILURES_TO_OPEN)
    clock.seconds += OPEN_FOR.total_seconds()
    server.answer = Handler.reply
    assert outgoing.call("GET", server.address).ok
    fail(outgoing, server, FAILURES_TO_OPEN - 1)


def test_after_a_pause_one_failure_opens_it_again(server: Told, outgoing: Outgoing, clock: Clock) -> None:
    fail(outgoing, server, FAILURES_TO_OPEN)
    clock.seconds += OPEN_FOR.total_seconds()
    fail(outgoing, server, 1)
    assert down(outgoing, server.address).reason == "breaker open"


def test_while_one_tries_the_others_wait(server: Told, outgoing: Outgoing, clock: Clock) -> None:
    others: list[str] = []

    def answer(request: Handler) -> None:
        others.append(down(outgoing, server.address).reason)
        request.reply(200)

    fail(outgoing, server, FAILURES_TO_OPEN)
    clock.seconds += OPEN_FOR.total_seconds()
    server.answer = answer
    assert outgoing.call("GET", server.address).ok
    assert others == ["breaker open"]


def test_only_failures_in_a_row_count(server: Told, outgoing: Outgoing) -> None:
    for _ in range(3):
        fail(outgoing, server, FAILURES_TO_OPEN - 1)
        server.answer = lambda request: request.reply(429)
        assert outgoing.call("GET", server.address).status == 429


def test_each_destination_has_its_own_breaker(server: Told, outgoing: Outgoing) -> None:
    fail(outgoing, server, FAILURES_TO_OPEN)
    with serving() as other:
        assert outgoing.call("GET", other.address).ok


# The guard

INSIDE = {
    "loopback": "https://127.0.0.1/",
    "loopback, another": "https://127.9.9.9:8443/",
    "loopback as a number": "https://2130706433/",
    "loopback in hexadecimal": "https://0x7f.1/",
    "loopback, version 6": "https://[::1]/",
    "a name of this machine": "https://localhost/",
    "a private network": "https://10.0.0.1/",
    "another private network": "https://172.16.5.5/",
    "a home network": "https://192.168.1.1/",
    "a carrier's network": "https://100.64.0.1/",
    "link-local": "https://169.254.1.1/",
    "a cloud's metadata": "https://169.254.169.254/latest/meta-data/",
    "link-local, version 6": "https://[fe80::1]/",
    "unique local": "https://[fc00::1]/",
    "site-local": "https://[fec0::1]/",
    "unspecified": "https://0.0.0.0/",
    "unspecified, version 6": "https://[::]/",
    "private, mapped": "https://[::ffff:10.0.0.1]/",
    "loopback, mapped": "https://[::ffff:7f00:1]/",
    "loopback, compatible": "https://[::127.0.0.1]/",
    "private, through NAT64": "https://[64:ff9b::10.0.0.1]/",
    "loopback, through 6to4": "https://[2002:7f00:1::]/",
    "multicast": "https://224.0.0.1/",
    "multicast, version 6": "https://[ff02::1]/",
    "broadcast": "https://255.255.255.255/",
    "with a user before it": "https://lms.example@10.0.0.1/",
}
NO_ADDRESSES = {
    "plain HTTP": "http://lms.example/",
    "no scheme": "lms.example/token",
    "no name": "https:///token",
    "nothing": "",
    "a file": "file:///etc/passwd",
    "a script": "javascript:alert(1)",
    "half a bracket": "https://[::1",
    "a control character": "https://lms.example\x00/",
    "a port beyond all": "https://lms.example:99999999/",
}


@pytest.mark.parametrize("url", (INSIDE | NO_ADDRESSES).values(), ids=INSIDE | NO_ADDRESSES)
def test_an_address_that_we_do_not_call_is_refused(strict: Outgoing, url: str) -> None:
    with pytest.raises(DestinationRefused):
        strict.call("GET", url)


@pytest.mark.parametrize("url", [*(set(NO_ADDRESSES.values()) - {"http://lms.example/"})])
def test_what_is_no_address_is_refused_in_the_demo_too(outgoing: Outgoing, url: str) -> None:
    with pytest.raises(DestinationRefused):
        outgoing.call("GET", url)


@pytest.mark.parametrize("found", [["10.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::ffff:192.168.0.1"]])
def test_a_name_that_means_a_private_address_is_refused(strict: Outgoing, monkeypatch: pytest.MonkeyPatch, found: list[str]) -> None:
    answer_names(monkeypatch, {"lms.example": found})
    with pytest.raises(DestinationRefused) as refused:
        strict.call("GET", "https://lms.example/token")
    assert refused.value.facts == {"address": "https://lms.example/token"}


@pytest.mark.parametrize("numeric", ["93.184.216.34", "2606:4700::1111", "::ffff:93.184.216.34", "64:ff9b::93.184.216.34"])
def test_an_address_out_on_the_internet_may_be_called(strict: Outgoing, monkeypatch: pytest.MonkeyPatch, numeric: str) -> None:
    called: list[str] = []

    def connect(address: tuple[str, int], *_: Any, **__: Any) -> socket.socket:
        called.append(address[0])
        raise ConnectionRefusedError

    answer_names(monkeypatch, {"lms.example": [numeric]})
    monkeypatch.setattr(socket, "create_connection", connect)
    assert down(strict, "https://lms.example/").reason == "ConnectError"
    assert [ip_address(one) for one in called] == [ip_address(numeric)]


def test_a_name_is_looked_up_once_so_that_it_cannot_change_its_mind(
    server: Told, outgoing: Outgoing, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answer_names(monkeypatch, {"lms.example": ["127.0.0.1"]})
    url = by_name(server)
    assert outgoing.call("GET", url).ok
    assert asked == ["lms.example"]
    assert server.heard[0].headers["host"] == url.removeprefix("http://")


def test_the_next_address_is_tried_where_the_first_does_not_listen(
    server: Told, outgoing: Outgoing, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_names(monkeypatch, {"lms.example": ["::1", "127.0.0.1"]})
    assert outgoing.call("POST", by_name(server), content=b"once").ok
    assert [one.body for one in server.heard] == [b"once"]


# TLS, through names that mean this machine for the length of a test


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The two ends of TLS: a server certified for `lms.example` alone, and a client that trusts its certificate."""
    path = self_signed("lms.example", tmp_path_factory.mktemp("tls"))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cafile=path)


@pytest.fixture
def over_tls(certified: tuple[ssl.SSLContext, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Answer]]:
    """Call one server by any of its names, all through one client."""
    server_end, client_end = certified
    answer_names(monkeypatch, {"lms.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]})
    with serving(server_end) as told:
        client = Outgoing(allow_private=True, tls=client_end)
        yield lambda host: client.call("GET", by_name(told, host))
        client.close()


def test_the_certificate_is_checked_against_the_name_and_not_the_number(over_tls: Callable[[str], Answer]) -> None:
    assert over_tls("lms.example").ok


def test_a_certificate_for_another_name_is_refused(over_tls: Callable[[str], Answer]) -> None:
    with pytest.raises(DestinationDown) as caught:
        over_tls("other.example")
    assert (caught.value.reason, caught.value.maybe_received) == ("ConnectError", False)


def test_a_connection_to_one_name_is_not_lent_to_another_at_the_same_address(over_tls: Callable[[str], Answer]) -> None:
    assert over_tls("lms.example").ok
    with pytest.raises(DestinationDown):
        over_tls("other.example")


def test_a_certificate_that_nobody_vouches_for_is_refused(
    certified: tuple[ssl.SSLContext, ssl.SSLContext], outgoing: Outgoing, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_names(monkeypatch, {"lms.example": ["127.0.0.1"]})
    with serving(certified[0]) as told:
        assert down(outgoing, by_name(told)).reason == "ConnectError"


def by_name(server: Told, name: str = "lms.example") -> str:
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


def self_signed(name: str, folder: Path) -> Path:
    """A certificate for one name and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(made - timedelta(hours=1))
        .not_valid_after(made + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path
