"""The list of outlets: filtered, sorted and paged rows of those in sight, each with its latest published composite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from server.domain.access import Viewer
from server.queries import results, scope
from server.queries.review import branches_of
from server.storage.organisation import Outlet

PAGE = 50


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list shows: `branch` is the path of a unit, `star` a number as text or `none`."""

    tier: str = ""
    class_: str = ""
    status: str = ""
    star: str = ""
    branch: str = ""
    search: str = ""
    sort: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One outlet; `composite` is that of the month `Listing.month`, with its rank in the county company."""

    id: UUID
    code: str
    name: str
    branch: str
    tier: str
    class_: str
    status: str
    star: int | None
    composite: str | None
    rank: int | None
    of: int | None


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of rows and how many there are in all; `month` is the latest published one, if there is any."""

    rows: tuple[Row, ...]
    total: int
    page: int
    pages: int
    month: str | None


def listing(session: Session, viewer: Viewer, filters: Filters, *, size: int = PAGE) -> Listing:
    """The outlets that the viewer may see and asked for, by their codes unless another order is wished."""
    where = [scope.outlets(viewer), *_wanted(filters)]
    total = session.execute(sa.select(sa.func.count()).select_from(Outlet).where(*where)).scalar_one()
    pages = max(1, -(-total // size))
    page = min(max(1, filters.page), pages)
    found = (
        session.execute(
            sa.select(Outlet)
            .where(*where)
            .order_by(*_order(filters))
            .limit(size)
            .offset((page - 1) * size)
            .execution_options(populate_existing=True)
        )
        .scalars()
        .all()
    )
    month = latest_month(session, viewer)
    ids = [str(outlet.id) for outlet in found]
    connection = session.connection()
    composites = (
        results.by_subject(connection, viewer, month, "composite", subjects=ids) if month and ids else {}
    )
    branches = branches_of(session, viewer)
    return Listing(
        tuple(_row(outlet, branches, composites.get(str(outlet.id))) for outlet in found),
        total,
        page,
        pages,
        month,
    )


def latest_month(session: Session, viewer: Viewer) -> str | None:
    """The latest month whose figures are published."""
    months = (
        row.code
        for row in results.periods(session.connection(), viewer)
        if row.kind == "month" and row.state in results.STANDING
    )
    return max(months, default=None)


def points(hundredths: int | None) -> str | None:
    """A figure in hundredths as people read it."""
    if hundredths is None:
        return None
    whole, part = divmod(abs(hundredths), 100)
    return f"{'-' if hundredths < 0 else ''}{whole}.{part:02d}"


def _wanted(filters: Filters) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = []
    for value, column in (
        (filters.tier, col(Outlet.tier)),
        (filters.class_, col(Outlet.class_)),
        (filters.status, col(Outlet.status)),
    ):
        if value:
            wanted.append(column == value)
    if filters.star:
        none = filters.star == "none"
        wanted.append(col(Outlet.star).is_(None) if none else col(Outlet.star) == int(filters.star))
    if filters.branch:
        wanted.append(col(Outlet.unit_path).startswith(filters.branch, autoescape=True))
    if filters.search:
        wanted.append(
            sa.or_(
                col(Outlet.name).contains(filters.search, autoescape=True),
                col(Outlet.code).contains(filters.search, autoescape=True),
                col(Outlet.pinyin).contains(filters.search.lower(), autoescape=True),
            )
        )
    return wanted


def _order(filters: Filters) -> tuple[Any, ...]:
    columns: dict[str, Any] = {
        "code": col(Outlet.code),
        "tier": col(Outlet.tier),
        "class": col(Outlet.class_),
        "status": col(Outlet.status),
        # Without a star comes after any: databases differ about where nothing stands.
        "star": sa.func.coalesce(col(Outlet.star), 0),
    }
    name = filters.sort.removeprefix("-")
    if name not in columns:
        return (col(Outlet.code),)
    column = columns[name]
    return (column.desc() if filters.sort.startswith("-") else column.asc(), col(Outlet.code))


def _row(outlet: Outlet, branches: tuple[tuple[str, str], ...], result: results.Result | None) -> Row:
    return Row(
        id=outlet.id,
        code=outlet.code,
        name=outlet.name,
        branch=next((name for path, name in branches if outlet.unit_path.startswith(path)), ""),
        tier=outlet.tier.value,
        class_=outlet.class_,
        status=outlet.status.value,
        star=outlet.star,
        composite=points(result.hundredths) if result else None,
        rank=result.rank if result else None,
        of=result.of if result else None,
    )
