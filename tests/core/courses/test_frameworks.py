"""Frameworks: real CASE packages are imported, odd ones as far as they can be read, and short names that people wrote stay."""

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from core.courses.competencies import (
    LONGEST_SHORT_NAME,
    Competency,
    Framework,
    ShortNameTooLong,
    competencies_of,
    rename_competency,
    suggest_short_name,
)
from core.courses.frameworks import Imported, PackageUnreadable, import_package
from core.errors import NotFound
from tests.people_made import School, add_competency

PACKAGES = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted((Path(__file__).parents[2] / "data" / "case").glob("*.json"))
}
MATHS = "Ordering"
FACTS = {
    "MarkdownFramework": ("Test Markdown Framework", 2, 0),
    "Ordering": ("ACT Holistic Framework, Math", 28, 27),
    "SmartLevelFramework": ("SmartLevel Test", 14, 12),
    "opensalt-framework-20c5134f-423d-4097-a971-3dd5152bf507": ("What Standards Could Be", 16, 14),
}


def bring_in(session: Session, school: School, package: Any, now: datetime) -> Imported:
    return import_package(session, school.tenant.id, package, now=now)


def tree(session: Session, school: School, imported: Imported) -> list[Competency]:
    return list(competencies_of(session, school.tenant.id, imported.framework.id))


def small(*statements: str, parents: dict[int, int] | None = None) -> dict[str, Any]:
    """A package of a few items, with the numbers of parents by the numbers of children."""
    items = [{"identifier": str(UUID(int=number)), "fullStatement": said} for number, said in enumerate(statements)]
    links = [is_child_of(UUID(int=child), UUID(int=parent)) for child, parent in (parents or {}).items()]
    return {"CFDocument": {"identifier": str(UUID(int=99)), "title": "Small"}, "CFItems": items, "CFAssociations": links}


def is_child_of(child: UUID, parent: UUID) -> dict[str, Any]:
    return {
        "associationType": "isChildOf",
        "originNodeURI": {"identifier": str(child)},
        "destinationNodeURI": {"identifier": str(parent)},
    }


# Real packages


@pytest.mark.parametrize("name", FACTS)
def test_a_real_package_is_imported_whole(session: Session, school: School, now: datetime, name: str) -> None:
    title, items, with_parents = FACTS[name]
    imported = bring_in(session, school, PACKAGES[name], now)
    found = tree(session, school, imported)
    assert (imported.framework.title, imported.added, imported.changed, imported.oddities) == (title, items, 0, [])
    assert [str(one.case_id) for one in found] == [item["identifier"] for item in PACKAGES[name]["CFItems"]]
    assert sum(one.parent_id is not None for one in found) == with_parents
    assert all(0 < len(one.short_name) <= LONGEST_SHORT_NAME for one in found)


@pytest.mark.parametrize("name", FACTS)
def test_importing_it_again_changes_nothing(session: Session, school: School, now: datetime, name: str) -> None:
    before = [one.model_dump() for one in tree(session, school, bring_in(session, school, PACKAGES[name], now))]
    again = bring_in(session, school, PACKAGES[name], now + timedelta(days=1))
    assert (again.added, again.changed) == (0, 0)
    assert [one.model_dump() for one in tree(session, school, again)] == before
    assert again.framework.imported_at == now + timedelta(days=1)


def test_what_the_package_says_is_kept(session: Session, school: School, now: datetime) -> None:
    imported = bring_in(session, school, PACKAGES[MATHS], now)
    top, figures, *_ = tree(session, school, imported)
    assert (top.code, top.short_name, top.parent_id) == ("H.A.MATH.GM", "Geometry and Measurement", None)
    assert top.statement.startswith("Properties and measurements of")
    assert top.uri == "http://localhost:3000/ims/case/v1p0/CFItems/3d8cdec5-83d6-49b4-9300-91a824c59758"
    assert (figures.short_name, figures.parent_id) == ("Plane Figures", top.id)
    assert (imported.framework.publisher, str(imported.framework.case_id)) == ("ACT, Inc.", "a33fc64e-5c40-11e7-82c4-3d54268aa9ee")


