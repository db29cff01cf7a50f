"""What is still open of a period before it is closed, and the board of periods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import col

from server.domain import appeals as appeal_states
from server.domain.access import SYSTEM
from server.domain.actions import LIVING
from server.domain.closing import built_from, is_computed, takes_visits
from server.domain.periods import Period
from server.domain.rules import RuleSet
from server.domain.visit import SHANGHAI, VisitState
from server.queries import period_grounds, period_visits, results, scope, star_past
from server.queries.reckoning import AGENTS
from server.queries.rules import NoRules, rules_on
from server.storage.actions import Action
from server.storage.appeals import Appeal
from server.storage.inputs import MonthCount, StaffMonth
from server.storage.organisation import User
from server.storage.periods import (
    PeriodOutlet,
    PeriodReopening,
    PeriodRow,
    PeriodState,
    PeriodVisit,
    in_round,
)
from server.storage.visits import Visit

CheckCode = Literal[
    "visits-not-accepted",
    "visits-unpublished",
    "visits-coming",
    "visits-carried",
    "appeals-running",
    "actions-undecided",
    "inputs-missing",
    "staff-missing",
    "parts-not-closed",
    "figures-outdated",
]
WAITING = (VisitState.SUBMITTED, VisitState.SECOND_REVIEW, VisitState.RETURNED)
"""A visit that was sent and does not count yet: hq waits, or it is carried into the period of its acceptance."""
ASKED = ("complaints", "audit", "certified", "csat_hall")
"""The inputs without which parts of composites and stars have no data."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is open: how many, which (where they have names), and whether it forbids the next step."""

    code: CheckCode
    count: int
    named: tuple[str, ...] = ()
    forbids: bool = False


@dataclass(frozen=True, slots=True)
class Reopening:
    """A request to open a closed period again, with the names of who asked and who answered.

    `withdrawn`: by whoever asked. `answer` is why it was refused.
    """

    why: str
    asked_at: datetime
    asked_by: str
    agreed: bool | None
    answered_at: datetime | None
    answered_by: str
    withdrawn: bool
    answer: str


@dataclass(frozen=True, slots=True)
class Line:
    """A period on the board: where it stands (None: never drafted), and what is open."""

    period: Period
    row: PeriodRow | None
    over: bool
    checks: tuple[Check, ...]
    reopenings: tuple[Reopening, ...] = ()

    @property
    def outdated(self) -> bool:
        """Whether its figures are older than what they are computed from."""
        return any(check.code == "figures-outdated" for check in self.checks)


def board(connection: sa.Connection, today: date) -> list[Line]:
    """The periods of the last year that have begun: months, quarters, half-years, and years where something is set by the
    year; the latest first. What is open of those that are not closed."""
    wanted: list[Period] = []
    for kind, many in (("month", 7), ("quarter", 4), ("half_year", 2)):
        current = Period.of(kind, today)  # type: ignore[arg-type]
        wanted += [current.back(turn) for turn in range(many)]
    for year in (Period.of("year", today), Period.of("year", today).back()):
        rules = _rules_of(connection, year)
        if rules is not None and is_computed("year", rules.stars.period, rules.classes.period):
            wanted.append(year)
    rows = {row.code: row for row in results.periods(connection, SYSTEM)}
    known = {period.code for period in wanted}
    wanted += [Period.read(code) for code in rows if code not in known]
    asked = _reopenings(connection)
    lines = []
    for period in wanted:
        row = rows.get(period.code)
        closed = row is not None and row.state is PeriodState.CLOSED
        open_ = () if closed else tuple(checks(connection, period, row, today))
        lines.append(Line(period, row, period.after <= today, open_, tuple(asked.get(period.code, ()))))
    return lines


def _rules_of(connection: sa.Connection, period: Period) -> RuleSet | None:
    """The rules of a period; None for one that lies before all of them."""
    try:
        return rules_on(connection, period.first)
    except NoRules:
        return None


def _reopenings(connection: sa.Connection) -> dict[str, list[Reopening]]:
    table = PeriodReopening.__table__  # type: ignore[attr-defined]
    asker, answerer = aliased(User), aliased(User)
    rows = connection.execute(
        sa.select(
            table.c.period,
            table.c.why,
            table.c.asked_at,
            col(asker.name),
            table.c.agreed,
            table.c.answered_at,
            col(answerer.name),
            table.c.asked_by == table.c.answered_by,
            table.c.answer,
        )
        .outerjoin(asker, col(asker.id) == table.c.asked_by)
        .outerjoin(answerer, col(answerer.id) == table.c.answered_by)
        .order_by(table.c.period, table.c.number)
    )
    found: dict[str, list[Reopening]] = {}
    for period, why, asked_at, asked_by, agreed, answered_at, answered_by, own, answer in rows:
        one = Reopening(
            why, asked_at, asked_by or "", agreed, answered_at, answered_by or "", bool(own), answer
        )
        found.setdefault(period, []).append(one)
    return found


