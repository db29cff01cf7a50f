"""SVG charts for print: bars that carry their numbers, so that no colour has to be read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup, escape

from server.reports.pdf import FAMILY

WIDTH = 712
_BAR_LEFT, _BAR_WIDTH = 210, 400
_ROW, _BAR = 22, 10
"""The row of a title on one line, and the bar in it; titles of more lines take higher rows."""
_TITLE_SIZE, _SMALL = 12, 9.5
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
    tops, bottom = [], 0
    for row in rows:
        tops.append(bottom)
        bottom += _tall(row)
    height = bottom + 22
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" font-family="{FAMILY}" font-size="{_TITLE_SIZE}"><title>{escape(title)}</title>'
    ]
    for mark in (0, 25, 50, 75, 100):
        x = _BAR_LEFT + _BAR_WIDTH * mark // 100
        drawn.append(f'<path d="M{x} 0V{bottom}" stroke="#dfe5e3" stroke-width="0.75"/>')
        drawn.append(text(x, bottom + 13, str(mark), size=9, colour="#64726f", anchor="middle"))
    for row, top in zip(rows, tops, strict=True):
        drawn += _row(row, top, _tall(row), nothing)
    drawn.append("</svg>")
    return Markup("".join(drawn))  # noqa: S704 - every text in it went through escape()


def _tall(row: Bar) -> int:
    return max(_ROW, 12 * len(fold(row.title, _TITLE_EMS)) + 5)


def _row(row: Bar, top: int, tall: int, nothing: str) -> list[str]:
    middle = top + tall / 2
    drawn = []
    lines = fold(row.title, _TITLE_EMS)
    size = _TITLE_SIZE if width_of(row.title) <= _TITLE_EMS else _SMALL
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
    """Break a title that is wider than `ems` Chinese characters into as many smaller lines as it needs, at spaces first."""
    if width_of(title) <= ems:
        return [title]
    ems *= _TITLE_SIZE / _SMALL
    lines = [""]
    for word in re.findall(r"[\x21-\u02ff]+|[^\x21-\u02ff]", title):
        while width_of(word) > ems:
            fits = next(n for n in range(len(word) - 1, 0, -1) if n == 1 or width_of(word[:n]) <= ems)
            lines += [word[:fits]]
            word = word[fits:]
        if width_of(lines[-1] + word) > ems:
            lines.append("")
        lines[-1] += word
    return [line.strip() for line in lines if line.strip()]


def width_of(text: str) -> float:
    """How wide a text is, in Chinese characters."""
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
