"""An adult's inbox: who waits, over all their courses; one answer to many, each privately; away; claims and shared reflections.

Words are opened by a press of their own, and every one of those reads is audited. *Seen* is told to a student only when
somebody pressed it.
"""

from collections.abc import Mapping
from uuid import UUID

from flask import Blueprint, Response, render_template, request

from core.courses.competencies import find_competency
from core.courses.courses import find_course
from core.courses.enrolments import Place, places_of
from core.data.clock import local_day
from core.errors import NotFound
from core.journal import absences, claims, handovers, help_answers, inbox, reflections
from core.journal.absences import NotATeacherHere
from core.journal.adults import teachers_of
from core.journal.handovers import HandoverState
from core.journal.help_requests import Helped
from core.journal.prompts import find_prompt, say
from core.people.access import Action, Role, guarded
from core.people.people import names_of
from web import forms, teacher_forms
from web.request import db, now, rooms, said, see, viewer, writes
from web.teacher import Inbox, read_inbox, yesterday

bp = Blueprint("inbox", __name__, url_prefix="/v/<handle>/inbox")
OCCASION = "inbox"
PERCENT_BP = 100


@bp.app_context_processor
def _count() -> dict[str, object]:
    """For the way to this page, which says how many wait."""
    return {"count_waiting": lambda: inbox.count_waiting_for(db(), viewer(), local_day(now(), viewer().zone))}


@bp.get("")
@guarded(Action.ANSWER_STUDENTS)
def show(**_: str) -> str:
    """The inbox, without anybody's words."""
    return _page(read_inbox(db(), rooms().vault, viewer(), now=now()))


@bp.get("/words/<uuid:key>")
@guarded(Action.ANSWER_STUDENTS)
@writes
def open_words(key: UUID, **_: str) -> str:
    """The inbox with the words of one group, or of a single call. Reading them is audited, and makes nobody *seen*.

    Raises:
        NotFound: nothing waits under that key, or not for this adult.
    """
    me = viewer()
    page = read_inbox(db(), rooms().vault, me, now=now())
    group = next((one for one in (*page.groups, *page.personal) if one.key == key), None)
    if group is None:
        raise NotFound(what="help_request")
    return _page(page, help_answers.read_words(db(), rooms().vault, me, group.request_ids, why=OCCASION, now=now()), key)


@bp.post("/seen")
@guarded(Action.ANSWER_STUDENTS)
def mark_seen(**_: str) -> Response:
    """Tell the students that an adult has seen their calls."""
    help_answers.see(db(), viewer(), teacher_forms.read(teacher_forms.Calls).request, now=now())
    return _done("inbox_seen")


@bp.post("/answer")
@guarded(Action.ANSWER_STUDENTS)
def answer(**_: str) -> Response:
    """Answer one call or many with the same words, each student privately."""
    form = teacher_forms.read(teacher_forms.Answer)
    given = help_answers.answer(db(), rooms().vault, viewer(), form.request, form.words, form=form.form, now=now())
    return _done("inbox_answered" if given else "inbox_answered_before")


@bp.post("/pass-on")
@guarded(Action.ANSWER_STUDENTS)
def pass_on(**_: str) -> Response:
    """Pass a call on to an advisor: at once when it is personal or urgent, else when the student agrees."""
    form = teacher_forms.read(teacher_forms.PassingOn)
    made = handovers.pass_on(db(), viewer(), form.request, form.advisor, urgent=form.urgent, now=now())
    return _done("inbox_passed_on" if made.state == HandoverState.DONE else "inbox_asked_first")


@bp.post("/helped")
@guarded(Action.ANSWER_STUDENTS)
def say_if_it_helped(**_: str) -> Response:
    """Say whether an answer helped those who got it; *not yet* opens their calls again."""
    form = teacher_forms.read(teacher_forms.Outcome)
    help_answers.resolve_all(db(), viewer(), form.request, form.helped, now=now())
    return _done("inbox_open_again" if form.helped is Helped.NOT_YET else "inbox_resolved")


@bp.post("/away")
@guarded(Action.GO_AWAY)
def go_away(**_: str) -> Response:
    """Be away until a day, from one course or from all that one teaches; the delegate answers where they teach too.

    Raises:
        NotFound: they do not teach the course, or any.
        NotATeacherHere: the delegate teaches none of them.
    """
    me, form = viewer(), teacher_forms.read(teacher_forms.Away)
    places = [place for place in _taught() if form.course in ("", place.course_id)]
    if not places:
        raise NotFound(what="course")
    there = [place for place in places if form.delegate and form.delegate in teachers_of(db(), me.tenant_id, place.course_id)]
    if form.delegate and not there:
        raise NotATeacherHere
    for place in places:
        delegate = form.delegate if form.delegate and place in there else None
        absences.go_away(db(), me, place.course_id, form.until, delegate_id=delegate, zone=place.zone, now=now())
    return _done("inbox_away")


