"""Periods and their figures, each with its explanation"""

revision = "v0012"
down_revision = "v0011"


def upgrade() -> None:
    pass
