"""Fingerprints of pictures, so that similar ones are found among millions"""

import sqlalchemy as sa
from alembic import op

revision = "v0008"
down_revision = "v0007"

_BANDS = ("band_0", "band_1", "band_2", "band_3")
_AT_ONCE = 10_000


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    table = op.create_table(
        "picture_hash",
        sa.Column("hash", number, autoincrement=False, nullable=False),
        *(sa.Column(band, sa.Integer(), nullable=False) for band in _BANDS),
        sa.PrimaryKeyConstraint("hash"),
    )
    # Which picture came first is read from the index alone, however many have the same fingerprint.
    op.create_index(
        "ix_visit_file_dhash_arrived", "visit_file", ["dhash", "arrived_at", "sha256", "visit_id"]
    )
    op.drop_index("ix_visit_file_dhash", table_name="visit_file")
    last = ""
    while found := _after(last):
        op.bulk_insert(table, [_row(dhash) for dhash in found])
        last = found[-1]
    for n, band in enumerate(_BANDS):
        op.create_index(f"ix_picture_hash_{n}", "picture_hash", [band, "hash"])


def _after(last: str) -> list[str]:
    query = sa.text(
        "SELECT DISTINCT dhash FROM visit_file WHERE dhash > :last ORDER BY dhash LIMIT :many"
    ).bindparams(last=last, many=_AT_ONCE)
    return list(op.get_bind().execute(query).scalars())


def _row(dhash: str) -> dict[str, int]:
    """Each band takes every fourth bit, as the application did when this step was written."""
    bits = int(dhash, 16)
    whole = {"hash": bits - (1 << 64) if bits >> 63 else bits}
    places = [(byte * 8 + lane * 4) for byte in range(7, -1, -1) for lane in (1, 0)]
    for n, band in enumerate(_BANDS):
        value = 0
        for place in places:
            value = value << 1 | bits >> place + n & 1
        whole[band] = value
    return whole
