"""Week plans of area managers"""

revision = "v0016"
down_revision = "v0015"


def upgrade() -> None:
    pass
