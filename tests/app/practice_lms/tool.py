"""The tool's side of the practice LMS, and a small school in it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask, jsonify
from flask.testing import FlaskClient
from jwt.algorithms import RSAAlgorithm
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from app.practice_lms import Course, Person, PracticeLms, blueprint
from app.practice_lms.grants import ASSERTION_TYPE, LINE_ITEM, MEMBERS_READ, RESULT_READ, SCORE
from app.practice_lms.lms import ISSUER

ALL_SCOPES = (LINE_ITEM, RESULT_READ, SCORE, MEMBERS_READ)
CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
COURSES = [Course("alg-1", "Algebra 1, period 3", "ALG1-3"), Course("alg-2", "Algebra 1, period 5"), Course("empty", "Nobody's course")]
ADA = Person("u-ada", "Ada Okafor", "Ada", "Okafor", "student", ("alg-1", "alg-2"))
LUIS = Person("u-luis", "Luis Peña <b>", "Luis", "Peña", "student", ("alg-2",), locale="es-MX")
RIVERA = Person("u-rivera", "Ms Rivera", "Elena", "Rivera", "teacher", ("alg-1", "alg-2"))
PEOPLE = [
    ADA,
    LUIS,
    RIVERA,
    Person("u-tim", "Tim Assist", "Tim", "Assist", "assistant", ("alg-1",)),
    Person("u-cole", "Dr Cole", "Ines", "Cole", "counsellor", ("alg-1",)),
    Person("u-root", "Root Admin", "Root", "Admin", "admin"),
    *(Person(f"u-{n}", f"Student {n}", "Student", str(n), "student", ("alg-1",)) for n in range(1, 24)),
]


def make_rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


KEYS = [make_rsa(), make_rsa()]


class Clock:
    """An instant that moves when told to."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Tool:
    """The tool's side: its keys as it offers them at the moment, and a client that speaks to the LMS."""

    base: str
    http: httpx.Client
    clock: Clock
    lms: PracticeLms
    offered: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)
    fetched: int = 0
    broken: int = 0

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = self.clock().timestamp()
        own = {"iss": self.lms.client_id, "sub": self.lms.client_id, "aud": self.lms.token_url}
        return {**own, "iat": now, "exp": now + 60, "jti": str(uuid4()), **changes}

    def assertion(self, *, kid: str = "one", key: rsa.RSAPrivateKey = KEYS[0], **changes: Any) -> str:
        told = {name: value for name, value in self.claims(**changes).items() if value is not None}
        return jwt.encode(told, key, algorithm="RS256", headers={"kid": kid})

    def ask_token(self, assertion: str, scopes: tuple[str, ...] = ALL_SCOPES, **changes: str) -> httpx.Response:
        form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        return self.http.post("/practice/token", data={**form, "scope": " ".join(scopes), **changes})

    def bearer(self, *scopes: str) -> dict[str, str]:
        answer = self.ask_token(self.assertion(), scopes or ALL_SCOPES)
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def post_score(self, headers: dict[str, str], context: str = "alg-1", item: str = "paceline", **changes: Any) -> httpx.Response:
        body = json.dumps({name: value for name, value in {**self.score(), **changes}.items() if value is not None})
        path = f"/practice/ags/{context}/lineitems/{item}/scores"
        return self.http.post(path, content=body, headers={"Content-Type": "application/vnd.ims.lis.v1.score+json", **headers})

    def score(self) -> dict[str, Any]:
        done = {"activityProgress": "Completed", "gradingProgress": "FullyGraded"}
        return {"userId": "u-ada", "scoreGiven": 1, "scoreMaximum": 1, "timestamp": self.clock().isoformat(), **done}


@contextmanager
def serving(home: Path, clock: Clock) -> Iterator[Tool]:
    """A tool's JWKS and the practice LMS behind one real server on loopback."""
    app = Flask("tool", static_folder=str(files("web").joinpath("static")))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    base = f"http://127.0.0.1:{server.server_port}"
    lms = PracticeLms(home, base, PEOPLE, COURSES, clock=clock)
    app.register_blueprint(blueprint(lms))
    with httpx.Client(base_url=base, trust_env=False, timeout=20) as http:
        tool = Tool(base, http, clock, lms, {"one": KEYS[0]})

        @app.get("/lti/jwks.json")
        def jwks() -> Any:
            tool.fetched += 1
            if tool.broken:
                return {"error": "down"}, tool.broken
            keys = {kid: RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) for kid, key in tool.offered.items()}
            return jsonify(keys=[{"kid": "odd", "kty": "nonsense"}, 7, *({**key, "kid": kid} for kid, key in keys.items())])

        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield tool
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class Page(HTMLParser):
    """What a page holds: tags with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def hidden(self) -> dict[str, str]:
        return {given["name"]: given["value"] for given in self.all("input") if given["type"] == "hidden"}


TOOL_LAUNCH = "http://tool.test:7000/lti/launch"


def auth_request(**changes: str | None) -> dict[str, str]:
    asked: dict[str, str | None] = {
        "client_id": "paceline-practice",
        "redirect_uri": TOOL_LAUNCH,
        "response_type": "id_token",
        "response_mode": "form_post",
        "scope": "openid",
        "prompt": "none",
        "login_hint": "u-ada",
        "lti_message_hint": '{"course":"alg-1","target":"iframe"}',
        "nonce": "n-1",
        "state": "s<1>\"'&",
        **changes,
    }
    return {name: value for name, value in asked.items() if value is not None}


def signed(client: FlaskClient, page: TestResponse, nonce: str = "n-1") -> dict[str, Any]:
    """The claims of a launch, verified with PyJWT against the JWKS that the LMS publishes."""
    token = Page(page.text).hidden()["id_token"]
    published = jwt.PyJWKSet.from_dict(client.get("/practice/jwks.json").get_json())
    header = jwt.get_unverified_header(token)
    assert header["alg"] == "RS256"
    claims: dict[str, Any] = jwt.decode(
        token,
        published[header["kid"]],
        algorithms=["RS256"],
        audience="paceline-practice",
        issuer=ISSUER,
        options={"require": ["exp", "iat", "sub", "nonce"]},
    )
    assert claims["nonce"] == nonce
    return claims
