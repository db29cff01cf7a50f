"""Choosing the language of the console; the choice is kept in a cookie."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, request, url_for

from server.domain.errors import NotFound
from server.routes.guard import office, route
from server.usecases.work import Office

pages = Blueprint("language", __name__)
COOKIE = "xunting-lang"
YEAR = 365 * 24 * 3600


@route(pages, "/language/<wish>", public=True, opens_work=False, summary="Choose the language")
def choose(_office: Office, wish: str) -> Any:
    """Keep the choice and go back to where it was made."""
    if wish not in ("zh", "en"):
        raise NotFound()
    back = request.args.get("next", "")
    # Only our own paths: never a place that somebody put into a link.
    safe = back.startswith("/") and not back.startswith(("//", "/\\"))
    response = redirect(back if safe else url_for("session.home"))
    settings = office().settings
    response.set_cookie(
        COOKIE, wish, max_age=YEAR, samesite="Lax", httponly=True, secure=settings.tls or not settings.demo
    )
    return response
