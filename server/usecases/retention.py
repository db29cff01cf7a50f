"""Pictures whose time has come: photographs of visits, proofs of actions and appeals, masked ones; hashes and events stay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from server.domain.actions import ActionState
from server.domain.appeals import WAITING, AppealState, first_limit, runs
from server.domain.retention import evidence_ends, masked_ends
from server.domain.rules import RuleSet
from server.domain.tracking import TrackingState
from server.domain.visit import SHANGHAI, VisitState
from server.gateways import masking
from server.queries.calendars import calendars_of
from server.queries.retention import MASKED, PICTURES, shows_expired
from server.queries.rules import rules_on
from server.storage.actions import Action
from server.storage.appeals import Appeal
from server.storage.database import hold, hold_file
from server.storage.publishing import PhotoRelease
from server.storage.record_files import RecordFile
from server.storage.visits import Report, Visit, VisitFile
from server.storage.weak_items import TrackedItem
from server.usecases import photos, reports
from server.usecases.work import Office, Work

KINDS = ("photo", "original", "proof")
"""Kinds of a visit's files that are pictures; signatures stay with the answers that they stand under."""
DONE = (ActionState.ACCEPTED, ActionState.WITHDRAWN)
OVER = (VisitState.PUBLISHED, VisitState.FINAL, VisitState.VOID, VisitState.DISCARDED)
_MASKED_HERE = sa.and_(col(PhotoRelease.masked_sha256).is_not(None), col(PhotoRelease.expired_at).is_(None))
AT_ONCE = 500
"""So many visits, records and masked pictures in one sweep; the next hour takes the others."""


def expire_pictures(office: Office) -> int:
    """Delete the pictures of visits whose last matter was over long enough ago; returns how many.

    So, too, those that came for a visit that never did. Each visit goes in a transaction of its own; doing it again changes nothing.
    """
    with office.work(write=False) as work:
        edge = _edge(work)
        since = sa.func.coalesce(col(Visit.published_at), col(Visit.changed_at), col(VisitFile.arrived_at))
        due = work.session.exec(
            select(VisitFile.visit_id)
            .join(Visit, col(Visit.id) == col(VisitFile.visit_id), isouter=True)
            .where(
                col(VisitFile.kind).in_(KINDS),
                col(VisitFile.expired_at).is_(None),
                col(Visit.id).is_(None) | sa.and_(col(Visit.state).in_(OVER), ~_runs(work.now, edge)),
            )
            .group_by(col(VisitFile.visit_id))
            .having(sa.func.min(since) <= edge)
            .order_by(sa.func.min(since))
            .limit(AT_ONCE)
        ).all()
    return sum(_expire_visit(office, visit_id) for visit_id in due)


def expire_proofs(office: Office) -> int:
    """Delete the proofs of corrective actions, appeals and weak items that were over long enough ago; returns how many."""
    with office.work(write=False) as work:
        found = work.session.exec(
            select(RecordFile.record_id)
            .where(col(RecordFile.expired_at).is_(None), RecordFile.arrived_at <= _edge(work))
            .group_by(col(RecordFile.record_id))
            .order_by(sa.func.min(RecordFile.arrived_at))
        ).all()
    return sum(_expire_record(office, record_id) for record_id in found)


def expire_masked(office: Office) -> int:
    """Delete the masked pictures of covert visits that were published long enough ago; returns how many.

    What was decided about each photograph stays, with its masks.
    """
    with office.work(write=False) as work:
        rules = _rules(work)
        # A month has at least 28 days: whoever is not older than that is not asked.
        edge = work.now - timedelta(days=28 * rules.retention.outlet_months)
        found = work.session.exec(
            select(PhotoRelease.visit_id, Visit.published_at)
            .join(Visit, col(Visit.id) == col(PhotoRelease.visit_id))
            .where(_MASKED_HERE, col(Visit.published_at) <= edge)
            .distinct()
            .order_by(col(Visit.published_at))
            .limit(AT_ONCE)
        ).all()
        due = [
            id_
            for id_, published in found
            if published and masked_ends(published, rules.retention) <= work.now
        ]
    return sum(_expire_released(office, visit_id) for visit_id in due)


