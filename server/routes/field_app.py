"""The phone's app: its shell, service worker, manifest and icons, and the built files with their hashed names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, current_app, redirect, request, send_from_directory
from whitenoise import WhiteNoise

from server.domain.errors import NotBuilt
from server.routes.guard import route
from server.usecases.work import Office

pages = Blueprint("field_app", __name__)
MANIFEST = "application/manifest+json"


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
            self._assets = json.loads(path.read_text(encoding="utf-8")) if changed else {}
            self._read_at = changed
        return self._assets

    def version(self) -> str:
        """The version of the built app, or nothing."""
        return str(self.assets().get("version", ""))

    def asset(self, name: str) -> str:
        """The address of a built file by its logical name, e.g. `console.js`; nothing where it was not built."""
        return str(self.assets().get("files", {}).get(name, ""))


def install(app: Flask, folder: Path) -> None:
    """Serve the built files for ever cacheable and compressed, and give templates `asset(name)`."""
    built = app.extensions["phone"] = Built(folder)
    app.jinja_env.globals["asset"] = built.asset
    static = WhiteNoise(
        app.wsgi_app,
        max_age=60,
        allow_all_origins=False,
        add_headers_function=_harden,
        immutable_file_test=lambda _path, url: url.startswith("/app/build/"),
        autorefresh=False,
    )
    if folder.is_dir():
        static.add_files(str(folder), prefix="app/build/")
    app.wsgi_app = static  # type: ignore[method-assign]


@route(pages, "/app/", public=True, opens_work=False, summary="The phone's app")
def shell(_office: Office) -> Response:
    """The shell; all else comes from the service worker's cache."""
    return _file("index.html", "text/html")


@route(pages, "/app", public=True, opens_work=False, summary="The phone's app, without the slash")
def without_slash(_office: Office) -> Any:
    """The service worker's scope ends in a slash."""
    return redirect("/app/")


@route(pages, "/app/sw.js", public=True, opens_work=False, summary="The service worker")
def service_worker(_office: Office) -> Response:
    """The service worker, always asked for anew, so that an update is found."""
    return _file("sw.js", "text/javascript")


@route(pages, "/app/manifest.webmanifest", public=True, opens_work=False, summary="The app's manifest")
def manifest(_office: Office) -> Response:
    """Name, icons and start of the installed app."""
    return _file("manifest.webmanifest", MANIFEST)


@route(pages, "/app/icons/<name>", public=True, opens_work=False, summary="An icon of the app")
def icon(_office: Office, name: str) -> Response:
    """An icon."""
    response = send_from_directory(_folder() / "icons", name, max_age=86_400)
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


def _file(name: str, kind: str) -> Response:
    """A built text in the encoding that the browser likes best."""
    folder = _folder()
    encoding = next((each for each in ("br", "gzip") if each in request.accept_encodings), None)
    suffix = {"br": ".br", "gzip": ".gz", None: ""}[encoding]
    path = folder / f"{name}{suffix}"
    if not path.is_file():
        path, encoding = folder / name, None
    if not path.is_file():
        raise NotBuilt()
    response = Response(path.read_bytes(), mimetype=kind)
    if encoding:
        response.content_encoding = encoding
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    return response.make_conditional(request)


def _folder() -> Path:
    return current_app.extensions["phone"].folder


def _harden(headers: Any, _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
