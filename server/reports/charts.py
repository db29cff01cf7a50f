"""SVG charts for print: bars that carry their numbers, so that no colour has to be read."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup, escape

from server.reports.pdf import FAMILY

WIDTH = 712
_BAR_LEFT, _BAR_WIDTH = 210, 400
_ROW, _TALL_ROW, _BAR = 22, 27, 10
"""Rows of titles on one line, rows where a title takes two, and the bar in them."""
_TITLE_SIZE = 12
_TITLE_EMS = (_BAR_LEFT - 14) / _TITLE_SIZE


@dataclass(frozen=True)
class Bar:
    """One row: its title, its score as a decimal string 0..100 or None, and a word beside the number."""

    title: str
    score: str | None
    remark: str = ""
    weak: bool = False


def bars(rows: Sequence[Bar], *, title: str, nothing: str) -> Markup:
    """Draw horizontal bars on a scale of 0 to 100; `nothing` is the word for a row without a score.

    The fonts are named on the `<svg>` itself: text in an inline picture does not take the page's.
    """
    folded = any(len(fold(row.title, _TITLE_EMS)) > 1 for row in rows)
    step = _TALL_ROW if folded and len(rows) > 12 else _ROW
    height = step * len(rows) + 22
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" font-family="{FAMILY}" font-size="{_TITLE_SIZE}"><title>{escape(title)}</title>'
    ]
    bottom = step * len(rows)
    for mark in (0, 25, 50, 75, 100):
        x = _BAR_LEFT + _BAR_WIDTH * mark // 100
        drawn.append(f'<path d="M{x} 0V{bottom}" stroke="#dfe5e3" stroke-width="0.75"/>')
        drawn.append(text(x, bottom + 13, str(mark), size=9, colour="#64726f", anchor="middle"))
    for number, row in enumerate(rows):
        drawn += _row(row, number * step, step, nothing)
    drawn.append("</svg>")
    return Markup("".join(drawn))  # noqa: S704 - every text in it went through escape()


def _row(row: Bar, top: int, tall: int, nothing: str) -> list[str]:
    middle = top + tall / 2
    drawn = []
    lines = fold(row.title, _TITLE_EMS)
    size = _TITLE_SIZE if len(lines) == 1 else 9.5
    step = size * 1.25
    for n, line in enumerate(lines):
        y = middle + size * 0.36 + (n - (len(lines) - 1) / 2) * step
        drawn.append(text(0, y, line, size=size))
    y = middle - _BAR / 2
    drawn.append(
        f'<rect x="{_BAR_LEFT}" y="{y}" width="{_BAR_WIDTH}" height="{_BAR}" rx="2" fill="#eef2f1"/>'
    )
    if row.score is None:
        drawn.append(text(_BAR_LEFT + _BAR_WIDTH + 12, middle + 4, nothing, colour="#64726f"))
        return drawn
    length = float(Decimal(row.score) * _BAR_WIDTH / 100)
    colour = "#b3261e" if row.weak else "#0b6e63"
    if length:
        drawn.append(
            f'<rect x="{_BAR_LEFT}" y="{y}" width="{length:.2f}" height="{_BAR}" rx="2" fill="{colour}"/>'
        )
    x = _BAR_LEFT + _BAR_WIDTH + 12
    drawn.append(
        text(x, middle + 4.5, row.score, size=13, weight=700, colour=colour if row.weak else "#16211f")
    )
    if row.remark:
        drawn.append(text(x + 50, middle + 4, row.remark, size=10, colour=colour))
    return drawn


def fold(title: str, ems: float) -> list[str]:
    """Break a title into at most two lines of `ems` widths of a Chinese character, at a space where there is one."""
    if _ems(title) <= ems:
        return [title]
    ems *= _TITLE_SIZE / 9.5
    words = title.split(" ")
    if len(words) > 1:
        first = 1
        while first < len(words) - 1 and _ems(" ".join(words[: first + 1])) <= ems:
            first += 1
        lines = [" ".join(words[:first]), " ".join(words[first:])]
    else:
        half = next((n for n in range(len(title), 0, -1) if _ems(title[:n]) <= ems), 1)
        lines = [title[:half], title[half:]]
    return [_cut(line, ems) for line in lines if line]


def _cut(line: str, ems: float) -> str:
    if _ems(line) <= ems:
        return line
    while line and _ems(line + "…") > ems:
        line = line[:-1]
    return line + "…"


def _ems(text: str) -> float:
    return sum(1.0 if unicodedata.east_asian_width(c) in "WFA" else 0.58 for c in text)


def text(
    x: float,
    y: float,
    said: str,
    *,
    size: float = _TITLE_SIZE,
    weight: int = 400,
    colour: str = "#16211f",
    anchor: str = "start",
) -> str:
    """One line of text, escaped, with its baseline at `y`."""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" font-weight="{weight}" fill="{colour}" '
        f'text-anchor="{anchor}">{escape(said)}</text>'
    )
