"""Facts say whether they count now, and figures keep their hash, so that neither is worked out at every question"""

import json
import zlib
from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "v0026"
down_revision = "v0025"

_HEAD = ("subject", "code", "value", "rank", "of")
_FIGURE = sa.table(
    "figure",
    *(sa.column(name) for name in ("period", "round", *_HEAD)),
    sa.column("explanation", sa.LargeBinary()),
    sa.column("sha256", sa.LargeBinary()),
)


def upgrade() -> None:
    op.add_column("visit_facts", sa.Column("counts", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(
        "UPDATE visit_facts SET counts = TRUE WHERE EXISTS (SELECT 1 FROM visit WHERE visit.id = visit_facts.visit_id"
        " AND visit.accepted_revision = visit_facts.revision AND visit.state IN ('accepted', 'published', 'final'))"
    )
    op.drop_index("ix_visit_facts_kind_counts_on", "visit_facts")
    columns = ["counts", "kind", "counts_on", "outlet_id", "full", "earned"]
    op.create_index("ix_visit_facts_counts", "visit_facts", columns)

    hash_ = sa.Column("sha256", sa.LargeBinary(), server_default=sa.text("''"), nullable=False)
    op.add_column("figure", hash_)
    connection = op.get_bind()
    rounds = sa.select(_FIGURE.c.period, _FIGURE.c.round).distinct()
    for period, number in connection.execute(rounds).all():
        _keep_hashes(connection, sa.and_(_FIGURE.c.period == period, _FIGURE.c.round == number))


def _keep_hashes(connection: sa.Connection, of_round: sa.ColumnElement[bool]) -> None:
    rows = connection.execute(sa.select(_FIGURE).where(of_round).execution_options(yield_per=1000))
    found = []
    for row in rows.mappings():
        head = json.dumps([row[name] for name in _HEAD], ensure_ascii=False).encode()
        told = zlib.decompress(row["explanation"])
        hash_ = sha256(head + b"\n" + told).digest()
        found.append({"whose": row["subject"], "which": row["code"], "hash": hash_})
    this = sa.and_(_FIGURE.c.subject == sa.bindparam("whose"), _FIGURE.c.code == sa.bindparam("which"))
    change = _FIGURE.update().where(of_round, this).values(sha256=sa.bindparam("hash"))
    connection.execute(change, found)
