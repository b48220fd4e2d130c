"""Platforms and deployments: seen, approved into one school, removed, restored."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from core.errors import NotFound
from core.people import platforms
from core.people.platforms import AddressInvalid, AgeBand, Deployment, OtherTenant, Platform, PlatformExists, add_platform
from core.people.tenants import Tenant, add_tenant

MOODLE: dict[str, Any] = {
    "name": "Moodle",
    "issuer": "https://moodle.example",
    "client_id": "abc",
    "auth_login_url": "https://login.moodle.example/mod/lti/auth.php",
    "auth_token_url": "https://moodle.example/mod/lti/token.php",
    "key_set_url": "https://moodle.example/mod/lti/certs.php",
}
ADDRESSES = ["issuer", "auth_login_url", "auth_token_url", "key_set_url"]
NO_ADDRESSES = [
    "",
    "moodle.example",
    "ftp://moodle.example",
    "javascript:alert(1)",
    "https://",
    "https:///token",
    "https://[::1",
    "https://user:secret@moodle.example",
    "https://moodle.example; script-src *",
    "https://moodle.example' 'unsafe-inline'",
    "https://moodle.example:port/",
]


@pytest.fixture
def moodle(session: Session, now: datetime) -> Platform:
    return add_platform(session, now=now, **MOODLE)


@pytest.fixture
def riverside(session: Session, now: datetime) -> Tenant:
    return add_tenant(session, "Riverside", zone="UTC", language="en", now=now)


@pytest.fixture
def lakeside(session: Session, now: datetime) -> Tenant:
    return add_tenant(session, "Lakeside", zone="UTC", language="en", now=now)


def approve(session: Session, platform: Platform, tenant: Tenant, now: datetime, deployment: str = "1") -> Deployment:
    return platforms.approve_deployment(session, platform, deployment, tenant.id, AgeBand.TEENS, by="ops", now=now)


def seen_by(session: Session, tenant: Tenant) -> list[str]:
    return [one.deployment_id for one in platforms.deployments_seen_by(session, tenant.id)]


def test_a_platform_may_show_us_from_its_own_pages(session: Session, now: datetime) -> None:
    platform = add_platform(session, now=now, frame_origins=["https://portal.example:8443/home?x=1", "https://moodle.example/"], **MOODLE)
    assert platform.frame_origins == ["https://moodle.example", "https://login.moodle.example", "https://portal.example:8443"]


def test_every_origin_of_every_platform_is_known_once(session: Session, now: datetime, moodle: Platform) -> None:
    add_platform(session, now=now, **MOODLE | {"client_id": "xyz", "auth_login_url": "https://sso.example/auth"})
    assert platforms.frame_origins(session) == ["https://login.moodle.example", "https://moodle.example", "https://sso.example"]


@pytest.mark.parametrize("field", ADDRESSES)
@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_what_is_not_an_address_is_refused_by_name(session: Session, now: datetime, field: str, address: str) -> None:
    with pytest.raises(AddressInvalid) as refused:
        add_platform(session, now=now, **MOODLE | {field: address})
    assert refused.value.facts == {"name": field, "address": address}
    assert platforms.list_platforms(session) == []


@pytest.mark.parametrize("origin", NO_ADDRESSES)
def test_so_is_an_origin_that_would_change_the_policy_of_our_pages(session: Session, now: datetime, origin: str) -> None:
    with pytest.raises(AddressInvalid):
        add_platform(session, now=now, frame_origins=[origin], **MOODLE)


@pytest.mark.parametrize(
    "address", ["http://localhost:8080", "https://10.0.0.7/moodle", "https://[2001:db8::1]:8443/x", "https://Moodle.Example"]
)
def test_any_http_address_is_one(session: Session, now: datetime, address: str) -> None:
    assert add_platform(session, now=now, **MOODLE | {"key_set_url": address}).key_set_url == address


def test_one_issuer_and_client_is_one_platform(session: Session, now: datetime, moodle: Platform) -> None:
    with pytest.raises(PlatformExists) as refused:
        add_platform(session, now=now, **MOODLE | {"name": "Again"})
    assert refused.value.facts == {"issuer": moodle.issuer, "client_id": "abc"}


def test_a_platform_is_found_by_issuer_and_client(session: Session, now: datetime, moodle: Platform) -> None:
    assert platforms.find_platform(session, moodle.issuer) is moodle
    other = add_platform(session, now=now, **MOODLE | {"client_id": "xyz"})
    assert platforms.find_platform(session, moodle.issuer, "xyz") is other


@pytest.mark.parametrize(
    ("issuer", "client_id"), [("https://moodle.example", None), ("https://moodle.example", "no"), ("https://no", None)]
)
def test_a_platform_that_is_not_certain_is_not_found(
    session: Session, now: datetime, moodle: Platform, issuer: str, client_id: str | None
) -> None:
    add_platform(session, now=now, **MOODLE | {"client_id": "xyz"})
    with pytest.raises(NotFound):
        platforms.find_platform(session, issuer, client_id)


def test_a_deployment_is_noticed_once_and_waits(session: Session, now: datetime, moodle: Platform) -> None:
    platforms.notice_deployment(session, moodle.id, "1", now=now)
    platforms.notice_deployment(session, moodle.id, "1", now=now + timedelta(days=1))
    (pending,) = platforms.deployments_of(session, [moodle.id])
    assert (pending.tenant_id, pending.age_band, pending.first_seen_at, pending.approved_at) == (None, AgeBand.UNSET, now, None)


def test_a_deployment_is_approved_removed_and_restored(session: Session, now: datetime, moodle: Platform, riverside: Tenant) -> None:
    platforms.notice_deployment(session, moodle.id, "1", now=now)
    approved = approve(session, moodle, riverside, now)
    assert (approved.tenant_id, approved.age_band, approved.approved_by) == (riverside.id, AgeBand.TEENS, "ops")
    platforms.remove_deployment(session, moodle, "1", now=now)
    session.flush()
    assert approved.removed_at == now
    assert approved.tenant_id == riverside.id
    assert approve(session, moodle, riverside, now).removed_at is None
    assert platforms.deployments_of(session, [moodle.id]) == [approved]


def test_a_deployment_is_approved_before_it_is_seen(session: Session, now: datetime, moodle: Platform, riverside: Tenant) -> None:
    assert approve(session, moodle, riverside, now, "new").first_seen_at == now


def test_a_deployment_of_another_school_stays_there(
    session: Session, now: datetime, moodle: Platform, riverside: Tenant, lakeside: Tenant
) -> None:
    mine = approve(session, moodle, riverside, now)
    platforms.remove_deployment(session, moodle, "1", now=now)
    with pytest.raises(OtherTenant):
        approve(session, moodle, lakeside, now)
    assert mine.tenant_id == riverside.id


def test_what_was_never_seen_cannot_be_removed(session: Session, now: datetime, moodle: Platform) -> None:
    with pytest.raises(NotFound):
        platforms.remove_deployment(session, moodle, "1", now=now)


def test_the_database_keeps_a_school_and_its_approval_together(
    session: Session, now: datetime, moodle: Platform, riverside: Tenant
) -> None:
    session.add(Deployment(platform_id=moodle.id, deployment_id="1", tenant_id=riverside.id, first_seen_at=now))
    with pytest.raises(IntegrityError):
        session.flush()


@pytest.fixture
def landscape(session: Session, now: datetime, moodle: Platform, riverside: Tenant, lakeside: Tenant) -> dict[str, Platform]:
    """Riverside on the operator's Moodle and on its own Canvas; Lakeside on the Moodle alone; one deployment pending on each."""
    canvas = add_platform(session, now=now, **MOODLE | {"name": "Canvas", "issuer": "https://canvas.example"})
    canvas.tenant_id = riverside.id  # added by the school while it was alone on this server
    approve(session, moodle, riverside, now, "moodle riverside")
    approve(session, moodle, lakeside, now + timedelta(seconds=1), "moodle lakeside")
    platforms.notice_deployment(session, moodle.id, "moodle pending", now=now)
    platforms.notice_deployment(session, canvas.id, "canvas pending", now=now + timedelta(seconds=2))
    return {"moodle": moodle, "canvas": canvas}


