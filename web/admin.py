"""The school's admin page: who may do what, which LMS is trusted, and what could not be delivered."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, render_template, request, url_for

from core.care import resources
from core.courses.enrolments import staff_of
from core.data import outbox
from core.errors import CoreError, InvalidInput, NotFound
from core.i18n import LANGUAGES
from core.journal.feedback import count_open_feedback
from core.people import invitations, platforms, roles
from core.people.access import Action, guarded
from core.people.people import find_person, names_of
from core.people.platforms import AddressInvalid, PlatformExists
from core.people.roles import SchoolRole
from core.people.viewers import close_viewers, close_viewers_from
from web import forms
from web.request import db, now, rooms, said, see, take_back, viewer

bp = Blueprint("admin", __name__, url_prefix="/v/<handle>/admin")
MOST_PEOPLE = 50
LARGEST_SEQ = 2**63 - 1


@bp.get("")
@guarded(Action.ADMINISTER)
def show(**_: str) -> str:
    """Everything that a school's admins look after."""
    return _page()


@bp.get("/<any(invitations, platforms, lines):section>")
@guarded(Action.ADMINISTER)
def show_section(section: str, **_: str) -> Response:
    """Go back to a part of the page from the address of its form, which a browser may be asked for again."""
    return see("admin.show", handle=viewer().handle, _anchor=section)


@bp.post("/invitations")
@guarded(Action.ADMINISTER)
def invite(**_: str) -> str:
    """Make an invitation and show its link, this once."""
    me = viewer()
    code = invitations.invite(db(), me.tenant_id, by=me.person_id, now=now())
    return _page(link=rooms().base_url + url_for("public.invitation", code=code))


@bp.post("/invitations/<uuid:invitation_id>/withdraw")
@guarded(Action.ADMINISTER)
def withdraw(invitation_id: UUID, **_: str) -> Response:
    """Make an invitation useless."""
    invitations.withdraw(db(), viewer().tenant_id, invitation_id, now=now())
    return _done("withdrawn", "invitations")


@bp.post("/platforms")
@guarded(Action.ADMINISTER)
def add_platform(**_: str) -> Response:
    """Register an LMS of this school; what does not fit is said beside its field, and nothing typed is lost."""
    try:
        form = forms.read(forms.NewPlatform)
        _check_https(form.facts | ({"frame_origin": form.frame_origin} if form.frame_origin else {}))
        origins = [form.frame_origin] if form.frame_origin else []
        platforms.add_platform(db(), tenant_id=viewer().tenant_id, frame_origins=origins, now=now(), **form.facts)
    except (InvalidInput, AddressInvalid, PlatformExists) as refused:
        return make_response(_page(refused=refused, typed=request.form), 422)
    return _done("platform_added", "platforms")


def _check_https(addresses: dict[str, str]) -> None:
    """Where Paceline itself is served by https, an LMS is called by nothing less."""
    if rooms().base_url.startswith("https://"):
        for name, address in addresses.items():
            if name not in ("name", "client_id") and not address.startswith("https://"):
                raise AddressInvalid(name=name, address=address)


@bp.post("/deployments/<uuid:key>/approve")
@guarded(Action.ADMINISTER)
def approve(key: UUID, **_: str) -> Response:
    """Let a deployment launch: one of the school's own platform, or one that was approved into the school before.

    Raises:
        NotFound: neither. The first approval on an operator's platform is the operator's, with `paceline platform approve`.
    """
    me, form = viewer(), forms.read(forms.Approval)
    platform, deployment = platforms.find_deployment(db(), me.tenant_id, key)
    if me.tenant_id not in (platform.tenant_id, deployment.tenant_id):
        raise NotFound(what="deployment")
    platforms.approve_deployment(db(), platform, deployment.deployment_id, me.tenant_id, form.age_band, by=str(me.person_id), now=now())
    return _done("approved", "platforms")


@bp.post("/deployments/<uuid:key>/remove")
@guarded(Action.ADMINISTER)
def remove(key: UUID, **_: str) -> Response:
    """Stop the launches of a deployment."""
    platform, deployment = platforms.find_deployment(db(), viewer().tenant_id, key)
    platforms.remove_deployment(db(), platform, deployment.deployment_id, now=now())
    close_viewers_from(db(), platform.id, viewer().tenant_id)
    return _done("removed", "platforms")


@bp.post("/roles")
@guarded(Action.ADMINISTER)
def name_to_role(**_: str) -> Response:
    """Name a grown-up of the school to a role.

    Raises:
        NotFound: nobody of this school, or a student or guardian.
    """
    me, form = viewer(), forms.read(forms.Naming)
    if form.person not in staff_of(db(), me.tenant_id):
        raise NotFound(what="person")
    roles.grant(db(), me.tenant_id, form.person, form.role, by=me.person_id, now=now())
    return _done("named", "people")


