"""Crisis resources: a school's own lines in its students' languages, and until then defaults that say what they are."""

from datetime import datetime

import pytest
from pydantic import ValidationError
from sqlmodel import Session, select

from core.care.resources import (
    MOST,
    CrisisResource,
    Resource,
    ResourceKind,
    defaults,
    own_resources,
    resources_of,
    set_resources,
)
from core.errors import InvalidInput
from core.i18n import LANGUAGES
from tests.people_made import School

SAMARITANS = Resource(name="Samaritans", kind=ResourceKind.PHONE, reach="116 123")
SHOUT = Resource(name="Shout", kind=ResourceKind.TEXT, reach="SHOUT to 85258")
CHAT = Resource(name="The Mix", kind=ResourceKind.URL, reach="https://www.themix.org.uk/get-support")
ANAR = Resource(name="ANAR", kind=ResourceKind.PHONE, reach="900 20 20 10")


def set_in(session: Session, school: School, language: str, *lines: Resource, now: datetime) -> None:
    set_resources(session, school.tenant.id, language, lines, by=school.teacher.id, now=now)


def test_the_defaults_are_there_in_every_language_and_fit_a_message() -> None:
    assert set(defaults()) == set(LANGUAGES)
    for lines in defaults().values():
        assert 0 < len(lines) <= MOST


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_defaults_name_the_lines_of_the_united_states(language: str) -> None:
    assert [line.address for line in defaults()[language]] == ["tel:988", "sms:988", "tel:18004224453", "tel:911"]


def test_spanish_speakers_are_told_what_to_press_and_to_write() -> None:
    called, written = (line.reach for line in defaults()["es"][:2])
    assert "2" in called
    assert "AYUDA" in written


@pytest.mark.parametrize(
    ("line", "address"),
    [
        (SAMARITANS, "tel:116123"),
        (SHOUT, "sms:85258"),
        (CHAT, "https://www.themix.org.uk/get-support"),
        (Resource(name="x", kind=ResourceKind.PHONE, reach="+34 (900) 20-20.10, ext. 5"), "tel:+34900202010"),
    ],
)
def test_a_line_leads_where_it_says(line: Resource, address: str) -> None:
    assert line.address == address


@pytest.mark.parametrize("language", [*LANGUAGES, "fr"])
def test_a_school_without_its_own_has_the_defaults(session: Session, school: School, language: str) -> None:
    assert own_resources(session, school.tenant.id) == {}
    assert resources_of(session, school.tenant.id, language) == defaults()[language if language in LANGUAGES else "en"]


def test_a_school_has_its_own_lines_in_their_order(session: Session, school: School, neighbours: School, now: datetime) -> None:
    set_in(session, school, "en", SHOUT, SAMARITANS, CHAT, now=now)
    set_in(session, school, "es", ANAR, now=now)
    assert resources_of(session, school.tenant.id, "en") == (SHOUT, SAMARITANS, CHAT)
    assert resources_of(session, school.tenant.id, "es") == (ANAR,)
    assert own_resources(session, neighbours.tenant.id) == {}
    row = session.exec(select(CrisisResource).where(CrisisResource.language == "es")).one()
    assert (row.set_by, row.set_at) == (school.teacher.id, now)


def test_lines_of_one_language_serve_the_other_and_no_default_of_another_country(session: Session, school: School, now: datetime) -> None:
    set_in(session, school, "es", ANAR, now=now)
    assert resources_of(session, school.tenant.id, "en") == (ANAR,)


def test_new_lines_replace_the_old_and_none_brings_the_defaults_back(session: Session, school: School, now: datetime) -> None:
    set_in(session, school, "en", SHOUT, SAMARITANS, now=now)
    assert own_resources(session, school.tenant.id)
    set_in(session, school, "en", SAMARITANS, now=now)
    assert resources_of(session, school.tenant.id, "en") == (SAMARITANS,)
    set_in(session, school, "en", now=now)
    assert resources_of(session, school.tenant.id, "en") == defaults()["en"]


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("fr", [SAMARITANS]),
        ("en", [SAMARITANS] * (MOST + 1)),
        ("en", [Resource(name="x", kind=ResourceKind.PHONE, reach="soon")]),
        ("en", [Resource(name="x", kind=ResourceKind.PHONE, reach="12")]),
        ("en", [Resource(name="x", kind=ResourceKind.PHONE, reach="٩٨٨")]),
        ("en", [Resource(name="x", kind=ResourceKind.TEXT, reach="HELP")]),
        ("en", [Resource(name="x", kind=ResourceKind.URL, reach="http://plain.example")]),
        ("en", [Resource(name="x", kind=ResourceKind.URL, reach="javascript:alert(1)")]),
        ("en", [Resource(name="x", kind=ResourceKind.URL, reach="https://user@example.org/")]),
        ("en", [SAMARITANS, Resource(name="x", kind=ResourceKind.URL, reach="988")]),
    ],
)
def test_a_line_that_leads_nowhere_is_refused_and_nothing_changes(
    session: Session, school: School, now: datetime, language: str, lines: list[Resource]
) -> None:
    set_in(session, school, "en", SHOUT, now=now)
    with pytest.raises(InvalidInput):
        set_in(session, school, language, *lines, now=now)
    assert own_resources(session, school.tenant.id) == {"en": (SHOUT,)}


@pytest.mark.parametrize("wrong", [{"name": " "}, {"name": "a\nb"}, {"reach": ""}, {"reach": "9" * 81}, {"kind": "fax"}, {"open": "24/7"}])
def test_a_line_is_read_strictly(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Resource.model_validate({"name": "Line", "kind": "phone", "reach": "988"} | wrong)
