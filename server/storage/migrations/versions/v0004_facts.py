"""What aggregates need of each accepted visit, packed: earned and full points by indicator"""

import sqlalchemy as sa
from alembic import op

revision = "v0004"
down_revision = "v0003"


def upgrade() -> None:
    # Visits that were accepted before get their facts at the next start, which knows how to compute them.
    op.create_table(
        "visit_facts",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(200), nullable=False),
        sa.Column("tier", sa.String(24), nullable=False),
        sa.Column("class", sa.String(1), nullable=False),
        sa.Column("setting", sa.String(24), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("part", sa.String(16), nullable=True),
        sa.Column("visit_date", sa.Date(), nullable=False),
        sa.Column("counts_on", sa.Date(), nullable=False),
        sa.Column("checklist_id", sa.String(64), nullable=False),
        sa.Column("checklist_version", sa.Integer(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("earned", sa.Integer(), nullable=False),
        sa.Column("full", sa.Integer(), nullable=False),
        sa.Column("prohibition_earned", sa.Integer(), nullable=False),
        sa.Column("prohibition_full", sa.Integer(), nullable=False),
        sa.Column("cap", sa.Integer(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("prohibition_score", sa.Integer(), nullable=True),
        sa.Column("touchpoints_met", sa.Integer(), nullable=False),
        sa.Column("touchpoints", sa.Integer(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["outlet_id"], ["outlet.id"], name=op.f("fk_visit_facts_outlet_id_outlet")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_visit_facts_visit_id_visit")),
        sa.PrimaryKeyConstraint("visit_id", "revision", name=op.f("pk_visit_facts")),
    )
    op.create_index("ix_visit_facts_kind_counts_on", "visit_facts", ["kind", "counts_on"])
    op.create_index("ix_visit_facts_outlet_id_counts_on", "visit_facts", ["outlet_id", "counts_on"])
