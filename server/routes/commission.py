"""The service commission: a month's table, one outlet's months and how each came about, closing, files for payment."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for

from server.domain.access import Permission, Role
from server.domain.errors import NotFound
from server.domain.exact import two_decimals
from server.forms.commission import CloseForm, MonthForm
from server.forms.fields import choices
from server.queries import commission as shown
from server.queries import commission_page, explanations_seen, words
from server.queries.commission import Filters, Run
from server.queries.review import places_of
from server.queries.tables import commission as tables
from server.routes import show, table_files
from server.routes.guard import route, viewer
from server.usecases import commission, commission_files
from server.usecases.work import Work

pages = Blueprint("commission", __name__)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TIERS = ("franchise", "exclusive", "ordinary", "village")


@route(pages, "/commission", needs=Permission.SEE_COMMISSION, summary="The commission of a month")
def month(work: Work) -> Any:
    """A month's table; owners come to the page of their own outlet."""
    who = viewer()
    if who.role is Role.OUTLET_OWNER and who.outlet_id:
        runs = shown.runs(work.session, who)
        if runs:
            return redirect(url_for("commission.outlet", outlet_id=who.outlet_id))
        return render_template("commission/none.html")
    runs = shown.runs(work.session, who)
    if not runs:
        return render_template("commission/none.html")
    form, run = _form(work, runs)
    filters = _filters(form, run)
    return render_template(
        "commission/month.html",
        runs=runs,
        run=run,
        form=form,
        filters=filters,
        table=shown.table(work.session, who, filters),
        link=_link(filters),
        only=words.COMMISSION_SHOWN,
        checks=words.COMMISSION_CHECKS,
        computes=who.may(Permission.CLOSE_COMMISSION),
        yuan=yuan,
        score=score,
    )


@route(
    pages,
    "/commission/outlets/<uuid:outlet_id>",
    needs=Permission.SEE_COMMISSION,
    summary="The commission of one outlet",
)
def outlet(work: Work, outlet_id: UUID) -> Any:
    """An outlet's months, how one came about step by step, and what can still be earned back."""
    page = commission_page.page(work.session, viewer(), outlet_id, request.args.get("month", ""))
    if table_files.wanted() and request.args.get("table") == "staff":
        return table_files.file(work, "营业员分享", tables.SHARES, page.shares, page.chosen.month)
    if table_files.wanted():
        return table_files.file(work, "网点佣金", tables.months(page.closed), page.months, page.outlet.code)
    why = explanations_seen.for_viewer(work.connection, viewer(), page.why)
    parts = why.get("parts", [])
    return render_template(
        "commission/outlet.html",
        page=page,
        paid=parts[0],
        refunds=[each for each in parts if each["figure"] == "refund"],
        settlements=[each for each in parts if each["figure"] == "settlement"],
        notes={note["code"] for note in parts[0].get("notes", ())},
        left="left" in {note["code"] for note in parts[0].get("notes", ())},
        lists=[each for each in parts[0].get("parts", ()) if each["figure"] == "staff-list"],
        own=viewer().role is Role.OUTLET_OWNER,
        yuan=yuan,
        score=score,
        whole=lambda value: str(value),
    )


@route(
    pages,
    "/commission/<month_code>/compute",
    methods=("POST",),
    needs=Permission.CLOSE_COMMISSION,
    summary="Compute the commission of a month",
)
def compute(work: Work, month_code: str) -> Any:
    """Compute a month that is not closed, and the later ones that rest on it."""
    commission.compute(work, month_code)
    flash(show.say("已计算 {month} 的佣金。请由另一个人核对并关账。", month=month_code), "good")
    return redirect(url_for("commission.month", month=month_code))


@route(
    pages,
    "/commission/<month_code>/close",
    methods=("POST",),
    needs=Permission.CLOSE_COMMISSION,
    summary="Close the commission of a month",
)
def close(work: Work, month_code: str) -> Any:
    """Close a month as it was looked at."""
    form = CloseForm(request.form).checked()
    commission.close(work, month_code, form.digest.data or "")
    flash(show.say("{month} 的佣金已关账，可以付款。", month=month_code), "good")
    return redirect(url_for("commission.month", month=month_code))


