"""The blueprint: pages and services under `/practice`, and the headers that they share."""

from pathlib import Path

from flask import Blueprint, Response, request

import web
from app.practice_lms import pages, services
from app.practice_lms.here import EXTENSION, lms
from app.practice_lms.lms import PracticeLms

LARGEST_BODY = 200_000
TEMPLATES = Path(web.__file__).parent / "templates"


def blueprint(state: PracticeLms) -> Blueprint:
    """The practice LMS, to be registered in an application whose static folder is `web/static`."""
    practice = Blueprint("practice", __name__, url_prefix="/practice", template_folder=str(TEMPLATES))
    practice.record(lambda setup: setup.app.extensions.__setitem__(EXTENSION, state))
    practice.register_blueprint(pages.bp)
    practice.register_blueprint(services.bp)
    practice.before_request(_limit_body)
    practice.after_request(_add_headers)
    return practice


def _limit_body() -> None:
    request.max_content_length = LARGEST_BODY


def _add_headers(response: Response) -> Response:
    """A policy of its own: this LMS shows the tool in a frame, and its form_post goes to the tool."""
    tool = lms().tool.origin
    response.headers["Content-Security-Policy"] = (
        f"default-src 'self'; frame-src 'self' {tool}; form-action 'self' {tool}; "
        "frame-ancestors 'self'; base-uri 'none'; object-src 'none'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-store")
    return response
