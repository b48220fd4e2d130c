"""The services that a tool calls: keys, tokens, assignments and grades (AGS 2.0), names and roles (NRPS 2.0)."""

import json
import re
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, request
from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import HTTPException, Unauthorized

from app.practice_lms.cast import MEMBERSHIP, Course, Person
from app.practice_lms.gradebook import KeptItem, LineItem, OlderScore, ReceivedScore, Score
from app.practice_lms.grants import LINE_ITEM, LINE_ITEM_READ, MEMBERS_READ, RESULT_READ, SCORE, TokenRefused, first_reason
from app.practice_lms.here import lms
from core.people.access import open_to_all

bp = Blueprint("services", __name__)

LINE_ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
MEMBERS_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
LARGEST_PAGE = 100

BodyType = TypeVar("BodyType", bound=BaseModel)


@bp.get("/jwks.json")
@open_to_all("practice LMS: public keys")
def jwks() -> Response:
    """The keys that launches are signed with."""
    return _json(lms().key.jwks)


@bp.post("/token")
@open_to_all("practice LMS: the tool proves itself with a signed assertion")
def token() -> Response:
    """Give the tool an access token."""
    try:
        return _json(lms().grants.grant(request.form))
    except TokenRefused as refusal:
        return _json({"error": refusal.code, "error_description": refusal.reason}, status=refusal.status)


@bp.get("/ags/<context>/lineitems")
@open_to_all("practice LMS: the tool sends an access token")
def list_line_items(context: str) -> Response:
    """AGS: the line items of a course, filtered and paged."""
    _demand(LINE_ITEM, LINE_ITEM_READ)
    course = _course(context)
    names = {"resource_link_id": "resourceLinkId", "resource_id": "resourceId", "tag": "tag"}
    wanted = {names[name]: value for name, value in request.args.items() if name in names}
    items = [_item_facts(course, item) for item in lms().gradebook.items(context)]
    chosen = [item for item in items if all(item.get(name) == value for name, value in wanted.items())]
    page, links = _page(chosen, lms().line_items_url(course))
    return _answer(page, LINE_ITEMS_TYPE, headers=links)


@bp.post("/ags/<context>/lineitems")
@open_to_all("practice LMS: the tool sends an access token")
def add_line_item(context: str) -> Response:
    """AGS: add a line item to a course."""
    _demand(LINE_ITEM)
    course = _course(context)
    facts = _body(LineItem, LINE_ITEM_TYPE)
    if facts.resourceLinkId not in (None, course.resource_link):
        abort(404, "resourceLinkId: this course has no such link.")
    kept = _item_facts(course, lms().gradebook.add_item(context, facts))
    return _answer(kept, LINE_ITEM_TYPE, status=201, headers={"Location": kept["id"]})


@bp.get("/ags/<context>/lineitems/<item_id>")
@open_to_all("practice LMS: the tool sends an access token")
def show_line_item(context: str, item_id: str) -> Response:
    """AGS: one line item."""
    _demand(LINE_ITEM, LINE_ITEM_READ)
    course = _course(context)
    return _answer(_item_facts(course, _item(course, item_id)), LINE_ITEM_TYPE)


@bp.post("/ags/<context>/lineitems/<item_id>/scores")
@open_to_all("practice LMS: the tool sends an access token")
def take_score(context: str, item_id: str) -> Response:
    """AGS: take a score. The very same score again is fine and changes nothing."""
    _demand(SCORE)
    course = _course(context)
    item = _item(course, item_id)
    score = _body(Score, SCORE_TYPE)
    person = lms().cast.person(score.userId)
    if person is None or context not in person.contexts:
        abort(422, "userId: nobody with that id is in this course.")
    try:
        lms().gradebook.take(context, item.id, score)
    except OlderScore as older:
        abort(409, f"timestamp: it must be later than that of the score kept, {older.kept_at.isoformat()}")
    return Response(status=204)


@bp.get("/ags/<context>/lineitems/<item_id>/results")
@open_to_all("practice LMS: the tool sends an access token")
def list_results(context: str, item_id: str) -> Response:
    """AGS: the result of each person on a line item, of one person with `user_id`, paged."""
    _demand(RESULT_READ)
    course = _course(context)
    item = _item(course, item_id)
    address, subject = lms().line_item_url(course, item.id), request.args.get("user_id")
    results = [
        _result_facts(address, item, received)
        for received in lms().gradebook.results(context, item.id)
        if subject in (None, received.score.userId)
    ]
    page, links = _page(results, f"{address}/results")
    return _answer(page, RESULTS_TYPE, headers=links)