@bp.post("/roles/revoke")
@guarded(Action.ADMINISTER)
def revoke(**_: str) -> Response:
    """Take a role away; who was an admin is signed out, so that no page of theirs stays open."""
    me, form = viewer(), forms.read(forms.Naming)
    person = find_person(db(), me.tenant_id, form.person)
    roles.revoke(db(), me.tenant_id, person.id, form.role)
    if form.role is not SchoolRole.TENANT_ADMIN:
        return _done("revoked", "people")
    close_viewers(db(), person.id)
    if person.id == me.person_id:
        return take_back(make_response(render_template("goodbye.html")), me.handle)
    return _done("revoked", "people")


@bp.post("/lines")
@guarded(Action.ADMINISTER)
def set_crisis_lines(**_: str) -> Response:
    """Name the crisis lines of one language; what does not fit is said, and nothing typed is lost."""
    me, form, typed = viewer(), forms.read(forms.LinesOf), forms.typed_lines()
    try:
        resources.set_resources(db(), me.tenant_id, form.language, forms.read_lines(typed), by=me.person_id, now=now())
    except InvalidInput:
        return make_response(_page(lines_refused=form.language, lines_typed=typed), 422)
    return _done("lines_set", "lines")


@bp.post(f"/outbox/<int(max={LARGEST_SEQ}):seq>/retry")
@guarded(Action.ADMINISTER)
def retry(seq: int, **_: str) -> Response:
    """Try a dead letter again."""
    outbox.retry(db(), viewer().tenant_id, seq, now=now())
    return _done("retried", "undelivered")


@bp.post("/outbox/retry-all")
@guarded(Action.ADMINISTER)
def retry_all(**_: str) -> Response:
    """Try all dead letters of the school again."""
    outbox.retry_all(db(), viewer().tenant_id, now=now())
    return _done("all_retried", "undelivered")


@bp.post(f"/outbox/<int(max={LARGEST_SEQ}):seq>/drop")
@guarded(Action.ADMINISTER)
def drop(seq: int, **_: str) -> Response:
    """Forget a dead letter for ever."""
    outbox.drop(db(), viewer().tenant_id, seq)
    return _done("dropped", "undelivered")


def _done(code: str, section: str) -> Response:
    return see("admin.show", handle=viewer().handle, said=code, _anchor=section)


def _page(
    link: str | None = None,
    refused: CoreError | None = None,
    typed: Mapping[str, str] | None = None,
    lines_refused: str | None = None,
    lines_typed: Sequence[Mapping[str, str]] = (),
) -> str:
    """The page; with the link of a new invitation, or with a form that was refused and what was typed into it: that of a
    platform, or that of the crisis lines of a language.
    """
    me = viewer()
    deployments = platforms.deployments_seen_by(db(), me.tenant_id)
    return render_template(
        "admin.html",
        link=link,
        refused=refused,
        refused_field=refused and refused.facts.get("field", refused.facts.get("name", "client_id")),
        typed=typed or {},
        invitations=invitations.open_invitations(db(), me.tenant_id, now=now()),
        platforms=platforms.list_platforms(db(), me.tenant_id),
        deployments={key: [one for one in deployments if one.platform_id == key] for key in {one.platform_id for one in deployments}},
        age_bands=forms.AGE_BANDS,
        letters=outbox.dead_letters(db(), me.tenant_id),
        feedback=count_open_feedback(db(), me.tenant_id),
        tool={"login": url_for("lti.login"), "launch": url_for("lti.launch"), "jwks": url_for("lti.jwks")},
        base_url=rooms().base_url,
        said=said(),
        lines_refused=lines_refused,
        **_lines(lines_refused, lines_typed),
        **_people(),
    )


def _lines(refused: str | None, typed: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """The crisis lines of each language as they are, or as they were typed; the defaults while the school has none of its own."""
    own = resources.own_resources(db(), viewer().tenant_id)
    shown: Mapping[str, Any] = own or resources.defaults()
    lines = {language: typed if language == refused else shown.get(language, ()) for language in LANGUAGES}
    return {"lines": lines, "lines_are_own": bool(own), "most_lines": resources.MOST}


def _people() -> dict[str, Any]:
    """Who holds which role, and whom the school could name: at most fifty, of those whose name holds what was typed."""
    me = viewer()
    holders = {role: roles.holders_of(db(), me.tenant_id, role) for role in SchoolRole}
    staff = staff_of(db(), me.tenant_id)
    names = names_of(db(), rooms().vault, me.tenant_id, {*staff, *(one for held in holders.values() for one in held)})
    wanted = forms.words("who")
    found = sorted((one for one in staff if forms.plain(wanted) in forms.plain(names[one])), key=lambda one: forms.plain(names[one]))
    return {"holders": holders, "names": names, "who": wanted, "staff": found[:MOST_PEOPLE], "staff_found": len(found)}
