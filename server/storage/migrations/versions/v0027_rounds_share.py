"""A row of a round is of all rounds until it changes, so that a correction keeps what is new and copies nothing"""

import sqlalchemy as sa
from alembic import op

revision = "v0027"
down_revision = "v0026"

_LATEST = str(2**31 - 1)
_PERIOD = sa.table("period", sa.column("code"), sa.column("round"))
_KEYS = {
    "figure": ("period", "subject", "code", "round"),
    "period_visit": ("period", "visit_id", "round"),
    "period_outlet": ("period", "outlet_id", "round"),
}
"""The round comes last, since rows are found by whose they are and then by the rounds that they are of."""


def upgrade() -> None:
    op.drop_index("ix_figure_period_code", "figure")
    for table, key in _KEYS.items():
        op.add_column(table, sa.Column("until", sa.Integer(), server_default=_LATEST, nullable=False))
        rows = sa.table(table, *(sa.column(name) for name in ("period", "round", "until")))
        latest = sa.select(_PERIOD.c.round).where(_PERIOD.c.code == rows.c.period).scalar_subquery()
        earlier = rows.c.round != sa.func.coalesce(latest, 0)
        op.execute(rows.update().where(earlier).values(until=rows.c.round))
        with op.batch_alter_table(table) as changed:
            changed.drop_constraint(op.f(f"pk_{table}"), type_="primary")
            changed.create_primary_key(op.f(f"pk_{table}"), list(key))
    op.create_index("ix_figure_period_code", "figure", ["period", "code", "rank"])
