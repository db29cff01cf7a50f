"""Folders of reports: asked for by filter, worked off in small steps between other jobs, zipped with flat memory.

A step signs one report, or packs some of them; what is done is in the database, so that a killed worker's folder goes
on where it stood. The zip grows in a file of the data folder and goes to the object store when it is whole.
"""

from __future__ import annotations

import json
import logging
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from server.domain.access import Permission
from server.domain.period_reports import (
    FOLDER_DAYS,
    MOST_IN_FOLDER,
    FolderEmpty,
    FolderTooLarge,
)
from server.domain.visit import SHANGHAI
from server.queries import report_folders
from server.queries.report_folders import Filter
from server.reports.facts import Edition
from server.storage.report_folders import FolderItem, FolderState, ReportFolder
from server.usecases import folder_periods, reports
from server.usecases.folder_packing import INDEX, entry, index, names_in, rows_of
from server.usecases.work import Office, Work

LOG = logging.getLogger("xunting.folders")
LEASE = timedelta(minutes=2)
TRIES = 5
PACKED_AT_ONCE = 20
_WORKING = (FolderState.SIGNING, FolderState.ZIPPING)


@dataclass(frozen=True, slots=True)
class _Step:
    """A folder that this worker holds until the lease ends."""

    folder_id: UUID
    state: FolderState
    edition: Edition
    lease: str


def ask(work: Work, wanted: Filter) -> ReportFolder:
    """Ask for a folder with every report that the filter finds, in the viewer's edition.

    Period reports that are missing or no longer current are signed on the way, so that they are for who may sign
    them. Raises NotAllowed, FolderEmpty, FolderTooLarge, PeriodWrong, PeriodRuns.
    """
    work.needs(Permission.PACK_REPORTS)
    if wanted.periodic:
        work.needs(Permission.REPORT_PERIODS)
        today = work.now.astimezone(SHANGHAI).date()
        found = report_folders.subjects(work.session, work.viewer, wanted, today)
    else:
        found = report_folders.visits(work.session, work.viewer, wanted)
    if not found:
        raise FolderEmpty()
    if len(found) > MOST_IN_FOLDER:
        raise FolderTooLarge(count=len(found), most=MOST_IN_FOLDER)
    folder = ReportFolder(
        id=uuid4(),
        asked_by=UUID(work.viewer.user_id),
        asked_at=work.now,
        edition=report_folders.edition(work.viewer, wanted),
        asked=json.dumps(asdict(wanted), ensure_ascii=False, sort_keys=True),
        state=FolderState.SIGNING,
        total=len(found),
    )
    work.session.add(folder)
    work.session.flush()
    work.session.add_all(
        FolderItem(
            folder_id=folder.id,
            position=position,
            visit_id=None if wanted.periodic else each,
            subject=each if wanted.periodic else None,
        )
        for position, each in enumerate(found, 1)
    )
    work.record("folder.asked", "folder", folder.id, reports=len(found), edition=folder.edition)
    return folder


def step(office: Office) -> bool:
    """Do one small piece of the oldest folder that waits; False when there is nothing to do."""
    held = _take(office)
    if held is None:
        return False
    try:
        if held.state is FolderState.SIGNING:
            _sign(office, held)
        else:
            _pack(office, held)
    except Exception as error:
        # Whatever stops a folder is kept with it, and tried again; other jobs must not wait for it.
        LOG.exception("folder %s stumbled", held.folder_id)
        _failed(office, held, f"{type(error).__name__}: {error}")
    return True


def expire(office: Office) -> int:
    """Delete the zips whose days are over; returns how many."""
    with office.work() as work:
        old = work.session.exec(
            select(ReportFolder).where(
                ReportFolder.state == FolderState.READY, col(ReportFolder.expires_at) <= work.now
            )
        ).all()
        for folder in old:
            folder.state = FolderState.EXPIRED
            work.record("folder.expired", "folder", folder.id)
        gone = [folder.id for folder in old]
    for folder_id in gone:
        office.files.delete_named(name_of(folder_id))
    return len(gone)


def chunks(office: Office, folder_id: UUID) -> Iterator[bytes]:
    """The zip in pieces."""
    return office.files.pieces(name_of(folder_id))


def name_of(folder_id: UUID) -> str:
    """Under which name the object store keeps a folder's zip."""
    return f"folder/{folder_id}.zip"


