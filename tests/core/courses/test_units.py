"""Units stand for the targets below them, however deep the tree, and whatever odd shape it was imported in."""

from datetime import date

from sqlmodel import Session

from core.courses.guide import set_guide
from core.courses.units import units_of
from tests.people_made import School, add_competency, add_course


def test_a_unit_has_its_targets_in_the_order_of_the_guide(session: Session, school: School) -> None:
    unit, strand = (add_competency(session, school.framework, name) for name in ("Unit 4", "Functions"))
    later, first = (add_competency(session, school.framework, name) for name in ("Intercepts", "Parallel lines"))
    unit.parent_id, later.parent_id, first.parent_id = strand.id, unit.id, unit.id
    session.flush()
    lines = [(one.id, date(2026, 12, 4), 10_000) for one in (first, school.competency, later)]
    set_guide(session, school.tenant.id, school.course.id, lines)
    found = units_of(session, school.tenant.id, school.course.id)
    assert {one.short_name: one.target_ids for one in found} == {"Unit 4": (first.id, later.id), "Functions": (first.id, later.id)}
    assert {one.competency_id for one in found} == {unit.id, strand.id}


def test_another_course_has_none_of_them(session: Session, school: School) -> None:
    unit = add_competency(session, school.framework, "Unit 4")
    school.competency.parent_id = unit.id
    session.flush()
    set_guide(session, school.tenant.id, school.course.id, [(school.competency.id, None, 10_000)])
    biology = add_course(session, school.deployment, "Biology", now=school.course.created_at)
    assert units_of(session, school.tenant.id, biology.id) == []


def test_a_tree_that_bites_its_tail_ends(session: Session, school: School) -> None:
    unit = add_competency(session, school.framework, "Unit 4")
    school.competency.parent_id, unit.parent_id = unit.id, school.competency.id
    session.flush()
    set_guide(session, school.tenant.id, school.course.id, [(school.competency.id, None, 10_000)])
    assert {one.short_name for one in units_of(session, school.tenant.id, school.course.id)} == {"Unit 4", "Slope"}
