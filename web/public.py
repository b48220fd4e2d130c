"""The pages for whom nobody need be known: the welcome, an invitation, and what a refusal looks like."""

from flask import Blueprint, Response, render_template

from core.errors import CoreError
from core.people.access import Role, open_to_all
from core.people.invitations import InvitationInvalid, try_code, use
from core.people.people import add_person
from core.people.roles import SchoolRole, grant
from web import forms
from web.places import enter
from web.request import db, now, rooms, translate

bp = Blueprint("public", __name__)


@bp.get("/")
@open_to_all("it says what Paceline is, and nothing about anybody")
def welcome() -> str:
    """What Paceline is, and how to get in."""
    return render_template("welcome.html")


@bp.get("/invitation/<code>")
@open_to_all("whoever has the link may see the form; the code is tried when it is sent")
def invitation(code: str) -> str:
    """Ask whoever follows an invitation for a name, without trying its code."""
    return render_template("invitation.html", code=code)


@bp.post("/invitation/<code>")
@open_to_all("the code is the key")
def accept_invitation(code: str) -> Response:
    """Become an admin of the school that invited, without an LMS.

    Raises:
        InvitationInvalid: the code opens nothing; the try counts all the same.
    """
    form = forms.read(forms.NewAdmin)
    with rooms().database.aside() as session:  # before the first db(): SQLite has one writer, and that would be this request
        invitation_id = try_code(session, code, now=now())
    if invitation_id is None:
        raise InvitationInvalid
    tenant_id = use(db(), invitation_id, now=now())
    person = add_person(db(), rooms().vault, tenant_id, form.name, now=now())
    grant(db(), tenant_id, person.id, SchoolRole.TENANT_ADMIN, by=None, now=now())
    return enter(tenant_id, person.id, None, Role.TENANT_ADMIN, platform_id=None, with_cookie=True)


def refusal(error: CoreError, status: int, correlation_id: str) -> str:
    """The page of a refusal: what, for whom, how to mend it, and by which id the operator finds it.

    A refusal that knows a `return_url` (an LMS gave it with a launch that was genuine) leads back there.
    """
    t = translate()
    sentence = f"error.{error.code}" if f"error.{error.code}" in t.keys else f"error.{CoreError.code}"
    mend = f"{sentence}.mend"
    area = f"refusal.title.{error.code.partition('.')[0]}"
    return render_template(
        "refusal.html",
        title=t(area if area in t.keys else "refusal.title"),
        sentence=t(sentence, **error.facts),
        mend=t(mend, **error.facts) if mend in t.keys else None,
        facts=[(t(f"fact.{name}"), value) for name, value in error.facts.items() if f"fact.{name}" in t.keys],
        correlation_id=correlation_id,
        status=status,
        return_url=getattr(error, "return_url", None),
    )
