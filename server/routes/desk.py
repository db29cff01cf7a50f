"""The home desk: what waits for whoever signs in, and for an outlet its results."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from server.domain.access import Permission
from server.domain.tables import MOST_ROWS
from server.queries import desk
from server.queries.calendars import calendars_of
from server.queries.tables.desk import RESULTS
from server.routes import table_files
from server.routes.guard import route, viewer
from server.usecases.work import Work

pages = Blueprint("desk", __name__)

# What waits → where it is done. Each list shows what was counted.
LISTS = {
    "reviews": "/visits?state=first",
    "second": "/visits?state=second",
    "disputes": "/visits?state=dispute",
    "publications": "/publishing",
    "appeals": "/appeals?state=mine",
    "ask_again": "/appeals?state=again",
    "own_appeals": "/appeals?state=running",
    "actions_answer": "/actions?state=todo",
    "actions_accept": "/actions?state=accept",
    "actions_overdue": "/actions?state=overdue",
    "plan": "/plan",
    "plan_overdue": "/plan/overdue",
    "weak_items": "/weak-items/tracked?state=todo",
    "decisions": "/decisions",
    "webhooks": "/webhooks",
    "notices": "/notices?show=unread",
}


@route(pages, "/desk", needs=Permission.SEE_VISITS, summary="What waits for me")
def home(work: Work) -> Any:
    """What waits, by role; each count leads to its list. The file is of an outlet's results, all of them."""
    who, calendars = viewer(), calendars_of(work.settings)
    if table_files.wanted():
        found = desk.results(work.session, who, work.now, calendars, most=MOST_ROWS)
        return table_files.file(work, "我的检查结果", RESULTS, found)
    return render_template(
        "desk/home.html",
        waiting=desk.waiting(work.session, who, work.now, calendars),
        results=desk.results(work.session, who, work.now, calendars),
        outlet=who.may(Permission.APPEAL),
        lists=LISTS,
    )
