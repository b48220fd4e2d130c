"""The web chat: one person's conversation as a page, by plain forms; with JavaScript the same forms without a reload."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from secrets import token_hex
from typing import cast

import structlog
from flask import Blueprint, Response, current_app, g, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from sqlmodel import Session

from bot import lines
from bot.conversation import Taken, Talk
from bot.render.html import message_html
from bot.turn import Inbound, Speaker
from core.data.clock import local_day
from core.data.db import Database
from core.data.vault import Vault
from core.errors import CoreError, InvalidInput
from core.i18n import Translator
from core.message import Field, FieldKind
from core.people.access import Action, guarded
from core.people.viewers import Me

log = structlog.get_logger()
bp = Blueprint("talk", __name__, url_prefix="/v/<handle>/talk")
CHANNEL = "web"
A_PAGE = 30
LONGEST = 2000
PART = "X-Paceline-Part"
"""The header by which the page's script asks for new lines alone."""

_NAME = re.compile(r"[a-z_]{1,40}")
_EVENT = re.compile(r"[A-Za-z0-9_-]{8,64}")
_TOKEN = re.compile(r"[0-9]{1,18}\.[0-9]{1,3}\.[0-9]{1,3}")
_LINE_ID = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class Door:
    """What the chat needs of the house, put into `app.extensions["paceline.bot"]` by `app/wsgi.py`."""

    talk: Talk
    vault: Vault
    database: Database


@dataclass(frozen=True)
class Shown:
    """One line as the page shows it. `live`: nothing was said to it yet, so its buttons can be pressed."""

    id: int
    day: date
    heard: str | None
    messages: tuple[Markup, ...]
    live: bool


@dataclass(frozen=True)
class Box:
    """What the answer box takes from the open question."""

    reads: str | None
    field: Field | None


@bp.get("")
@guarded(Action.TALK)
def show(**_: str) -> str:
    """The conversation, the newest thirty lines of it or those before `before`, with the box to answer in."""
    me, before = _viewer(), _line_id(request.args.get("before"))
    found = _lines_of(me, before=before, most=A_PAGE + 1)
    kept = found[-A_PAGE:]
    return render_template(
        "talk.html",
        lines=_shown(me, kept, live=before is None),
        box=_box(lines.unanswered(kept)),
        seen=kept[-1].said_id if kept else 0,
        older=kept[0].said_id if len(found) > A_PAGE else None,
        is_newest=before is None,
        event=token_hex(16),
        longest=LONGEST,
    )


@bp.post("")
@guarded(Action.TALK)
def take(**_: str) -> Response:
    """Take what was typed or pressed; answer with the new lines, or by going back to the page.

    Raises:
        InvalidInput: a field holds what no form of ours sends, or more than fits.
    """
    me, seen = _viewer(), _line_id(request.form.get("seen"))
    token, (words, beside) = request.form.get("choice"), _words()
    if token is not None and not _TOKEN.fullmatch(token):
        raise InvalidInput(field="choice")
    taken = (
        _turn(me, Inbound(_event(me), None if token else words, token, seen=seen, beside=words if token else beside))
        if token is not None or words
        else None
    )
    if PART not in request.headers:
        return _back(me)
    if taken and taken.previous <= (seen or 0):  # nothing else was said since: what is new is at hand
        return make_response(render_template("talk_lines.html", lines=_shown(me, [taken.line], live=True)))
    return make_response(_fragment(me, seen or 0))


@bp.get("/lines")
@guarded(Action.TALK)
def newer(**_: str) -> Response:
    """The lines after one, for a page that stays open; nothing (204) when there are none."""
    me = _viewer()
    part = _fragment(me, _line_id(request.args.get("after")) or 0)
    return make_response(part) if part else make_response("", 204)


