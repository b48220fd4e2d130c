"""A course's targets as its teacher keeps them: links for those who are stuck, how often each helped, and names that read well."""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, Response, make_response, render_template

from core.courses.competencies import LONGEST_SHORT_NAME, READS_WELL, find_competency, rename_competency, wants_a_name
from core.courses.courses import Course, find_course
from core.courses.guide import Target, guide_of
from core.errors import CoreError, NotFound
from core.journal import stuck
from core.journal.links import LONGEST_LINK, LinkUnusable
from core.journal.stuck import LONGEST_TITLE, MOST_LINKS, Count, Link, LinkTitleUnusable
from core.people.access import Action, guarded
from web import teacher_forms
from web.places import here
from web.request import db, now, said, see, viewer

bp = Blueprint("links", __name__, url_prefix="/v/<handle>/targets")
NEVER_TRIED = Count(0, 0)


@bp.get("")
@guarded(Action.SET_COURSE)
def show(**_: str) -> str:
    """All targets of the guide, with their links and what students said of each."""
    me = viewer()
    course = _course()
    targets = guide_of(db(), me.tenant_id, course.id)
    links = stuck.links_of_course(db(), me.tenant_id, course.id)
    return render_template(
        "links.html",
        course=course,
        targets=targets,
        links=links,
        counts=stuck.link_counts(db(), me, course.id),
        never=NEVER_TRIED,
        badly=[one for one in targets if wants_a_name(one.short_name)],
        said=said(),
    )


@bp.get("/<uuid:competency_id>")
@guarded(Action.SET_COURSE)
def edit(competency_id: UUID, **_: str) -> str:
    """The links and the name of one target.

    Raises:
        NotFound: the guide of this course has no such target.
    """
    me, target = viewer(), _target(competency_id)
    links = stuck.links_of(db(), me.tenant_id, _course().id, target.competency_id)
    return _form(target, [Link(one.title, one.url) for one in links])


@bp.post("/<uuid:competency_id>")
@guarded(Action.SET_COURSE)
def save(competency_id: UUID, **_: str) -> Response:
    """Set all links of a target; what does not fit is said above the form, and nothing typed is lost.

    Raises:
        NotFound: the guide of this course has no such target.
    """
    target, typed = _target(competency_id), teacher_forms.typed_links()
    try:
        stuck.set_links(db(), viewer(), _course(), target.competency_id, typed, now=now())
    except (LinkUnusable, LinkTitleUnusable) as refused:
        return make_response(_form(target, typed, refused), 422)
    return see("links.show", handle=viewer().handle, said="links_saved")


@bp.post("/<uuid:competency_id>/name")
@guarded(Action.SET_COURSE)
def rename(competency_id: UUID, **_: str) -> Response:
    """Give a target the name that students read, in all courses of the school.

    Raises:
        NotFound: the guide of this course has no such target.
    """
    target = _target(competency_id)
    rename_competency(db(), viewer().tenant_id, target.competency_id, teacher_forms.read(teacher_forms.ShortName).short_name)
    return see("links.show", handle=viewer().handle, said="renamed")


def _course() -> Course:
    me = viewer()
    return find_course(db(), me.tenant_id, here(me).course_id)


def _target(competency_id: UUID) -> Target:
    found = (one for one in guide_of(db(), viewer().tenant_id, _course().id) if one.competency_id == competency_id)
    target = next(found, None)
    if target is None:
        raise NotFound(what="competency")
    return target


def _form(target: Target, links: Sequence[Link], refused: CoreError | None = None) -> str:
    rows = [*links, *[Link("", "")] * (MOST_LINKS - len(links))]
    return render_template(
        "link_form.html",
        course=_course(),
        target=target,
        statement=find_competency(db(), viewer().tenant_id, target.competency_id).statement,
        rows=rows,
        refused=refused,
        wants_a_name=wants_a_name(target.short_name),
        longest={"name": LONGEST_SHORT_NAME, "title": LONGEST_TITLE, "link": LONGEST_LINK, "well": READS_WELL},
    )
