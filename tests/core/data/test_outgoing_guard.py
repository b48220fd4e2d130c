"""The guard of the way out: no address inside the network is called, and no name can change its mind in between."""

import socket
import ssl
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any

import pytest

from core.data.outgoing import Answer, DestinationDown, DestinationRefused, Outgoing
from tests.fakes.certificates import self_signed
from tests.fakes.http_server import Told, serving
from tests.fakes.network import answer_names, by_name, down

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
    "another cloud's metadata": "https://192.0.0.192/opc/v2/instance/",
    "for protocols": "https://192.0.0.9/",
    "for protocols, mapped": "https://[::ffff:192.0.0.10]/",
    "documentation, version 6": "https://[3fff::1]/",
    "documentation, its end": "https://[3fff:fff:ffff::1]/",
    "private, through a local NAT64": "https://[64:ff9b:1::10.0.0.1]/",
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


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 70 + ".example", "a..b"])
def test_a_name_that_nobody_has_is_down(outgoing: Outgoing, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    answer_names(monkeypatch, {})
    error = down(outgoing, f"http://{host}/")
    assert (error.reason, error.maybe_received) == ("name not found", False)


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
