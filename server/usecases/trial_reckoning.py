"""Outlets under two rule sets: composites, stars and classes as they stand and as the tried rules make them; nothing is stored.

Before: the figures of the period as they are stored; where none are, they are reckoned with the rules of its first day.
After: the same facts and the tried rules, by the same functions. What hangs on nothing that differs is taken as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from uuid import UUID

import sqlalchemy as sa

from server.domain.access import SYSTEM
from server.domain.rules import RuleSet
from server.domain.trials import Side, Tried, lines, moved_tiers, near
from server.domain.visit import VisitKind
from server.queries import inputs, reckoning, results, star_reckoning
from server.queries.reckoning import AGENTS, Ground, Place
from server.queries.star_reckoning import Known
from server.usecases import trial_commission, trial_proposals
from server.usecases.trial_grounds import Grounds, Half, Portion, Scores, Stage, tell

COMPOSITE = (VisitKind.MYSTERY, VisitKind.AREA_VISIT)
COUNTED = ("csat_hall", "complaints", "audit", "certified", "praises", "ideas")
"""The inputs that composites are made from."""


class _Held:
    """What the composites of a portion's months share: its inputs, and the visits as they count now, each read once."""

    def __init__(self, connection: sa.Connection, of: Portion) -> None:
        self._connection, self._of = connection, of

    @cached_property
    def counts(self) -> Mapping[UUID, inputs.Counts]:
        months = [stage.round.period for stage in self._of.grounds.months]
        missing = [rules.composite.missing for half in self._sides for rules in half.rules.values()]
        back = max(max(each.months_before, each.replies_months - 1) for each in missing)
        codes = [each.code for each in months] + [months[0].back(turn + 1).code for turn in range(back)]
        outlets = [place.outlet for place in self._of.places]
        few = len(outlets) <= 2 * reckoning.PORTION
        return inputs.counts(self._connection, SYSTEM, codes, COUNTED, outlets if few else ())

    def ground(self, stage: Stage, agents: Sequence[Place], rules: RuleSet) -> Ground:
        """The visits that a month's composites look at, and maybe more: each takes those of its days."""
        first, after = reckoning.reach(stage.round.period, rules)
        # A stored round has no visits from further back than its own rules look.
        if stage.number is not None and first >= reckoning.reach(stage.round.period, stage.rules)[0]:
            return stage.round.source.of_outlets(self._connection, agents, first, after, COMPOSITE)
        return replace(self._now, places=agents)

    @cached_property
    def _now(self) -> Ground:
        months = self._of.grounds.months
        every = [reckoning.reach(months[0].round.period, half.rules[months[0].code]) for half in self._sides]
        first = min(first for first, _ in every)
        return reckoning.portion(
            self._connection, self._of.places, first, months[-1].round.period.after, COMPOSITE
        )

    @property
    def _sides(self) -> tuple[Half, Half]:
        return self._of.before, self._of.after


def reckoned(connection: sa.Connection, of: Grounds, places: Sequence[Place], about: str = "") -> list[Tried]:
    """Some outlets, whole counties of them, under both rule sets."""
    return rows(connection, portion(connection, of, places, about))


def portion(connection: sa.Connection, of: Grounds, places: Sequence[Place], about: str = "") -> Portion:
    """Both sides of some outlets as far as composites, stars and classes go."""
    stages = {stage.code: stage for stage in (*of.months, of.whole)}
    own = {code: stage.rules for code, stage in stages.items()}
    found = Portion(of, places, Half(own), Half(dict.fromkeys(stages, of.rules)), about)
    held = _Held(connection, found)
    for stage in of.months:
        _composites(connection, found, stage, held)
    if of.period.kind != "month":
        _stars(connection, found)
    return found


def rows(connection: sa.Connection, of: Portion) -> list[Tried]:
    """The outlets of a portion with everything that follows from their figures."""
    pay_before, pay_after = trial_commission.sides(connection, of)
    said_before, said_after = trial_proposals.sides(of)
    all_lines = lines(of.grounds.rules)
    codes = of.grounds.codes
    found = []
    for place in of.places:
        name = str(place.outlet)
        sides = [
            Side(
                composites=tuple(_hundredths(half.composites[code].get(name)) for code in codes),
                basis=half.bases.get(name),
                star=half.stars.get(name),
                outlet_class=half.classes.get(name),
                proposals=said.get(name, ()),
                **pay.get(name, {}),
            )
            for half, pay, said in (
                (of.before, pay_before, said_before),
                (of.after, pay_after, said_after),
            )
        ]
        close = tuple(near(sides[1], of.grounds.period.code, codes, all_lines))
        found.append(Tried(name, place.tier, place.class_, place.unit_path, sides[0], sides[1], close))
    return found