@pytest.mark.parametrize(("school", "names"), [("Riverside", ["Canvas", "Moodle"]), ("Lakeside", ["Moodle"])])
def test_a_school_sees_its_own_platforms_and_those_it_is_on(
    session: Session, landscape: dict[str, Platform], riverside: Tenant, lakeside: Tenant, school: str, names: list[str]
) -> None:
    tenant = {one.name: one for one in (riverside, lakeside)}[school]
    assert [one.name for one in platforms.list_platforms(session, tenant.id)] == names


def test_the_operator_sees_all_platforms(session: Session, landscape: dict[str, Platform]) -> None:
    assert [one.name for one in platforms.list_platforms(session)] == ["Canvas", "Moodle"]
    assert len(platforms.deployments_of(session, [one.id for one in landscape.values()])) == 4


def test_a_school_sees_its_own_deployments_and_the_pending_of_its_own_platforms(
    session: Session, landscape: dict[str, Platform], riverside: Tenant, lakeside: Tenant
) -> None:
    assert seen_by(session, riverside) == ["moodle riverside", "canvas pending"]
    assert seen_by(session, lakeside) == ["moodle lakeside"]


def test_what_a_school_does_not_see_it_does_not_find(
    session: Session, now: datetime, landscape: dict[str, Platform], riverside: Tenant, lakeside: Tenant
) -> None:
    everywhere = platforms.deployments_of(session, [one.id for one in landscape.values()])
    for tenant in (riverside, lakeside):
        found = [one.deployment_id for one in everywhere if finds(session, tenant, one)]
        assert sorted(found) == sorted(seen_by(session, tenant))
    assert not finds(session, riverside, Deployment(platform_id=landscape["moodle"].id, deployment_id="none", first_seen_at=now))


def finds(session: Session, tenant: Tenant, deployment: Deployment) -> bool:
    try:
        platform, found = platforms.find_deployment(session, tenant.id, deployment.id)
    except NotFound:
        return False
    return (platform.id, found) == (deployment.platform_id, deployment)
