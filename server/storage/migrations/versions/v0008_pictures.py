"""Fingerprints of pictures, so that similar ones are found among millions"""

revision = "v0008"
down_revision = "v0007"


def upgrade() -> None:
    pass
