"""The pages for whom nobody need be known: the welcome, an invitation, and what a refusal looks like."""

from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, current_app, render_template

from core.errors import CoreError
from core.people.access import Role, open_to_all
from core.people.invitations import InvitationInvalid, school_invited_to, try_code, use
from core.people.people import add_person
from core.people.roles import SchoolRole, grant
from web import forms
from web.places import enter
from web.request import db, now, rooms, translate

bp = Blueprint("public", __name__)
PRACTICE = "practice.pages.index"
"""The first page of the practice LMS, where that is mounted: never in production."""


@bp.get("/")
@open_to_all("it says what Paceline is, and nothing about anybody")
def welcome() -> str:
    """What Paceline is, and how to get in."""
    return render_template("welcome.html", practice=PRACTICE if PRACTICE in current_app.view_functions else None)


@bp.get("/invitation/<code>")
@open_to_all("whoever has the link may see the form; the code is tried when it is sent")
def invitation(code: str) -> str:
    """Ask whoever follows an invitation for a name, without trying its code.

    Raises:
        InvitationInvalid: nobody can use it any more.
    """
    return render_template("invitation.html", code=code, school=school_invited_to(db(), code, now=now()))


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


def refusal(error: CoreError, correlation_id: str) -> str:
    """The page of a refusal: what, how whoever reads it may go on, what an admin or operator does, and by which id they find it.

    A refusal that knows a `return_url` (an LMS gave it with a launch that was genuine) leads back there.
    """
    t = translate()
    sentence = f"error.{error.code}" if f"error.{error.code}" in t.keys else f"error.{CoreError.code}"
    mend, operator = f"{sentence}.mend", f"{sentence}.operator"
    area = f"refusal.title.{error.code.partition('.')[0]}"
    return render_template(
        "refusal.html",
        title=t(area if area in t.keys else "refusal.title"),
        sentence=t(sentence, **error.facts),
        mend=t(mend, **error.facts) if mend in t.keys else None,
        operator=t(operator, **error.facts) if operator in t.keys else None,
        facts=[(t(f"fact.{name}"), value) for name, value in error.facts.items() if f"fact.{name}" in t.keys],
        correlation_id=correlation_id,
        count_waiting=None,  # a refusal asks the database nothing more: it may be what failed
        return_url=_way_back(getattr(error, "return_url", None), t(sentence, **error.facts), f"{error.code} {correlation_id}"),
    )


def _way_back(address: str | None, said: str, log: str) -> str | None:
    """The way back to the LMS, which hears there what was wrong (LTI Core 1.3, 5.4.6: `lti_errormsg`, `lti_errorlog`)."""
    if address is None:
        return None
    glue = "&" if urlsplit(address).query else "?"
    return f"{address}{glue}{urlencode({'lti_errormsg': said, 'lti_errorlog': log})}"
