"""Batches of publication, and photos that were masked and released"""

revision = "v0007"
down_revision = "v0006"


def upgrade() -> None:
    pass
