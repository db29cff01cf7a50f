"""The secret from which the keys come under which phones seal what was entered; made here, so that every later backup has it"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "v0028"
down_revision = "v0027"


def upgrade() -> None:
    table = op.create_table(
        "phone_secret",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_secret")),
    )
    op.bulk_insert(table, [{"id": 1, "secret": secrets.token_bytes(32)}])
