"""The phone's app: its shell, service worker, manifest and icons, and the built files with their hashed names."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, current_app, redirect, request

from server.domain.errors import NotBuilt, NotFound, Problem
from server.routes.guard import route
from server.usecases.work import Office

pages = Blueprint("field_app", __name__)
MANIFEST = "application/manifest+json"
_KINDS = {".js": "text/javascript", ".css": "text/css", ".map": "application/json"}
_ICONS = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp"}
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)


class Built:
    """What `pwa/build.mjs` wrote; read again when it was built anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read_at = 0
        self._assets: dict[str, Any] = {}

    def assets(self) -> dict[str, Any]:
        """The content of assets.json, empty where nothing was built."""
        path = self.folder / "assets.json"
        changed = path.stat().st_mtime_ns if path.is_file() else 0
        if changed != self._read_at:
            try:
                self._assets = json.loads(path.read_text(encoding="utf-8")) if changed else {}
            except (OSError, ValueError):
                # A build is being written at this moment; the next request sees it whole.
                return self._assets
            self._read_at = changed
        return self._assets

    def version(self) -> str:
        """The version of the built app, or nothing."""
        return str(self.assets().get("version", ""))

    def asset(self, name: str) -> str:
        """The address of a built file by its logical name, e.g. `console.js`; nothing where it was not built."""
        return str(self.assets().get("files", {}).get(name, ""))


def install(app: Flask, folder: Path) -> None:
    """Know where the built files lie, and give templates `asset(name)`."""
    built = app.extensions["phone"] = Built(folder)
    app.jinja_env.globals["asset"] = built.asset


@route(pages, "/app/", public=True, opens_work=False, summary="The phone's app")
def shell(_office: Office) -> Response:
    """The shell; all else comes from the service worker's cache."""
    return _file("index.html", "text/html")


@route(pages, "/app", public=True, opens_work=False, summary="The phone's app, without the slash")
def without_slash(_office: Office) -> Any:
    """The service worker's scope ends in a slash."""
    return redirect("/app/")


@route(pages, "/app/sw_classic.js", public=True, opens_work=False, summary="The service worker")
def service_worker(_office: Office) -> Response:
    """The service worker, always asked for anew, so that an update is found."""
    return _file("sw_classic.js", "text/javascript")


@route(pages, "/app/sw.js", public=True, opens_work=False, summary="The service worker as a module")
def service_worker_of_before(_office: Office) -> Response:
    """The same for phones on which an app from before has registered a module: without it they would never get another version."""
    return _file("sw.js", "text/javascript")


@route(pages, "/app/manifest.webmanifest", public=True, opens_work=False, summary="The app's manifest")
def manifest(_office: Office) -> Response:
    """Name, icons and start of the installed app."""
    return _file("manifest.webmanifest", MANIFEST)


@route(pages, "/app/icons/<name>", public=True, opens_work=False, summary="An icon of the app")
def icon(_office: Office, name: str) -> Response:
    """An icon."""
    kind = _ICONS.get(Path(name).suffix)
    if kind is None or not _NAME.fullmatch(name):
        raise NotFound()
    response = _file(f"icons/{name}", kind, missing=NotFound())
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@route(pages, "/app/build/<name>", public=True, opens_work=False, summary="A built file of the app")
def built(_office: Office, name: str) -> Response:
    """A script or style sheet; its name has its hash, so it is asked for once."""
    kind = _KINDS.get(Path(name).suffix)
    if kind is None or not _NAME.fullmatch(name):
        raise NotFound()
    response = _file(name, kind, missing=NotFound())
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _file(name: str, kind: str, missing: Problem | None = None) -> Response:
    """A built text in the encoding that the browser likes best."""
    for suffix, encoding in ((".br", "br"), (".gz", "gzip"), ("", None)):
        path = _folder() / f"{name}{suffix}"
        if (encoding is None or encoding in request.accept_encodings) and path.is_file():
            break
    else:
        raise missing or NotBuilt()
    response = Response(path.read_bytes(), mimetype=kind)
    if encoding:
        response.content_encoding = encoding
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    return response.make_conditional(request)


def _folder() -> Path:
    return current_app.extensions["phone"].folder