def replace_reports(office: Office, visit_id: UUID) -> int:
    """Sign the text edition of each report that shows what has expired, and delete the bytes of the old; returns how many.

    The text edition has every hash and no picture (handbook 03, Law and conduct). The old report's row stays, so that a copy
    of it still verifies, as superseded. Where the worker died on the way, the next try goes on.
    """
    with office.work(write=False) as work:
        shown = [each for each in _reports(work, visit_id) if shows_expired(work.session, each)]
        living = {(each.edition, each.language) for each in shown if each.superseded_by is None}
    for edition, language in sorted(living):
        reports.issue(
            office, visit_id, "inner" if edition == "inner" else "outlet", "en" if language == "en" else "zh"
        )
    gone = 0
    for old in shown:
        with office.work() as work:
            hold_file(work.connection, old.sha256)
            replaced = work.session.get_one(Report, old.id).superseded_by is not None
            if replaced and work.files.has(old.sha256, kind=reports.KIND):
                work.files.delete(old.sha256, kind=reports.KIND)
                work.record("report.expired", "report", old.id, sha256=old.sha256)
                gone += 1
    return gone


def _reports(work: Work, visit_id: UUID) -> Sequence[Report]:
    return work.session.exec(
        select(Report).where(Report.visit_id == visit_id).order_by(col(Report.number))
    ).all()


def _runs(now: datetime, edge: datetime) -> sa.ColumnElement[bool]:
    """Whether a matter of the visit runs, or was over only after `edge`: such visits must not stand before those that are due."""
    action = sa.exists().where(
        col(Action.visit_id) == col(Visit.id),
        col(Action.state).not_in(DONE) | (col(Action.changed_at) > edge),
    )
    again = (col(Appeal.state) == AppealState.REJECTED) & (
        col(Appeal.again_until).is_(None) | (col(Appeal.again_until) > now)
    )
    appeal = sa.exists().where(
        col(Appeal.visit_id) == col(Visit.id),
        col(Appeal.state).in_((*WAITING, AppealState.RECEIVING)) | again | (col(Appeal.changed_at) > edge),
    )
    ended = (col(Visit.state) == VisitState.VOID) & (col(Visit.changed_at) > edge)
    return action | appeal | ended


def _rules(work: Work) -> RuleSet:
    return rules_on(work.connection, work.now.astimezone(SHANGHAI).date())


def _edge(work: Work) -> datetime:
    """Nothing that ended after this can be due."""
    return work.now - timedelta(days=_rules(work).retention.evidence_days)


def _expire_visit(office: Office, visit_id: UUID) -> int:
    with office.work() as work:
        hold(work.connection, visit_id)
        ends = evidence_ends(_matters(work, visit_id), _rules(work).retention)
        if ends is None or ends > work.now:
            return 0
        files = work.session.exec(
            select(VisitFile)
            .where(
                VisitFile.visit_id == visit_id,
                col(VisitFile.kind).in_(KINDS),
                col(VisitFile.expired_at).is_(None),
            )
            .order_by(col(VisitFile.sha256))
        ).all()
        expire_files(work, "visit", visit_id, files)
        if files:
            work.record(PICTURES, "visit", visit_id, pictures=len(files))
    return len(files)


