"""The journeys' stage: Paceline served by gunicorn with a worker beside it, LMSs around it, and a real browser.

Paceline is at `localhost`; the pages that frame it are at `127.0.0.1`, which to a browser is another site: what
Paceline does inside those frames is third-party. Only the practice LMS that Paceline itself mounts is at its own origin.
"""

import html
import json
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from app import wiring
from app.practice_lms import Course, Person, PracticeLms, blueprint
from app.settings import Settings, Stage, new_master_key
from app.wiring import House
from core.data.clock import utc_now
from core.people.platforms import AgeBand, add_platform, approve_deployment
from core.people.tenants import add_tenant
from tests.browsers import ARGUMENTS, find_chromium
from tests.fakes.http_server import Handler, serving
from tests.journeys.running import ROOT, free_ports, process
from tests.journeys.stage import OpenEdx, Practice, Scene, Visitor

ALGEBRA, BIOLOGY = Course("algebra-2", "Algebra 1, Period 2"), Course("bio-4", "Biology, Period 4")
BOTH = (ALGEBRA.context, BIOLOGY.context)
PEOPLE = [
    Person("ada", "Ada Nguyen", "Ada", "Nguyen", "student", BOTH),
    Person("luis", "Luis Ortega", "Luis", "Ortega", "student", BOTH, "es-MX"),
    Person("mora", "Luis Mora", "Luis", "Mora", "student", BOTH, "es-MX"),
    *(Person(f"s-{number}", f"Student {number}", "Student", str(number), "student", BOTH) for number in range(12)),
    Person("rivera", "Ms Rivera", "Ana", "Rivera", "teacher", BOTH),
    Person("okafor", "Dr Okafor", "Chi", "Okafor", "admin", ()),
]
ALL_COOKIES = {"profile": {"cookie_controls_mode": 0, "block_third_party_cookies": False}}
NO_COOKIES = {"profile": {"default_content_setting_values": {"cookies": 2}}}


# Servers


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Scene]:
    """Everything running. All journeys share it, each with students of its own."""
    home = tmp_path_factory.mktemp("journeys")
    port, edx_port = free_ports(2)
    facts = {"stage": Stage.TEST, "home": home, "port": port, "master_keys": new_master_key(), "poll_seconds": 0.1, "lease_seconds": 5}
    settings = Settings(**facts)  # type: ignore[arg-type]
    environment = {f"PACELINE_{name.upper()}": str(value) for name, value in facts.items()} | {"PACELINE_LOG_LEVEL": "warning"}
    (home / "paceline.db").write_bytes(sqlite_template.read_bytes())
    house = wiring.build(settings)
    house.vault.create_tables()
    with ExitStack() as running:
        running.callback(house.close)
        frame = running.enter_context(serving())
        frame.answer = _frame
        peer = running.enter_context(process(_openedx(edx_port, home, settings), home / "openedx.log", {}))
        server = running.enter_context(process(_server(port), home / "server.log", environment))
        running.enter_context(process([sys.executable, "-m", "app.cli", "worker"], home / "worker.log", environment))
        practice = running.enter_context(_practice(home, settings.address))
        server.wait_for(f"{settings.address}/readyz")
        peer.wait_for(f"http://localhost:{edx_port}/info")
        edx = OpenEdx(f"http://localhost:{edx_port}", frame.address, _read_json(f"http://localhost:{edx_port}/info"))
        _register(house, practice, edx)
        yield Scene(settings.address, house, frame, practice, edx)


def _server(port: int) -> list[str]:
    options = ["--bind", f"127.0.0.1:{port}", "--workers", "1", "--worker-class", "gthread", "--threads", "8", "--log-level", "warning"]
    return [sys.executable, "-m", "gunicorn", *options, "app.wsgi:create_app()"]


def _openedx(port: int, home: Path, settings: Settings) -> list[str]:
    python = ROOT / ".peers" / "openedx" / "bin" / "python"
    assert python.exists(), "The Open edX peer is not installed: `make setup` does it"
    addresses = [word for name in ("login", "launch") for word in (f"--{name}", f"{settings.address}/lti/{name}")]
    peer = [str(ROOT / "tests" / "peers" / "openedx_platform.py"), "--port", str(port), "--state", str(home / "openedx")]
    return [str(python), *peer, *addresses, "--jwks", f"{settings.address}/lti/jwks.json"]


