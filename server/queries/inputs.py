"""What figures need besides visits, of many outlets and months at once: counts by month, staff, veto events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.domain import month_counts
from server.domain.access import SYSTEM, Viewer
from server.domain.composite import OutOf
from server.domain.periods import Period
from server.domain.service_indicators import Counted
from server.queries import scope
from server.storage.inputs import Complaint, MonthCount, StaffMonth, VetoEvent
from server.storage.organisation import Outlet

FIXES = "fixes"
"""The count of corrective actions: closed in time of those due in a month."""
Counts = month_counts.Counts
_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Named:
    """A member of an outlet's staff in a month: the weight of the share in its commission, the import that named it."""

    number: str
    name: str
    certified: bool
    weight: int
    imported: int | None = None


@dataclass(frozen=True, slots=True)
class Vetoed:
    """A veto event that stands: its code V1 to V10, its day, when it was entered, and by which import (None: by hand)."""

    code: str
    day: date
    at: datetime
    imported: int | None = None


def counts(
    connection: sa.Connection,
    viewer: Viewer,
    months: Collection[str],
    codes: Collection[str] = (),
    outlets: Collection[UUID] = (),
) -> dict[UUID, Counts]:
    """All counts of the outlets that the viewer may see in these months (2026-11), by outlet.

    All codes where none is named, and all outlets where none is.
    """
    wanted = [col(MonthCount.month).in_(months)]
    if outlets:
        wanted.append(col(MonthCount.outlet_id).in_(list(outlets)))
    if codes:
        wanted.append(col(MonthCount.code).in_(codes))
    statement = sa.select(
        # As it lies there: a province has many rows of each outlet, and ids are made of texts once.
        sa.type_coerce(col(MonthCount.outlet_id), sa.String),
        col(MonthCount.month),
        col(MonthCount.code),
        col(MonthCount.part),
        col(MonthCount.whole),
        col(MonthCount.strict),
        col(MonthCount.import_number),
    ).where(*wanted)
    if viewer is not SYSTEM:
        same = col(Outlet.id) == col(MonthCount.outlet_id)
        statement = statement.join(Outlet, same).where(scope.outlets(viewer))
    rows = connection.execute(statement)
    found: dict[UUID | str, dict[str, dict[str, Counted]]] = defaultdict(lambda: defaultdict(dict))
    for outlet, month, code, part, whole, strict, imported in chain.from_iterable(rows.partitions(_AT_ONCE)):
        source = "survey" if code.startswith("csat_") else "log"
        all_ = part if whole is None else whole
        found[outlet][code][month] = Counted(code, source, part, all_, strict, imported)  # type: ignore[arg-type]
    by_id = {each if isinstance(each, UUID) else UUID(each): mine for each, mine in found.items()}
    if months and (not codes or "complaints" in codes):
        _tickets(connection, months, outlets, by_id)
    return by_id


def _tickets(
    connection: sa.Connection,
    months: Collection[str],
    outlets: Collection[UUID],
    found: Mapping[UUID, dict[str, dict[str, Counted]]],
) -> None:
    """Tell of the counts of complaints which imports their tickets came with."""
    spans = [Period.read(month) for month in months]
    wanted = [
        sa.or_(
            *(sa.and_(col(Complaint.day) >= each.first, col(Complaint.day) < each.after) for each in spans)
        )
    ]
    if outlets:
        wanted.append(col(Complaint.outlet_id).in_(list(outlets)))
    by_import: dict[tuple[UUID, str], dict[int | None, list[int]]] = {}
    for outlet, day, proven, number in connection.execute(
        sa.select(
            col(Complaint.outlet_id), col(Complaint.day), col(Complaint.proven), col(Complaint.import_number)
        ).where(*wanted)
    ):
        sums = by_import.setdefault((outlet, day.isoformat()[:7]), {}).setdefault(number, [0, 0])
        sums[0] += bool(proven)
        sums[1] += 1
    for (outlet, month), numbers in by_import.items():
        counted = found.get(outlet, {}).get("complaints", {})
        if month in counted:
            each = sorted(numbers.items(), key=lambda one: (one[0] is None, one[0] or 0))
            told = tuple((number, proven, logged) for number, (proven, logged) in each)
            counted[month] = replace(counted[month], tickets=told)


def parts(counted: Counts, code: str) -> dict[str, int]:
    """The plain counts of one code by month, such as proven complaints or errors."""
    return {month: one.part for month, one in counted.get(code, {}).items()}


def shares(counted: Counts, code: str) -> dict[str, OutOf]:
    """The counts of one code as parts of wholes by month, such as satisfied of valid replies."""
    return {month: OutOf(one.part, one.whole) for month, one in counted.get(code, {}).items()}


def staff(connection: sa.Connection, viewer: Viewer, month: str) -> dict[UUID, tuple[Named, ...]]:
    """Who worked at each outlet in a month, in the order of their numbers."""
    rows = connection.execute(
        sa.select(
            col(StaffMonth.outlet_id),
            col(StaffMonth.number),
            col(StaffMonth.name),
            col(StaffMonth.certified),
            col(StaffMonth.weight),
            col(StaffMonth.import_number),
        )
        .join(Outlet, col(Outlet.id) == col(StaffMonth.outlet_id))
        .where(scope.outlets(viewer), col(StaffMonth.month) == month)
        .order_by(col(StaffMonth.outlet_id), col(StaffMonth.number))
    )
    found: dict[UUID, list[Named]] = defaultdict(list)
    for outlet, *one in rows:
        found[outlet].append(Named(*one))
    return {outlet: tuple(each) for outlet, each in found.items()}


def vetoes(
    connection: sa.Connection, viewer: Viewer, first: date, after: date, known_at: datetime | None = None
) -> dict[UUID, tuple[Vetoed, ...]]:
    """The veto events that stand, from `first` until before `after`, by outlet in the order of their days.

    `known_at`: those that were known and stood at this instant, as a closed period has them.
    """
    stands = col(VetoEvent.withdrawn_at).is_(None)
    if known_at is not None:
        stands = sa.and_(
            col(VetoEvent.at) <= known_at, sa.or_(stands, col(VetoEvent.withdrawn_at) > known_at)
        )
    rows = connection.execute(
        sa.select(
            col(VetoEvent.outlet_id),
            col(VetoEvent.code),
            col(VetoEvent.day),
            col(VetoEvent.at),
            col(VetoEvent.import_number),
        )
        .join(Outlet, col(Outlet.id) == col(VetoEvent.outlet_id))
        .where(
            scope.outlets(viewer),
            stands,
            col(VetoEvent.day) >= first,
            col(VetoEvent.day) < after,
        )
        .order_by(col(VetoEvent.day), col(VetoEvent.code), col(VetoEvent.id))
    )
    found: dict[UUID, list[Vetoed]] = defaultdict(list)
    for outlet, *one in rows:
        found[outlet].append(Vetoed(*one))
    return {outlet: tuple(each) for outlet, each in found.items()}
