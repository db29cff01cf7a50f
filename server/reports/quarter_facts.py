"""What the report of a branch's or the province's quarter shows: plain frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from server.reports.facts import Level, Standard
from server.reports.opened import Opened
from server.reports.period_parts import AppealLine, Basis, Count, Finding, Head, Line, Mean

Scope = Literal["branch", "province"]


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
class PatrolLine:
    """The patrols of a hall, or of the halls of a unit: on how many days, and the mean of the days."""

    unit: str
    halls: int
    days: int
    mean: str | None


@dataclass(frozen=True, kw_only=True)
class GapLine:
    """Covert against announced of one indicator at one outlet, in points of 100 (handbook 2.16)."""

    outlet: str
    indicator: str
    gap: str
    covert: str
    announced: str
    covert_visits: int
    announced_visits: int


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
    patrols: tuple[PatrolLine, ...] = ()
    gaps: tuple[GapLine, ...] = ()
    """The most negative ones."""
    gap_least: int = 0
    """So many visits of each sort an indicator needs to be compared."""
    findings: tuple[Finding, ...] = ()
    appeals_decided: int = 0
    appeals: tuple[AppealLine, ...] = ()
    """Those that were upheld."""
    actions: Actions | None = None
    evidence: tuple[Basis, ...] = ()
    opened: tuple[Opened, ...] = ()
