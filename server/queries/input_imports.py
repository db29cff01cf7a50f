"""The imports of inputs: who took in what and when, which months have what, what is stored of a file's months."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import Viewer
from server.domain.periods import Period
from server.queries import scope
from server.queries.rules import rules_on
from server.storage.inputs import Complaint, InputImport, MonthCount, StaffMonth, VetoEvent
from server.storage.organisation import Outlet, User
from server.storage.periods import PeriodRow, PeriodState

PAGE = 30
MOST_NAMED = 5000
"""So many numbers are asked for at a time: databases take a limited number of values in one question."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that was taken in."""

    sort: str
    name: str
    sha256: str
    months: str
    complete: bool
    added: int
    changed: int
    same: int
    by: str
    at: datetime
    number: int

    @classmethod
    def of(cls, made: InputImport, by: str | None) -> Taken:
        """The import as people look at it; `by` is the name of whoever took it in (None: the system)."""
        return cls(
            made.sort,
            made.name,
            made.sha256,
            made.months,
            made.complete,
            made.added,
            made.changed,
            made.same,
            by or "",
            made.at,
            made.number,
        )


@dataclass(frozen=True, slots=True)
class Event:
    """A veto event; one that was taken back has its instant and reason."""

    id: UUID
    outlet: str
    outlet_code: str
    code: str
    day: date
    note: str
    by: str
    at: datetime
    withdrawn_at: datetime | None
    withdrawn_why: str


def taken(session: Session, sort: str = "", page: int = 1, *, size: int = PAGE) -> tuple[list[Taken], int]:
    """One page of the imports, the newest first, and how many pages there are."""
    wanted = [col(InputImport.sort) == sort] if sort else []
    total = session.exec(select(sa.func.count()).select_from(InputImport).where(*wanted)).one()
    rows = session.exec(
        select(InputImport, User.name)
        .join(User, col(User.id) == col(InputImport.by_id), isouter=True)
        .where(*wanted)
        .order_by(col(InputImport.at).desc(), col(InputImport.id))
        .limit(size)
        .offset((page - 1) * size)
    )
    found = [Taken.of(each, by) for each, by in rows]
    return found, max(1, -(-total // size))


def coverage(session: Session, months: Collection[str]) -> dict[str, dict[str, int]]:
    """Of how many outlets there are counts, by code and month."""
    found: dict[str, dict[str, int]] = {}
    for code, month, number in session.exec(
        select(MonthCount.code, MonthCount.month, sa.func.count())
        .where(col(MonthCount.month).in_(months))
        .group_by(col(MonthCount.code), col(MonthCount.month))
    ):
        found.setdefault(code, {})[month] = number
    return found


def vetoes(
    session: Session, viewer: Viewer, *, outlet: str = "", code: str = "", page: int = 1, size: int = PAGE
) -> tuple[list[Event], int]:
    """One page of the veto events of the outlets in sight, the newest days first, and how many pages there are."""
    wanted = [scope.outlets(viewer)]
    if outlet:
        wanted.append(sa.or_(col(Outlet.code) == outlet, col(Outlet.name).contains(outlet, autoescape=True)))
    if code:
        wanted.append(col(VetoEvent.code) == code)
    joined = select(VetoEvent, Outlet.name, Outlet.code, User.name).join(
        Outlet, col(Outlet.id) == col(VetoEvent.outlet_id)
    )
    total = session.exec(select(sa.func.count()).select_from(VetoEvent).join(Outlet).where(*wanted)).one()
    rows = session.exec(
        joined.join(User, col(User.id) == col(VetoEvent.by_id), isouter=True)
        .where(*wanted)
        .order_by(col(VetoEvent.day).desc(), col(VetoEvent.id))
        .limit(size)
        .offset((page - 1) * size)
    )
    found = [
        Event(
            each.id,
            name,
            place,
            each.code,
            each.day,
            each.note,
            by or "",
            each.at,
            each.withdrawn_at,
            each.withdrawn_why,
        )
        for each, name, place, by in rows
    ]
    return found, max(1, -(-total // size))


def standing_months(connection: sa.Connection) -> frozenset[str]:
    """The months that are published or closed: their figures stand, so nothing that they were computed from may change."""
    rows = connection.execute(
        sa.select(col(PeriodRow.code)).where(
            col(PeriodRow.kind) == "month",
            col(PeriodRow.state).in_((PeriodState.PUBLISHED, PeriodState.CLOSED)),
        )
    )
    return frozenset(code for (code,) in rows)


def taken_months(connection: sa.Connection) -> dict[str, str]:
    """The months whose inputs a later month took where its own were missing, each with the latest of those that are
    published or closed: those would come to something else."""
    found: dict[str, str] = {}
    for code in sorted(standing_months(connection)):
        month = Period.read(code)
        missing = rules_on(connection, month.first).composite.missing
        span = max(missing.months_before + 1, missing.replies_months)
        found |= {month.back(turn).code: code for turn in range(1, span)}
    return found


def counts(
    connection: sa.Connection, months: Iterable[str], codes: Iterable[str]
) -> dict[tuple[UUID, str, str], tuple[int, int | None, int | None]]:
    """What is stored of these months and codes, by outlet, month and code."""
    rows = connection.execute(
        sa.select(
            col(MonthCount.outlet_id),
            col(MonthCount.month),
            col(MonthCount.code),
            col(MonthCount.part),
            col(MonthCount.whole),
            col(MonthCount.strict),
        ).where(col(MonthCount.month).in_(list(months)), col(MonthCount.code).in_(list(codes)))
    )
    return {(outlet, month, code): (part, whole, strict) for outlet, month, code, part, whole, strict in rows}


def complaints(
    connection: sa.Connection, numbers: Sequence[str], months: Collection[str] = ()
) -> dict[str, tuple[UUID, date, bool | None, str]]:
    """Complaints by the number of their ticket, those named and those of whole months: outlet, day, whether proven, kind."""
    wanted = [
        col(Complaint.number).in_(numbers[begin : begin + MOST_NAMED])
        for begin in range(0, len(numbers), MOST_NAMED)
    ]
    for month in (Period.read(code) for code in months):
        wanted.append(sa.and_(col(Complaint.day) >= month.first, col(Complaint.day) < month.after))
    found: dict[str, tuple[UUID, date, bool | None, str]] = {}
    for clause in wanted:
        rows = connection.execute(
            sa.select(
                col(Complaint.number),
                col(Complaint.outlet_id),
                col(Complaint.day),
                col(Complaint.proven),
                col(Complaint.kind),
            ).where(clause)
        )
        found |= {number: (outlet, day, proven, kind) for number, outlet, day, proven, kind in rows}
    return found


def complete_months(connection: sa.Connection) -> frozenset[str]:
    """The months of which a complete list of complaints was taken in."""
    rows = connection.execute(
        sa.select(col(InputImport.months)).where(
            col(InputImport.sort) == "complaints", col(InputImport.complete)
        )
    )
    return frozenset(months for (months,) in rows)


def staff(
    connection: sa.Connection, months: Collection[str]
) -> dict[tuple[UUID, str, str], tuple[str, bool, int]]:
    """Who is on the lists of these months, by outlet, month and number: name, whether certified, weight."""
    rows = connection.execute(
        sa.select(
            col(StaffMonth.outlet_id),
            col(StaffMonth.month),
            col(StaffMonth.number),
            col(StaffMonth.name),
            col(StaffMonth.certified),
            col(StaffMonth.weight),
        ).where(col(StaffMonth.month).in_(list(months)))
    )
    return {
        (outlet, month, number): (name, certified, weight)
        for outlet, month, number, name, certified, weight in rows
    }
