"""What if: a draft of the rules, or any version with some values changed, against the facts of a past period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, flash, g, make_response, redirect, render_template, request, url_for

from server.domain.access import Permission
from server.domain.draft_errors import WrongStandard
from server.domain.errors import NotFound
from server.domain.exact import half_up, two_decimals
from server.domain.findings import Finding
from server.domain.rules import Leaf, RuleSet, leaves
from server.domain.trials import PARTS
from server.domain.visit import SHANGHAI
from server.forms.rules import values_of
from server.forms.trials import AskForm, RowsForm
from server.queries import (
    decision_words,
    explained,
    explanations_seen,
    figure_words,
    result_lists,
    results,
    rule_pages,
    stars_told,
    trial_runs,
    trial_words,
    words,
)
from server.queries import trials as shown
from server.queries.rules import rule_set
from server.queries.tables.trials import OUTLETS
from server.routes import show, table_files
from server.routes.commission import yuan
from server.routes.guard import route, viewer
from server.usecases import trials
from server.usecases.work import Work

pages = Blueprint("trials", __name__)
REFRESH_SECONDS = 2
ONE = "/what-if/<uuid:trial>"


@route(pages, "/what-if", needs=Permission.TRY_RULES, summary="Choose rules to try and a period")
def choose(work: Work) -> str:
    """Which version or draft, which period, which values are changed; and what was tried last."""
    return _choice(work, request.args.get("base", ""), request.args.get("period", ""), {}, ())


@route(pages, "/what-if", methods=("POST",), needs=Permission.TRY_RULES, summary="Try rules on a period")
def ask(work: Work) -> Any:
    """Ask for the trial; what is wrong with a value is told beside its field."""
    form = AskForm(request.form).checked()
    base, period = form.base.data or "", form.period.data or ""
    written = shown.written_of(work.session, viewer(), base)
    typed = values_of(request.form, leaves(rule_pages.read(written)))
    try:
        trial = trials.ask(work, base, period, typed)
    except WrongStandard as wrong:
        return _choice(work, base, period, typed, wrong.findings), 422
    return redirect(url_for("trials.one", trial=trial))


@route(pages, ONE, needs=Permission.TRY_RULES, summary="What came of a trial of rules")
def one(work: Work, trial: UUID) -> Response:
    """Sums, quarters, lines and outlets; while it is reckoned the page asks again by itself, without a script.

    Where it was reckoned again and that was cancelled, what came of it before.
    """
    order = shown.asked(work.files, trial)
    if order is None:
        raise NotFound()
    result = shown.kept(work.files, trial)
    cancelled = trial_runs.cancelled(work.session, trial)
    if result is None or (result.at != order.at and cancelled is None):
        waits = trial_runs.waits(work.session, trial)
        page = render_template(
            "trials/waiting.html",
            trial=trial,
            order=order,
            waits=waits,
            cancelled=cancelled,
            progress=trial_runs.progress(work.files, trial) if waits else None,
        )
        response = make_response(page)
        if waits:
            response.headers["Refresh"] = str(REFRESH_SECONDS)
        return response
    form = RowsForm(request.args)
    form.branch.choices = [("", show.say("全部分公司")), *result_lists.branches(work.connection, viewer())]
    form.tier.choices = [("", show.say("全部类型"))] + [
        (code, show.say(name)) for code, name in words.TIERS.items()
    ]
    filters = form.filters()
    rows = table_files.every(lambda page, size: shown.lines(result, replace(filters, page=page), size))
    file = table_files.file(work, "规则试算", OUTLETS, rows, result.period)
    if file is not None:
        return file

    def link(**changed: Any) -> str:
        now = {
            "show": filters.show if filters.show != "changed" else "",
            "line": filters.line,
            "branch": filters.branch,
            "tier": filters.tier,
            "search": filters.search,
            "sort": filters.sort,
            "all": "1" if filters.all else "",
        }
        query = {name: value for name, value in (now | changed).items() if value}
        return "?" + urlencode(query) + "#outlets"

    own = trials.rules_of(work, order)
    return make_response(
        render_template(
            "trials/one.html",
            trial=trial,
            order=order,
            cancelled=cancelled,
            tried_at=datetime.fromisoformat(result.at),
            draft=_draft(order.base),
            result=result,
            own=own.version,
            rates=(own.stars.period, order.rules.stars.period),
            changes=shown.changes(order, own),
            beside=shown.beside(order, own),
            codes=rule_pages.CODES,
            counts=shown.counts(result),
            near=shown.near_lines(result),
            windows=shown.near_windows(result, order.rules),
            quarters_changed=shown.quarters_changed(result),
            drafts=shown.drafts(work.connection, result),
            missing=[each.code for each in order.period.split("month") if each.code not in result.months],
            form=form,
            filters=filters,
            lines=shown.lines(result, filters, shown.MOST if filters.all else shown.PAGE),
            most=shown.MOST,
            link=link,
            move=shown.move,
            branches=dict(result_lists.branches(work.connection, viewer())),
            indicator=lambda code: "—" if code is None else code.removeprefix("T-"),
            **_words(),
        )
    )


@route(
    pages,
    f"{ONE}/again",
    methods=("POST",),
    needs=Permission.TRY_RULES,
    summary="Reckon a trial again on the facts of now",
)
def again(work: Work, trial: UUID) -> Any:
    """The same rules on the same period, as the facts are now."""
    trials.again(work, trial)
    flash(show.say("正在重新试算。"), "good")
    return redirect(url_for("trials.one", trial=trial))


@route(
    pages,
    f"{ONE}/cancel",
    methods=("POST",),
    needs=Permission.TRY_RULES,
    summary="Cancel a trial that waits or runs",
)
def cancel(work: Work, trial: UUID) -> Any:
    """Cancel it; where it was over before, that is said."""
    if trials.cancel(work, trial):
        flash(show.say("试算已取消。"), "good")
    else:
        flash(show.say("这次试算已经结束，没有什么可以取消。"))
    return redirect(url_for("trials.one", trial=trial))


@route(
    pages,
    f"{ONE}/outlets/<uuid:outlet>",
    needs=Permission.TRY_RULES,
    summary="An outlet under both rule sets",
)
def outlet(work: Work, trial: UUID, outlet: UUID) -> str:
    """Every figure of the outlet on both sides, each opened into how it came about."""
    name, number = explained.subject_name(work.connection, viewer(), str(outlet))
    of, portion, row = trials.opened(work, trial, outlet)
    kept = {
        (code, figure): _stored(work, code, str(outlet), figure)
        for code in (*of.codes, of.period.code)
        for figure in ("composite", "star", "outlet-class")
        if (code, figure) not in portion.before.told
    }
    before = _noted(portion.before.told, of.whole.rules, of.today)
    before |= {key: told for key, told in kept.items() if told is not None}
    after = _noted(portion.after.told, of.rules, of.today)
    order = ("star", "outlet-class", "composite", "commission")
    keys = sorted(
        set(before) | set(after),
        key=lambda key: (order.index(key[1]) if key[1] in order else len(order), key),
    )

    def tree(told: Any, period: str) -> Any:
        if told is None:
            return None
        seen = explanations_seen.for_viewer(work.connection, viewer(), told)
        return explained.tree(work.connection, viewer(), seen, g.language, period, str(outlet))

    figures = [
        (
            figure,
            period,
            tree(before.get((period, figure)), period),
            tree(after.get((period, figure)), period),
        )
        for period, figure in keys
    ]
    return render_template(
        "trials/outlet.html",
        trial=trial,
        name=name,
        number=number,
        row=row,
        months=of.codes,
        period=of.period.code,
        figures=figures,
        title=lambda figure: figure_words.figure_name(figure, g.language),
        **_words(),
    )


def _choice(work: Work, base: str, period: str, typed: dict[str, Any], findings: tuple[Finding, ...]) -> str:
    bases = shown.bases(work.session, viewer())
    chosen = next((each for each in bases if each.code == base), bases[0] if bases else None)
    written = leaves(rule_pages.read(chosen.written)) if chosen else []
    today = work.now.astimezone(SHANGHAI).date()
    period = period or shown.usual(work.connection, today)
    recent = trial_runs.recent(work.session, work.files)
    orders = {each.id: shown.asked(work.files, each.id) for each in recent}
    return render_template(
        "trials/choose.html",
        bases=bases,
        chosen=chosen,
        parts=[part for part in rule_pages.parts(chosen.written) if part.key in PARTS] if chosen else [],
        periods=shown.periods(work.connection, today),
        period=period,
        typed=typed,
        findings=findings,
        places={each.path: _place(each.path, written) for each in findings},
        recent=recent,
        tried={
            trial: shown.changes(order, trials.rules_of(work, order)) if order else []
            for trial, order in orders.items()
        },
        codes=rule_pages.CODES,
        choices=rule_pages.choices,
    )


def _place(path: str, written: Sequence[Leaf]) -> str:
    """What a pointer names, in words: one value, or what all values below it have in common; of one that is not there, what holds it."""
    while path:
        names = [
            leaf.zh if g.language == "zh" else leaf.en
            for leaf in written
            if leaf.pointer == path or leaf.pointer.startswith(path + "/")
        ]
        if names:
            return " · ".join(step[0] for step in zip(*names, strict=False) if len(set(step)) == 1)
        path = path.rpartition("/")[0]
    return ""


def _stored(work: Work, period: str, subject: str, figure: str) -> dict[str, Any] | None:
    try:
        told = results.explanation(work.connection, viewer(), period, subject, figure)
    except NotFound:
        return None
    row = results.period(work.connection, viewer(), period)
    if figure != "star" or row is None:
        return told
    rules = rule_set(work.connection, row.rules_version).stars
    return stars_told.completed(told, rules, row.drafted_at.astimezone(SHANGHAI).date())


def _noted(
    told: Mapping[tuple[str, str], dict[str, Any]], rules: RuleSet, today: date
) -> dict[tuple[str, str], dict[str, Any]]:
    """What was reckoned today, with what stars leave unsaid."""
    return {
        key: stars_told.completed(each, rules.stars, today) if key[1] == "star" else each
        for key, each in told.items()
    }


def _draft(base: str) -> UUID | None:
    return UUID(base.removeprefix(shown.DRAFT)) if base.startswith(shown.DRAFT) else None


def _points(hundredths: Fraction | int | None) -> str:
    return "—" if hundredths is None else two_decimals(half_up(Fraction(hundredths)))


def _words() -> dict[str, Any]:
    return {
        "kinds": decision_words.KINDS,
        "yuan": lambda fen: "—" if fen is None else yuan(fen),
        "points": _points,
        "line_name": lambda code: trial_words.line_name(code, show.say),
        "letter": lambda code: show.say("{letter} 类", letter=code) if code else "—",
        "level": lambda code: show.say(rule_pages.CODES[code]) if code else "—",
        "changed_months": lambda row: sum(
            one != two for one, two in zip(row.before.composites, row.after.composites, strict=True)
        ),
    }
