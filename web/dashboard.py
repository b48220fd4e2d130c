"""The teacher's roster: who is in the course, what they are at, and who waits for an answer. No words, no moods."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import Blueprint, Response, render_template

from core.courses.competencies import wants_a_name
from core.courses.courses import find_course
from core.courses.enrolments import places_of, students_of
from core.courses.guide import guide_of
from core.errors import NotFound
from core.evidence.progress import count_reached
from core.journal.checkins import last_check_ins
from core.journal.goals import count_open_goals
from core.journal.help_requests import count_waiting
from core.mastery.receivers import receivers_of, switch_off, switch_on
from core.people.access import Action, Role, guarded, may
from core.people.people import names_of
from core.people.viewers import Me
from web import forms
from web.places import here
from web.request import db, now, rooms, said, see, viewer

bp = Blueprint("dashboard", __name__, url_prefix="/v/<handle>")
A_PAGE = 40
GRADEBOOK = "gradebook"


@dataclass(frozen=True)
class Line:
    """One student on the roster. `checked_in` and what was `in_the_way` stay empty for who may not read check-ins."""

    person_id: UUID
    name: str
    goals: int
    reached: int
    checked_in: date | None
    in_the_way: str | None
    waiting: int


@bp.get("/roster")
@guarded(Action.SEE_ROSTER)
def show(**_: str) -> str:
    """The roster of the viewer's course, forty students a page, by name."""
    me = viewer()
    course = find_course(db(), me.tenant_id, here(me).course_id)
    students, guide = students_of(db(), me.tenant_id, course.id), guide_of(db(), me.tenant_id, course.id)
    names = names_of(db(), rooms().vault, me.tenant_id, students)
    wanted = forms.words("name")
    found = sorted(
        (person for person in names if forms.plain(wanted) in forms.plain(names[person])), key=lambda one: (forms.plain(names[one]), one)
    )
    pages = max(1, -(-len(found) // A_PAGE))
    page = forms.page_number(pages)
    shown = found[(page - 1) * A_PAGE : page * A_PAGE]
    return render_template(
        "roster.html",
        course=course,
        places=[place for place in places_of(db(), me.tenant_id, me.person_id) if may(place.role, Action.SEE_ROSTER)],
        lines=_lines(me, course.id, shown, names),
        reads_check_ins=_reads_check_ins(me),
        targets=len(guide),
        names_wanted=sum(wants_a_name(target.short_name) for target in guide),
        reads_students=may(me.role, Action.READ_STUDENT),
        sets_course=may(me.role, Action.SET_COURSE),
        enrolled=len(students),
        found=len(found),
        wanted=wanted,
        page=page,
        pages=pages,
        first=(page - 1) * A_PAGE + 1,
        may_set=may(me.role, Action.SET_COURSE) and GRADEBOOK in rooms().receivers,
        sends=GRADEBOOK in receivers_of(db(), me.tenant_id, course.id),
        said=said(),
    )


@bp.post("/gradebook")
@guarded(Action.SET_COURSE)
def set_gradebook(**_: str) -> Response:
    """Send check-ins to the gradebook of the LMS from now on, or no more.

    Raises:
        NotFound: the viewer looks from no course, or this house has no gradebook to send to.
    """
    me, form = viewer(), forms.read(forms.Gradebook)
    course = find_course(db(), me.tenant_id, here(me).course_id)
    if GRADEBOOK not in rooms().receivers:
        raise NotFound(what="receiver")
    if form.send:
        switch_on(db(), me.tenant_id, course.id, GRADEBOOK, by=me.person_id, now=now())
    else:
        switch_off(db(), me.tenant_id, course.id, GRADEBOOK)
    return see("dashboard.show", handle=me.handle, said="gradebook_on" if form.send else "gradebook_off")


def _lines(me: Me, course_id: UUID, people: Sequence[UUID], names: dict[UUID, str]) -> list[Line]:
    """One statement a column, however many students there are."""
    tenant_id, reads = me.tenant_id, _reads_check_ins(me)
    goals = count_open_goals(db(), tenant_id, course_id, people)
    reached = count_reached(db(), tenant_id, course_id, people)
    check_ins = last_check_ins(db(), tenant_id, course_id, people) if reads else {}
    waiting = count_waiting(db(), tenant_id, course_id, people, reader=me.person_id) if reads else {}
    lines = []
    for one in people:
        day, in_the_way = check_ins.get(one, (None, None))
        lines.append(Line(one, names[one], goals.get(one, 0), reached.get(one, 0), day, in_the_way, waiting.get(one, 0)))
    return lines


def _reads_check_ins(me: Me) -> bool:
    """Assistants see goals and progress, but neither check-ins nor calls for help."""
    return me.role is Role.TEACHER
