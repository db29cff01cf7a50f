"""The phone's shell and its built files: compressed, cached by their names, and nothing else of the folder."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from server.app import create_app
from server.routes.field_app import Built
from server.usecases.work import Office
from tests.conftest import Clock
from tests.make import Caller


@pytest.fixture
def app(office: Office, clock: Clock) -> Iterator[Flask]:
    """An application of its own: it counts its requests."""
    made = create_app(office.settings, clock)
    yield made
    made.extensions["office"].database.close()


@pytest.fixture
def built(app: Flask, tmp_path: Path) -> Path:
    folder = tmp_path / "built"
    (folder / "icons").mkdir(parents=True)
    (folder / "index.html").write_text("<title>巡厅</title>")
    (folder / "sw_classic.js").write_text("self")
    (folder / "sw.js").write_text("self")
    (folder / "manifest.webmanifest").write_text("{}")
    (folder / "app-1A.js").write_text("script")
    (folder / "app-1A.js.gz").write_bytes(gzip.compress(b"script"))
    (folder / "icons" / "icon.svg").write_text("<svg/>")
    assets = {"version": "v1", "files": {"app.js": "/app/build/app-1A.js"}}
    (folder / "assets.json").write_text(json.dumps(assets))
    app.extensions["phone"] = Built(folder)
    return folder


def test_the_shell_and_its_worker_are_asked_for_anew(built: Path, client: Callable[..., Caller]) -> None:
    for path, kind in (
        ("/app/", "text/html"),
        ("/app/sw_classic.js", "text/javascript"),
        ("/app/sw.js", "text/javascript"),
        ("/app/manifest.webmanifest", "application/manifest+json"),
    ):
        answer = client().get(path)
        assert answer.status_code == 200
        assert answer.mimetype == kind
        assert answer.headers["Cache-Control"] == "no-cache"
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        again = client().get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
    assert client().get("/app").headers["Location"] == "/app/"


def test_built_files_are_compressed_and_cached_for_ever(built: Path, client: Callable[..., Caller]) -> None:
    plain = client().get("/app/build/app-1A.js")
    small = client().get("/app/build/app-1A.js", headers={"Accept-Encoding": "gzip"})
    assert plain.data == gzip.decompress(small.data) == b"script"
    assert small.headers["Content-Encoding"] == "gzip"
    assert "immutable" in small.headers["Cache-Control"]
    for name in ("assets.json", "index.html", "none.js", "..%2f..%2fpackage.js", "app-1A.js.gz"):
        assert client().get(f"/app/build/{name}").status_code == 404
    assert client().get("/app/icons/icon.svg").status_code == 200


def test_without_a_build_it_is_said_in_a_sentence(
    app: Flask, tmp_path: Path, client: Callable[..., Caller]
) -> None:
    app.extensions["phone"] = Built(tmp_path / "nothing")
    assert client().get("/app/", headers={"Accept": "application/json"}).status_code == 503
    assert app.extensions["phone"].version() == ""


def test_a_new_build_is_seen_without_a_restart(app: Flask, built: Path) -> None:
    phone: Built = app.extensions["phone"]
    assert (phone.version(), phone.asset("app.js"), phone.asset("x")) == ("v1", "/app/build/app-1A.js", "")
    (built / "assets.json").write_text("{half")
    assert phone.version() == "v1"


def test_health_is_told(app: Flask, client: Callable[..., Caller]) -> None:
    assert client().get("/healthz").get_json() == {"status": "alive"}
    assert client().get("/readyz").get_json() == {"status": "ready", "reasons": []}
    figures = client().get("/metrics").get_data(as_text=True)
    assert 'xunting_requests_total{method="GET",route="/healthz",status="200"} 1.0' in figures
    away = app.test_client().get("/metrics", environ_base={"REMOTE_ADDR": "10.1.2.3"})
    assert away.status_code == 401


def test_a_server_that_cannot_work_says_why(app: Flask, client: Callable[..., Caller]) -> None:
    office = app.extensions["office"]
    with office.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'v0000'")
    answer = client().get("/readyz")
    assert (answer.status_code, answer.get_json()["reasons"]) == (503, ["migration-pending"])
    with office.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
    assert client().get("/readyz").get_json()["reasons"] == ["migration-pending"]
