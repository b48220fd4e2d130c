"""A person's own settings: language, quiet hours, a pause, topics, and an e-mail address for notes."""

from datetime import timedelta

from flask import Blueprint, Response, make_response, render_template, request

from core.courses.ages import may_be_under_13
from core.data.ids import new_id
from core.errors import CoreError, InvalidInput
from core.message import Channel, Delivery, Message
from core.people import addresses, preferences
from core.people.access import Action, guarded
from core.people.addresses import EMAIL, AddressUnusable, CodeRefused, NoAddress, TooManyCodes
from core.people.preferences import Topic, Way
from web import forms
from web.request import db, now, rooms, said, see, translate, viewer

bp = Blueprint("settings", __name__, url_prefix="/v/<handle>/settings")
PAUSES = (1, 3, 7, 14)
"""Days for which somebody may pause."""


class MailRefused(CoreError):
    """The mail server, or the one behind it, does not take the address."""

    code = "mail.refused"


class MailLater(CoreError):
    """The mail server does not answer."""

    code = "mail.later"


@bp.get("")
@guarded(Action.SET_PREFERENCES)
def show(**_: str) -> str:
    """What the person prefers, and how to change it."""
    return _page()


@bp.post("/quiet-hours")
@guarded(Action.SET_PREFERENCES)
def set_quiet_hours(**_: str) -> Response:
    """Send nothing between two local times; between equal ones there is none."""
    me, form = viewer(), forms.read(forms.QuietHours)
    preferences.set_quiet_hours(db(), me.tenant_id, me.person_id, form.quiet_from, form.quiet_until, now=now())
    return _done("no_quiet_hours" if form.quiet_from == form.quiet_until else "quiet_hours")


@bp.post("/pause")
@guarded(Action.SET_PREFERENCES)
def pause(**_: str) -> Response:
    """Send nothing unasked for some days."""
    me, form = viewer(), forms.read(forms.Pause)
    preferences.snooze(db(), me.tenant_id, me.person_id, now() + timedelta(days=form.days), now=now())
    return _done("paused")


@bp.post("/stop")
@guarded(Action.SET_PREFERENCES)
def stop(**_: str) -> Response:
    """Send nothing unasked any more."""
    preferences.stop(db(), viewer().tenant_id, viewer().person_id, now=now())
    return _done("stopped")


@bp.post("/resume")
@guarded(Action.SET_PREFERENCES)
def resume(**_: str) -> Response:
    """Send again."""
    preferences.resume(db(), viewer().tenant_id, viewer().person_id, now=now())
    return _done("resumed")


@bp.post("/topics")
@guarded(Action.SET_PREFERENCES)
def set_topic(**_: str) -> Response:
    """Mute a topic, or hear of it again."""
    me, form = viewer(), forms.read(forms.Muting)
    change = preferences.mute_topic if form.mute else preferences.unmute_topic
    change(db(), me.tenant_id, me.person_id, form.topic, now=now())
    return _done("muted" if form.mute else "unmuted")


@bp.post("/channel")
@guarded(Action.SET_PREFERENCES)
def set_channel(**_: str) -> Response:
    """Send notes by e-mail, or keep everything in Paceline."""
    me, form = viewer(), forms.read(forms.Channel)
    try:
        preferences.choose_channel(db(), me.tenant_id, me.person_id, form.channel, now=now())
    except NoAddress as refused:
        return _refused(refused)
    return _done("by_email" if form.channel is Way.EMAIL else "by_talk")


@bp.post("/email")
@guarded(Action.SET_PREFERENCES)
def enter_email(**_: str) -> Response:
    """Keep an address and send a code to it. No transaction is open while the mail server is talked to."""
    me, mail = viewer(), rooms().channels.get(EMAIL)
    if mail is None:
        return _done("email_off")
    try:
        form = forms.read(forms.Mail)
        with rooms().database.aside() as session:  # before the first db(): SQLite has one writer, and that would be this request
            if may_be_under_13(session, me.tenant_id, me.person_id):
                return _done("email_off")
            key = rooms().vault.key_of(me.person_id)
            code = addresses.enter_address(session, key, me.tenant_id, me.person_id, form.address, now=now())
        _send_code(mail, form.address, code)
    except (InvalidInput, AddressUnusable, TooManyCodes, MailRefused, MailLater) as refused:
        return _refused(AddressUnusable() if isinstance(refused, InvalidInput) else refused)
    return _done("code_sent")


@bp.post("/email/confirm")
@guarded(Action.SET_PREFERENCES)
def confirm_email(**_: str) -> Response:
    """Confirm the address with its code, and send notes there from now on. A wrong code counts."""
    me = viewer()
    try:
        form = forms.read(forms.Code)
    except InvalidInput:
        return _refused(CodeRefused())
    with rooms().database.aside() as session:  # before the first db()
        confirmed = addresses.confirm_address(session, me.tenant_id, me.person_id, form.code, now=now())
    if not confirmed:
        return _refused(CodeRefused())
    preferences.choose_channel(db(), me.tenant_id, me.person_id, Way.EMAIL, now=now())
    return _done("email_confirmed")


@bp.post("/email/remove")
@guarded(Action.SET_PREFERENCES)
def remove_email(**_: str) -> Response:
    """Forget the address."""
    addresses.remove_address(db(), viewer().tenant_id, viewer().person_id)
    return _done("email_removed")


def _send_code(mail: Channel, address: str, code: str) -> None:
    """Send a code; an answer that was lost counts as sent, for then it may be there.

    Raises:
        MailRefused: the address is not taken.
        MailLater: the server does not answer, or not now.
    """
    text = translate()("mail.code", code=f"{code[:4]} {code[4:]}")
    match mail.deliver(Message(text=text), address.strip(), once=f"address.code:{new_id()}"):
        case Delivery.UNDELIVERABLE | Delivery.BLOCKED:
            raise MailRefused
        case Delivery.TRY_LATER:
            raise MailLater


def _done(code: str) -> Response:
    return see("settings.show", handle=viewer().handle, said=code)


def _refused(refused: CoreError) -> Response:
    """The page again, with what was wrong beside its field."""
    return make_response(_page(refused), 422)


def _page(refused: CoreError | None = None) -> str:
    me = viewer()
    return render_template(
        "settings.html",
        mine=(mine := preferences.preferences_of(db(), me.tenant_id, me.person_id)),
        snoozed=mine.snoozed(now()),
        topics=list(Topic),
        pauses=PAUSES,
        has_email=EMAIL in rooms().channels and not may_be_under_13(db(), me.tenant_id, me.person_id),
        email=addresses.entered_address(db(), rooms().vault, me.tenant_id, me.person_id),
        refused=refused,
        typed=request.form.get("address", "")[: addresses.LONGEST],
        said=said(),
    )
