"""SVG charts of period reports: lines over periods, the map of units and indicators, the spread of scores."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from markupsafe import Markup, escape

from server.reports.charts import WIDTH, fold, text, width_of
from server.reports.pdf import FAMILY
from server.reports.period_parts import Count, Line
from server.reports.quarter_facts import Heat

_INK, _SOFT, _LINE, _ACCENT, _WARN, _FAIL = "#16211f", "#64726f", "#dfe5e3", "#0b6e63", "#835500", "#b3261e"
_HEAT_LEFT, _HEAT_ROW, _HEAD = 214, 19, 30
_HEAT_EMS = 15.6
_TINTS = ((95, "#bfe3cf"), (85, "#e2f3ea"), (75, "#fdf1d8"), (60, "#f9d9a8"), (0, "#f3b7b1"))
_STROKES = ((_ACCENT, "", "circle"), (_SOFT, "5 4", "square"), (_WARN, "2 3", "diamond"))


def lines(drawn: Sequence[Line], *, title: str) -> Markup:
    """Draw one to three lines over the same periods; each is told by its dashes and marks as well as its colour.

    The scale goes up to 100 and down to the ten below the lowest value. The first line carries its figures. Where no two
    periods that follow each other have a value there is no line, and no chart.
    """
    if not any(_stretches(line) for line in drawn):
        return Markup()
    known = [Decimal(point.value) for line in drawn for point in line.points if point.value is not None]
    lowest = min(min(known) // 10 * 10, Decimal(90))
    axis, left, right, top, bottom = 40, 70, WIDTH - 150, 22, 156
    labels = [point.label for point in drawn[0].points]
    step = (right - left) / max(1, len(labels) - 1)

    def at(value: str) -> float:
        return round(float(bottom - (Decimal(value) - lowest) / (100 - lowest) * (bottom - top)), 2)

    out = [_open(bottom + 24, title)]
    for mark in range(int(lowest), 101, 10 if lowest >= 50 else 20):
        y = at(str(mark))
        out.append(f'<path d="M{axis} {y:g}H{right}" stroke="{_LINE}" stroke-width="0.75"/>')
        out.append(text(axis - 8, y + 3.5, str(mark), size=9, colour=_SOFT, anchor="end"))
    for number, label in enumerate(labels):
        out.append(text(left + number * step, bottom + 17, label, size=9.5, colour=_SOFT, anchor="middle"))
    taken: list[float] = []
    for number, line in reversed(list(enumerate(drawn[: len(_STROKES)]))):
        colour, dashes, mark_shape = _STROKES[number]
        points = [
            (left + n * step, at(point.value), point.value)
            for n, point in enumerate(line.points)
            if point.value is not None
        ]
        dash = f' stroke-dasharray="{dashes}"' if dashes else ""
        for stretch in _stretches(line):
            way = " ".join(f"{left + n * step:.1f},{at(value):g}" for n, value in stretch)
            out.append(f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        for x, y, value in points:
            out.append(_mark(mark_shape, x, y, colour))
            if number == 0:
                out.append(text(x, y - 8, value, size=9.5, weight=700, colour=colour, anchor="middle"))
        if points:
            y = points[-1][1]
            while any(abs(y - other) < 14 for other in taken):
                y += 4
            taken.append(y)
            for n, part in enumerate(fold(line.name, 13)):
                out.append(text(right + 30, y + 4 + n * 12, part, size=10, colour=colour))
    return _closed(out)


def _stretches(line: Line) -> list[list[tuple[int, str]]]:
    """The points of a line without a gap among them: where a period has no value, nothing is drawn."""
    found: list[list[tuple[int, str]]] = [[]]
    for n, point in enumerate(line.points):
        if point.value is None:
            found.append([])
        else:
            found[-1].append((n, point.value))
    return [stretch for stretch in found if len(stretch) > 1]


def heat(drawn: Heat, *, title: str, weak: str) -> Markup:
    """Draw indicators against units: every cell carries its figure; a weak item has a frame and a triangle, which is called
    `weak`."""
    width = min(64.0, (WIDTH - _HEAT_LEFT) / max(1, len(drawn.columns)))
    heads = [fold(column, width / 9.5) for column in drawn.columns]
    top_line = max(_HEAD, 8 + 11 * max((len(each) for each in heads), default=1))
    titles = [fold(row.title, _HEAT_EMS) for row in drawn.rows]
    tall = [max(_HEAT_ROW, 11 * len(lines) + 5) for lines in titles]
    out = [_open(top_line + sum(tall) + 4, title)]
    for number in range(len(drawn.columns)):
        middle = _HEAT_LEFT + (number + 0.5) * width
        parts = heads[number]
        for n, part in enumerate(parts):
            y = top_line - 8 - (len(parts) - 1 - n) * 11
            out.append(text(middle, y, part, size=9, colour=_SOFT, anchor="middle"))
    for row_number, row in enumerate(drawn.rows):
        start = top_line + sum(tall[:row_number])
        lines_ = titles[row_number]
        for n, part in enumerate(lines_):
            line = start + tall[row_number] / 2 + 3.5 + (n - (len(lines_) - 1) / 2) * 11
            out.append(
                text(28, line, part, size=10 if width_of(drawn.rows[row_number].title) <= _HEAT_EMS else 9)
            )
        top = start + (tall[row_number] - _HEAT_ROW) / 2
        out.append(text(0, top + 13, row.code, size=9, colour=_SOFT))
        for number, cell in enumerate(row.cells):
            x = round(_HEAT_LEFT + number * width, 2)
            middle = x + width / 2
            if cell.value is None:
                out.append(text(middle, top + 13, "—", size=9, colour=_SOFT, anchor="middle"))
                continue
            value = Decimal(cell.value)
            tint = next(colour for least, colour in _TINTS if value >= least)
            frame = f' stroke="{_FAIL}" stroke-width="1.6"' if cell.weak else ""
            out.append(
                f'<rect x="{x + 1:g}" y="{top + 1}" width="{width - 2:.2f}" height="{_HEAT_ROW - 2}" '
                f'rx="2" fill="{tint}"{frame}/>'
            )
            figure = str(value.quantize(Decimal("0.1"), ROUND_HALF_UP)) if value < 100 else "100"
            weight = 700 if cell.weak else 400
            out.append(text(middle, top + 13, figure, size=9.5, weight=weight, anchor="middle"))
            if cell.weak:
                out.append(
                    f'<path d="M{x + width - 9:.2f} {top + 4}h6l-3 5z" fill="{_FAIL}"><title>{escape(weak)}</title></path>'
                )
    return _closed(out)


def spread(drawn: Sequence[Count], *, title: str) -> Markup:
    """Draw how many visits fell into each band of scores, lowest band first; each column carries its number."""
    most = max((each.n for each in drawn), default=0)
    if not most:
        return Markup()
    base, height = 128, 104
    step = WIDTH / len(drawn)
    out = [_open(base + 22, title)]
    out.append(f'<path d="M0 {base}H{WIDTH}" stroke="{_LINE}"/>')
    for number, each in enumerate(drawn):
        middle = step * (number + 0.5)
        tall = round(height * each.n / most, 2)
        if each.n:
            out.append(
                f'<rect x="{middle - step * 0.32:.2f}" y="{base - tall:g}" width="{step * 0.64:.2f}" '
                f'height="{tall:g}" rx="2" fill="{_ACCENT}"/>'
            )
        out.append(text(middle, base - tall - 5, str(each.n), size=11, weight=700, anchor="middle"))
        out.append(text(middle, base + 16, each.name, size=9.5, colour=_SOFT, anchor="middle"))
    return _closed(out)


def _open(height: float, title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" '
        f'height="{height:g}" font-family="{FAMILY}"><title>{escape(title)}</title>'
    )


def _closed(out: list[str]) -> Markup:
    return Markup("".join([*out, "</svg>"]))  # noqa: S704 - every text in it went through escape()


def _mark(shape: str, x: float, y: float, colour: str) -> str:
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:g}" r="3.4" fill="{colour}"/>'
    if shape == "square":
        return f'<rect x="{x - 3:.1f}" y="{y - 3:g}" width="6" height="6" fill="{colour}"/>'
    return f'<path d="M{x:.1f} {y - 4:g}l4 4-4 4-4-4z" fill="{colour}"/>'
