"""A round of a period: its figures are computed and kept in portions, each with its explanation, and become current at once."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import sqlalchemy as sa
from sqlmodel import SQLModel, col

from server.domain.closing import PeriodComputedMeanwhile
from server.domain.explain import plain
from server.domain.periods import Period
from server.domain.rules import RuleSet
from server.domain.visit import SHANGHAI
from server.queries import indicator_tally, outlets_then, reckoning, star_reckoning, unit_tally
from server.queries.figures import Counted
from server.queries.period_visits import COMPOSITE
from server.queries.reckoning import Ground, Place, Reckoned
from server.queries.rules import rules_on
from server.queries.star_past import known_of
from server.storage.database import hold
from server.storage.periods import Figure, PeriodOutlet, PeriodRow, PeriodVisit
from server.usecases import outlet_stars
from server.usecases.round_sources import Now, Source
from server.usecases.work import Work

_DEAD = timedelta(hours=6)
"""No computation takes so long: what is older was left by one that died."""
_AT_ONCE = 1000
Before = tuple[int, str, datetime]


@dataclass(slots=True)
class Step:
    """One portion of a round: its figures, and the visits that they were made from."""

    reckoned: list[Reckoned]
    visits: Sequence[Counted] = ()


@dataclass(slots=True)
class Round:
    """A round while it is computed; `hashes` are those of its figures by subject and code.

    `stage` is the negative number under which one computation lays down what it has, `before` the round, digest and
    instant that the period had when it began.
    """

    period: Period
    rules: RuleSet
    places: list[Place]
    source: Source
    stage: int = 0
    before: Before | None = None
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
        units = unit_tally.empty(reckoning.units_of(round_.places))
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
    tally = indicator_tally.empty(reckoning.units_of(round_.places))
    units = unit_tally.empty(tally)
    for some in reckoning.portions(connection, round_.places):

        def outlets(opened: sa.Connection, some: list[Place] = some) -> Step:
            of = source.of_outlets(opened, some, first, after, COMPOSITE)
            reckoned = list(reckoning.month_portion(opened, period, rules, of, tally))
            unit_tally.add(units, "composite", some, reckoned)
            return Step(reckoned, of.visits)

        yield outlets
    yield lambda _: Step(list(reckoning.indicators(tally, rules, period.code)))
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


def hold_period(work: Work, code: str) -> None:
    """Let nobody else move this period until the transaction ends."""
    hold(work.connection, uuid5(NAMESPACE_URL, f"xunting:period:{code}"))


def found(work: Work, code: str) -> PeriodRow | None:
    """The period as it stands now, held."""
    hold_period(work, code)
    return work.session.get(PeriodRow, code, populate_existing=True)


def before_of(row: PeriodRow | None) -> Before | None:
    """What tells whether somebody else computed the period meanwhile."""
    return None if row is None else (row.round, row.digest, row.drafted_at)


def begin(work: Work, period: Period) -> Round:
    """Clear what dead computations left, and keep the outlets as on the period's last day. A period has the rules of its first."""
    row = found(work, period.code)
    stage = _stage(work, period.code)
    rules = rules_on(work.connection, period.first)
    places = outlets_then.places(work.connection, period.last)
    if period.kind == rules.stars.period:
        places = outlet_stars.held_before(work, period, places)
    rows = (
        {
            "period": period.code,
            "round": stage,
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
    now = Now(work.now.astimezone(SHANGHAI).date(), work.now)
    return Round(period, rules, places, now, stage, before_of(row))


def _stage(work: Work, code: str) -> int:
    """A number that no other computation of the period has, from the clock, so that those of dead ones are known by
    their age and swept."""
    table = SQLModel.metadata.tables[str(PeriodOutlet.__tablename__)]
    taken = set(
        work.connection.execute(
            sa.select(table.c.round).where(table.c.period == code, table.c.round <= 0).distinct()
        ).scalars()
    )
    number = -int(work.now.timestamp())
    for each in taken:
        if each > number + _DEAD.total_seconds():
            clear(work, code, each)
    while number in taken:
        number -= 1
    return number


def keep(work: Work, round_: Round, step: Step) -> None:
    """Keep the figures of a portion with their explanations, and which revisions of visits they were made from."""
    code, number = round_.period.code, round_.stage
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


def row_of(round_: Round, each: Reckoned, number: int) -> dict[str, Any]:
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


def become(work: Work, round_: Round, number: int) -> None:
    """Let what a computation laid down be the round of this number, in place of what is there.

    Raises PeriodComputedMeanwhile where not all of it is there any more.
    """
    code = round_.period.code
    clear(work, code, number)
    table = SQLModel.metadata.tables[str(Figure.__tablename__)]
    mine = sa.and_(table.c.period == code, table.c.round == round_.stage)
    laid = work.connection.execute(sa.select(sa.func.count()).where(mine)).scalar_one()
    if laid != len(round_.hashes):
        raise PeriodComputedMeanwhile()
    for model in (Figure, PeriodVisit, PeriodOutlet):
        table = SQLModel.metadata.tables[str(model.__tablename__)]
        staged = sa.and_(table.c.period == code, table.c.round == round_.stage)
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