def test_two_packages_of_one_document_are_one_framework(session: Session, school: School, now: datetime) -> None:
    first = bring_in(session, school, PACKAGES["MarkdownFramework"], now)
    second = bring_in(session, school, PACKAGES["SmartLevelFramework"], now)
    assert second.framework is first.framework
    assert len(tree(session, school, second)) == 16


def test_each_school_has_a_framework_of_its_own(session: Session, school: School, neighbours: School, now: datetime) -> None:
    mine, theirs = (bring_in(session, one, PACKAGES[MATHS], now) for one in (school, neighbours))
    assert (mine.added, theirs.added) == (28, 28)
    assert mine.framework.id != theirs.framework.id
    assert competencies_of(session, neighbours.tenant.id, mine.framework.id) == []


# Bringing up to date


def test_a_short_name_that_people_wrote_outlives_the_next_import(session: Session, school: School, now: datetime) -> None:
    first = tree(session, school, bring_in(session, school, PACKAGES[MATHS], now))[0]
    rename_competency(session, school.tenant.id, first.id, "Shapes")
    package = deepcopy(PACKAGES[MATHS])
    package["CFItems"][0] |= {"fullStatement": "All about shapes", "abbreviatedStatement": "Geometry"}
    again = bring_in(session, school, package, now)
    assert (again.added, again.changed) == (0, 1)
    assert (first.short_name, first.statement) == ("Shapes", "All about shapes")


def test_new_items_are_added_and_old_ones_kept(session: Session, school: School, now: datetime) -> None:
    bring_in(session, school, small("a", "b"), now)
    package = small("a", "b", "c")
    del package["CFItems"][1]
    again = bring_in(session, school, package, now)
    assert again.added == 1
    assert {one.statement for one in tree(session, school, again)} == {"a", "b", "c"}


def test_an_item_that_moved_is_under_its_new_parent(session: Session, school: School, now: datetime) -> None:
    bring_in(session, school, small("a", "b", "c", parents={2: 0, 1: 0}), now)
    _, second, third = tree(session, school, bring_in(session, school, small("a", "b", "c", parents={2: 1}), now))
    assert (second.parent_id, third.parent_id) == (None, second.id)


def test_a_tree_turned_upside_down_has_no_circle(session: Session, school: School, now: datetime) -> None:
    bring_in(session, school, small("a", "b", parents={1: 0}), now)
    first, second = tree(session, school, bring_in(session, school, small("a", "b", parents={0: 1}), now))
    assert (first.parent_id, second.parent_id) == (second.id, None)


# Odd packages


def damage(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """A change to a package at a place such as `CFItems/3/fullStatement`."""
    *way, last = [int(step) if step.isdigit() else step for step in path.split("/")]

    def change(package: dict[str, Any]) -> None:
        place: Any = package
        for step in way:
            place = place[step]
        place[last] = value

    return change


ODD: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "no statement": (damage("CFItems/3/fullStatement", None), "CFItems[3]: fullStatement string_type"),
    "an empty statement": (damage("CFItems/3/fullStatement", "  "), "CFItems[3]: fullStatement string_too_short"),
    "a statement with NUL": (damage("CFItems/3/fullStatement", "a\x00b"), "CFItems[3]: fullStatement string_pattern_mismatch"),
    "half a character": (damage("CFItems/3/fullStatement", "\ud800"), "CFItems[3]: fullStatement string_unicode"),
    "an odd identifier": (damage("CFItems/3/identifier", "7"), "CFItems[3]: identifier uuid_parsing"),
    "an item that is none": (damage("CFItems/3", "Level 1"), "CFItems[3]: model_type"),
    "an odd code": (damage("CFItems/3/humanCodingScheme", ["L1"]), "CFItems[3]: humanCodingScheme string_type"),
}


