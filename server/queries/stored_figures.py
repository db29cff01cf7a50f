"""Stored rounds for whoever reckons on: their outlets, figures and explanations, of many outlets at once, in nobody's scope."""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.queries.reckoning import Place
from server.storage.periods import Figure, PeriodOutlet, in_round

_AT_ONCE = 500


def hundredths(
    connection: sa.Connection, rounds: Mapping[str, int], code: str, subjects: Sequence[str]
) -> dict[str, dict[str, int | None]]:
    """One figure in hundredths over several periods, each in its round: by period, then by subject; None: no figure.

    Period by period, so that each row is found by its key.
    """
    columns = (col(Figure.hundredths),)
    found: dict[str, dict[str, int | None]] = {}
    for period, round_ in rounds.items():
        rows = _rows(connection, columns, period, round_, [code], subjects)
        found[period] = {subject: value for subject, value in rows}  # noqa: C416 - dict() does not take rows
    return found


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


def parts(
    connection: sa.Connection, period: str, round_: int, code: str, subjects: Sequence[str]
) -> Iterator[tuple[str, list[Any]]]:
    """What is kept of one figure for whoever weighs it anew (`domain/figure_parts.py`), by subject; those without any are left out."""
    for subject, text in _rows(connection, (col(Figure.parts),), period, round_, [code], subjects):
        if text is not None:
            yield subject, json.loads(text)


def places(connection: sa.Connection, period: str, round_: int) -> dict[UUID, Place]:
    """The outlets as a round has them."""
    mine = PeriodOutlet.__table__.alias()  # type: ignore[attr-defined]
    statement = sa.select(*_place(mine)).where(mine.c.period == period, in_round(mine.c, round_))
    return {row[0]: Place(*row) for row in connection.execute(statement)}


def otherwise(
    connection: sa.Connection, period: str, round_: int, than: str, than_round: int
) -> dict[UUID, Place | None]:
    """The outlets that a round has with another tier, class, setting or beginning than a second round, or that only one has.

    None: the second alone has it.
    """
    # Compared as sets, since no key joins the rounds of two periods.
    mine = PeriodOutlet.__table__.alias()  # type: ignore[attr-defined]
    here = sa.and_(mine.c.period == period, in_round(mine.c, round_))
    differs = _compared(period, round_).except_(_compared(than, than_round)).subquery()
    found: dict[UUID, Place | None] = {
        row[0]: Place(*row)
        for row in connection.execute(
            sa.select(*_place(mine)).where(here, mine.c.outlet_id.in_(sa.select(differs.c.outlet_id)))
        )
    }
    gone = _compared(than, than_round, ()).except_(_compared(period, round_, ()))
    return found | dict.fromkeys(connection.execute(gone).scalars())


def _compared(
    period: str, round_: int, names: Sequence[str] = ("tier", "class", "setting", "since")
) -> sa.Select[Any]:
    """The outlets of a round with what makes them others."""
    table = PeriodOutlet.__table__.alias()  # type: ignore[attr-defined]
    return sa.select(*(table.c[name] for name in ("outlet_id", *names))).where(
        table.c.period == period, in_round(table.c, round_)
    )


def _place(table: Any) -> list[Any]:
    return [table.c[name] for name in ("outlet_id", "unit_path", "tier", "class", "setting", "since", "star")]


def _rows(
    connection: sa.Connection,
    columns: tuple[Any, ...],
    period: str,
    round_: int,
    codes: Collection[str],
    subjects: Sequence[str],
) -> Iterator[Any]:
    statement = sa.select(col(Figure.subject), *columns).where(
        col(Figure.period) == period, in_round(Figure, round_), col(Figure.code).in_(list(codes))
    )
    for begin in range(0, len(subjects), _AT_ONCE):
        yield from connection.execute(
            statement.where(col(Figure.subject).in_(subjects[begin : begin + _AT_ONCE]))
        )
