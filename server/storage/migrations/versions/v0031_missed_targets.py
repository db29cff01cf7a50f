"""The history of a weak item says which targets were missed, which were not after all, and who took it up"""

import sqlalchemy as sa
from alembic import op

revision = "v0031"
down_revision = "v0030"

STEPS = (
    *("opened", "closed", "reopened", "withdrawn", "missed", "miss-corrected", "taken-up"),
    *("tracked", "done", "undone", "proved", "overdue"),
)


def upgrade() -> None:
    listed = ", ".join(f"'{step}'" for step in STEPS)
    name = op.f("ck_weak_item_step_step")
    with op.batch_alter_table("weak_item_step", schema=None) as batch_op:
        batch_op.drop_constraint(name, type_="check")
        batch_op.create_check_constraint(name, sa.text(f"step IN ({listed})"))
