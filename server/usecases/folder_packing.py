"""What a folder of reports packs: each report under a safe name, and an index that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.domain.exact import two_decimals
from server.domain.visit import COUNTED, VisitState
from server.queries import words
from server.queries.period_reports import outdated
from server.storage.organisation import Outlet, Unit
from server.storage.report_folders import FolderItem
from server.storage.visits import Report, Visit
from server.usecases.work import Work

INDEX = "index.csv"
_UNSAFE = re.compile(r"[^A-Za-z0-9-]+")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Packed:
    """One report of the folder with what its line in the index says; `stale`: a period report that is outdated."""

    item: FolderItem
    report: Report
    visit: Visit | None
    outlet: Outlet | None
    unit: Unit | None
    stale: bool

    @property
    def current(self) -> bool:
        """Whether the report may still be handed out as its visit's or its period's."""
        if self.visit is None:
            return self.report.superseded_by is None and not self.stale
        return (
            self.report.superseded_by is None
            and self.report.revision == self.visit.accepted_revision
            and self.visit.state in COUNTED
            and (self.report.edition == "inner" or self.visit.state is not VisitState.ACCEPTED)
        )

    @property
    def when(self) -> str:
        """The day of the visit, or the period."""
        return self.visit.visit_date.isoformat() if self.visit else self.report.period

    @property
    def name(self) -> str:
        """Its name in the zip: numbers, dates and codes alone, so that every system can write it."""
        parts = (
            self.report.number,
            self.outlet.code if self.outlet else self.unit.path.strip("/") if self.unit else "",
            self.when,
            self.report.edition,
        )
        return "_".join(_UNSAFE.sub("-", part)[:40] for part in parts) + ".pdf"


def rows_of(work: Work, folder_id: UUID) -> list[Packed]:
    """The signed reports of a folder, in its order."""
    found = work.session.execute(
        sa.select(FolderItem, Report, Visit, Outlet, Unit)
        .join(Report, col(Report.id) == col(FolderItem.report_id))
        .outerjoin(Visit, col(Visit.id) == col(FolderItem.visit_id))
        .outerjoin(Outlet, col(Outlet.id) == col(Report.subject))
        .outerjoin(Unit, col(Unit.id) == col(Report.subject))
        .where(col(FolderItem.folder_id) == folder_id)
        .order_by(col(FolderItem.position))
    ).all()
    return [
        Packed(item, report, visit, outlet, unit, visit is None and outdated(work.session, report))
        for item, report, visit, outlet, unit in found
    ]


def names_in(path: Path) -> set[str]:
    """The names that are in the zip so far; one that a kill left half written is begun anew."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(path) as archive:
            return set(archive.namelist())
    except FileNotFoundError:
        return set()
    except zipfile.BadZipFile:
        path.unlink()
        return set()


def entry(name: str, report: Report) -> zipfile.ZipInfo:
    """A file of the zip, dated when its report was signed, readable on every system."""
    moment = report.signed_at
    entry = zipfile.ZipInfo(
        name, (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)
    )
    entry.external_attr = 0o644 << 16
    return entry


def index(rows: list[Packed]) -> str:
    """The list of the folder as CSV that a spreadsheet opens; no cell of it can begin a formula."""
    out = io.StringIO()
    out.write("\ufeff")
    table = csv.writer(out)
    table.writerow(
        ("编号", "网点编码", "网点或单位", "检查日期或周期", "类型", "版本", "得分", "文件", "SHA-256")
    )
    for row in rows:
        cells = (
            row.report.number,
            row.outlet.code if row.outlet else "",
            row.outlet.name if row.outlet else row.unit.name if row.unit else "",
            row.when,
            words.KINDS[row.visit.kind.value] if row.visit else words.REPORT_KINDS[row.report.kind],
            words.EDITIONS[row.report.edition],
            two_decimals(row.visit.score) if row.visit and row.visit.score is not None else "",
            row.name,
            row.report.sha256,
        )
        table.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])
    return out.getvalue()
