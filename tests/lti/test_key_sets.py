"""The platforms' key sets: read when needed, never hammered, errors forgotten, good keys remembered."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from core.data.outgoing import Outgoing
from lti.key_sets import FRESH_FOR, PAUSE, USABLE_FOR, KeySets, parse_key_set
from lti.refusals import KeysUnavailable, SignatureInvalid
from tests.fakes.http_server import Handler, Told, serving
from tests.fakes.keys import jwk, rsa_key
from tests.fakes.platform import FakePlatform

SECOND = timedelta(seconds=1)


@pytest.fixture
def key_sets(outgoing: Outgoing) -> KeySets:
    return KeySets(outgoing)


def find(key_sets: KeySets, lms: FakePlatform, now: datetime, kid: str = "key-1") -> RSAPublicKey:
    return key_sets.find(lms.facts["key_set_url"], kid, now=now)


def is_key(found: RSAPublicKey, number: int) -> bool:
    return found.public_numbers() == rsa_key(number).public_key().public_numbers()


def test_a_key_set_is_read_once_an_hour(lms: FakePlatform, key_sets: KeySets, now: datetime) -> None:
    for later in (timedelta(), SECOND, FRESH_FOR):
        assert is_key(find(key_sets, lms, now + later), 1)
    assert lms.asked_for("/jwks") == 1
    find(key_sets, lms, now + FRESH_FOR + SECOND)
    assert lms.asked_for("/jwks") == 2


def test_a_new_key_is_found_at_once(lms: FakePlatform, key_sets: KeySets, now: datetime) -> None:
    find(key_sets, lms, now)
    lms.rotate()
    assert is_key(find(key_sets, lms, now + PAUSE, kid="key-2"), 2)
    assert lms.asked_for("/jwks") == 2


def test_a_withdrawn_key_is_forgotten_with_the_next_reading(lms: FakePlatform, key_sets: KeySets, now: datetime) -> None:
    find(key_sets, lms, now)
    lms.rotate()
    find(key_sets, lms, now + PAUSE, kid="key-2")
    with pytest.raises(SignatureInvalid):
        find(key_sets, lms, now + 2 * PAUSE, kid="key-1")


def test_a_flood_of_unknown_keys_costs_two_readings_a_minute(lms: FakePlatform, key_sets: KeySets, now: datetime) -> None:
    find(key_sets, lms, now)
    for second in range(60):
        with pytest.raises(SignatureInvalid):
            find(key_sets, lms, now + second * SECOND, kid=f"made-up-{second}")
    assert lms.asked_for("/jwks") <= 3
    assert is_key(find(key_sets, lms, now + 60 * SECOND), 1)


def test_an_error_with_a_json_body_is_not_kept(lms: FakePlatform, key_sets: KeySets, now: datetime) -> None:
    lms.key_set, lms.key_set_status = {"keys": [jwk(rsa_key(2), "key-1")]}, 503
    with pytest.raises(KeysUnavailable):
        find(key_sets, lms, now)
    lms.key_set, lms.key_set_status = None, 200
    assert is_key(find(key_sets, lms, now + 2 * SECOND), 1)


@pytest.mark.parametrize("document", [{"keys": []}, {}, {"keys": "none"}, [], 7, None, b"", b"<html>", b"\xff", b"[" * 100_000], ids=repr)
def test_an_answer_that_is_no_key_set_is_not_kept(lms: FakePlatform, key_sets: KeySets, now: datetime, document: Any) -> None:
    find(key_sets, lms, now)
    lms.key_set = b"null" if document is None else document
    late = now + FRESH_FOR + SECOND
    assert is_key(find(key_sets, lms, late), 1)
    with pytest.raises(SignatureInvalid):
        find(key_sets, lms, late + SECOND, kid="key-2")
    lms.key_set = None
    lms.rotate()
    assert is_key(find(key_sets, lms, late + 2 * SECOND, kid="key-2"), 2)


def test_known_keys_stay_good_for_a_day_while_the_platform_cannot_be_read(lms: FakePlatform, key_sets: KeySets, now: datetime) -> None:
    find(key_sets, lms, now)
    lms.key_set_status = 404
    assert is_key(find(key_sets, lms, now + USABLE_FOR), 1)
    with pytest.raises(KeysUnavailable):
        find(key_sets, lms, now + USABLE_FOR + SECOND)


def test_a_failed_try_is_not_repeated_within_a_second(lms: FakePlatform, key_sets: KeySets, now: datetime) -> None:
    lms.key_set_status = 404
    for _ in range(5):
        with pytest.raises(KeysUnavailable):
            find(key_sets, lms, now)
    assert lms.asked_for("/jwks") == 1


def test_launches_at_once_read_a_slow_key_set_once(lms: FakePlatform, key_sets: KeySets, now: datetime) -> None:
    lms.key_set_delay = 0.2
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda second: find(key_sets, lms, now + second * SECOND), range(8)))
    assert all(is_key(key, 1) for key in found)
    assert lms.asked_for("/jwks") == 1


def test_launches_at_once_try_a_slow_failing_platform_once(lms: FakePlatform, key_sets: KeySets, now: datetime) -> None:
    lms.key_set_delay, lms.key_set_status = 0.3, 404

    def refused(second: int) -> bool:
        with pytest.raises(KeysUnavailable):
            find(key_sets, lms, now + 2 * second * SECOND)
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(refused, range(4)))
    assert lms.asked_for("/jwks") == 1, "who waited for somebody else's try does not try again"


def test_the_pause_after_a_failed_try_begins_when_it_ends(lms: FakePlatform, key_sets: KeySets, now: datetime) -> None:
    lms.key_set_delay, lms.key_set_status = 0.5, 404
    for later in (0.0, 1.2, 2.8):  # the first try lasts half a second, and so does the third
        with pytest.raises(KeysUnavailable):
            find(key_sets, lms, now + later * SECOND)
    assert lms.asked_for("/jwks") == 2


def drip(request: Handler) -> None:
    """Answer headers, one every twentieth of a second, without end."""
    request.close_connection = True
    request.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        request.wfile.write(b"X-Drop: 1\r\n")
        time.sleep(0.05)


@pytest.fixture
def dripping(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """A platform whose key set drips, and a house that is not as patient as ours."""
    monkeypatch.setattr("lti.key_sets.LONGEST_READING", 1.5)
    monkeypatch.setattr("lti.key_sets.LONGEST_WAIT", 0.3)
    with serving() as told:
        told.answer = drip
        yield told


def refused_after(key_sets: KeySets, url: str, kid: str, now: datetime) -> float:
    started = time.monotonic()
    with pytest.raises(KeysUnavailable):
        key_sets.find(url, kid, now=now)
    return time.monotonic() - started


def test_a_platform_that_drips_holds_up_one_launch_and_the_others_briefly(dripping: Told, key_sets: KeySets, now: datetime) -> None:
    with ThreadPoolExecutor(6) as pool:
        waits = sorted(pool.map(lambda _: refused_after(key_sets, dripping.address, "key-1", now), range(6)))
    assert waits[-1] < 2.5, "the one that read it was let go"
    assert waits[-2] < 1.2, "the others did not wait for it to the end"
    assert len(dripping.heard) == 1


def test_while_a_platform_drips_a_known_key_is_used_and_an_unknown_one_not_called_wrong(
    dripping: Told, key_sets: KeySets, now: datetime
) -> None:
    key_sets.put(dripping.address, {"key-1": rsa_key(1).public_key()}, now=now)
    late = now + FRESH_FOR + SECOND
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(refused_after, key_sets, dripping.address, "key-9", late)
        while not dripping.heard:
            assert not reading.done()
        started = time.monotonic()
        assert is_key(key_sets.find(dripping.address, "key-1", now=late), 1)
        assert time.monotonic() - started < 0.2
        assert refused_after(key_sets, dripping.address, "key-8", late) < 1.2
        with pytest.raises(SignatureInvalid):
            reading.result()


def test_nobody_with_a_known_key_waits_for_a_slow_platform(lms: FakePlatform, key_sets: KeySets, now: datetime) -> None:
    find(key_sets, lms, now)
    lms.key_set_delay = 0.5
    late, found = now + FRESH_FOR + SECOND, []
    reader = threading.Thread(target=lambda: found.append(find(key_sets, lms, late)))
    reader.start()
    while lms.asked_for("/jwks") < 2:
        assert reader.is_alive()
    assert is_key(find(key_sets, lms, late), 1)
    assert reader.is_alive(), "the one with a known key waited for the other"
    reader.join()
    assert is_key(found[0], 1)


def test_an_address_that_cannot_be_called_is_unavailable(now: datetime) -> None:
    strict = Outgoing()
    for address in ("http://127.0.0.1:1/jwks", "https://127.0.0.1:1/jwks", "ftp://lms.example/jwks", "nonsense", "http://[::1"):
        with pytest.raises(KeysUnavailable):
            KeySets(strict).find(address, "key-1", now=now)
    strict.close()


# Parsing


def small() -> dict[str, Any]:
    return jwk(rsa_key(1, 1024), "k")


GOOD = jwk(rsa_key(1), "good")


@pytest.mark.parametrize(
    "odd",
    [
        None,
        7,
        "key",
        [],
        {},
        {"kty": "RSA", "kid": "k"},
        {"kty": "EC", "kid": "k", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "oct", "kid": "k", "k": "AAAA"},
        jwk(rsa_key(1), "k", use="enc"),
        jwk(rsa_key(1), "k", alg="RSA-OAEP"),
        jwk(rsa_key(1), "k", alg="RS512"),
        jwk(rsa_key(1), "k", n=7),
        jwk(rsa_key(1), "k", n=["AQAB"]),
        jwk(rsa_key(1), "k", n="é"),
        jwk(rsa_key(1), "k", n=""),
        jwk(rsa_key(1), "k", e="AA"),
        jwk(rsa_key(1), "k", e="Ag"),
        jwk(rsa_key(1), "k", e=None),
        jwk(rsa_key(1), "k", n="_" + "w" * 4000),
        {**jwk(rsa_key(1), "k"), "kid": 7},
        {**jwk(rsa_key(1), "k"), "kid": ["k"]},
        {name: value for name, value in jwk(rsa_key(1), "k").items() if name != "kid"},
    ],
    ids=lambda odd: repr(odd)[:40],
)
def test_an_odd_key_is_left_out_and_spoils_nothing(odd: Any) -> None:
    assert list(parse_key_set({"keys": [odd, GOOD, odd]})) == ["good"]


def test_a_weak_key_is_left_out() -> None:
    assert parse_key_set({"keys": [small()]}) == {}


def test_a_key_need_not_say_what_it_is_for() -> None:
    assert list(parse_key_set({"keys": [jwk(rsa_key(1), "k", use=None, alg=None)]})) == ["k"]
