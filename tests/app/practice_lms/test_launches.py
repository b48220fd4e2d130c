"""Launches: from the course page to an id_token, and every refusal on the way."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient

from app.practice_lms.grants import LINE_ITEM, LINE_ITEM_READ, RESULT_READ, SCORE
from app.practice_lms.lms import ISSUER
from tests.app.practice_lms.tool import CLAIM, TOOL_LAUNCH, Page, auth_request, signed


def test_a_launch_from_the_course_page_to_the_signed_token(client: FlaskClient) -> None:
    page = client.get("/practice/launch?user=u-ada&course=alg-1")
    frame = Page(page.text).all("iframe")[0]
    assert frame["title"] == "Paceline, shown in Algebra 1, period 3"
    login = urlsplit(frame["src"])
    assert (login.netloc, login.path) == ("tool.test:7000", "/lti/login")
    begun = dict(parse_qsl(login.query))
    assert begun == {
        "iss": ISSUER,
        "login_hint": "u-ada",
        "lti_message_hint": '{"course":"alg-1","target":"iframe"}',
        "client_id": "paceline-practice",
        "lti_deployment_id": "practice-1",
        "target_link_uri": TOOL_LAUNCH,
    }
    answer = client.post("/practice/auth", data=auth_request(lti_message_hint=begun["lti_message_hint"]))
    form = Page(answer.text)
    assert answer.status_code == 200
    assert (form.all("form")[0]["action"], form.all("form")[0]["method"]) == (TOOL_LAUNCH, "post")
    assert form.hidden()["state"] == "s<1>\"'&"
    claims = signed(client, answer)
    assert (claims["sub"], claims["name"], claims["given_name"], claims["family_name"]) == ("u-ada", "Ada Okafor", "Ada", "Okafor")
    assert (claims["email"], claims["locale"]) == ("u-ada@practice.example", "en")
    assert claims["exp"] - claims["iat"] == 300
    told = {name.removeprefix(CLAIM): value for name, value in claims.items() if name.startswith(CLAIM)}
    presentation = told.pop("launch_presentation")
    assert presentation == {"document_target": "iframe", "return_url": "http://localhost:5000/practice/", "locale": "en"}
    assert told.pop("tool_platform")["name"] == "Practice LMS"
    assert told == {
        "message_type": "LtiResourceLinkRequest",
        "version": "1.3.0",
        "deployment_id": "practice-1",
        "target_link_uri": TOOL_LAUNCH,
        "resource_link": {"id": "alg-1-paceline", "title": "Paceline"},
        "roles": [
            "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner",
            "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student",
        ],
        "context": {
            "id": "alg-1",
            "label": "ALG1-3",
            "title": "Algebra 1, period 3",
            "type": ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseSection"],
        },
    }
    assert claims["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"] == {
        "lineitems": "http://localhost:5000/practice/ags/alg-1/lineitems",
        "lineitem": "http://localhost:5000/practice/ags/alg-1/lineitems/paceline",
        "scope": [LINE_ITEM, LINE_ITEM_READ, RESULT_READ, SCORE],
    }
    assert claims["https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"] == {
        "context_memberships_url": "http://localhost:5000/practice/nrps/alg-1/members",
        "service_versions": ["2.0"],
    }


@pytest.mark.parametrize(
    ("subject", "role"),
    [
        ("u-rivera", "membership#Instructor"),
        ("u-tim", "membership/Instructor#TeachingAssistant"),
        ("u-cole", "membership/Mentor#Advisor"),
    ],
)
def test_roles_are_full_addresses(client: FlaskClient, subject: str, role: str) -> None:
    claims = signed(client, client.get("/practice/auth", query_string=auth_request(login_hint=subject)))
    assert f"http://purl.imsglobal.org/vocab/lis/v2/{role}" in claims[f"{CLAIM}roles"]


@pytest.mark.parametrize("hint", [None, "{}", '{"course":null,"target":"window"}'])
def test_a_launch_without_a_course_has_no_course_claims(client: FlaskClient, hint: str | None) -> None:
    asked = auth_request(login_hint="u-root", lti_message_hint=hint, state=None)
    page = client.get("/practice/auth", query_string=asked)
    assert "state" not in Page(page.text).hidden()
    claims = signed(client, page)
    assert not [name for name in claims if name.endswith(("/context", "/endpoint", "/namesroleservice"))]
    assert claims[f"{CLAIM}roles"] == ["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"]


@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uri": "https://evil.test/steal"},
        {"redirect_uri": f"{TOOL_LAUNCH}/"},
        {"redirect_uri": f"{TOOL_LAUNCH}?x=1"},
        {"redirect_uri": None},
        {"client_id": "other"},
        {"client_id": None},
    ],
)
def test_a_stranger_is_told_and_nothing_is_sent_there(client: FlaskClient, change: dict[str, str | None]) -> None:
    answer = client.get("/practice/auth", query_string=auth_request(**change))
    assert answer.status_code == 400
    assert not Page(answer.text).all("form")
    assert "not" in Page(answer.text).text


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "code"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": None}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"prompt": "login"}, "invalid_request"),
        ({"prompt": None}, "invalid_request"),
        ({"nonce": " "}, "invalid_request"),
        ({"nonce": None}, "invalid_request"),
        ({"login_hint": "u-nobody"}, "login_required"),
        ({"login_hint": None}, "login_required"),
        ({"lti_message_hint": "{"}, "invalid_request"),
        ({"lti_message_hint": "[" * 5000}, "invalid_request"),
        ({"lti_message_hint": '{"course":5}'}, "invalid_request"),
        ({"lti_message_hint": '{"course":"nowhere"}'}, "access_denied"),
        ({"lti_message_hint": '{"course":"alg-1"}', "login_hint": "u-luis"}, "access_denied"),
    ],
)
def test_other_mistakes_go_back_to_the_tool(client: FlaskClient, change: dict[str, str | None], error: str) -> None:
    answer = client.post("/practice/auth", data=auth_request(**change))
    page = Page(answer.text)
    assert (answer.status_code, page.all("form")[0]["action"]) == (400, TOOL_LAUNCH)
    assert (page.hidden()["error"], page.hidden()["state"]) == (error, "s<1>\"'&")
    assert "id_token" not in page.hidden()


def test_a_parameter_sent_twice_is_refused(client: FlaskClient) -> None:
    answer = client.get("/practice/auth", query_string=[*auth_request().items(), ("nonce", "n-2")])
    assert (answer.status_code, Page(answer.text).hidden()["error"]) == (400, "invalid_request")
