"""The one way out: every answer is judged, and every wait is bounded."""

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from core.data.outgoing import FAILURES_TO_OPEN, LARGEST_ANSWER, OPEN_FOR, Answer, DestinationDown, Outgoing
from tests.core.data.conftest import SILENCE, Clock
from tests.fakes.http_server import Answering, Handler, Told, serving
from tests.fakes.network import closed_port, down

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
    assert error.tried
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
    "silence": (lambda request: time.sleep(2 * SILENCE), "ReadTimeout"),
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
    time.sleep(2 * SILENCE)
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


DRIP, PATIENCE = 0.05, 0.6


def drip(first: bytes, drop: bytes) -> Answering:
    """Say something, and then drop after drop, each well within the time-out, until the caller hangs up."""

    def answer(request: Handler) -> None:
        request.close_connection = True
        request.wfile.write(first)
        while True:
            time.sleep(DRIP)
            request.wfile.write(drop)

    return answer


DRIPPING = {
    "a status line": drip(b"HTTP/1.1 200 ", b"O"),
    "headers": drip(b"HTTP/1.1 200 OK\r\n", b"X-Drop: 1\r\n"),
    "a header": drip(b"HTTP/1.1 200 OK\r\nX-Drop: ", b"1"),
    "early hints": drip(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "a body": drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"drop"),
    "a chunk": drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nd\r\n"),
}


@pytest.fixture
def patient() -> Iterator[Outgoing]:
    """A client on the real clock."""
    client = Outgoing(allow_private=True, timeout=httpx.Timeout(SILENCE))
    yield client
    client.close()


@pytest.mark.parametrize("answer", DRIPPING.values(), ids=DRIPPING)
def test_an_answer_that_drips_is_given_up_in_time(server: Told, patient: Outgoing, answer: Answering) -> None:
    server.answer, started = answer, time.monotonic()
    with pytest.raises(DestinationDown) as caught:
        patient.call("POST", server.address, within=PATIENCE)
    assert PATIENCE - DRIP <= time.monotonic() - started < PATIENCE + SILENCE
    assert (caught.value.reason, caught.value.maybe_received) == ("answer too slow", True)


def test_a_handshake_that_drips_is_given_up_in_time(patient: Outgoing) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        dripping = threading.Thread(target=drip_handshake, args=(listening,))
        dripping.start()
        started = time.monotonic()
        with pytest.raises(DestinationDown) as caught:
            patient.call("POST", f"https://127.0.0.1:{listening.getsockname()[1]}/", within=PATIENCE)
        assert time.monotonic() - started < PATIENCE + SILENCE
        assert (caught.value.reason, caught.value.maybe_received) == ("ConnectTimeout", False)
        dripping.join()


def drip_handshake(listening: socket.socket) -> None:
    """Start a TLS record of 16 kB, byte by byte."""
    connection, _ = listening.accept()
    with connection, suppress(OSError):
        connection.sendall(b"\x16\x03\x03\x40\x00")
        while True:
            connection.sendall(b"\x02")
            time.sleep(DRIP)


def test_a_call_that_was_given_up_leaves_no_connection_to_be_used_again(server: Told, patient: Outgoing) -> None:
    server.answer = DRIPPING["headers"]
    for _ in range(2):
        with pytest.raises(DestinationDown):
            patient.call("GET", server.address, within=2 * DRIP)
    server.answer = Handler.reply
    assert patient.call("GET", server.address).ok


def test_where_nobody_listens_nothing_was_received(outgoing: Outgoing) -> None:
    error = down(outgoing, f"http://127.0.0.1:{closed_port()}", "POST")
    assert (error.reason, error.maybe_received) == ("ConnectError", False)


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
    assert not error.tried
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
