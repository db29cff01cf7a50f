"""A row of a round is of all rounds until it changes, so that a correction keeps what is new and copies nothing"""

import sqlalchemy as sa
from alembic import op

revision = "v0027"
down_revision = "v0026"

_LATEST = str(2**31 - 1)
_PERIOD = sa.table("period", sa.column("code"), sa.column("round"))


def upgrade() -> None:
    for table in ("figure", "period_visit", "period_outlet"):
        op.add_column(table, sa.Column("until", sa.Integer(), server_default=_LATEST, nullable=False))
        rows = sa.table(table, *(sa.column(name) for name in ("period", "round", "until")))
        latest = sa.select(_PERIOD.c.round).where(_PERIOD.c.code == rows.c.period).scalar_subquery()
        earlier = rows.c.round != sa.func.coalesce(latest, 0)
        op.execute(rows.update().where(earlier).values(until=rows.c.round))
    op.drop_index("ix_figure_subject_code", "figure")
    op.create_index("ix_figure_subject_code", "figure", ["subject", "code", "period"])
    op.drop_index("ix_figure_period_code", "figure")
    op.create_index("ix_figure_period_code", "figure", ["period", "code", "rank"])
    op.create_index("ix_period_visit_visit", "period_visit", ["visit_id", "period"])
    op.create_index("ix_period_outlet_outlet", "period_outlet", ["outlet_id", "period"])
