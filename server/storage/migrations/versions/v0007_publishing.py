"""Batches of publication, and photos that were masked and released"""

import sqlalchemy as sa
from alembic import op

revision = "v0007"
down_revision = "v0006"


def upgrade() -> None:
    op.create_table(
        "publication",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("visits", sa.Integer(), nullable=False),
        _refers("publication", "by_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
    )
    op.create_index(op.f("ix_publication_at"), "publication", ["at"])
    op.create_table(
        "published_visit",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("publication_id", sa.Uuid(), nullable=False),
        _refers("published_visit", "visit_id", "visit"),
        _refers("published_visit", "publication_id", "publication"),
        sa.PrimaryKeyConstraint("visit_id", name=op.f("pk_published_visit")),
    )
    op.create_index(op.f("ix_published_visit_publication_id"), "published_visit", ["publication_id"])
    op.create_table(
        "photo_release",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("shapes", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "confirmed",
                "released",
                "withheld",
                name="photostate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("masked_sha256", sa.String(64), nullable=True),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _refers("photo_release", "visit_id", "visit"),
        _refers("photo_release", "by_id", "user_account"),
        sa.PrimaryKeyConstraint("visit_id", "sha256", name=op.f("pk_photo_release")),
    )
    op.create_index(op.f("ix_photo_release_masked_sha256"), "photo_release", ["masked_sha256"])


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
