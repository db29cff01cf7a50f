"""Weak items: the heat map of a quarter, each unit's history, the visits behind a cell; the map as JSON too."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, g, render_template, request, url_for
from pydantic import BaseModel

from server.domain.access import Permission
from server.domain.closing import read_period
from server.domain.errors import NotFound
from server.domain.exact import half_up, two_decimals
from server.domain.explain import plain
from server.domain.tables import MOST_ROWS
from server.forms.weak_items import MapForm
from server.queries import (
    cell_visits,
    heat_map,
    results,
    tracked_quarters,
    weak_items,
    weak_quarters,
    words,
)
from server.queries.review import branches_of
from server.queries.tables import weak_items as tables
from server.routes import show, table_files
from server.routes.guard import route, viewer
from server.usecases.work import Work

pages = Blueprint("weak_items", __name__)
api = Blueprint("api_weak_items", __name__, url_prefix="/api/v1")
SHADES = ((Fraction(98, 100), 5), (Fraction(95, 100), 4), (Fraction(90, 100), 3), (Fraction(80, 100), 2))
"""From which ratio on a cell has which shade; below them all it has the first."""


class IndicatorSeen(BaseModel):
    """A column of the map: a prohibition, or the touchpoints of a section (`T-`)."""

    id: str
    zh: str
    en: str


class CellSeen(BaseModel):
    """Earned over full, exactly (a decimal or p/q as text, null: nothing applicable); `few`: too few visits to count."""

    indicator: str
    ratio: int | str | None
    visits: int
    few: bool


class OutcomeSeen(BaseModel):
    """What became of the weak item of the quarter before; ratios of 1, target in percent, deduction in points.

    Of a map whose `state` is `draft` it is how it stands so far: nothing is taken off yet.
    """

    indicator: str
    ratio_before: int | str | None
    target_percent: int | str | None
    to_reach: int | str | None
    ratio: int | str | None
    visits: int
    improvement: int | str | None
    outcome: str
    deduction: int | str | None


class UnitSeen(BaseModel):
    """A row of the map. `nothing` says why there is no weak item; `after_deduction` is of branches only, and of no draft."""

    subject: str
    name: str
    window: int | str | None
    after_deduction: int | str | None
    weak_item: str | None
    nothing: str | None
    target_percent: int | str | None
    to_reach: int | str | None
    before: OutcomeSeen | None
    cells: list[CellSeen]


class MapSeen(BaseModel):
    """The heat map of a quarter's latest round, as far as this user may see it."""

    period: str
    state: str
    round: int
    rules_version: int
    level: str
    min_samples: int
    indicators: list[IndicatorSeen]
    units: list[UnitSeen]


@route(pages, "/weak-items", needs=Permission.SEE_FIGURES, summary="The heat map of weak items")
def mapped(work: Work) -> Any:
    """Units against indicators in a quarter, the weak item of each marked; the address holds every choice."""
    who = viewer()
    form = MapForm(request.args)
    rows = weak_quarters.quarters(work.connection, who)
    row = next((each for each in rows if each.code == form.quarter.data), weak_quarters.latest(rows))
    levels = heat_map.levels(work.connection, who)
    branches = branches_of(work.session, who)
    filters = _filters(form, levels, [path for path, _ in branches])
    if row is not None and table_files.wanted():
        if form.quarter.data and row.code != form.quarter.data:
            raise NotFound()
        return _file(work, row, filters)
    return render_template(
        "weak_items/map.html",
        rows=rows,
        row=row,
        asked=form.quarter.data or "",
        filters=filters,
        levels=levels,
        branches=branches,
        map=heat_map.heat_map(work.connection, who, row, filters) if row and levels else None,
        link=_link(row, filters),
        **shown(work),
    )


@route(
    pages,
    "/weak-items/units/<path:subject>",
    needs=Permission.SEE_FIGURES,
    summary="The weak items of a unit, quarter by quarter",
)
def unit(work: Work, subject: str) -> Any:
    """The weak item of each quarter with its target, what became of it, and what is tracked."""
    key = _subject(subject)
    name, level, past = heat_map.history(work.connection, viewer(), key)
    if table_files.wanted():
        names = weak_items.names_of(work.connection, g.language)
        return table_files.file(work, "各季度的服务弱项", tables.quarters(names), past, name)
    tracked = weak_items.of_unit(work.session, viewer(), key, work.now) if level != "outlet" else ()
    now = next((each.line for each in past if each.row.state in results.STANDING), None)
    may_track = level in tracked_quarters.LOWER and viewer().may(Permission.TRACK_WEAK_ITEMS)
    return render_template(
        "weak_items/unit.html",
        name=name,
        level=level,
        subject=key,
        past=past,
        tracked=tracked,
        takes_up=now.weak
        if may_track and now and now.weak not in {each.indicator for each in tracked}
        else None,
        **shown(work),
    )


@route(
    pages,
    "/weak-items/cells/<quarter>/<path:subject>/<indicator>",
    needs=Permission.SEE_FIGURES,
    summary="The visits behind a cell of the map",
)
def cell(work: Work, quarter: str, subject: str, indicator: str) -> Any:
    """What lost points, and in which visits; each leads to its items and photos."""
    row = _quarter(work, quarter)
    key = _subject(subject)
    if table_files.wanted():
        found = cell_visits.evidence(work.session, viewer(), row, key, indicator, size=MOST_ROWS)
        return table_files.file(work, "依据的检查", tables.BEHIND, found.visits, row.code)
    number = request.args.get("page", "")
    found = cell_visits.evidence(
        work.session, viewer(), row, key, indicator, int(number) if number.isdecimal() else 1
    )
    return render_template(
        "weak_items/cell.html",
        row=row,
        subject=key,
        indicator=indicator,
        found=found,
        link=lambda **changed: "?" + urlencode(changed),
        **shown(work),
    )


