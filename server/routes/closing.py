"""The board of periods: what is still open, and each step of closing with its four eyes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for

from server.domain.access import Permission
from server.domain.errors import Problem
from server.domain.visit import SHANGHAI
from server.forms.results import StepForm
from server.queries import figure_words, period_checks
from server.routes import errors, show
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


@route(pages, "/close", needs=Permission.SEE_CLOSING, opens_work=False, summary="The board of periods")
def board(office: Office) -> str:
    """Months, quarters and half-years with where they stand and what is open."""
    return _board(office)


@route(
    pages,
    "/close",
    methods=("POST",),
    needs=Permission.CLOSE_PERIODS,
    opens_work=False,
    summary="One step of a period",
)
def step(office: Office) -> Any:
    """Compute, open, publish, close, ask to open again, agree or refuse; what cannot be comes back with the board as it is."""
    form = StepForm(request.form).checked()
    code, wanted = form.period.data, form.step.data
    try:
        _do(office, code, wanted, form.why.data or "")
    except Problem as problem:
        status, _title, sentence, *_rest = errors.TABLE[type(problem)]
        said = f"{code} · {errors.filled(sentence, {'count': 1, **problem.facts()})}"
        return make_response(_board(office, said), status)
    flash(show.say(_DONE[wanted], period=code), "good")
    return redirect(url_for("closing.board") + f"#p-{code}")


def _do(office: Office, code: str, wanted: str, why: str) -> None:
    if wanted == "draft":
        periods.draft(office, viewer(), code)
        return
    worded = {"ask-reopen": periods.ask_to_reopen, "refuse-reopen": periods.refuse_reopening}
    plain = {
        "open": periods.open_draft,
        "publish": periods.publish,
        "close": periods.close,
        "reopen": periods.reopen,
    }
    with office.work(viewer()) as work:
        if wanted in worded:
            worded[wanted](work, code, why)
        else:
            plain[wanted](work, code)


def _board(office: Office, said: str = "") -> str:
    with office.work(viewer(), write=False) as work:
        lines = period_checks.board(work.connection, work.now.astimezone(SHANGHAI).date())
        return render_template(
            "closing/board.html",
            lines=lines,
            said=said,
            now=work.now,
            me_=viewer(),
            input_name=lambda code: figure_words.figure_name(code, g.language),
        )
