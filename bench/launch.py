"""Login and launch: ours, with all its database writes, against the stock pylti1p3 Flask example that stores nothing.

CPU seconds of this process, both sides driven by Flask's test client in alternating rounds; the platform's signing of
the token is outside the measurement. *Returning* students have launched before, *new* ones never.
"""

import gc
import json
import statistics
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask, render_template
from jinja2 import DictLoader
from pylti1p3.contrib.flask import FlaskMessageLaunch, FlaskOIDCLogin, FlaskRequest  # type: ignore[attr-defined]
from pylti1p3.tool_config import ToolConfDict  # type: ignore[attr-defined]

from app.wsgi import build_app
from bench import school
from bench.school import BASE, CLIENT, DEPLOYMENT, ISSUER
from core.data.clock import utc_now
from lti.key_sets import KeySets, parse_key_set

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
PAGE = """<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>{{ course.title }}</title></head>
  <body data-launch="{{ launch_id }}"><h1>Hello {{ name }}</h1><p>{{ course.label }}</p></body>
</html>
"""
ROUNDS, STUDENTS, LIMIT = 25, 30, 1.3


def measure() -> dict[str, Any]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    stock = _stock(key)
    with tempfile.TemporaryDirectory() as home:
        ours = _ours(Path(home), key)
        students = [f"student-{number}" for number in range(STUDENTS)]
        _round(ours, key, students), _round(stock, key, students)
        gc.collect()
        gc.freeze()  # as the server does at its start
        returning = [(_round(stock, key, students), _round(ours, key, students)) for _ in range(ROUNDS)]
        new = [(_round(stock, key, students), _round(ours, key, [f"{n}-{name}" for name in students])) for n in range(ROUNDS)]
    ratio = statistics.median(ours / stock for stock, ours in returning)
    return {
        "question": "What do login and launch cost, with all their database writes, beside pylti1p3's own example, which stores nothing?",
        "measures": {
            "stock pylti1p3, CPU µs a launch": _micro(stock for stock, _ in returning),
            "returning student, CPU µs a launch": _micro(ours for _, ours in returning),
            "new student, CPU µs a launch": _micro(ours for _, ours in new),
            "returning student, ratio": round(ratio, 2),
            "new student, ratio": round(statistics.median(ours / stock for stock, ours in new), 2),
            "rounds of 30 launches": ROUNDS,
        },
        "limit": f"a returning student's launch at most {LIMIT} times pylti1p3's example (a student's very first is shown beside it)",
        "within": ratio <= LIMIT,
    }


def _round(app: Flask, key: rsa.RSAPrivateKey, students: list[str]) -> float:
    """CPU seconds a launch, over one launch of each student."""
    return sum(_launch(app, key, student) for student in students) / len(students)


def _micro(seconds: Iterable[float]) -> int:
    return round(statistics.median(seconds) * 1e6)


def _launch(app: Flask, key: rsa.RSAPrivateKey, subject: str) -> float:
    """One login and launch of a fresh browser; returns the CPU seconds that the tool spent on the two requests."""
    client = app.test_client()
    asked = {"iss": ISSUER, "login_hint": subject, "target_link_uri": f"{BASE}/lti/launch", "client_id": CLIENT}
    started = time.process_time()
    answer = client.get("/lti/login", query_string=asked)
    spent = time.process_time() - started
    said = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
    form = {"state": said["state"], "id_token": _token(key, subject, said["nonce"])}
    started = time.process_time()
    answer = client.post("/lti/launch", data=form)
    spent += time.process_time() - started
    if answer.status_code not in (200, 303):
        raise RuntimeError(f"the launch was refused: {answer.status_code} {answer.text[:300]}")
    return spent


def _token(key: rsa.RSAPrivateKey, subject: str, nonce: str) -> str:
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": CLIENT,
        "sub": subject,
        "exp": now + 300,
        "iat": now,
        "nonce": nonce,
        "name": "Ada Okafor",
        "given_name": "Ada",
        "family_name": "Okafor",
        "locale": "en",
        CLAIM + "message_type": "LtiResourceLinkRequest",
        CLAIM + "version": "1.3.0",
        CLAIM + "deployment_id": DEPLOYMENT,
        CLAIM + "target_link_uri": f"{BASE}/lti/launch",
        CLAIM + "resource_link": {"id": "link-1", "title": "Paceline"},
        CLAIM + "context": {"id": "course-1", "title": "Math 8", "label": "M8"},
        CLAIM + "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
        CLAIM + "launch_presentation": {"return_url": "https://lms.example/back"},
        "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": {
            "scope": ["https://purl.imsglobal.org/spec/lti-ags/scope/lineitem", "https://purl.imsglobal.org/spec/lti-ags/scope/score"],
            "lineitems": "https://lms.example/ags/course-1/lineitems",
        },
    }
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": "k1"})


def _jwks(key: rsa.RSAPrivateKey) -> dict[str, Any]:
    jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    return {"keys": [{**jwk, "kid": "k1", "use": "sig", "alg": "RS256"}]}


def _ours(home: Path, key: rsa.RSAPrivateKey) -> Flask:
    house = school.build_house(home)
    school.add_platform(house)
    _prime(house.key_sets, school.KEY_SET, key)
    return build_app(house)


def _prime(key_sets: KeySets, url: str, key: rsa.RSAPrivateKey) -> None:
    """Put the platform's keys where the first launch of the hour would: neither side fetches keys in the measurement."""
    key_sets.put(url, parse_key_set(_jwks(key)), now=utc_now())


def _stock(key: rsa.RSAPrivateKey) -> Flask:
    """The library's own example, reduced to its two routes: keys given inline, launch data in Flask's session, a small page."""
    app = Flask("stock")
    app.jinja_loader = DictLoader({"game.html": PAGE})
    app.secret_key = "bench"
    pem = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    registration: Any = {
        "default": True,
        "client_id": CLIENT,
        "auth_login_url": f"{ISSUER}/auth",
        "auth_token_url": f"{ISSUER}/token",
        "key_set": _jwks(key),
        "deployment_ids": [DEPLOYMENT],
    }
    conf = ToolConfDict({ISSUER: [registration]})
    conf.set_private_key(ISSUER, pem.decode(), client_id=CLIENT)

    @app.get("/lti/login")
    def login() -> Any:
        request = FlaskRequest()  # type: ignore[no-untyped-call]
        begun = FlaskOIDCLogin(request, conf)  # type: ignore[no-untyped-call]
        return begun.redirect(request.get_param("target_link_uri"))  # type: ignore[no-untyped-call]

    @app.post("/lti/launch")
    def launch() -> Any:
        request = FlaskRequest()  # type: ignore[no-untyped-call]
        launched = FlaskMessageLaunch(request, conf)  # type: ignore[no-untyped-call]
        facts: Any = launched.get_launch_data()
        return render_template("game.html", name=facts.get("name"), launch_id=launched.get_launch_id(), course=facts[CLAIM + "context"])

    return app
