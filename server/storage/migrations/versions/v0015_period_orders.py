"""Orders for period reports, and folders that hold period reports"""

import sqlalchemy as sa
from alembic import op

revision = "v0015"
down_revision = "v0014"


def upgrade() -> None:
    states = ("waiting", "ready", "refused", "expired")
    op.create_table(
        "period_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("edition", sa.String(8), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("remarks", sa.Text(), nullable=False),
        sa.Column("draft", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*states, name="orderstate", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("refused", sa.String(40), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["user_account.id"], name=op.f("fk_period_order_asked_by_user_account")
        ),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_period_order_report_id_report")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period_order")),
    )
    with op.batch_alter_table("period_order", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_period_order_asked_by"), ["asked_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_period_order_expires_at"), ["expires_at"], unique=False)
    with op.batch_alter_table("report_folder_item", schema=None) as batch_op:
        batch_op.add_column(sa.Column("subject", sa.Uuid(), nullable=True))
        batch_op.alter_column("visit_id", existing_type=sa.Uuid(), nullable=True)