def checks(
    connection: sa.Connection, period: Period, row: PeriodRow | None, today: date | None = None
) -> list[Check]:
    """What is open of one period; `today` tells of a draft whether its period is over."""
    newer = period_grounds.outdated(connection, row, today) if row else ()
    found = [
        Check("figures-outdated", len(newer), newer, forbids=True),
        Check("visits-not-accepted", not_accepted(connection, period)),
        Check("visits-unpublished", unpublished(connection, row) if row else 0, forbids=True),
        *_missing(connection, row),
        Check("appeals-running", _appeals(connection, period)),
        Check("actions-undecided", _actions(connection, period)),
    ]
    missing = _inputs(connection, period)
    found.append(Check("inputs-missing", len(missing), tuple(missing)))
    found.append(Check("staff-missing", _without_staff(connection, row)))
    parts = open_parts(connection, period)
    found.append(Check("parts-not-closed", len(parts), tuple(parts), forbids=True))
    return [each for each in found if each.count]


def not_accepted(connection: sa.Connection, period: Period) -> int:
    """How many visits of the period's days do not count yet."""
    return _count(
        connection,
        col(Visit.visit_date) >= period.first,
        col(Visit.visit_date) < period.after,
        col(Visit.state).in_(WAITING),
    )


def unpublished(connection: sa.Connection, row: PeriodRow) -> int:
    """How many covert visits of the period's round are not published: whoever sees its figures would learn of them."""
    kept = sa.exists().where(
        col(PeriodVisit.visit_id) == col(Visit.id),
        col(PeriodVisit.period) == row.code,
        in_round(PeriodVisit, row.round),
    )
    return _count(connection, kept, scope.covert(), col(Visit.state) == VisitState.ACCEPTED)


def _missing(connection: sa.Connection, row: PeriodRow | None) -> list[Check]:
    """Visits that count and are not in the round: those that come into it, and those that are carried unless the close
    waits for their publication."""
    missing = period_visits.missing(connection, row) if row else []
    if row is None or not missing:
        return []
    coming = len(period_visits.tellable(connection, row, missing))
    return [Check("visits-coming", coming), Check("visits-carried", len(missing) - coming)]


def open_parts(connection: sa.Connection, period: Period) -> list[str]:
    """The codes of the periods that this one is computed from and that a correction would still move: of its months those that
    are not closed, and the published ratings before it."""
    rated_by = rules_on(connection, period.first).stars.period
    months = built_from(period, rated_by)
    # One that was opened again is in it: nothing of it counts until it is published again.
    ratings = star_past.ratings_open(connection, period) if period.kind == rated_by else []
    return [
        *ratings,
        *(month.code for month in months if not results.closed(connection, month.code)),
    ]


def closed_to(connection: sa.Connection, day: date, *, own_hall: bool) -> list[Period]:
    """The closed periods that would take a visit of a day at an own hall or an agent (handbook 2.3)."""
    rated_by = rules_on(connection, day).stars.period
    codes = connection.execute(
        sa.select(col(PeriodRow.code)).where(col(PeriodRow.state) == PeriodState.CLOSED)
    )
    closed = [Period.read(code) for code in codes.scalars()]
    return [each for each in closed if takes_visits(each.kind, rated_by, own_hall=own_hall)]


def _appeals(connection: sa.Connection, period: Period) -> int:
    statement = (
        sa.select(sa.func.count())
        .select_from(Appeal)
        .join(Visit, col(Visit.id) == col(Appeal.visit_id))
        .where(
            col(Visit.visit_date) >= period.first,
            col(Visit.visit_date) < period.after,
            col(Appeal.state).in_(appeal_states.WAITING),
        )
    )
    return int(connection.execute(statement).scalar_one())


def _actions(connection: sa.Connection, period: Period) -> int:
    first, after = _instants(period)
    statement = (
        sa.select(sa.func.count())
        .select_from(Action)
        .where(col(Action.due_at) >= first, col(Action.due_at) < after, col(Action.state).in_(LIVING))
    )
    return int(connection.execute(statement).scalar_one())


def _inputs(connection: sa.Connection, period: Period) -> list[str]:
    """The inputs of which a month of the period has nothing at all."""
    months: Sequence[str] = [month.code for month in period.split("month")]
    rows = connection.execute(
        sa.select(col(MonthCount.code), col(MonthCount.month))
        .where(col(MonthCount.month).in_(months), col(MonthCount.code).in_(ASKED))
        .distinct()
    )
    there = {(code, month) for code, month in rows}
    return [f"{code}:{month}" for code in ASKED for month in months if (code, month) not in there]


def _without_staff(connection: sa.Connection, row: PeriodRow | None) -> int:
    """How many agents of a month that was drafted have no staff list: nobody would have a share of their commission."""
    if row is None or row.kind != "month":
        return 0
    listed = sa.exists().where(
        col(StaffMonth.outlet_id) == col(PeriodOutlet.outlet_id), col(StaffMonth.month) == row.code
    )
    statement = (
        sa.select(sa.func.count())
        .select_from(PeriodOutlet)
        .where(
            col(PeriodOutlet.period) == row.code,
            in_round(PeriodOutlet, row.round),
            col(PeriodOutlet.tier).in_(AGENTS),
            ~listed,
        )
    )
    return int(connection.execute(statement).scalar_one())


def _count(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(Visit).where(*where)).scalar_one())


def _instants(period: Period) -> tuple[datetime, datetime]:
    return (
        datetime.combine(period.first, time(), SHANGHAI),
        datetime.combine(period.after, time(), SHANGHAI),
    )
