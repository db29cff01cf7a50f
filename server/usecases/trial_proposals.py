"""What is proposed under two rule sets: warnings and probation of months, tiers of a half-year, exits of its year, entries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import ceil
from typing import TypeVar
from uuid import UUID

from server.domain.deciding import Standing
from server.domain.periods import Period
from server.domain.rules import RuleSet
from server.queries import entry_proposals, proposals, reckoning
from server.queries.proposals import Found
from server.queries.reckoning import AGENTS
from server.usecases.trial_grounds import Stage
from server.usecases.trial_portion import Half, Portion, Scores, exact

_Known = TypeVar("_Known")
Said = dict[str, tuple[tuple[str, str], ...]]
"""Pairs of what is proposed and of which period, by the outlet's id as text."""


def sides(of: Portion) -> tuple[Said, Said]:
    """What both sides propose; the one before is proposed anew too, for what people did since is no figure."""
    before = _said(of, of.before)
    moved = bool(of.grounds.past.entries) or any(
        of.before.composites[code] is not of.after.composites[code] for code in of.grounds.codes
    )
    if not of.full and not moved and not of.grounds.hangs & {"proposals", "class"}:
        return before, before
    return before, _said(of, of.after)


def _said(of: Portion, half: Half) -> Said:
    standings = {str(place.outlet): of.standings[place.outlet] for place in of.places if place.tier in AGENTS}
    found: list[Found] = []
    for stage in of.grounds.months:
        found += _of_month(of, half, stage, standings)
    if of.grounds.period.kind == "half_year":
        found += _of_half_year(of, half, standings, half.rules[of.grounds.whole.code])
    for place in of.places:
        if place.outlet in of.grounds.past.entries:
            check, own = of.grounds.past.entries[place.outlet]
            # The rules of the day are those of before, whatever the period's are.
            found += entry_proposals.of_check(check, own if half is of.before else of.grounds.rules)
    said: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for each in found:
        name = str(each.outlet)
        said[name].append((each.kind.value, each.period))
        if name == of.about:
            half.told[each.period, f"proposal-{each.kind.value}"] = dict(each.evidence)
    return {name: tuple(several) for name, several in said.items()}


def _of_month(of: Portion, half: Half, stage: Stage, standings: dict[str, Standing]) -> Iterator[Found]:
    rules = half.rules[stage.code]
    codes = [stage.period.back(turn).code for turn in reversed(range(rules.decisions.warning.months))]
    scores = [_composites(of, half, code) for code in codes]
    grave = _by_name(of.grounds.past.grave[stage.code])
    rule = rules.decisions.warning
    # Who is above both lines and had no grave fail gives no cause.
    line = ceil(max(rule.composite_below, rule.probation_below) * 100)
    for name, standing in standings.items():
        last = scores[-1].get(name)
        if not of.full and (last is None or last >= line) and not grave.get(name, 0):
            continue
        mine = [(code, exact(each.get(name))) for code, each in zip(codes, scores, strict=True)]
        yield from proposals.in_month(UUID(name), standing, mine, grave.get(name, 0), rules)


def _of_half_year(of: Portion, half: Half, standings: dict[str, Standing], rules: RuleSet) -> Iterator[Found]:
    period, past = of.grounds.period, of.grounds.past
    halves = [period.back(turn) for turn in reversed(range(rules.decisions.upgrade.half_years))]
    months = {each.code: [month.code for month in each.split("month")] for each in halves}
    scores = {code: _composites(of, half, code) for several in months.values() for code in several}
    low = rules.decisions.downgrade.composite_below * 100
    vetoed, checked = _by_name(past.vetoes), _by_name(past.entry_checks)
    for name, standing in standings.items():
        vetoes, check = vetoed.get(name, ()), checked.get(name)
        if not of.full and check is None and not vetoes:
            # Without an entry check nobody rises, and only a low mean goes down.
            rated = [value for code in months[period.code] if (value := scores[code].get(name)) is not None]
            if not rated or sum(rated) >= low * len(rated):
                continue
        mine = [
            proposals.half_year_of(
                each,
                _class(of, half, each, name, standing),
                {code: exact(scores[code].get(name)) for code in months[each.code]},
                vetoes,
                rules,
            )
            for each in halves
        ]
        yield from proposals.in_half_year(UUID(name), standing, mine, check, rules)
    if period.number == 2:
        yield from _of_year(of, half, standings, rules)


def _of_year(of: Portion, half: Half, standings: dict[str, Standing], rules: RuleSet) -> Iterator[Found]:
    past, year = of.grounds.past, Period.of("year", of.grounds.period.first)
    paths = {str(place.outlet): place.unit_path for place in of.places}
    composites: dict[str, dict[str, Fraction | None]] = {}
    for month in year.split("month"):
        scores = _composites(of, half, month.code)
        composites[month.code] = {name: exact(scores.get(name)) for name in paths}
    in_department = {name: reckoning.within(path, past.departments) for name, path in paths.items()}
    yield from proposals.in_year(
        year,
        {name: reckoning.within(path, past.counties) for name, path in paths.items()},
        # A portion has not all of a department in which somebody of it lay before.
        dict.fromkeys(composites, in_department),
        composites,
        {UUID(name): standing for name, standing in standings.items()},
        rules,
    )


def _by_name(known: Mapping[UUID, _Known]) -> dict[str, _Known]:
    """What is known of few, by the outlet's id as text: so no id is made of a text for each of all."""
    return {str(outlet): each for outlet, each in known.items()}


def _composites(of: Portion, half: Half, month: str) -> Scores:
    """Within the period those of the side, before it the published ones."""
    inside = half.composites.get(month)
    return of.past.get(month, {}) if inside is None else inside


def _class(of: Portion, half: Half, of_half: Period, name: str, standing: Standing) -> str:
    """The class that an outlet has of a half-year: rated on this side, or as it was."""
    was = of.grounds.past.classes.get(of_half.code, {}).get(name, "")
    if of_half != of.grounds.period:
        return was
    return half.classes.get(name) or was or standing.class_
