"""Scores, line items and results, as a tool posts and reads them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.practice_lms.grants import LINE_ITEM, LINE_ITEM_READ, MEMBERS_READ, RESULT_READ, SCORE
from tests.app.practice_lms.tool import Tool


def test_a_score_its_repeat_and_an_older_one(tool: Tool) -> None:
    headers, first = tool.bearer(SCORE, RESULT_READ), tool.clock().isoformat()
    assert [tool.post_score(headers).status_code for _ in range(3)] == [204] * 3
    tool.clock.pass_(minutes=1)
    assert tool.post_score(headers, scoreGiven=0.5).status_code == 204
    older = tool.post_score(headers, timestamp=first)
    assert (older.status_code, "later" in older.json()["error_description"]) == (409, True)
    assert tool.post_score(headers, scoreGiven=1).status_code == 409  # the same timestamp, and another score
    assert [(kept.score.scoreGiven, kept.repeats) for kept in tool.lms.gradebook.scores("alg-1")] == [(0.5, 0), (1, 2)]
    assert tool.lms.gradebook.scores("alg-2") == []
    results = tool.http.get("/practice/ags/alg-1/lineitems/paceline/results", headers=headers)
    assert results.headers["Content-Type"] == "application/vnd.ims.lis.v2.resultcontainer+json"
    assert [(one["userId"], one["resultScore"], one["resultMaximum"]) for one in results.json()] == [("u-ada", 50, 100)]


def test_a_score_without_points_clears_the_result(tool: Tool) -> None:
    headers = tool.bearer()
    tool.post_score(headers)
    tool.clock.pass_(seconds=1)
    assert tool.post_score(headers, scoreGiven=None, scoreMaximum=None, gradingProgress="NotReady").status_code == 204
    [result] = tool.http.get("/practice/ags/alg-1/lineitems/paceline/results", headers=headers).json()
    assert "resultScore" not in result


def test_a_score_twenty_times_at_once_is_kept_once(tool: Tool) -> None:
    headers = tool.bearer(SCORE)
    with ThreadPoolExecutor(8) as pool:
        assert {answer.status_code for answer in pool.map(lambda _: tool.post_score(headers), range(20))} == {204}
    [kept] = tool.lms.gradebook.scores("alg-1")
    assert kept.repeats == 19


@pytest.mark.parametrize("timestamp", ["%Y-%m-%dT%H:%M:%S.123456789Z", "%Y-%m-%dT%H:%M:%S+00:00", "%Y-%m-%dT%H:%M:%S.5-08:00"])
def test_every_form_of_an_instant_is_read(tool: Tool, timestamp: str) -> None:
    assert tool.post_score(tool.bearer(SCORE), timestamp=tool.clock().strftime(timestamp)).status_code == 204


def test_extensions_pass(tool: Tool) -> None:
    extended: dict[str, Any] = {
        "https://tool.test/ext": {"anything": [1]},
        "submission": {"submittedAt": tool.clock().isoformat()},
        "scoringUserId": "u-rivera",
    }
    assert tool.post_score(tool.bearer(SCORE), **extended).status_code == 204


@pytest.mark.parametrize(
    "change",
    [
        {"userId": None},
        {"userId": ""},
        {"userId": 7},
        {"timestamp": None},
        {"timestamp": "yesterday"},
        {"timestamp": "2026-11-22"},
        {"timestamp": "2026-11-22T10:00:00"},
        {"timestamp": "2026-13-22T10:00:00Z"},
        {"timestamp": "9999-12-31T23:59:59-10:00"},
        {"timestamp": "1700000000"},
        {"timestamp": 1700000000},
        {"activityProgress": None},
        {"activityProgress": "completed"},
        {"gradingProgress": None},
        {"gradingProgress": []},
        {"scoreMaximum": None},
        {"scoreMaximum": 0},
        {"scoreMaximum": "1"},
        {"scoreMaximum": True},
        {"scoreGiven": -1},
        {"scoreGiven": 1e300},
        {"scoreGiven": float("nan")},
        {"scoreGiven": float("inf")},
        {"comment": "x" * 2001},
        {"comment": "\ud800"},
        {"scoreMax": 1},
    ],
)
def test_a_malformed_score_is_refused_with_its_reason(unspoilt: Tool, change: dict[str, Any]) -> None:
    answer = unspoilt.post_score(unspoilt.bearer(SCORE), **change)
    assert answer.status_code == 400
    if "\ud800" not in change.values():  # half a character: no JSON at all, and no field to name
        assert next(iter(change)) in answer.json()["error_description"]
    assert unspoilt.lms.gradebook.scores("alg-1") == []


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[]", b"7", b"\xff\xfe", b"[" * 5000, b'{"userId":' * 300])
@pytest.mark.parametrize("kind", ["score", "lineitem"])
def test_a_body_that_is_no_object_is_refused(unspoilt: Tool, body: bytes, kind: str) -> None:
    path = {"score": "/practice/ags/alg-1/lineitems/paceline/scores", "lineitem": "/practice/ags/alg-1/lineitems"}[kind]
    media = {"score": "application/vnd.ims.lis.v1.score+json", "lineitem": "application/vnd.ims.lis.v2.lineitem+json"}[kind]
    answer = unspoilt.http.post(path, content=body, headers={"Content-Type": media, **unspoilt.bearer()})
    assert (answer.status_code, bool(answer.json()["error_description"])) == (400, True)


def test_too_large_a_body_is_refused(tool: Tool) -> None:
    assert tool.post_score(tool.bearer(SCORE), comment="x" * 1_000_000).status_code == 413


def test_a_stranger_has_no_grade(tool: Tool) -> None:
    headers = tool.bearer(SCORE)
    assert tool.post_score(headers, userId="u-luis").status_code == 422  # of another course
    assert tool.post_score(headers, userId="u-nobody").status_code == 422
    assert tool.post_score(headers, context="nowhere").status_code == 404
    assert tool.post_score(headers, item="nothing").status_code == 404
    assert tool.post_score(headers, context="alg-2", userId="u-luis").status_code == 204


def test_media_types_are_checked(tool: Tool) -> None:
    headers = tool.bearer()
    assert tool.post_score({**headers, "Content-Type": "application/json"}).status_code == 415
    items = "/practice/ags/alg-1/lineitems"
    assert tool.http.post(items, json={"label": "x", "scoreMaximum": 1}, headers=headers).status_code == 415
    assert tool.http.get(items, headers={**headers, "Accept": "text/html"}).status_code == 406
    taken = tool.http.get(items, headers={**headers, "Accept": "application/vnd.ims.lis.v2.lineitemcontainer+json"})
    assert (taken.status_code, taken.headers["Content-Type"]) == (200, "application/vnd.ims.lis.v2.lineitemcontainer+json")


SERVICES = [
    ("GET", "/practice/ags/alg-1/lineitems", {LINE_ITEM, LINE_ITEM_READ}),
    ("POST", "/practice/ags/alg-1/lineitems", {LINE_ITEM}),
    ("GET", "/practice/ags/alg-1/lineitems/paceline", {LINE_ITEM, LINE_ITEM_READ}),
    ("POST", "/practice/ags/alg-1/lineitems/paceline/scores", {SCORE}),
    ("GET", "/practice/ags/alg-1/lineitems/paceline/results", {RESULT_READ}),
    ("GET", "/practice/nrps/alg-1/members", {MEMBERS_READ}),
]


@pytest.mark.parametrize(("method", "path", "scopes"), SERVICES)
def test_every_service_wants_a_token_with_its_scope(unspoilt: Tool, method: str, path: str, scopes: set[str]) -> None:
    for sent in (
        {},
        {"Authorization": "Bearer made-up"},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic dTpw"},
        {"Authorization": "é"},
    ):
        answer = unspoilt.http.request(method, path, headers={name.encode(): value.encode() for name, value in sent.items()})
        assert (answer.status_code, "www-authenticate" in answer.headers) == (401, True)
    for scope in (LINE_ITEM, LINE_ITEM_READ, RESULT_READ, SCORE, MEMBERS_READ):
        status = unspoilt.http.request(method, path, headers=unspoilt.bearer(scope)).status_code
        assert (status == 403) == (scope not in scopes)


def test_line_items_are_made_found_and_paged(tool: Tool) -> None:
    headers = {**tool.bearer(), "Content-Type": "application/vnd.ims.lis.v2.lineitem+json"}
    items = "/practice/ags/alg-1/lineitems"
    item = {"label": "Check-ins", "scoreMaximum": 1, "tag": "check-in", "resourceId": "r-1", "resourceLinkId": "alg-1-paceline"}
    made = tool.http.post(items, json=item, headers=headers)
    assert made.status_code == 201
    assert made.json() == {**item, "id": made.headers["Location"]}
    assert tool.http.get(made.json()["id"], headers=headers).json() == made.json()
    for query in ("tag=check-in", "resource_id=r-1", "resource_link_id=alg-1-paceline&tag=check-in"):
        assert tool.http.get(f"{items}?{query}", headers=headers).json() == [made.json()]
    assert tool.http.get(f"{items}?tag=none", headers=headers).json() == []
    first = tool.http.get(f"{items}?limit=1", headers=headers)
    assert [one["label"] for one in first.json()] == ["Paceline"]
    assert tool.http.get(first.links["next"]["url"], headers=headers).json() == [made.json()]
    assert tool.http.get("/practice/ags/alg-2/lineitems", headers=headers).json()[0]["label"] == "Paceline"
    bad: dict[int, list[dict[str, Any]]] = {
        400: [
            {"label": "x"},
            {"label": " ", "scoreMaximum": 1},
            {"label": "x", "scoreMaximum": 0},
            {"label": "x", "scoreMaximum": 1, "lable": "x"},
        ],
        404: [{"label": "x", "scoreMaximum": 1, "resourceLinkId": "elsewhere"}],
    }
    for status, bodies in bad.items():
        assert [tool.http.post(items, json=body, headers=headers).status_code for body in bodies] == [status] * len(bodies)
