"""Signed reports of more than one visit, and folders of reports"""

revision = "v0010"
down_revision = "v0009"


def upgrade() -> None:
    pass
