"""Reports of periods: look at a draft, sign one, replace the older one whose visits changed."""

from __future__ import annotations

import json
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlmodel import col, select

from server.domain.access import SYSTEM, Permission, Viewer
from server.domain.errors import NotAllowed
from server.domain.period_reports import PERIODIC, Kind, ReportContested, over, period_of
from server.domain.visit import SHANGHAI
from server.reports.facts import Language
from server.reports.press import Manuscript
from server.reports.words import translator
from server.storage.visits import Report
from server.usecases.period_read import Wanted
from server.usecases.period_report_data import ReadyPeriod, gather
from server.usecases.photos import for_page
from server.usecases.report_numbers import reserve
from server.usecases.work import Office, Work

KIND = "report"
_TRIES = 3


def draft(office: Office, viewer: Viewer, wanted: Wanted, remarks: str = "") -> bytes:
    """The PDF as it would be, unsigned and marked as a draft on every page. Raises NotAllowed, NotFound."""
    with office.work(viewer, write=False) as work:
        allowed(work, wanted)
        ready = gather(
            work,
            wanted,
            report_id=str(_report_id(wanted, 0)),
            number=translator(wanted.language)("草稿"),
            remarks=remarks,
            draft=True,
        )
    return _printed(office, ready)


def issue(office: Office, viewer: Viewer, wanted: Wanted, remarks: str = "") -> Report:
    """Make, sign and keep the report of a period that is over; a newer one replaces the older and names it.

    Doing it again gives the report that is there, as long as it would say the same. Raises NotAllowed, NotFound,
    PeriodRuns, and ReportContested where others sign the same one each time meanwhile. The database is not held while
    the pages are laid out.
    """
    for _ in range(_TRIES):
        with office.work(viewer, write=False) as work:
            allowed(work, wanted)
            over(wanted.period, work.now.astimezone(SHANGHAI).date())
            older = _newest(work, wanted)
            turn = older.revision + 1 if older else 1
            report_id = _report_id(wanted, turn)
            ready = gather(
                work, wanted, report_id=str(report_id), number="", remarks=remarks, supersedes=older
            )
        if older is not None and older.facts_sha256 == ready.fingerprint:
            return older
        ready = ready.numbered(reserve(office))
        made = _printed(office, ready)
        with office.work(viewer) as work:
            kept = _keep(work, wanted, report_id, turn, ready, made)
        # None: somebody signed it meanwhile. The next round gives theirs, unless it would say something else by now.
        if kept is not None:
            return kept
    raise ReportContested()


def issue_without(office: Office, visit_id: UUID) -> None:
    """Sign anew the outlets' editions that show a photograph of a visit which was withheld since.

    The words of the issuer are kept; a report that did not show it stays as it is.
    """
    with office.work(write=False) as work:
        found = [
            (_wanted(report), _remarks(work, report))
            for report in work.session.exec(
                select(Report).where(
                    col(Report.kind).in_(PERIODIC),
                    Report.edition == "outlet",
                    col(Report.superseded_by).is_(None),
                    col(Report.basis).contains(f'"{visit_id}"', autoescape=True),
                )
            )
        ]
    for wanted, remarks in found:
        issue(office, SYSTEM, wanted, remarks)


def _wanted(report: Report) -> Wanted:
    assert report.subject is not None
    kind = Kind(report.kind)
    language: Language = "en" if report.language == "en" else "zh"
    return Wanted(kind, report.subject, period_of(kind, report.period), "outlet", language)


def _remarks(work: Work, report: Report) -> str:
    """What the issuer wrote, as the data in the signed file has it."""
    from server.reports import sign

    found: dict[str, Any] = json.loads(sign.attached(work.files.get(report.sha256, kind=KIND)))
    return str(found["head"]["remarks"])


def allowed(work: Work, wanted: Wanted) -> None:
    """Raise NotAllowed for who may not make this report."""
    work.needs(Permission.REPORT_PERIODS)
    if wanted.edition == "inner" and not work.viewer.may(Permission.SEE_COVERT):
        raise NotAllowed()


def _printed(office: Office, ready: ReadyPeriod) -> bytes:
    files = {name: for_page(office, name, kind) for name, kind in ready.photos}
    return office.press(Manuscript(office.settings, ready.data, files))


def _newest(work: Work, wanted: Wanted) -> Report | None:
    return work.session.exec(
        select(Report)
        .where(
            Report.kind == wanted.kind,
            Report.subject == wanted.subject_id,
            Report.period == wanted.period.code,
            Report.edition == wanted.edition,
            Report.language == wanted.language,
        )
        .order_by(col(Report.revision).desc())
        .limit(1)
    ).first()


def _report_id(wanted: Wanted, turn: int) -> UUID:
    """The same for the same turn, so that two people who press at once make one report and not two."""
    name = (wanted.kind, wanted.subject_id, wanted.period.code, wanted.edition, wanted.language, turn)
    return uuid5(NAMESPACE_URL, "xunting:report:" + ":".join(map(str, name)))


def _keep(
    work: Work, wanted: Wanted, report_id: UUID, turn: int, ready: ReadyPeriod, made: bytes
) -> Report | None:
    """Keep the signed report; None when its turn was taken meanwhile."""
    if work.session.get(Report, report_id) is not None:
        return None
    older = _newest(work, wanted)
    report = Report(
        id=report_id,
        kind=wanted.kind,
        subject=wanted.subject_id,
        period=wanted.period.code,
        language=wanted.language,
        revision=turn,
        edition=wanted.edition,
        number=ready.data.head.number,
        sha256=work.files.put(made, kind=KIND),
        bytes=len(made),
        signed_at=ready.data.head.issued_at,
        facts_sha256=ready.fingerprint,
        basis=json.dumps(ready.basis, sort_keys=True, separators=(",", ":")),
    )
    work.session.add(report)
    work.session.flush()
    if older is not None:
        older.superseded_by = report_id
        work.record("report.superseded", "report", older.id, by=str(report_id))
    work.record(
        "report.signed",
        "report",
        report_id,
        kind=report.kind,
        about=str(wanted.subject_id),
        period=report.period,
        edition=report.edition,
        sha256=report.sha256,
    )
    return report
