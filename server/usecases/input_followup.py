"""What follows from inputs: the periods that are drafts or stand open are computed anew."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlmodel import col, select

from server.domain.access import SYSTEM
from server.domain.closing import PeriodStateForbids, VisitsUnpublished
from server.domain.periods import Period
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
        rows = work.session.exec(
            select(PeriodRow.code).where(col(PeriodRow.state).in_((PeriodState.DRAFT, PeriodState.OPEN)))
        ).all()
    touched = [Period.read(code) for code in rows]
    # Shorter periods come first: longer ones are made of them.
    touched.sort(key=lambda period: (period.after - period.first, period.first))
    done = []
    for period in touched:
        if since is not None and period.after > since:
            try:
                periods.draft(office, SYSTEM, period.code)
            except (PeriodStateForbids, VisitsUnpublished):
                # It was published meanwhile, or waits for visits and is computed anew by hand.
                continue
            done.append(period.code)
    return done


def _since(work: Work, subject: UUID) -> date | None:
    event = work.session.get(VetoEvent, subject)
    if event is not None:
        return event.day
    taken = work.session.get(InputImport, subject)
    months = taken.months.split() if taken else []
    return Period.read(min(months)).first if months else None
