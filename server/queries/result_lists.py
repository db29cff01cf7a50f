"""Lists of results: the outlets of a period with their figures, filtered, sorted and paged; the league of branches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import col

from server.domain.access import Viewer
from server.domain.errors import NotFound
from server.domain.periods import Period
from server.domain.service_indicators import CODES
from server.queries import half_year_reckoning, hall_indicators, results, scope
from server.queries.figures import units
from server.queries.results import Result
from server.queries.rules import rule_set
from server.storage.organisation import Outlet, Unit, UnitKind
from server.storage.periods import Figure, OutletText, PeriodOutlet, PeriodRow, in_round

PAGE = 25
Sort = Literal["figure", "-figure", "name", "code"]
SORTS: tuple[Sort, ...] = ("-figure", "figure", "name", "code")
Tab = Literal["month", "indicators", "quarter", "stars", "half_year"]
TABS: tuple[Tab, ...] = ("month", "indicators", "quarter", "stars", "half_year")
LEAGUE = ("window", "visit-mean", "weak-item", "window-after-deduction", "weak-item-improvement")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to and how it is ordered; empty means all, the best first."""

    branch: str = ""
    tier: str = ""
    search: str = ""
    sort: Sort = "-figure"
    page: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """An outlet as it was then, its main figure with its rank in the county, where it lay, and further figures by code."""

    outlet: UUID
    name: str
    code: str
    tier: str
    class_: str
    star: int | None
    hundredths: int | None
    rank: int | None
    of: int | None
    unit_path: str
    others: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Lines:
    """A page of the list."""

    rows: tuple[Line, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Indicator:
    """One of the six of a unit or a hall (by its id) in a month: rate and the figure beside it (both of 1), source, number of cases, its target.

    `above` is the target in percent, which `met` says to be passed; None: neither, for want of data.
    """

    path: str
    unit: str
    code: str
    value: str | None
    rate: Fraction | None
    met: bool | None
    source: str | None
    whole: int
    beside: Fraction | None
    above: Fraction


@dataclass(frozen=True, slots=True)
class LeagueLine:
    """A branch's quarter: its figures by code."""

    path: str
    name: str
    figures: dict[str, Result]


def outlets(
    connection: sa.Connection,
    viewer: Viewer,
    row: PeriodRow,
    main: str,
    others: tuple[str, ...],
    filters: Filters,
    *,
    size: int = PAGE,
) -> Lines:
    """The outlets in sight that have a main figure in a period's latest round."""
    then, figure = aliased(PeriodOutlet), aliased(Figure)
    where = [
        col(then.period) == row.code,
        in_round(then, row.round),
        scope.outlets(viewer),
    ]
    if filters.branch:
        where.append(col(then.unit_path).startswith(filters.branch, autoescape=True))
    if filters.tier:
        where.append(col(then.tier) == filters.tier)
    if filters.search:
        sought = filters.search
        where.append(
            sa.or_(
                col(Outlet.name).contains(sought, autoescape=True),
                col(Outlet.code).contains(sought, autoescape=True),
            )
        )
    joined = sa.and_(
        col(figure.period) == col(then.period),
        in_round(figure, row.round),
        col(figure.subject) == OutletText(col(then.outlet_id)),
        col(figure.code) == main,
    )
    statement: Any = (
        sa.select(
            col(then.outlet_id),
            col(Outlet.name),
            col(Outlet.code),
            col(then.tier),
            col(then.class_),
            col(then.star),
            col(figure.hundredths),
            col(figure.rank),
            col(figure.of),
            col(then.unit_path),
        )
        .select_from(then)
        .join(Outlet, col(Outlet.id) == col(then.outlet_id))
        .join(figure, joined)
        .where(*where)
    )
    total = connection.execute(sa.select(sa.func.count()).select_from(statement.subquery())).scalar_one()
    pages = max(1, -(-total // size))
    page = min(max(1, filters.page), pages)
    value = col(figure.hundredths)
    order = {
        # Who is not rated stands at the end, whichever way.
        "-figure": (value.is_(None), value.desc()),
        "figure": (value.is_(None), value),
        "name": (col(Outlet.name),),
        "code": (),
    }[filters.sort]
    found = connection.execute(
        statement.order_by(*order, col(Outlet.code)).limit(size).offset((page - 1) * size)
    ).all()
    named = [str(each[0]) for each in found]
    beside: dict[str, dict[str, str | None]] = {name: {} for name in named}
    if named and others:
        for each in results.results(connection, viewer, row.code, others, named):
            beside[each.subject][each.code] = each.value
    rows = tuple(Line(*each, others=beside[str(each[0])]) for each in found)
    return Lines(rows, total, page, pages)


def league(
    connection: sa.Connection, viewer: Viewer, row: PeriodRow, codes: tuple[str, ...] = LEAGUE
) -> list[LeagueLine]:
    """The province and its branches in sight with these figures, the province first, then by rank."""
    names = units(connection, UnitKind.PROVINCE) | units(connection, UnitKind.BRANCH)
    by_path: dict[str, dict[str, Result]] = {}
    for each in results.results(connection, viewer, row.code, codes):
        by_path.setdefault(each.subject, {})[each.code] = each
    lines = [LeagueLine(path, names[path], found) for path, found in by_path.items() if path in names]

    def place(line: LeagueLine) -> tuple[bool, int, str]:
        window = line.figures.get("window")
        return line.path.count("/") > 1, (window.rank if window else None) or 10**6, line.path

    return sorted(lines, key=place)


def indicators(
    connection: sa.Connection, viewer: Viewer, row: PeriodRow
) -> tuple[dict[str, Fraction], list[LeagueLine], list[Indicator]]:
    """The targets (in percent, met above them) of a month's six service indicators, how the province and its branches stand,
    and the same one by one with what stands beside each. Whoever belongs to an own hall sees that hall alone.
    """
    rules = rule_set(connection, row.rules_version).indicators
    targets = {code: getattr(rules, code).above for code in CODES}
    lines = league(connection, viewer, row, CODES)
    told = results.explanations(connection, viewer, row, CODES, [line.path for line in lines])
    found = [
        _indicator(line.path, line.name, code, told[line.path, code], targets[code])
        for line in lines
        for code in CODES
        if code in line.figures
    ]
    if viewer.outlet_id:
        found += hall(connection, viewer, row, UUID(viewer.outlet_id))
        lines += [LeagueLine(each.path, each.unit, {}) for each in found[-1:]]
    return targets, lines, found


def hall(connection: sa.Connection, viewer: Viewer, row: PeriodRow, outlet: UUID) -> list[Indicator]:
    """The six of one hall in sight in a month, `row` being the round that the viewer sees; none of what was no own hall then."""
    try:
        told = hall_indicators.told(connection, viewer, row, outlet)
    except NotFound:
        return []
    rules = rule_set(connection, row.rules_version).indicators
    name = connection.execute(sa.select(col(Outlet.name)).where(col(Outlet.id) == outlet)).scalar_one()
    return [
        _indicator(f"{outlet}/", name, code, each, getattr(rules, code).above) for code, each in told.items()
    ]


def _indicator(path: str, name: str, code: str, told: Mapping[str, Any], above: Fraction) -> Indicator:
    inputs, value = told["inputs"], told["value"]
    beside = inputs.get("beside")
    return Indicator(
        path,
        name,
        code,
        None if value is None else str(value),
        None if value is None else Fraction(str(value)),
        inputs["met"],
        inputs["source"],
        int(inputs["whole"]),
        None if beside is None else Fraction(str(beside)),
        above,
    )


def branches(connection: sa.Connection, viewer: Viewer) -> list[tuple[str, str]]:
    """The branches in sight by path and name."""
    rows = connection.execute(
        sa.select(col(Unit.path), col(Unit.name))
        .where(col(Unit.kind) == UnitKind.BRANCH, scope.units(viewer))
        .order_by(col(Unit.path))
    )
    return [(path, name) for path, name in rows]


def above(connection: sa.Connection) -> tuple[dict[str, str], dict[str, str]]:
    """The names of branches and of counties by their paths, for the outlets of a list."""
    return units(connection, UnitKind.BRANCH), units(connection, UnitKind.COUNTY)


def by_tab(connection: sa.Connection, viewer: Viewer) -> dict[Tab, list[PeriodRow]]:
    """The computed periods in sight under each tab that has them, the latest first.

    Stars stand with the periods over which the rules of each rate; `half_year` has what is half-yearly where those are others.
    """
    found: dict[Tab, list[PeriodRow]] = {tab: [] for tab in TABS}
    for row in results.periods(connection, viewer):
        if not row.digest:
            continue
        rules = rule_set(connection, row.rules_version)
        if row.kind == "month":
            found["month"].append(row)
            found["indicators"].append(row)
        if row.kind == "quarter":
            found["quarter"].append(row)
        if row.kind == rules.stars.period:
            found["stars"].append(row)
        if half_year_reckoning.is_due(row.kind, rules):
            found["half_year"].append(row)
    for rows in found.values():
        rows.sort(key=lambda row: Period.read(row.code).last, reverse=True)
    return found


def resolved(tabs: Mapping[Tab, Sequence[PeriodRow]], kind: str, asked: str) -> Tab:
    """The tab of an address: half-years and years stand under stars where the rules rate over them."""
    if kind in ("half_year", "year"):
        there = any(row.code == asked for row in tabs["half_year"])
        return "half_year" if there or (tabs["half_year"] and not asked and kind != "year") else "stars"
    return next((tab for tab in TABS if tab == kind), "month")


def kind_of(code: str) -> str:
    """The kind of a period's code; empty where it is none."""
    try:
        return Period.read(code).kind
    except ValueError:
        return ""
