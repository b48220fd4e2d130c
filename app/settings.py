"""Settings: from the environment (`PACELINE_…`), over `PACELINE_HOME/secrets.env`. Each is explained in `docs/settings.md`."""

import os
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from enum import StrEnum
from pathlib import Path

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.email import MailServer, Tls, read_sender, read_server

SECRETS_FILE = "secrets.env"
SHORTEST_TOKEN = 16
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/?|https?://\[[0-9A-Fa-f:]+\](:[0-9]{1,5})?/?")


class Stage(StrEnum):
    """Where this runs. Only *demo* and *test* may call private addresses and show the practice LMS."""

    PRODUCTION = "production"
    DEMO = "demo"
    TEST = "test"


class SettingsInvalid(Exception):
    """A setting is missing or unusable; the message says which, and how to mend it."""


class Settings(BaseSettings):
    """All settings. Read once at start."""

    model_config = SettingsConfigDict(env_prefix="PACELINE_", extra="ignore", frozen=True)

    stage: Stage = Field(default=Stage.PRODUCTION, description="`production`, `demo` or `test`. Decides what is refused.")
    home: Path = Field(default=Path("var"), description="Folder of the embedded databases and generated secrets.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port that the web server listens on.")
    host: str = Field(default="127.0.0.1", description="Address that the web server listens on; put a TLS proxy before it.")
    base_url: str = Field(default="", description="Public address without a path: `https://paceline.example.org`. Default: localhost.")
    database_url: str = Field(default="", description="SQLAlchemy address of the main database. Default: SQLite in the home.")
    vault_url: str = Field(default="", description="SQLAlchemy address of the vault of data keys. Default: SQLite in the home.")
    master_keys: str = Field(
        default="",
        description="Master keys of the vault, newest first, comma-separated: 32 bytes each in URL-safe base64.",
    )
    metrics_token: str = Field(default="", description="Bearer token that `/metrics` asks for. Without one only loopback may read it.")
    worker_metrics_port: int = Field(default=0, ge=0, le=65535, description="Port on loopback where a worker shows its metrics; 0: none.")
    lease_seconds: int = Field(default=60, ge=1, description="How long a worker may take over one delivery before another takes it up.")
    poll_seconds: float = Field(default=1.0, gt=0, description="How long the worker rests when the outbox is empty.")
    smtp_url: str = Field(
        default="",
        description="Mail server: `smtp://user:password@host:587` (STARTTLS; `?starttls=no` without) or `smtps://…`. Empty: no e-mail.",
    )
    smtp_from: str = Field(default="", description="What e-mail comes from: `Paceline <paceline@example.org>`.")
    log_level: str = Field(default="info", description="`debug`, `info`, `warning` or `error`.")

    @field_validator("base_url")
    @classmethod
    def _an_origin(cls, value: str) -> str:
        if value and not _ORIGIN.fullmatch(value):
            raise ValueError("must be an address without a path, such as https://paceline.example.org")
        return value.rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def _a_mail_server(cls, value: str) -> str:
        if value:
            read_server(value)
        return value

    @field_validator("smtp_from")
    @classmethod
    def _a_sender(cls, value: str) -> str:
        if value:
            read_sender(value)
        return value

    @field_validator("log_level")
    @classmethod
    def _a_level(cls, value: str) -> str:
        if value.lower() not in ("debug", "info", "warning", "error"):
            raise ValueError("must be debug, info, warning or error")
        return value.lower()

    @field_validator("master_keys")
    @classmethod
    def _whole_keys(cls, value: str) -> str:
        for key in filter(None, value.split(",")):
            try:
                strong = len(urlsafe_b64decode(key.strip())) == 32 and len(set(urlsafe_b64decode(key.strip()))) > 8
            except ValueError:
                strong = False
            if not strong:
                raise ValueError("each must be 32 random bytes in URL-safe base64; `paceline vault new-key` prints one")
        return value

    @model_validator(mode="after")
    def _fit_for_production(self) -> "Settings":
        if self.stage is Stage.PRODUCTION:
            if not self.master_keys:
                raise ValueError(
                    "PACELINE_MASTER_KEYS is missing: production never makes its own secrets; `paceline vault new-key` prints one"
                )
            if not self.base_url.startswith("https://"):
                raise ValueError("PACELINE_BASE_URL must be the public https:// address in production")
            if (self.home / SECRETS_FILE).exists() and self.master_key_list[0] in (self.home / SECRETS_FILE).read_text():
                raise ValueError("PACELINE_MASTER_KEYS is the demo's generated key: production takes one of its own")
            if self.metrics_token and len(self.metrics_token) < SHORTEST_TOKEN:
                raise ValueError(f"PACELINE_METRICS_TOKEN is too short: at least {SHORTEST_TOKEN} characters")
            if self.mail_server and self.mail_server.tls is Tls.NONE and self.mail_server.host not in _LOOPBACK:
                raise ValueError("PACELINE_SMTP_URL must use TLS in production, unless the server is on loopback")
        if self.smtp_url and not self.smtp_from:
            raise ValueError("PACELINE_SMTP_FROM is missing: e-mail has to come from somebody")
        if self.vault_address == self.database_address:
            raise ValueError("PACELINE_VAULT_URL must be a database of its own, apart from the main one and its backups")
        if not self.master_keys:
            raise ValueError(
                f"PACELINE_MASTER_KEYS is missing: {self.home / SECRETS_FILE} is damaged; delete it with its databases, or mend it"
            )
        return self

    @property
    def address(self) -> str:
        """The public address, without a slash at the end."""
        return self.base_url or f"http://localhost:{self.port}"

    @property
    def database_address(self) -> str:
        """The address of the main database."""
        return self.database_url or f"sqlite:///{self.home.resolve() / 'paceline.db'}"

    @property
    def vault_address(self) -> str:
        """The address of the vault's database."""
        return self.vault_url or f"sqlite:///{self.home.resolve() / 'vault.db'}"

    @property
    def master_key_list(self) -> list[str]:
        """The master keys, the wrapping one first."""
        return [key.strip() for key in self.master_keys.split(",") if key.strip()]

    @property
    def mail_server(self) -> MailServer | None:
        """Where e-mail is handed over; None when there is none."""
        return read_server(self.smtp_url) if self.smtp_url else None

    @property
    def lenient(self) -> bool:
        """Whether private addresses and plain HTTP may be called."""
        return self.stage is not Stage.PRODUCTION


