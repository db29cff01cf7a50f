"""A round of a period: its figures are computed and kept in portions, each with its explanation, and become current at once."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel, col

from server.domain.explain import plain
from server.domain.periods import Period
from server.domain.rules import RuleSet
from server.domain.visit import SHANGHAI, VisitKind
from server.queries import figures, indicator_tally, reckoning, star_reckoning, unit_tally
from server.queries.figures import Counted
from server.queries.period_visits import COMPOSITE
from server.queries.reckoning import Ground, Place, Reckoned
from server.queries.rules import rules_on
from server.queries.star_past import known_of
from server.storage.facts import VisitFacts
from server.storage.organisation import Tier
from server.storage.periods import Figure, PeriodOutlet, PeriodVisit
from server.usecases import outlet_stars
from server.usecases.work import Work

STAGED = 0
"""The round in which figures are laid down until all are there."""
_AT_ONCE = 1000


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


@dataclass(slots=True)
class Step:
    """One portion of a round: its figures, and the visits that they were made from."""

    reckoned: list[Reckoned]
    visits: Sequence[Counted] = ()


@dataclass(slots=True)
class Round:
    """A round while it is computed; `hashes` are those of its figures by subject and code."""

    period: Period
    rules: RuleSet
    places: list[Place]
    source: Source
    hashes: dict[tuple[str, str], bytes] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256 over the SHA-256 of every figure, by subject and code."""
        return digest_of(self.hashes)


Portion = Callable[[sa.Connection], Step]


def portions_of(connection: sa.Connection, round_: Round) -> Iterator[Portion]:
    """The portions of a round in their order, each to be computed on whatever connection is open then.

    A month: composites and indicators. A quarter: window scores and weak items. And stars and classes with the period
    that the rule set rates by. Of composites and stars each unit has its mean.
    """
    period, rules, source = round_.period, round_.rules, round_.source
    if period.kind == "month":
        yield from _month(connection, round_)
    elif period.kind == "quarter":
        yield lambda opened: _quarter(opened, round_)
    if period.kind == rules.stars.period:
        known = known_of(connection, period, rules, round_.places, source.at, source.today)
        units = unit_tally.empty(indicator_tally.every(connection))
        for some in reckoning.portions(connection, round_.places):

            def stars(opened: sa.Connection, some: list[Place] = some) -> Step:
                of = source.of_outlets(opened, some, period.first, period.after, star_reckoning.KINDS)
                reckoned = list(star_reckoning.rated(opened, period, rules, [of], known))
                unit_tally.add(units, "star", some, reckoned)
                return Step(reckoned, of.visits)

            yield stars
        yield lambda _: Step(list(unit_tally.means(units, "star", rules.version)))


def _month(connection: sa.Connection, round_: Round) -> Iterator[Portion]:
    period, rules, source = round_.period, round_.rules, round_.source
    first, after = reckoning.reach(period, rules)
    tally = indicator_tally.empty(connection)
    units = unit_tally.empty(tally)
    for some in reckoning.portions(connection, round_.places):

        def outlets(opened: sa.Connection, some: list[Place] = some) -> Step:
            of = source.of_outlets(opened, some, first, after, COMPOSITE)
            reckoned = list(reckoning.month_portion(opened, period, rules, of, tally))
            unit_tally.add(units, "composite", some, reckoned)
            return Step(reckoned, of.visits)

        yield outlets
    yield lambda _: Step(list(reckoning.indicators(tally, rules)))
    yield lambda _: Step(list(unit_tally.means(units, "composite", rules.version)))


def _quarter(connection: sa.Connection, round_: Round) -> Step:
    period, source = round_.period, round_.source
    before = period.back()
    now = source.of_halls(connection, period.first, period.after)
    then = source.of_halls(connection, before.first, before.after)
    reckoned = reckoning.quarter(
        connection,
        period,
        round_.rules,
        Ground(round_.places, now),
        Ground(round_.places, then),
        rules_on(connection, before.first),
    )
    return Step(reckoned, [*now, *then])


def begin(work: Work, period: Period) -> Round:
    """Clear what an earlier try left, and keep the outlets as on the period's last day. A period has the rules of its first."""
    clear(work, period.code, STAGED)
    rules = rules_on(work.connection, period.first)
    places = reckoning.places(work.connection, period.last)
    if period.kind == rules.stars.period:
        places = outlet_stars.held_before(work, period, places)
    rows = (
        {
            "period": period.code,
            "round": STAGED,
            "outlet_id": place.outlet,
            "unit_path": place.unit_path,
            "tier": place.tier,
            "class": place.class_,
            "setting": place.setting,
            "since": place.since,
            "star": place.star,
        }
        for place in places
    )
    _insert(work, PeriodOutlet, rows)
    return Round(period, rules, places, Now(work.now.astimezone(SHANGHAI).date(), work.now))


