"""What the reports of a period show: the month of an outlet, and the data that goes into the PDF of any of them.

None of these values has a place for who made a visit, at which minute, or with which phone: what is not here cannot be
printed.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

from server.reports.facts import HalfDay, Level, Outlet
from server.reports.opened import Opened
from server.reports.period_parts import AppealLine, Basis, Count, Finding, Head, Line, Mean
from server.reports.quarter_facts import Quarter


@dataclass(frozen=True, kw_only=True)
class ActionLine:
    """A corrective action of the outlet, its state in words."""

    item: str
    what: str
    due: date
    state: str
    late: bool = False
    open: bool = False


@dataclass(frozen=True, kw_only=True)
class MonthVisit:
    """A visit of the month as its outlet may know of it."""

    day: date
    kind: str
    score: str | None
    level: Level
    verdict: str
    failed: int
    half_day: HalfDay | None = None
    report: str | None = None


@dataclass(frozen=True, kw_only=True)
class CompositePart:
    """A part of the composite evaluation: weight after spreading, value in percent, points, and where it comes from.

    Of a month that is not rated the weight is that of the rules, and `points` is "—".
    """

    name: str
    weight: str
    value: str | None
    points: str
    how: str


@dataclass(frozen=True, kw_only=True)
class Composite:
    """The composite evaluation of an agent outlet (S4 p.22); `score` None: not rated, `said` tells why."""

    score: str | None
    parts: tuple[CompositePart, ...]
    bonus: str = "0"
    bonus_for: str = ""
    said: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OutletMonth:
    """The month of one outlet."""

    head: Head
    outlet: Outlet
    visits: tuple[MonthVisit, ...]
    kinds: tuple[Count, ...]
    sections: tuple[Mean, ...] = ()
    trend: tuple[Line, ...] = ()
    findings: tuple[Finding, ...] = ()
    actions: tuple[ActionLine, ...] = ()
    appeals: tuple[AppealLine, ...] = ()
    composite: Composite | None = None
    no_composite: str = ""
    """Why an agent's report has none."""
    corrected: tuple[str, ...] = ()
    """What was corrected of the counted visits after the month was closed."""
    star_period: str | None = None
    """The period whose published rating gave the outlet its stars; None where none was published."""
    evidence: tuple[Basis, ...] = ()
    opened: tuple[Opened, ...] = ()


PeriodData = OutletMonth | Quarter


def attachment(data: PeriodData) -> bytes:
    """The JSON that goes into the PDF: everything that the report shows and nothing else."""
    return _json(asdict(data))


def content(data: PeriodData) -> bytes:
    """What the report says: equal when making it again tells nothing new.

    Left out are its own number, instant and predecessor, and the numbers of the visits' reports: those are signed when
    somebody asks for them, and change no figure.
    """
    bare = replace(
        data.head,
        report_id="",
        number="",
        verify_url="",
        draft=False,
        supersedes=None,
        issued_at=datetime.min,  # noqa: DTZ901
    )
    evidence = tuple(replace(each, report=None) for each in data.evidence)
    if isinstance(data, OutletMonth):
        visits = tuple(replace(each, report=None) for each in data.visits)
        return _json(asdict(replace(data, head=bare, evidence=evidence, visits=visits)))
    return _json(asdict(replace(data, head=bare, evidence=evidence)))


def _json(value: object) -> bytes:
    return json.dumps(
        value,
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
        default=lambda each: each.isoformat(),
    ).encode()
