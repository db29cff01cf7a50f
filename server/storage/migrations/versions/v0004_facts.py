"""What aggregates need of each accepted visit, packed: earned and full points by indicator"""

revision = "v0004"
down_revision = "v0003"


def upgrade() -> None:
    pass
