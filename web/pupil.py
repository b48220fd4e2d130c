"""One student, as a teacher of the course may see them: goals, check-ins and what is in the way; and how to suggest and comment.

No moods, and no reflections: those that a student shared with this teacher are in the inbox. Words are opened by a press of
their own, and every one of those reads is audited.
"""

from uuid import UUID

from flask import Blueprint, Response, render_template

from core.courses.courses import find_course
from core.courses.guide import guide_of
from core.data.clock import local_day
from core.errors import NotFound
from core.journal import suggestions
from core.journal.pupils import Opened, Pupil, open_words, pupil_of
from core.journal.student import student_of
from core.people.access import Action, guarded
from core.people.people import names_of
from web import forms, teacher_forms
from web.places import here
from web.request import db, now, rooms, said, see, viewer, writes

bp = Blueprint("pupil", __name__, url_prefix="/v/<handle>/students/<uuid:student_id>")
OCCASION = "student"


@bp.get("")
@guarded(Action.READ_STUDENT)
def show(student_id: UUID, **_: str) -> str:
    """The student's goals and check-ins in the viewer's course, without their words.

    Raises:
        NotFound: nobody who learns in a course that the viewer teaches and looks from.
    """
    return _page(_pupil(student_id), None)


@bp.get("/words")
@guarded(Action.READ_STUDENT)
@writes
def show_words(student_id: UUID, **_: str) -> str:
    """The same with what the student wrote; audited.

    Raises:
        NotFound: as for `show`.
    """
    me, pupil = viewer(), _pupil(student_id)
    return _page(pupil, open_words(db(), rooms().vault, me, pupil, why=OCCASION, now=now()))


@bp.post("/suggest")
@guarded(Action.SUGGEST_GOAL)
def suggest(student_id: UUID, **_: str) -> Response:
    """Suggest a target of the guide by a day; it is no goal until the student accepts it.

    Raises:
        NotFound: as for `show`, or the target is not in the guide.
    """
    me, form = viewer(), teacher_forms.read(teacher_forms.Suggestion)
    course_id = here(me).course_id
    if form.competency not in {target.competency_id for target in guide_of(db(), me.tenant_id, course_id)}:
        raise NotFound(what="competency")
    student = student_of(db(), rooms().vault, me.tenant_id, student_id, course_id)
    suggestions.suggest(db(), me, student, form.day, competency_id=form.competency, now=now())
    return _done("goal_suggested", student_id)


@bp.post("/goals/<uuid:goal_id>/comment")
@guarded(Action.SUGGEST_GOAL)
def comment(student_id: UUID, goal_id: UUID, **_: str) -> Response:
    """Write to the student about one of their goals.

    Raises:
        NotFound: no such goal of this student, as far as the viewer can see.
    """
    if goal_id not in {goal.id for goal, _ in _pupil(student_id).goals}:
        raise NotFound(what="goal")
    suggestions.comment(db(), rooms().vault, viewer(), goal_id, forms.read(forms.Words).words, now=now())
    return _done("goal_commented", student_id)


def _pupil(student_id: UUID) -> Pupil:
    me = viewer()
    return pupil_of(db(), me, here(me).course_id, student_id)


def _page(pupil: Pupil, opened: Opened | None) -> str:
    me = viewer()
    place = here(me)
    writers = {one.written_by for comments in pupil.comments.values() for one in comments}
    names = names_of(db(), rooms().vault, me.tenant_id, {pupil.person_id, *writers})
    at_work = {goal.competency_id for goal, _ in pupil.goals if goal.state == "open"}
    return render_template(
        "pupil.html",
        pupil=pupil,
        opened=opened,
        name=names[pupil.person_id],
        names=names,
        course=find_course(db(), me.tenant_id, place.course_id),
        today=local_day(now(), place.zone),
        targets=[one for one in guide_of(db(), me.tenant_id, place.course_id) if one.competency_id not in at_work],
        said=said(),
    )


def _done(code: str, student_id: UUID) -> Response:
    return see("pupil.show", handle=viewer().handle, student_id=student_id, said=code)
