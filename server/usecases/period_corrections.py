"""Corrections: a visit that is accepted, corrected or voided recomputes what hangs on it in the periods that are not closed."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import col, select

from server.domain.closing import built_from
from server.domain.periods import Period
from server.queries import figures, period_grounds, period_visits
from server.queries.rules import rule_set
from server.storage.periods import PeriodRow, PeriodState, PeriodVisit
from server.storage.visits import Visit
from server.usecases import outlet_stars, period_rounds, round_corrections, weak_items
from server.usecases.work import Office, Work


def follow(office: Office, visit_id: UUID) -> int:
    """Recompute, of the periods that are not closed, what hangs on a visit that was accepted, corrected or voided.

    Only the outlet's own figures, its county's ranks, its branch's quarter. Figures that were published stay as a round of
    their own. Returns in how many periods; a closed one keeps what it has.
    """
    with office.work() as work:
        visit = work.session.get(Visit, visit_id)
        return followed(work, visit) if visit is not None else 0


def followed(work: Work, visit: Visit) -> int:
    """The same within one transaction."""
    rows = work.session.exec(
        select(PeriodRow)
        .where(PeriodRow.state != PeriodState.CLOSED, PeriodRow.digest != "")
        .order_by(col(PeriodRow.code))
    ).all()
    done: set[str] = set()
    work.session.flush()
    current = {row.code for row in rows if row.parts and period_grounds.parts_hold(work.connection, row)}
    # Months come before the longer periods that are made from them.
    for row in sorted(rows, key=lambda each: (each.kind != "month", each.code)):
        if _followed(work, row, visit, done):
            done.add(row.code)
            work.session.flush()
            if row.code in current:
                row.parts = period_grounds.parts_followed(work.connection, row, visit.visit_date)
            else:
                row.parts = period_grounds.parts_compared(work.connection, row)
    return len(done)


def compare_parts(work: Work, code: str) -> None:
    """Let the longer periods that reckoned a month before it was published know whether it came to the same."""
    work.session.flush()
    rows = work.session.exec(
        select(PeriodRow).where(
            PeriodRow.state != PeriodState.CLOSED, col(PeriodRow.parts).contains(f"{code}=")
        )
    )
    for row in rows.all():
        row.parts = period_grounds.parts_compared(work.connection, row)


def take_in(work: Work, row: PeriodRow) -> list[UUID]:
    """Let a period's round have the visits as they count now; returns those that may not be told yet, and so stay out.

    What was accepted, corrected or voided while the round was computed, or is not followed yet, is taken in.
    """
    missing = period_visits.missing(work.connection, row)
    told = period_visits.tellable(work.connection, row, missing)
    for visit_id in (*told, *period_visits.outdated(work.connection, row)):
        # What is made from this period is to have them as well.
        followed(work, work.session.get_one(Visit, visit_id))
    return [each for each in missing if each not in set(told)]


def _followed(work: Work, row: PeriodRow, visit: Visit, done: set[str]) -> bool:
    if not _differs(work, row, visit, done):
        return False
    period_rounds.hold_period(work, row.code)
    work.session.flush()
    work.session.refresh(row)
    if row.state is PeriodState.CLOSED or not row.digest or not _differs(work, row, visit, done):
        # Somebody else closed, computed or corrected it meanwhile.
        return False
    counts = _counts(work, row, visit, _kept(work, row, visit))
    if row.state is PeriodState.PUBLISHED:
        # What was published stays: the next round begins as this one, and has its own only of what becomes different.
        row.round += 1
        work.session.flush()
    before = round_corrections.of_hall(work.connection, row, visit)
    key = {"period": row.code, "visit_id": visit.id}
    revision = {"revision": visit.accepted_revision} if counts else None
    period_rounds.put(work, PeriodVisit, row.round, key, revision)
    round_ = round_corrections.corrected(work, row, visit)
    changed = round_corrections.recompute(work, round_, visit, before)
    if row.state is PeriodState.PUBLISHED:
        outlet_stars.give(work, row, [visit.outlet_id])
    row.digest = period_rounds.digest_of(round_.hashes)
    row.changed_at = work.now
    work.record(
        "period.recomputed", "period", row.code, visit=str(visit.id), round=row.round, figures=changed
    )
    if row.kind == "quarter" and row.state is PeriodState.PUBLISHED:
        weak_items.follow(work, row.code)
    return True


def _kept(work: Work, row: PeriodRow, visit: Visit) -> int | None:
    """The revision that the period's round has of the visit."""
    kept = figures.kept_of(work.connection, row.code, row.round, [visit.id])
    return next((revision for _, revision in kept), None)


def _counts(work: Work, row: PeriodRow, visit: Visit, kept: int | None) -> bool:
    """Whether the visit is to be in the period's round."""
    if not period_visits.belongs(work.connection, row, visit.id):
        return False
    return kept is not None or bool(period_visits.tellable(work.connection, row, [visit.id]))


def _differs(work: Work, row: PeriodRow, visit: Visit, done: set[str]) -> bool:
    """Whether the round has the visit otherwise than it counts now, or is made from months that changed."""
    kept = _kept(work, row, visit)
    counts = _counts(work, row, visit, kept)
    if counts != (kept is not None) or (kept is not None and kept != visit.accepted_revision):
        return True
    rated_by = rule_set(work.connection, row.rules_version).stars.period
    return any(month.code in done for month in built_from(Period.read(row.code), rated_by))
