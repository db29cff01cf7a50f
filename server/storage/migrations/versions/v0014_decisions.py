"""Decisions on tier, class and status: proposed with evidence, decided by people"""

import sqlalchemy as sa
from alembic import op

revision = "v0014"
down_revision = "v0013"


def upgrade() -> None:
    op.create_table(
        "decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _kinds(), nullable=False),
        sa.Column("before", sa.String(24), nullable=False),
        sa.Column("after", sa.String(24), nullable=False),
        sa.Column("by_rule", sa.Boolean(), nullable=False),
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=True),
        sa.Column("state", _states(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("letter_id", sa.Uuid(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        _refers("decision", "outlet_id", "outlet"),
        _refers("decision", "proposed_by", "user_account"),
        _refers("decision", "decided_by", "user_account"),
        _refers("decision", "letter_id", "report"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index(op.f("ix_decision_outlet_id"), "decision", ["outlet_id"])
    op.create_index("ix_decision_state_effective_on", "decision", ["state", "effective_on"])
    op.create_table(
        "decision_step",
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", _states(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        _refers("decision_step", "decision_id", "decision"),
        _refers("decision_step", "actor_id", "user_account"),
        sa.PrimaryKeyConstraint("decision_id", "number", name=op.f("pk_decision_step")),
    )
    op.create_table(
        "outlet_history",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("field", sa.String(8), nullable=False),
        sa.Column("before", sa.String(24), nullable=False),
        sa.Column("after", sa.String(24), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _refers("outlet_history", "decision_id", "decision"),
        _refers("outlet_history", "outlet_id", "outlet"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outlet_history")),
    )
    op.create_index(op.f("ix_outlet_history_outlet_id"), "outlet_history", ["outlet_id"])


def _kinds() -> sa.Enum:
    return _one_of(
        "decisionkind", "upgrade", "downgrade", "warning", "probation", "exit", "entry", "class", "restore"
    )


def _states() -> sa.Enum:
    return _one_of("decisionstate", "proposed", "approved", "held", "rejected", "effective", "withdrawn")


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
