"""Inputs in the console: which months have what, who took in which file, and a file to try and take in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for

from server.domain.access import Permission
from server.domain.errors import NotFound, TooLarge
from server.domain.input_sorts import COLUMNS, MOST_COUNT, Sort
from server.domain.periods import Period
from server.domain.tables import MOST_ROWS
from server.domain.visit import SHANGHAI
from server.forms.inputs import TriedForm
from server.gateways.spreadsheet import MAX_ROWS, CellFault, SheetWrong
from server.gateways.workbook_file import MAX_BYTES
from server.queries import import_sources, input_imports, words
from server.queries.rules import rules_on
from server.queries.tables import inputs as tables
from server.routes import show, table_files
from server.routes.guard import route, viewer
from server.usecases import inputs
from server.usecases.input_cells import Planned
from server.usecases.work import Work

pages = Blueprint("inputs", __name__)
MONTHS = 8
SHOWN = 200
"""So many rows of a file are told on the page, those that are wrong first."""
_ORDER = {"wrong": 0, "gone": 1, "changed": 2, "new": 3, "same": 4}
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@route(pages, "/inputs", needs=Permission.SEE_INPUTS, summary="What figures need besides visits")
def listed(work: Work) -> Any:
    """Which of the last months have what of how many outlets, and who took in which file."""
    page, sort = _page(), request.args.get("sort", "")
    this = Period.of("month", work.now.astimezone(SHANGHAI).date())
    months = [this.back(turn).code for turn in range(MONTHS)]
    if table_files.wanted() and request.args.get("table") == "coverage":
        covered = input_imports.coverage(work.session, months)
        lines = [(code, covered.get(code, {})) for code in words.INPUT_CODES]
        return table_files.file(work, "数据到位情况", tables.coverage(months), lines)
    if table_files.wanted():
        found, _ = input_imports.taken(work.session, sort, size=MOST_ROWS)
        return table_files.file(work, "导入记录", tables.IMPORTS, found)
    found, last = input_imports.taken(work.session, sort, page)
    return render_template(
        "inputs/list.html",
        taken=found,
        page=page,
        pages=last,
        sort=sort,
        sorts=list(Sort),
        months=months,
        standing=input_imports.standing_months(work.connection),
        coverage=input_imports.coverage(work.session, months),
        imports=viewer().may(Permission.IMPORT),
        link=lambda **changed: url_for("inputs.listed", **{"sort": sort, **changed}),
    )


@route(pages, "/inputs/imports/<int:number>", needs=Permission.SEE_INPUTS, summary="One import")
def imported(work: Work, number: int) -> Any:
    """Which file was taken in when and by whom, and what of it still stands."""
    of, page = request.args.get("of", "").strip()[:200], _page()
    if table_files.wanted():
        found = import_sources.standing(work.session, viewer(), number, of, size=MOST_ROWS)
        return table_files.file(work, "导入的数据", tables.ROWS, found.rows)
    found = import_sources.standing(work.session, viewer(), number, of, page)
    name, shown = import_sources.subject_named(work.session, viewer(), of)
    return render_template(
        "inputs/import.html",
        found=found,
        taken=found.taken,
        of=shown,
        of_name=name,
        page=page,
        link=lambda **changed: url_for("inputs.imported", number=number, **{"of": of, **changed}),
    )


@route(
    pages,
    "/inputs/<sort>",
    methods=("GET", "POST"),
    needs=Permission.IMPORT,
    writes=False,
    summary="Try a file of inputs",
)
def try_file(work: Work, sort: str) -> Any:
    """Read a file and tell what would become of each row; nothing is stored here."""
    which = _sort(sort)
    if request.method == "GET":
        return _tried(work, which)
    if (request.content_length or 0) > MAX_BYTES + 100_000:
        raise TooLarge(limit=MAX_BYTES)
    sent = request.files.get("file")
    if not sent or not sent.filename:
        flash(show.say("请先选择文件。"), "warn")
        return redirect(url_for("inputs.try_file", sort=sort))
    name, complete = sent.filename[-200:], request.form.get("complete", "").strip()[:20]
    path = inputs.keep_tried(work, name, sent.stream)
    try:
        planned = inputs.plan(work, which, path, complete)
    except SheetWrong as wrong:
        return _tried(work, which, name=name, complete=complete, faults=wrong.faults), 422
    page = _tried(work, which, planned, name=name, complete=complete, sha256=inputs.digest_of(path))
    return page if planned.clean else (page, 422)


@route(
    pages,
    "/inputs/<sort>/apply",
    methods=("POST",),
    needs=Permission.IMPORT,
    summary="Take in the file that was tried",
)
def apply(work: Work, sort: str) -> Any:
    """Take in the file that the same person tried last, if it is still clean."""
    which = _sort(sort)
    form = TriedForm(request.form).checked()
    name, complete, digest = form.name.data or "", form.complete.data or "", form.sha256.data or ""
    planned = inputs.apply_tried(work, which, digest, complete, name)
    if not planned.clean:
        return _tried(work, which, planned, name=name, complete=complete, sha256=digest), 422
    flash(
        show.say("已写入：新增 {new}，更新 {changed}。", **_sums(planned))
        if planned.changes
        else show.say("没有变化，什么都没有写入。"),
        "good",
    )
    return redirect(url_for("inputs.listed"))


@route(pages, "/inputs/<sort>/template.xlsx", needs=Permission.IMPORT, summary="A workbook to begin with")
def template(work: Work, sort: str) -> Response:
    """The headings in the user's language with an example line."""
    which = _sort(sort)
    return show.download(inputs.template(work, which, g.language), f"{which.value}.xlsx", _XLSX)


