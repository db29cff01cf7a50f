"""Reports: issue and sign a visit's report in either edition, supersede the older one, verify any report.

The floor that prints and signs is loaded when it is first needed (`reports/press.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal
from uuid import UUID

from sqlmodel import col, select

from server.domain.visit import COUNTED, VisitState
from server.domain.voice import FileExpired
from server.queries.period_reports import outdated
from server.queries.reports import again_id, report_id_of, withheld_since
from server.queries.retention import shows_expired
from server.reports.facts import Edition, Language
from server.reports.press import Manuscript, authority
from server.storage.visits import Report, Revision, Visit
from server.usecases.photos import for_page
from server.usecases.report_data import Ready, gather
from server.usecases.report_numbers import reserve
from server.usecases.work import Office, Work

KIND = "report"
Standing = Literal["genuine", "changed", "superseded", "outdated", "void", "unknown"]
NUMBER = re.compile(r"XT-[0-9]{4}-[0-9]{6,}")


@dataclass(frozen=True, slots=True)
class Verified:
    """What anybody may learn of a report: whether it is ours and unchanged, its number, and what replaced it.

    `void`: it was ours, and its visit was voided since; it counts nowhere. `outdated`: the visit, or one that a
    period's report counts, changed since, and the new report is not signed yet.
    """

    standing: Standing
    number: str | None = None
    signed_at: datetime | None = None
    newer: str | None = None
    newer_at: datetime | None = None


def issue(office: Office, visit_id: UUID, edition: Edition, language: Language = "zh") -> Report | None:
    """Make, sign and keep the report of the visit's accepted revision, and supersede the older ones in its language.

    Doing it again gives the report that is there, and another one that replaces it when a photograph that it shows was
    withheld or has expired since. None when the visit has no accepted revision any more, or,
    for the outlet edition, is not published. The database is not held while the pages are laid out: the number is
    reserved in one transaction, what the report says is read in another, and it is kept in a third.
    """
    with office.work(write=False) as work:
        there = _there(work, visit_id, edition, language)
    if not isinstance(there, UUID):
        return there
    number = reserve(office)
    with office.work(write=False) as work:
        drawn_up = _draw_up(work, visit_id, edition, language, number)
    if drawn_up is None or isinstance(drawn_up, Report):
        return drawn_up
    signed = _signed(office, drawn_up)
    with office.work() as work:
        return _keep(work, visit_id, drawn_up, signed)


def issue_without(office: Office, visit_id: UUID) -> None:
    """Sign a visit's outlet edition anew in each language in which it is there, when a photograph of it was withheld.

    Where none was, nothing changes.
    """
    with office.work(write=False) as work:
        languages = set(
            work.session.exec(
                select(Report.language).where(Report.visit_id == visit_id, Report.edition == "outlet")
            )
        )
    for language in sorted(languages):
        issue(office, visit_id, "outlet", "en" if language == "en" else "zh")


def content(work: Work, report: Report) -> bytes:
    """The signed bytes of a report. Raises FileExpired for one that was replaced when its pictures' time came."""
    try:
        return work.files.get(report.sha256, kind=KIND)
    except FileNotFoundError:
        if report.superseded_by is None:
            raise
        raise FileExpired() from None


def verify_bytes(office: Office, data: bytes) -> Verified:
    """What a file is, by its bytes: one of ours as it was signed, changed since, replaced, withdrawn, or unknown."""
    with office.work(write=False) as work:
        known = work.session.exec(select(Report).where(Report.sha256 == sha256(data).hexdigest())).first()
        if known:
            return _standing(work, known)
    from server.reports import sign

    found = sign.verify(data, authority(office.settings, office.clock()).roots)
    if found.state == "genuine" or (found.state == "untrusted" and not found.report_id):
        # Signed by us but not among our reports, or signed by a stranger: nothing that we can vouch for.
        return Verified("unknown")
    named = _by_id(office, found.report_id) if found.report_id else None
    if named and named.standing != "unknown":
        return Verified("changed", number=named.number)
    return Verified("changed" if found.state == "changed" else "unknown")


