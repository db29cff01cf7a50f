"""Composites under two rule sets: as they are stored or would be reckoned, and as the tried rules make them; nothing is stored.

What hangs on nothing that differs is taken as it is; the rest is made from the parts that are kept beside the stored ones where
they have all that the tried rules ask for, else from visits and inputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from uuid import UUID

import sqlalchemy as sa

from server.domain.access import SYSTEM
from server.domain.aggregates import VisitFigure
from server.domain.composite import stand_in
from server.domain.figure_parts import CompositeParts, composite_by, filled_in, standing_in
from server.domain.periods import Period
from server.domain.rules import RuleSet
from server.domain.trial_narrowing import Ground as From
from server.domain.trial_narrowing import composites_from, filled_in_alike, weighed_alike
from server.domain.visit import VisitKind
from server.domain.weighting import Ratio
from server.queries import inputs, reckoning, stored_figures
from server.queries.reckoning import AGENTS, Ground, Place
from server.usecases.trial_grounds import Stage
from server.usecases.trial_portion import Half, Portion, tell

_KIND_OF = {"mystery": VisitKind.MYSTERY, "area_check": VisitKind.AREA_VISIT}
_KINDS = tuple(_KIND_OF.values())
_ASKED = ("csat_hall", "complaints", "audit", "certified", "praises", "ideas")
"""The inputs that composites are made from."""


def reckon(connection: sa.Connection, of: Portion) -> None:
    """Put the composites of all months into both sides."""
    months, before, after = of.grounds.months, of.before.composites, of.after.composites
    rounds = {stage.code: stage.number for stage in months if stage.number is not None}
    names = [str(place.outlet) for place in of.places]
    stored = stored_figures.hundredths(connection, rounds, "composite", names)
    found: dict[str, dict[str, int | None]] = {}
    left: dict[str, list[Place]] = {}
    looked_at: set[UUID] = set()
    kept = _Kept(connection, of)
    for stage in months:
        code, agents = stage.code, of.agents(stage.code)
        mine = stored.get(code, {})
        before[code] = {name: mine[name] for place in agents if (name := str(place.outlet)) in mine}
        found[code], left[code] = _again(connection, of, stage, mine, kept)
        looked_at |= {place.outlet for place in (agents if stage.number is None else left[code])}
    held = _Held(connection, of, [place for place in of.places if place.outlet in looked_at])
    for stage in months:
        code = stage.code
        if stage.number is None:
            before[code] = _reckoned(of, of.before, stage, of.agents(code), held)
        if left[code]:
            found[code] |= _reckoned(of, of.after, stage, left[code], held)
        after[code] = before[code] | found[code] if found[code] else before[code]


def _again(
    connection: sa.Connection, of: Portion, stage: Stage, stored: Mapping[str, int | None], kept: _Kept
) -> tuple[dict[str, int | None], list[Place]]:
    """What follows from stored parts where the rules differ; and whose composites follow from visits and inputs alone."""
    own, tried, agents = stage.rules, of.grounds.rules, of.agents(stage.code)
    if of.full:
        return {}, agents
    changed = {tier for tier in AGENTS if composites_from(own, tried, tier) is not From.STORED}
    places = {str(place.outlet): place for place in agents if place.tier in changed}
    if stage.number is None or not places:
        return {}, list(places.values())
    alike = filled_in_alike(own, tried)
    weighed = {tier for tier in changed if weighed_alike(own, tried, tier)}
    by_tier = {str(tier): composite_by(tier, tried.composite) for tier in changed}
    found = {}
    for name, parts in kept.of_month(stage.code).items():
        if name not in places:
            continue
        tier = places[name].tier
        filled: CompositeParts | None = parts
        if not alike:
            earlier = partial(kept.earlier, name)
            filled = filled_in(parts, stage.period, own.composite, tried.composite, earlier)
        if filled is not None:
            found[name] = stored[name] if filled is parts and tier in weighed else by_tier[tier](filled)
    return found, [place for name, place in places.items() if name not in found]


class _Kept:
    """The stored parts of a portion's composites, and what earlier months stand in with: as it is stored, else by visits and inputs."""

    def __init__(self, connection: sa.Connection, of: Portion) -> None:
        self._connection, self._places = connection, of.places
        self._rounds = {
            **of.grounds.past.filling,
            **{one.code: one.number for one in of.grounds.months if one.number},
        }
        self._months: dict[str, dict[str, CompositeParts]] = {}
        self._looked_up: dict[tuple[str, str], dict[str, Ratio | int]] = {}

    def of_month(self, code: str) -> Mapping[str, CompositeParts]:
        """By outlet; of a month that is not stored there are none."""
        if code not in self._months:
            names = [str(place.outlet) for place in self._places]
            stored = code in self._rounds
            rows = (
                stored_figures.parts(self._connection, code, self._rounds[code], "composite", names)
                if stored
                else ()
            )
            self._months[code] = {name: CompositeParts(*parts) for name, parts in rows}
        return self._months[code]

    def earlier(self, outlet: str, name: str, code: str) -> Ratio | int | None:
        """What a month of an outlet stands in with for a part."""
        stored = self.of_month(code).get(outlet)
        if stored is not None:
            return standing_in(stored, name)
        if (name, code) not in self._looked_up:
            self._looked_up[name, code] = self._looked(name, Period.read(code))
        return self._looked_up[name, code].get(outlet)

    def _looked(self, name: str, month: Period) -> dict[str, Ratio | int]:
        visits: Mapping[UUID, Sequence[VisitFigure]] = {}
        counts: Mapping[UUID, inputs.Counts] = {}
        if name in _KIND_OF:
            kinds = (_KIND_OF[name],)
            ground = reckoning.portion(self._connection, self._places, month.first, month.after, kinds)
            visits = ground.by_outlet
        else:
            outlets = [place.outlet for place in self._places]
            counts = inputs.counts(self._connection, SYSTEM, [month.code], [name], _named(outlets))
        found: dict[str, Ratio | int] = {}
        for outlet in {*visits, *counts}:
            facts = reckoning.composite_facts(month, visits.get(outlet, ()), counts.get(outlet, {}))
            value = stand_in(name, month, facts)
            if value is not None:
                found[str(outlet)] = value if isinstance(value, int) else value.as_integer_ratio()
        return found


