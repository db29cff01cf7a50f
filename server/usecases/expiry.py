"""Voice notes whose time has come: their bytes go for ever; the row, the hash and an event of each stay."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlmodel import col, select

from server.domain import voice
from server.domain.visit import WRITABLE
from server.queries.appeals import running
from server.storage.database import hold
from server.storage.visits import Revision, Visit, VisitFile
from server.usecases.retention import expire_files
from server.usecases.visit_checks import named_files
from server.usecases.work import Office, Work


def expire_voice(office: Office, visit_id: UUID) -> int:
    """Delete the voice notes of a visit that nobody reviews any more; returns how many.

    While a review may still come (a returned visit too), or an appeal runs, nothing is deleted. Doing it again changes nothing:
    where the worker died between the bytes and the row, the next try finds the row and marks it.
    """
    with office.work() as work:
        hold(work.connection, visit_id)
        visit = work.session.get(Visit, visit_id)
        if visit is None or visit.state not in voice.DECIDED or running(work.session, visit_id, work.now):
            return 0
        notes = _notes(work, visit_id)
        expire_files(work, "visit", visit_id, notes)
    return len(notes)


def expire_left_voice(office: Office) -> int:
    """Delete the voice notes that no review will ever end, and those whose end was missed; returns how many.

    That is: of a visit that never came or that names them no more, once an upload left alone would be forgotten;
    and of one that has been with its inspector for `voice.LEFT_DAYS`. Run by the worker; repeating it changes nothing.
    """
    with office.work(write=False) as work:
        waiting = work.session.exec(
            select(VisitFile.visit_id)
            .where(VisitFile.kind == "audio", col(VisitFile.expired_at).is_(None))
            .distinct()
        ).all()
        left = [visit_id for visit_id in waiting if _left(work, visit_id)]
    expired = 0
    for visit_id in left:
        with office.work() as work:
            hold(work.connection, visit_id)
            notes = _left(work, visit_id)
            expire_files(work, "visit", visit_id, notes)
            expired += len(notes)
    return expired


def _notes(work: Work, visit_id: UUID) -> Sequence[VisitFile]:
    # In one order for all, so that two of these never wait for each other's hashes.
    return work.session.exec(
        select(VisitFile)
        .where(VisitFile.visit_id == visit_id, VisitFile.kind == "audio", col(VisitFile.expired_at).is_(None))
        .order_by(col(VisitFile.sha256))
    ).all()


def _left(work: Work, visit_id: UUID) -> Sequence[VisitFile]:
    notes = _notes(work, visit_id)
    visit = work.session.get(Visit, visit_id)
    named: set[str] = set()
    if running(work.session, visit_id, work.now):
        return []
    if visit is not None:
        long_ago = visit.changed_at <= work.now - timedelta(days=voice.LEFT_DAYS)
        if visit.state in voice.DECIDED or (visit.state in WRITABLE and long_ago):
            return notes
        # What an earlier submission named is part of what is reviewed.
        sent = work.session.exec(select(Revision.document).where(Revision.visit_id == visit_id))
        named = {name for document in (visit.document, *sent) for name in named_files(json.loads(document))}
    edge = work.now - timedelta(hours=work.settings.limits.upload_hours)
    return [note for note in notes if note.sha256 not in named and note.arrived_at <= edge]
