"""What an outlet says to a published visit: acknowledgements, appeals, their answers and proofs"""

import sqlalchemy as sa
from alembic import op

revision = "v0005"
down_revision = "v0004"

_STATES = ("receiving", "asked", "raised", "asked_again", "rejected", "upheld", "dismissed")


def upgrade() -> None:
    op.create_table(
        "acknowledgement",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        _instant("at", nullable=False),
        _names("acknowledgement", "user_id", "user_account"),
        _names("acknowledgement", "visit_id", "visit"),
        sa.PrimaryKeyConstraint("visit_id", name=op.f("pk_acknowledgement")),
    )
    op.create_table(
        "appeal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.String(64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*_STATES, name="appealstate", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("etag", sa.String(40), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        _instant("since", nullable=False),
        _instant("due_at"),
        _instant("next_at"),
        _instant("again_until"),
        sa.Column("score_before", sa.Integer(), nullable=True),
        sa.Column("score_after", sa.Integer(), nullable=True),
        sa.Column("corrected_revision", sa.Integer(), nullable=True),
        _instant("made_at", nullable=False),
        _instant("changed_at", nullable=False),
        _names("appeal", "visit_id", "visit"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
    )
    op.create_index(op.f("ix_appeal_visit_id"), "appeal", ["visit_id"])
    op.create_index("ix_appeal_state_due_at", "appeal", ["state", "due_at"])
    op.create_table(
        "appeal_turn",
        sa.Column("appeal_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("sent_sha256", sa.String(64), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        _instant("asked_at", nullable=False),
        _instant("whole_at"),
        _instant("escalated_at"),
        sa.Column("upheld", sa.Boolean(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        _instant("answered_at"),
        _names("appeal_turn", "answered_by", "user_account"),
        _names("appeal_turn", "appeal_id", "appeal"),
        _names("appeal_turn", "asked_by", "user_account"),
        sa.PrimaryKeyConstraint("appeal_id", "number", name=op.f("pk_appeal_turn")),
    )


def _instant(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _names(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
