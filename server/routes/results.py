"""Results: the figures of a period in lists, and each one opened down to visit, item and photo; the same as JSON."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, g, render_template, request
from pydantic import BaseModel

from server.domain.access import Permission
from server.domain.closing import read_period
from server.domain.errors import NotFound
from server.domain.service_indicators import CODES
from server.domain.visit import SHANGHAI
from server.forms.results import ResultsForm
from server.queries import (
    explained,
    explanations_seen,
    figure_words,
    half_year_reckoning,
    hall_indicators,
    period_grounds,
    result_lists,
    results,
    stars_told,
    weak_items,
    words,
)
from server.queries.rules import rule_set
from server.queries.tables import outlets as tables
from server.routes import show, table_files
from server.routes.guard import route, viewer
from server.usecases import star_lifts
from server.usecases.work import Work

pages = Blueprint("results", __name__)
api = Blueprint("api_figures", __name__, url_prefix="/api/v1")
MAIN = {"month": "composite", "stars": "star-basis", "half_year": half_year_reckoning.MEAN}
"""By which figure the outlets of a tab are listed."""
OTHERS: dict[str, tuple[str, ...]] = {
    "month": (),
    "stars": ("star", "outlet-class"),
    "half_year": ("outlet-class",),
}
_OF_STARS = ("star", "star-basis", half_year_reckoning.MEAN)
_NAMES = {"month": "月度综合评价", "stars": "星级评定", "half_year": "半年均值与类别"}


class FigureSeen(BaseModel):
    """A figure of a period's latest round with its explanation, as this user may see it.

    `value` is exact: an integer, a decimal or p/q as text. `explanation` is a tree: figure, value, subject, rules, inputs,
    thresholds, notes, parts; a star's has what would have lifted it as its last part.
    """

    period: str
    state: str
    round: int
    rules_version: int
    subject: str
    code: str
    value: str | None
    rank: int | None
    of: int | None
    explanation: dict[str, Any]


class VisitCounted(BaseModel):
    """A visit as a period's latest round counts it, in the revision of then; `visit` is the id of its page for this user.

    `explanation` is a tree from the score down to sections, items and the photos in sight (`photo:<SHA-256>`).
    """

    period: str
    state: str
    round: int
    visit: UUID
    outlet: UUID
    kind: str
    visit_date: date
    revision: int
    explanation: dict[str, Any]


@route(pages, "/results", needs=Permission.SEE_FIGURES, summary="The figures of a period")
def listed(work: Work) -> Any:
    """Composites or service indicators of a month, the branches' league of a quarter, stars, or what is half-yearly beside them."""
    form = ResultsForm(request.args)
    tabs = result_lists.by_tab(work.connection, viewer())
    asked = form.period.data or ""
    kind = result_lists.resolved(tabs, form.kind.data or "", asked)
    branches = result_lists.branches(work.connection, viewer())
    form.branch.choices = [("", show.say("全部分公司")), *branches]
    tiers = {code: name for code, name in words.TIERS.items() if kind == "stars" or code != "own_hall"}
    form.tier.choices = [
        ("", show.say("全部类型")),
        *((code, show.say(name)) for code, name in tiers.items()),
    ]
    filters = form.filters()
    row = next((row for row in tabs[kind] if row.code == asked), tabs[kind][0] if tabs[kind] else None)
    lines = league = None
    targets: dict[str, Fraction] = {}
    six: list[result_lists.Indicator] = []
    if row is not None and kind == "quarter":
        league = result_lists.league(work.connection, viewer(), row)
    elif row is not None and kind == "indicators":
        targets, league, six = result_lists.indicators(work.connection, viewer(), row)
    elif row is not None:
        lines = result_lists.outlets(work.connection, viewer(), row, _main(row, kind), OTHERS[kind], filters)
    if table_files.wanted() and form.period.data and (row is None or row.code != form.period.data):
        # A file says nothing of what stands on its page, so it never is another period's than was asked for.
        raise NotFound()
    if row is not None and table_files.wanted():
        return _file(work, row, kind, filters, league, six)

    def link(**changed: Any) -> str:
        now = {
            "kind": kind,
            "period": form.period.data,
            "branch": filters.branch,
            "tier": filters.tier,
            "search": filters.search,
            "sort": filters.sort if filters.sort != "-figure" else "",
        }
        return "?" + urlencode({name: value for name, value in (now | changed).items() if value})

    return render_template(
        "results/list.html",
        form=form,
        kind=kind,
        filters=filters,
        row=row,
        choices=tabs[kind],
        outdated=row is not None
        and bool(period_grounds.outdated(work.connection, row, work.now.astimezone(SHANGHAI).date())),
        half_yearly=bool(tabs["half_year"]),
        lines=lines,
        league=league,
        targets=targets,
        six={(each.path, each.code): each for each in six},
        link=link,
        value=lambda code, found: figure_words.figure_value(code, found, g.language),
        closes=viewer().may(Permission.SEE_CLOSING),
    )


