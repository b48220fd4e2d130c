"""What stands around every request: faults are answered and logged without a handle, and nothing else leaks."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import REGISTRY
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Session
from structlog.testing import capture_logs

from app.logs import masked
from app.settings import Settings, Stage, new_master_key
from app.wsgi import build_app
from core.data.clock import utc_now
from core.data.db import Database
from core.data.outgoing import Outgoing
from core.data.vault import Vault
from core.people.access import Role
from core.people.viewers import open_viewer
from tests.fakes.house import fake_house
from tests.people_made import School

TOKEN = "a token of more than sixteen"


@pytest.fixture
def app(database: Database, vault: Vault, tmp_path: Path) -> Iterator[Flask]:
    outgoing = Outgoing()
    yield build_app(fake_house(database, vault, outgoing, tmp_path))
    outgoing.close()


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    return app.test_client(use_cookies=False)


@pytest.fixture
def handle(database: Database, kept_school: School) -> str:
    """The handle of Ada's page."""
    with database.aside() as session:
        ids = {"tenant_id": kept_school.tenant.id, "person_id": kept_school.student.id, "course_id": kept_school.course.id}
        return open_viewer(session, **ids, role=Role.STUDENT, platform_id=None, now=utc_now()).handle


@pytest.mark.parametrize(("fault", "status"), [(OperationalError, 503), (IntegrityError, 500)])
def test_a_commit_that_fails_is_answered_and_logged_without_the_handle(
    browser: FlaskClient, handle: str, monkeypatch: pytest.MonkeyPatch, fault: type[Exception], status: int
) -> None:
    def fail(_self: Session) -> None:
        raise fault(f"INSERT … {handle}", {}, Exception("disk"))

    monkeypatch.setattr(Session, "commit", fail)
    with capture_logs() as logs:
        answer = browser.get(f"/v/{handle}/")

    assert answer.status_code == status
    assert "quote this reference" in answer.text
    assert handle not in json.dumps(logs)
    assert [line["event"] for line in logs] == ["failed", "request"]


def test_requests_are_logged_by_their_route(browser: FlaskClient, handle: str) -> None:
    with capture_logs() as logs:
        browser.get(f"/v/{handle}/")

    assert logs[0]["route"] == "/v/<handle>/"
    assert handle not in json.dumps(logs)


def test_an_address_without_its_slash_is_served_and_not_sent_elsewhere(browser: FlaskClient, handle: str) -> None:
    answer = browser.get(f"/v/{handle}")

    assert answer.status_code == 200
    assert "Location" not in answer.headers


def test_invented_methods_are_counted_as_one(browser: FlaskClient) -> None:
    for number in range(30):
        browser.open("/healthz", method=f"INVENTED{number}")

    methods = {
        sample.labels.get("method") for metric in REGISTRY.collect() for sample in metric.samples if "request_seconds" in sample.name
    }
    assert "other" in methods
    assert not any(str(method).startswith("INVENTED") for method in methods)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_production_shows_metrics_to_the_token_only(database: Database, vault: Vault, tmp_path: Path) -> None:
    """On loopback too: that is where a proxy of the same machine comes from."""
    settings = Settings(
        stage=Stage.PRODUCTION, home=tmp_path, base_url="https://paceline.test", master_keys=new_master_key(), metrics_token=TOKEN
    )
    outgoing = Outgoing()
    house = fake_house(database, vault, outgoing, tmp_path)
    bare, guarded = (build_app(each).test_client() for each in (house, type(house)(**{**vars(house), "settings": settings})))

    assert bare.get("/metrics").status_code == 404
    assert guarded.get("/metrics").status_code == 404
    assert guarded.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    outgoing.close()


def test_gunicorns_log_is_masked() -> None:
    said = masked("Invalid request line: 'GET /v/S3cret-handle/roster?x=1' and /invitation/0190.c0de \"/v/another\"")

    assert said == "Invalid request line: 'GET /v/…/roster?x=1' and /invitation/… \"/v/…\""
