"""For whoever runs the server: is it alive, is it ready, and its figures for Prometheus."""

from __future__ import annotations

import ipaddress
import time
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from server.domain.access import Permission
from server.domain.errors import NotAllowed
from server.routes.guard import route, viewer
from server.usecases import readiness
from server.usecases.work import Office

pages = Blueprint("health", __name__)


def install(app: Flask) -> None:
    """Count every request by route and status, never by person or record."""
    registry = CollectorRegistry()
    requests = Counter("xunting_requests_total", "Requests", ("method", "route", "status"), registry=registry)
    seconds = Histogram(
        "xunting_request_seconds",
        "Time until the answer was ready",
        ("route",),
        buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30),
        registry=registry,
    )
    app.extensions["figures"] = registry

    @app.after_request
    def count(response: Response) -> Response:
        rule = request.url_rule.rule if request.url_rule else "unknown"
        requests.labels(request.method, rule, response.status_code).inc()
        seconds.labels(rule).observe(time.perf_counter() - g.get("started", time.perf_counter()))
        return response


@route(pages, "/healthz", public=True, opens_work=False, summary="Alive")
def alive(_office: Office) -> Any:
    """The process answers."""
    return {"status": "alive"}


@route(pages, "/readyz", public=True, opens_work=False, summary="Ready")
def ready(office: Office) -> Any:
    """Database and file store answer, and the tables are those of this version."""
    reasons = readiness.why_not(office)
    return {"status": "not ready" if reasons else "ready", "reasons": reasons}, 503 if reasons else 200


@route(pages, "/metrics", public=True, opens_work=False, summary="Figures for Prometheus")
def figures(office: Office) -> Response:
    """Figures of all web processes: for this machine itself, and for who may read everything."""
    if not ipaddress.ip_address(request.remote_addr or "0.0.0.0").is_loopback:  # noqa: S104
        who = viewer()
        if not who.may(Permission.SEE_AUDIT) and not who.may(Permission.ADMINISTER):
            raise NotAllowed()
    registry = current_app.extensions["figures"]
    if office.settings.figures:
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=str(office.settings.figures))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
