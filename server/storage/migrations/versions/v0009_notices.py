"""Notices to people, and webhooks to other systems"""

revision = "v0009"
down_revision = "v0008"


def upgrade() -> None:
    pass
