"""Periods and their figures, each with its explanation"""

import sqlalchemy as sa
from alembic import op

revision = "v0012"
down_revision = "v0011"

_STATES = ("draft", "open", "published", "closed")


def upgrade() -> None:
    op.create_table(
        "period",
        sa.Column("code", sa.String(7), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*_STATES, name="periodstate", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        _instant("drafted_at", nullable=False),
        _instant("open_until"),
        _instant("published_at"),
        _instant("closed_at"),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("reopen_asked_by", sa.Uuid(), nullable=True),
        sa.Column("reopen_why", sa.String(1000), nullable=False),
        _instant("changed_at", nullable=False),
        _names("period", "closed_by", "user_account"),
        _names("period", "reopen_asked_by", "user_account"),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_period")),
    )
    op.create_table(
        "period_outlet",
        *_of_round(),
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(200), nullable=False),
        sa.Column("tier", sa.String(24), nullable=False),
        sa.Column("class", sa.String(1), nullable=False),
        sa.Column("setting", sa.String(24), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("star", sa.Integer(), nullable=True),
        _names("period_outlet", "outlet_id", "outlet"),
        sa.PrimaryKeyConstraint("period", "round", "outlet_id", name=op.f("pk_period_outlet")),
    )
    op.create_table(
        "period_visit",
        *_of_round(),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        _names("period_visit", "visit_id", "visit"),
        sa.PrimaryKeyConstraint("period", "round", "visit_id", name=op.f("pk_period_visit")),
    )
    op.create_table(
        "figure",
        *_of_round(),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("hundredths", sa.BigInteger(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("of", sa.Integer(), nullable=True),
        sa.Column("explanation", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("period", "round", "subject", "code", name=op.f("pk_figure")),
    )
    op.create_index("ix_figure_subject_code", "figure", ["subject", "code"])
    op.create_index("ix_figure_period_code", "figure", ["period", "round", "code", "rank"])


def _of_round() -> tuple[sa.Column, sa.Column]:
    return sa.Column("period", sa.String(7), nullable=False), sa.Column("round", sa.Integer(), nullable=False)


def _instant(name: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _names(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
