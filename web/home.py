"""Home: a student's own page, and for everybody else the way to the pages of their role."""

from secrets import token_hex

from flask import Blueprint, Response, make_response, render_template

from core.courses.enrolments import places_of
from core.errors import NotFound
from core.journal import checkins
from core.people import people
from core.people.access import Action, Role, guarded, may
from core.people.accounts import is_family
from core.people.audit import reads_of
from core.people.greeting import called
from core.people.invitations import InvitationInvalid, try_code, use
from core.people.people import NAME, names_of
from core.people.releases import releases_of
from core.people.roles import SchoolRole, grant, roles_of
from core.people.viewers import Me, close_viewers
from web import forms
from web.places import move
from web.request import db, now, rooms, said, see, take_back, viewer
from web.student import desk

bp = Blueprint("home", __name__, url_prefix="/v/<handle>")


@bp.get("/")
@guarded(Action.SEE_HOME)
def show(**_: str) -> str:
    """The student's page in a course; for anybody else, where they may go from here."""
    me = viewer()
    places = checkins.places_with_last_days(db(), me.tenant_id, me.person_id)
    in_course = next((place for place, _ in places if (place.course_id, place.role) == (me.course_id, me.role)), None)
    if in_course and me.role is Role.STUDENT:
        page = desk(db(), rooms().vault, me, in_course, places, now=now())
        return render_template(
            "student.html", desk=page, places=[place for place, _ in places], here=in_course, event=token_hex(16), said=said()
        )
    held = roles_of(db(), me.tenant_id, me.person_id)
    return render_template(
        "places.html",
        name=_name_of(me),
        places=[place for place, _ in places],
        here=in_course,
        has_roster=in_course is not None and may(me.role, Action.SEE_ROSTER),
        held=held,
        has_school=SchoolRole.TENANT_ADMIN in held,
        may_accept=SchoolRole.TENANT_ADMIN not in held and _is_asked_for_invitations(me, {place.role for place, _ in places}),
        said=said(),
    )


@bp.get("/records")
@guarded(Action.SEE_HOME)
def records(**_: str) -> str:
    """What left Paceline about the person who looks, and who read their words."""
    me = viewer()
    reads = reads_of(db(), me.tenant_id, me.person_id)
    return render_template(
        "records.html",
        releases=releases_of(db(), me.tenant_id, me.person_id),
        reads=reads,
        names=names_of(db(), rooms().vault, me.tenant_id, {read.reader_id for read in reads}),
    )


@bp.post("/language")
@guarded(Action.CHOOSE_LANGUAGE)
def choose_language(**_: str) -> Response:
    """Speak the language that a person chose, here and at every later visit."""
    me, form = viewer(), forms.read(forms.Language)
    people.choose_language(db(), me.tenant_id, me.person_id, form.language)
    return see(form.page, handle=me.handle)


@bp.post("/place")
@guarded(Action.SWITCH_PLACE)
def switch_place(**_: str) -> Response:
    """Go on to another course of the same person, or into the school that they administer or advise.

    Raises:
        NotFound: it is not a place of this person.
    """
    me, form = viewer(), forms.read(forms.Place)
    held = roles_of(db(), me.tenant_id, me.person_id) if form.school or form.advisor else set()
    if form.school and SchoolRole.TENANT_ADMIN in held:
        return move(me, None, Role.TENANT_ADMIN)
    if form.advisor and SchoolRole.ADVISOR in held:
        return move(me, None, Role.ADVISOR)
    for place in places_of(db(), me.tenant_id, me.person_id):
        if place.course_id == form.course and not form.school and not form.advisor:
            return move(me, place.course_id, place.role)
    raise NotFound(what="course")


@bp.post("/sign-out")
@guarded(Action.SIGN_OUT)
def sign_out(**_: str) -> Response:
    """Close all pages of this person, in every tab: on a shared computer, Back must open nothing."""
    me = viewer()
    close_viewers(db(), me.person_id)
    return take_back(make_response(render_template("goodbye.html")), me.handle)


@bp.post("/invitation")
@guarded(Action.ACCEPT_INVITATION)
def accept_invitation(**_: str) -> Response:
    """Become an admin of one's own school by an invitation, and go there.

    Raises:
        InvitationInvalid: it opens nothing, or another school; the try counts all the same.
    """
    me, form = viewer(), forms.read(forms.Code)
    with rooms().database.aside() as session:  # before the first db(): SQLite has one writer, and that would be this request
        invitation_id = try_code(session, form.code, now=now())
    if invitation_id is None or use(db(), invitation_id, now=now()) != me.tenant_id:
        raise InvitationInvalid
    grant(db(), me.tenant_id, me.person_id, SchoolRole.TENANT_ADMIN, by=None, now=now())
    return move(me, None, Role.TENANT_ADMIN)


def _is_asked_for_invitations(me: Me, roles: set[Role]) -> bool:
    """Nobody invites a student or guardian to administer: no page of theirs asks for it, in whichever role they look."""
    if not may(me.role, Action.ACCEPT_INVITATION) or roles & {Role.STUDENT, Role.GUARDIAN}:
        return False
    return not is_family(db(), me.tenant_id, me.person_id)


def _name_of(me: Me) -> str | None:
    key = rooms().vault.keys_of([me.person_id]).get(me.person_id)
    return called(key.open(me.sealed_name, NAME)) if key and me.sealed_name else None