def verify_id(office: Office, report_id: str) -> Verified:
    """What is known of the report with this id, or with the number that is printed on it."""
    return _by_id(office, report_id) or Verified("unknown")


def _there(work: Work, visit_id: UUID, edition: Edition, language: Language) -> Report | UUID | None:
    """The report that is there already, or the id that it will have; None where there can be none."""
    visit = work.session.get(Visit, visit_id)
    if visit is None or visit.accepted_revision is None or visit.state not in COUNTED:
        return None
    if edition == "outlet" and visit.state is VisitState.ACCEPTED:
        return None
    report_id = report_id_of(visit_id, visit.accepted_revision, edition, language)
    there = work.session.get(Report, report_id)
    while there is not None and (withheld_since(work.session, there) or shows_expired(work.session, there)):
        report_id = again_id(there.id)
        there = work.session.get(Report, report_id)
    return there or report_id


def _draw_up(
    work: Work, visit_id: UUID, edition: Edition, language: Language, number: str
) -> Ready | Report | None:
    there = _there(work, visit_id, edition, language)
    if not isinstance(there, UUID):
        return there
    visit = work.session.get_one(Visit, visit_id)
    revision = work.session.get_one(Revision, (visit_id, visit.accepted_revision))
    return gather(work, visit, revision, edition, there, number, language)


def _signed(office: Office, ready: Ready) -> bytes:
    files = {}
    for name, kind in ready.photos:
        files[name] = (
            office.files.get(name, kind=kind) if kind == "signature" else for_page(office, name, kind)
        )
    return office.press(Manuscript(office.settings, ready.data, files))


def _keep(work: Work, visit_id: UUID, ready: Ready, signed: bytes) -> Report:
    """Keep the signed report; the one that is there where another worker was faster."""
    data = ready.data
    report_id, edition, revision = UUID(data.report_id), data.edition, data.evidence.revision
    there = work.session.get(Report, report_id)
    if there:
        return there
    made = Report(
        id=report_id,
        subject=work.session.get_one(Visit, visit_id).outlet_id,
        visit_id=visit_id,
        revision=revision,
        edition=edition,
        language=data.language,
        number=data.number,
        sha256=work.files.put(signed, kind=KIND),
        bytes=len(signed),
        # What its signatures claim; laying out and signing take seconds.
        signed_at=data.issued_at,
    )
    work.session.add(made)
    work.session.flush()
    for older in work.session.exec(
        select(Report).where(
            Report.visit_id == visit_id,
            Report.edition == edition,
            Report.language == data.language,
            col(Report.revision) <= revision,
            Report.id != report_id,
            col(Report.superseded_by).is_(None),
        )
    ):
        older.superseded_by = report_id
        work.record("report.superseded", "report", older.id, by=str(report_id))
    work.record(
        "report.signed",
        "visit",
        visit_id,
        report=str(report_id),
        revision=revision,
        edition=edition,
        sha256=made.sha256,
    )
    return made


def _by_id(office: Office, report_id: str) -> Verified | None:
    printed = report_id.strip().upper()
    try:
        named = Report.number == printed if NUMBER.fullmatch(printed) else Report.id == UUID(report_id)
    except ValueError:
        return None
    with office.work(write=False) as work:
        report = work.session.exec(select(Report).where(named)).first()
        return _standing(work, report) if report else None


def _standing(work: Work, report: Report) -> Verified:
    of_visit = work.session.get_one(Visit, report.visit_id) if report.visit_id else None
    if of_visit and of_visit.state is VisitState.VOID:
        return Verified("void", number=report.number, signed_at=report.signed_at)
    behind = of_visit is not None and of_visit.accepted_revision != report.revision
    behind = behind or withheld_since(work.session, report)
    if report.superseded_by is None and (behind or outdated(work.session, report)):
        return Verified("outdated", number=report.number, signed_at=report.signed_at)
    if report.superseded_by is None:
        return Verified("genuine", number=report.number, signed_at=report.signed_at)
    newest = report
    while newest.superseded_by is not None:
        newest = work.session.get_one(Report, newest.superseded_by)
    return Verified("superseded", report.number, report.signed_at, newest.number, newest.signed_at)
