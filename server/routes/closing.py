"""The board of periods: what is still open, and each step of closing with its four eyes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for

from server.domain.access import Permission
from server.domain.visit import SHANGHAI
from server.forms.results import StepForm
from server.queries import figure_words, period_checks
from server.routes import show
from server.routes.guard import route, viewer
from server.usecases import periods
from server.usecases.work import Office

pages = Blueprint("closing", __name__)
_DONE = {
    "draft": "{period} 已算好。",
    "open": "{period} 开始公示。",
    "publish": "{period} 已发布。",
    "close": "{period} 已关账。",
    "ask-reopen": "已提出重开 {period}，等另一位同事同意。",
    "reopen": "{period} 已重开，请重新计算。",
    "refuse-reopen": "{period} 保持关账。",
}


@route(pages, "/close", needs=Permission.CLOSE_PERIODS, opens_work=False, summary="The board of periods")
def board(office: Office) -> str:
    """Months, quarters and half-years with where they stand and what is open."""
    with office.work(viewer(), write=False) as work:
        lines = period_checks.board(work.connection, work.now.astimezone(SHANGHAI).date())
        return render_template(
            "closing/board.html",
            lines=lines,
            now=work.now,
            me_=viewer(),
            input_name=lambda code: figure_words.figure_name(code, g.language),
        )


@route(
    pages,
    "/close",
    methods=("POST",),
    needs=Permission.CLOSE_PERIODS,
    opens_work=False,
    summary="One step of a period",
)
def step(office: Office) -> Any:
    """Compute, open, publish, close, ask to open again, agree or refuse."""
    form = StepForm(request.form).checked()
    code, wanted = form.period.data, form.step.data
    if wanted == "draft":
        periods.draft(office, viewer(), code)
    else:
        with office.work(viewer()) as work:
            if wanted == "ask-reopen":
                periods.ask_to_reopen(work, code, form.why.data or "")
            else:
                {
                    "open": periods.open_draft,
                    "publish": periods.publish,
                    "close": periods.close,
                    "reopen": periods.reopen,
                    "refuse-reopen": periods.refuse_reopening,
                }[wanted](work, code)
    flash(show.say(_DONE[wanted], period=code), "good")
    return redirect(url_for("closing.board") + f"#p-{code}")
