"""The field app, whole: rechecks that are assigned, an assignment's answer, files whose time has come"""

import sqlalchemy as sa
from alembic import op

revision = "v0003"
down_revision = "v0002"


def upgrade() -> None:
    # No foreign key: a visit names its assignment already, and two tables that name each other have no order.
    op.add_column("assignment", sa.Column("recheck_of", sa.Uuid(), nullable=True))
    op.add_column("assignment", sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("assignment", sa.Column("answer", sa.String(500), server_default="", nullable=False))
    op.add_column("visit_file", sa.Column("expired_at", sa.DateTime(timezone=True), nullable=True))
