"""What figures need besides visits: replies, logs, complaints, audits, staff, customers, vetoes"""

revision = "v0011"
down_revision = "v0010"


def upgrade() -> None:
    pass