def keep(work: Work, round_: Round, step: Step, number: int = STAGED) -> None:
    """Keep the figures of a portion with their explanations, and which revisions of visits they were made from."""
    code = round_.period.code
    visits = {UUID(visit.figure.visit): visit.revision for visit in step.visits}
    known: set[UUID] = set()
    ids = list(visits)
    for begin_ in range(0, len(ids), _AT_ONCE):
        rows = work.connection.execute(
            sa.select(col(PeriodVisit.visit_id)).where(
                col(PeriodVisit.period) == code,
                col(PeriodVisit.round) == number,
                col(PeriodVisit.visit_id).in_(ids[begin_ : begin_ + _AT_ONCE]),
            )
        )
        known |= set(rows.scalars())
    _insert(
        work,
        PeriodVisit,
        (
            {"period": code, "round": number, "visit_id": visit, "revision": revision}
            for visit, revision in visits.items()
            if visit not in known
        ),
    )
    _insert(work, Figure, (row_of(round_, each, number) for each in step.reckoned))


def row_of(round_: Round, each: Reckoned, number: int = STAGED) -> dict[str, Any]:
    """A figure as its row; its hash is noted in the round."""
    told = json.dumps(each.explanation.as_json(), ensure_ascii=False, separators=(",", ":")).encode()
    value = plain(each.value)
    row = {
        "period": round_.period.code,
        "round": number,
        "subject": each.subject,
        "code": each.code,
        "value": None if value is None else str(value),
        "hundredths": each.hundredths,
        "rank": each.rank,
        "of": each.of,
        "explanation": zlib.compress(told),
    }
    round_.hashes[each.subject, each.code] = hash_of(row, told)
    return row


def hash_of(row: Any, told: bytes) -> bytes:
    """The SHA-256 of a figure: whose, which, what, its rank, and its explanation as it was written."""
    head = [row[name] for name in ("subject", "code", "value", "rank", "of")]
    return sha256(json.dumps(head, ensure_ascii=False).encode() + b"\n" + told).digest()


def digest_of(hashes: dict[tuple[str, str], bytes]) -> str:
    """SHA-256 over the hashes of figures, by subject and code."""
    return sha256(b"".join(each for _, each in sorted(hashes.items()))).hexdigest()


def stored_hashes(connection: sa.Connection, code: str, number: int) -> dict[tuple[str, str], bytes]:
    """The hashes of a stored round's figures, read one after the other."""
    table = Figure.__table__  # type: ignore[attr-defined]
    statement = sa.select(table).where(table.c.period == code, table.c.round == number)
    rows = connection.execute(statement.execution_options(yield_per=_AT_ONCE))
    return {
        (row["subject"], row["code"]): hash_of(row, zlib.decompress(row["explanation"]))
        for row in rows.mappings()
    }


def clear(work: Work, code: str, number: int) -> None:
    """Take away a round that nobody was shown."""
    for model in (Figure, PeriodVisit, PeriodOutlet):
        table = SQLModel.metadata.tables[str(model.__tablename__)]
        work.connection.execute(table.delete().where(table.c.period == code, table.c.round == number))


def become(work: Work, code: str, number: int) -> None:
    """Let the staged round be the round of this number, in place of what is there."""
    clear(work, code, number)
    for model in (Figure, PeriodVisit, PeriodOutlet):
        table = SQLModel.metadata.tables[str(model.__tablename__)]
        staged = sa.and_(table.c.period == code, table.c.round == STAGED)
        work.connection.execute(table.update().where(staged).values(round=number))


def copy(work: Work, code: str, number: int, to: int) -> None:
    """Begin a round as another was."""
    for model in (Figure, PeriodVisit, PeriodOutlet):
        table = SQLModel.metadata.tables[str(model.__tablename__)]
        columns = list(table.c)
        taken = sa.select(
            *(sa.literal(to).label("round") if each.name == "round" else each for each in columns)
        ).where(table.c.period == code, table.c.round == number)
        work.connection.execute(table.insert().from_select([each.name for each in columns], taken))


def _insert(work: Work, model: type[SQLModel], rows: Iterable[dict[str, Any]]) -> None:
    table = SQLModel.metadata.tables[str(model.__tablename__)]
    some = []
    for row in rows:
        some.append(row)
        if len(some) == _AT_ONCE:
            work.connection.execute(table.insert(), some)
            some = []
    if some:
        work.connection.execute(table.insert(), some)