@pytest.mark.parametrize(("change", "oddity"), ODD.values(), ids=ODD)
def test_an_odd_item_is_left_out_and_reported(
    session: Session, school: School, now: datetime, change: Callable[[dict[str, Any]], None], oddity: str
) -> None:
    package = deepcopy(PACKAGES[MATHS])
    change(package)
    imported = bring_in(session, school, package, now)
    assert imported.added == 27
    assert oddity in imported.oddities


def test_what_was_below_an_odd_item_stays_without_it(session: Session, school: School, now: datetime) -> None:
    package = small("a", "", "c", parents={1: 0, 2: 1})
    imported = bring_in(session, school, package, now)
    assert [(one.statement, one.parent_id) for one in tree(session, school, imported)] == [("a", None), ("c", None)]
    assert imported.oddities == [
        "CFItems[1]: fullStatement string_too_short",
        "CFAssociations[0]: item unknown",
        "CFAssociations[1]: item unknown",
    ]


def test_an_item_told_twice_is_taken_once(session: Session, school: School, now: datetime) -> None:
    package = small("a", "b")
    package["CFItems"].append(package["CFItems"][0] | {"fullStatement": "a again"})
    for added in (2, 0):
        imported = bring_in(session, school, package, now)
        assert (imported.added, imported.changed, imported.oddities) == (added, 0, ["CFItems[2]: identifier repeated"])
    assert [one.statement for one in tree(session, school, imported)] == ["a", "b"]


@pytest.mark.parametrize(
    ("parents", "cut"),
    [({0: 1, 1: 0}, [1]), ({0: 0}, [0]), ({0: 1, 1: 2, 2: 0}, [2]), ({2: 1, 1: 0, 0: 2}, [2])],
    ids=["two", "one", "three", "three, from below"],
)
def test_a_circle_is_cut_where_it_would_close(
    session: Session, school: School, now: datetime, parents: dict[int, int], cut: list[int]
) -> None:
    imported = bring_in(session, school, small("a", "b", "c", parents=parents), now)
    assert imported.oddities == [f"CFAssociations[{number}]: circle" for number in cut]
    assert sum(one.parent_id is not None for one in tree(session, school, imported)) == len(parents) - 1


def test_other_kinds_of_associations_make_no_tree(session: Session, school: School, now: datetime) -> None:
    package = small("a", "b", parents={1: 0})
    package["CFAssociations"][0]["associationType"] = "precedes"
    imported = bring_in(session, school, package, now)
    assert imported.oddities == []
    assert {one.parent_id for one in tree(session, school, imported)} == {None}


@pytest.mark.parametrize("associations", [None, "none", {}, []])
def test_a_package_without_associations_is_flat(session: Session, school: School, now: datetime, associations: Any) -> None:
    imported = bring_in(session, school, small("a", "b") | {"CFAssociations": associations}, now)
    assert (imported.added, imported.oddities) == (2, [])


def test_an_odd_association_is_reported(session: Session, school: School, now: datetime) -> None:
    imported = bring_in(session, school, small("a") | {"CFAssociations": [{"associationType": "isChildOf"}, 7]}, now)
    assert imported.oddities == ["CFAssociations[0]: originNodeURI missing", "CFAssociations[1]: model_type"]


def test_a_code_that_is_a_number_is_read(session: Session, school: School, now: datetime) -> None:
    package = small("a")
    package["CFItems"][0]["humanCodingScheme"] = 7.1
    assert tree(session, school, bring_in(session, school, package, now))[0].code == "7.1"


@pytest.mark.parametrize(
    ("abbreviated", "short_name"), [("Slope", "Slope"), (" Slope ", "Slope"), ("", "Find it"), ("   ", "Find it"), ("x" * 41, "Find it")]
)
def test_an_abbreviation_is_the_short_name_if_it_fits(
    session: Session, school: School, now: datetime, abbreviated: str, short_name: str
) -> None:
    package = small("Find it")
    package["CFItems"][0]["abbreviatedStatement"] = abbreviated
    assert tree(session, school, bring_in(session, school, package, now))[0].short_name == short_name


