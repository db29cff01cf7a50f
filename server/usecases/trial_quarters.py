"""The quarters of branches under two rule sets: window score with its level, weak item, and what is taken off for the one before."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import sqlalchemy as sa

from server.domain.access import SYSTEM
from server.domain.exact import half_up
from server.domain.rules import RuleSet
from server.domain.trials import Quarter
from server.domain.window import level_of
from server.queries import figures, outlets_then, reckoning, results, stored_figures
from server.queries.reckoning import Ground
from server.queries.rules import rules_on
from server.storage.organisation import UnitKind
from server.usecases.trial_grounds import Grounds, Stage

Sides = tuple[Quarter, Quarter]
_FIGURES = ("window", "weak-item", "window-after-deduction")


def quarters(connection: sa.Connection, of: Grounds) -> dict[str, dict[str, Sides]]:
    """Both sides of each branch's quarters, by the quarter's code and the branch's path.

    The tried rules hold for the weak item of the quarter before too: else no changed target would ever show.
    """
    return {stage.code: _quarter(connection, of, stage) for stage in of.quarters}


def _quarter(connection: sa.Connection, of: Grounds, stage: Stage) -> dict[str, Sides]:
    branches = figures.units(connection, UnitKind.BRANCH)
    before_it = rules_on(connection, stage.period.back().first)
    if stage.number is None:
        before = _reckoned(connection, stage, stage.rules, before_it)
    else:
        stored: dict[str, dict[str, tuple[str | None, Fraction | None]]] = {}
        for each in results.results(connection, SYSTEM, stage.code, _FIGURES):
            stored.setdefault(each.subject, {})[each.code] = each.value, each.exact
        before = {path: _of(found, stage.rules) for path, found in stored.items()}
    after = before
    if "window" in stage.hangs:
        after = _reckoned(connection, stage, of.rules, of.rules)
    nothing = Quarter()
    return {path: (before.get(path, nothing), after.get(path, nothing)) for path in branches}


def _reckoned(
    connection: sa.Connection, stage: Stage, rules: RuleSet, before_it: RuleSet
) -> dict[str, Quarter]:
    quarter, source = stage.period, stage.source
    if stage.number is None:
        places = outlets_then.of_period(connection, quarter)
    else:
        places = list(stored_figures.places(connection, stage.code, stage.number).values())
    now, then = (
        Ground(places, source.of_halls(connection, each.first, each.after))
        for each in (quarter, quarter.back())
    )
    found: dict[str, dict[str, tuple[str | None, Fraction | None]]] = {}
    for each in reckoning.quarter(connection, quarter, rules, now, then, before_it):
        if each.code in _FIGURES:
            value = each.value
            exact = value if isinstance(value, Fraction) else None
            if isinstance(value, int) and not isinstance(value, bool):
                exact = Fraction(value)
            found.setdefault(each.subject, {})[each.code] = (
                None if value is None else str(value),
                exact,
            )
    return {path: _of(mine, rules) for path, mine in found.items()}


def _of(found: Mapping[str, tuple[str | None, Fraction | None]], rules: RuleSet) -> Quarter:
    window = found.get("window", (None, None))[1]
    if window is None:
        return Quarter(weak_item=found.get("weak-item", (None, None))[0])
    reduced = found.get("window-after-deduction", (None, None))[1]
    return Quarter(
        half_up(window * 100),
        level_of(window, rules.window),
        found.get("weak-item", (None, None))[0],
        0 if reduced is None else half_up((window - reduced) * 100),
    )
