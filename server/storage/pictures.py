"""The table of pictures' fingerprints, each once, by bands; and the picture that is nearest to a given one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from server.domain.likeness import BANDS, bands, dhash_of, difference, fingerprint, near
from server.storage.visits import VisitFile

PICTURES = ("photo", "original")
"""The kinds of files that are compared with each other."""
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT_ONCE = 5_000
"""Values of one statement: databases take a limited number of them."""


class PictureHash(SQLModel, table=True):
    """A fingerprint that some picture has. A blank page that thousands have sent stands here once, too.

    Fingerprints stay when the pictures go: `visit_file` says what is there and when it came.
    """

    __tablename__ = "picture_hash"
    hash: int = Field(sa_column=sa.Column(_NUMBER, primary_key=True, autoincrement=False))
    band_0: int
    band_1: int
    band_2: int
    band_3: int

    __table_args__ = tuple(sa.Index(f"ix_picture_hash_{n}", f"band_{n}", "hash") for n in range(BANDS))


_INSERT = sa.text(
    "INSERT INTO picture_hash (hash, band_0, band_1, band_2, band_3)"
    " VALUES (:hash, :band_0, :band_1, :band_2, :band_3) ON CONFLICT DO NOTHING"
)


def remember(session: Session, dhashes: Iterable[str]) -> None:
    """Take fingerprints (16 hex digits each) into the index; those that are there already change nothing."""
    rows = [
        {"hash": number, **{f"band_{n}": band for n, band in enumerate(bands(number))}}
        for number in sorted({fingerprint(dhash) for dhash in dhashes})
    ]
    if rows:
        session.connection().execute(_INSERT, rows)


def nearest(session: Session, dhash: str, bits: int, since: datetime, visit: UUID) -> VisitFile | None:
    """Of the pictures of other visits since then the one that differs least, in at most `bits`; of several the first."""
    found = sorted(_near(session, fingerprint(dhash), bits))
    for _, equally_far in groupby(found, key=lambda each: each[0]):
        firsts = [
            file
            for _, number in equally_far
            if (file := _first(session, dhash_of(number), since, visit)) is not None
        ]
        if firsts:
            return min(firsts, key=lambda file: (file.arrived_at, file.sha256, file.visit_id.hex))
    return None


def _near(session: Session, wanted: int, bits: int) -> set[tuple[int, int]]:
    """Every known fingerprint that differs in at most `bits`, with the number of bits."""
    return {
        (bits_apart, number)
        for number in _candidates(session, wanted, bits)
        if (bits_apart := difference(wanted, number)) <= bits
    }


def _candidates(session: Session, wanted: int, bits: int) -> Iterator[int]:
    for n, band in enumerate(bands(wanted)):
        column = col(getattr(PictureHash, f"band_{n}"))
        values = near(band, bits)
        for begin in range(0, len(values), _AT_ONCE):
            some = column.in_(values[begin : begin + _AT_ONCE])
            yield from session.exec(select(PictureHash.hash).where(some))


def _first(session: Session, dhash: str, since: datetime, visit: UUID) -> VisitFile | None:
    return session.exec(
        select(VisitFile)
        .where(
            VisitFile.dhash == dhash,
            col(VisitFile.arrived_at) >= since,
            VisitFile.visit_id != visit,
            col(VisitFile.kind).in_(PICTURES),
        )
        .order_by(col(VisitFile.arrived_at), col(VisitFile.sha256), col(VisitFile.visit_id))
        .limit(1)
    ).first()
