"""Login and launch: ours, with all its database writes, against the stock pylti1p3 Flask example that stores nothing.

CPU seconds of this process, both sides driven by Flask's test client in alternating rounds; the platform's signing of
the token is outside the measurement. *Returning* students have launched before, *new* ones never.
"""

import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask
from pylti1p3.contrib.flask import FlaskMessageLaunch, FlaskOIDCLogin, FlaskRequest  # type: ignore[attr-defined]
from pylti1p3.tool_config import ToolConfDict  # type: ignore[attr-defined]

from app.wsgi import build_app
from bench import school
from bench.school import BASE, CLIENT, DEPLOYMENT, ISSUER
from core.data.clock import utc_now
from lti.key_sets import KeySets, parse_key_set

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
ROUNDS, LAUNCHES, STUDENTS, LIMIT = 15, 40, 30, 1.3


def measure() -> dict[str, Any]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    stock = _stock(key)
    with tempfile.TemporaryDirectory() as home:
        ours = _ours(Path(home), key)
        for number in range(STUDENTS):
            _launch(ours, key, f"student-{number}")
        _launch(stock, key, "student-0")
        ratios: dict[str, list[float]] = {"returning": [], "new": []}
        seconds: dict[str, list[float]] = {"stock": [], "returning": [], "new": []}
        for round_number in range(ROUNDS):
            base = sum(_launch(stock, key, f"student-{n % STUDENTS}") for n in range(LAUNCHES))
            returning = sum(_launch(ours, key, f"student-{n % STUDENTS}") for n in range(LAUNCHES))
            new = sum(_launch(ours, key, f"new-{round_number}-{n}") for n in range(LAUNCHES))
            for name, spent in (("stock", base), ("returning", returning), ("new", new)):
                seconds[name].append(spent / LAUNCHES)
            ratios["returning"].append(returning / base)
            ratios["new"].append(new / base)
    returning_ratio, new_ratio = statistics.median(ratios["returning"]), statistics.median(ratios["new"])
    return {
        "question": "What do login and launch cost, with all their database writes, beside pylti1p3's own example, which stores nothing?",
        "measures": {
            "stock pylti1p3, CPU µs a launch": round(statistics.median(seconds["stock"]) * 1e6),
            "returning student, CPU µs a launch": round(statistics.median(seconds["returning"]) * 1e6),
            "new student, CPU µs a launch": round(statistics.median(seconds["new"]) * 1e6),
            "returning student, ratio": round(returning_ratio, 2),
            "new student, ratio": round(new_ratio, 2),
            "rounds": ROUNDS,
        },
        "limit": f"a returning student's launch at most {LIMIT} times the stock example",
        "within": returning_ratio <= LIMIT,
    }


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
    """The library's own example, reduced to its two routes: keys given inline, launch data in Flask's session."""
    app = Flask("stock")
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
        return f"<h1>Hello {launched.get_launch_data()['name']}</h1>"

    return app
