"""Stars: the rating of each outlet over a period, with its basis and class, from visits, inputs, vetoes and earlier ratings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fractions import Fraction
from functools import partial

import sqlalchemy as sa

from server.domain import decisions, service_indicators, star_basis, stars
from server.domain.access import SYSTEM
from server.domain.aggregates import VisitFigure, in_order, mean, patrol_mean
from server.domain.composite import OutOf
from server.domain.explain import Explanation, named, note
from server.domain.figure_parts import star_parts
from server.domain.month_counts import by_month
from server.domain.periods import Period, months_later
from server.domain.rules import RuleSet
from server.domain.visit import VisitKind
from server.queries import figures, inputs, visit_timers
from server.queries.inputs import FIXES, Counts
from server.queries.reckoning import (
    AGENTS,
    Ground,
    Place,
    Reckoned,
    in_counties,
    ranks_within,
)
from server.storage.organisation import Tier, UnitKind

KINDS = (VisitKind.MYSTERY, VisitKind.PATROL)
"""What stars ask for of visits; area visits are in the composites."""
_ASKED = ("csat_hall", "handling_on_time", "waiting_on_time", "complaints", "customers", FIXES)
"""What stars and classes ask for of inputs."""
Composites = Mapping[str, Mapping[str, Fraction | None]]
"""Of each agent the composites by month; None: not rated."""


@dataclass(frozen=True, slots=True)
class Known:
    """What stars build on besides visits: monthly composites, and the highest star whose gates were passed before.

    `reached` has of each outlet the periods just before, the latest first. `at` is the instant whose vetoes count
    (None: those that stand now). `published` has of each earlier rating that stands when it was published.
    """

    composites: Composites
    reached: Mapping[str, Sequence[int]] = field(default_factory=dict)
    at: datetime | None = None
    published: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OutletFacts:
    """Everything that the stars of one outlet are computed from; `timers` and `composites` are by month."""

    place: Place
    visits: Sequence[VisitFigure]
    counts: Counts
    timers: Mapping[str, Sequence[service_indicators.Counted]]
    composites: Mapping[str, Fraction | None]
    vetoes: Sequence[inputs.Vetoed]
    reached: Sequence[int]
    published: Mapping[str, datetime] = field(default_factory=dict)


def rated(
    connection: sa.Connection, period: Period, rules: RuleSet, grounds: Iterable[Ground], known: Known
) -> Iterator[Reckoned]:
    """Star, basis with its rank in the county, highest star reached, and an agent's class, of every outlet of the grounds.

    For the period that the rule set rates by, whatever its length; classes where they are set anew with it. Each ground is
    a portion of whole counties.
    """
    counties = figures.units(connection, UnitKind.COUNTY)
    for of in grounds:
        found: dict[str, tuple[star_basis.Basis, list[Reckoned]]] = {}
        for facts in outlet_facts(connection, period, rules, of, known):
            basis, rating = rating_of(period, rules, facts)
            name = str(facts.place.outlet)
            parts = partial(star_parts, halls=_halls(period, rules, facts))
            mine = [
                Reckoned(name, "star", rating.star, whole(rating, basis, facts, rules), parts=parts),
                Reckoned(name, "star-reached", rating.reached, _reached(rating, rules.version)),
            ]
            if facts.place.tier in AGENTS and rules.classes.period == period.kind:
                class_, why = class_of(period, rules, facts)
                mine.append(Reckoned(name, "outlet-class", class_, why))
            found[name] = (basis, mine)
        # Own halls and agents are rated by different things: each is ranked among its like.
        groups = {
            name: f"{county}{place.tier in AGENTS}"
            for place in of.places
            if (name := str(place.outlet)) in found
            and (county := in_counties([place], counties).get(name)) is not None
        }
        ranks = ranks_within(groups, {name: basis.value for name, (basis, _) in found.items()})
        for name, (basis, mine) in found.items():
            rank, many = ranks.get(name, (None, None))
            yield Reckoned(name, "star-basis", basis.value, basis.explanation, rank, many)
            yield from mine


def outlet_facts(
    connection: sa.Connection, period: Period, rules: RuleSet, of: Ground, known: Known
) -> Iterator[OutletFacts]:
    """What is known of each outlet of a ground, in its order."""
    months = [month.code for month in period.split("month")]
    outlets = [place.outlet for place in of.places]
    counts = inputs.counts(connection, SYSTEM, months, _ASKED, outlets if len(outlets) < _MOST else ())
    vetoes = inputs.vetoes(connection, SYSTEM, date.min, period.after, known.at)
    halls = [visit for visit in of.visits if visit.tier == Tier.OWN_HALL]
    mystery = [visit for visit in halls if visit.figure.kind == VisitKind.MYSTERY]
    timers = {
        month.code: visit_timers.timed(
            connection, [visit for visit in mystery if month.holds(visit.figure.day)], rules
        )
        for month in period.split("month")
    }
    for place in of.places:
        name = str(place.outlet)
        yield OutletFacts(
            place,
            of.by_outlet.get(place.outlet, ()),
            counts.get(place.outlet, {}),
            {month: timed.get(place.outlet, ()) for month, timed in timers.items()},
            {month: known.composites.get(name, {}).get(month) for month in months},
            vetoes.get(place.outlet, ()),
            known.reached.get(name, ()),
            known.published,
        )


def rating_of(period: Period, rules: RuleSet, facts: OutletFacts) -> tuple[star_basis.Basis, stars.Rating]:
    """The basis and the rating of one outlet."""
    standing, basis = standing_of(period, rules, facts)
    return basis, stars.rate(standing, period, rules.stars, rules.version)


def standing_of(
    period: Period, rules: RuleSet, facts: OutletFacts
) -> tuple[stars.Standing, star_basis.Basis]:
    """What the rating of one outlet is made from, and its basis with the explanation."""
    agent = facts.place.tier in AGENTS
    spells: dict[str, Fraction | None]
    if agent:
        basis = star_basis.agent(facts.composites, rules.stars, rules.version)
        spells = dict(facts.composites)
    else:
        basis = _hall(period, rules, facts)
        quarters = period.split("quarter")
        spells = {quarter.code: _hall(quarter, rules, facts).value for quarter in quarters}
    vetoes = vetoes_of(facts.vetoes, period, rules, facts.published)
    standing = stars.Standing(
        basis.value,
        spells,
        agent,
        perception_of(period, rules, facts.counts),
        mean(visit.prohibition_score for visit in _mystery(facts, period)),
        vetoes,
        facts.place.star,
        facts.reached,
        facts.place.since,
    )
    return standing, basis


def vetoes_of(
    events: Iterable[inputs.Vetoed],
    period: Period,
    rules: RuleSet,
    published: Mapping[str, datetime],
) -> list[stars.Veto]:
    """The veto events that the rules know, with their class, and whether they were proven late.

    Those that no gate or effect asks for any more are left out, unless they were: then their stars are still to be taken.
    """
    since = _vetoes_since(period, rules)
    found = (
        stars.Veto(
            each.code,
            rules.vetoes[each.code].veto_class,  # type: ignore[index]
            each.day,
            stars.proven_late(each.day, each.at, period, published),
            each.imported,
        )
        for each in events
        if each.code in rules.vetoes
    )
    return [each for each in found if each.late or each.day >= since]


def perception_of(period: Period, rules: RuleSet, counts: Counts) -> Fraction | None:
    """The rate of satisfied customers; None with fewer valid replies than a rate is made from."""
    replies = _sum(period, counts, "csat_hall")
    if replies is None or replies.whole < max(1, rules.composite.missing.least_replies):
        return None
    return Fraction(replies.part, replies.whole)


def class_of(period: Period, rules: RuleSet, facts: OutletFacts) -> tuple[decisions.OutletClass, Explanation]:
    """The class of an agent by its customers."""
    return class_by(period, rules, facts.place, facts.counts)


def class_by(
    period: Period, rules: RuleSet, place: Place, counts: Counts
) -> tuple[decisions.OutletClass, Explanation]:
    """The same from its counts alone."""
    months = {month.code for month in period.split("month")}
    customers = {month: many for month, many in inputs.parts(counts, "customers").items() if month in months}
    return decisions.outlet_class(place.tier, place.setting, customers, rules.classes, rules.version, counts)


def _halls(period: Period, rules: RuleSet, facts: OutletFacts) -> dict[str, star_basis.HallParts] | None:
    """What an own hall's bases are weighed from, of the period and its quarters."""
    if facts.place.tier in AGENTS:
        return None
    least = rules.composite.missing.least_replies
    every = (period, *period.split("quarter"))
    return {each.code: star_basis.hall_parts(_hall_facts(each, rules, facts), least) for each in every}


