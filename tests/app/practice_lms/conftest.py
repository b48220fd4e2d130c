"""The practice LMS of each test: behind a real server, or behind a test client."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.practice_lms import PracticeLms, blueprint
from tests.app.practice_lms.tool import COURSES, PEOPLE, Clock, Tool, make_rsa, pem, serving


@pytest.fixture(scope="session")
def practice_key(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("practice") / "key.pem"
    path.write_text(pem(make_rsa()))
    return path.read_text()


@pytest.fixture
def home(tmp_path: Path, practice_key: str) -> Path:
    (tmp_path / "practice_key.pem").write_text(practice_key)
    return tmp_path


@pytest.fixture
def tool(home: Path) -> Iterator[Tool]:
    with serving(home, Clock()) as tool:
        yield tool


@pytest.fixture(scope="module")
def unspoilt(tmp_path_factory: pytest.TempPathFactory, practice_key: str) -> Iterator[Tool]:
    """One LMS for all tests of a file that are refused, or only read: they leave it as it was."""
    home = tmp_path_factory.mktemp("practice")
    (home / "practice_key.pem").write_text(practice_key)
    with serving(home, Clock()) as tool:
        yield tool


@pytest.fixture
def client(home: Path) -> FlaskClient:
    app = Flask("tool", static_folder=str(files("web").joinpath("static")))
    app.register_blueprint(blueprint(PracticeLms(home, "http://localhost:5000", PEOPLE, COURSES, tool_url="http://tool.test:7000")))
    return app.test_client()
