"""Decisions on tier, class and status: proposed with evidence, decided by people"""

revision = "v0014"
down_revision = "v0013"


def upgrade() -> None:
    pass
