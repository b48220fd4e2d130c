"""A house on an empty SQLite database, and a platform in it, for benchmarks."""

import os
from pathlib import Path

from app import logs, migrations, wiring
from app.settings import Settings, Stage, new_master_key
from app.wiring import House
from core.data.clock import utc_now
from core.people import platforms, tenants
from core.people.platforms import AgeBand, Platform

ISSUER, CLIENT, DEPLOYMENT, BASE = "https://lms.example", "client-1", "1", "http://localhost"
KEY_SET = f"{ISSUER}/jwks"


def build_house(home: Path) -> House:
    """A house with an empty, migrated database. Its log is written as in production, into nothing."""
    logs.configure("info", stream=Path(os.devnull).open("w"))  # noqa: SIM115 - as long as the process
    settings = Settings(stage=Stage.TEST, home=home, base_url=BASE, master_keys=new_master_key())
    migrations.upgrade(settings.database_address)
    house = wiring.build(settings)
    house.vault.create_tables()
    return house


def add_platform(house: House) -> Platform:
    """A school, and a platform with one approved deployment into it."""
    now = utc_now()
    facts = {"auth_login_url": f"{ISSUER}/auth", "auth_token_url": f"{ISSUER}/token", "key_set_url": KEY_SET}
    with house.database.aside() as session:
        tenant = tenants.add_tenant(session, "Bench", zone="UTC", language="en", now=now)
        platform = platforms.add_platform(session, now=now, name="Bench", issuer=ISSUER, client_id=CLIENT, **facts)
        platforms.approve_deployment(session, platform, DEPLOYMENT, tenant.id, AgeBand.TEENS, by="bench", now=now)
    return platform
