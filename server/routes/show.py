"""How the console says things: words of codes, instants and days, sentences with facts, and its small drawings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from math import cos, sin
from typing import Any

from flask import Flask, Response, current_app, g
from flask_login import current_user

from server.domain import dates
from server.domain.access import Viewer
from server.domain.appeals import last_day
from server.domain.findings import Finding, sentence
from server.domain.visit import SHANGHAI
from server.queries import checklist_words, notices, words
from server.queries.answers import duration, points_text
from server.queries.visit_page import Point, Timed
from server.routes.errors import filled

_SIZE, _RADIUS = 200, 62


@dataclass(frozen=True, slots=True)
class Mark:
    """A phone's point in the sketch: its place and its circle of accuracy, in the drawing's units."""

    name: str
    x: float
    y: float
    accuracy: float
    away: bool


@dataclass(frozen=True, slots=True)
class Sketch:
    """The outlet in the middle, the allowed distance around it, the phone's points; `far` beyond the edge."""

    size: int
    radius: float
    marks: tuple[Mark, ...]
    limit_m: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One lap of a timer on the time line, in percent of the stay."""

    x: float
    width: float
    row: int
    name: str
    result: str


def install(app: Flask) -> None:
    """Give the templates these words."""
    app.jinja_env.globals.update(
        say=say,
        flag_text=flag_text,
        flag_name=flag_name,
        words=words,
        standard=checklist_words,
        me=me,
        unread=unread,
        finding_text=finding_text,
    )
    app.jinja_env.filters.update(
        instant=instant,
        limit=limit,
        day=day,
        short_day=dates.short_day,
        clock=clock,
        duration=duration,
        points=points_text,
        kilobytes=kilobytes,
    )


def me() -> Viewer | None:
    """Whoever is signed in, for the frame of the page."""
    return current_user.viewer if current_user.is_authenticated else None


def unread() -> int:
    """How many notices whoever is signed in has not read."""
    who = me()
    if who is None:
        return 0
    with current_app.extensions["office"].work(who, write=False) as work:
        return notices.unread(work.session, who)


def say(sentence: str, **facts: Any) -> str:
    """A sentence of the catalogue in the user's language, with its facts in the braces."""
    return filled(sentence, facts)


def finding_text(finding: Finding) -> str:
    """What is wrong with a standard, as a sentence in the user's language."""
    return sentence(finding, g.language)


def download(content: bytes, name: str, media: str) -> Response:
    """A file to take away; its name is ASCII, made of ids and numbers."""
    response = Response(content, mimetype=media)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def flag_text(flag: dict[str, Any]) -> str:
    """A stored flag as a sentence."""
    facts = {
        name: say(value) if isinstance(value, str) else value
        for name, value in words.flag_facts(flag).items()
    }
    return say(words.FLAGS[flag["code"]][1], **facts)


def flag_name(code: str) -> str:
    """A flag's short name."""
    return say(words.FLAGS[code][0])


def instant(value: datetime | str | None) -> str:
    """An instant (or its RFC 3339 text) as Shanghai time to the minute."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return dates.instant(value) if value else ""


def limit(value: datetime) -> str:
    """When a limit ends: the end of a day as 24:00 of that day."""
    at = value.astimezone(SHANGHAI)
    return f"{last_day(value)} 24:00" if (at.hour, at.minute) == (0, 0) else instant(value)


def clock(value: datetime | None) -> str:
    """The time of day of an instant, to the second."""
    return dates.clock(value) if value else ""


def day(value: date) -> str:
    """A date as people write it."""
    return dates.day(value, g.get("language") or "zh")


def kilobytes(count: int) -> str:
    """A size in kilobytes."""
    return f"{max(1, round(count / 1000)):,} kB"


def sketch(points: list[Point], limit_m: int) -> Sketch | None:
    """Where the phone was against the outlet; None when no point has a distance."""
    known = [point for point in points if point.distance_m is not None and point.bearing is not None]
    if not known:
        return None
    middle, edge = _SIZE / 2, _SIZE / 2 - 10
    marks = []
    for point in known:
        away, bearing = float(point.distance_m or 0), point.bearing or 0.0
        # Beyond the drawing a point stands at its edge: the figure beside it says how far it really is.
        reach = min(away * _RADIUS / max(limit_m, 1), edge)
        marks.append(
            Mark(
                name=say(words.POINTS[point.name]),
                x=round(middle + reach * sin(bearing), 1),
                y=round(middle - reach * cos(bearing), 1),
                accuracy=round(min((point.accuracy_m or 0) * _RADIUS / max(limit_m, 1), edge), 1),
                away=away - (point.accuracy_m or 0) > limit_m,
            )
        )
    return Sketch(_SIZE, _RADIUS, tuple(marks), limit_m)


def time_line(started: datetime | None, left: datetime | None, timers: list[Timed]) -> list[Bar]:
    """The laps of all timers within the stay."""
    if not started or not left or left <= started:
        return []
    whole = (left - started).total_seconds()
    return [
        Bar(
            x=round(max(0.0, (begin - started).total_seconds() / whole * 100), 2),
            width=round(max(0.8, (end - begin).total_seconds() / whole * 100), 2),
            row=row,
            name=timed.item,
            result=timed.result,
        )
        for row, timed in enumerate(timers)
        for begin, end in timed.laps
        if end > started and begin < left
    ]
