"""What month and quarter reports are alike made of: head, evidence, means, lines, findings, appeals; plain frozen values.

Scores and percentages are decimal strings of two decimals; texts are in the words of the report's language.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from server.reports.facts import Edition, Language, Photo, Standard, Superseded


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
class AppealLine:
    """An appeal that was made: about what, with what outcome in words; scores only where it changed one."""

    day: date
    outlet: str
    item: str
    outcome: str
    upheld: bool = False
    before: str | None = None
    after: str | None = None
