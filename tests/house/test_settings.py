"""Every setting is explained, and a value that cannot be used is refused with a sentence."""

import os
import re
import stat
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

from app import docs
from app.settings import SECRETS_FILE, Settings, SettingsInvalid, Stage, make_secrets, new_master_key, read_settings

ROOT = Path(docs.__file__).parents[1]
PUBLIC = "https://paceline.example.org"


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("PACELINE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PACELINE_HOME", str(tmp_path / "home"))


def in_production(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    given = {"MASTER_KEYS": new_master_key(), "BASE_URL": PUBLIC, **values}
    for name, value in given.items():
        monkeypatch.setenv(f"PACELINE_{name}", value)
    return read_settings()


@pytest.mark.parametrize("path", list(docs.PAGES))
def test_the_generated_pages_are_current(path: str) -> None:
    assert (ROOT / path).read_text() == docs.PAGES[path](), f"{path} is out of date: run `make docs`"


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_is_explained(name: str) -> None:
    field = Settings.model_fields[name]
    assert field.description
    row = re.search(rf"^\| `PACELINE_{name.upper()}` \| (.+?) \| (.+) \|$", (ROOT / "docs/settings.md").read_text(), re.MULTILINE)
    assert row, f"{name} has no row in docs/settings.md"
    assert row[1] == (f"`{field.default}`" if str(field.default) else "–")
    assert row[2] == field.description


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_is_in_the_example_and_the_example_changes_nothing(name: str) -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    default = Settings.model_fields[name].default
    assert f"#PACELINE_{name.upper()}={default if not isinstance(default, Stage) else default.value}" in lines
    assert all(line.startswith("#") or not line for line in lines)


def test_nothing_but_settings_is_documented_as_one() -> None:
    written = re.findall(r"^\| `(PACELINE_\w+)`", (ROOT / "docs/settings.md").read_text(), re.MULTILINE)
    assert written == [docs.env_name(name) for name in Settings.model_fields]


def test_production_starts_on_good_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = in_production(monkeypatch)
    assert (settings.stage, settings.address, settings.lenient) == (Stage.PRODUCTION, PUBLIC, False)


def test_production_makes_no_secrets_and_takes_none_that_a_demo_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="PACELINE_MASTER_KEYS is missing"):
        in_production(monkeypatch, MASTER_KEYS="")
    assert not (tmp_path / "home").exists()
    assert make_secrets(tmp_path / "home")
    with pytest.raises(SettingsInvalid, match="PACELINE_MASTER_KEYS is missing"):
        in_production(monkeypatch, MASTER_KEYS="")


@pytest.mark.parametrize(
    "weak",
    [
        "password",
        urlsafe_b64encode(bytes(32)).decode(),
        urlsafe_b64encode(b"short").decode(),
        urlsafe_b64encode(b"abcdefgh" * 4).decode(),
        "not base64 at all!",
        f"{new_master_key()},weak",
        "ключ",
    ],
)
@pytest.mark.parametrize("stage", list(Stage))
def test_a_weak_master_key_is_refused_everywhere(monkeypatch: pytest.MonkeyPatch, stage: Stage, weak: str) -> None:
    with pytest.raises(SettingsInvalid, match="PACELINE_MASTER_KEYS: each must be 32 random bytes"):
        in_production(monkeypatch, STAGE=stage, MASTER_KEYS=weak)


