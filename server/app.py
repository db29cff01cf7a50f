"""create_app(settings): the only place where the web application is put together."""

from __future__ import annotations

import json
import logging
import secrets
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask, Response, g, request
from flask_login import current_user
from werkzeug.middleware.proxy_fix import ProxyFix

from server import routes
from server.config import ROOT, Settings
from server.gateways import texts
from server.routes import errors, field_app, guard, health
from server.usecases.work import Office

LOG = logging.getLogger("xunting.request")


def create_app(settings: Settings, clock: Callable[[], datetime] | None = None) -> Flask:
    """The web application that the settings describe."""
    app = Flask("server", static_folder=None, template_folder=str(ROOT / "server" / "templates"))
    app.secret_key = settings.secret
    app.config.update(
        SESSION_COOKIE_NAME="xunting",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(days=30),
        # Asking who is signed in refreshes it (routes/session.py); every other answer goes without a cookie.
        SESSION_REFRESH_EACH_REQUEST=False,
        SESSION_COOKIE_SECURE=settings.tls or not settings.demo,
        MAX_FORM_MEMORY_SIZE=settings.limits.document_bytes,
        MAX_FORM_PARTS=1000,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    english = texts.catalogue()
    app.extensions["office"] = Office.of(settings, clock)
    guard.install(app)
    errors.install(app)
    routes.register(app)
    health.install(app)

    @app.before_request
    def begin() -> None:
        g.request_id = secrets.token_hex(6)
        g.started = time.perf_counter()
        g.language = _language()
        g.translate = texts.translator(g.language, english)

    # Plainer than Jinja's own gettext, which fills in % and marks as safe whatever it is given, typed text too.
    app.jinja_env.globals["_"] = lambda text: g.get("translate", str)(text)
    app.jinja_env.globals["csrf_token"] = guard.csrf_token

    @app.after_request
    def finish(response: Response) -> Response:
        return _log(_harden(response))

    field_app.install(app, settings.root / "pwa" / "build")
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    return app


def _language() -> str:
    """zh or en: what the page asks for, else what the cookie holds, else what the browser prefers."""
    for wish in (request.args.get("lang"), request.cookies.get("xunting-lang")):
        if wish in texts.LANGUAGES:
            return wish
    return request.accept_languages.best_match(["zh", "en"], "zh") or "zh"


def _harden(response: Response) -> Response:
    """The headers that keep a browser from doing what we did not ask for."""
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; style-src 'self'; script-src 'self'; worker-src 'self'; "
        "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    # The phone asks for the microphone only where voice notes have a ground; its shell lies in its cache for long.
    microphone = "(self)" if request.path.startswith("/app") else "()"
    response.headers["Permissions-Policy"] = f"camera=(self), geolocation=(self), microphone={microphone}"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["X-Request-Id"] = g.get("request_id", "")
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.path.startswith("/api/") or current_user.is_authenticated:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _log(response: Response) -> Response:
    """One line a request, as JSON, without personal data."""
    if LOG.isEnabledFor(logging.INFO):
        LOG.info(
            json.dumps(
                {
                    "id": g.get("request_id", ""),
                    "method": request.method,
                    "route": request.url_rule.rule if request.url_rule else None,
                    "status": response.status_code,
                    "ms": round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
                }
            )
        )
    return response


def log_to_stderr() -> None:
    """Send the request lines to standard error, for gunicorn and the worker."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