def _named(outlets: Sequence[UUID]) -> Sequence[UUID]:
    """Few are named to the database; for more, all are read."""
    return outlets if len(outlets) <= 2 * reckoning.PORTION else ()


def _reckoned(
    of: Portion, half: Half, stage: Stage, agents: Sequence[Place], held: _Held
) -> dict[str, int | None]:
    rules = half.rules[stage.code]
    ground = held.ground(stage, agents, rules)
    found: dict[str, int | None] = {}
    for outlet, one in reckoning.composites_of(stage.period, rules, ground, held.counts).items():
        found[str(outlet)] = one.hundredths
        if of.about:
            tell(half, str(outlet), of.about, stage.code, "composite", one.explanation)
    return found


class _Held:
    """What the composites of a portion's months share that are made from inputs and visits: those of their outlets, read once."""

    def __init__(self, connection: sa.Connection, of: Portion, places: Sequence[Place]) -> None:
        self._connection, self._of, self._places = connection, of, places

    @cached_property
    def counts(self) -> Mapping[UUID, inputs.Counts]:
        months = [stage.period for stage in self._of.grounds.months]
        missing = [rules.composite.missing for half in self._sides for rules in half.rules.values()]
        back = max(max(each.months_before, each.replies_months - 1) for each in missing)
        codes = [each.code for each in months] + [months[0].back(turn + 1).code for turn in range(back)]
        outlets = _named([place.outlet for place in self._places])
        return inputs.counts(self._connection, SYSTEM, codes, _ASKED, outlets)

    def ground(self, stage: Stage, agents: Sequence[Place], rules: RuleSet) -> Ground:
        """The visits that a month's composites look at, and maybe more: each takes those of its days."""
        first, after = reckoning.reach(stage.period, rules)
        # A stored round has no visits from further back than its own rules look.
        if stage.number is not None and first >= reckoning.reach(stage.period, stage.rules)[0]:
            return stage.source.of_outlets(self._connection, agents, first, after, _KINDS)
        return replace(self._now, places=agents)

    @cached_property
    def _now(self) -> Ground:
        months = self._of.grounds.months
        every = [reckoning.reach(months[0].period, half.rules[months[0].code]) for half in self._sides]
        first = min(first for first, _ in every)
        return reckoning.portion(self._connection, self._places, first, months[-1].period.after, _KINDS)

    @property
    def _sides(self) -> tuple[Half, Half]:
        return self._of.before, self._of.after