@route(
    pages,
    "/commission/<month_code>.<any(xlsx, csv):sort>",
    needs=Permission.SEE_COMMISSION,
    summary="The commission of a month for payment",
)
def file(work: Work, month_code: str, sort: str) -> Response:
    """The lines that are shown as a workbook with the staff list, or as CSV; preliminary ones carry that in the name."""
    run, filters, name = _asked(work, month_code)
    if sort == "xlsx":
        content = commission_files.as_workbook(work, filters, show.say, closed=run.state == "closed")
        return show.download(content, f"{name}.xlsx", _XLSX)
    return show.download(
        commission_files.as_table(work, filters, show.say, staff=False), f"{name}.csv", "text/csv"
    )


@route(
    pages,
    "/commission/<month_code>/staff.csv",
    needs=Permission.SEE_COMMISSION,
    summary="The staff shares of a month for payment",
)
def staff(work: Work, month_code: str) -> Response:
    """Who gets what of a month's commission as CSV."""
    _, filters, name = _asked(work, month_code)
    content = commission_files.as_table(work, filters, show.say, staff=True)
    return show.download(content, f"{name}-staff.csv", "text/csv")


def yuan(fen: int) -> str:
    """An amount as people read it: 1,584.00, and a minus sign that is one."""
    whole, _, rest = two_decimals(abs(fen)).partition(".")
    return f"{'−' if fen < 0 else ''}{int(whole):,}.{rest}"


def score(hundredths: int | None) -> str:
    """A composite in hundredths with two decimals."""
    return "—" if hundredths is None else two_decimals(hundredths)


def _asked(work: Work, code: str) -> tuple[Run, Filters, str]:
    """The month with the filters of the address, and the name of its file. Raises NotFound."""
    runs = [run for run in shown.runs(work.session, viewer()) if run.month == code and run.state]
    if not runs:
        raise NotFound()
    form, run = _form(work, runs)
    filters = _filters(form, run)
    part = "-part" if commission_files.is_part(filters) else ""
    return run, filters, f"commission-{code}{part}{'' if run.state == 'closed' else '-preliminary'}"


def _form(work: Work, runs: list[Run]) -> tuple[MonthForm, Run]:
    """The filters as they were sent; what cannot be is left out rather than refused."""
    form = MonthForm(request.args)
    everything = show.say("全部")
    form.branch.choices = [
        ("", everything),
        *places_of(work.session, viewer(), request.args.get("branch", "")),
    ]
    form.tier.choices = choices(
        {code: show.say(text) for code, text in words.TIERS.items()}, everything, _TIERS
    )
    for field in (form.branch, form.tier, form.sort):
        if (field.data or "") not in {
            choice[0] if isinstance(choice, tuple) else choice for choice in field.choices
        }:
            field.data = ""
    if form.only.data not in shown.SHOWN:
        form.only.data = "all"
    newest = next((run for run in runs if run.state), runs[0])
    return form, next((run for run in runs if run.month == form.month.data), newest)


def _filters(form: MonthForm, run: Run) -> Filters:
    page = form.page.data
    return Filters(
        month=run.month,
        branch=form.branch.data or "",
        tier=form.tier.data or "",
        only=form.only.data or "all",
        search=(form.search.data or "").strip()[:80],
        sort=form.sort.data or "",
        page=page if isinstance(page, int) and 0 < page <= 100_000 else 1,
    )


def _link(filters: Filters) -> Any:
    def link(to: str = "commission.month", **changed: Any) -> str:
        chosen = {name: getattr(filters, name) for name in filters.__slots__}
        chosen |= {"page": 1, **changed}
        path = {}
        if to != "commission.month":
            path = {"month_code": chosen.pop("month")}
            path |= {"sort": chosen.pop("file")} if "file" in chosen else {}
            chosen.pop("page")
        kept = {
            name: value
            for name, value in chosen.items()
            if value and (name, value) not in (("page", 1), ("only", "all"))
        }
        return url_for(to, **path) + ("?" + urlencode(kept) if kept else "")

    return link
