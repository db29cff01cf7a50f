"""Results: the stored figures of a period, of its latest round or an earlier one, as far as the viewer may see them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.domain.access import Viewer
from server.domain.errors import NotFound
from server.queries import scope
from server.storage.periods import Figure, PeriodOutlet, PeriodRow, PeriodState, in_round

STANDING = (PeriodState.PUBLISHED, PeriodState.CLOSED)
"""The states in which a period's figures are given out; whoever builds on them takes those."""
EARLIER = "-"
"""The digest of a period in the round of before it was opened again: that of the latest round alone is kept."""
_AT_ONCE = 500
_OUTLETS: Any = PeriodOutlet.__table__  # type: ignore[attr-defined]
_COLUMNS = (
    col(Figure.subject),
    col(Figure.code),
    col(Figure.value),
    col(Figure.hundredths),
    col(Figure.rank),
    col(Figure.of),
)


@dataclass(frozen=True, slots=True)
class Result:
    """One figure: whose (an outlet's id or a unit's path), which, exactly as text, in hundredths, its rank of how many."""

    subject: str
    code: str
    value: str | None
    hundredths: int | None
    rank: int | None
    of: int | None

    @property
    def exact(self) -> Fraction | None:
        """The figure as a number; None where it has none or is a word."""
        if self.value is None or self.hundredths is None:
            return None
        return Fraction(self.value)


def period(connection: sa.Connection, viewer: Viewer, code: str) -> PeriodRow | None:
    """Where a period stands; None when it was never drafted, or is not yet for the viewer."""
    found = periods(connection, viewer, [code])
    return found[0] if found else None


def periods(connection: sa.Connection, viewer: Viewer, codes: Collection[str] = ()) -> list[PeriodRow]:
    """The periods that the viewer may see, the latest first; all of them where no code is named.

    Who may not see the draft of one that was opened again gets it as it was closed, in the round of before.
    """
    latest = scope.latest_round(viewer).label("latest")
    statement = sa.select(PeriodRow.__table__, latest).where(scope.periods(viewer))  # type: ignore[attr-defined]
    if codes:
        statement = statement.where(col(PeriodRow.code).in_(list(codes)))
    rows = connection.execute(statement).mappings()
    found = [_seen({**row, "state": PeriodState(row["state"])}) for row in rows]
    return sorted(found, key=lambda row: (row.code[:4], row.kind, row.code), reverse=True)


def _seen(row: dict[str, Any]) -> PeriodRow:
    if not row.pop("latest"):
        before = {
            "round": row["round"] - 1,
            "state": PeriodState.CLOSED,
            "digest": EARLIER,
            "open_until": None,
        }
        row |= before | {name: row[name] or row["changed_at"] for name in ("published_at", "closed_at")}
    return PeriodRow(**row)


def results(
    connection: sa.Connection,
    viewer: Viewer,
    code: str,
    codes: Collection[str] = (),
    subjects: Collection[str] = (),
    *,
    round_: int | None = None,
    states: Collection[PeriodState] = (),
) -> list[Result]:
    """The figures of a period in its latest round, or in the one that is named; empty when it is not for the viewer.

    Only the named codes and subjects where there are any; `states` keeps to periods in these (`STANDING`).
    """
    row = period(connection, viewer, code)
    if row is None or (states and row.state not in states):
        return []
    statement = sa.select(*_COLUMNS).where(
        col(Figure.period) == code,
        in_round(Figure, min(round_ or row.round, row.round)),
        scope.figures(viewer),
    )
    if codes:
        statement = statement.where(col(Figure.code).in_(list(codes)))
    if not subjects:
        return [Result(*found) for found in connection.execute(statement)]
    wanted, found = list(dict.fromkeys(subjects)), []
    for begin in range(0, len(wanted), _AT_ONCE):
        some = statement.where(col(Figure.subject).in_(wanted[begin : begin + _AT_ONCE]))
        found += [Result(*each) for each in connection.execute(some)]
    return found


def by_subject(
    connection: sa.Connection, viewer: Viewer, code: str, figure: str, **given: Any
) -> dict[str, Result]:
    """One figure of a period by subject; further arguments as in `results`."""
    return {each.subject: each for each in results(connection, viewer, code, [figure], **given)}


def over(
    connection: sa.Connection, viewer: Viewer, codes: Collection[str], figure: str, **given: Any
) -> dict[str, Mapping[str, Result]]:
    """One figure over several periods: by period, then by subject; a period without figures has an empty entry."""
    return {code: by_subject(connection, viewer, code, figure, **given) for code in codes}


