"""Incentives for coaching are decisions as well, and are given once they hold"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "v0025"
down_revision = "v0024"

KINDS = ("upgrade", "downgrade", "warning", "probation", "exit", "entry", "class", "restore", "incentive")
STATES = ("proposed", "approved", "held", "rejected", "effective", "given", "withdrawn")
STEPS = sa.table(
    "decision_step",
    sa.column("decision_id", sa.Uuid()),
    sa.column("number", sa.Integer()),
    sa.column("state", sa.String()),
    sa.column("actor_id", sa.Uuid()),
    sa.column("at", sa.DateTime(timezone=True)),
    sa.column("text", sa.Text()),
)
CHANGES = sa.table("outlet_history", sa.column("id", sa.Uuid()), sa.column("decision_id", sa.Uuid()))
Rows = Sequence[Mapping[str, Any]]


def upgrade() -> None:
    # SQLite makes a table anew to change what it allows, and cannot drop the old one while rows refer to it.
    connection = op.get_bind()
    steps: Rows = connection.execute(sa.select(STEPS)).mappings().all()
    of_decisions = CHANGES.c.decision_id.is_not(None)
    changes: Rows = connection.execute(sa.select(CHANGES).where(of_decisions)).mappings().all()
    op.execute(sa.delete(STEPS))
    op.execute(sa.update(CHANGES).where(of_decisions).values(decision_id=None))
    _allow("decision", "kind", "decisionkind", KINDS)
    _allow("decision", "state", "decisionstate", STATES)
    _allow("decision_step", "state", "decisionstate", STATES)
    if steps:
        connection.execute(sa.insert(STEPS), [dict(row) for row in steps])
    for row in changes:
        op.execute(sa.update(CHANGES).where(CHANGES.c.id == row["id"]).values(decision_id=row["decision_id"]))


def _allow(table: str, column: str, name: str, values: Sequence[str]) -> None:
    listed = ", ".join(f"'{value}'" for value in values)
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
        batch_op.create_check_constraint(op.f(f"ck_{table}_{name}"), sa.text(f"{column} IN ({listed})"))
