"""The imports that explanations name by number: what a viewer may know of each, and what still stands of one."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import Permission, Viewer
from server.domain.errors import NotFound
from server.domain.input_sorts import Sort
from server.domain.visit import SHANGHAI
from server.queries import scope
from server.queries.input_imports import Taken
from server.storage.inputs import Complaint, InputImport, MonthCount, VetoEvent
from server.storage.organisation import Outlet, Unit, User

PAGE = 100
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Row:
    """What stands of an import of one outlet: a count of a month, or a veto event with its day in place of a count."""

    outlet: str
    outlet_code: str
    month: str
    code: str
    part: int | None
    whole: int | None
    strict: int | None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A complaint of one outlet by its number; `proven` is None while that is not settled."""

    number: str
    day: date
    proven: bool | None


@dataclass(frozen=True, slots=True)
class Standing:
    """One page of what still stands of an import, how many pages and rows there are, and the later imports of its months.

    `tickets` are an outlet's complaints that came with it, where the page keeps to one outlet.
    """

    taken: Taken
    rows: list[Row]
    pages: int
    total: int
    later: list[tuple[int, datetime]]
    tickets: list[Ticket]


def sources(
    connection: sa.Connection, viewer: Viewer, numbers: Collection[int], *, whole: bool = True
) -> dict[int, dict[str, Any]]:
    """What is told of imports by their numbers: which sort and day; to those who see inputs also file, hash, by whom, page.

    `whole`: False tells the short version to whoever asks, as documents need it that others read.
    """
    found: dict[int, dict[str, Any]] = {}
    listed = sorted(numbers)
    inside = whole and viewer.may(Permission.SEE_INPUTS)
    for begin in range(0, len(listed), _AT_ONCE):
        rows = connection.execute(
            sa.select(
                col(InputImport.number),
                col(InputImport.sort),
                col(InputImport.at),
                col(InputImport.name),
                col(InputImport.sha256),
                User.name,
            )
            .join(User, col(User.id) == col(InputImport.by_id), isouter=True)
            .where(col(InputImport.number).in_(listed[begin : begin + _AT_ONCE]))
        )
        for number, sort, at, name, sha256, by in rows:
            told = {"import": number, "sort": sort, "day": at.astimezone(SHANGHAI).date().isoformat()}
            if inside:
                told |= {"at": at.isoformat(), "file": name, "sha256": sha256, "by": by or ""}
                told["page"] = f"/inputs/imports/{number}"
            found[number] = told
    return found


def standing(
    session: Session, viewer: Viewer, number: int, of: str = "", page: int = 1, *, size: int = PAGE
) -> Standing:
    """What still stands of an import, of the outlets in sight; `of` keeps to an outlet (id or code) or a unit's path.

    Raises NotFound for a number that no import has.
    """
    row = session.exec(
        select(InputImport, User.name)
        .join(User, col(User.id) == col(InputImport.by_id), isouter=True)
        .where(col(InputImport.number) == number)
    ).first()
    if row is None:
        raise NotFound()
    made, by = row
    statement = _statement(viewer, made).where(*_of(of))
    total = session.execute(sa.select(sa.func.count()).select_from(statement.subquery())).scalar_one()
    some = session.execute(statement.limit(size).offset((page - 1) * size))
    return Standing(
        Taken.of(made, by),
        [Row(*each) for each in some],
        max(1, -(-total // size)),
        total,
        list(_later(session, made)),
        _tickets(session, viewer, made, of),
    )


def subject_named(session: Session, viewer: Viewer, of: str) -> tuple[str, str]:
    """The name of the outlet or unit that a page keeps to, and its code or path; no name where there is none in sight."""
    if "/" in of:
        wanted = scope.units(viewer), col(Unit.path) == of
        return session.exec(select(Unit.name).where(*wanted)).first() or "", of
    if of:
        row = session.exec(select(Outlet.name, Outlet.code).where(scope.outlets(viewer), *_of(of))).first()
        return row or ("", of)
    return "", ""


def _statement(viewer: Viewer, made: InputImport) -> sa.Select[Any]:
    """The rows of an import as `Row` has them, in the order of months or days, outlets and codes."""
    outlet = (col(Outlet.name), col(Outlet.code))
    if made.sort == Sort.VETOES:
        table: Any = VetoEvent
        nothing = (sa.null().label("part"), sa.null().label("whole"), sa.null().label("strict"))
        columns = (*outlet, sa.literal("").label("month"), VetoEvent.code, *nothing, VetoEvent.day)
        order = (col(VetoEvent.day), *outlet)
    else:
        table = MonthCount
        counts = (MonthCount.month, MonthCount.code, MonthCount.part, MonthCount.whole, MonthCount.strict)
        columns = (*outlet, *counts)  # type: ignore[assignment]
        order = (col(MonthCount.month), col(Outlet.code), col(MonthCount.code))
    return (
        sa.select(*columns)
        .join(Outlet, col(Outlet.id) == table.outlet_id)
        .where(scope.outlets(viewer), table.import_number == made.number)
        .order_by(*order)
    )


def _tickets(session: Session, viewer: Viewer, made: InputImport, of: str) -> list[Ticket]:
    if made.sort != Sort.COMPLAINTS or not of or "/" in of:
        return []
    rows = session.execute(
        sa.select(col(Complaint.number), col(Complaint.day), col(Complaint.proven))
        .join(Outlet, col(Outlet.id) == col(Complaint.outlet_id))
        .where(scope.outlets(viewer), col(Complaint.import_number) == made.number, *_of(of))
        .order_by(col(Complaint.day), col(Complaint.number))
        .limit(PAGE)
    )
    return [Ticket(*each) for each in rows]


def _of(of: str) -> list[sa.ColumnElement[bool]]:
    if not of:
        return []
    if "/" in of:
        return [col(Outlet.unit_path).startswith(of, autoescape=True)]
    try:
        return [col(Outlet.id) == UUID(of)]
    except ValueError:
        return [col(Outlet.code) == of]


def _later(session: Session, made: InputImport) -> Iterator[tuple[int, datetime]]:
    """The later imports of the same sort that speak of the same months."""
    months = set(made.months.split())
    for number, at, said in session.exec(
        select(InputImport.number, InputImport.at, InputImport.months)
        .where(col(InputImport.sort) == made.sort, col(InputImport.number) > made.number)
        .order_by(col(InputImport.number))
    ):
        if months & set(said.split()):
            yield number, at
