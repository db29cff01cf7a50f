"""The server of the browser tests: a phone app of its own to serve, and a look into its records beside it."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from flask import Flask

from server.app import create_app
from server.config import ROOT, Settings
from server.usecases.work import Office
from tests.gunicorn import Server

APPLICATION = "tests.e2e.server:application()"
PATIENCE = 180
"""Seconds after which something that did not happen is held to be broken."""


def application() -> Flask:
    """What gunicorn runs: the application with the phone app of XUNTING_TEST_ROOT, a build of the test's own."""
    settings = Settings.from_env(os.environ)
    return create_app(replace(settings, root=Path(os.environ["XUNTING_TEST_ROOT"])))


def own_root(folder: Path, build: Path) -> Path:
    """A root like the checkout's with a copy of the built phone app, so that a build meanwhile changes nothing."""
    (folder / "pwa").mkdir(parents=True)
    for path in (Path("checklists"), Path("server"), Path("pwa/node_modules")):
        (folder / path).symlink_to(ROOT / path)
    shutil.copytree(build, folder / "pwa" / "build")
    return folder


@contextmanager
def records(server: Server) -> Iterator[Office]:
    """The server's own database and files, read and written beside it."""
    office = Office.of(server.settings)
    try:
        yield office
    finally:
        office.database.close()


def wait_for(holds: Callable[[], object], why: Callable[[], str]) -> None:
    """Wait until `holds()`; `why()` says what was found where it never does."""
    pause = threading.Event()
    for _ in range(PATIENCE * 10):
        if holds():
            return
        pause.wait(0.1)
    raise AssertionError(why())
