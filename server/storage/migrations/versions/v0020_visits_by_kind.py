"""Visits of one kind by their dates, so that the few of one kind are not looked for among all"""

from alembic import op

revision = "v0020"
down_revision = "v0019"


def upgrade() -> None:
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visit_kind_visit_date"), ["kind", "visit_date"], unique=False)