def read_settings(**overrides: object) -> Settings:
    """Settings from the environment; in demo and test over secrets generated at the first run.

    Raises:
        SettingsInvalid: with a sentence for each setting that cannot be used.
    """
    stage = overrides.get("stage") or os.environ.get("PACELINE_STAGE", Stage.PRODUCTION)
    home = Path(str(overrides.get("home") or os.environ.get("PACELINE_HOME", "var")))
    secrets_file = home / SECRETS_FILE
    if stage in (Stage.DEMO, Stage.TEST) and not os.environ.get("PACELINE_MASTER_KEYS") and not overrides.get("master_keys"):
        make_secrets(home)
    from_file = secrets_file if stage in (Stage.DEMO, Stage.TEST) and secrets_file.exists() else None
    try:
        return Settings(_env_file=from_file, **overrides)  # type: ignore[call-arg, arg-type]
    except ValidationError as error:
        raise SettingsInvalid("\n".join(_sentence(one) for one in error.errors())) from None


def make_secrets(home: Path) -> bool:
    """Write the generated secrets of a first run, readable by their owner only; never overwrites. False: they were there."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(home / SECRETS_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w") as file:
        file.write("# Made at the first run. Back it up apart from the databases: without it nothing sealed can be read.\n")
        file.write(f"PACELINE_MASTER_KEYS={new_master_key()}\n")
    return True


def new_master_key() -> str:
    """A fresh master key: 32 random bytes in URL-safe base64."""
    return urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _sentence(error: object) -> str:
    assert isinstance(error, dict)
    name = "_".join(str(part) for part in error["loc"]).upper()
    said = str(error["msg"]).removeprefix("Value error, ")
    return f"PACELINE_{name}: {said}" if name else said