def series(
    connection: sa.Connection,
    viewer: Viewer,
    codes: Collection[str],
    figures: Collection[str],
    subjects: Collection[str],
) -> dict[tuple[str, str, str], Result]:
    """Figures of a few subjects over several periods, each in its latest round, by period, subject and code."""
    rounds = {row.code: row.round for row in periods(connection, viewer, codes)} if codes else {}
    statement = sa.select(col(Figure.period), col(Figure.round), col(Figure.until), *_COLUMNS).where(
        col(Figure.subject).in_(list(subjects)),
        col(Figure.code).in_(list(figures)),
        col(Figure.period).in_(list(rounds)),
        scope.figures(viewer),
    )
    return {
        (period_, row[0], row[1]): Result(*row)
        for period_, first, until, *row in connection.execute(statement)
        if first <= rounds[period_] <= until
    }


def explanation(
    connection: sa.Connection, viewer: Viewer, code: str, subject: str, figure: str, round_: int | None = None
) -> dict[str, Any]:
    """A figure's explanation as JSON values, as it was stored. Raises NotFound, also for what is not in sight.

    It names visits by their ids: `queries/explained.py` has it for those who may not know them.
    """
    row = period(connection, viewer, code)
    packed = None
    if row is not None:
        packed = connection.execute(
            sa.select(col(Figure.explanation)).where(
                col(Figure.period) == code,
                in_round(Figure, min(round_ or row.round, row.round)),
                col(Figure.subject) == subject,
                col(Figure.code) == figure,
                scope.figures(viewer),
            )
        ).scalar()
    if packed is None:
        raise NotFound()
    return unpacked(packed)


def explanations(
    connection: sa.Connection,
    viewer: Viewer,
    row: PeriodRow,
    codes: Collection[str],
    subjects: Collection[str],
) -> dict[tuple[str, str], dict[str, Any]]:
    """The stored explanations of these figures of a few subjects, by subject and code; what is not in sight is left out."""
    statement = sa.select(col(Figure.subject), col(Figure.code), col(Figure.explanation)).where(
        col(Figure.period) == row.code,
        in_round(Figure, row.round),
        col(Figure.code).in_(list(codes)),
        col(Figure.subject).in_(list(subjects)),
        scope.figures(viewer),
    )
    rows = connection.execute(statement)
    return {(subject, code): unpacked(packed) for subject, code, packed in rows}


def unpacked(packed: bytes) -> dict[str, Any]:
    """The explanation that was packed."""
    found: dict[str, Any] = json.loads(zlib.decompress(packed))
    return found


class OutletThen(NamedTuple):
    """An outlet as a round of a period has it."""

    outlet_id: UUID
    unit_path: str
    tier: str
    class_: str
    setting: str
    since: date | None
    star: int | None


def outlets_then(
    connection: sa.Connection, code: str, round_: int, outlets: Collection[UUID] = ()
) -> list[OutletThen]:
    """The outlets as a round of a period has them, all or the named ones, in the order of their ids; in nobody's scope."""
    return _outlets_then(
        connection, code, round_, _OUTLETS.c.outlet_id.in_(list(outlets)) if outlets else sa.true()
    )


def outlets_near(
    connection: sa.Connection, code: str, round_: int, within: str, units: Collection[str]
) -> list[OutletThen]:
    """The same of those that lie within a unit by its path, and right in some others; empty `within`: in no unit."""
    below = _OUTLETS.c.unit_path.startswith(within, autoescape=True) if within else sa.false()
    return _outlets_then(connection, code, round_, sa.or_(below, _OUTLETS.c.unit_path.in_(list(units))))


def units_then(connection: sa.Connection, code: str, round_: int) -> set[str]:
    """The paths of the units right in which outlets of a round lay; in nobody's scope."""
    path = _OUTLETS.c.unit_path
    rows = connection.execute(
        sa.select(path).where(_OUTLETS.c.period == code, in_round(_OUTLETS.c, round_)).distinct()
    )
    return set(rows.scalars())


def _outlets_then(
    connection: sa.Connection, code: str, round_: int, which: sa.ColumnElement[bool]
) -> list[OutletThen]:
    columns = (
        _OUTLETS.c[name] for name in ("outlet_id", "unit_path", "tier", "class", "setting", "since", "star")
    )
    rows = connection.execute(
        sa.select(*columns)
        .where(_OUTLETS.c.period == code, in_round(_OUTLETS.c, round_), which)
        .order_by(_OUTLETS.c.outlet_id)
    )
    return [OutletThen(*row) for row in rows.all()]


def standing(connection: sa.Connection, code: str) -> bool:
    """Whether a period is published or closed: nothing that it was computed from is counted anew."""
    state = connection.execute(sa.select(col(PeriodRow.state)).where(col(PeriodRow.code) == code)).scalar()
    return state in STANDING


def closed(connection: sa.Connection, code: str) -> bool:
    """Whether a period is closed: nothing that it was computed from may change any more."""
    state = connection.execute(sa.select(col(PeriodRow.state)).where(col(PeriodRow.code) == code)).scalar()
    return state == PeriodState.CLOSED
