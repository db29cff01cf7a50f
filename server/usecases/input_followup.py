"""What follows from inputs: the periods that are drafts or stand open are computed anew, at once or as soon as they can be."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlmodel import col, select

from server.domain.access import SYSTEM
from server.domain.closing import PeriodStateForbids, VisitsUnpublished
from server.domain.periods import Period
from server.domain.visit import SHANGHAI
from server.queries import period_grounds, period_visits
from server.storage.inputs import InputImport, VetoEvent
from server.storage.periods import PeriodRow, PeriodState
from server.usecases import periods
from server.usecases.work import Office, Work


def follow(office: Office, subject: UUID) -> list[str]:
    """Compute anew every draft that an import or a veto event may bear on: those that end after its first day.

    A month's figures may also be taken by the months after it. Returns the codes of the periods. Raises
    PeriodComputedMeanwhile, to be tried again, where somebody computed one at the same time, perhaps without the input.
    """
    with office.work(write=False) as work:
        since = _since(work, subject)
    done = []
    for code in _redrawn(office):
        if since is not None and Period.read(code).after > since:
            try:
                periods.draft(office, SYSTEM, code)
            except (PeriodStateForbids, VisitsUnpublished):
                # It was published meanwhile, or waits for visits to be published: `catch_up` comes back to it.
                continue
            done.append(code)
    return done


def catch_up(office: Office, _event: int = 0) -> list[str]:
    """Compute anew every draft and every period that stands open whose figures are older than what they are computed from.

    What waits for visits to be published is left until they are. Returns the codes of the periods. Raises
    PeriodComputedMeanwhile, to be tried again.
    """
    done = []
    for code in _redrawn(office):
        with office.work(write=False) as work:
            row = work.session.get(PeriodRow, code)
            # Whether it is behind is asked one by one: a longer period may be so once a month of it has been computed.
            today = work.now.astimezone(SHANGHAI).date()
            due = row and period_grounds.outdated(work.connection, row, today) and _told(work, row)
        if not due:
            continue
        try:
            periods.draft(office, SYSTEM, code)
        except (PeriodStateForbids, VisitsUnpublished):
            continue
        done.append(code)
    return done


def _redrawn(office: Office) -> list[str]:
    """The codes of the periods that are computed anew as a whole, the shorter ones first: longer ones are made of them."""
    with office.work(write=False) as work:
        rows = work.session.exec(
            select(PeriodRow.code).where(col(PeriodRow.state).in_((PeriodState.DRAFT, PeriodState.OPEN)))
        ).all()
    touched = [Period.read(code) for code in rows]
    touched.sort(key=lambda period: (len(period.split("month")), period.first))
    return [period.code for period in touched]


def _told(work: Work, row: PeriodRow) -> bool:
    """Whether every visit that would come into the period's round may be told now."""
    missing = period_visits.missing(work.connection, row)
    return len(period_visits.tellable(work.connection, row, missing)) == len(missing)


def _since(work: Work, subject: UUID) -> date | None:
    event = work.session.get(VetoEvent, subject)
    if event is not None:
        return event.day
    taken = work.session.get(InputImport, subject)
    months = taken.months.split() if taken else []
    return Period.read(min(months)).first if months else None
