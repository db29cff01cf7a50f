"""The overview: a unit's figures against their targets, how they went, what lies below it, and what waits for me."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, g, render_template, request

from server.domain.access import Permission
from server.domain.errors import NotFound
from server.domain.exact import half_up, two_decimals
from server.domain.periods import Period
from server.domain.service_indicators import CODES
from server.forms.overview import OverviewForm
from server.queries import desk, figure_words, overview, overview_league, overview_sums
from server.queries.calendars import calendars_of
from server.queries.overview import RATES, Card, Moments
from server.queries.overview_league import League
from server.queries.overview_sums import Sum
from server.queries.results import STANDING
from server.queries.tables import overview as tables
from server.queries.words import INDICATOR_SOURCES
from server.routes import overview_charts, table_files
from server.routes.commission import yuan
from server.routes.desk import LISTS
from server.routes.guard import route, viewer
from server.routes.show import say
from server.usecases.work import Work

pages = Blueprint("overview", __name__)
_ORDER = (*CODES, "corrective_actions", "window", "improvements", "composite-mean", "star-mean")


@dataclass(frozen=True, slots=True)
class Shown:
    """A card as the page shows it: texts, where its evidence is, whether its target is met, and its trend as a drawing.

    `change` is the difference to the period before in the same unit as the value, `up` whether it rose (None: neither);
    `partly` says of a sum without all its months that it is compared with nothing. `months` holds the parts of a sum: each
    month, its value and where that opens; such a card itself opens nothing. `source` says what an indicator was taken from.
    """

    code: str
    name: str
    period: str
    draft: bool
    value: str
    remark: str
    target: str
    met: bool | None
    change: str
    up: bool | None
    before: str
    line: overview_charts.Spark
    link: str
    partly: bool = False
    months: tuple[tuple[str, str, str], ...] = ()
    source: str = ""


@route(pages, "/overview", needs=Permission.SEE_OVERVIEW, summary="The figures of a unit at a glance")
def page(work: Work) -> Any:
    """Cards against targets, trends, the league and the map of what lies below, and what waits."""
    form = OverviewForm(request.args)
    valid = form.validate()
    who, connection = viewer(), work.connection
    place = overview.place(connection, who, (form.unit.data or "") if valid else "")
    choices = overview.choices(connection, who)
    at = overview.moments(choices, (form.period.data or "") if valid else "") if place.path else None
    given: dict[str, Any] = {}
    if at is not None:
        figures = overview.stored(connection, who, at, place.path)
        cards = overview.cards(connection, at, figures)
        league = overview_league.league(connection, who, at, place.path)
        if table_files.wanted() and form.period.data not in (None, "", at.chosen.code):
            # A file says nothing of what stands on its page, so it never is another period's than was asked for.
            raise NotFound()
        file = table_files.file(
            work, "排名表", tables.league(league, g.language), league.lines, at.chosen.code
        )
        if file is not None:
            return file
        sums = [
            overview_sums.improvements(connection, who, at, place.path),
            overview_sums.commission(connection, who, at, place.path),
            overview_sums.appeals(connection, who, at, place.path),
        ]
        sources = overview.sources(connection, who, at, place.path)
        shown = [_shown(place.path, card, sources) for card in cards.values()]
        shown += [_summed(place.path, at, each) for each in sums if each is not None]
        shown.sort(key=lambda each: _ORDER.index(each.code) if each.code in _ORDER else len(_ORDER))
        given = {
            "cards": shown,
            "trends": overview_charts.trends(place.path, at, cards),
            "league": league,
            "map": overview_charts.places(league, _below(league, at), _text),
            "row": at.chosen,
            "targets": {code: card.target for code, card in cards.items()},
            "below": _below(league, at),
        }
    waiting = [
        each for each in desk.waiting(work.session, who, work.now, calendars_of(work.settings)) if each.number
    ]
    return render_template(
        "overview/page.html",
        place=place,
        at=at,
        asked=form.period.data or "",
        choices=choices,
        link=lambda path: _link(path, at),
        text=_text,
        figure_name=lambda code: figure_words.figure_name(code, g.language),
        evidence=_evidence,
        waiting=waiting,
        lists=LISTS,
        **given,
    )


def _link(path: str, at: Moments | None) -> str:
    return "/overview?" + urlencode({"unit": path, **({"period": at.chosen.code} if at else {})})


def _below(league: League, at: Moments) -> dict[str, str]:
    """Where each member of the league opens: a unit's overview, an outlet's figure."""
    if league.kind != "outlet":
        return {line.member.subject: _link(line.member.subject, at) for line in league.lines}
    return {
        line.member.subject: _evidence(league.period, line.member.subject, league.figure)
        if line.value is not None
        else ""
        for line in league.lines
    }


def _evidence(period: str, subject: str, code: str) -> str:
    return f"/figures/{period}/{subject.rstrip('/')}/{code}"


def _text(code: str, value: Fraction | None) -> str:
    """A figure as people read it: rates in percent, all others with two decimals."""
    if value is None:
        return "—"
    if code in RATES:
        return two_decimals(half_up(value * 10_000)) + " %"
    return two_decimals(half_up(value * 100))


def _shown(path: str, card: Card, sources: Mapping[tuple[str, str], tuple[str, int]]) -> Shown:
    change = card.change
    before = card.trend[-2][0] if len(card.trend) > 1 else ""
    hundredths = None if change is None else half_up(change * (10_000 if card.code in RATES else 100))
    target = "" if card.target is None else say("目标 > {figure}", figure=_target(card))
    return Shown(
        card.code,
        figure_words.figure_name(card.code, g.language),
        card.period,
        card.state in ("draft", "open"),
        _text(card.code, card.value),
        say(figure_words.VALUES[card.level][0]) if card.level else "",
        target,
        card.met,
        ""
        if hundredths is None
        else two_decimals(abs(hundredths)) + (say(" 个百分点") if card.code in RATES else ""),
        None if not hundredths else hundredths > 0,
        before,
        overview_charts.spark([value for _, value in card.trend]),
        _evidence(card.period, path, card.code),
        source=_source(sources.get((card.period, card.code)), sources.get((before, card.code)), before),
    )


def _source(now: tuple[str, int] | None, earlier: tuple[str, int] | None, before: str) -> str:
    """What an indicator was taken from and of how many cases; that of the month before where it is another."""
    if now is None:
        return ""
    text = say("{source}，n={n}", source=say(INDICATOR_SOURCES[now[0]]), n=now[1])
    if earlier is None or earlier[0] == now[0]:
        return text
    other = say("{source}，n={n}", source=say(INDICATOR_SOURCES[earlier[0]]), n=earlier[1])
    return say("{now}（{period} 是{other}）", now=text, period=before, other=other)


def _target(card: Card) -> str:
    assert card.target is not None
    figure = card.target * 100 if card.code in RATES else card.target
    text = str(figure.numerator) if figure.denominator == 1 else two_decimals(half_up(figure * 100))
    return text + (" %" if card.code in RATES else "")


def _summed(path: str, at: Moments, each: Sum) -> Shown:
    within = {"branch": path} if path.count("/") > 1 else {}
    months: tuple[tuple[str, str, str], ...] = ()
    target, met = "", None
    if each.code == "improvements":
        name, value, remark = say("弱项按目标改进"), f"{each.value} / {each.of}", ""
        link = f"/weak-items/units/{path.rstrip('/')}" if within else f"/weak-items?quarter={each.period}"
        target, met = say("目标：全部"), each.value == each.of if each.of else None
    elif each.code == "commission":
        name, value = say("服务佣金（元）"), yuan(each.value)
        remark = say("实付 {fen}", fen=yuan(each.of)) if each.final else say("未关账，仅供核对")
        of = len(Period.read(each.period).split("month"))
        if len(each.months) < of:
            remark = say("{of} 个月中的 {n} 个月", of=of, n=len(each.months)) + " · " + remark
        opens = [
            (month, yuan(fen), "/commission?" + urlencode({"month": month, **within}))
            for month, fen in each.months
        ]
        link = opens[0][2] if at.chosen.kind == "month" else ""
        months = () if link else tuple(opens)
    else:
        name, value, remark = say("成立的申诉"), str(each.value), say("答复 {n} 件", n=each.of)
        link = "/appeals?" + urlencode({"state": "upheld", **within, "answered": each.period})
    change = each.change
    apart = "" if change is None else (yuan(abs(change)) if each.code == "commission" else str(abs(change)))
    return Shown(
        each.code,
        name,
        each.period,
        not each.final if each.code == "improvements" else at.chosen.state not in STANDING,
        value,
        remark,
        target,
        met,
        apart,
        None if not change else change > 0,
        each.trend[-2][0] if len(each.trend) > 1 else "",
        overview_charts.spark([None if value is None else Fraction(value) for _, value in each.trend]),
        link,
        not each.whole or (bool(months) and each.before is None),
        months,
    )
