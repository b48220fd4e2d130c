"""Access tokens: private_key_jwt, and every way to get it wrong."""

import base64
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from app.practice_lms.grants import SCORE
from tests.app.practice_lms.tool import KEYS, Tool


def test_a_good_assertion_gets_a_token_for_an_hour(tool: Tool) -> None:
    answer = tool.ask_token(tool.assertion(), (SCORE, "https://unknown.test/scope"))
    assert answer.status_code == 200
    token = answer.json()
    assert {**token, "access_token": ""} == {"access_token": "", "token_type": "Bearer", "expires_in": 3600, "scope": SCORE}
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    assert tool.post_score(headers).status_code == 204
    tool.clock.pass_(minutes=59)
    assert tool.post_score(headers).status_code == 204
    tool.clock.pass_(minutes=2)
    answer = tool.post_score(headers)
    assert (answer.status_code, answer.headers["WWW-Authenticate"].lower()) == (401, "bearer")


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "somebody"},
        {"sub": "somebody"},
        {"aud": "https://other.test/token"},
        {"aud": []},
        {"aud": 5},
        {"exp": 1},
        {"exp": None},
        {"exp": 1e300},
        {"exp": float("inf")},
        {"exp": "soon"},
        {"exp": 32_000_000_000},
        {"iat": 32_000_000_000},
        {"iat": None},
        {"jti": None},
        {"jti": ""},
        {"jti": "x" * 300},
        {"key": KEYS[1]},
        {"kid": "unknown"},
        {"kid": "odd"},
    ],
)
def test_a_bad_assertion_is_refused(unspoilt: Tool, change: dict[str, Any]) -> None:
    answer = unspoilt.ask_token(unspoilt.assertion(**change))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.json()["error_description"]


def test_an_assertion_is_good_once(tool: Tool) -> None:
    assertion = tool.assertion()
    with ThreadPoolExecutor(4) as pool:
        answers = sorted(answer.status_code for answer in pool.map(tool.ask_token, [assertion] * 4))
    assert answers == [200, 401, 401, 401]
    assert "jti" in tool.ask_token(assertion).json()["error_description"]


def test_audience_lists_are_read(tool: Tool) -> None:
    assert tool.ask_token(tool.assertion(aud=["https://other.test", tool.lms.token_url])).status_code == 200


def with_header(header: bytes) -> str:
    return f"{base64.urlsafe_b64encode(header).rstrip(b'=').decode()}.e30.e30"


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"grant_type": "password"}, 400),
        ({"client_assertion_type": "x"}, 400),
        ({"scope": ""}, 400),
        ({"scope": "https://unknown.test/scope"}, 400),
        ({"client_assertion": ""}, 401),
        ({"client_assertion": "a.b.c"}, 401),
        ({"client_assertion": "é\ud7ff\0"}, 401),
        ({"client_assertion": with_header(b"[" * 3000)}, 401),
        ({"client_assertion": with_header(b'{"alg":"none","kid":"one"}')}, 401),
        ({"client_assertion": with_header(b'{"alg":"RS256","kid":7}')}, 401),
        ({"client_assertion": with_header(b'{"alg":"RS256"}')}, 401),
    ],
)
def test_a_malformed_token_request_is_refused(unspoilt: Tool, form: dict[str, Any], status: int) -> None:
    answer = unspoilt.ask_token(unspoilt.assertion(), **form)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]


def test_a_token_request_must_be_a_form(tool: Tool) -> None:
    assert tool.http.post("/practice/token", json={"grant_type": "client_credentials"}).status_code == 400
    twice = httpx.QueryParams([("grant_type", "client_credentials")] * 2)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert tool.http.post("/practice/token", content=str(twice), headers=form).json()["error"] == "invalid_request"
    assert tool.http.post("/practice/token", content="a" * 300_000, headers=form).status_code == 413


def test_the_tools_keys_are_kept_and_fetched_again_when_needed(tool: Tool) -> None:
    assert [tool.ask_token(tool.assertion()).status_code for _ in range(3)] == [200, 200, 200]
    assert tool.fetched == 1
    tool.offered["two"] = KEYS[1]
    tool.clock.pass_(seconds=2)
    assert tool.ask_token(tool.assertion(kid="two", key=KEYS[1])).status_code == 200
    assert tool.fetched == 2
    assert [tool.ask_token(tool.assertion(kid=f"made-up-{n}")).status_code for n in range(3)] == [401] * 3
    assert tool.fetched == 2  # a flood of unknown ids is not passed on
    del tool.offered["one"]
    tool.clock.pass_(minutes=5)
    assert tool.ask_token(tool.assertion()).status_code == 401  # withdrawn


@pytest.mark.parametrize("status", [503, 200])
def test_unreachable_keys_are_said_and_tried_again(tool: Tool, status: int) -> None:
    tool.broken = status  # 200: an answer that is no key set
    answer = tool.ask_token(tool.assertion())
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    tool.broken = 0
    assert tool.ask_token(tool.assertion()).status_code == 200
