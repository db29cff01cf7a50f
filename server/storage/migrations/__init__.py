"""Every change of the tables, numbered, on SQLite and PostgreSQL; `upgrade` brings a database to the head."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent
_PRESENT = sa.select(sa.column("version_num")).select_from(sa.table("alembic_version"))

# Alembic is loaded by whoever migrates: a web process only asks which revision there is.


def config(engine: sa.Engine) -> Config:
    """The Alembic configuration for one engine."""
    from alembic.config import Config

    options = Config()
    options.set_main_option("script_location", str(FOLDER))
    options.attributes["engine"] = engine
    return options


def upgrade(engine: sa.Engine, revision: str = "head") -> None:
    """Bring the database of the engine up to a revision."""
    from alembic import command

    command.upgrade(config(engine), revision)


def head() -> str:
    """The newest revision that this version of the program knows, by the numbers of its files."""
    return max(path.stem for path in (FOLDER / "versions").glob("v*_*.py")).partition("_")[0]


def present(connection: sa.Connection) -> str | None:
    """The revision that a database is at; None where nothing was ever migrated."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(_PRESENT).scalar()
    return found
