"""Weak items that are tracked: owner, cause, actions, outcome"""

revision = "v0015"
down_revision = "v0014"


def upgrade() -> None:
    pass
