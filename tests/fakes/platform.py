"""A fake LMS at the process's edge: its own RSA keys, a key set served over real HTTP, and launches with any change.

What it serves is switched by plain attributes, while it runs. Its gradebook is in `tests/fakes/gradebook.py`.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.fakes.gradebook import FakeGradebook
from tests.fakes.http_server import Handler, Told, serving
from tests.fakes.keys import jwk, rsa_key, sign

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
LEARNER, INSTRUCTOR = f"{MEMBERSHIP}#Learner", f"{MEMBERSHIP}#Instructor"
ADMINISTRATOR = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"

ABSENT: Final = object()
"""As a change: leave the claim, header or field out."""

LONG_NAMES = {
    name: LTI + name
    for name in ("message_type", "version", "deployment_id", "target_link_uri", "resource_link", "roles", "context", "launch_presentation")
} | {"endpoint": AGS}


class FakePlatform:
    """One LMS, with one client and, for the launches that are not told otherwise, one deployment."""

    def __init__(self, told: Told, tool: str) -> None:
        """`told` is the running server; `tool` the tool's public address."""
        self._told, self.tool = told, tool
        told.answer = self._answer
        self.issuer, self.client_id, self.deployment_id = told.address, "client-1", "deployment-1"
        self.gradebook = FakeGradebook(told.address)
        self.key_number, self.kid = 1, "key-1"
        self.key_set: Any = None  # another document to serve instead of the key set; bytes are served as they are
        self.key_set_status, self.key_set_delay = 200, 0.0

    # What the tool is told at registration

    @property
    def facts(self) -> dict[str, str]:
        """The columns of a registration."""
        return {
            "name": "Fake LMS",
            "issuer": self.issuer,
            "client_id": self.client_id,
            "auth_login_url": f"{self._told.address}/auth",
            "auth_token_url": self.gradebook.token_url,
            "key_set_url": f"{self._told.address}/jwks",
        }

    def asked_for(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(urlsplit(one.path).path == path for one in self._told.heard)

    def rotate(self) -> None:
        """Sign with a new key from now on, and publish that alone."""
        self.key_number, self.kid = self.key_number + 1, f"key-{self.key_number + 1}"

    # Tokens

    def claims(self, nonce: Any = "", **changes: Any) -> dict[str, Any]:
        """The claims of a launch as Ada, with some changed: LTI's own by their last name, such as `version`."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": "ada-1",
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "name": "Ada Lovelace",
            "given_name": "Ada",
            "family_name": "Lovelace",
            "email": "ada.lovelace@school.example",
            "locale": "en-US",
            "message_type": "LtiResourceLinkRequest",
            "version": "1.3.0",
            "deployment_id": self.deployment_id,
            "target_link_uri": f"{self.tool}/lti/launch",
            "resource_link": {"id": "link-1", "title": "Paceline"},
            "roles": [LEARNER],
            "context": {"id": "course-1", "label": "ALG1", "title": "Algebra 1"},
            "launch_presentation": {"document_target": "iframe", "return_url": f"{self.issuer}/back"},
            "endpoint": self.gradebook.claim,
        }
        changed = {LONG_NAMES.get(name, name): value for name, value in (claims | changes).items()}
        return {name: value for name, value in changed.items() if value is not ABSENT}

    def sign(self, claims: Mapping[str, Any] | bytes, *, key_number: int | None = None, **header: Any) -> str:
        """A token over some claims; `header` changes its header."""
        wanted = {"typ": "JWT", "alg": "RS256", "kid": self.kid} | header
        wanted = {name: value for name, value in wanted.items() if value is not ABSENT}
        return sign(wanted, claims, rsa_key(key_number or self.key_number))

    # The two legs of a launch

    def login(self, client: FlaskClient, *, method: str = "GET", **changes: Any) -> TestResponse:
        """Begin a launch in a browser."""
        fields = {
            "iss": self.issuer,
            "login_hint": "ada-1",
            "target_link_uri": f"{self.tool}/lti/launch",
            "client_id": self.client_id,
            "lti_deployment_id": self.deployment_id,
            "lti_message_hint": '{"cmid": 7}',
        } | changes
        fields = {name: value for name, value in fields.items() if value is not ABSENT}
        if method == "POST":
            return client.post("/lti/login", data=fields)
        return client.get("/lti/login", query_string=fields)

    def promised(self, client: FlaskClient, **changes: Any) -> dict[str, str]:
        """What the tool asked for at a login: state, nonce and the rest of the authentication request."""
        answer = self.login(client, **changes)
        assert answer.status_code == 302, answer.get_data(as_text=True)
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}

    def launch(
        self,
        client: FlaskClient,
        *,
        login: Mapping[str, Any] | None = None,
        header: Mapping[str, Any] | None = None,
        key_number: int | None = None,
        **changes: Any,
    ) -> TestResponse:
        """Log in and launch as Ada the learner; `changes` are of claims."""
        promised = self.promised(client, **(login or {}))
        claims = self.claims(**({"nonce": promised["nonce"]} | changes))
        token = self.sign(claims, key_number=key_number, **(header or {}))
        return self.post(client, promised["state"], token)

    def post(self, client: FlaskClient, state: str, token: str) -> TestResponse:
        """Bring a token to the tool, as the browser does with the platform's form."""
        return client.post("/lti/launch", data={"state": state, "id_token": token}, headers={"Origin": self.issuer})

    # What it serves

    def _answer(self, request: Handler) -> None:
        if urlsplit(request.path).path != "/jwks":
            self.gradebook.answer(request)
            return
        time.sleep(self.key_set_delay)
        document = {"keys": [jwk(rsa_key(self.key_number), self.kid)]} if self.key_set is None else self.key_set
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        request.reply(self.key_set_status, body, Content_Type="application/json")


@contextmanager
def fake_platform(tool: str) -> Iterator[FakePlatform]:
    """A running fake LMS that knows the tool under one address."""
    with serving() as told:
        yield FakePlatform(told, tool)


def handle_of(answer: TestResponse) -> str:
    """The viewer's handle that a launch led to."""
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return urlsplit(answer.location).path.split("/")[2]


Launching = Callable[..., TestResponse]