@route(
    pages,
    "/figures/<period>/<path:subject>/<code>",
    needs=Permission.SEE_FIGURES,
    summary="A figure and how it came about",
)
def figure(work: Work, period: str, subject: str, code: str) -> str:
    """The figure opened into its parts."""
    seen = _seen(work, period, subject, code)
    name, number = explained.subject_name(work.connection, viewer(), seen.subject)
    tree = explained.tree(work.connection, viewer(), seen.explanation, g.language, period, seen.subject)
    return render_template(
        "results/figure.html",
        seen=seen,
        name=name,
        number=number,
        tree=tree,
        row=results.period(work.connection, viewer(), period),
        kind=_tab(period, code),
    )


@route(
    pages,
    "/figures/<period>/visits/<uuid:page_id>",
    needs=Permission.SEE_FIGURES,
    summary="A visit of a period down to its items and photos",
)
def visit(work: Work, period: str, page_id: UUID) -> str:
    """The visit's score item by item, in the revision that the period counts."""
    row = _row(work, period)
    tree, visit_, outlet = explained.visit_tree(work.session, viewer(), row, page_id, g.language)
    return render_template(
        "results/visit.html", tree=tree, visit=visit_, outlet=outlet, row=row, page_id=page_id
    )


@route(
    api,
    "/figures/<period>/<path:subject>/<code>",
    needs=Permission.SEE_FIGURES,
    answers={200: FigureSeen},
    summary="A figure with its explanation",
)
def figure_json(work: Work, period: str, subject: str, code: str) -> FigureSeen:
    """The figure of an outlet (its id) or a unit (its path, as in sx/ty) with the explanation as a tree."""
    return _seen(work, period, subject, code)


@route(
    api,
    "/figures/<period>/visits/<uuid:page_id>",
    needs=Permission.SEE_FIGURES,
    answers={200: VisitCounted},
    summary="A visit as a period counts it",
)
def visit_json(work: Work, period: str, page_id: UUID) -> VisitCounted:
    """The visit's score with its explanation as a tree, in the revision that the period counts."""
    row = _row(work, period)
    why, revision, visit_, outlet = explained.visit_told(work.session, viewer(), row, page_id)
    return VisitCounted(
        period=period,
        state=row.state.value,
        round=row.round,
        visit=page_id,
        outlet=outlet.id,
        kind=visit_.kind.value,
        visit_date=visit_.visit_date,
        revision=revision,
        explanation=why.as_json(),
    )


def _file(
    work: Work,
    row: Any,
    kind: str,
    filters: result_lists.Filters,
    league: Any,
    six: list[result_lists.Indicator],
) -> Any:
    if kind == "indicators":
        return table_files.file(work, "服务运营指标", tables.INDICATORS, six, row.code)
    if league is not None:
        return table_files.file(
            work,
            "季度窗口服务",
            tables.league(weak_items.names_of(work.connection, g.language)),
            league,
            row.code,
        )

    def page(number: int, size: int) -> result_lists.Lines:
        wanted = replace(filters, page=number)
        return result_lists.outlets(
            work.connection, viewer(), row, _main(row, kind), OTHERS[kind], wanted, size=size
        )

    columns = tables.results(kind, *result_lists.above(work.connection))
    return table_files.file(work, _NAMES[kind], columns, table_files.every(page), row.code)


def _tab(period: str, figure_: str) -> str:
    """The tab of the list that has a figure."""
    if figure_ in CODES:
        return "indicators"
    return "stars" if figure_.startswith("star") else result_lists.kind_of(period)


def _main(row: Any, kind: str) -> str:
    """By which figure outlets are listed; of a quarter or year that sets classes alone, by those."""
    return "outlet-class" if kind == "half_year" and row.kind != "half_year" else MAIN[kind]


def _row(work: Work, code: str) -> Any:
    read_period(code)
    row = results.period(work.connection, viewer(), code)
    if row is None:
        raise NotFound()
    return row


def _seen(work: Work, code: str, subject: str, figure_: str) -> FigureSeen:
    row = _row(work, code)
    outlet = _outlet(subject)
    subject = str(outlet) if outlet else subject.rstrip("/") + "/"
    stored: list[results.Result] = []
    if outlet and figure_ in CODES:
        told = hall_indicators.told(work.connection, viewer(), row, outlet)[figure_]
    else:
        stored = results.results(work.connection, viewer(), code, [figure_], [subject])
        told = results.explanation(work.connection, viewer(), code, subject, figure_)
    if figure_ in _OF_STARS:
        rules = rule_set(work.connection, row.rules_version).stars
        told = stars_told.completed(told, rules, row.drafted_at.astimezone(SHANGHAI).date())
    if figure_ == "star" and outlet:
        told["parts"] = [*told.get("parts", ()), star_lifts.told_of(work, row, outlet)]
    return FigureSeen(
        period=code,
        state=row.state.value,
        round=row.round,
        rules_version=row.rules_version,
        subject=subject,
        code=figure_,
        value=stored[0].value if stored else _text(told["value"]),
        rank=stored[0].rank if stored else None,
        of=stored[0].of if stored else None,
        explanation=explanations_seen.for_viewer(work.connection, viewer(), told),
    )


def _text(value: str | int | None) -> str | None:
    return None if value is None else str(value)


def _outlet(subject: str) -> UUID | None:
    try:
        return UUID(subject)
    except ValueError:
        return None