@pytest.mark.parametrize("address", ["", "http://paceline.example.org"])
def test_production_wants_a_public_https_address(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    with pytest.raises(SettingsInvalid, match="PACELINE_BASE_URL must be the public https:// address"):
        in_production(monkeypatch, BASE_URL=address)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("STAGE", "staging", "'production', 'demo' or 'test'"),
        ("PORT", "0", "greater than or equal to 1"),
        ("PORT", "70000", "less than or equal to 65535"),
        ("PORT", "http", "valid integer"),
        ("BASE_URL", "paceline.example.org", "an address without a path"),
        ("BASE_URL", f"{PUBLIC}/school", "an address without a path"),
        ("BASE_URL", f"{PUBLIC}?a=b", "an address without a path"),
        ("BASE_URL", "https://", "an address without a path"),
        ("SMTP_URL", "mail.example.org", "smtp://user:password@"),
        ("SMTP_URL", "smtp://mail.example.org?starttls=maybe", "starttls=yes or starttls=no"),
        ("SMTP_FROM", "Paceline", "Paceline <paceline@example.org>"),
        ("SMTP_FROM", "Paceline <p@example.org>\r\nBcc: eve@example.org", "Paceline <paceline@example.org>|one line"),
        ("LEASE_SECONDS", "0", "greater than or equal to 1"),
        ("POLL_SECONDS", "-1", "greater than 0"),
        ("LOG_LEVEL", "loud", "debug, info, warning or error"),
    ],
)
def test_a_bad_value_is_named_in_a_sentence(monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str) -> None:
    with pytest.raises(SettingsInvalid, match=rf"^PACELINE_{name}: .*{sentence}"):
        in_production(monkeypatch, **{name: value})


@pytest.mark.parametrize("address", ["smtps://mail.example.org", "smtp://mail.example.org", "smtp://localhost:25?starttls=no"])
def test_production_sends_e_mail_over_tls_or_to_itself(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    settings = in_production(monkeypatch, SMTP_URL=address, SMTP_FROM="Paceline <paceline@example.org>")
    assert settings.mail_server is not None
    assert in_production(monkeypatch, SMTP_URL="").mail_server is None


def test_production_refuses_to_send_e_mail_in_the_open(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsInvalid, match="PACELINE_SMTP_URL must use TLS") as refused:
        in_production(monkeypatch, SMTP_URL="smtp://me:hunter2@mail.example.org?starttls=no", SMTP_FROM="paceline@example.org")
    assert "hunter2" not in str(refused.value)


def test_e_mail_comes_from_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsInvalid, match="PACELINE_SMTP_FROM is missing"):
        in_production(monkeypatch, SMTP_URL="smtps://mail.example.org")


def test_every_bad_value_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        in_production(monkeypatch, PORT="0", LOG_LEVEL="loud")
    assert [line.split(":")[0] for line in str(refused.value).splitlines()] == ["PACELINE_PORT", "PACELINE_LOG_LEVEL"]


def test_a_refusal_does_not_repeat_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        in_production(monkeypatch, MASTER_KEYS="hunter2-hunter2")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("stage", [Stage.DEMO, Stage.TEST])
def test_a_first_run_makes_its_secrets_once_and_for_its_owner_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stage: Stage) -> None:
    monkeypatch.setenv("PACELINE_STAGE", stage)
    first = read_settings()
    file = tmp_path / "home" / SECRETS_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    kept = file.read_text()
    assert read_settings().master_key_list == first.master_key_list != []
    assert not make_secrets(tmp_path / "home")
    assert file.read_text() == kept


def test_a_key_from_the_environment_wins_over_the_generated_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACELINE_STAGE", Stage.TEST)
    generated = read_settings().master_key_list
    own = new_master_key()
    monkeypatch.setenv("PACELINE_MASTER_KEYS", own)
    assert read_settings().master_key_list == [own] != generated


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("METRICS_TOKEN", "short"),
        ("VAULT_URL", "sqlite:///one.db"),
        ("BASE_URL", "https://somebody:secret@paceline.example.org"),
        ("BASE_URL", "https://paceline.example.org; script-src *"),
        ("BASE_URL", "https://paceline.example.org#top"),
    ],
)
def test_production_refuses_what_would_give_something_away(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    assert in_production(monkeypatch, DATABASE_URL="sqlite:///one.db").stage is Stage.PRODUCTION
    with pytest.raises(SettingsInvalid, match=f"PACELINE_{name}"):
        in_production(monkeypatch, **{name: value})


def test_a_damaged_secrets_file_is_said_and_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / SECRETS_FILE).write_text("")
    with pytest.raises(SettingsInvalid, match="damaged"):
        read_settings(stage=Stage.DEMO, home=tmp_path)
    assert (tmp_path / SECRETS_FILE).read_text() == ""