@bp.post("/back")
@guarded(Action.GO_AWAY)
def come_back(**_: str) -> Response:
    """Be there again in a course."""
    absences.come_back(db(), viewer(), teacher_forms.read(teacher_forms.Back).course)
    return _done("inbox_back")


@bp.get("/reflections/<uuid:reflection_id>")
@guarded(Action.ANSWER_STUDENTS)
@writes
def open_reflection(reflection_id: UUID, **_: str) -> str:
    """The words of a reflection that its author chose to share with whoever looks; audited."""
    me = viewer()
    shared = reflections.read_reflection(db(), rooms().vault, me, reflection_id, why=OCCASION, now=now())
    return render_template(
        "reflection.html",
        shared=shared,
        name=names_of(db(), rooms().vault, me.tenant_id, [shared.person_id])[shared.person_id],
        prompt=say(find_prompt(shared.prompt), me.language),
        day=local_day(shared.written_at, me.zone),
    )


@bp.post("/reflections/<uuid:reflection_id>/reply")
@guarded(Action.ANSWER_STUDENTS)
def reply(reflection_id: UUID, **_: str) -> Response:
    """Answer a shared reflection; only its author reads the answer."""
    reflections.reply(db(), rooms().vault, viewer(), reflection_id, forms.read(forms.Words).words, now=now())
    return _done("reflection_answered")


@bp.get("/claims/<uuid:claim_id>")
@guarded(Action.DECIDE_CLAIM)
@writes
def open_claim(claim_id: UUID, **_: str) -> str:
    """What a student says they finished, with their words and link; audited.

    Raises:
        NotFound: no claim that waits for this teacher.
    """
    me = viewer()
    found = next((one for one in claims.waiting_claims(db(), me) if one.id == claim_id), None)
    if found is None:
        raise NotFound(what="claim")
    words, link = claims.read_claim(db(), rooms().vault, me, claim_id, why=OCCASION, now=now())
    course = find_course(db(), me.tenant_id, found.course_id)
    return render_template(
        "claim.html",
        claim=found,
        name=names_of(db(), rooms().vault, me.tenant_id, [found.person_id])[found.person_id],
        target=find_competency(db(), me.tenant_id, found.competency_id).short_name,
        course=course,
        day=local_day(found.claimed_at, course.zone or me.zone),
        words=words,
        link=link,
    )


@bp.post("/claims/<uuid:claim_id>/confirm")
@guarded(Action.DECIDE_CLAIM)
def confirm(claim_id: UUID, **_: str) -> Response:
    """Confirm a claim: it becomes evidence."""
    percent = teacher_forms.read(teacher_forms.Score).percent
    claims.confirm(db(), viewer(), claim_id, score_bp=percent * PERCENT_BP, now=now())
    return _done("claim_confirmed")


@bp.post("/claims/<uuid:claim_id>/decline")
@guarded(Action.DECIDE_CLAIM)
def decline(claim_id: UUID, **_: str) -> Response:
    """Decline a claim, with a reason that its student reads."""
    claims.decline_claim(db(), rooms().vault, viewer(), claim_id, forms.read(forms.Words).words, now=now())
    return _done("claim_declined")


def _page(page: Inbox, words: Mapping[UUID, str] | None = None, opened: UUID | None = None) -> str:
    """The inbox; with the words of the group that was opened, and the ready sentence that an answer was started from."""
    asked = teacher_forms.read(teacher_forms.Group, request.args)
    return render_template(
        "inbox.html",
        inbox=page,
        yesterday=yesterday(page.today),
        words=words or {},
        asked=asked,
        chosen=opened or asked.group,
        starts=teacher_forms.STARTS,
        helped=list(Helped),
        prompts={one.reflection_id: say(find_prompt(one.prompt), viewer().language) for one in page.reflections},
        day_of={one.reflection_id: local_day(one.written_at, viewer().zone) for one in page.reflections},
        said=said(),
    )


def _taught() -> list[Place]:
    """The courses that the viewer teaches."""
    me = viewer()
    return [place for place in places_of(db(), me.tenant_id, me.person_id) if place.role is Role.TEACHER]


def _done(code: str) -> Response:
    return see("inbox.show", handle=viewer().handle, said=code)
