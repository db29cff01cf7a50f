"""What figures need besides visits: counts by month, complaints, staff, veto events, and their imports"""

import sqlalchemy as sa
from alembic import op

revision = "v0011"
down_revision = "v0010"


def upgrade() -> None:
    op.create_table(
        "month_count",
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("code", sa.String(24), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("whole", sa.Integer(), nullable=True),
        sa.Column("strict", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["outlet_id"], ["outlet.id"], name=op.f("fk_month_count_outlet_id_outlet")),
        sa.PrimaryKeyConstraint("outlet_id", "month", "code", name=op.f("pk_month_count")),
    )
    op.create_index("ix_month_count_month_code", "month_count", ["month", "code"])
    op.create_table(
        "complaint",
        sa.Column("number", sa.String(60), nullable=False),
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("proven", sa.Boolean(), nullable=True),
        sa.Column("kind", sa.String(80), nullable=False),
        sa.ForeignKeyConstraint(["outlet_id"], ["outlet.id"], name=op.f("fk_complaint_outlet_id_outlet")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_complaint")),
    )
    op.create_index("ix_complaint_outlet_id_day", "complaint", ["outlet_id", "day"])
    op.create_table(
        "staff_month",
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("certified", sa.Boolean(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["outlet_id"], ["outlet.id"], name=op.f("fk_staff_month_outlet_id_outlet")),
        sa.PrimaryKeyConstraint("outlet_id", "month", "number", name=op.f("pk_staff_month")),
    )
    op.create_table(
        "veto_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(8), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("note", sa.String(1000), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_why", sa.String(1000), nullable=False),
        sa.ForeignKeyConstraint(["outlet_id"], ["outlet.id"], name=op.f("fk_veto_event_outlet_id_outlet")),
        sa.ForeignKeyConstraint(
            ["by_id"], ["user_account.id"], name=op.f("fk_veto_event_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_veto_event")),
    )
    op.create_index("ix_veto_event_outlet_id_day", "veto_event", ["outlet_id", "day"])
    op.create_table(
        "input_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sort", sa.String(24), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("months", sa.String(200), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("same", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["user_account.id"], name=op.f("fk_input_import_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_input_import")),
    )
    op.create_index(op.f("ix_input_import_sort"), "input_import", ["sort"])
