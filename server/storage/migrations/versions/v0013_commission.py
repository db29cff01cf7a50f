"""Service commission by month: amounts, staff shares, refunds, what is carried over"""

revision = "v0013"
down_revision = "v0012"


def upgrade() -> None:
    pass
