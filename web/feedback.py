"""What people say about Paceline, for the school's admins to read and answer. Without names: who said it is not the point."""

from uuid import UUID

from flask import Blueprint, Response, render_template

from core.errors import InvalidInput
from core.journal.feedback import FeedbackAnswered, answer_feedback, count_open_feedback, open_feedback
from core.journal.words import LONGEST_WORDS, WordsMissing, WordsTooLong
from core.people.access import Action, guarded
from web import forms
from web.request import db, now, rooms, said, see, viewer, writes

bp = Blueprint("feedback", __name__, url_prefix="/v/<handle>/admin/feedback")
MOST = 50


@bp.get("")
@guarded(Action.ADMINISTER)
@writes
def show(**_: str) -> str:
    """What waits for an answer, oldest first; that it was read is written down."""
    me = viewer()
    return render_template(
        "feedback.html",
        waiting=open_feedback(db(), rooms().vault, me, MOST, now=now()),
        count=count_open_feedback(db(), me.tenant_id),
        longest=LONGEST_WORDS,
        said=said(),
    )


@bp.post("/<uuid:feedback_id>/answer")
@guarded(Action.ADMINISTER)
def answer(feedback_id: UUID, **_: str) -> Response:
    """Answer what somebody said; they are told."""
    me = viewer()
    try:
        answer_feedback(db(), rooms().vault, me, feedback_id, forms.read(forms.Words).words, now=now())
    except FeedbackAnswered:
        return see("feedback.show", handle=me.handle, said="feedback_answered_before")
    except (InvalidInput, WordsMissing, WordsTooLong):  # the form itself asks for words that fit: nobody gets here by typing
        return see("feedback.show", handle=me.handle, said="feedback_unfit")
    return see("feedback.show", handle=me.handle, said="feedback_answered")