@route(
    api,
    "/weak-items",
    needs=Permission.SEE_FIGURES,
    parameters=tuple(
        {"name": name, "in": "query", "schema": {"type": "string"}} for name in ("quarter", "level", "within")
    ),
    answers={200: MapSeen},
    summary="The heat map of a quarter",
)
def map_json(work: Work) -> MapSeen:
    """The whole map of a quarter (the latest in sight) at a level: branch, county, area, outlet."""
    who = viewer()
    form = MapForm(request.args)
    latest = weak_quarters.latest(weak_quarters.quarters(work.connection, who))
    if latest is None:
        raise NotFound()
    row = _quarter(work, form.quarter.data) if form.quarter.data else latest
    levels = heat_map.levels(work.connection, who)
    filters = _filters(form, levels, [path for path, _ in branches_of(work.session, who)])
    found = heat_map.heat_map(work.connection, who, row, filters, size=10**6)
    zh, en = (weak_items.names_of(work.connection, language) for language in ("zh", "en"))
    rows = [*([found.province] if found.province else ()), *found.rows]
    return MapSeen(
        period=row.code,
        state=row.state.value,
        round=row.round,
        rules_version=row.rules_version,
        level=filters.level,
        min_samples=found.min_samples,
        indicators=[
            IndicatorSeen(id=each, zh=zh.get(each, each), en=en.get(each, each)) for each in found.indicators
        ],
        units=[_unit_seen(each, draft=weak_quarters.so_far(row)) for each in rows],
    )


def shown(work: Work) -> dict[str, Any]:
    """What the templates of weak items call: names of indicators, figures as people read them, shades."""
    names = weak_items.names_of(work.connection, g.language)
    return {
        "indicator_name": lambda code: names.get(code, code),
        "short": lambda code: code.removeprefix("T-"),
        "percent": percent,
        "figure": lambda value: "—" if value is None else two_decimals(half_up(value * 100)),
        "points_of": lambda earned: two_decimals(half_up(Fraction(earned, 1000))),
        "plain": plain,
        "shade": shade,
        "so_far": weak_quarters.so_far,
        "words": words,
    }


def percent(value: Fraction | None) -> str:
    """A ratio of 1 in percent with two decimals, without the sign."""
    return "—" if value is None else two_decimals(half_up(value * 10_000))


def shade(found: weak_quarters.Cell | None) -> str:
    """The class of a cell's shade: `few` where there are too few visits to count, `none` where nothing was applicable."""
    if found is None or found.ratio is None:
        return "none"
    ratio = found.ratio
    return "few" if found.few else f"h{next((number for least, number in SHADES if ratio >= least), 1)}"


def _filters(form: MapForm, levels: list[Any], branches: list[str]) -> heat_map.Filters:
    page = form.page.data
    level = form.level.data if form.level.data in levels else (levels[0] if levels else "branch")
    within = form.within.data or ""
    return heat_map.Filters(
        level=level,
        within=within if within in branches and level != "branch" else "",
        search=(form.search.data or "").strip()[:60],
        sort=(form.sort.data or "")[:64],
        page=page if isinstance(page, int) and 0 < page <= 100_000 else 1,
    )


def _link(row: Any, filters: heat_map.Filters) -> Callable[..., str]:
    """A function that gives the map's address with some choices changed; a change goes back to page one."""

    def link(**changed: Any) -> str:
        chosen: dict[str, Any] = {"quarter": row.code if row else ""}
        chosen |= {name: getattr(filters, name) for name in filters.__slots__}
        chosen |= {"page": 1, **changed}
        kept = {
            name: value
            for name, value in chosen.items()
            if value and (name, value) not in (("page", 1), ("level", "branch"))
        }
        return url_for("weak_items.mapped") + ("?" + urlencode(kept) if kept else "")

    return link


def _file(work: Work, row: Any, filters: heat_map.Filters) -> Any:
    found = heat_map.heat_map(work.connection, viewer(), row, filters, size=10**6)
    names = weak_items.names_of(work.connection, g.language)
    rows = [*([found.province] if found.province else ()), *found.rows]
    columns = tables.heat(found.indicators, names, show.say, so_far=weak_quarters.so_far(row))
    return table_files.file(work, "服务弱项", columns, rows, row.code)


def _quarter(work: Work, code: str) -> Any:
    read_period(code)
    rows = weak_quarters.quarters(work.connection, viewer())
    row = next((each for each in rows if each.code == code), None)
    if row is None:
        raise NotFound()
    return row


def _subject(text: str) -> str:
    """An outlet's id as figures write it, or a unit's path."""
    try:
        return str(UUID(text))
    except ValueError:
        return text.rstrip("/") + "/"


def _unit_seen(row: heat_map.Row, *, draft: bool) -> UnitSeen:
    line, became = row.line, row.line.became
    return UnitSeen(
        subject=line.subject,
        name=row.name,
        window=plain(line.window),
        after_deduction=None if draft else plain(line.after),
        weak_item=line.weak,
        nothing=line.nothing,
        target_percent=plain(line.target),
        to_reach=plain(line.to_reach),
        before=OutcomeSeen(
            indicator=became.indicator,
            ratio_before=plain(became.ratio_before),
            target_percent=plain(became.target),
            to_reach=plain(became.to_reach),
            ratio=plain(became.ratio),
            visits=became.samples,
            improvement=plain(became.improvement),
            outcome=became.outcome,
            deduction=plain(became.deduction),
        )
        if became
        else None,
        cells=[
            CellSeen(indicator=name, ratio=plain(each.ratio), visits=each.visits, few=each.few)
            for name, each in line.cells.items()
        ],
    )
