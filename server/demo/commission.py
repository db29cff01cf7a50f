"""The demonstration's commission: every published month computed, and all but the last of them closed for payment."""

from __future__ import annotations

from server.demo.organisation import Organisation
from server.domain.access import SYSTEM
from server.queries import results
from server.queries.results import STANDING
from server.storage.commission import CommissionRun
from server.usecases import commission, people
from server.usecases.work import Work


def paid(work: Work, made: Organisation) -> None:
    """Compute the published months in their order, by head office; the worker stands in for the second person who closes."""
    before = work.viewer
    months = sorted(
        row.code
        for row in results.periods(work.connection, SYSTEM)
        if row.kind == "month" and row.state in STANDING
    )
    for number, month in enumerate(months, 1):
        work.viewer = people.viewer_of(made.user("hq1"))
        commission.compute(work, month)
        if number < len(months):
            work.viewer = SYSTEM
            work.session.flush()
            commission.close(work, month, work.session.get_one(CommissionRun, month).digest)
    work.viewer = before
