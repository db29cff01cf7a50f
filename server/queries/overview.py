"""The overview: which unit at which period, its figures against their targets, and how they went over the last periods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

import sqlalchemy as sa
from sqlmodel import col

from server.domain.access import Viewer
from server.domain.errors import NotFound
from server.domain.periods import Period
from server.domain.service_indicators import CODES
from server.domain.window import level_of
from server.queries import results, scope
from server.queries.results import STANDING, Result
from server.queries.rules import rule_set
from server.storage.organisation import Unit, UnitKind
from server.storage.periods import PeriodRow

Kind = Literal["month", "quarter", "half_year", "year"]
KINDS: tuple[Kind, ...] = ("month", "quarter", "half_year", "year")
HISTORY: Mapping[str, int] = {"month": 12, "quarter": 8, "half_year": 4, "year": 3}
"""How many periods a trend goes back, the shown one among them."""
FIGURES: Mapping[Kind, tuple[str, ...]] = {
    "month": (*CODES, "composite-mean", "corrective_actions"),
    "quarter": ("window", "visit-mean", "star-mean"),
    "half_year": ("star-mean",),
    "year": ("star-mean",),
}
"""The stored figures of a unit that are shown, by the kind of period that has them; stars with whatever period the rules rate by."""
RATES = frozenset({*CODES, "corrective_actions"})
"""Figures that are rates of 1; the others are scores, or stars."""


@dataclass(frozen=True, slots=True)
class Place:
    """The unit that is looked at, and those above it that the viewer may see, from the top."""

    path: str
    name: str
    kind: str
    above: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Moments:
    """The period that was chosen, and for each kind the periods of a trend that ends with it, the oldest first.

    A period of another kind than the chosen one is the last that had ended with it. One that the viewer may not see, or
    that was not computed, stands as None beside its code.
    """

    chosen: PeriodRow
    trends: Mapping[Kind, tuple[tuple[str, PeriodRow | None], ...]]

    def now(self, kind: Kind) -> PeriodRow | None:
        """The period of a kind that is shown."""
        return self.trends[kind][-1][1] if self.trends[kind] else None

    def before(self, kind: Kind) -> PeriodRow | None:
        """The one before it."""
        return self.trends[kind][-2][1] if len(self.trends[kind]) > 1 else None


@dataclass(frozen=True, slots=True)
class Card:
    """A figure of a unit: exactly, in the period before, its target and whether it is met, and its trend.

    Rates are of 1, and so are their targets. `level` is the word of a window score. A trend has the code of each period.
    """

    code: str
    period: str
    state: str
    value: Fraction | None
    before: Fraction | None
    target: Fraction | None
    met: bool | None
    level: str
    trend: tuple[tuple[str, Fraction | None], ...]

    @property
    def change(self) -> Fraction | None:
        """The difference to the period before; None where one of the two has no figure."""
        return None if self.value is None or self.before is None else self.value - self.before


def place(connection: sa.Connection, viewer: Viewer, path: str) -> Place:
    """The unit that is asked for, else the viewer's own, else the province. Raises NotFound for one out of sight.

    Whoever has no place in the organisation, and sees no part of it, gets one without a name.
    """
    statement = sa.select(col(Unit.path), col(Unit.name), col(Unit.kind)).where(scope.units(viewer))
    asked = path or viewer.unit_path
    if asked:
        found = connection.execute(statement.where(col(Unit.path) == asked)).first()
    else:
        found = connection.execute(statement.where(col(Unit.kind) == UnitKind.PROVINCE)).first()
    if found is None and path:
        raise NotFound()
    if found is None:
        return Place("", "", "", ())
    steps = [found[0][:end] for end in range(1, len(found[0])) if found[0][end - 1] == "/"]
    rows = connection.execute(statement.where(col(Unit.path).in_(steps)).order_by(col(Unit.path)))
    return Place(found[0], found[1], str(found[2].value), tuple((row[0], row[1]) for row in rows))


def choices(connection: sa.Connection, viewer: Viewer) -> list[PeriodRow]:
    """The periods that can be chosen, those of a year together, the latest first.

    Half-years and years only where the rules rate over them: units have nothing else of those.
    """
    return [
        row
        for row in results.periods(connection, viewer)
        if row.digest
        and (
            row.kind in ("month", "quarter")
            or row.kind == rule_set(connection, row.rules_version).stars.period
        )
    ]


def moments(rows: Sequence[PeriodRow], asked: str) -> Moments | None:
    """The asked period of those that can be chosen, else the latest published month; None where there is none.

    Beside a published period only published ones are shown.
    """
    order = (
        lambda row: row.code == asked,
        lambda row: row.kind == "month" and row.state in STANDING,
        lambda row: row.kind == "month",
        lambda _: True,
    )
    chosen = next((row for fits in order for row in rows if fits(row)), None)
    if chosen is None:
        return None
    until = Period.read(chosen.code).last
    trends: dict[Kind, tuple[tuple[str, PeriodRow | None], ...]] = {}
    for kind in KINDS:
        there = {
            row.code: row
            for row in rows
            if row.kind == kind
            and Period.read(row.code).last <= until
            and (chosen.state not in STANDING or row.state in STANDING)
        }
        trends[kind] = _history(there, HISTORY[kind])
    return Moments(chosen, trends)


def _history(there: Mapping[str, PeriodRow], most: int) -> tuple[tuple[str, PeriodRow | None], ...]:
    if not there:
        return ()
    last = max((Period.read(code) for code in there), key=lambda period: period.first)
    codes = [last.back(turn).code for turn in range(most - 1, -1, -1)]
    first = next(number for number, code in enumerate(codes) if code in there)
    return tuple((code, there.get(code)) for code in codes[first:])


def stored(
    connection: sa.Connection, viewer: Viewer, at: Moments, path: str
) -> dict[tuple[str, str], Result]:
    """The figures of a unit in all periods of its trends, by period and code."""
    codes = [code for trend in at.trends.values() for code, row in trend if row]
    figures = [figure for kind in KINDS for figure in FIGURES[kind]]
    found = results.series(connection, viewer, codes, figures, [path])
    return {(period, figure): each for (period, _, figure), each in found.items()}


def sources(
    connection: sa.Connection, viewer: Viewer, at: Moments, path: str
) -> dict[tuple[str, str], tuple[str, int]]:
    """What the six service indicators of a unit were taken from, and of how many cases, in the shown month and the one before,
    by period and code; those without data are left out (handbook 2.4)."""
    found: dict[tuple[str, str], tuple[str, int]] = {}
    for row in (at.now("month"), at.before("month")):
        told = {} if row is None else results.explanations(connection, viewer, row, CODES, [path])
        for (_, code), each in told.items():
            if row is not None and each["inputs"]["source"] is not None:
                found[row.code, code] = (each["inputs"]["source"], int(each["inputs"]["whole"]))
    return found


def cards(
    connection: sa.Connection, at: Moments, figures: Mapping[tuple[str, str], Result]
) -> dict[str, Card]:
    """A card of each figure that the unit has in the shown period or had before, by its code."""
    found: dict[str, Card] = {}
    for kind in KINDS:
        for code in FIGURES[kind]:
            card = _card(connection, code, at.trends[kind], figures)
            # Where the rules came to rate over other periods, the latest rating is shown.
            if card is not None and (code not in found or _last(found[code]) <= _last(card)):
                found[code] = card
    return found


def _last(card: Card) -> date:
    return Period.read(card.period).last


def _card(
    connection: sa.Connection,
    code: str,
    trend: Sequence[tuple[str, PeriodRow | None]],
    figures: Mapping[tuple[str, str], Result],
) -> Card | None:
    values = tuple((period, _exact(figures.get((period, code)))) for period, _ in trend)
    if all(value is None for _, value in values):
        return None
    period, row = trend[-1]
    assert row is not None
    value = values[-1][1]
    target, met, level = None, None, ""
    rules = rule_set(connection, row.rules_version)
    if code in CODES:
        target = Fraction(getattr(rules.indicators, code).above) / 100
        # 95.00 % is not more than 95 %.
        met = None if value is None else value > target
    elif code == "window":
        meets = next(band for band in rules.window.levels if band.level == "meets")
        target = Fraction(meets.begins[0]) if meets.begins else None
        level = "" if value is None else level_of(value, rules.window)
        met = None if value is None else level != "below"
    before = values[-2][1] if len(values) > 1 else None
    return Card(code, period, row.state.value, value, before, target, met, level, values)


def _exact(result: Result | None) -> Fraction | None:
    return None if result is None else result.exact
