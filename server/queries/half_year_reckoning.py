"""What is half-yearly where stars are rated over other periods: each agent's mean composite, and its class where it is set anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from server.domain.access import SYSTEM
from server.domain.half_years import mean_composite
from server.domain.periods import Period
from server.domain.rules import RuleSet
from server.queries import figures, inputs
from server.queries.reckoning import AGENTS, Place, Reckoned, in_counties, ranks_within
from server.queries.star_reckoning import Composites, class_by
from server.storage.organisation import UnitKind

MEAN = "half-year-mean"


def is_due(kind: str, rules: RuleSet) -> bool:
    """Whether a kind of period has such figures; where stars are rated over it, the stars bring them along."""
    return kind != rules.stars.period and kind in ("half_year", rules.classes.period)


def of_agents(
    connection: sa.Connection,
    period: Period,
    rules: RuleSet,
    places: Sequence[Place],
    composites: Composites,
) -> Iterator[Reckoned]:
    """The figures of a portion of whole counties; composites are by outlet and month."""
    months = [month.code for month in period.split("month")]
    agents = [place for place in places if place.tier in AGENTS]
    if rules.classes.period == period.kind:
        counts = inputs.counts(connection, SYSTEM, months, outlets=[place.outlet for place in agents])
        for place in agents:
            class_, why = class_by(period, rules, place, counts.get(place.outlet, {}))
            yield Reckoned(str(place.outlet), "outlet-class", class_, why)
    if period.kind != "half_year":
        return
    percent = rules.stars.rated_months_percent
    found = {
        name: mean_composite(
            period.code,
            {month: composites.get(name, {}).get(month) for month in months},
            percent,
            rules.version,
        )
        for name in (str(place.outlet) for place in agents)
    }
    where = in_counties(agents, figures.units(connection, UnitKind.COUNTY))
    ranks = ranks_within(where, {name: why.value for name, why in found.items()})  # type: ignore[misc]
    for name, why in found.items():
        yield Reckoned(name, MEAN, why.value, why, *ranks.get(name, (None, None)))
