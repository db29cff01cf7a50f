"""What a quarter says of each unit's indicators: their ratios, the weak item with its target, what became of the one before.

Of the province and its branches it is read from the stored figures; of counties, areas and outlets it is worked out from
the same visits under the same rules, without deduction (handbook 2.6).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, cast

import sqlalchemy as sa
from sqlmodel import col

from server.domain.access import Viewer
from server.domain.indicators import Indicator, Sum
from server.domain.periods import Period
from server.domain.rules_ratings import WeakItem as WeakItemRules
from server.domain.visit import VisitKind
from server.domain.weak_items import Outcome, WeakItem, target_percent, to_reach
from server.queries import figures, results, scope
from server.queries.figures import Counted
from server.queries.rules import rule_set, rules_on
from server.queries.unit_quarters import UnitQuarter, of_groups
from server.storage.facts import VisitFacts
from server.storage.organisation import Outlet, Tier, Unit, UnitKind
from server.storage.periods import Figure, PeriodRow, PeriodState, in_round

Level = Literal["branch", "county", "area", "outlet"]
LEVELS: tuple[Level, ...] = ("branch", "county", "area", "outlet")
_KINDS = {"county": UnitKind.COUNTY, "area": UnitKind.AREA}
_TOLD = ("weak-item", "weak-item-improvement")
_VALUES = ("window", "window-after-deduction", "visit-mean")


@dataclass(frozen=True, slots=True)
class Cell:
    """One indicator of a unit: earned over full, in how many visits, and whether these are too few to count."""

    ratio: Fraction | None
    visits: int
    few: bool
    earned: int
    full: int
    points: int

    def sum(self, indicator: str) -> Sum:
        """The same as the rules take it."""
        kind: Any = "touchpoints" if indicator.startswith("T-") else "prohibition"
        return Sum(Indicator(indicator, kind, self.points), self.earned, self.full, self.visits)


@dataclass(frozen=True, slots=True)
class Became:
    """What became of the weak item of the quarter before; ratios and improvement of 1, deduction in points."""

    indicator: str
    ratio_before: Fraction
    target: Fraction
    to_reach: Fraction
    ratio: Fraction | None
    samples: int
    improvement: Fraction | None
    outcome: Outcome
    deduction: Fraction


@dataclass(frozen=True, slots=True)
class Line:
    """A unit's quarter. `weak` is its weak item, or `nothing` says why it has none; `target` in percent: it goes by
    the rank, so the province, which has none, has no target. `tied` are the other indicators with the lowest ratio. `window` is the score of the quarter, `after` the same after the deduction: of branches only.
    """

    subject: str
    period: str
    cells: Mapping[str, Cell]
    weak: str | None
    nothing: str | None
    target: Fraction | None
    to_reach: Fraction | None
    rank: int | None
    window: Fraction | None
    after: Fraction | None
    became: Became | None
    min_samples: int
    tied: tuple[str, ...] = ()

    @property
    def cell(self) -> Cell | None:
        """The weak item's cell."""
        return self.cells.get(self.weak) if self.weak else None


def quarters(connection: sa.Connection, viewer: Viewer) -> list[PeriodRow]:
    """The quarters in sight whose figures there are, the latest first."""
    return [row for row in results.periods(connection, viewer) if row.kind == "quarter" and row.digest]


def latest(rows: Sequence[PeriodRow]) -> PeriodRow | None:
    """The latest of these quarters that is more than a draft, or else the latest draft."""
    return next((row for row in rows if row.state is not PeriodState.DRAFT), rows[0] if rows else None)


def so_far(row: PeriodRow) -> bool:
    """Whether what a quarter says is settled by nothing yet: it is a draft, which head office alone sees."""
    return row.state is PeriodState.DRAFT


def stored(
    connection: sa.Connection,
    viewer: Viewer,
    row: PeriodRow,
    subjects: Collection[str] = (),
    round_: int | None = None,
) -> dict[str, Line]:
    """The lines of the province and its branches in sight, by path, as the figures of a round have them."""
    where = [
        col(Figure.period) == row.code,
        in_round(Figure, round_ or row.round),
        col(Figure.code).in_(_TOLD),
        scope.figures(viewer),
    ]
    if subjects:
        where.append(col(Figure.subject).in_(list(subjects)))
    told: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for subject, code, packed in connection.execute(
        sa.select(col(Figure.subject), col(Figure.code), col(Figure.explanation)).where(*where)
    ):
        told[subject][code] = results.unpacked(packed)
    values: defaultdict[str, dict[str, results.Result]] = defaultdict(dict)
    for each in results.results(connection, viewer, row.code, _VALUES, subjects, round_=round_):
        values[each.subject][each.code] = each
    rules = rule_set(connection, row.rules_version).weak_item
    found = {}
    for subject, mine in told.items():
        if "weak-item" not in mine:
            continue
        have = values[subject]
        mean = have.get("visit-mean")
        window, after = have.get("window"), have.get("window-after-deduction")
        found[subject] = _line(
            subject,
            row.code,
            mine["weak-item"],
            mine.get("weak-item-improvement"),
            rules,
            mean.rank if mean else None,
            window.exact if window else None,
            after.exact if after else None,
        )
    return found