def _hall(period: Period, rules: RuleSet, facts: OutletFacts) -> star_basis.Basis:
    known = _hall_facts(period, rules, facts)
    return star_basis.own_hall(known, rules.stars, rules.composite, rules.version)


def _hall_facts(period: Period, rules: RuleSet, facts: OutletFacts) -> star_basis.HallFacts:
    months = {month.code for month in period.split("month")}
    proven = inputs.parts(facts.counts, "complaints")
    patrols = [v for v in facts.visits if v.kind == VisitKind.PATROL and period.holds(v.day)]
    patrol, why = patrol_mean(patrols, rules.aggregates.patrol_day) if patrols else (None, None)
    return star_basis.HallFacts(
        mystery=_mystery(facts, period),
        replies=_sum(period, facts.counts, "csat_hall"),
        handling=_on_time(period, facts, "handling_on_time"),
        waiting=_on_time(period, facts, "waiting_on_time"),
        complaints={month: many for month, many in proven.items() if month in months},
        patrol=patrol,
        fixes=_sum(period, facts.counts, FIXES),
        patrol_why=why,
        months=sorted(months),
        counts=facts.counts,
        timers=_timers(period, facts),
    )


def _mystery(facts: OutletFacts, period: Period) -> list[VisitFigure]:
    return in_order(v for v in facts.visits if v.kind == VisitKind.MYSTERY and period.holds(v.day))