@bp.get("/nrps/<context>/members")
@open_to_all("practice LMS: the tool sends an access token")
def list_members(context: str) -> Response:
    """NRPS: the members of a course, of one role with `role` (a full URI or a short name), paged with `limit`."""
    _demand(MEMBERS_READ)
    course = _course(context)
    role = request.args.get("role")
    wanted = role if role is None or "://" in role else f"{MEMBERSHIP}#{role}"
    members = [_member_facts(person) for person in lms().cast.members(course)]
    address = lms().members_url(course)
    page, links = _page([member for member in members if wanted is None or wanted in member["roles"]], address)
    about = {"id": course.context, "label": course.label or course.title, "title": course.title}
    return _answer({"id": address, "context": about, "members": page}, MEMBERS_TYPE, headers=links)


@bp.errorhandler(HTTPException)
def refuse(error: HTTPException) -> Response:
    """Say what is wrong in JSON."""
    headers = {name: value for name, value in error.get_headers() if name.lower() != "content-type"}
    return _json({"error": error.name, "error_description": error.description}, status=error.code or 400, headers=headers)


def _demand(*scopes: str) -> None:
    """Refuse a call without a token that holds one of some scopes (RFC 6750)."""
    sent = request.authorization
    allowed = lms().grants.scopes_of(sent.token) if sent and sent.type == "bearer" and sent.token else None
    if allowed is None:
        raise Unauthorized("A bearer token is needed; this one is missing, unknown or over.", www_authenticate=WWWAuthenticate("bearer"))
    if allowed.isdisjoint(scopes):
        abort(403, f"The token needs one of these scopes: {' '.join(scopes)}")


def _course(context: str) -> Course:
    course = lms().cast.course(context)
    if course is None:
        abort(404, "There is no course with that id.")
    return course


def _item(course: Course, item_id: str) -> KeptItem:
    item = lms().gradebook.item(course.context, item_id)
    if item is None:
        abort(404, "This course has no line item with that id.")
    return item


def _body(kind: type[BodyType], media_type: str) -> BodyType:
    """The body, read strictly."""
    if request.mimetype != media_type:
        abort(415, f"The Content-Type must be {media_type}")
    try:
        return kind.model_validate_json(request.get_data())
    except ValidationError as error:
        abort(400, first_reason(error))


def _page(rows: list[Any], address: str) -> tuple[list[Any], dict[str, str]]:
    """The rows that `limit` and `from` ask for, and the Link header that leads to the next ones (RFC 8288)."""
    limit, start = min(_count("limit", LARGEST_PAGE, least=1), LARGEST_PAGE), _count("from", 0, least=0)
    if start + limit >= len(rows):
        return rows[start : start + limit], {}
    query = urlencode({**request.args.to_dict(), "limit": limit, "from": start + limit})
    return rows[start : start + limit], {"Link": f'<{address}?{query}>; rel="next"'}


def _count(name: str, otherwise: int, *, least: int) -> int:
    said = request.args.get(name)
    if said is None:
        return otherwise
    if not re.fullmatch("[0-9]{1,9}", said) or int(said) < least:
        abort(400, f"{name} must be a whole number, at least {least}.")
    return int(said)


def _item_facts(course: Course, item: KeptItem) -> dict[str, Any]:
    facts = item.facts.model_dump(mode="json", exclude_none=True, exclude={"id"})
    return {"id": lms().line_item_url(course, item.id), **facts}


def _result_facts(item_address: str, item: KeptItem, received: ReceivedScore) -> dict[str, Any]:
    """A result is the score on the line item's scale."""
    score, maximum = received.score, item.facts.scoreMaximum
    facts: dict[str, Any] = {
        "id": f"{item_address}/results?{urlencode({'user_id': score.userId})}",
        "scoreOf": item_address,
        "userId": score.userId,
    }
    if score.scoreGiven is not None and score.scoreMaximum is not None:
        facts |= {"resultScore": score.scoreGiven * maximum / score.scoreMaximum, "resultMaximum": maximum}
    return facts if score.comment is None else {**facts, "comment": score.comment}


def _member_facts(person: Person) -> dict[str, Any]:
    return {
        "status": "Active",
        "user_id": person.subject,
        "name": person.name,
        "given_name": person.given,
        "family_name": person.family,
        "email": person.email,
        "roles": person.roles(in_course=True),
    }


def _answer(facts: Any, media_type: str, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A service's answer in its media type, which a client that also takes plain JSON can read."""
    taken = request.accept_mimetypes
    if taken and not taken.best_match([media_type, "application/json"]):
        abort(406, f"The answer is {media_type}")
    return _json(facts, status=status, media_type=media_type, headers=headers)


def _json(facts: Any, *, status: int = 200, media_type: str = "application/json", headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(facts), status, headers, content_type=media_type)
