"""When a masked picture's time came"""

import sqlalchemy as sa
from alembic import op

revision = "v0023"
down_revision = "v0022"


def upgrade() -> None:
    op.add_column("photo_release", sa.Column("expired_at", sa.DateTime(timezone=True), nullable=True))
