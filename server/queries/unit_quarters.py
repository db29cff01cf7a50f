"""The quarter of units: window score, weak item and its improvement against the quarter before, ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sqlalchemy as sa

from server.domain.access import SYSTEM, Viewer
from server.domain.indicators import Sum
from server.domain.periods import Period
from server.domain.ranks import ranks
from server.domain.rules import RuleSet
from server.domain.visit import VisitKind
from server.domain.weak_items import Improvement, Weakest, after_deduction, improved, weakest
from server.domain.window import Window, window
from server.queries.figures import Counted, Span, by_unit, counted, summed, units
from server.queries.rules import rules_on
from server.storage.organisation import Tier, UnitKind


@dataclass(frozen=True, slots=True)
class UnitQuarter:
    """A branch's (or county's, area's) quarter from the mystery visits to its own halls.

    `rank` is by window score before the deduction, `visit_rank` by the mean visit score, which decides the target of
    the next quarter; both among the units of the same kind in the province, None without a score. `improvement` is
    that of the weak item of the quarter before (None: it had none, or the unit is the province). `after_deduction` is for branches only.
    """

    unit_path: str
    name: str
    window: Window
    sums: tuple[Sum, ...]
    weakest: Weakest
    improvement: Improvement | None
    after_deduction: Fraction | None
    rank: int | None
    visit_rank: int | None
    of: int


def unit_quarters(
    connection: sa.Connection,
    quarter: Period,
    kind: UnitKind = UnitKind.BRANCH,
    *,
    rules: RuleSet | None = None,
    viewer: Viewer = SYSTEM,
) -> dict[str, UnitQuarter]:
    """The quarter of every unit of a kind, by path. A quarter is computed with the rule set of its first day.

    The weak item of the quarter before and its target stand with that quarter's own rules. Only branches lose points.
    Ranks, and so targets, are among what `viewer` sees: hand in one who sees the whole province.
    """
    before = quarter.back()
    spans = [
        Span.of(each, [VisitKind.MYSTERY], tiers=[Tier.OWN_HALL.value], viewer=viewer)
        for each in (quarter, before)
    ]
    now, then = (counted(connection, span) for span in spans)
    now_rules = rules or rules_on(connection, quarter.first)
    then_rules = rules or rules_on(connection, before.first)
    return of_visits(connection, kind, now, then, now_rules, then_rules)


def of_visits(
    connection: sa.Connection,
    kind: UnitKind,
    visits: Sequence[Counted],
    before: Sequence[Counted],
    now_rules: RuleSet,
    then_rules: RuleSet,
    *,
    names: Mapping[str, str] | None = None,
) -> dict[str, UnitQuarter]:
    """The same from mystery visits to own halls that were read: those of the quarter, and those of the one before.

    Of the units in `names`, by their paths; without it of all there are now.
    """
    names = units(connection, kind) if names is None else names
    now, then = by_unit(visits, names), by_unit(before, names)
    return of_groups(
        connection,
        names,
        now,
        then,
        now_rules,
        then_rules,
        deducts=kind is UnitKind.BRANCH,
        targets=kind is not UnitKind.PROVINCE,
    )


def of_groups(
    connection: sa.Connection,
    names: Mapping[str, str],
    visits: Mapping[str, Sequence[Counted]],
    before: Mapping[str, Sequence[Counted]],
    now_rules: RuleSet,
    then_rules: RuleSet,
    *,
    deducts: bool = False,
    targets: bool = True,
) -> dict[str, UnitQuarter]:
    """The same of any groups of visits by the keys of `names`: ranks are among them; only branches lose points.

    Targets go by ranks: the province, which has none beside it, has neither target nor outcome.
    """
    then = _measured(connection, before, then_rules)
    now = _measured(connection, visits, now_rules)
    rank = ranks({path: each[0].score for path, each in now.items()})
    visit_rank = ranks({path: each[0].visit_score for path, each in now.items()})
    rank_then = ranks({path: each[0].visit_score for path, each in then.items()})
    found = {}
    for path, (score, sums) in now.items():
        was = weakest(then[path][1], then_rules.weak_item, then_rules.version).item
        improvement = None
        # Without a mean visit score there was no visit, and so no weak item.
        if targets and was is not None and path in rank_then:
            later = next((each for each in sums if each.indicator.id == was.indicator.id), None)
            improvement = improved(
                was, rank_then[path], later, then_rules.weak_item, then_rules.version, deducts=deducts
            )
        found[path] = UnitQuarter(
            path,
            names[path],
            score,
            sums,
            weakest(sums, now_rules.weak_item, now_rules.version),
            improvement,
            after_deduction(score.score, improvement) if deducts else score.score,
            rank.get(path),
            visit_rank.get(path),
            len(rank),
        )
    return found


def _measured(
    connection: sa.Connection, groups: Mapping[str, Sequence[Counted]], rules: RuleSet
) -> dict[str, tuple[Window, tuple[Sum, ...]]]:
    return {
        path: (
            window([visit.figure for visit in mine], rules.window, rules.aggregates, rules.version),
            summed(connection, mine),
        )
        for path, mine in groups.items()
    }
