"""Periods keep what they were computed from besides visits: the latest import of then, and the other periods that they took"""

import sqlalchemy as sa
from alembic import op

revision = "v0032"
down_revision = "v0031"


def upgrade() -> None:
    op.add_column("period", sa.Column("imports", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("period", sa.Column("parts", sa.Text(), nullable=False, server_default=""))
    op.execute(
        "UPDATE period SET imports = (SELECT COALESCE(MAX(input_import.number), 0) FROM input_import"
        " WHERE input_import.at <= period.drafted_at)"
    )
