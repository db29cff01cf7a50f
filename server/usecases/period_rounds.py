"""A round of a period: its figures are computed and kept in portions, each with its explanation, and become current at once."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import sqlalchemy as sa
from sqlmodel import SQLModel

from server.domain.closing import PeriodComputedMeanwhile
from server.domain.periods import Period
from server.domain.rules import RuleSet
from server.domain.visit import SHANGHAI
from server.queries import figures, outlets_then, period_grounds, reckoning, results
from server.queries.reckoning import Place
from server.queries.results import OutletThen
from server.queries.rules import rule_set, rules_on
from server.storage.database import hold
from server.storage.periods import LATEST, Figure, PeriodOutlet, PeriodRow, PeriodVisit, in_round
from server.usecases import outlet_stars
from server.usecases.round_portions import Frame, Step, hash_of
from server.usecases.round_sources import Now, Source, Then
from server.usecases.work import Work

_DEAD = timedelta(hours=6)
"""No computation takes so long: what is older was left by one that died."""
_AT_ONCE = 1000
_PORTION = 250
_KEPT: tuple[type[SQLModel], ...] = (Figure, PeriodVisit, PeriodOutlet)
Before = tuple[int, str, datetime]
Hashes = dict[tuple[str, str], bytes]
"""The hashes of figures by subject and code."""


@dataclass(slots=True)
class Round:
    """A round while it is computed; `hashes` are those of its figures by subject and code.

    `stage` is the negative number under which one computation lays down what it has, `before` the round, digest and
    instant that the period had when it began, `imports` and `parts` what its row keeps of what it is computed from.
    """

    period: Period
    rules: RuleSet
    places: list[Place]
    source: Source
    stage: int = 0
    before: Before | None = None
    imports: int = 0
    parts: str = ""
    hashes: Hashes = field(default_factory=dict)

    @property
    def frame(self) -> Frame:
        """What its portions share."""
        return Frame(self.period, self.rules, self.source, reckoning.units_of(self.places))

    @property
    def digest(self) -> str:
        """SHA-256 over the SHA-256 of every figure, by subject and code."""
        return digest_of(self.hashes)

    def note(self, step: Step) -> None:
        """Note the hashes of what a portion came to."""
        self.hashes.update({(row["subject"], row["code"]): row["sha256"] for row in step.rows})


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
    """Clear what dead computations left, and keep the outlets of the period. A period has the rules of its first."""
    row = found(work, period.code)
    stage = _stage(work, period.code)
    rules = rules_on(work.connection, period.first)
    places = outlets_then.of_period(work.connection, period)
    if period.kind == rules.stars.period:
        places = outlet_stars.held_before(work, period, places)
    rows = (
        {
            "period": period.code,
            "round": stage,
            "outlet_id": place.outlet,
            "until": stage,
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
    imports = period_grounds.latest_import(work.connection)
    return Round(period, rules, places, now, stage, before_of(row), imports)


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
    round_.note(step)
    visits = {UUID(visit): revision for visit, revision in step.visits.items()}
    known = {visit for visit, _ in figures.kept_of(work.connection, code, number, visits)}
    _insert(
        work,
        PeriodVisit,
        (
            {"period": code, "round": number, "visit_id": visit, "until": number, "revision": revision}
            for visit, revision in visits.items()
            if visit not in known
        ),
    )
    _insert(work, Figure, ({**row, "round": number, "until": number} for row in step.rows))


def digest_of(hashes: Hashes) -> str:
    """SHA-256 over the hashes of figures, by subject and code."""
    return sha256(b"".join(each for _, each in sorted(hashes.items()))).hexdigest()


def stored_hashes(connection: sa.Connection, code: str, number: int) -> Hashes:
    """The hashes of a stored round's figures, made anew from every byte of them, one after the other."""
    table = Figure.__table__  # type: ignore[attr-defined]
    statement = sa.select(table).where(table.c.period == code, in_round(table.c, number))
    rows = connection.execute(statement.execution_options(yield_per=_AT_ONCE))
    return {
        (row["subject"], row["code"]): hash_of(row, zlib.decompress(row["explanation"]))
        for row in rows.mappings()
    }


def kept_hashes(connection: sa.Connection, code: str, number: int) -> Hashes:
    """The same as they were kept beside the figures."""
    table = Figure.__table__  # type: ignore[attr-defined]
    statement = sa.select(table.c.subject, table.c.code, table.c.sha256)
    # In the order in which they lie there, so that a digest finds them nearly sorted; in portions, so that rows go at once.
    statement = statement.where(table.c.period == code, in_round(table.c, number))
    rows = connection.execute(statement.order_by(table.c.subject, table.c.code))
    return {(subject, figure): hash_ for some in rows.partitions(_PORTION) for subject, figure, hash_ in some}


def stored_round(connection: sa.Connection, row: PeriodRow) -> Round:
    """A stored round as something that can be computed anew: its outlets, its visits, its rules."""
    places = [place_of(each) for each in results.outlets_then(connection, row.code, row.round)]
    at: datetime = row.drafted_at
    source = Then(row.code, row.round, at.astimezone(SHANGHAI).date(), at)
    return Round(Period.read(row.code), rule_set(connection, row.rules_version), places, source)


def place_of(each: OutletThen) -> Place:
    """An outlet of a round as the engine takes it."""
    return Place(each.outlet_id, each.unit_path, each.tier, each.class_, each.setting, each.since, each.star)


def clear(work: Work, code: str, number: int) -> None:
    """Take away a round that nobody was shown."""
    for model in _KEPT:
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
    for model in _KEPT:
        table = SQLModel.metadata.tables[str(model.__tablename__)]
        staged = sa.and_(table.c.period == code, table.c.round == round_.stage)
        work.connection.execute(table.update().where(staged).values(round=number, until=LATEST))


def end(work: Work, code: str, number: int) -> None:
    """Let a round have an end, so that the next one begins with nothing."""
    for model in _KEPT:
        table = SQLModel.metadata.tables[str(model.__tablename__)]
        lasting = sa.and_(table.c.period == code, table.c.round > 0, in_round(table.c, number))
        work.connection.execute(table.update().where(lasting).values(until=number))


def put(
    work: Work, model: type[SQLModel], number: int, key: dict[str, Any], row: dict[str, Any] | None
) -> None:
    """Let a round have this row in place of what it has of this key, or nothing; the rounds before it keep theirs."""
    table = SQLModel.metadata.tables[str(model.__tablename__)]
    mine = sa.and_(*(table.c[name] == value for name, value in key.items()), in_round(table.c, number))
    work.connection.execute(table.delete().where(mine, table.c.round == number))
    work.connection.execute(table.update().where(mine).values(until=number - 1))
    if row is not None:
        work.connection.execute(table.insert(), [{**row, **key, "round": number, "until": LATEST}])


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
