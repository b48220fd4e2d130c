"""The login: whoever begins a launch is sent to the LMS that they named, and to no other place."""

from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from core.data.db import Database
from core.data.ids import digest
from core.people.platforms import Platform
from lti.launch_states import LaunchState
from tests.fakes.house import TOOL, count, register
from tests.fakes.platform import ABSENT, FakePlatform

pytestmark = [pytest.mark.parametrize("kind", ["sqlite"]), pytest.mark.usefixtures("platform")]


def states(database: Database) -> int:
    return count(database, LaunchState)[0]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_login_goes_on_to_the_platform(
    browser: FlaskClient, lms: FakePlatform, database: Database, platform: Platform, method: str
) -> None:
    answer = lms.login(browser, method=method)
    assert answer.status_code == 302
    assert answer.location.startswith(f"{platform.auth_login_url}?")
    asked = parse_qs(urlsplit(answer.location).query)
    state, nonce = asked.pop("state")[0], asked.pop("nonce")[0]
    assert asked == {
        "scope": ["openid"],
        "response_type": ["id_token"],
        "response_mode": ["form_post"],
        "prompt": ["none"],
        "client_id": ["client-1"],
        "redirect_uri": [f"{TOOL}/lti/launch"],
        "login_hint": ["ada-1"],
        "lti_message_hint": ['{"cmid": 7}'],
    }
    with database.session(writes=False) as session:
        row = session.scalars(select(LaunchState)).one()
    assert (row.state_hash, row.nonce_hash, row.deployment_id) == (digest(state), digest(nonce), "deployment-1")
    assert len({state, nonce}) == 2
    assert min(len(state), len(nonce)) >= 32


def test_every_login_has_its_own_state_and_nonce(browser: FlaskClient, lms: FakePlatform) -> None:
    asked = [lms.promised(browser) for _ in range(3)]
    assert len({one[name] for one in asked for name in ("state", "nonce")}) == 6


def test_what_the_platform_did_not_send_is_not_made_up(browser: FlaskClient, lms: FakePlatform, database: Database) -> None:
    asked = lms.promised(browser, client_id=ABSENT, lti_deployment_id=ABSENT, lti_message_hint=ABSENT)
    assert "lti_message_hint" not in asked
    assert asked["client_id"] == "client-1"
    with database.session(writes=False) as session:
        assert session.scalars(select(LaunchState)).one().deployment_id is None


def test_the_platforms_own_query_is_kept(browser: FlaskClient, lms: FakePlatform, database: Database) -> None:
    register(database, lms, client_id="client-2", auth_login_url=f"{lms.issuer}/auth?realm=a%26b")
    answer = lms.login(browser, client_id="client-2")
    assert answer.location.startswith(f"{lms.issuer}/auth?realm=a%26b&scope=openid&")


@pytest.mark.parametrize("hint", ["a&state=mine", "ä 😀", '{"a": "b"}', "%00", "x" * 4000, "a\r\nSet-Cookie: x=y"])
def test_hints_come_back_unchanged(browser: FlaskClient, lms: FakePlatform, hint: str) -> None:
    answer = lms.login(browser, method="POST", login_hint=hint, lti_message_hint=hint)
    asked = parse_qs(urlsplit(answer.location).query)
    assert (asked["login_hint"], asked["lti_message_hint"], len(asked["state"])) == ([hint], [hint], 1)
    assert "Set-Cookie" not in answer.headers


# Targets: only our own addresses

THEIRS = [
    "https://evil.test/",
    "https://evil.test/lti/launch",
    f"{TOOL}.evil.test/lti/launch",
    f"{TOOL}@evil.test/lti/launch",
    f"{TOOL}:443@evil.test/",
    "https://evil.test/https://paceline.test/lti/launch",
    "https://evil.test#https://paceline.test/lti/launch",
    "//paceline.test/lti/launch",
    "//evil.test/",
    "/lti/launch",
    "http://paceline.test/lti/launch",
    "https://PACELINE.test/lti/launch",
    "https://paceline.test:8443/lti/launch",
    "https://paceline.test\\@evil.test/lti/launch",
    f"{TOOL}/lti/launch?next=https://evil.test",
    f"{TOOL}/lti/launch#evil",
    f"{TOOL}/lti/launch/../../evil",
    f"{TOOL}/elsewhere",
    f" {TOOL}/lti/launch",
    f"{TOOL}/lti/launch\n",
    "javascript:alert(1)",
    "data:text/html,x",
    "x" * 5000,
]


