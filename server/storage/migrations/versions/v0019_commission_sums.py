"""The sums of a unit's commission over a year are read from an index alone"""

from alembic import op

revision = "v0019"
down_revision = "v0018"


def upgrade() -> None:
    with op.batch_alter_table("commission_month", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_commission_month_sums"),
            ["month", "unit_path", "outlet_id", "amount_fen", "paid_fen"],
            unique=False,
        )