@bp.post("/begin")
@guarded(Action.TALK)
def begin(**_: str) -> Response:
    """Begin a dialogue by its name, from any page.

    Raises:
        InvalidInput: that is no name.
        DialogueUnknown: there is none of this name for this person.
    """
    me, name = _viewer(), request.form.get("dialogue", "")
    if not _NAME.fullmatch(name):
        raise InvalidInput(field="dialogue")
    _turn(me, Inbound(_event(me), begins=name))
    return _back(me)


def _turn(me: Me, inbound: Inbound) -> Taken | None:
    """Take a turn. What fails for a fault of ours is kept, so that no word is lost, and answered later: then nothing is returned."""
    speaker = Speaker(me.tenant_id, me.person_id, me.role, me.language, me.zone, me.course_id, CHANNEL)
    try:
        return _door().talk.turn(_db(), speaker, inbound, now=_now())
    except CoreError:
        raise
    except Exception as error:
        log.error("talk.failed", error=type(error).__name__)
        _db().rollback()
        with _door().database.aside() as session:
            _door().talk.keep(session, speaker, inbound, now=_now())
        return None


def _fragment(me: Me, after: int) -> str:
    """The lines after one, as a part of the page; empty when there are none."""
    found = _lines_of(me, after=after)
    if not found:
        return ""
    return render_template("talk_lines.html", lines=_shown(me, found, live=True))


def _lines_of(me: Me, *, after: int = 0, before: int | None = None, most: int = A_PAGE) -> list[lines.Line]:
    key = _door().vault.key_of(me.person_id)
    return lines.lines_of(_db(), key, me.tenant_id, me.person_id, after=after, before=before, most=most)


def _shown(me: Me, found: Sequence[lines.Line], *, live: bool) -> list[Shown]:
    """Lines with their buttons: live are those of the last answer, and of what was said unasked since."""
    t, answered = _translate(), len(found) - len(lines.unanswered(found))
    shown = []
    for place, line in enumerate(found):
        is_live = live and place >= answered
        messages = tuple(
            message_html(message, t, _address, place=f"{line.said_id}.{index}", live=is_live) for index, message in enumerate(line.messages)
        )
        shown.append(Shown(line.said_id, local_day(line.said_at, me.zone), line.heard, messages, is_live))
    return shown


def _box(live: Sequence[lines.Line]) -> Box:
    messages = [message for line in reversed(live) for message in reversed(line.messages)]
    fields = (message.field for message in messages if message.field and message.field.kind is FieldKind.TEXT)
    return Box(next((message.reads for message in messages if message.reads), None), next(fields, None))


def _words() -> tuple[str, str]:
    """What was typed, or the day that was picked, with the line breaks that a browser shows; and what stood beside the day."""
    day = request.form.get("day", "").strip()
    typed = request.form.get("words", "").replace("\r\n", "\n").strip()
    if len(typed) > LONGEST:
        raise InvalidInput(field="words")
    return (day[:LONGEST], typed) if day and (not typed or request.form.get("use") == "day") else (typed, "")


def _event(me: Me) -> str:
    """The id of what was sent: what a page sends again, after an answer was lost, is heard once."""
    event = request.form.get("event", "")
    if not _EVENT.fullmatch(event):
        raise InvalidInput(field="event")
    return f"{me.handle_hash[:12]}:{event}"


def _line_id(typed: str | None) -> int | None:
    return int(typed) if typed and _LINE_ID.fullmatch(typed) else None


def _address(page: str) -> str | None:
    return url_for(page, handle=_viewer().handle) if page in current_app.view_functions else None


def _back(me: Me) -> Response:
    return cast(Response, redirect(url_for("talk.show", handle=me.handle, _anchor="newest"), code=303))


def _door() -> Door:
    return cast(Door, current_app.extensions["paceline.bot"])


def _db() -> Session:
    return cast(Session, g.db)


def _viewer() -> Me:
    return cast(Me, g.viewer)


def _now() -> datetime:
    return cast(datetime, g.now)


def _translate() -> Translator:
    return cast(Translator, g.translate)
