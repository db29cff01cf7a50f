"""Where a round takes its visits from: those that count now, or those that a stored round has."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

import sqlalchemy as sa
from sqlmodel import col

from server.domain.visit import VisitKind
from server.queries import figures, reckoning
from server.queries.figures import Counted
from server.queries.reckoning import Ground, Place
from server.storage.facts import VisitFacts
from server.storage.organisation import Tier


class Source(Protocol):
    """Where a round takes its visits from: those that count now, or those that a stored round has."""

    @property
    def at(self) -> datetime | None:
        """The instant whose vetoes count."""

    @property
    def today(self) -> date:
        """The day on which it was computed."""

    def of_outlets(
        self,
        connection: sa.Connection,
        places: Sequence[Place],
        first: date,
        after: date,
        kinds: Collection[VisitKind],
    ) -> Ground:
        """The visits of these outlets."""

    def of_halls(self, connection: sa.Connection, first: date, after: date) -> list[Counted]:
        """The mystery visits to own halls of the whole province."""


@dataclass(frozen=True, slots=True)
class Now:
    """The visits that count now, each with its latest accepted revision."""

    today: date
    at: datetime | None = None

    def of_outlets(
        self,
        connection: sa.Connection,
        places: Sequence[Place],
        first: date,
        after: date,
        kinds: Collection[VisitKind],
    ) -> Ground:
        """The visits of these outlets."""
        return reckoning.portion(connection, places, first, after, kinds)

    def of_halls(self, connection: sa.Connection, first: date, after: date) -> list[Counted]:
        """The mystery visits to own halls of the whole province."""
        span = figures.Span(first, after, [VisitKind.MYSTERY], tiers=[Tier.OWN_HALL.value])
        return figures.counted(connection, span)


@dataclass(frozen=True, slots=True)
class Then:
    """The visits of a stored round, in the revisions of then."""

    code: str
    round: int
    today: date
    at: datetime | None

    def of_outlets(
        self,
        connection: sa.Connection,
        places: Sequence[Place],
        first: date,
        after: date,
        kinds: Collection[VisitKind],
    ) -> Ground:
        """The visits of these outlets."""
        of = col(VisitFacts.outlet_id).in_([place.outlet for place in places])
        visits = figures.of_round(connection, self.code, self.round, of, kinds, first, after)
        return reckoning.grounded(places, visits)

    def of_halls(self, connection: sa.Connection, first: date, after: date) -> list[Counted]:
        """The mystery visits to own halls of the whole province."""
        of = col(VisitFacts.tier) == Tier.OWN_HALL.value
        mystery = [VisitKind.MYSTERY]
        return figures.of_round(connection, self.code, self.round, of, mystery, first, after)
