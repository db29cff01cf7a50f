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
from server.domain.figure_parts import CompositeParts, composite_by, filled_in
from server.domain.rules import RuleSet
from server.domain.trial_narrowing import Ground as From
from server.domain.trial_narrowing import composites_from, filled_in_alike, weighed_alike
from server.domain.visit import VisitKind
from server.queries import inputs, reckoning, stored_figures
from server.queries.reckoning import AGENTS, Ground, Place
from server.usecases.trial_grounds import Stage
from server.usecases.trial_portion import Half, Portion, tell

_KINDS = (VisitKind.MYSTERY, VisitKind.AREA_VISIT)
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
            earlier = partial(kept.of, name)
            filled = filled_in(parts, stage.period, own.composite, tried.composite, earlier)
        if filled is not None:
            found[name] = stored[name] if filled is parts and tier in weighed else by_tier[tier](filled)
    return found, [place for name, place in places.items() if name not in found]


class _Kept:
    """The stored parts of a portion's composites, of a trial's months and of those before that may stand in."""

    def __init__(self, connection: sa.Connection, of: Portion) -> None:
        self._connection = connection
        self._names = [str(place.outlet) for place in of.places]
        self._rounds = {
            **of.grounds.past.filling,
            **{one.code: one.number for one in of.grounds.months if one.number},
        }
        self._months: dict[str, dict[str, CompositeParts]] = {}

    def of_month(self, code: str) -> Mapping[str, CompositeParts]:
        """By outlet; of a month that is not stored there are none."""
        if code not in self._months:
            rows = (
                stored_figures.parts(self._connection, code, self._rounds[code], "composite", self._names)
                if code in self._rounds
                else ()
            )
            self._months[code] = {name: CompositeParts(*parts) for name, parts in rows}
        return self._months[code]

    def of(self, name: str, code: str) -> CompositeParts | None:
        """Those of one outlet."""
        return self.of_month(code).get(name)


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
        outlets = [place.outlet for place in self._places]
        few = len(outlets) <= 2 * reckoning.PORTION
        return inputs.counts(self._connection, SYSTEM, codes, _ASKED, outlets if few else ())

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
