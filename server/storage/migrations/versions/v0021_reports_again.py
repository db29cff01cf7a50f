"""A visit's report may be signed again for the same revision, when a photograph of it was withheld"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "v0021"
down_revision = "v0020"

REFERENCES = (
    ("report", "superseded_by"),
    ("period_order", "report_id"),
    ("report_folder_item", "report_id"),
    ("decision", "letter_id"),
)
KEYS = {
    "report": ("id",),
    "period_order": ("id",),
    "report_folder_item": ("folder_id", "position"),
    "decision": ("id",),
}
Rows = Sequence[Mapping[str, Any]]


def upgrade() -> None:
    # SQLite makes the table anew, and cannot drop the old one while rows refer to it.
    held = [_let_go(table, column) for table, column in REFERENCES]
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.drop_constraint("uq_report_visit_id_revision_edition_language", type_="unique")
        batch_op.create_index(
            batch_op.f("ix_report_visit_id_revision_edition_language"),
            ["visit_id", "revision", "edition", "language"],
        )
    for (table, column), rows in zip(REFERENCES, held, strict=True):
        _hold(table, column, rows)


def _let_go(table: str, column: str) -> Rows:
    named = sa.table(table, *(_column(name) for name in (*KEYS[table], column)))
    referring = named.c[column].is_not(None)
    rows = op.get_bind().execute(sa.select(named).where(referring)).mappings().all()
    op.execute(sa.update(named).where(referring).values({column: None}))
    return rows


def _hold(table: str, column: str, rows: Rows) -> None:
    named = sa.table(table, *(_column(name) for name in (*KEYS[table], column)))
    for row in rows:
        same = sa.and_(*(named.c[name] == row[name] for name in KEYS[table]))
        op.execute(sa.update(named).where(same).values({column: row[column]}))


def _column(name: str) -> sa.ColumnClause[Any]:
    return sa.column(name, sa.Integer() if name == "position" else sa.Uuid())
