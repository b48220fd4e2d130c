"""What every page asks of its request, and how it answers. `app/wsgi.py` puts these there before a view runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

from flask import Response, current_app, g, redirect, request, url_for
from sqlmodel import Session

from core.data.db import Database
from core.data.vault import Vault
from core.i18n import Translator
from core.message import Channel
from core.people.viewers import Me, Opened, cookie_of


@dataclass(frozen=True)
class Rooms:
    """What pages need of the house, put into `app.extensions["paceline"]` by `app/wiring.py`."""

    database: Database
    vault: Vault
    base_url: str
    receivers: tuple[str, ...]
    channels: Mapping[str, Channel] = field(default_factory=dict)


Written = TypeVar("Written", bound=Callable[..., Any])


def rooms() -> Rooms:
    """The house as pages see it."""
    return cast(Rooms, current_app.extensions["paceline"])


def db() -> Session:
    """The transaction of this request; `app/` commits it after the view, or rolls it back."""
    return cast(Session, g.db)


def viewer() -> Me:
    """Who is looking. Only behind a guard with an action."""
    return cast(Me, g.viewer)


def translate() -> Translator:
    """The translator of this request: of the viewer's language, else of the browser's."""
    return cast(Translator, g.translate)


def now() -> datetime:
    """The instant of this request, read once."""
    return cast(datetime, g.now)


def writes(function: Written) -> Written:
    """Mark a view that is asked for by GET and writes all the same, such as the audit of what it reads."""
    function.__writes__ = True  # type: ignore[attr-defined]
    return function


def see(endpoint: str, **values: object) -> Response:
    """Go on to a page after a deed (303), so that reloading does not do it again.

    Args:
        values: of the address; `said` is the code of the line that the page then shows.
    """
    return cast(Response, redirect(url_for(endpoint, **cast(dict[str, Any], values)), code=303))


def said() -> str | None:
    """The line about the deed that led here, in the language of the request; an unknown code says nothing."""
    key = f"said.{request.args.get('said', '')}"
    return translate()(key) if key in translate().keys else None


def hand_over(response: Response, opened: Opened) -> Response:
    """Give the browser the cookie of a new viewer, as a launch does; a browser that keeps none goes on without."""
    response.set_cookie(**cookie_of(opened))
    return response


def take_back(response: Response, handle: str) -> Response:
    """Take the cookie of a closed viewer away again."""
    about = cookie_of(Opened(handle, ""))
    response.delete_cookie(**{name: about[name] for name in ("key", "path", "secure", "httponly", "samesite", "partitioned")})
    return response
