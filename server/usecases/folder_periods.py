"""Period reports in a folder: the current one of a subject, or one that is signed now."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import col, select

from server.domain.errors import NotAllowed, Problem
from server.domain.period_reports import Kind, period_of
from server.queries.period_reports import outdated
from server.queries.report_folders import Filter
from server.reports.facts import Edition
from server.storage.organisation import User
from server.storage.visits import Report
from server.usecases import period_reports
from server.usecases.people import viewer_of
from server.usecases.period_read import Wanted
from server.usecases.work import Office


def report(office: Office, asker: UUID, asked: Filter, subject: UUID, edition: Edition) -> Report | None:
    """The current Chinese report of a subject, with the rights that the asker has now; None where there can be none.

    One that is current is taken as it was signed, with its issuer's own words.
    """
    kind = Kind(asked.kind)
    wanted = Wanted(kind, subject, period_of(kind, asked.period), edition, "zh")
    with office.work(write=False) as work:
        user = work.session.get_one(User, asker)
        viewer, gone = viewer_of(user), user.disabled_at is not None
        there = work.session.exec(
            select(Report).where(
                Report.kind == kind,
                Report.subject == subject,
                Report.period == asked.period,
                Report.edition == edition,
                Report.language == wanted.language,
                col(Report.superseded_by).is_(None),
            )
        ).first()
        current = there is not None and not outdated(work.session, there)
    try:
        if gone:
            raise NotAllowed()
        with office.work(viewer, write=False) as work:
            period_reports.allowed(work, wanted)
        return there if current else period_reports.issue(office, viewer, wanted)
    except Problem:
        return None