def _composites(connection: sa.Connection, of: Portion, stage: Stage, held: _Held) -> None:
    code = stage.code
    agents = [
        place
        for each in of.places
        if (place := stage.places.get(each.outlet)) is not None and place.tier in AGENTS
    ]
    if stage.number is None:
        of.before.composites[code] = _reckoned(of, of.before, stage, agents, held)
    else:
        stored = results.by_subject(
            connection, SYSTEM, code, "composite", subjects=[str(place.outlet) for place in agents]
        )
        of.before.composites[code] = {name: each.exact for name, each in stored.items()}
    tiers = AGENTS if of.about else moved_tiers(stage.rules, of.grounds.rules)
    moved = [place for place in agents if place.tier in tiers]
    of.after.composites[code] = of.before.composites[code]
    if moved:
        of.after.composites[code] = of.before.composites[code] | _reckoned(of, of.after, stage, moved, held)


def _reckoned(
    of: Portion, half: Half, stage: Stage, agents: Sequence[Place], held: _Held
) -> dict[str, Fraction | None]:
    month, rules = stage.round.period, half.rules[stage.code]
    ground = held.ground(stage, agents, rules)
    found: dict[str, Fraction | None] = {}
    for outlet, one in reckoning.composites_of(month, rules, ground, held.counts).items():
        found[str(outlet)] = one.value
        tell(half, str(outlet), of.about, month.code, "composite", one.explanation)
    return found


def _stars(connection: sa.Connection, of: Portion) -> None:
    whole, period = of.grounds.whole, of.grounds.period
    if whole.number is None:
        _rated(connection, of, of.before)
    elif whole.rules.stars.period == period.kind or whole.rules.classes.period == period.kind:
        _stored(connection, of)
    one, two = of.before, of.after
    if of.grounds.hangs & {"star", "class"} or of.about:
        _rated(connection, of, two)
        return
    two.stars, two.bases, two.classes = dict(one.stars), dict(one.bases), one.classes
    moved = {
        name
        for code in of.grounds.codes
        for name, value in two.composites[code].items()
        if value != one.composites[code].get(name)
    }
    if moved:
        _rated(connection, of, two, moved)


def _stored(connection: sa.Connection, of: Portion) -> None:
    code, half = of.grounds.period.code, of.before
    figures = results.results(connection, SYSTEM, code, ["star", "star-basis", "outlet-class"], of.names)
    for each in figures:
        if each.code == "star":
            half.stars[each.subject] = None if each.value is None else int(each.value)
        elif each.code == "star-basis":
            half.bases[each.subject] = each.hundredths
        elif each.value is not None:
            half.classes[each.subject] = each.value


def _rated(connection: sa.Connection, of: Portion, half: Half, only: Collection[str] | None = None) -> None:
    whole, period = of.grounds.whole, of.grounds.period
    rules = half.rules[period.code]
    stars, classes = rules.stars.period == period.kind, rules.classes.period == period.kind
    if not stars and not classes:
        return
    places = [
        place
        for each in of.places
        if (only is None or str(each.outlet) in only) and (place := whole.places.get(each.outlet)) is not None
    ]
    source = whole.round.source
    ground = source.of_outlets(connection, places, period.first, period.after, star_reckoning.KINDS)
    past = of.grounds.past
    known = Known(_by_outlet(half.composites), past.reached, source.at, past.published)
    for facts in star_reckoning.outlet_facts(connection, period, rules, ground, known):
        name = str(facts.place.outlet)
        if stars:
            basis, rating = star_reckoning.rating_of(period, rules, facts)
            half.stars[name], half.bases[name] = rating.star, basis.hundredths
            tell(half, name, of.about, period.code, "star", star_reckoning.whole(rating, basis, facts, rules))
        if classes and facts.place.tier in AGENTS:
            half.classes[name], why = star_reckoning.class_of(period, rules, facts)
            tell(half, name, of.about, period.code, "outlet-class", why)


def _by_outlet(composites: Mapping[str, Scores]) -> dict[str, dict[str, Fraction | None]]:
    found: dict[str, dict[str, Fraction | None]] = {}
    for month, scores in composites.items():
        for name, value in scores.items():
            found.setdefault(name, {})[month] = value
    return found


def _hundredths(value: Fraction | None) -> int | None:
    return None if value is None else int(value * 100)
