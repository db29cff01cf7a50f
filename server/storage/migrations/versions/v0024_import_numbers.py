"""Imports of inputs have numbers, and what was taken in keeps the number of the import that it came with"""

import sqlalchemy as sa
from alembic import op

revision = "v0024"
down_revision = "v0023"

_KEPT = ("month_count", "complaint", "staff_month", "veto_event")


def upgrade() -> None:
    for table in _KEPT:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("import_number", sa.Integer(), nullable=True))
    op.create_index("ix_month_count_import_number", "month_count", ["import_number"])

    with op.batch_alter_table("input_import", schema=None) as batch_op:
        batch_op.add_column(sa.Column("number", sa.Integer(), nullable=True))
    imports = sa.table("input_import", sa.column("id"), sa.column("number"), sa.column("at"))
    connection = op.get_bind()
    order = sa.select(imports.c.id).order_by(imports.c.at, imports.c.id)
    for number, (identity,) in enumerate(connection.execute(order).all(), start=1):
        connection.execute(imports.update().where(imports.c.id == identity).values(number=number))
    with op.batch_alter_table("input_import", schema=None) as batch_op:
        batch_op.alter_column("number", existing_type=sa.Integer(), nullable=False)
        batch_op.create_index(op.f("ix_input_import_number"), ["number"], unique=True)