def _tried(
    work: Work,
    sort: Sort,
    planned: Planned | None = None,
    *,
    name: str = "",
    complete: str = "",
    sha256: str = "",
    faults: tuple[CellFault, ...] = (),
) -> str:
    today = work.now.astimezone(SHANGHAI).date()
    year_ago = Period.of("month", today).back(12).code
    handling = rules_on(work.connection, today).indicators.handling_on_time
    fates = sorted(planned.fates, key=lambda fate: (_ORDER[fate.outcome], fate.number)) if planned else []
    return render_template(
        "inputs/file.html",
        sort=sort,
        columns=COLUMNS[sort],
        planned=planned,
        long_ago=sorted(month for month in planned.months if month < year_ago) if planned else [],
        businesses=_businesses(planned) if planned else [],
        handling=handling,
        sums=_sums(planned) if planned else {},
        fates=fates[:SHOWN],
        more=max(0, len(fates) - SHOWN),
        faults=faults,
        name=name,
        complete=complete,
        sha256=sha256,
        most_rows=MAX_ROWS,
        most_megabytes=MAX_BYTES // 1_000_000,
        most_count=MOST_COUNT,
    )


def _businesses(planned: Planned) -> list[tuple[str, int, int]]:
    """The transactions that tickets name, each with its limit in minutes and how many there are, the most first."""
    found = [(name, limit, many) for (name, limit), many in planned.businesses.items()]
    return sorted(found, key=lambda each: (-each[2], each))[:SHOWN]


def _sums(planned: Planned) -> dict[str, int]:
    """How many rows have each outcome; outlets that newly get a 0 are new, members off a list are changed."""
    return {
        "new": planned.count("new") + planned.zeros,
        "changed": planned.count("changed") + planned.count("gone"),
        "same": planned.count("same"),
        "wrong": planned.count("wrong"),
    }


def _sort(text: str) -> Sort:
    try:
        return Sort(text)
    except ValueError:
        raise NotFound() from None


def _page() -> int:
    return min(max(request.args.get("page", 1, int), 1), 10_000)
