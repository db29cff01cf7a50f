"""The overview's drawings: small trend lines as SVG, and what the charts of the page draw, as plain data beside its table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flask import g

from server.domain.exact import half_up
from server.domain.service_indicators import CODES
from server.queries import figure_words
from server.queries.outlines import hull
from server.queries.overview import RATES, Card, Moments
from server.queries.overview_league import League
from server.routes.show import say

WIDTH, HEIGHT, _EDGE = 96, 28, 3
_TRENDS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("indicators", "六项服务指标", (*CODES,)),
    ("composites", "综合评价", ("composite-mean",)),
    ("windows", "窗口服务", ("window", "visit-mean")),
)


@dataclass(frozen=True, slots=True)
class Spark:
    """A small trend line: its unbroken stretches as points of a polyline, and its last point; empty for fewer than two values."""

    stretches: tuple[str, ...]
    last: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Trend:
    """A chart of lines and its table: a row for each period, a column for each figure.

    `chart` is what the script draws; numbers are rounded to two decimals, rates in percent.
    """

    code: str
    title: str
    periods: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Fraction | None, ...]], ...]
    chart: Mapping[str, Any]


def spark(values: Sequence[Fraction | None]) -> Spark:
    """A trend line in a small box, the lowest value at its foot."""
    there = [value for value in values if value is not None]
    if len(there) < 2:
        return Spark((), ("", ""))
    low, high = min(there), max(there)
    step = Fraction(WIDTH - 2 * _EDGE, len(values) - 1)
    points: list[tuple[str, str] | None] = []
    for number, value in enumerate(values):
        if value is None:
            points.append(None)
            continue
        part = (value - low) / (high - low) if high > low else Fraction(1, 2)
        points.append(
            (
                f"{float(_EDGE + number * step):.1f}",
                f"{float(HEIGHT - _EDGE - part * (HEIGHT - 2 * _EDGE)):.1f}",
            )
        )
    stretches: list[list[str]] = [[]]
    for point in points:
        if point is None:
            stretches.append([])
        else:
            stretches[-1].append(",".join(point))
    last = next(point for point in reversed(points) if point is not None)
    return Spark(tuple(" ".join(each) for each in stretches if len(each) > 1), last)


def trends(path: str, at: Moments, cards: Mapping[str, Card]) -> list[Trend]:
    """The charts of the unit's last periods; one with less than two periods is left out."""
    found = []
    for code, title, figures in _TRENDS:
        mine = [cards[figure] for figure in figures if figure in cards]
        if not mine or len(mine[0].trend) < 2:
            continue
        periods = tuple(period for period, _ in mine[0].trend)
        rows = tuple(
            (period, tuple(card.trend[number][1] for card in mine)) for number, period in enumerate(periods)
        )
        rate = mine[0].code in RATES
        series = [
            {
                "name": figure_words.figure_name(card.code, g.language),
                "values": [_number(card.code, value) for _, value in card.trend],
                "links": [
                    f"/figures/{period}/{path.rstrip('/')}/{card.code}" if value is not None else ""
                    for period, value in card.trend
                ],
            }
            for card in mine
        ]
        targets = {card.target for card in mine if card.target is not None}
        target = _number(mine[0].code, targets.pop()) if len(targets) == 1 else None
        chart = {
            "kind": "lines",
            "periods": periods,
            "series": series,
            "unit": "%" if rate else "",
            "target": target,
            "target_name": say("目标"),
            "described": say(
                "{title}，{first} 至 {last}，数据在下面的表里。",
                title=say(title),
                first=periods[0],
                last=periods[-1],
            ),
        }
        found.append(Trend(code, say(title), periods, tuple(card.code for card in mine), rows, chart))
    return found


def places(
    league: League, links: Mapping[str, str], text: Callable[[str, Fraction | None], str]
) -> dict[str, Any] | None:
    """The map of what lies below as the script draws it: a bubble for each member with a position; None with fewer than two."""
    there = [line for line in league.lines if line.member.lat is not None and line.member.lng is not None]
    if len(there) < 2:
        return None
    around = [(line.member.lng or 0, line.member.lat or 0) for line in there]
    same = _same_end([line.member.name for line in there])
    points = [
        {
            "name": line.member.name[: -same or None],
            "lng": round(line.member.lng or 0, 4),
            "lat": round(line.member.lat or 0, 4),
            "outlets": line.member.outlets,
            "said": say("{n} 个网点", n=line.member.outlets) if league.kind != "outlet" else "",
            "value": _number(league.figure, line.value),
            "text": text(league.figure, line.value),
            "link": links[line.member.subject],
            "outline": [(round(lng, 3), round(lat, 3)) for lat, lng in line.member.outline],
        }
        for line in there
    ]
    return {
        "kind": "map",
        "points": points,
        "ground": [] if league.kind != "outlet" else hull(around),
        "described": say("{n} 个单位的位置和得分，数据在排名表里。", n=len(points)),
        "astray": sum(line.member.astray for line in league.lines),
    }


def _same_end(names: Sequence[str]) -> int:
    """How many letters all names end with alike; a map of one kind of unit need not repeat them."""
    shortest = min(len(name) for name in names)
    return next((end for end in range(shortest) if len({name[-end - 1] for name in names}) > 1), shortest - 1)


def _number(code: str, value: Fraction | None) -> float | None:
    if value is None:
        return None
    return half_up(value * (10_000 if code in RATES else 100)) / 100
