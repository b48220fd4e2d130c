"""The web application: blueprints, guards, one transaction a request, headers, errors and logs.

Default deny: a route without a guard is refused. A request that ends well commits; any other rolls back.
"""

import gc
import hmac
import os
import secrets
import time
from itertools import chain
from typing import Any, TypeVar, cast

import structlog
from flask import Flask, Request, Response, current_app, g, make_response, request
from flask.ctx import _AppCtxGlobals
from prometheus_client import Histogram
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlmodel import Session
from werkzeug.exceptions import HTTPException

from app import demo, health, logs, practice_lms, wiring
from app.logs import raised_at
from app.settings import Settings, Stage, read_settings
from app.wiring import House
from bot import webchat
from core.data.clock import utc_now
from core.data.vault import MasterKeyUnknown
from core.errors import CoreError, InvalidInput, NotAllowed, NotFound
from core.i18n import Translator, best_language, translator
from core.people.access import Action, demand, guard_of, open_to_all
from core.people.invitations import InvitationInvalid
from core.people.platforms import frame_origins
from core.people.viewers import COOKIE, ViewerClosed, bind_viewer, find_viewer, keeps_cookie
from lti import launch as lti_launch
from lti.refusals import LaunchRefused
from lti.registration import Registrations
from web import admin, care, dashboard, feedback, home, inbox, links, public, pupil, records
from web import settings as own_settings
from web.request import Rooms

log = structlog.get_logger()
Anything = TypeVar("Anything")
LARGEST_FORM = 512_000
SECONDS = Histogram("paceline_request_seconds", "Requests handled, and the time they took", ["route", "method", "status"])


def create_app(settings: Settings | None = None) -> Flask:
    """The application on its settings; gunicorn calls it without any."""
    os.umask(0o077)  # databases and secrets are their owner's alone
    settings = settings or read_settings()
    logs.configure(settings.log_level, readable=settings.stage is Stage.DEMO)
    app = build_app(wiring.build(settings))
    gc.collect()
    gc.freeze()  # what has been loaded by now stays: the collector need not look at it again and again
    return app


class _Application(Flask):
    """Flask, but what slips past the handlers is logged as they would: its own log names the address, and so the handle."""

    def log_exception(self, exc_info: Any) -> None:
        """Log where it failed."""
        log.error("failed", error=exc_info[0].__name__, trace=raised_at(exc_info[1]))


def build_app(house: House) -> Flask:
    """The application in a house."""
    app = _Application("web")
    app.url_map.strict_slashes = False  # a redirect to the slash would carry the handle, by plain HTTP behind some proxies
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_FORM, MAX_FORM_MEMORY_SIZE=LARGEST_FORM, MAX_FORM_PARTS=200)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["paceline.house"] = house
    app.extensions["paceline"] = Rooms(house.database, house.vault, house.settings.address, tuple(house.receivers), house.channels)
    app.extensions["paceline.lti"] = lti_launch.Door(
        house.database, house.vault, house.key_sets, Registrations(house.database), house.settings.address
    )
    app.extensions["paceline.bot"] = webchat.Door(house.talk, house.vault, house.database)
    for blueprint in (
        public.bp,
        home.bp,
        records.bp,
        own_settings.bp,
        dashboard.bp,
        inbox.bp,
        pupil.bp,
        links.bp,
        admin.bp,
        care.bp,
        feedback.bp,
        webchat.bp,
        lti_launch.bp,
        health.bp,
    ):
        app.register_blueprint(blueprint)
    if house.settings.stage is not Stage.PRODUCTION:
        app.register_blueprint(practice_lms.blueprint(demo.practice_lms(house.settings)))
    open_to_all("styles and pictures say nothing about anybody")(app.view_functions["static"])
    app.before_request(_open)
    app.after_request(_close)
    app.teardown_request(_tear_down)
    app.context_processor(_template_globals)
    app.register_error_handler(CoreError, _refuse)
    app.register_error_handler(HTTPException, _refuse_http)
    app.register_error_handler(Exception, _fail)
    return app


