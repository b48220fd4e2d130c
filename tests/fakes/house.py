"""A house for tests: the real one, on a test's own databases, with the fake LMS registered."""

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from sqlalchemy import func, select
from sqlmodel import SQLModel

from app.settings import Settings, Stage, new_master_key
from app.wiring import House
from bot.conversation import Talk
from core.data.clock import utc_now
from core.data.db import Database
from core.data.outgoing import Outgoing
from core.data.vault import Vault
from core.mastery.receivers import Receiver
from core.people.platforms import AgeBand, Platform, add_platform, approve_deployment, remove_deployment
from core.people.tenants import Tenant, add_tenant
from lti.ags import GradebookReceiver
from lti.key_sets import KeySets
from lti.keys import ToolKey
from tests.fakes.keys import jwk, rsa_key
from tests.fakes.platform import FakePlatform

TOOL = "https://paceline.test"
TOOL_KEY = 100


def fake_house(database: Database, vault: Vault, outgoing: Outgoing, home: Path, *receivers: Receiver, **changes: Any) -> House:
    """A house as in production, but for an `outgoing` that a test chose, and `receivers` instead of its own."""
    settings = Settings(stage=Stage.PRODUCTION, home=home, base_url=TOOL, master_keys=new_master_key(), **changes)
    chosen = receivers or (GradebookReceiver(database, vault, outgoing),)
    return House(
        settings=settings,
        database=database,
        vault=vault,
        outgoing=outgoing,
        key_sets=KeySets(outgoing),
        receivers={receiver.name: receiver for receiver in chosen},
        talk=Talk(vault),
    )


def register(database: Database, lms: FakePlatform, **changes: Any) -> Platform:
    """Register the fake LMS, as the operator does."""
    with database.aside() as session:
        return add_platform(session, now=utc_now(), **(lms.facts | changes))


def found_school(database: Database, name: str = "Riverside High", **changes: Any) -> Tenant:
    """Found a school."""
    with database.aside() as session:
        tenant = add_tenant(session, name, zone="America/Los_Angeles", language="en", now=utc_now())
        for column, value in changes.items():
            setattr(tenant, column, value)
        return tenant


def approve(database: Database, platform: Platform, tenant: Tenant, deployment: str = "deployment-1") -> None:
    """Let a deployment launch into a school."""
    with database.aside() as session:
        approve_deployment(session, platform, deployment, tenant.id, AgeBand.TEENS, by="operator", now=utc_now())


def remove(database: Database, platform: Platform, deployment: str = "deployment-1") -> None:
    """Stop the launches of a deployment."""
    with database.aside() as session:
        remove_deployment(session, platform, deployment, now=utc_now())


def keep_tool_key(database: Database, vault: Vault) -> None:
    """Give the house its signing key: making one takes longer than most tests."""
    key = rsa_key(TOOL_KEY)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    sealed = vault.system_key().seal(pem, "tool_key.sealed_key")
    with database.aside() as session:
        session.add(ToolKey(kid="tool-key-1", sealed_key=sealed, public_jwk=json.dumps(jwk(key, "tool-key-1")), made_at=utc_now()))


def count(database: Database, *tables: type[SQLModel]) -> tuple[int, ...]:
    """How many rows there are in some tables."""
    with database.session(writes=False) as session:
        return tuple(session.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)
