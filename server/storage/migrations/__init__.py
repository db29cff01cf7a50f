"""Every change of the tables, numbered, on SQLite and PostgreSQL; `upgrade` brings a database to the head."""

from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

FOLDER = Path(__file__).parent


def config(engine: sa.Engine) -> Config:
    """The Alembic configuration for one engine."""
    options = Config()
    options.set_main_option("script_location", str(FOLDER))
    options.attributes["engine"] = engine
    return options


def upgrade(engine: sa.Engine, revision: str = "head") -> None:
    """Bring the database of the engine up to a revision."""
    command.upgrade(config(engine), revision)


@cache
def head() -> str | None:
    """The newest revision that this version of the program knows."""
    options = Config()
    options.set_main_option("script_location", str(FOLDER))
    return ScriptDirectory.from_config(options).get_current_head()
