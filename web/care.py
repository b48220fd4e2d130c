"""Safety concerns, for the school's safety contacts: which there are, the words of one (audited), *seen*, and what came of it."""

from uuid import UUID

from flask import Blueprint, Response, render_template

from core.care import contacts
from core.care.resources import resources_of
from core.care.safety import ConcernState, Outcome
from core.people.access import Action, guarded
from core.people.people import names_of
from web import forms
from web.request import db, now, rooms, said, see, translate, viewer, writes

bp = Blueprint("care", __name__, url_prefix="/v/<handle>/concerns")


@bp.get("")
@guarded(Action.READ_CONCERNS)
def show(**_: str) -> str:
    """The concerns of the school, without the words.

    Raises:
        NotFound: the viewer is no safety contact.
    """
    me = viewer()
    found = contacts.concerns_for(db(), me)
    people = {one for concern in found for one in (concern.person_id, concern.seen_by, concern.closed_by) if one}
    return render_template(
        "concerns.html",
        waiting=[one for one in found if one.state != ConcernState.CLOSED],
        closed=[one for one in found if one.state == ConcernState.CLOSED],
        names=names_of(db(), rooms().vault, me.tenant_id, people),
        lines=resources_of(db(), me.tenant_id, translate().language),
        said=said(),
    )


@bp.get("/<uuid:concern_id>")
@guarded(Action.READ_CONCERNS)
@writes
def read(concern_id: UUID, **_: str) -> str:
    """One concern with the student's words; the read is audited.

    Raises:
        NotFound: the viewer is no safety contact, or it is not theirs to know of.
    """
    me = viewer()
    words = contacts.read_concern(db(), rooms().vault, me, concern_id, why="concern", now=now())
    concern = contacts.find_concern(db(), me, concern_id)
    people = {one for one in (concern.person_id, concern.seen_by, concern.closed_by) if one}
    return render_template(
        "concern.html",
        concern=concern,
        words=words,
        names=names_of(db(), rooms().vault, me.tenant_id, people),
        outcomes=list(Outcome),
        said=said(),
    )


@bp.post("/<uuid:concern_id>/see")
@guarded(Action.READ_CONCERNS)
def press_seen(concern_id: UUID, **_: str) -> Response:
    """Say that one has looked.

    Raises:
        NotFound: the viewer is no safety contact, or it is not theirs to know of.
    """
    me = viewer()
    contacts.see(db(), me, concern_id, now=now())
    return see("care.read", handle=me.handle, concern_id=concern_id, said="concern_seen")


@bp.post("/<uuid:concern_id>/close")
@guarded(Action.READ_CONCERNS)
def close(concern_id: UUID, **_: str) -> Response:
    """Say what came of it.

    Raises:
        NotFound: the viewer is no safety contact, or it is not theirs to know of.
        ConcernClosed: another contact has said so already.
    """
    me, form = viewer(), forms.read(forms.Closing)
    contacts.close(db(), me, concern_id, form.outcome, now=now())
    return see("care.show", handle=me.handle, said="concern_closed")
