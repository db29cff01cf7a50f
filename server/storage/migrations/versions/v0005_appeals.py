"""What an outlet says to a published visit: acknowledgements, appeals, their answers and proofs"""

revision = "v0005"
down_revision = "v0004"


def upgrade() -> None:
    pass
