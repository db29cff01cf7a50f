"""The page of the agreement of readers: by item and by reviewer, and the visits to look at."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, g, render_template, request, url_for

from server.domain.access import Permission
from server.domain.tables import MOST_ROWS
from server.domain.visit import SHANGHAI
from server.queries import agreement as figures
from server.queries.review import period
from server.queries.tables import visits as tables
from server.routes import show, table_files
from server.routes.guard import route, viewer
from server.usecases.work import Work

pages = Blueprint("agreement", __name__)


@route(pages, "/visits/agreement", needs=Permission.SEE_AGREEMENT, summary="Agreement of readers")
def shown(work: Work) -> Any:
    """How often two readers of the same items judged alike; the address holds every choice."""
    chosen = {name: request.args.get(name, "").strip()[:60] for name in ("period", "by", "search", "sort")}
    span = period(chosen["period"])
    if span is None:
        today = work.now.astimezone(SHANGHAI).date()
        chosen["period"] = f"{today.year}-Q{(today.month + 2) // 3}"
        span = _span(chosen["period"])
    if chosen["by"] != "reviewer":
        chosen["by"] = ""
    if chosen["sort"].removeprefix("-") not in figures.SORTS:
        chosen["sort"] = ""
    number = request.args.get("page", "1")
    found = figures.agreement(
        work.session,
        viewer(),
        span,
        by_reviewer=chosen["by"] == "reviewer",
        search=chosen["search"],
        sort=chosen["sort"] or "percent",
        page=int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 1,
        size=MOST_ROWS if table_files.wanted() else figures.LINES,
    )
    file = (
        table_files.file(work, "审核分差", tables.GAPS, found.gaps, chosen["period"])
        if request.args.get("table") == "gaps"
        else table_files.file(
            work,
            "审核一致性",
            tables.agreement_lines(g.language, by_reviewer=chosen["by"] == "reviewer"),
            found.lines,
            chosen["period"],
        )
    )
    if file is not None:
        return file
    name = show.say("审核员") if chosen["by"] else show.say("检查项")
    columns = [
        ("name", name),
        ("compared", show.say("对照")),
        ("", show.say("一致")),
        ("percent", show.say("一致率")),
    ]
    return render_template(
        "review/agreement.html", found=found, chosen=chosen, columns=columns, link=_link(chosen)
    )


def _span(text: str) -> tuple[date, date]:
    found = period(text)
    assert found is not None
    return found


def _link(chosen: dict[str, str]) -> Any:
    """A function that gives the page's address with some choices changed; a change goes back to page one."""

    def link(**changed: Any) -> str:
        kept = {name: value for name, value in {**chosen, "page": 1, **changed}.items() if value}
        if kept.get("page") == 1:
            del kept["page"]
        return url_for("agreement.shown") + ("?" + urlencode(kept) if kept else "")

    return link
