"""Requests to open a closed period again keep why they were refused"""

import sqlalchemy as sa
from alembic import op

revision = "v0030"
down_revision = "v0029"


def upgrade() -> None:
    op.add_column("period_reopening", sa.Column("answer", sa.String(1000), nullable=False, server_default=""))
