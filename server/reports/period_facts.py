"""What the reports of a period show: plain frozen values of an outlet's month and of a unit's quarter.

None of them has a place for who made a visit, at which minute, or with which phone: what is not here cannot be printed.
Scores and percentages are decimal strings of two decimals; texts are in the words of the report's language.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Literal

from server.reports.facts import Edition, HalfDay, Language, Level, Outlet, Photo, Standard, Superseded

Scope = Literal["branch", "province"]


@dataclass(frozen=True, kw_only=True)
class Head:
    """What every report of a period bears. A draft has no number, is not signed and says so on each page."""

    edition: Edition
    language: Language
    report_id: str
    number: str
    issuer: str
    issued_at: datetime
    verify_url: str
    period: str
    """In the words of the language: 2026年11月, 2026 年第四季度."""
    first: date
    last: date
    rules: Standard
    remarks: str = ""
    """What head office or the branch wrote itself before signing."""
    draft: bool = False
    supersedes: Superseded | None = None


@dataclass(frozen=True, kw_only=True)
class Basis:
    """One visit behind the figures: by its outlet and day, its revision and the hash of its answers."""

    outlet: str
    day: date
    kind: str
    revision: int
    answers_sha256: str
    report: str | None = None


@dataclass(frozen=True, kw_only=True)
class Count:
    """So many of one sort, and their mean score where they have one."""

    name: str
    n: int
    mean: str | None = None


@dataclass(frozen=True, kw_only=True)
class Point:
    """A value of a line at one of its periods."""

    label: str
    value: str | None


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the trend, oldest point first."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True, kw_only=True)
class Mean:
    """The mean of a section or an indicator over the visits in which it was applicable."""

    title: str
    score: str | None
    n: int = 0


@dataclass(frozen=True, kw_only=True)
class Finding:
    """An item that failed: how often, of how many, where, with up to three photographs for this reader."""

    ref: str
    text: str
    source: str
    times: int
    of: int
    critical: bool = False
    prohibition: str | None = None
    outlets: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    photos: tuple[Photo, ...] = ()


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
class AppealLine:
    """An appeal that was made: about what, with what outcome in words; scores only where it changed one."""

    day: date
    outlet: str
    item: str
    outcome: str
    upheld: bool = False
    before: str | None = None
    after: str | None = None


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
    """A part of the composite evaluation: weight after spreading, value 0..1, points, and where it comes from."""

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
    evidence: tuple[Basis, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Window:
    """The window service score of the quarter (S3 5.2.2.2.1), and what stands beside it."""

    score: str | None
    level: Level
    text: str
    visits: int
    outlets: int
    by: Literal["prohibitions", "visit"] = "prohibitions"
    deducted: str | None = None
    visit_mean: str | None = None
    touchpoint: str | None = None
    previous: str | None = None
    rank: int | None = None
    of: int | None = None


@dataclass(frozen=True, kw_only=True)
class Used:
    """A checklist version that visits of the quarter were made with."""

    checklist: Standard
    visits: int


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How a tier was sampled against its rule; `required` visits, None where the rule asks for none."""

    tier: str
    rule: str
    outlets: int
    visited: int
    visits: int
    required: int | None = None
    reached: str | None = None
    """Percent of the outlets that were visited as often as the rule asks."""


@dataclass(frozen=True, kw_only=True)
class LeagueRow:
    """One unit in the league; `own` is the unit that the report is about."""

    rank: int | None
    unit: str
    visits: int
    score: str | None
    level: Level
    text: str
    visit_mean: str | None = None
    previous: str | None = None
    deducted: str | None = None
    own: bool = False


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One indicator in one unit: its ratio in percent, from how many visits, and whether it is the weak item."""

    value: str | None
    n: int = 0
    weak: bool = False


@dataclass(frozen=True, kw_only=True)
class HeatRow:
    """An indicator over all units of the map."""

    code: str
    title: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, kw_only=True)
class Heat:
    """Units and indicators as a map."""

    columns: tuple[str, ...]
    rows: tuple[HeatRow, ...]


@dataclass(frozen=True, kw_only=True)
class WeakLine:
    """A unit's weak item and its target for the next quarter; and what became of the one before (handbook 2.6)."""

    unit: str
    indicator: str | None
    why_none: str = ""
    ratio: str | None = None
    n: int = 0
    target: str | None = None
    reach: str | None = None
    before: str | None = None
    before_ratio: str | None = None
    before_reach: str | None = None
    now: str | None = None
    improvement: str | None = None
    outcome: Literal["met", "missed", "few", "none"] = "none"
    deduction: str | None = None


@dataclass(frozen=True, kw_only=True)
class Actions:
    """Corrective actions that fell due in the quarter; `rate`: in time, percent of those due."""

    due: int
    in_time: int
    late: int
    open: int
    rate: str | None = None


@dataclass(frozen=True, kw_only=True)
class Term:
    """A band of the rules in words, and what it comes to."""

    range: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Quarter:
    """The quarter of a branch or of the province: 服务质量测评报告."""

    head: Head
    scope: Scope
    unit: str
    above: str
    window: Window
    min_samples: int
    levels: tuple[Term, ...]
    targets: tuple[Term, ...]
    """By how many percent the weak item has to improve, by rank."""
    deduction: str
    """Points off when it does not."""
    checklists: tuple[Used, ...] = ()
    sampling: tuple[Sampling, ...] = ()
    kinds: tuple[Count, ...] = ()
    late_visits: int = 0
    """Visits of the quarter that are not accepted yet, and so are not in any figure."""
    league: tuple[LeagueRow, ...] = ()
    trend: tuple[Line, ...] = ()
    sections: tuple[Mean, ...] = ()
    heat: Heat | None = None
    spread: tuple[Count, ...] = ()
    weak: tuple[WeakLine, ...] = ()
    findings: tuple[Finding, ...] = ()
    appeals_decided: int = 0
    appeals: tuple[AppealLine, ...] = ()
    """Those that were upheld."""
    actions: Actions | None = None
    evidence: tuple[Basis, ...] = ()


PeriodData = OutletMonth | Quarter


def attachment(data: PeriodData) -> bytes:
    """The JSON that goes into the PDF: everything that the report shows and nothing else."""
    return _json(asdict(data))


def content(data: PeriodData) -> bytes:
    """What the report says, without its number, instant and predecessor: equal when making it again tells nothing new."""
    bare = replace(
        data.head,
        report_id="",
        number="",
        verify_url="",
        draft=False,
        supersedes=None,
        issued_at=datetime.min,  # noqa: DTZ901
    )
    return _json(asdict(replace(data, head=bare)))


def _json(value: object) -> bytes:
    return json.dumps(
        value,
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
        default=lambda each: each.isoformat(),
    ).encode()
