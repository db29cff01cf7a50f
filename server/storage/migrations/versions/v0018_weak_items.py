"""Weak items that are tracked: owner, cause, actions with dates, and their history"""

import sqlalchemy as sa
from alembic import op

revision = "v0018"
down_revision = "v0017"


def upgrade() -> None:
    op.create_table(
        "weak_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(200), nullable=False),
        sa.Column("indicator", sa.String(64), nullable=False),
        sa.Column("state", _one_of("trackingstate", "open", "closed", "withdrawn"), nullable=False),
        sa.Column("since", sa.String(7), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        _refers("weak_item", "owner_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weak_item")),
        sa.UniqueConstraint("unit_path", "indicator", name=op.f("uq_weak_item_unit_path_indicator")),
    )
    op.create_index(op.f("ix_weak_item_owner_id"), "weak_item", ["owner_id"])
    op.create_table(
        "weak_item_action",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        _refers("weak_item_action", "item_id", "weak_item"),
        sa.PrimaryKeyConstraint("item_id", "number", name=op.f("pk_weak_item_action")),
    )
    op.create_index(op.f("ix_weak_item_action_due"), "weak_item_action", ["due"])
    op.create_table(
        "weak_item_step",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("step", _steps(), nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        _refers("weak_item_step", "item_id", "weak_item"),
        _refers("weak_item_step", "actor_id", "user_account"),
        sa.PrimaryKeyConstraint("item_id", "number", name=op.f("pk_weak_item_step")),
    )


def _steps() -> sa.Enum:
    return _one_of(
        "step",
        "opened",
        "closed",
        "reopened",
        "withdrawn",
        "tracked",
        "done",
        "undone",
        "proved",
        "overdue",
    )


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
