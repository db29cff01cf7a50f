"""What every test stands on: settings in a temporary folder, a migrated database, clients by role, a fixed clock."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.util import LRUCache

from server.app import create_app
from server.config import Settings
from server.domain.access import Role
from server.reports.press import Manuscript, printed
from server.storage import migrations
from server.storage.database import Database
from server.storage.organisation import User
from server.usecases.work import Office
from tests import make

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
TOGETHER = ("tests/test_demo.py", "tests/test_serving.py")
"""Files whose tests share what is costly to make, or start several processes each: one test process takes such a file whole."""

DIALECTS: dict[str, sa.Dialect] = {}
COMPILED: LRUCache[Any, Any] = LRUCache(3000)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Every test goes where there is room, but for the files that stay together, which begin."""
    from xdist.scheduler import LoadScopeScheduling

    class Turns(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::")[0]
            return file if file in TOGETHER else nodeid

    return Turns(config, log)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        """Move the clock, e.g. `forward(hours=2)`."""
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file with the published rule sets, copied for each test."""
    path = tmp_path_factory.mktemp("template") / "xunting.sqlite"
    database = Database(f"sqlite:///{path}")
    migrations.upgrade(database.engine)
    make.rules(database.engine)
    database.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_env({"XUNTING_DATA": str(tmp_path / "data"), "XUNTING_SECRET": "s" * 32})


def compile_once(database: Database) -> None:
    """Let its engines write each statement out once for all tests of a process: for each engine anew, it is a fifth of the time."""
    for engine in (database.engine, database._reader):
        if engine.dialect.name not in DIALECTS:
            # It knows its database after the first connection.
            engine.connect().close()
            DIALECTS[engine.dialect.name] = engine.dialect
        engine.dialect = DIALECTS[engine.dialect.name]
        engine.update_execution_options(compiled_cache=COMPILED)


@pytest.fixture(scope="session")
def press(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Manuscript], bytes]:
    """The real press, with the stamp's fonts and the demonstration's key made once: for each data folder they cost seconds."""
    kept = tmp_path_factory.mktemp("press")
    fonts, key = kept / "fonts", kept / "authority" / "demonstration-key.p12"
    fonts.mkdir()

    def ready(manuscript: Manuscript) -> bytes:
        from server.reports.authority import demonstration

        demonstration(key.parent, now=NOW)
        for made in (fonts, key):
            place = manuscript.settings.data / made.relative_to(kept)
            if not place.exists():
                place.parent.mkdir(exist_ok=True)
                place.symlink_to(made)
        return printed(manuscript)

    return ready


@pytest.fixture
def office(
    settings: Settings, migrated: Path, clock: Clock, press: Callable[[Manuscript], bytes]
) -> Iterator[Office]:
    """An office on a fresh SQLite database."""
    shutil.copyfile(migrated, settings.data / "xunting.sqlite")
    opened = replace(Office.of(settings, clock), press=press)
    compile_once(opened.database)
    yield opened
    opened.database.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a real PostgreSQL that this test run starts, with a migrated template database."""
    from tests.postgres import running

    with running() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def both(
    request: pytest.FixtureRequest,
    settings: Settings,
    clock: Clock,
    press: Callable[[Manuscript], bytes],
) -> Iterator[Office]:
    """An office on a fresh database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("office")
        return
    from tests.postgres import fresh

    with fresh(request.getfixturevalue("postgres")) as address:
        opened = replace(Office.of(replace(settings, database=address), clock), press=press)
        compile_once(opened.database)
        yield opened
        opened.database.close()


@pytest.fixture(scope="session")
def built_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The web application with its routes and templates, built once; each test has a copy with an office of its own."""
    data = str(tmp_path_factory.mktemp("app"))
    return create_app(Settings.from_env({"XUNTING_DATA": data, "XUNTING_SECRET": "s" * 32}))


@pytest.fixture
def app(built_app: Flask, office: Office, clock: Clock) -> Iterator[Flask]:
    """The web application over the same database as `office`. Who changes more of it than `extensions` builds one."""
    made = copy(built_app)
    made.extensions = {**built_app.extensions, "office": Office.of(office.settings, clock)}
    compile_once(made.extensions["office"].database)
    yield made
    made.extensions["office"].database.close()


@pytest.fixture
def client(app: Flask, office: Office) -> Callable[..., make.Caller]:
    """`client(Role.SHOPPER)` or `client(user)`: a signed-in caller that sends the CSRF header itself."""

    def signed_in(who: Role | User | None = None) -> make.Caller:
        browser: FlaskClient = app.test_client()
        if who is None:
            return make.Caller(browser, None, "")
        user = (
            who if isinstance(who, User) else make.user(office, role=who, username=f"{who}-{uuid4().hex[:6]}")
        )
        return make.Caller.sign_in(browser, user)

    return signed_in
