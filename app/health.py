"""Health, readiness and metrics, for whoever runs the server."""

import hmac
import ipaddress
from typing import cast

from flask import Blueprint, Response, current_app, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from app import migrations
from app.settings import Stage
from app.wiring import House
from core.data import outbox
from core.data.clock import utc_now
from core.errors import NotFound
from core.people.access import open_to_all

bp = Blueprint("health", __name__)
WAITING = Gauge("paceline_outbox_waiting", "Outbox entries waiting")
DEAD = Gauge("paceline_outbox_dead", "Outbox entries given up")
OLDEST = Gauge("paceline_outbox_oldest_seconds", "Age of the oldest outbox entry that is due")


@bp.get("/healthz")
@open_to_all("tells only that the process answers")
def healthz() -> Response:
    """The process is alive."""
    return jsonify(status="ok")


@bp.get("/readyz")
@open_to_all("tells only which part of the server is missing")
def readyz() -> tuple[Response, int]:
    """The databases answer, and their schema is the one this version was written for."""
    house = _house()
    problems = [name for name, well in (("database", migrations.is_current(house.database)), ("vault", house.vault.answers())) if not well]
    return jsonify(status="not ready" if problems else "ready", problems=problems), 503 if problems else 200


@bp.get("/metrics")
@open_to_all("checks its own token; counts only, nothing about anybody")
def metrics() -> Response:
    """Prometheus metrics: with the bearer token of `PACELINE_METRICS_TOKEN`, or from loopback when none is set."""
    if not _may_read_metrics():
        raise NotFound(what="page")
    now = utc_now()
    with _house().database.session(writes=False) as session:
        depth = outbox.depth(session)
    WAITING.set(depth.waiting)
    DEAD.set(depth.dead)
    OLDEST.set(max((now - depth.oldest_due).total_seconds(), 0.0) if depth.oldest_due else 0.0)
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _may_read_metrics() -> bool:
    token = _house().settings.metrics_token
    if token:
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode())
    if _house().settings.stage is Stage.PRODUCTION:
        return False  # a proxy on this machine is loopback too
    through_proxy = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return not through_proxy and ipaddress.ip_address(request.remote_addr or "0.0.0.0").is_loopback  # noqa: S104 - compared, not bound


def _house() -> House:
    return cast(House, current_app.extensions["paceline.house"])
