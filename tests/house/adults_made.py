"""What a request to a route of an adult's pages needs, so that nothing but its guard can refuse it."""

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from core.courses.guide import set_guide
from core.data.vault import Vault
from core.journal import claims, help_answers, reflections
from core.journal.goal_setting import Details, set_goal
from core.journal.help_requests import WORDS, HelpRequest, Kind
from core.journal.student import student_of
from core.people.access import Role
from core.people.people import add_person
from core.people.roles import SchoolRole, grant
from core.people.viewers import Me
from tests.people_made import School

Prepared = tuple[dict[str, str], dict[str, Any]]
IS_AN_ADULT = (Role.TEACHER, Role.ADVISOR)


def prepare_for_adult(session: Session, vault: Vault, school: School, endpoint: str, me: Me, *, now: datetime) -> Prepared:
    """Parts of the address, and the form, of a route of `web/inbox.py`, `web/pupil.py` or `web/links.py`."""
    if me.role is Role.ADVISOR:
        grant(session, school.tenant.id, me.person_id, SchoolRole.ADVISOR, by=None, now=now)
    set_guide(session, school.tenant.id, school.course.id, [(school.competency.id, now.date(), 1)])
    area, _, deed = endpoint.partition(".")
    if area == "inbox":
        return _inbox(session, vault, school, deed, me, now)
    if area == "links":
        return ({} if deed == "show" else {"competency_id": str(school.competency.id)}), {"short_name": "Slope"}
    student = student_of(session, vault, school.tenant.id, school.student.id, school.course.id)
    parts = {"student_id": str(student.person_id)}
    if deed == "comment":
        goal = set_goal(session, student, now.date() + timedelta(days=2), details=Details(words="my own"), now=now)
        return {**parts, "goal_id": str(goal.id)}, {"words": f"well begun, {now}"}
    return parts, {"competency": str(school.competency.id), "day": (now.date() + timedelta(days=2)).isoformat()}


def _inbox(session: Session, vault: Vault, school: School, deed: str, me: Me, now: datetime) -> Prepared:
    student = student_of(session, vault, school.tenant.id, school.student.id, school.course.id)
    match deed:
        case "go_away" | "come_back":
            return {}, {"until": (now.date() + timedelta(days=2)).isoformat(), "course": str(school.course.id)}
        case "open_reflection" | "reply":
            readers = [me.person_id] if me.role in IS_AN_ADULT else []
            made = reflections.write_reflection(session, student, "first_step", "I drew it", readers=readers, now=now)
            return {"reflection_id": str(made.id)}, {"words": "Good plan."}
        case "open_claim" | "confirm" | "decline":
            claimed = claims.claim(session, student, school.competency.id, now=now)
            return {"claim_id": str(claimed.id)}, {"words": "Show the last step.", "percent": "90"}
    request = HelpRequest(
        tenant_id=school.tenant.id,
        person_id=school.student.id,
        to_person_id=me.person_id,
        course_id=school.course.id,
        kind=Kind.PERSONAL,
        sealed_words=student.key.seal("im lost", WORDS),
        asked_at=now,
    )
    session.add(request)
    session.flush()
    form = {"request": str(request.id), "words": "See me.", "helped": "yes"}
    if deed == "pass_on":
        advisor = add_person(session, vault, school.tenant.id, "Mr Okoro", now=now)
        grant(session, school.tenant.id, advisor.id, SchoolRole.ADVISOR, by=None, now=now)
        form["advisor"] = str(advisor.id)
    if deed == "say_if_it_helped" and me.role in IS_AN_ADULT:
        help_answers.answer(session, vault, me, [request.id], "See me.", now=now)
    return ({"key": str(request.id)} if deed == "open_words" else {}), form
