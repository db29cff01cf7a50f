"""The demonstration's periods: the months and quarters of the past closed, last half-year's stars, and what runs as drafts."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from server.demo.inputs import MONTHS
from server.demo.organisation import Organisation
from server.domain.calendars import NoCalendar
from server.domain.closing import VisitsUnpublished
from server.domain.periods import Period
from server.domain.visit import SHANGHAI
from server.usecases import people, periods
from server.usecases.work import Work


def closed(work: Work, made: Organisation, today: date) -> None:
    """Everything up to the last whole quarter computed, opened, published and closed by head office; the rest drafted."""
    before = work.viewer, work.now
    work.viewer = people.viewer_of(made.user("hq1"))
    this = Period.of("month", today)
    quarter = Period.of("quarter", today).back()
    half = Period.of("half_year", today).back()
    months = {*half.split("month"), *(this.back(turn) for turn in range(1, MONTHS + 1))}
    for month in sorted(months, key=lambda each: each.first):
        if month.after <= quarter.after:
            _through(work, month, today)
    for turn in (1, 0):
        _through(work, quarter.back(turn), today)
    _through(work, half, today)
    work.now = before[1]
    for turn in (1, 0):
        if not quarter.holds(this.back(turn).first):
            periods.draft_at_once(work, this.back(turn).code)
    for kind in ("quarter", "half_year"):
        running = Period.of(kind, today)  # type: ignore[arg-type]
        periods.draft_at_once(work, running.code)
    work.viewer, work.now = before


def _through(work: Work, period: Period, today: date) -> None:
    """Drafted three days after its end, opened, published and closed, as far as it can be by today."""
    begun = datetime.combine(period.after + timedelta(days=3), time(10), SHANGHAI)
    work.now = min(work.now, begun) if begun.date() > today else begun
    periods.draft_at_once(work, period.code)
    try:
        row = periods.open_draft(work, period.code)
    except (NoCalendar, VisitsUnpublished):
        return
    until = row.open_until
    if until is None or until.date() >= today - timedelta(days=1):
        return
    work.now = until + timedelta(hours=9)
    periods.publish(work, period.code)
    work.now += timedelta(days=1)
    periods.close(work, period.code)
