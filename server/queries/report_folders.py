"""Folders of reports: which visits a filter finds for a viewer, and the folders that somebody asked for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import SYSTEM, Permission, Role, Viewer
from server.domain.errors import NotFound
from server.domain.period_reports import (
    PERIODIC,
    UNITS,
    FolderExpired,
    FolderNotReady,
    Kind,
    PeriodWrong,
    over,
    period_of,
)
from server.domain.periods import Period
from server.domain.visit import COUNTED
from server.queries import scope
from server.queries.figures import Span, figures
from server.queries.period_reports import COUNTS
from server.storage.organisation import Outlet, Unit, UnitKind
from server.storage.report_folders import FolderItem, FolderState, ReportFolder
from server.storage.visits import Report, Visit

LISTED = 20


@dataclass(frozen=True, slots=True)
class Filter:
    """Which reports: a month or quarter, a branch by its path, a kind, an edition; empty means all.

    `kind` is a kind of visit, or of period reports (`PERIODIC`); those need their period.
    """

    period: str = ""
    branch: str = ""
    kind: str = ""
    edition: str = ""

    @property
    def periodic(self) -> bool:
        """Whether period reports are meant, and not those of visits."""
        return self.kind in PERIODIC


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder in the list. `replaced` counts reports that were replaced since it was packed."""

    id: UUID
    asked_at: datetime
    asked: Filter
    branch: str
    edition: str
    state: str
    total: int
    done: int
    skipped: int
    bytes: int | None
    error: str | None
    expires_at: datetime | None
    replaced: int

    @property
    def working(self) -> bool:
        """Whether the worker still has something to do for it."""
        return self.state in (FolderState.SIGNING, FolderState.ZIPPING)


def edition(viewer: Viewer, wanted: Filter) -> Literal["inner", "outlet"]:
    """The edition that the viewer gets: the inner one only for whoever may see covert visits."""
    return "inner" if viewer.may(Permission.SEE_COVERT) and wanted.edition != "outlet" else "outlet"


def visits(session: Session, viewer: Viewer, wanted: Filter) -> list[UUID]:
    """The visits in sight that the filter finds and that have, or can have, a report in the viewer's edition."""
    states = COUNTED if edition(viewer, wanted) == "inner" else scope.SHOWN
    where = [
        scope.visits(viewer),
        col(Visit.state).in_(states),
        col(Visit.accepted_revision).is_not(None),
    ]
    if wanted.period:
        try:
            period = Period.read(wanted.period)
        except ValueError:
            raise PeriodWrong(period=wanted.period[:20]) from None
        where += [col(Visit.visit_date) >= period.first, col(Visit.visit_date) < period.after]
    if wanted.branch:
        where.append(col(Outlet.unit_path).startswith(wanted.branch, autoescape=True))
    if wanted.kind:
        where.append(col(Visit.kind) == wanted.kind)
    return list(
        session.exec(
            select(Visit.id)
            .join(Outlet, col(Outlet.id) == col(Visit.outlet_id))
            .where(*where)
            .order_by(col(Outlet.code), col(Visit.visit_date), col(Visit.id))
        )
    )


def subjects(session: Session, viewer: Viewer, wanted: Filter, today: date) -> list[UUID]:
    """The units or outlets in sight whose period reports are meant; outlets only with a visit in the month.

    Raises PeriodWrong, PeriodRuns.
    """
    kind = Kind(wanted.kind)
    period = period_of(kind, wanted.period)
    over(period, today)
    if kind in UNITS:
        where = [Unit.kind == UNITS[kind], scope.units(viewer)]
        if wanted.branch:
            where.append(col(Unit.path).startswith(wanted.branch, autoescape=True))
        return list(session.exec(select(Unit.id).where(*where).order_by(col(Unit.path))))
    eyes = (
        SYSTEM
        if edition(viewer, wanted) == "inner"
        else Viewer(str(UUID(int=0)), "", "", Role.BRANCH_MANAGER)
    )
    span = Span.of(period, COUNTS, unit_path=wanted.branch, viewer=eyes)
    visited = {UUID(each.outlet) for each in figures(session.connection(), span)}
    found = session.exec(
        select(Outlet.id, Outlet.unit_path).where(scope.outlets(viewer)).order_by(col(Outlet.code))
    )
    return [outlet for outlet, path in found if outlet in visited and path.startswith(wanted.branch)]


def mine(session: Session, viewer: Viewer) -> list[Folder]:
    """The folders that the viewer asked for, newest first."""
    rows = session.exec(
        select(ReportFolder)
        .where(ReportFolder.asked_by == UUID(viewer.user_id))
        .order_by(col(ReportFolder.asked_at).desc(), col(ReportFolder.id))
        .limit(LISTED)
    ).all()
    names = branches(session, viewer)
    return [_folder(session, row, dict(names)) for row in rows]


def ready(session: Session, viewer: Viewer, folder_id: UUID) -> ReportFolder:
    """A packed folder of the viewer's own. Raises NotFound, FolderNotReady, FolderExpired.

    Whoever may no longer see covert visits, or no longer every visit in it, gets it no more.
    """
    folder = session.exec(
        select(ReportFolder).where(
            ReportFolder.id == folder_id, ReportFolder.asked_by == UUID(viewer.user_id)
        )
    ).one_or_none()
    if folder is None or (folder.edition == "inner" and not viewer.may(Permission.SEE_COVERT)):
        raise NotFound()
    hidden = (
        select(FolderItem.position)
        .where(
            FolderItem.folder_id == folder_id,
            col(FolderItem.report_id).is_not(None),
            col(FolderItem.visit_id).not_in(select(Visit.id).where(scope.visits(viewer))),
        )
        .limit(1)
    )
    about_period = (
        select(FolderItem.position)
        .where(
            FolderItem.folder_id == folder_id,
            col(FolderItem.visit_id).is_(None),
            col(FolderItem.report_id).is_not(None),
            col(FolderItem.report_id).not_in(select(Report.id).where(scope.period_reports(viewer))),
        )
        .limit(1)
    )
    if session.exec(hidden).first() is not None or session.exec(about_period).first() is not None:
        raise NotFound()
    if folder.state is FolderState.EXPIRED:
        raise FolderExpired()
    if folder.state is not FolderState.READY:
        raise FolderNotReady()
    return folder


def branches(session: Session, viewer: Viewer) -> list[tuple[str, str]]:
    """The branches in the viewer's part, by path."""
    rows = session.exec(
        select(Unit).where(Unit.kind == UnitKind.BRANCH, scope.units(viewer)).order_by(col(Unit.path))
    )
    return [(unit.path, unit.name) for unit in rows]


def _folder(session: Session, row: ReportFolder, names: dict[str, str]) -> Folder:
    asked = Filter(**json.loads(row.asked))
    replaced = 0
    if row.state is FolderState.READY:
        replaced = session.execute(
            sa.select(sa.func.count())
            .select_from(FolderItem)
            .join(Report, col(Report.id) == col(FolderItem.report_id))
            .where(FolderItem.folder_id == row.id, col(Report.superseded_by).is_not(None))
        ).scalar_one()
    return Folder(
        id=row.id,
        asked_at=row.asked_at,
        asked=asked,
        branch=names.get(asked.branch, ""),
        edition=row.edition,
        state=row.state.value,
        total=row.total,
        done=row.done,
        skipped=row.skipped,
        bytes=row.bytes,
        error=row.error,
        expires_at=row.expires_at,
        replaced=replaced,
    )
