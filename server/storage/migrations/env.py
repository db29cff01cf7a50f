"""Runs the migrations on the engine that was handed in."""

from typing import Any

import sqlalchemy as sa
from alembic import context
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

from server.storage import (  # noqa: F401  (their tables)
    actions,
    appeals,
    commission,
    decisions,
    events,
    facts,
    inputs,
    notices,
    organisation,
    period_orders,
    periods,
    phone_keys,
    pictures,
    plan_reminders,
    publishing,
    record_files,
    report_folders,
    standards,
    visits,
    weak_items,
)


def plain(kind: str, value: Any, _context: Any) -> str | bool:
    """Write SQLModel's own types as plain SQLAlchemy, which a migration can import."""
    if kind == "type" and isinstance(value, AutoString):
        return f"sa.String({value.length or ''})"
    if kind == "type" and isinstance(value, sa.DateTime | sa.TypeDecorator) and "DateTime" in repr(value):
        return "sa.DateTime(timezone=True)"
    return False


engine: sa.Engine = context.config.attributes["engine"]
with engine.execution_options(writes=True).connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,
        render_item=plain,
        compare_type=False,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
