"""Corrective actions, their proofs, and rechecks of single items"""

revision = "v0006"
down_revision = "v0005"


def upgrade() -> None:
    pass
