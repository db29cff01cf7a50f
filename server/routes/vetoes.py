"""Veto events in the console: the list, one to enter by hand, and one to take back with a reason."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for

from server.domain.access import Permission
from server.domain.errors import NotFound
from server.domain.input_sorts import VetoThere, VetoUnknown
from server.domain.tables import MOST_ROWS
from server.domain.visit import SHANGHAI
from server.forms.inputs import TakeBackForm, VetoForm
from server.queries import input_imports
from server.queries.rules import rules_on
from server.queries.tables.inputs import vetoes as columns_of
from server.routes import show, table_files
from server.routes.errors import TABLE, filled
from server.routes.guard import route, viewer
from server.usecases import vetoes
from server.usecases.work import Work

pages = Blueprint("vetoes", __name__)
WRONG = {
    "outlet": "请填网点编码。",
    "code": "请选一个否决项。",
    "day": "请填日期。",
    "note": "请写说明，最多 1000 个字。",
}


@route(pages, "/inputs/vetoes/events", needs=Permission.SEE_INPUTS, summary="Veto events")
def listed(work: Work) -> Any:
    """The veto events of all outlets, and the form for a new one."""
    if table_files.wanted():
        outlet, code = _asked()
        found, _ = input_imports.vetoes(work.session, viewer(), outlet=outlet, code=code, size=MOST_ROWS)
        items = rules_on(work.connection, work.now.astimezone(SHANGHAI).date()).vetoes
        return table_files.file(work, "否决事件", columns_of(g.language, items), found)
    return _shown(work)


def _asked() -> tuple[str, str]:
    return request.args.get("outlet", "").strip()[:80], request.args.get("code", "")


@route(
    pages,
    "/inputs/vetoes/events",
    methods=("POST",),
    needs=Permission.IMPORT,
    summary="Enter a veto event",
)
def enter(work: Work) -> Any:
    """Enter a proven veto event by hand."""
    form = VetoForm(request.form)
    if not form.validate() or form.day.data is None:
        return _shown(work, {name: show.say(WRONG[name]) for name in form.errors}), 422
    try:
        vetoes.enter(
            work,
            (form.outlet.data or "").strip(),
            (form.code.data or "").strip(),
            form.day.data,
            (form.note.data or "").strip(),
        )
    except NotFound:
        return _shown(work, {"outlet": show.say("没有这个编码的网点。")}), 422
    except (VetoUnknown, VetoThere) as problem:
        return _shown(work, {"code": filled(TABLE[type(problem)][2], problem.facts())}), 422
    flash(show.say("已登记。"), "good")
    return redirect(url_for("vetoes.listed"))


@route(
    pages,
    "/inputs/vetoes/events/<uuid:event_id>/take-back",
    methods=("POST",),
    needs=Permission.IMPORT,
    summary="Take a veto event back",
)
def take_back(work: Work, event_id: UUID) -> Any:
    """Take it back with a reason; it counts no longer."""
    form = TakeBackForm(request.form).checked()
    vetoes.take_back(work, event_id, (form.why.data or "").strip())
    flash(show.say("已撤回，不再计入。"), "good")
    return redirect(url_for("vetoes.listed"))


def _shown(work: Work, wrong: dict[str, str] | None = None) -> str:
    outlet, code = _asked()
    page = min(max(request.args.get("page", 1, int), 1), 10_000)
    found, last = input_imports.vetoes(work.session, viewer(), outlet=outlet, code=code, page=page)
    today = work.now.astimezone(SHANGHAI).date()
    return render_template(
        "inputs/vetoes.html",
        events=found,
        page=page,
        pages=last,
        filters={"outlet": outlet, "code": code},
        items=rules_on(work.connection, today).vetoes,
        enters=viewer().may(Permission.IMPORT),
        today=today,
        wrong=wrong or {},
        given=request.form if wrong else {},
        link=lambda **changed: url_for("vetoes.listed", **{"outlet": outlet, "code": code, **changed}),
    )
