"""The command line, as an operator meets it: plain sentences, JSON for programs, and a way out of every mistake."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.settings import new_master_key
from tests.fakes.platform import FakePlatform, fake_platform


class Operator:
    """Somebody at a terminal, on an empty home of their own."""

    def __init__(self, home: Path) -> None:
        self.environment = {"PACELINE_STAGE": "test", "PACELINE_HOME": str(home), "PACELINE_MASTER_KEYS": new_master_key()}

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(main, words, env=self.environment)

    def says(self, *words: str) -> str:
        result = self.run(*words)
        assert result.exit_code == 0, result.output
        return result.output

    def reads(self, *words: str) -> Any:
        return json.loads(self.says(*words, "--json"))

    def is_refused(self, *words: str) -> str:
        result = self.run(*words)
        assert result.exit_code == 1, result.output
        assert "Traceback" not in result.output
        return result.output


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    """An operator whose databases are laid."""
    somebody = Operator(tmp_path)
    assert "up to date" in somebody.says("db", "upgrade")
    return somebody


@pytest.fixture
def lms() -> Iterator[FakePlatform]:
    with fake_platform("http://localhost:8000") as platform:
        yield platform


def add(operator: Operator, lms: FakePlatform, **changes: str) -> list[str]:
    """The words that register the fake LMS."""
    facts = {name: value for name, value in (lms.facts | changes).items() if isinstance(value, str)}
    options = [word for name, value in facts.items() for word in (f"--{name.replace('_', '-')}", value)]
    return ["platform", "add", *options]


def test_a_school_and_its_lms_from_nothing_to_a_checked_platform(operator: Operator, lms: FakePlatform) -> None:
    school = operator.reads("tenant", "add", "Riverside", "--zone", "America/Los_Angeles")
    said = operator.says(*add(operator, lms))
    assert "/lti/login" in said and "/lti/launch" in said and "/lti/jwks.json" in said

    before = operator.run("platform", "check", "--issuer", lms.issuer, "--json")
    approved = operator.reads("platform", "approve", "--issuer", lms.issuer, "--deployment", "7", "--ages", "13_17")
    after = operator.reads("platform", "check", "--issuer", lms.issuer)

    assert before.exit_code == 1
    assert [check["ok"] for check in json.loads(before.output)["checks"]] == [True, False]
    assert approved == {"deployment": "7", "state": "approved", "ages": "13_17", "school": school["id"]}
    assert [check["ok"] for check in after["checks"]] == [True, True]


def test_a_removed_deployment_is_listed_as_removed_and_approving_it_again_restores_it(operator: Operator, lms: FakePlatform) -> None:
    operator.says("tenant", "add", "Riverside", "--zone", "UTC")
    operator.says(*add(operator, lms))
    named = ["--issuer", lms.issuer, "--deployment", "7"]
    states = []
    for words in (["approve", *named, "--ages", "adult"], ["remove", *named], ["approve", *named, "--ages", "adult"]):
        operator.says("platform", *words)
        states.append(operator.reads("platform", "list")[0]["deployments"][0]["state"])

    assert states == ["approved", "removed", "approved"]
    assert "deployment 7: approved, ages adult" in operator.says("platform", "list")


def test_an_invitation_is_a_link_for_the_only_school_and_asks_which_where_there_are_two(operator: Operator) -> None:
    operator.says("tenant", "add", "Riverside", "--zone", "UTC")
    assert operator.reads("admin", "invite")["link"].startswith("http://localhost:8000/invitation/")

    operator.says("tenant", "add", "Hillside", "--zone", "UTC")
    operator.is_refused("admin", "invite")
    assert operator.reads("admin", "invite", "--school", "Hillside")["school"] == "Hillside"


def test_an_empty_installation_says_what_to_do_first(operator: Operator) -> None:
    assert "paceline tenant add" in operator.says("tenant", "list")
    assert "paceline platform add" in operator.says("platform", "list")
    assert operator.reads("tenant", "list") == operator.reads("platform", "list") == []


@pytest.mark.parametrize(
    "words",
    [
        ("tenant", "add", "Riverside", "--zone", "Middle/Earth"),
        ("admin", "invite"),
        ("platform", "check", "--issuer", "https://nobody.example"),
        ("platform", "remove", "--issuer", "https://nobody.example", "--deployment", "1"),
    ],
)
def test_a_mistake_is_answered_with_a_sentence_and_exit_code_1(operator: Operator, words: tuple[str, ...]) -> None:
    said = operator.is_refused(*words)

    assert said.startswith("Error: ")
    assert len(said.split()) > 4


def test_the_same_platform_twice_and_a_platform_without_an_address_are_refused(operator: Operator, lms: FakePlatform) -> None:
    operator.says(*add(operator, lms))

    assert "Error: " in operator.is_refused(*add(operator, lms))
    assert "Error: " in operator.is_refused(*add(operator, lms, client_id="other", key_set_url="not an address"))


def test_keys_are_rotated_to_the_first_master_key_and_the_older_one_can_go(operator: Operator, lms: FakePlatform) -> None:
    old = operator.environment["PACELINE_MASTER_KEYS"]
    operator.says("tenant", "add", "Riverside", "--zone", "UTC")
    new = operator.says("vault", "new-key").strip()
    operator.environment["PACELINE_MASTER_KEYS"] = f"{new},{old}"

    assert operator.reads("vault", "rotate") == {"wrapped": 0}
    operator.environment["PACELINE_MASTER_KEYS"] = new
    assert operator.reads("vault", "rotate") == {"wrapped": 0}


def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    somebody = Operator(tmp_path)
    somebody.environment |= {"PACELINE_PORT": "many", "PACELINE_LOG_LEVEL": "loud"}

    said = somebody.is_refused("tenant", "list")

    assert "PACELINE_PORT" in said and "PACELINE_LOG_LEVEL" in said


def test_production_does_not_start_on_generated_secrets(tmp_path: Path) -> None:
    somebody = Operator(tmp_path)
    somebody.environment = {"PACELINE_HOME": str(tmp_path), "PACELINE_BASE_URL": "https://paceline.example.org"}

    assert "PACELINE_MASTER_KEYS" in somebody.is_refused("worker")
    assert not (tmp_path / "secrets.env").exists()


@pytest.mark.parametrize("command", ["", "demo", "serve", "worker", "db", "tenant", "platform", "platform add", "admin", "vault"])
def test_every_command_explains_itself(tmp_path: Path, command: str) -> None:
    said = Operator(tmp_path).says(*command.split(), "--help")

    assert "Usage:" in said and len(said.splitlines()) > 4


def test_a_school_is_named_once_and_asked_for_by_the_names_there_are(operator: Operator) -> None:
    assert "paceline tenant add" in operator.is_refused("admin", "invite")
    operator.says("tenant", "add", "Riverside", "--zone", "UTC")
    assert "“Riverside”" in operator.is_refused("tenant", "add", "Riverside", "--zone", "UTC")

    operator.says("tenant", "add", "Hillside", "--zone", "UTC")
    assert "Hillside, Riverside" in operator.is_refused("admin", "invite")
    assert "Hillside, Riverside" in operator.is_refused("admin", "invite", "--school", "Lakeside")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("PACELINE_DATABASE_URL", "nonsense"),
        ("PACELINE_DATABASE_URL", "postgresql+psycopg://127.0.0.1:1/none"),
        ("PACELINE_HOME", "/proc/no"),
    ],
)
@pytest.mark.parametrize("words", [("platform", "list"), ("db", "upgrade"), ("worker",)])
def test_what_is_wrong_with_a_database_is_a_sentence(tmp_path: Path, setting: str, value: str, words: tuple[str, ...]) -> None:
    somebody = Operator(tmp_path)
    somebody.environment[setting] = value

    said = somebody.is_refused(*words)

    assert said.startswith("Error: ")
    assert len(said.splitlines()) == 1


def test_before_the_first_upgrade_every_command_says_to_upgrade(tmp_path: Path) -> None:
    somebody = Operator(tmp_path)

    for words in (("platform", "list"), ("worker",), ("vault", "rotate")):
        assert "paceline db upgrade" in somebody.is_refused(*words)


@pytest.mark.parametrize(
    ("setting", "value"), [("PACELINE_STAGE", "production"), ("PACELINE_DATABASE_URL", "sqlite:///a-school-of-its-own.db")]
)
def test_the_demo_keeps_away_from_a_schools_own_data(tmp_path: Path, setting: str, value: str) -> None:
    somebody = Operator(tmp_path)
    somebody.environment |= {"PACELINE_STAGE": "", setting: value}

    assert setting in somebody.is_refused("demo", "--prepare-only")
    assert not list(tmp_path.glob("*.db"))
