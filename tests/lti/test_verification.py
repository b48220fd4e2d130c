"""The token of a launch, claim by claim: what the 1EdTech Security Framework asks for is asked for, and nothing crashes."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.outgoing import Outgoing
from lti.key_sets import KeySets
from lti.refusals import ClaimInvalid, KeysUnavailable, LaunchRefused, SignatureInvalid, TokenMalformed, TokenStale
from lti.registration import Registration
from lti.verification import LONGEST_TOKEN, verify
from tests.fakes.keys import encode, jwk, rsa_key, sign
from tests.fakes.platform import ABSENT, FakePlatform

Verifying = Callable[[str], dict[str, Any]]
BEFORE_LONG, YEAR = 11111, 365 * 24 * 3600


@pytest.fixture
def check(lms: FakePlatform, outgoing: Outgoing) -> Verifying:
    """Verify a token of the fake LMS now."""
    registration = Registration(
        id=uuid4(),
        issuer=lms.issuer,
        client_id=lms.client_id,
        auth_login_url=lms.facts["auth_login_url"],
        key_set_url=lms.facts["key_set_url"],
    )
    key_sets = KeySets(outgoing)
    return lambda token: verify(token, registration, key_sets, now=datetime.now(UTC))


def refused(check: Verifying, token: str) -> LaunchRefused:
    with pytest.raises(LaunchRefused) as caught:
        check(token)
    return caught.value


def facts(refusal: LaunchRefused) -> tuple[type[LaunchRefused], object]:
    return type(refusal), refusal.facts.get("claim")


def test_a_genuine_token_gives_its_claims(lms: FakePlatform, check: Verifying) -> None:
    claims = lms.claims("nonce-1")
    assert check(lms.sign(claims)) == claims


# Signatures


@pytest.mark.parametrize("kid", [ABSENT, None, "", 7, True, ["key-1"], "imstester_66067", "key-1 ", "\ud800"])
def test_without_the_id_of_a_published_key_nothing_is_believed(lms: FakePlatform, check: Verifying, kid: object) -> None:
    assert type(refused(check, lms.sign(lms.claims("n"), kid=kid))) is SignatureInvalid


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "RS512", "PS256", "ES256", "", None, 256, ABSENT])
def test_only_rs256_is_believed(lms: FakePlatform, check: Verifying, algorithm: object) -> None:
    assert type(refused(check, lms.sign(lms.claims("n"), alg=algorithm))) is SignatureInvalid


def test_a_header_that_asks_for_something_critical_is_refused(lms: FakePlatform, check: Verifying) -> None:
    assert type(refused(check, lms.sign(lms.claims("n"), crit=["b64"], b64=False))) is SignatureInvalid


def test_another_key_under_the_same_id_is_refused(lms: FakePlatform, check: Verifying) -> None:
    assert type(refused(check, lms.sign(lms.claims("n"), key_number=2))) is SignatureInvalid


def test_a_key_that_the_token_brings_along_is_not_used(lms: FakePlatform, check: Verifying) -> None:
    own = jwk(rsa_key(2), "mine")
    assert (
        type(refused(check, lms.sign(lms.claims("n"), key_number=2, kid="mine", jwk=own, jku="https://evil.test/jwks"))) is SignatureInvalid
    )


def test_claims_changed_after_signing_are_refused(lms: FakePlatform, check: Verifying) -> None:
    head, _, signature = lms.sign(lms.claims("n")).split(".")
    changed = encode(json.dumps(lms.claims("n", sub="eve")).encode())
    assert type(refused(check, f"{head}.{changed}.{signature}")) is SignatureInvalid


@pytest.mark.parametrize("signature", ["", "AAAA", "A" * 342])
def test_a_signature_of_nothing_is_refused(lms: FakePlatform, check: Verifying, signature: str) -> None:
    head, body, _ = lms.sign(lms.claims("n")).split(".")
    assert type(refused(check, f"{head}.{body}.{signature}")) is SignatureInvalid


def test_without_a_key_set_nobody_can_be_believed(lms: FakePlatform, check: Verifying) -> None:
    lms.key_set_status = 503
    assert type(refused(check, lms.sign(lms.claims("n")))) is KeysUnavailable


# Parties

US, OTHER = "client-1", "client-2"


@pytest.mark.parametrize(
    ("change", "claim"),
    [
        ({"iss": ABSENT}, "iss"),
        ({"iss": "https://evil.test"}, "iss"),
        ({"iss": ["https://evil.test"]}, "iss"),
        ({"iss": None}, "iss"),
        ({"aud": ABSENT}, "aud"),
        ({"aud": OTHER}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": [OTHER]}, "aud"),
        ({"aud": {US: True}}, "aud"),
        ({"aud": None}, "aud"),
        ({"aud": f"{US} {OTHER}"}, "aud"),
        ({"aud": [US, OTHER]}, "azp"),
        ({"aud": [US, OTHER], "azp": OTHER}, "azp"),
        ({"aud": US, "azp": OTHER}, "azp"),
        ({"aud": US, "azp": None}, "azp"),
        ({"aud": [OTHER], "azp": US}, "aud"),
    ],
)
def test_a_token_from_or_for_somebody_else_is_refused(lms: FakePlatform, check: Verifying, change: dict[str, Any], claim: str) -> None:
    assert facts(refused(check, lms.sign(lms.claims("n", **change)))) == (ClaimInvalid, claim)


@pytest.mark.parametrize("change", [{"aud": [US]}, {"aud": [OTHER, US], "azp": US}, {"aud": US, "azp": US}])
def test_of_several_audiences_we_may_be_one_when_azp_names_us(lms: FakePlatform, check: Verifying, change: dict[str, Any]) -> None:
    assert check(lms.sign(lms.claims("n", **change)))["sub"] == "ada-1"


# Times


def now() -> int:
    return int(time.time())


@pytest.mark.parametrize(
    ("exp", "iat", "claim"),
    [
        (-31, -60, "exp"),
        (-YEAR + 300, -YEAR, "exp"),
        (300, -YEAR, "iat"),
        (300, -632, "iat"),
        (300, 35, "iat"),
        (2 * YEAR, YEAR, "iat"),
    ],
)
def test_an_old_or_a_future_token_is_stale(lms: FakePlatform, check: Verifying, exp: int, iat: int, claim: str) -> None:
    assert facts(refused(check, lms.sign(lms.claims("n", exp=now() + exp, iat=now() + iat)))) == (TokenStale, claim)


def test_times_of_long_ago_are_stale(lms: FakePlatform, check: Verifying) -> None:
    assert type(refused(check, lms.sign(lms.claims("n", exp=22222, iat=BEFORE_LONG)))) is TokenStale


@pytest.mark.parametrize(("exp", "iat"), [(-25, -60), (300, -620), (300, 25), (0.5, -0.5)])
def test_clocks_may_differ_by_half_a_minute(lms: FakePlatform, check: Verifying, exp: float, iat: float) -> None:
    assert check(lms.sign(lms.claims("n", exp=now() + exp, iat=now() + iat)))["nonce"] == "n"


@pytest.mark.parametrize(
    "value",
    [ABSENT, None, "", "1795000000", True, [1], {}, -1, float("nan"), float("inf"), float("-inf"), 10**400, 1e300, 10**13],
    ids=str,
)
@pytest.mark.parametrize("name", ["exp", "iat"])
def test_a_time_that_is_none_is_refused(lms: FakePlatform, check: Verifying, name: str, value: object) -> None:
    assert facts(refused(check, lms.sign(lms.claims("n", **{name: value})))) == (ClaimInvalid, name)


@pytest.mark.parametrize("nonce", [ABSENT, None, 7, ["n"], True])
def test_a_nonce_is_a_text(lms: FakePlatform, check: Verifying, nonce: object) -> None:
    assert facts(refused(check, lms.sign(lms.claims(nonce=nonce)))) == (ClaimInvalid, "nonce")


# Not a token at all


def header(**changes: Any) -> str:
    return encode(json.dumps({"alg": "RS256", "kid": "key-1"} | changes).encode())


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        "not a token",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "a.b.c.d.e",
        "\ud800.\ud800.\ud800",
        "é.é.é",
        "e30",
        f"{header()}.e30",
        f"{header()}..sig",
        ".e30.sig",
        f"{encode(b'[]')}.e30.sig",
        f"{encode(b'null')}.e30.sig",
        f"{encode(bytes([0xFF, 0xFE, 0x00]))}.e30.sig",
        f"{encode(b'{')}.e30.sig",
        f"{encode(b'[' * 30_000)}.e30.sig",
        f"{header()}.e30.!!!",
        "x" * (LONGEST_TOKEN + 1),
    ],
    ids=lambda token: repr(token[:20]),
)
def test_what_is_no_jwt_is_malformed(check: Verifying, token: str) -> None:
    assert type(refused(check, token)) is TokenMalformed


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b'"text"',
        b"7",
        b"null",
        b"\xff\xfe",
        b"{",
        b"[" * 50_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"exp": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda payload: repr(payload[:12]),
)
def test_a_signed_body_that_is_no_object_is_malformed(lms: FakePlatform, check: Verifying, payload: bytes) -> None:
    assert type(refused(check, lms.sign(payload))) is TokenMalformed


def test_a_giant_token_is_refused_unread(lms: FakePlatform, check: Verifying) -> None:
    assert type(refused(check, lms.sign(lms.claims("n", custom={"x": "y" * LONGEST_TOKEN})))) is TokenMalformed
    assert lms.asked_for("/jwks") == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = ("iss", "aud", "azp", "exp", "iat", "nonce")


@settings(max_examples=150)
@given(data=st.data())
def test_no_token_crashes_it(data: st.DataObject, rsa_lms: tuple[FakePlatform, Verifying]) -> None:
    lms, check = rsa_lms
    changes: dict[str, Any] = data.draw(st.dictionaries(st.sampled_from(NAMES), JSON, max_size=4))
    headers: dict[str, Any] = data.draw(st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit"]), JSON, max_size=2))
    try:
        told = check(lms.sign(lms.claims(**{"nonce": "n", **changes}), **headers))
    except LaunchRefused:
        return
    assert (told["iss"], told["sub"]) == (lms.issuer, "ada-1")


@settings(max_examples=200)
@given(
    token=st.text(alphabet=st.characters(), max_size=60)
    | st.lists(st.binary(max_size=20).map(encode), min_size=1, max_size=5).map(".".join)
)
def test_no_text_is_taken_for_a_token(token: str, rsa_lms: tuple[FakePlatform, Verifying]) -> None:
    refused(rsa_lms[1], token)


@pytest.fixture(scope="module")
def rsa_lms(lms_for_all: FakePlatform) -> tuple[FakePlatform, Verifying]:
    """An LMS whose key set is read already, for the many examples of one test."""
    registration = Registration(uuid4(), lms_for_all.issuer, lms_for_all.client_id, "https://unused.test", "https://unused.test/jwks")
    key_sets = KeySets(Outgoing())
    key_sets.put(registration.key_set_url, {"key-1": rsa_key(1).public_key()}, now=datetime.now(UTC))
    return lms_for_all, lambda token: verify(token, registration, key_sets, now=datetime.now(UTC))


def test_the_fake_signs_as_its_header_says() -> None:
    assert sign({"alg": "none"}, {}, rsa_key(1)).endswith(".")
    assert len({sign({"alg": algorithm}, {}, rsa_key(1)).split(".")[2] for algorithm in ("RS256", "RS512", "PS256", "HS256")}) == 4