def worked_out(
    connection: sa.Connection,
    viewer: Viewer,
    row: PeriodRow,
    level: Level,
    subject: str = "",
    round_: int | None = None,
) -> dict[str, Line]:
    """The lines of the counties, areas or own halls in sight, or of one of them, in a round (None: the latest).

    Ranks are among all of the province.
    """
    period = Period.read(row.code)
    now, then = (visits(connection, row, each, round_) for each in (period, period.back()))
    rules = rule_set(connection, row.rules_version)
    names = every(connection, level)
    found = of_groups(
        connection,
        names,
        _grouped(now, names, level),
        _grouped(then, names, level),
        rules,
        rules_on(connection, period.back().first),
    )
    sight = in_sight(connection, viewer, level)
    return {
        key: _of_quarter(key, row.code, each, rules.weak_item)
        for key, each in found.items()
        if key in sight and (not subject or key == subject) and each.window.visits
    }


def visits(
    connection: sa.Connection, row: PeriodRow, period: Period, round_: int | None = None
) -> list[Counted]:
    """The mystery visits to own halls that a quarter's round (None: the latest) has of itself, or of the quarter before."""
    halls = col(VisitFacts.tier) == Tier.OWN_HALL.value
    return figures.of_round(
        connection, row.code, round_ or row.round, halls, [VisitKind.MYSTERY], period.first, period.after
    )


def every(connection: sa.Connection, level: Level) -> dict[str, str]:
    """The names of all units of a level by path, or of all own halls by id."""
    if level == "outlet":
        rows = connection.execute(
            sa.select(col(Outlet.id), col(Outlet.name)).where(col(Outlet.tier) == Tier.OWN_HALL)
        )
        return {str(outlet): name for outlet, name in rows}
    return figures.units(connection, _KINDS.get(level, UnitKind.BRANCH))


def in_sight(connection: sa.Connection, viewer: Viewer, level: Level) -> dict[str, tuple[str, str]]:
    """The name of each unit or own hall of a level in the viewer's part, and the path of what lies above it."""
    statement: Any
    if level == "outlet":
        statement = sa.select(col(Outlet.id), col(Outlet.name), col(Outlet.unit_path)).where(
            col(Outlet.tier) == Tier.OWN_HALL, scope.outlets(viewer)
        )
    else:
        kind = _KINDS.get(level, UnitKind.BRANCH)
        statement = sa.select(col(Unit.path), col(Unit.name), col(Unit.path)).where(
            col(Unit.kind) == kind, scope.units(viewer)
        )
    return {str(key): (name, path) for key, name, path in connection.execute(statement)}


def _grouped(
    visits_: Sequence[Counted], names: Collection[str], level: Level
) -> Mapping[str, Sequence[Counted]]:
    if level != "outlet":
        return figures.by_unit(visits_, names)
    found: dict[str, list[Counted]] = {name: [] for name in names}
    for visit in visits_:
        if visit.figure.outlet in found:
            found[visit.figure.outlet].append(visit)
    return found


def _of_quarter(key: str, code: str, each: UnitQuarter, rules: WeakItemRules) -> Line:
    return _line(
        key,
        code,
        each.weakest.explanation.as_json(),
        each.improvement.explanation.as_json() if each.improvement else None,
        rules,
        each.visit_rank,
        each.window.score,
        None,
    )


def _line(
    subject: str,
    code: str,
    told: Mapping[str, Any],
    became: Mapping[str, Any] | None,
    rules: WeakItemRules,
    rank: int | None,
    window: Fraction | None,
    after: Fraction | None,
) -> Line:
    least = int(told["thresholds"]["min_samples"])
    cells = dict(_cells(told, least))
    weak = told["value"]
    nothing = None
    if weak is None:
        codes = {note["code"] for note in told.get("notes", ())}
        nothing = "all_full" if "weak-item-all-full" in codes else "too_few"
    target = reach = None
    if rank is not None and weak is not None and (ratio := cells[weak].ratio) is not None:
        item = WeakItem(cells[weak].sum(weak).indicator, ratio, cells[weak].visits)
        target, reach = target_percent(rank, rules), to_reach(item, rank, rules)
    return Line(
        subject,
        code,
        cells,
        weak,
        nothing,
        target,
        reach,
        rank,
        window,
        after,
        _became(became) if became else None,
        least,
        tuple(each for each in _tied(told) if each != weak),
    )


def _tied(told: Mapping[str, Any]) -> list[str]:
    """The indicators that tie for the weak item, it among them; none where it is alone."""
    notes = {note["code"]: note for note in told.get("notes", ())}
    tie = notes.get("tie-by-points-and-order")
    return str(tie["tied"]).split() if tie else []


def _cells(told: Mapping[str, Any], least: int) -> Iterator[tuple[str, Cell]]:
    for part in told.get("parts", ()):
        inputs = part["inputs"]
        count = int(inputs["visits"])
        yield (
            part["subject"].partition(":")[2],
            Cell(
                _exact(part["value"]),
                count,
                count < least,
                int(inputs["earned"]),
                int(inputs["full"]),
                int(inputs["points"]),
            ),
        )


def _became(told: Mapping[str, Any]) -> Became:
    inputs, thresholds = told["inputs"], told["thresholds"]
    return Became(
        inputs["indicator"],
        Fraction(str(inputs["ratio_before"])),
        Fraction(str(thresholds["target_percent"])),
        Fraction(str(thresholds["to_reach"])),
        _exact(inputs["ratio"]),
        int(inputs["visits"]),
        _exact(inputs["improvement"]),
        cast(Outcome, told["value"]),
        Fraction(str(inputs["deduction"])),
    )


def _exact(value: Any) -> Fraction | None:
    return None if value is None else Fraction(str(value))
