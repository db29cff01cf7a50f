"""Period reports: the list, asking for a draft or a signed one, and the signed bytes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for

from server.domain.access import Permission
from server.domain.period_reports import PERIODIC, Kind
from server.domain.periods import Period
from server.domain.visit import SHANGHAI
from server.forms.fields import choices
from server.forms.periods import PeriodFilterForm, PeriodForm
from server.queries import period_orders as orders
from server.queries import period_reports as shown
from server.queries import words
from server.queries.tables.reports import period_reports
from server.routes import show, table_files
from server.routes.guard import route, viewer
from server.usecases import period_orders, reports
from server.usecases.work import Work

pages = Blueprint("periods", __name__)


@route(pages, "/periods", needs=Permission.SEE_PERIODS, summary="The list of period reports")
def listed(work: Work) -> Any:
    """Period reports and decision letters in sight, newest first, and what can be made."""
    form = PeriodFilterForm(request.args)
    form.kind.choices = [
        (code, show.say(name)) for code, name in choices(words.REPORT_KINDS, "全部", _LISTED)
    ]
    filters = (
        shown.Filters(
            kind=form.kind.data or "",
            period=(form.period.data or "").strip(),
            search=(form.search.data or "").strip(),
            page=form.page.data or 1,
        )
        if form.validate()
        else shown.Filters()
    )

    rows = table_files.every(
        lambda page, size: shown.lines(work.session, viewer(), replace(filters, page=page), size=size)
    )
    inside = viewer().may(Permission.SEE_COVERT)
    file = table_files.file(work, "周期报告", period_reports(inside=inside), rows, filters.period)
    if file is not None:
        return file

    def link(**changed: Any) -> str:
        now = {"kind": filters.kind, "period": filters.period, "search": filters.search}
        return "?" + urlencode({name: value for name, value in (now | changed).items() if value})

    return render_template(
        "periods/list.html",
        form=form,
        filters=filters,
        lines=shown.lines(work.session, viewer(), filters),
        orders=orders.mine(work.session, viewer(), work.now),
        offers=shown.offers(work.session, viewer(), work.now.astimezone(SHANGHAI).date()),
        link=link,
        inside=inside,
        makes=viewer().may(Permission.REPORT_PERIODS),
    )


@route(pages, "/periods/new", needs=Permission.REPORT_PERIODS, summary="Prepare a period report")
def prepare(work: Work) -> str:
    """The form for one report, filled from the address where that says something."""
    form = PeriodForm(request.args)
    if form.kind.data not in PERIODIC:
        form.kind.data = Kind.OUTLET_MONTH.value
    today = work.now.astimezone(SHANGHAI).date()
    if not form.period.data:
        kind = "month" if form.kind.data == Kind.OUTLET_MONTH else "quarter"
        form.period.data = Period.of(kind, today).back().code
    inside = viewer().may(Permission.SEE_COVERT)
    if not request.args.get("edition"):
        form.edition.data = "inner" if inside else "outlet"
    units, outlets = shown.makeable(work.session, viewer(), Kind(form.kind.data))
    return render_template("periods/new.html", form=form, units=units, outlets=outlets, inside=inside)


@route(
    pages,
    "/periods/draft",
    methods=("POST",),
    needs=Permission.REPORT_PERIODS,
    summary="Ask for the draft of a period report",
)
def draft(work: Work) -> Any:
    """Ask for the PDF as it would be, unsigned and marked as a draft; the worker makes it."""
    return _asked(work, draft=True)


@route(
    pages,
    "/periods",
    methods=("POST",),
    needs=Permission.REPORT_PERIODS,
    summary="Sign a period report",
)
def sign(work: Work) -> Any:
    """Ask for the signed report; the worker makes it, and the same again gives the one that is there."""
    return _asked(work, draft=False)


@route(
    pages,
    "/periods/<uuid:report_id>.pdf",
    needs=Permission.SEE_PERIODS,
    summary="Download a period report",
)
def download(work: Work, report_id: UUID) -> Response:
    """The signed bytes, exactly as they were signed; one that is no longer current says so in its name."""
    report = shown.handed_out(work.session, viewer(), shown.by_id(work.session, viewer(), report_id))
    standing = ""
    if report.superseded_by is not None:
        standing = "-superseded"
    elif shown.outdated(work.session, report):
        standing = "-outdated"
    response = Response(reports.content(work, report), mimetype="application/pdf")
    name = f"{report.number}-{report.period}-{report.edition}{standing}.pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _asked(work: Work, *, draft: bool) -> Any:
    form = PeriodForm(request.form).checked()
    subject = shown.named(work.session, viewer(), Kind(form.kind.data), form.subject.data)
    order = period_orders.ask(work, form.wanted(subject), (form.remarks.data or "").strip(), draft=draft)
    return redirect(url_for("period_orders.one", order_id=order.id))


_LISTED = (Kind.OUTLET_MONTH, Kind.BRANCH_QUARTER, Kind.PROVINCE_QUARTER, Kind.DECISION_LETTER)
