"""Tenants: schools, each with a zone that exists."""

from datetime import datetime

import pytest
from sqlmodel import Session

from core.errors import NotFound
from core.people.tenants import NameTaken, Tenant, UnknownZone, add_tenant, find_tenant, list_tenants


def add(session: Session, name: str, now: datetime, zone: str = "America/Los_Angeles") -> Tenant:
    return add_tenant(session, name, zone=zone, language="es", now=now)


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "america/los_angeles", "PST8", "../etc/passwd", "UTC+8"])
def test_a_zone_that_nobody_knows_is_refused(session: Session, now: datetime, zone: str) -> None:
    with pytest.raises(UnknownZone) as refused:
        add(session, "Riverside", now, zone)
    assert refused.value.facts == {"zone": zone}
    assert list_tenants(session) == []


def test_a_school_keeps_its_zone_and_language(session: Session, now: datetime) -> None:
    school = add(session, "Riverside", now)
    assert (school.zone, school.language, school.keeps_names, school.created_at) == ("America/Los_Angeles", "es", True, now)


def test_schools_are_listed_by_name(session: Session, now: datetime) -> None:
    for name in ("Lakeside", "Riverside", "Hillside"):
        add(session, name, now)
    assert [school.name for school in list_tenants(session)] == ["Hillside", "Lakeside", "Riverside"]


def test_a_school_is_found_by_its_name_or_id(session: Session, now: datetime) -> None:
    school, _ = add(session, "Riverside", now), add(session, "Lakeside", now)
    assert find_tenant(session, "Riverside") is school
    assert find_tenant(session, str(school.id)) is school


def test_the_only_school_needs_no_name(session: Session, now: datetime) -> None:
    school = add(session, "Riverside", now)
    assert find_tenant(session, "") is school


@pytest.mark.parametrize(
    ("there", "wanted"),
    [([], ""), ([], "Riverside"), (["Lakeside"], "Riverside"), (["Riverside", "Lakeside"], "")],
)
def test_a_school_that_is_not_certain_is_not_found(session: Session, now: datetime, there: list[str], wanted: str) -> None:
    for name in there:
        add(session, name, now)
    with pytest.raises(NotFound):
        find_tenant(session, wanted)


def test_two_schools_of_one_name_could_not_be_told_apart(session: Session, now: datetime) -> None:
    add(session, "Riverside", now)
    with pytest.raises(NameTaken):
        add(session, "Riverside", now)
    assert len(list_tenants(session)) == 1