def _expire_record(office: Office, record_id: UUID) -> int:
    with office.work() as work:
        hold(work.connection, record_id)
        action, appeal = work.session.get(Action, record_id), work.session.get(Appeal, record_id)
        weak = work.session.get(TrackedItem, record_id)
        files = work.session.exec(
            select(RecordFile)
            .where(RecordFile.record_id == record_id, col(RecordFile.expired_at).is_(None))
            .order_by(col(RecordFile.sha256))
        ).all()
        if action is not None:
            over = [_action_over(action)]
        elif appeal is not None:
            over = [_appeal_over(appeal, work.now)]
        elif weak is not None:
            over = [None if weak.state is TrackingState.OPEN else weak.changed_at]
        else:
            over = [max(file.arrived_at for file in files)] if files else []
        ends = evidence_ends(over, _rules(work).retention)
        if ends is None or ends > work.now:
            return 0
        expire_files(work, files[0].subject if files else "", record_id, files)
    return len(files)


def _expire_released(office: Office, visit_id: UUID) -> int:
    with office.work() as work:
        hold(work.connection, visit_id)
        rows = work.session.exec(
            select(PhotoRelease)
            .where(PhotoRelease.visit_id == visit_id, _MASKED_HERE)
            .order_by(col(PhotoRelease.masked_sha256))
        ).all()
        for row in rows:
            name, row.expired_at = str(row.masked_sha256), work.now
            work.session.flush()
            hold_file(work.connection, name)
            needed = select(PhotoRelease.visit_id).where(PhotoRelease.masked_sha256 == name, _MASKED_HERE)
            if work.session.exec(needed).first() is None:
                _delete(work, name, masking.KIND)
            work.record("file.expired", "visit", visit_id, sha256=name, kind=masking.KIND)
        if rows:
            work.record(MASKED, "visit", visit_id, pictures=len(rows))
    return len(rows)


def _matters(work: Work, visit_id: UUID) -> list[datetime | None]:
    """When each matter of the visit was over, None for one that runs."""
    visit = work.session.get(Visit, visit_id)
    if visit is None:
        arrived = work.session.exec(
            select(sa.func.max(VisitFile.arrived_at)).where(VisitFile.visit_id == visit_id)
        ).one()
        return [arrived]
    if visit.state not in OVER:
        return [None]
    appeals = work.session.exec(select(Appeal).where(Appeal.visit_id == visit_id)).all()
    actions = work.session.exec(select(Action).where(Action.visit_id == visit_id)).all()
    published = visit.published_at
    rules = _rules(work)
    return [
        visit.changed_at
        if published is None
        else first_limit(rules.appeals, calendars_of(work.settings), published),
        *([visit.changed_at] if visit.state is VisitState.VOID else []),
        *(_appeal_over(appeal, work.now) for appeal in appeals),
        *(_action_over(action) for action in actions),
    ]


def _appeal_over(appeal: Appeal, now: datetime) -> datetime | None:
    if runs(appeal.state, appeal.again_until, now):
        return None
    return appeal.again_until if appeal.state is AppealState.REJECTED else appeal.changed_at


def _action_over(action: Action) -> datetime | None:
    return action.changed_at if action.state in DONE else None


def expire_files(
    work: Work, subject: str, record: UUID, files: Sequence[VisitFile] | Sequence[RecordFile]
) -> None:
    """Delete the bytes that no other record needs, with the sizes made of them; mark the rows, and say so in the log."""
    for file in files:
        hold_file(work.connection, file.sha256)
        file.expired_at = work.now
        work.session.flush()
        if not _needed(work, file.sha256, file.kind):
            _delete(work, file.sha256, file.kind)
        work.record("file.expired", subject, record, sha256=file.sha256, kind=file.kind)


def _needed(work: Work, sha256: str, kind: str) -> bool:
    return any(
        work.session.exec(
            select(table.sha256)
            .where(table.sha256 == sha256, table.kind == kind, col(table.expired_at).is_(None))
            .limit(1)
        ).first()
        for table in (VisitFile, RecordFile)
    )


def _delete(work: Work, sha256: str, kind: str) -> None:
    work.files.delete(sha256, kind=kind)
    for size in (*photos.SIZES, photos.PAGE):
        work.files.delete_named(photos.size_name(size, sha256))
