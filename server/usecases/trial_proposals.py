"""What figures propose under two rule sets: warnings and probation of months, tiers of a half-year, exits of its year."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from uuid import UUID

from server.domain.deciding import Standing
from server.domain.periods import Period
from server.domain.rules import RuleSet
from server.queries import proposals, reckoning
from server.queries.proposals import Found
from server.queries.reckoning import AGENTS
from server.usecases.trial_grounds import Half, Portion

Said = dict[str, tuple[tuple[str, str], ...]]
"""Pairs of what is proposed and of which period, by the outlet's id as text."""


def sides(of: Portion) -> tuple[Said, Said]:
    """What both sides propose; the one before is proposed anew too, for what people did since is no figure."""
    before = _said(of, of.before)
    if not of.about and "proposals" not in of.grounds.hangs:
        return before, before
    return before, _said(of, of.after)


def _said(of: Portion, half: Half) -> Said:
    standings = {
        place.outlet: of.grounds.past.standings[place.outlet] for place in of.places if place.tier in AGENTS
    }
    found: list[Found] = []
    for stage in of.grounds.months:
        found += _of_month(of, half, stage.round.period, standings, half.rules[stage.code])
    if of.grounds.period.kind == "half_year":
        found += _of_half_year(of, half, standings, half.rules[of.grounds.whole.code])
    said: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for each in found:
        name = str(each.outlet)
        said[name].append((each.kind.value, each.period))
        if name == of.about:
            half.told[each.period, f"proposal-{each.kind.value}"] = dict(each.evidence)
    return {name: tuple(several) for name, several in said.items()}


def _of_month(
    of: Portion, half: Half, month: Period, standings: dict[UUID, Standing], rules: RuleSet
) -> list[Found]:
    codes = [month.back(turn).code for turn in reversed(range(rules.decisions.warning.months))]
    grave = of.grounds.past.grave[month.code]
    found: list[Found] = []
    for outlet, standing in standings.items():
        mine = [(code, _composite(of, half, code, str(outlet))) for code in codes]
        found += proposals.in_month(outlet, standing, mine, grave.get(outlet, 0), rules)
    return found


def _of_half_year(of: Portion, half: Half, standings: dict[UUID, Standing], rules: RuleSet) -> list[Found]:
    period, past = of.grounds.period, of.grounds.past
    halves = [period.back(turn) for turn in reversed(range(rules.decisions.upgrade.half_years))]
    found: list[Found] = []
    for outlet, standing in standings.items():
        name = str(outlet)
        mine = [
            proposals.half_year_of(
                each,
                _class(of, half, each, name, standing),
                {month.code: _composite(of, half, month.code, name) for month in each.split("month")},
                past.vetoes.get(outlet, ()),
                rules,
            )
            for each in halves
        ]
        found += proposals.in_half_year(outlet, standing, mine, past.entry_checks.get(outlet), rules)
    if period.number == 2:
        year = Period.of("year", period.first)
        paths = {str(place.outlet): place.unit_path for place in of.places}
        composites = {
            month.code: {name: _composite(of, half, month.code, name) for name in paths}
            for month in year.split("month")
        }
        found += proposals.in_year(
            year,
            {name: reckoning.within(path, past.counties) for name, path in paths.items()},
            {name: reckoning.within(path, past.departments) for name, path in paths.items()},
            composites,
            standings,
            rules,
        )
    return found


def _composite(of: Portion, half: Half, month: str, name: str) -> Fraction | None:
    """Within the period that of the side, before it the published one."""
    inside = half.composites.get(month)
    return (of.grounds.past.composites.get(month, {}) if inside is None else inside).get(name)


def _class(of: Portion, half: Half, of_half: Period, name: str, standing: Standing) -> str:
    """The class that an outlet has of a half-year: rated on this side, or as it was."""
    was = of.grounds.past.classes[of_half.code].get(name, "")
    if of_half != of.grounds.period:
        return was
    return half.classes.get(name) or was or standing.class_