def _take(office: Office) -> _Step | None:
    with office.work(write=False) as work:
        waiting = work.session.exec(
            select(sa.exists().where(col(ReportFolder.state).in_(_WORKING), _free(work)))
        ).one()
    if not waiting:
        return None
    with office.work() as work:
        folder = work.session.exec(
            select(ReportFolder)
            .where(col(ReportFolder.state).in_(_WORKING), _free(work))
            .order_by(col(ReportFolder.asked_at), col(ReportFolder.id))
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if folder is None:
            return None
        folder.lease, folder.leased_until = uuid4().hex, work.now + LEASE
        edition: Edition = "inner" if folder.edition == "inner" else "outlet"
        return _Step(folder.id, folder.state, edition, folder.lease)


def _free(work: Work) -> sa.ColumnElement[bool]:
    return sa.or_(col(ReportFolder.leased_until).is_(None), col(ReportFolder.leased_until) <= work.now)


def _mine(work: Work, held: _Step) -> ReportFolder | None:
    """The folder, if the lease still holds; somebody else goes on with it otherwise."""
    folder = work.session.get_one(ReportFolder, held.folder_id)
    if folder.lease != held.lease:
        return None
    folder.lease, folder.leased_until, folder.failures = None, None, 0
    return folder


def _sign(office: Office, held: _Step) -> None:
    """Sign the first report that is missing; when none is, packing begins."""
    with office.work(write=False) as work:
        item = work.session.exec(_unsigned(held.folder_id).limit(1)).first()
        found = (item.position, item.visit_id, item.subject) if item else None
        folder = work.session.get_one(ReportFolder, held.folder_id)
        asker, asked = folder.asked_by, Filter(**json.loads(folder.asked))
    report = None
    if found and found[1]:
        report = reports.issue(office, found[1], held.edition)
    elif found and found[2]:
        report = folder_periods.report(office, asker, asked, found[2], held.edition)
    with office.work() as work:
        mine = _mine(work, held)
        if mine is None:
            return
        if found is None:
            mine.state, mine.done = FolderState.ZIPPING, 0
            return
        item = work.session.get_one(FolderItem, (held.folder_id, found[0]))
        item.report_id, item.skipped = (report.id, False) if report else (None, True)
        mine.done += 1
        mine.skipped += report is None


def _unsigned(folder_id: UUID) -> SelectOfScalar[FolderItem]:
    return (
        select(FolderItem)
        .where(
            FolderItem.folder_id == folder_id,
            col(FolderItem.report_id).is_(None),
            sa.not_(col(FolderItem.skipped)),
        )
        .order_by(col(FolderItem.position))
    )


def _pack(office: Office, held: _Step) -> None:
    """Put the next reports into the zip; after the last one the index, and the whole goes to the object store.

    A report that was replaced meanwhile is taken out of the plan and signed anew first: a folder never hands out an old
    one as current.
    """
    path = _path(office, held.folder_id)
    with office.work(write=False) as work:
        rows = rows_of(work, held.folder_id)
        stale = [row.item.position for row in rows if not row.current]
    if stale:
        _again(office, held, stale)
        return
    packed = names_in(path)
    left = [row for row in rows if row.name not in packed]
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as archive:
        for row in left[:PACKED_AT_ONCE]:
            data = office.files.get(row.report.sha256, kind=reports.KIND)
            archive.writestr(entry(row.name, row.report), data)
    if len(left) > PACKED_AT_ONCE:
        with office.work() as work:
            folder = _mine(work, held)
            if folder is not None:
                folder.done = len(rows) - len(left) + PACKED_AT_ONCE
        return
    if INDEX not in packed:
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(INDEX, index(rows))
    office.files.put_file(name_of(held.folder_id), path)
    size = path.stat().st_size
    with office.work() as work:
        folder = _mine(work, held)
        if folder is None:
            return
        folder.state, folder.done, folder.bytes = FolderState.READY, len(rows), size
        folder.ready_at, folder.expires_at = work.now, work.now + timedelta(days=FOLDER_DAYS)
        work.record(
            "folder.ready", "folder", folder.id, user=str(folder.asked_by), reports=len(rows), bytes=size
        )
    path.unlink(missing_ok=True)


def _again(office: Office, held: _Step, stale: list[int]) -> None:
    _path(office, held.folder_id).unlink(missing_ok=True)
    with office.work() as work:
        folder = _mine(work, held)
        if folder is None:
            return
        for position in stale:
            work.session.get_one(FolderItem, (held.folder_id, position)).report_id = None
        folder.state, folder.done = FolderState.SIGNING, folder.total - len(stale)


def _failed(office: Office, held: _Step, error: str) -> None:
    with office.work() as work:
        folder = work.session.get_one(ReportFolder, held.folder_id)
        if folder.lease != held.lease:
            return
        folder.failures += 1
        folder.error = error[:500]
        folder.lease = None
        # It rests a little longer each time, so that a full disk is not asked ten times a second.
        folder.leased_until = work.now + timedelta(seconds=30 * folder.failures)
        if folder.failures >= TRIES:
            folder.state = FolderState.FAILED
            work.record("folder.failed", "folder", folder.id)
    with suppress(OSError):
        _path(office, held.folder_id).unlink(missing_ok=True)


def _path(office: Office, folder_id: UUID) -> Path:
    return office.settings.data / "folders" / f"{folder_id}.zip"
