"""Corrective actions, their proofs, and rechecks of single items"""

import sqlalchemy as sa
from alembic import op

revision = "v0006"
down_revision = "v0005"


def upgrade() -> None:
    op.add_column("assignment", sa.Column("items", sa.Text(), nullable=True))
    op.add_column("upload", sa.Column("subject", sa.String(16), server_default="visit", nullable=False))
    op.create_table(
        "record_file",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("uploader_id", sa.Uuid(), nullable=False),
        _instant("taken_at", nullable=True),
        _instant("arrived_at"),
        _instant("expired_at", nullable=True),
        _user("record_file", "uploader_id"),
        sa.PrimaryKeyConstraint("record_id", "sha256", name=op.f("pk_record_file")),
    )
    op.create_index(op.f("ix_record_file_sha256"), "record_file", ["sha256"])
    _actions()
    _steps()


def _actions() -> None:
    table = "corrective_action"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("checklist_id", sa.String(64), nullable=True),
        sa.Column("checklist_version", sa.Integer(), nullable=True),
        sa.Column("item", sa.String(64), nullable=True),
        sa.Column("sort", _one_of("actionsort", "grave", "premises", "other", "coaching"), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("who", sa.String(80), nullable=False),
        _instant("due_at"),
        sa.Column(
            "state",
            _one_of("actionstate", "open", "answered", "accepted", "reopened", "withdrawn"),
            nullable=False,
        ),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("repeats", sa.Uuid(), nullable=True),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        _instant("made_at"),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("pending", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        _instant("answered_at", nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        _instant("decided_at", nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        _instant("overdue_at", nullable=True),
        sa.Column("recheck_id", sa.Uuid(), nullable=True),
        sa.Column("recheck_passed", sa.Boolean(), nullable=True),
        sa.Column("etag", sa.String(40), nullable=False),
        _instant("changed_at"),
        sa.ForeignKeyConstraint(["outlet_id"], ["outlet.id"], name=op.f(f"fk_{table}_outlet_id_outlet")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f(f"fk_{table}_visit_id_visit")),
        sa.ForeignKeyConstraint(["repeats"], [f"{table}.id"], name=op.f(f"fk_{table}_repeats_{table}")),
        sa.ForeignKeyConstraint(
            ["recheck_id"], ["assignment.id"], name=op.f(f"fk_{table}_recheck_id_assignment")
        ),
        *(_user(table, column) for column in ("made_by", "answered_by", "decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    for column in ("outlet_id", "visit_id", "recheck_id"):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    op.create_index("ix_corrective_action_state_due", table, ["state", "due_at"])
    op.create_index("ix_corrective_action_outlet_item", table, ["outlet_id", "item"])


def _steps() -> None:
    steps = (
        *("made", "answered", "accepted", "reopened", "withdrawn", "overdue", "escalated"),
        *("recheck-planned", "recheck-passed", "recheck-failed"),
    )
    op.create_table(
        "action_step",
        sa.Column("action_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("step", _one_of("step", *steps), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        _instant("at"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("sent_sha256", sa.String(64), nullable=False),
        _instant("due_at", nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["action_id"],
            ["corrective_action.id"],
            name=op.f("fk_action_step_action_id_corrective_action"),
        ),
        _user("action_step", "actor_id"),
        sa.PrimaryKeyConstraint("action_id", "number", name=op.f("pk_action_step")),
    )


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _user(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], ["user_account.id"], name=op.f(f"fk_{table}_{column}_user_account")
    )


def _one_of(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=24)
