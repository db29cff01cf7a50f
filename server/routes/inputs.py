"""Inputs in the console: which months have what, who took in which file, and a file to try and take in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, redirect, render_template, request, url_for

from server.domain.access import Permission
from server.domain.errors import NotFound
from server.domain.input_sorts import COLUMNS, MOST_COUNT, Sort
from server.domain.periods import Period
from server.domain.tables import MOST_ROWS
from server.domain.visit import SHANGHAI
from server.forms.inputs import TriedForm
from server.queries import import_sources, input_imports, words
from server.queries.rules import rules_on
from server.queries.tables import inputs as tables
from server.routes import show, table_files, tried_files
from server.routes.guard import route, viewer
from server.routes.tried_files import Tried
from server.usecases import inputs
from server.usecases.input_cells import Planned
from server.usecases.work import Work

pages = Blueprint("inputs", __name__)
MONTHS = 8


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
        return _tried(work, which, Tried())
    complete = request.form.get("complete", "").strip()[:20]
    tried = tried_files.try_sent(work, lambda path: inputs.plan(work, which, path, complete))
    return _tried(work, which, tried, complete) if tried else redirect(url_for("inputs.try_file", sort=sort))


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
        return _tried(work, which, Tried(name, digest, planned), complete)
    tried_files.say_taken_in(planned)
    return redirect(url_for("inputs.listed"))


@route(pages, "/inputs/<sort>/template.xlsx", needs=Permission.IMPORT, summary="A workbook to begin with")
def template(work: Work, sort: str) -> Response:
    """The headings in the user's language with an example line."""
    which = _sort(sort)
    return show.download(inputs.template(work, which, g.language), f"{which.value}.xlsx", tried_files.XLSX)


def _tried(work: Work, sort: Sort, tried: Tried[Planned], complete: str = "") -> tuple[str, int]:
    planned = tried.planned
    today = work.now.astimezone(SHANGHAI).date()
    year_ago = Period.of("month", today).back(12).code
    return tried_files.page(
        "inputs/file.html",
        COLUMNS[sort].values(),
        tried,
        sort=sort,
        complete=complete,
        long_ago=sorted(month for month in planned.months if month < year_ago) if planned else [],
        businesses=_businesses(planned) if planned else [],
        handling=rules_on(work.connection, today).indicators.handling_on_time,
        most_count=MOST_COUNT,
    )


def _businesses(planned: Planned) -> list[tuple[str, int, int]]:
    """The transactions that tickets name, each with its limit in minutes and how many there are, the most first."""
    found = [(name, limit, many) for (name, limit), many in planned.businesses.items()]
    return sorted(found, key=lambda each: (-each[2], each))[: tried_files.SHOWN]


def _sort(text: str) -> Sort:
    try:
        return Sort(text)
    except ValueError:
        raise NotFound() from None


def _page() -> int:
    return min(max(request.args.get("page", 1, int), 1), 10_000)