def _sum(period: Period, counts: Counts, code: str) -> OutOf | None:
    by_month = counts.get(code, {})
    mine = [one for month in period.split("month") if (one := by_month.get(month.code))]
    return OutOf(sum(each.part for each in mine), sum(each.whole for each in mine)) if mine else None


def _on_time(period: Period, facts: OutletFacts, code: str) -> OutOf | None:
    """Of each month by the log; where it has none, by the timers of the mystery visits (handbook 2.4)."""
    logged = _sum(period, facts.counts, code) or OutOf(0, 0)
    timed = [each for each in _timers(period, facts) if each.code == code]
    part, all_ = logged.part + sum(each.part for each in timed), logged.whole + len(timed)
    return OutOf(part, all_) if all_ else None


def _timers(period: Period, facts: OutletFacts) -> list[service_indicators.Counted]:
    """What the timers say of the months that have no log."""
    return [
        each
        for month in period.split("month")
        for each in facts.timers[month.code]
        if not ((log := facts.counts.get(each.code, {}).get(month.code)) and log.whole)
    ]


def _vetoes_since(period: Period, rules: RuleSet) -> date:
    effects = rules.stars.vetoes
    longest = max(
        effects.class_1.closed_months,
        effects.class_2.closed_months,
        *(gate.clean_months for gate in rules.stars.gates),
    )
    return months_later(period.first, -longest)


def whole(rating: stars.Rating, basis: star_basis.Basis, facts: OutletFacts, rules: RuleSet) -> Explanation:
    """The rating's explanation with what its figures came from: the basis, a hall's quarters, and the visits behind the
    prohibition score."""
    visits = [visit for visit in in_order(facts.visits) if visit.kind == VisitKind.MYSTERY]
    prohibitions = Explanation(
        "prohibition-mean",
        mean(visit.prohibition_score for visit in visits),
        named({"visits": len(visits)}),
        notes=() if visits else (note("no-visits"),),
        parts=tuple(
            visit.explained(visit.prohibition_score)
            for visit in visits
            if visit.prohibition_score is not None
        ),
    )
    own = replace(basis.explanation, rules=None)
    # A hall's replies are a part of its basis.
    replies = (_replies(facts, rules),) if facts.place.tier in AGENTS else ()
    demanded = (_spell(part, facts, rules) for part in rating.explanation.parts)
    parts = (own, *demanded, *replies, prohibitions)
    return replace(rating.explanation, parts=parts, rules=rules.version)


def _spell(part: Explanation, facts: OutletFacts, rules: RuleSet) -> Explanation:
    """A hall's quarter with what it is made from, as its basis is; an agent's month has its composite."""
    if part.figure != "spell" or facts.place.tier in AGENTS:
        return part
    quarter = _hall(Period.read(str(dict(part.inputs)["period"])), rules, facts).explanation
    return replace(
        part,
        inputs=(*part.inputs, *quarter.inputs),
        thresholds=quarter.thresholds,
        notes=(*part.notes, *quarter.notes),
        parts=quarter.parts,
    )


def _replies(facts: OutletFacts, rules: RuleSet) -> Explanation:
    """The replies behind the rate that gates ask for, month by month."""
    known = facts.counts.get("csat_hall", {})
    mine = [known[month] for month in facts.composites if month in known]
    part, all_ = sum(each.part for each in mine), sum(each.whole for each in mine)
    least = rules.composite.missing.least_replies
    return Explanation(
        "perception",
        Fraction(part, all_) if all_ and all_ >= least else None,
        named({"satisfied": part, "replies": all_}),
        named({"least_replies": least}),
        () if all_ >= max(1, least) else (note("too-few-replies", replies=all_),),
        by_month(facts.counts, "csat_hall", facts.composites, "satisfied", "replies"),
    )


def _reached(rating: stars.Rating, version: int) -> Explanation:
    return Explanation("star-reached", rating.reached, named({"star": rating.star}), rules=version)


_MOST = 3000
"""Up to so many outlets are named to the database; for more, all are read."""
