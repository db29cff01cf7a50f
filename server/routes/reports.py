"""Reports: the list, downloads in the caller's edition, and the public page that verifies one."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from pydantic import BaseModel

from server.domain.access import Permission
from server.domain.errors import Fault, TooLarge, WrongDocument
from server.domain.period_reports import Kind
from server.domain.receipts import read
from server.queries import report_list, visit_page
from server.queries import reports as shown
from server.queries.tables.reports import reports as columns_of
from server.queries.visits import by_outlets_id
from server.routes import table_files
from server.routes.guard import route, viewer, whole_body
from server.usecases import receipts, reports
from server.usecases.work import Office, Work

pages = Blueprint("reports", __name__)
api = Blueprint("api_reports", __name__, url_prefix="/api/v1")
MOST_BYTES = 30_000_000
VISIT_ID = {
    "name": "visit_id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "format": "uuid"},
}
LANG = {"name": "lang", "in": "query", "schema": {"type": "string", "enum": ["zh", "en"]}}
REPORT_ID = {
    "name": "report_id",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
}


class Standing(BaseModel):
    """All that anybody may learn of a report."""

    standing: Literal["genuine", "changed", "superseded", "outdated", "void", "unknown"]
    number: str | None
    signed_at: str | None
    newer: str | None
    newer_at: str | None


class ReportSeen(BaseModel):
    """A signed report in the list; `url` is where its bytes are, with the same sign-in."""

    id: str
    number: str
    kind: Kind
    edition: Literal["inner", "outlet"]
    language: Literal["zh", "en"]
    outlet_id: str | None
    unit: str | None
    name: str
    period: str | None
    visit_kind: str | None
    visit_date: str | None
    state: Literal["current", "outdated", "superseded"]
    superseded_by: str | None
    signed_at: str
    bytes: int
    sha256: str
    url: str


class ReportPage(BaseModel):
    """A page of reports, newest first, and the cursor of the next one."""

    reports: list[ReportSeen]
    cursor: str | None


@route(
    api,
    "/reports",
    needs=Permission.SEE_REPORTS,
    parameters=(
        {"name": "kind", "in": "query", "schema": {"type": "string", "enum": [kind.value for kind in Kind]}},
        {
            "name": "period",
            "in": "query",
            "schema": {"type": "string", "pattern": "^[1-9][0-9]{3}-(Q[1-4]|0[1-9]|1[0-2])$"},
        },
        {"name": "cursor", "in": "query", "schema": {"type": "string"}},
    ),
    answers={200: ReportPage},
    summary="Signed reports as the role may see them, newest first",
)
def for_programs(work: Work) -> ReportPage:
    """A page of signed reports of every kind."""
    given = request.args.get("kind")
    try:
        kind = Kind(given) if given is not None else None
    except ValueError:
        raise WrongDocument(faults=(Fault("/kind", "enum", {"expected": ", ".join(Kind)}),)) from None
    wish = report_list.Wish(kind, request.args.get("period"), request.args.get("cursor") or None)
    return ReportPage.model_validate(report_list.listed(work.session, viewer(), wish))


@route(pages, "/reports", needs=Permission.SEE_REPORTS, summary="The list of signed reports")
def listed(work: Work) -> Any:
    """Signed reports in sight, newest first."""
    page = request.args.get("page", "1")
    search = request.args.get("search", "").strip()[:60]
    rows = table_files.every(
        lambda number, size: shown.lines(work.session, viewer(), number, search, size=size)
    )
    inside = viewer().may(Permission.SEE_COVERT)
    file = table_files.file(work, "报告", columns_of(inside=inside), rows)
    if file is not None:
        return file
    found = shown.lines(work.session, viewer(), int(page) if page.isascii() and page.isdigit() else 1, search)
    return render_template("reports/list.html", lines=found, search=search, inside=inside)


@route(
    pages,
    "/reports/<uuid:report_id>.pdf",
    needs=Permission.SEE_REPORTS,
    opens_work=False,
    summary="Download a signed report",
)
def download(office: Office, report_id: UUID) -> Response:
    """The signed bytes, exactly as they were signed; a report that was never asked for is signed now.

    `?lang=en` asks for the same revision in English, a signed file of its own.
    """
    with office.work(viewer(), write=False) as work:
        unissued = shown.unissued(work.session, viewer(), report_id)
    if unissued:
        reports.issue(office, *unissued)
    with office.work(viewer(), write=False) as work:
        report = shown.by_id(work.session, viewer(), report_id)
        outside = not viewer().may(Permission.SEE_COVERT)
        anew = outside and shown.withheld_since(work.session, report)
        asked: shown.Language = "en" if "en" in (report.language, request.args.get("lang")) else "zh"
    if report.visit_id is not None and anew:
        # A photograph of it was withheld since: outlets get the report that replaces it.
        reports.issue(office, report.visit_id, "outlet", asked)
        with office.work(viewer(), write=False) as work:
            return _pdf(work, shown.current(work.session, viewer(), report.visit_id, asked))
    with office.work(viewer(), write=False) as work:
        if report.visit_id is None or request.args.get("lang") != "en" or report.language == "en":
            return _pdf(work, report)
        visit_id, edition = report.visit_id, "inner" if report.edition == "inner" else "outlet"
        english = shown.report_id_of(visit_id, report.revision, edition, "en")
    reports.issue(office, visit_id, "inner" if edition == "inner" else "outlet", "en")
    with office.work(viewer(), write=False) as work:
        return _pdf(work, shown.by_id(work.session, viewer(), english))


@route(
    api,
    "/visits/<uuid:visit_id>/report.pdf",
    needs=Permission.SEE_REPORTS,
    opens_work=False,
    parameters=(VISIT_ID, LANG),
    answers={200: bytes},
    summary="The current signed report of a visit, in the caller's edition",
)
def of_visit(office: Office, visit_id: UUID) -> Response:
    """The current report in the caller's edition (handbook 06), signed now if nobody asked for it before.

    `?lang=en` asks for the English one, a signed file of its own.
    """
    with office.work(viewer(), write=False) as work:
        # Whoever may not know who made a covert visit knows it by the id that the list of visits has, and by no other.
        by_report = by_outlets_id(work.session, viewer(), visit_id)
        visit_id = by_report or visit_page.found(work.session, viewer(), visit_id)[0].id
        shown.visit_in_sight(work.session, viewer(), visit_id)
    language: shown.Language = "en" if request.args.get("lang") == "en" else "zh"
    reports.issue(office, visit_id, shown.edition_of(viewer()), language)
    with office.work(viewer(), write=False) as work:
        return _pdf(work, shown.current(work.session, viewer(), visit_id, language))


@route(
    api,
    "/verify/<report_id>",
    public=True,
    opens_work=False,
    parameters=(REPORT_ID,),
    answers={200: Standing},
    summary="Is there a report with this id, and was it replaced or withdrawn",
)
def verify_id(office: Office, report_id: str) -> Standing:
    """What is known of a report by its id; needs no sign-in and tells nothing else."""
    return _standing(reports.verify_id(office, report_id))


@route(
    api,
    "/verify",
    methods=("POST",),
    public=True,
    opens_work=False,
    answers={200: Standing},
    summary="Is this PDF one of ours, and unchanged",
)
def verify_bytes(office: Office) -> Standing:
    """What a PDF is, by its bytes: the body of the request."""
    return _standing(reports.verify_bytes(office, whole_body(MOST_BYTES)))


@route(
    pages,
    "/verify",
    methods=("GET", "POST"),
    public=True,
    opens_work=False,
    summary="Verify a PDF or a receipt",
)
def verify(office: Office) -> Any:
    """Drop a PDF or a receipt here; open to everybody."""
    if request.method == "GET":
        number = request.args.get("number", "").strip()[:60]
        if number:
            return redirect(url_for("reports.verify_one", report_id=number, lang=request.args.get("lang")))
        return render_template("reports/verify.html", found=None, by="")
    if (request.content_length or 0) > MOST_BYTES:
        raise TooLarge(limit=MOST_BYTES)
    sent = request.files.get("pdf")
    data = sent.stream.read(MOST_BYTES) if sent else b""
    if not data:
        return redirect(url_for("reports.verify"))
    given = read(data)
    if given is not None:
        # By its signature alone: whoever is not signed in must not learn here which visits there are.
        judged = receipts.by_signature(given, receipts.public_keys(office.settings))
        return render_template("reports/verify.html", found=None, by="", judged=judged)
    return render_template("reports/verify.html", found=reports.verify_bytes(office, data), by="file")


@route(pages, "/verify/<report_id>", public=True, opens_work=False, summary="Verify by the code on a report")
def verify_one(office: Office, report_id: str) -> Any:
    """Where the code on a report leads."""
    found = reports.verify_id(office, report_id)
    return render_template("reports/verify.html", found=found, by="code"), 200 if found.number else 404


def _pdf(work: Work, report: Any) -> Response:
    response = Response(reports.content(work, report), mimetype="application/pdf")
    standing = shown.standing(work.session, report)
    parts = [report.number, report.edition, *([report.language] if report.language != "zh" else [])]
    name = "-".join([*parts, *([standing] if standing != "current" else [])])
    response.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(report.sha256)
    return response.make_conditional(request)


def _standing(found: reports.Verified) -> Standing:
    return Standing(
        standing=found.standing,
        number=found.number,
        signed_at=found.signed_at.isoformat() if found.signed_at else None,
        newer=found.newer,
        newer_at=found.newer_at.isoformat() if found.newer_at else None,
    )
