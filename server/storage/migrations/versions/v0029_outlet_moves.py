"""The history of outlets tells of units too: what was before and after has room for their paths"""

import sqlalchemy as sa
from alembic import op

revision = "v0029"
down_revision = "v0028"


def upgrade() -> None:
    with op.batch_alter_table("outlet_history") as changed:
        for name in ("before", "after"):
            changed.alter_column(
                name, existing_type=sa.String(24), type_=sa.String(200), existing_nullable=False
            )