class _Quiet(WSGIRequestHandler):
    def log(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def _practice(home: Path, tool: str) -> Iterator[Practice]:
    """The practice LMS by itself, at 127.0.0.1."""
    (own := home / "practice").mkdir()
    (port,) = free_ports(1)
    address = f"http://127.0.0.1:{port}"
    lms = PracticeLms(own, address, PEOPLE, [ALGEBRA, BIOLOGY], tool_url=tool)
    lms.issuer = "https://another-practice-lms.example"  # the one that Paceline mounts is there too
    site = Flask("practice", static_folder=str(files("web").joinpath("static")))
    site.register_blueprint(blueprint(lms))
    server = make_server("127.0.0.1", port, site, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Practice(address, lms)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _frame(request: Handler) -> None:
    """A page with a frame around what `show` names: a course page of an LMS on another site."""
    shown = parse_qs(urlsplit(request.path).query).get("show", ["about:blank"])[0]
    frame = f'<iframe title="Tool" width="1000" height="900" src="{html.escape(shown)}"></iframe>'
    page = f'<!doctype html><html lang="en"><title>Course</title><link rel="icon" href="data:,"><h1>Course</h1>{frame}'
    request.reply(200, page.encode(), Content_Type="text/html")


def _register(house: House, practice: Practice, edx: OpenEdx) -> None:
    """A school for each LMS."""
    names = ("client_id", "auth_login_url", "auth_token_url", "key_set_url")
    openedx = {"issuer": edx.facts["iss"], "deployment_id": edx.facts["deployment_ids"][0]} | {name: edx.facts[name] for name in names}
    schools = {
        "Riverside High": PracticeLms.facts(practice.address) | {"issuer": practice.lms.issuer},
        "Lakeside High": openedx | {"frame_origins": [edx.frame]},
        "Hillside High": PracticeLms.facts(house.settings.address),
    }
    now = utc_now()
    with house.database.aside() as session:
        for name, facts in schools.items():
            deployment = facts.pop("deployment_id")
            platform = add_platform(session, name=f"LMS of {name}", now=now, **facts)
            school = add_tenant(session, name, zone="America/Los_Angeles", language="en", now=now)
            approve_deployment(session, platform, deployment, school.id, AgeBand.TEENS, by="operator", now=now)


def _read_json(address: str) -> Any:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return json.load(answer)


# Browsers


Arriving = Callable[..., Visitor]


@pytest.fixture
def arrive(chromium: Browser, scene: Scene) -> Iterator[Arriving]:
    """Let somebody sit down at a browser, with any options of a context. In the end none may have asked for anything
    elsewhere, nor may the browser have complained."""
    visitors: list[Visitor] = []

    def somebody(**options: Any) -> Visitor:
        visitors.append(Visitor(chromium.new_context(**options), scene))
        return visitors[-1]

    yield somebody
    for visitor in visitors:
        visitor.context.close()
        assert visitor.strangers() == []
        assert visitor.complaints == []


@pytest.fixture
def visitor(arrive: Arriving) -> Visitor:
    """Somebody at a browser that blocks third-party cookies."""
    return arrive()


@pytest.fixture(params=["all cookies", "no cookies"])
def extreme(request: pytest.FixtureRequest, playwright: Playwright, scene: Scene, tmp_path: Path) -> Iterator[Visitor]:
    """Somebody whose browser keeps every cookie, or none at all."""
    (profile := tmp_path / "profile" / "Default").mkdir(parents=True)
    (profile / "Preferences").write_text(json.dumps(ALL_COOKIES if request.param == "all cookies" else NO_COOKIES))
    context = playwright.chromium.launch_persistent_context(profile.parent, executable_path=find_chromium(), args=ARGUMENTS)
    visitor = Visitor(context, scene)
    yield visitor
    context.close()
    assert visitor.strangers() == []