UNREADABLE: dict[str, tuple[Any, str]] = {
    "a list": ([], "not an object"),
    "a word": ("CFDocument", "not an object"),
    "nothing": (None, "not an object"),
    "an empty object": ({}, "model_type"),
    "another format": ({"http://asn.example/D10003FB": {"title": []}}, "model_type"),
    "no document": ({"CFItems": PACKAGES[MATHS]["CFItems"]}, "model_type"),
    "no identifier": ({"CFDocument": {"title": "Maths"}}, "identifier missing"),
    "no title": ({"CFDocument": {"identifier": str(UUID(int=1)), "title": " "}}, "title string_too_short"),
    "no items": (small(), "CFItems"),
    "items that are none": (small() | {"CFItems": {"a": 1}}, "CFItems"),
    "not one readable item": (small("", ""), "CFItems"),
}


@pytest.mark.parametrize(("package", "why"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_package_is_refused_and_nothing_changes(session: Session, school: School, now: datetime, package: Any, why: str) -> None:
    def rows() -> list[int]:
        return [session.execute(select(func.count()).select_from(table)).scalar_one() for table in (Framework, Competency)]

    before = rows()
    with pytest.raises(PackageUnreadable) as refused:
        bring_in(session, school, package, now)
    assert refused.value.facts == {"why": why}
    assert rows() == before


# Short names


@given(st.text(min_size=1).filter(str.strip))
def test_a_suggested_short_name_is_short_and_says_something(statement: str) -> None:
    suggested = suggest_short_name(statement)
    assert 0 < len(suggested) <= LONGEST_SHORT_NAME
    plain = " ".join(statement.split())
    assert suggested == plain or (suggested.endswith("…") and plain.startswith(suggested[:-1]))


@pytest.mark.parametrize(
    ("statement", "suggested"),
    [
        ("Find the slope of a line", "Find the slope of a line"),
        ("  Find\r\n the   slope ", "Find the slope"),
        ("Understand ratio concepts and use ratio reasoning to solve problems.", "Understand ratio concepts and use ratio…"),
        ("Describe basic shapes, such as triangle, square", "Describe basic shapes, such as…"),
        ("x" * 41, "x" * 39 + "…"),
    ],
)
def test_a_suggestion_is_the_opening_cut_at_a_word(statement: str, suggested: str) -> None:
    assert suggest_short_name(statement) == suggested


def test_a_competency_is_renamed(session: Session, school: School) -> None:
    assert rename_competency(session, school.tenant.id, school.competency.id, "ñ" * 40).short_name == "ñ" * 40


def test_forty_one_characters_are_refused(session: Session, school: School) -> None:
    with pytest.raises(ShortNameTooLong) as refused:
        rename_competency(session, school.tenant.id, school.competency.id, "ñ" * 41)
    assert refused.value.facts == {"length": 41, "longest": 40}
    assert school.competency.short_name == "Slope"


@pytest.mark.parametrize(("length", "fits"), [(40, True), (41, False)])
def test_by_the_database_too(session: Session, school: School, length: int, fits: bool) -> None:
    rename = text("UPDATE competency SET short_name = :name")
    if fits:
        session.execute(rename, {"name": "ñ" * length})
    else:
        with pytest.raises(IntegrityError):
            session.execute(rename, {"name": "ñ" * length})


def test_another_schools_competency_is_not_renamed(session: Session, school: School, neighbours: School) -> None:
    for tenant_id, competency_id in ((neighbours.tenant.id, school.competency.id), (school.tenant.id, uuid4())):
        with pytest.raises(NotFound):
            rename_competency(session, tenant_id, competency_id, "Mine")


def test_competencies_come_in_the_order_of_their_framework(session: Session, school: School) -> None:
    for name, position in (("Third", 3), ("First", 1), ("Second", 2)):
        add_competency(session, school.framework, name, position=position)
    found = competencies_of(session, school.tenant.id, school.framework.id)
    assert [one.short_name for one in found] == ["Slope", "First", "Second", "Third"]