def _open() -> None:
    """Before a view: who is it, may they, and a transaction for it."""
    asked, kept, house = _here(request), _here(g), _house()
    kept.correlation_id, kept.started, kept.now = secrets.token_hex(6), time.perf_counter(), utc_now()
    kept.translate = translator(best_language(asked.headers.get("Accept-Language")))
    view = current_app.view_functions.get(asked.endpoint or "")
    if view is None:
        return  # no such page: werkzeug's 404 or 405 follows
    guard = guard_of(view)
    if guard is None:
        raise NotAllowed(action=asked.endpoint or "")
    if _holds_zero_bytes(asked):
        raise InvalidInput(field="text")
    if guard.action is not None:
        _admit(guard.action)
    kept.db = house.database.session(writes=asked.method not in _READS or getattr(view, "__writes__", False))


def _holds_zero_bytes(asked: Request) -> bool:
    """Whether something was sent that no database can keep as text."""
    try:
        sent = chain(asked.args.listvalues(), asked.form.listvalues(), [map(str, (asked.view_args or {}).values())])
    except OSError:  # the server's word for a body that breaks off or is not in the chunks it promised
        raise NotUnderstood from None
    return any("\0" in value for values in sent for value in values)


def _admit(action: Action) -> None:
    """Find who holds the handle, bind it to the browser when that keeps cookies, and ask the table."""
    handle, cookie = str((request.view_args or {})["handle"]), request.cookies.get(COOKIE)
    with _house().database.session(writes=False) as session:
        me = find_viewer(session, handle, cookie, now=g.now)
    if keeps_cookie(me, cookie):
        with _house().database.aside() as session:
            bind_viewer(session, me.handle_hash, now=g.now)
    g.viewer, g.translate = me, translator(me.language)
    demand(me.role, action)
    if request.method not in _READS and not hmac.compare_digest(request.form.get("csrf", "").encode(), me.csrf.encode()):
        raise FormStale


def _close(response: Response) -> Response:
    """After a view: commit what ended well, put the headers on, write the log."""
    kept, endpoint = _here(g), request.endpoint
    try:
        _commit(kept.pop("db", None), response.status_code)
    except SQLAlchemyError as error:  # Flask answers errors of views, not of this
        response = make_response(_fail(error))
    headers = response.headers
    for name, value in _HEADERS.items():
        headers[name] = value
    if response.content_type.startswith("text/html") and "Location" not in headers:
        headers.setdefault("Content-Security-Policy", f"{_CSP}; frame-ancestors {' '.join(_ancestors())}")
    headers.setdefault("Cache-Control", "public, max-age=3600" if endpoint == "static" else "no-store")
    if _house().settings.stage is Stage.PRODUCTION:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    _log(response.status_code, kept)
    return response


def _commit(session: Session | None, status: int) -> None:
    if session is None:
        return
    with session:
        if session.in_transaction() and status < 400:
            session.commit()


def _log(status: int, kept: _AppCtxGlobals) -> None:
    asked, seconds = _here(request), time.perf_counter() - kept.started
    route = str(asked.url_rule or "none")
    SECONDS.labels(route, asked.method if asked.method in _METHODS else "other", status).observe(seconds)
    if asked.endpoint != "static":
        told = {"route": route, "method": asked.method, "status": status, "ms": round(seconds * 1000, 1)}
        log.info("request", **told, correlation_id=kept.correlation_id)


def _here(proxy: Anything) -> Anything:
    """What a proxy of Flask's stands for now: it looks that up at every touch, and these hooks touch it often."""
    return cast(Anything, cast(Any, proxy)._get_current_object())


def _tear_down(_error: BaseException | None) -> None:
    session: Session | None = g.pop("db", None)
    if session is not None:
        session.close()


