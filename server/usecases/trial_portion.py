"""A portion of a trial of rules: its outlets in each period, and both sides while they are reckoned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.domain.deciding import Standing
from server.domain.explain import Explanation
from server.domain.rules import RuleSet
from server.domain.stars import Standing as StarStanding
from server.queries import stored_figures
from server.queries.reckoning import AGENTS, Place
from server.queries.star_past import reached_before
from server.storage.organisation import Outlet, OutletStatus
from server.usecases.trial_grounds import Grounds, Otherwise

Scores = Mapping[str, int | None]
"""Composites in hundredths by the outlet's id as text."""
Told = dict[tuple[str, str], dict[str, Any]]
"""Explanations as JSON values by period and figure."""
_AT_ONCE = 500


@dataclass(slots=True)
class Half:
    """One side of a portion: figures by month or of the period, by the outlet's id as text.

    `standings` are what stars were given by, as far as it was looked at.
    """

    rules: Mapping[str, RuleSet]
    composites: dict[str, dict[str, int | None]] = field(default_factory=dict)
    stars: dict[str, int | None] = field(default_factory=dict)
    bases: dict[str, int | None] = field(default_factory=dict)
    classes: dict[str, str] = field(default_factory=dict)
    standings: dict[str, StarStanding] = field(default_factory=dict)
    told: Told = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Portion:
    """Both sides of some outlets, which are whole counties.

    `there` has them as each period has them, `past` the published composites of months before, `reached` the stars whose
    gates were passed before. `about` is one whose explanations are wanted as text. `full`: nothing is narrowed, the side after is
    reckoned from visits and inputs throughout.
    """

    grounds: Grounds
    places: Sequence[Place]
    there: Mapping[str, Mapping[UUID, Place]]
    standings: Mapping[UUID, Standing]
    past: Mapping[str, Scores]
    reached: Mapping[str, Sequence[int]]
    before: Half
    after: Half
    about: str = ""
    full: bool = False

    def agents(self, code: str) -> list[Place]:
        """The portion's agents in a period."""
        return [place for place in self.there[code].values() if place.tier in AGENTS]


def portion(
    connection: sa.Connection,
    of: Grounds,
    places: Sequence[Place],
    otherwise: Otherwise,
    about: str = "",
    *,
    full: bool = False,
) -> Portion:
    """Read what is known of some outlets, before anything is reckoned."""
    names = [str(place.outlet) for place in places]
    there = {}
    for stage in of.stages:
        differs = otherwise[stage.code]
        mine = ((place.outlet, differs.get(place.outlet, place)) for place in places)
        there[stage.code] = {outlet: place for outlet, place in mine if place is not None}
    own = {stage.code: stage.rules for stage in of.stages}
    return Portion(
        of,
        places,
        there,
        _standings(connection, places),
        stored_figures.hundredths(connection, of.past.rounds, "composite", names),
        _reached(connection, of, places),
        Half(own),
        Half(dict.fromkeys(own, of.rules)),
        about,
        full or bool(about),
    )


def tell(half: Half, name: str, about: str, period: str, figure: str, why: Explanation) -> None:
    """Keep an explanation if it is that of the outlet whose explanations are wanted."""
    if name == about:
        half.told[period, figure] = why.as_json()


@lru_cache(maxsize=20_001)
def exact(hundredths: int | None) -> Fraction | None:
    """Return a figure of 0..100 from hundredths."""
    return None if hundredths is None else Fraction(hundredths, 100)


def _reached(connection: sa.Connection, of: Grounds, places: Sequence[Place]) -> dict[str, Sequence[int]]:
    if of.period.kind not in (of.whole.rules.stars.period, of.rules.stars.period):
        return {}
    rules = max((of.whole.rules, of.rules), key=lambda each: each.stars.running.periods)
    found: dict[str, Sequence[int]] = {}
    for begin in range(0, len(places), _AT_ONCE):
        found |= reached_before(connection, of.period, rules, places[begin : begin + _AT_ONCE])
    return found


def _standings(connection: sa.Connection, places: Sequence[Place]) -> dict[UUID, Standing]:
    """Each outlet as it was then; its status is that of now, and of one that has left since, that it was active."""
    now: dict[UUID, str] = {}
    ids = [place.outlet for place in places]
    for begin in range(0, len(ids), _AT_ONCE):
        rows = connection.execute(
            sa.select(col(Outlet.id), col(Outlet.status)).where(
                col(Outlet.id).in_(ids[begin : begin + _AT_ONCE]),
                col(Outlet.status) != OutletStatus.EXITED,
            )
        )
        now |= {outlet: str(status) for outlet, status in rows}
    active = str(OutletStatus.ACTIVE)
    return {
        place.outlet: Standing(place.tier, place.class_, now.get(place.outlet, active)) for place in places
    }