@pytest.mark.parametrize("target", THEIRS, ids=lambda target: repr(target)[:60])
def test_a_target_that_is_not_ours_is_refused(browser: FlaskClient, lms: FakePlatform, database: Database, target: str) -> None:
    answer = lms.login(browser, method="POST", target_link_uri=target)
    assert answer.status_code == 403
    assert "Location" not in answer.headers
    assert states(database) == 0


@pytest.mark.parametrize("target", [TOOL, f"{TOOL}/", f"{TOOL}/lti/launch"])
def test_our_own_addresses_are_targets_and_the_redirect_is_always_the_launch(browser: FlaskClient, lms: FakePlatform, target: str) -> None:
    assert lms.promised(browser, target_link_uri=target)["redirect_uri"] == f"{TOOL}/lti/launch"


# Who is known


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://unknown.example"},
        {"iss": "https://unknown.example", "client_id": ABSENT},
        {"client_id": "client-9"},
        {"client_id": "CLIENT-1"},
        {"client_id": "client-1 "},
    ],
)
def test_an_unknown_platform_is_refused_with_its_name(
    browser: FlaskClient, lms: FakePlatform, database: Database, changes: dict[str, str]
) -> None:
    answer = lms.login(browser, **changes)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 403
    assert changes.get("iss", lms.issuer) in page
    assert str(changes.get("client_id", "")).strip() in page or changes["client_id"] is ABSENT
    assert states(database) == 0


def test_where_an_issuer_has_several_clients_the_client_id_tells(browser: FlaskClient, lms: FakePlatform, database: Database) -> None:
    for number in range(2, 80):
        register(database, lms, client_id=f"client-{number}", auth_login_url=f"{lms.issuer}/auth-{number}")
    for number in (1, 2, 79):
        assert lms.promised(browser, client_id=f"client-{number}")["client_id"] == f"client-{number}"
    for nobody in (ABSENT, "client-80", ""):
        assert lms.login(browser, client_id=nobody).status_code == 403


@pytest.mark.parametrize("missing", ["iss", "login_hint", "target_link_uri"])
@pytest.mark.parametrize("value", [ABSENT, ""])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_incomplete_login_says_what_it_lacks(browser: FlaskClient, lms: FakePlatform, missing: str, value: object, method: str) -> None:
    answer = lms.login(browser, method=method, **{missing: value})
    assert answer.status_code == 400
    assert missing in answer.get_data(as_text=True)


def test_a_long_deployment_id_is_cut_and_then_nobodys(browser: FlaskClient, lms: FakePlatform, database: Database) -> None:
    lms.promised(browser, method="POST", lti_deployment_id="d" * 100_000)
    with database.session(writes=False) as session:
        assert session.scalars(select(LaunchState)).one().deployment_id == "d" * 256


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_a_login_is_asked_for_by_get_or_post(browser: FlaskClient, method: str) -> None:
    assert getattr(browser, method)("/lti/login").status_code == 405


@pytest.mark.parametrize("changes", [{"target_link_uri": f"{TOOL}//////"}, {"target_link_uri": f"{TOOL}/lti/launch/"}])
def test_a_target_is_ours_to_the_letter(browser: FlaskClient, lms: FakePlatform, database: Database, changes: dict[str, str]) -> None:
    assert lms.login(browser, **changes).status_code == 403
    with database.session(writes=False) as session:
        assert session.scalars(select(LaunchState)).all() == []


@pytest.mark.parametrize("name", ["login_hint", "lti_message_hint"])
def test_a_hint_of_any_length_is_not_sent_back(browser: FlaskClient, lms: FakePlatform, database: Database, name: str) -> None:
    assert lms.login(browser, **{name: "x" * 8_000}).status_code == 302
    assert lms.login(browser, method="POST", **{name: "x" * 8_001}).status_code == 400
    with database.session(writes=False) as session:
        assert len(session.scalars(select(LaunchState)).all()) == 1