def _ancestors() -> list[str]:
    """Who may frame this page: the platform of the viewer; for a refusal, where no viewer is known, any platform.

    A refusal holds nothing to protect, so on a server with many platforms it does not name them all: any LMS may show it.
    """
    if "viewer" in g:
        return ["'self'", *g.viewer.frame_origins]
    if not request.path.startswith(("/lti/", "/v/")):
        return ["'self'"]
    try:
        with _house().database.session(writes=False) as session:
            origins = frame_origins(session)
    except SQLAlchemyError:
        return ["'self'"]
    return ["'self'", *(origins if len(origins) <= _MOST_ORIGINS else ["https:"])]


def _template_globals() -> dict[str, Any]:
    translate: Translator = g.translate
    return {"t": translate, "language": translate.language, "me": g.get("viewer")}


def _refuse(error: CoreError) -> tuple[str, int]:
    _roll_back()
    status = _status(error)
    facts = {name: clean(value) for name, value in error.facts.items()}
    log.info("refused", code=error.code, status=status, correlation_id=g.correlation_id, **_for_logs(error, facts))
    error.facts = facts
    return public.refusal(error, g.correlation_id), status


def _refuse_http(error: HTTPException) -> tuple[str, int] | HTTPException:
    _roll_back()
    status = error.code or 500
    if status < 400:
        return error
    return public.refusal(_REFUSED_BY_HTTP.get(status, NotUnderstood)(), g.correlation_id), status


def _fail(error: Exception) -> tuple[str, int]:
    """A fault of ours: the log has the trace, the person a sentence and the id to quote."""
    _roll_back()
    busy = isinstance(error, OperationalError)
    log.error("failed", correlation_id=g.correlation_id, error=type(error).__name__, trace=raised_at(error))
    status = 503 if busy else 500
    return public.refusal(Busy() if busy else Failed(), g.correlation_id), status


def _roll_back() -> None:
    if "db" in g:
        g.db.rollback()


def _for_logs(error: CoreError, facts: dict[str, str | int]) -> dict[str, str | int]:
    """Facts of protocol and platform go into the log; those of any other refusal may quote what somebody typed."""
    return {f"fact_{name}": value for name, value in facts.items()} if isinstance(error, LaunchRefused) else {}


def clean(value: str | int) -> str | int:
    """A fact that any page and log can hold: JSON may smuggle in halves of characters."""
    return value if isinstance(value, int) else value.encode("utf-8", "replace").decode()


def _status(error: CoreError) -> int:
    if isinstance(error, LaunchRefused):
        return error.status
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 409)


def _house() -> House:
    return cast(House, current_app.extensions["paceline.house"])


class FormStale(CoreError):
    """A form without the value that its viewer's forms carry."""

    code = "form.stale"


class NoSuchPage(CoreError):
    """An address that no page has."""

    code = "page.none"


class WrongMethod(CoreError):
    """An address that takes another method: a form's, opened by hand, or a page's, sent to."""

    code = "page.wrong_method"


class TooLarge(CoreError):
    """A body beyond `LARGEST_FORM`."""

    code = "page.too_large"


class NotUnderstood(CoreError):
    """A request that HTTP itself refuses for any other reason: broken off, or of a type that no form has."""

    code = "page.not_understood"


class Busy(CoreError):
    """The database cannot answer now."""

    code = "page.busy"


class Failed(CoreError):
    """A fault of ours."""

    code = "page.failed"


_READS = ("GET", "HEAD", "OPTIONS")
_METHODS = (*_READS, "POST", "PUT", "PATCH", "DELETE")
_MOST_ORIGINS = 20
_REFUSED_BY_HTTP: dict[int, type[CoreError]] = {404: NoSuchPage, 405: WrongMethod, 413: TooLarge}
_STATUS: dict[type[CoreError], int] = {
    NotFound: 404,
    ViewerClosed: 404,
    NotAllowed: 403,
    FormStale: 403,
    InvitationInvalid: 403,
    InvalidInput: 422,
    NotUnderstood: 400,
    MasterKeyUnknown: 503,
}
_CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'"
)
_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(), geolocation=(), payment=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}
