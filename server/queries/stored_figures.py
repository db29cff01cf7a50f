"""Stored rounds for whoever reckons on: their outlets, figures and explanations, of many outlets at once, in nobody's scope."""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.queries.reckoning import Place
from server.storage.periods import Figure, PeriodOutlet

_AT_ONCE = 500


def hundredths(
    connection: sa.Connection, period: str, round_: int, code: str, subjects: Sequence[str]
) -> dict[str, int | None]:
    """One figure in hundredths by subject; None: no figure."""
    return dict(map(tuple, _rows(connection, (col(Figure.hundredths),), period, round_, [code], subjects)))


def values(
    connection: sa.Connection, period: str, round_: int, codes: Collection[str], subjects: Sequence[str]
) -> Iterator[tuple[str, str, str | None, int | None]]:
    """Subject, code, value as it is written, and hundredths of these figures."""
    columns = (col(Figure.code), col(Figure.value), col(Figure.hundredths))
    yield from _rows(connection, columns, period, round_, codes, subjects)


def told(
    connection: sa.Connection, period: str, round_: int, code: str, subjects: Sequence[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The explanations of one figure as JSON values, by subject."""
    for subject, packed in _rows(connection, (col(Figure.explanation),), period, round_, [code], subjects):
        yield subject, json.loads(zlib.decompress(packed))


def outlets(connection: sa.Connection, period: str, round_: int) -> list[UUID]:
    """The ids of a round's outlets."""
    table = PeriodOutlet.__table__  # type: ignore[attr-defined]
    mine = sa.and_(table.c.period == period, table.c.round == round_)
    return list(connection.execute(sa.select(table.c.outlet_id).where(mine)).scalars())


def places(
    connection: sa.Connection, period: str, round_: int, of: Sequence[UUID] | None = None
) -> dict[UUID, Place]:
    """The outlets as a round has them; of these, or all."""
    table = PeriodOutlet.__table__  # type: ignore[attr-defined]
    names = ("outlet_id", "unit_path", "tier", "class", "setting", "since", "star")
    statement = sa.select(*(table.c[name] for name in names)).where(
        table.c.period == period, table.c.round == round_
    )
    if of is None:
        return {row[0]: Place(*row) for row in connection.execute(statement)}
    found: dict[UUID, Place] = {}
    for begin in range(0, len(of), _AT_ONCE):
        some = statement.where(table.c.outlet_id.in_(of[begin : begin + _AT_ONCE]))
        found |= {row[0]: Place(*row) for row in connection.execute(some)}
    return found


def _rows(
    connection: sa.Connection,
    columns: tuple[Any, ...],
    period: str,
    round_: int,
    codes: Collection[str],
    subjects: Sequence[str],
) -> Iterator[Any]:
    statement = sa.select(col(Figure.subject), *columns).where(
        col(Figure.period) == period, col(Figure.round) == round_, col(Figure.code).in_(list(codes))
    )
    for begin in range(0, len(subjects), _AT_ONCE):
        yield from connection.execute(
            statement.where(col(Figure.subject).in_(subjects[begin : begin + _AT_ONCE]))
        )
