"""A copy of everything for whom it is about, and erasing oneself."""

from collections.abc import Iterable

from flask import Blueprint, Response, make_response, render_template

from core.people.access import Action, guarded
from core.people.releases import count_releases
from core.privacy.erase import Asker, erase
from core.privacy.export import Export, as_json, export_person
from web import forms
from web.export_page import Page
from web.request import db, now, rooms, said, see, take_back, translate, viewer

bp = Blueprint("records", __name__, url_prefix="/v/<handle>")


@bp.get("/export.html")
@guarded(Action.EXPORT_MINE)
def export_html(**_: str) -> Response:
    """Everything about the person who looks, to read."""
    return _file(render_template("export.html", page=Page(_export(), translate())), "html", "text/html; charset=utf-8")


@bp.get("/export.json")
@guarded(Action.EXPORT_MINE)
def export_json(**_: str) -> Response:
    """Everything about the person who looks, for programs."""
    return _file(as_json(_export()), "json", "application/json")


@bp.get("/erase")
@guarded(Action.ERASE_MINE)
def ask(**_: str) -> str:
    """What goes and what stays, and the form that erases."""
    me = viewer()
    released, _last = count_releases(db(), me.tenant_id, me.person_id)
    return render_template("erase.html", released=released, said=said())


@bp.post("/erase")
@guarded(Action.ERASE_MINE)
def erase_me(**_: str) -> Response:
    """Erase the person who looks, once they have typed the word; then say what happened, and that is the end.

    Raises:
        WorksWithStudents, ConcernWaits: it cannot be done, or not yet.
    """
    me, form = viewer(), forms.read(forms.Confirmation)
    if not form.is_word(translate()("erase.word")):
        return see("records.ask", handle=me.handle, said="erase_word")
    # No db() before: it commits by itself, for the key may go only when the rows have gone.
    done = erase(rooms().database, rooms().vault, me.tenant_id, me.person_id, by=Asker.SELF, now=now())
    return take_back(make_response(render_template("erased.html", done=done)), me.handle)


def _export() -> Export:
    me = viewer()
    return export_person(db(), rooms().vault, me.tenant_id, me.person_id, language=translate().language, now=now())


def _file(parts: Iterable[str], ending: str, mimetype: str) -> Response:
    """A file to be kept. It is complete or it is not sent: what breaks half-way is an error, and no short file."""
    response = Response("".join(parts), content_type=mimetype)
    response.headers.set("Content-Disposition", "attachment", filename=f"paceline-{now():%Y-%m-%d}.{ending}")
    response.headers["Cache-Control"] = "no-store"
    return response
