"""A fake gradebook at the process's edge: token grant and Assignment and Grade Services 2.0 over real HTTP.

It keeps scores as an LMS does (the latest timestamp counts, a repeat changes nothing, an older one is a conflict), and
answers as it is told to where a test wants trouble.
"""

import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.http_server import Handler

SCOPES = ("https://purl.imsglobal.org/spec/lti-ags/scope/lineitem", "https://purl.imsglobal.org/spec/lti-ags/scope/score")
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"


@dataclass(frozen=True)
class Reply:
    """An answer that a test prescribes."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class FakeGradebook:
    """The services of one course. The next prescribed answer of a kind (`token`, `items`, `score`) goes before its own."""

    address: str
    prescribed: dict[str, list[Reply]] = field(default_factory=lambda: defaultdict(list))
    tokens: list[str] = field(default_factory=list)
    revoked: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    items: list[dict[str, Any]] = field(default_factory=list)
    kept: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    forms: list[dict[str, str]] = field(default_factory=list)
    posted: list[dict[str, Any]] = field(default_factory=list)
    expires_in: Any = 3600
    page_size: int = 100
    delay: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def token_url(self) -> str:
        """Where tokens are asked for."""
        return f"{self.address}/token"

    @property
    def claim(self) -> dict[str, Any]:
        """The claim of a launch that grants it."""
        return {
            "scope": list(SCOPES),
            "lineitems": f"{self.address}/Course-1/lineitems?type=all",
            "lineitem": f"{self.address}/Course-1/link",
        }

    @property
    def scores(self) -> list[dict[str, Any]]:
        """The scores that count, one a person and column."""
        return list(self.kept.values())

    def answer(self, request: Handler) -> None:
        """Answer one request."""
        path, body = urlsplit(request.path).path, request.heard.body
        kind = (
            "token" if path == "/token" else "score" if path.endswith("/scores") else "items" if path == "/Course-1/lineitems" else "none"
        )
        time.sleep(self.delay)
        with self._lock:
            self.counted[kind] += 1
            prescribed = self.prescribed[kind].pop(0) if self.prescribed[kind] else None
            reply = prescribed or self._own(kind, request, path, body)
        request.reply(reply.status, reply.body, **reply.headers)

    def _own(self, kind: str, request: Handler, path: str, body: bytes) -> Reply:
        does: dict[str, Callable[[], Reply]] = {
            "token": lambda: self._grant(body),
            "items": lambda: self._list(request) if request.command == "GET" else self._add(body),
            "score": lambda: self._take(path.removesuffix("/scores"), request, body),
        }
        if kind not in does or (kind != "token" and not self._lets_in(request)):
            return Reply(404 if kind not in does else 401)
        return does[kind]()

    def _grant(self, body: bytes) -> Reply:
        self.forms.append({name: values[0] for name, values in parse_qs(body.decode()).items()})
        self.tokens.append(f"token-{len(self.tokens) + 1}")
        return _json({"access_token": self.tokens[-1], "token_type": "Bearer", "expires_in": self.expires_in})

    def _lets_in(self, request: Handler) -> bool:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return token in self.tokens and token not in self.revoked

    def _list(self, request: Handler) -> Reply:
        start = int(parse_qs(urlsplit(request.path).query).get("From", ["0"])[0])
        page, rest = self.items[start : start + self.page_size], self.items[start + self.page_size :]
        link = {"Link": f'</Course-1/lineitems?From={start + self.page_size}>; rel="next"'} if rest else {}
        return _json(page, headers=link)

    def _add(self, body: bytes) -> Reply:
        item = json.loads(body) | {"id": f"{self.address}/Course-1/lineitems/{len(self.items) + 1}?type=all"}
        self.items.append(item)
        return _json(item, 201)

    def _take(self, column: str, request: Handler, body: bytes) -> Reply:
        known = {"/Course-1/link", *(urlsplit(item["id"]).path for item in self.items)}
        if column not in known:
            return Reply(404)
        if request.headers.get("Content-Type") != SCORE_TYPE:
            return Reply(415)
        score = json.loads(body)
        self.posted.append(score)
        if score["userId"] in self.refused:
            return Reply(422)
        before = self.kept.get((column, score["userId"]))
        if before and _at(score) < _at(before):
            return Reply(409)
        self.kept[column, score["userId"]] = score
        return Reply(200)


def _json(facts: Any, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    return Reply(status, json.dumps(facts).encode(), {"Content_Type": "application/json", **(headers or {})})


def _at(score: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(score["timestamp"])
