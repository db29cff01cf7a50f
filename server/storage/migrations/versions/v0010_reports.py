"""Signed reports of more than one visit, and folders of reports"""

import sqlalchemy as sa
from alembic import op

revision = "v0010"
down_revision = "v0009"


def upgrade() -> None:
    # SQLite makes the table anew, and cannot drop the old one while rows of the new one refer to it.
    report = sa.table("report", sa.column("id", sa.Uuid()), sa.column("superseded_by", sa.Uuid()))
    replaced = op.get_bind().execute(sa.select(report).where(report.c.superseded_by.is_not(None))).all()
    op.execute(sa.update(report).values(superseded_by=None))
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(16), server_default="visit", nullable=False))
        batch_op.add_column(sa.Column("subject", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("period", sa.String(10), server_default="", nullable=False))
        batch_op.add_column(sa.Column("language", sa.String(2), server_default="zh", nullable=False))
        batch_op.add_column(sa.Column("facts_sha256", sa.String(64), server_default="", nullable=False))
        batch_op.add_column(sa.Column("basis", sa.Text(), server_default="{}", nullable=False))
        batch_op.alter_column("visit_id", existing_type=sa.Uuid(), nullable=True)
    for older, newer in replaced:
        op.execute(sa.update(report).where(report.c.id == older).values(superseded_by=newer))
    op.execute("UPDATE report SET subject = (SELECT outlet_id FROM visit WHERE visit.id = report.visit_id)")
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_report_subject"), ["subject"], unique=False)
        batch_op.create_index("ix_report_kind_period", ["kind", "period"], unique=False)

    states = ("signing", "zipping", "ready", "failed", "expired")
    op.create_table(
        "report_folder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edition", sa.String(8), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*states, name="folderstate", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.String(500), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("lease", sa.String(32), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["user_account.id"], name=op.f("fk_report_folder_asked_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_folder")),
    )
    with op.batch_alter_table("report_folder", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_report_folder_asked_by"), ["asked_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_folder_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_folder_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "report_folder_item",
        sa.Column("folder_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=True),
        sa.Column("skipped", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["folder_id"], ["report_folder.id"], name=op.f("fk_report_folder_item_folder_id_report_folder")
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visit.id"], name=op.f("fk_report_folder_item_visit_id_visit")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_report_folder_item_report_id_report")
        ),
        sa.PrimaryKeyConstraint("folder_id", "position", name=op.f("pk_report_folder_item")),
    )
