"""The claims of a launch: the required ones are required, the optional ones never cost a student the launch."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti.claims import Launch, parse, way_back
from lti.refusals import ClaimInvalid
from tests.fakes.platform import ABSENT, LONG_NAMES, FakePlatform

LINEITEMS = "https://lms.example/lineitems"


def read(lms: FakePlatform, **changes: Any) -> Launch:
    return parse(lms.claims("n", **changes))


def test_a_launch_is_read(lms: FakePlatform) -> None:
    launched = read(lms)
    assert (launched.subject, launched.name, launched.locale, launched.deployment_id) == ("ada-1", "Ada Lovelace", "en-US", "deployment-1")
    assert launched.context and (launched.context.id, launched.context.title, launched.context.label) == ("course-1", "Algebra 1", "ALG1")
    assert launched.endpoint and launched.endpoint.lineitems == lms.gradebook.claim["lineitems"]


def test_the_address_of_a_person_is_not_even_parsed(lms: FakePlatform) -> None:
    assert "lovelace@" not in repr(read(lms)).lower()


@pytest.mark.parametrize("name", ["message_type", "version", "deployment_id", "target_link_uri", "roles", "resource_link"])
@pytest.mark.parametrize("value", [ABSENT, None, 1.5, True, {"a": 1}], ids=["absent", "null", "number", "true", "object"])
def test_a_required_claim_is_required(lms: FakePlatform, name: str, value: object) -> None:
    with pytest.raises(ClaimInvalid) as caught:
        read(lms, **{name: value})
    assert caught.value.facts == {"claim": LONG_NAMES[name]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("deployment_id", ""),
        ("deployment_id", "x" * 256),
        ("deployment_id", "a\0b"),
        ("deployment_id", "\ud800"),
        ("roles", "Learner"),
        ("roles", [None]),
        ("roles", [{"Learner": True}]),
        ("resource_link", {}),
        ("resource_link", {"id": ""}),
        ("resource_link", {"id": None}),
        ("resource_link", "link-1"),
        ("context", {}),
        ("context", {"title": "Algebra 1"}),
        ("context", {"id": True}),
        ("context", {"id": "x" * 256}),
        ("context", "course-1"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_claim_that_is_not_of_its_type_is_named(lms: FakePlatform, name: str, value: object) -> None:
    with pytest.raises(ClaimInvalid) as caught:
        read(lms, **{name: value})
    assert caught.value.facts == {"claim": LONG_NAMES[name]}


@pytest.mark.parametrize("subject", [True, False, "", 1.5, [], {}, "x" * 256, "a\0b", "\ud800"], ids=repr)
def test_a_subject_is_a_short_text(lms: FakePlatform, subject: object) -> None:
    with pytest.raises(ClaimInvalid) as caught:
        read(lms, sub=subject)
    assert caught.value.facts == {"claim": "sub"}


@pytest.mark.parametrize(("sent", "taken"), [(7, "7"), (0, "0"), (2**63, str(2**63)), ("7", "7"), ("ä€😀", "ä€😀"), ("x" * 255, "x" * 255)])
def test_numbers_are_taken_for_the_ids_that_they_would_be(lms: FakePlatform, sent: object, taken: str) -> None:
    launched = read(lms, sub=sent, deployment_id=sent, context={"id": sent}, resource_link={"id": sent})
    assert launched.context
    assert (launched.subject, launched.deployment_id, launched.context.id) == (taken, taken, taken)


@pytest.mark.parametrize("subject", [ABSENT, None])
def test_an_anonymous_launch_can_be_read(lms: FakePlatform, subject: object) -> None:
    assert read(lms, sub=subject).subject is None


@pytest.mark.parametrize("context", [ABSENT, None])
def test_a_launch_without_a_course_can_be_read(lms: FakePlatform, context: object) -> None:
    assert read(lms, context=context).context is None


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (ABSENT, None),
        (None, None),
        (7, None),
        (["Ada"], None),
        ("", None),
        (" \t ", None),
        ("\0", None),
        ("A\0da", "Ada"),
        ("Ada \ud800", "Ada ?"),
        ("x" * 300, "x" * 255),
        ("  Zoë 😀 ", "Zoë 😀"),
        ("عائشة", "عائشة"),
    ],
    ids=repr,
)
def test_a_name_never_costs_the_launch(lms: FakePlatform, sent: object, kept: str | None) -> None:
    launched = read(lms, name=sent, locale=sent, context={"id": "c", "title": sent, "label": sent} if sent is not ABSENT else {"id": "c"})
    assert launched.context
    assert (launched.name, launched.locale, launched.context.title, launched.context.label) == (kept,) * 4


ODD_ADDRESSES: list[Any] = [
    None,
    7,
    [],
    "",
    "lms.example",
    "/relative",
    "javascript:alert(1)",
    "JAVASCRIPT://x.test/%0aalert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "http://",
    "http://[::1",
    "https://lms.example/\0",
    "https://lms.example/a b",
    "https://lms.example/\r\nX: y",
    "https://lms.example/\ud800",
    "https://lms.example/" + "x" * 2000,
]


@pytest.mark.parametrize("address", ODD_ADDRESSES, ids=lambda address: repr(address)[:30])
def test_an_odd_address_is_no_address(lms: FakePlatform, address: object) -> None:
    endpoint = read(lms, endpoint={"scope": ["s"], "lineitems": address, "lineitem": address}).endpoint
    assert endpoint and (endpoint.lineitems, endpoint.lineitem) == (None, None)
    assert way_back(lms.claims("n", launch_presentation={"return_url": address})) is None


@pytest.mark.parametrize("presentation", [ABSENT, None, "x", 7, [], {}])
def test_there_need_be_no_way_back(lms: FakePlatform, presentation: object) -> None:
    claims = lms.claims("n", launch_presentation=presentation)
    assert parse(claims).subject == "ada-1"
    assert way_back(claims) is None


def test_the_way_back_is_the_platforms(lms: FakePlatform) -> None:
    assert way_back(lms.claims("n")) == f"{lms.issuer}/back"


@pytest.mark.parametrize("endpoint", [ABSENT, None, "x", 7, []])
def test_there_need_be_no_gradebook(lms: FakePlatform, endpoint: object) -> None:
    assert read(lms, endpoint=endpoint).endpoint is None


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(ABSENT, ()), (None, ()), ("a b", ()), ({"a": 1}, ()), (["a", 7, None, "b\0", "\ud800", "c"], ("a", "c")), ([], ())],
    ids=repr,
)
def test_only_texts_are_scopes(lms: FakePlatform, sent: object, kept: tuple[str, ...]) -> None:
    endpoint = read(lms, endpoint={"lineitems": LINEITEMS} | ({} if sent is ABSENT else {"scope": sent})).endpoint
    assert endpoint and (endpoint.scope, endpoint.lineitems) == (kept, LINEITEMS)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "title", "scope", "lineitems", "return_url"]) | st.text(), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(changes=st.dictionaries(st.sampled_from([*LONG_NAMES, "sub", "name", "locale"]), JSON, min_size=1, max_size=4))
def test_no_claims_crash_it(changes: dict[str, Any], lms_for_all: FakePlatform) -> None:
    claims = lms_for_all.claims("n", **changes)
    way_back(claims)
    try:
        launched = parse(claims)
    except ClaimInvalid:
        return
    launched.model_dump_json().encode()
    assert "\0" not in f"{launched.subject}{launched.name}{launched.context}{launched.endpoint}"
