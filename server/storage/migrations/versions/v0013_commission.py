"""Service commission by month: amounts, staff shares, refunds, differences settled, what is carried over"""

import sqlalchemy as sa
from alembic import op

revision = "v0013"
down_revision = "v0012"


def upgrade() -> None:
    op.create_table(
        "commission_run",
        _month("month"),
        sa.Column(
            "state",
            sa.Enum(
                "computed",
                "closed",
                name="commissionstate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("computed_by", sa.Uuid(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        _names("commission_run", "computed_by", "user_account"),
        _names("commission_run", "closed_by", "user_account"),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_commission_run")),
    )
    op.create_table(
        "commission_month",
        _month("month"),
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(200), nullable=False),
        sa.Column("tier", sa.String(24), nullable=False),
        sa.Column("class", sa.String(1), nullable=False),
        sa.Column("setting", sa.String(24), nullable=False),
        _fen("base_fen"),
        sa.Column("years_factor", sa.String(24), nullable=False),
        sa.Column("pay_factor", sa.String(24), nullable=False),
        sa.Column("composite", sa.Integer(), nullable=True),
        sa.Column("veto", sa.Boolean(), nullable=False),
        *(
            _fen(f"{name}_fen")
            for name in (
                "amount",
                "withheld",
                "staff",
                "refunded",
                "settled",
                "carried_in",
                "paid",
                "carried_on",
            )
        ),
        sa.Column("explanation", sa.LargeBinary(), nullable=False),
        _names("commission_month", "outlet_id", "outlet"),
        sa.PrimaryKeyConstraint("month", "outlet_id", name=op.f("pk_commission_month")),
    )
    op.create_index("ix_commission_month_outlet_id_month", "commission_month", ["outlet_id", "month"])
    op.create_table(
        "commission_share",
        _month("month"),
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        _month("of_month"),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        _fen("fen"),
        _names("commission_share", "outlet_id", "outlet"),
        sa.PrimaryKeyConstraint("month", "outlet_id", "of_month", "number", name=op.f("pk_commission_share")),
    )
    op.create_table(
        "commission_refund",
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        _month("withheld_month"),
        _month("paid_with"),
        _fen("fen"),
        _names("commission_refund", "outlet_id", "outlet"),
        sa.PrimaryKeyConstraint("outlet_id", "withheld_month", name=op.f("pk_commission_refund")),
    )
    op.create_index("ix_commission_refund_paid_with", "commission_refund", ["paid_with"])
    op.create_table(
        "commission_settlement",
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        _month("month"),
        _month("of_month"),
        sa.Column("composite", sa.Integer(), nullable=True),
        sa.Column("veto", sa.Boolean(), nullable=False),
        _fen("amount_fen"),
        _fen("withheld_fen"),
        _fen("staff_fen"),
        _fen("refund_fen", nullable=True),
        _fen("fen"),
        _names("commission_settlement", "outlet_id", "outlet"),
        sa.PrimaryKeyConstraint("outlet_id", "month", "of_month", name=op.f("pk_commission_settlement")),
    )


def _month(name: str) -> sa.Column:
    return sa.Column(name, sa.String(7), nullable=False)


def _fen(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _names(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
