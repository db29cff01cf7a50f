"""Reports of periods and folders of reports: which kinds there are, over what, and their Problems."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar, Literal

from server.domain.errors import Problem
from server.domain.periods import Period


class Kind(StrEnum):
    """What a signed report is about; a visit's is the one that the review signs."""

    VISIT = "visit"
    OUTLET_MONTH = "outlet_month"
    BRANCH_QUARTER = "branch_quarter"
    PROVINCE_QUARTER = "province_quarter"
    DECISION_LETTER = "decision_letter"


PERIODIC = (Kind.OUTLET_MONTH, Kind.BRANCH_QUARTER, Kind.PROVINCE_QUARTER)
UNITS: dict[Kind, Literal["branch", "province"]] = {
    Kind.BRANCH_QUARTER: "branch",
    Kind.PROVINCE_QUARTER: "province",
}
MOST_IN_FOLDER = 2000
"""Reports in one folder; our choice, so that a zip stays one that a person can carry."""
FOLDER_DAYS = 7
"""So many days a finished zip is kept; it can be asked for again."""

DRAFT_DAYS = 2
"""So many days the draft of a period report is kept."""


def period_of(kind: Kind, code: str) -> Period:
    """Return the period of a report of this kind: a month of an outlet, a quarter of a unit. Raises PeriodWrong."""
    try:
        period = Period.read(code)
    except ValueError:
        raise PeriodWrong(period=code[:20]) from None
    if period.kind != ("month" if kind is Kind.OUTLET_MONTH else "quarter"):
        raise PeriodWrong(period=code[:20])
    return period


def over(period: Period, today: date) -> None:
    """Raise PeriodRuns while the period has not ended: what can still change is not signed."""
    if today < period.after:
        raise PeriodRuns(period=period.code)


@dataclass(eq=False)
class PeriodWrong(Problem):
    """The code is no month, or no quarter, where one is needed."""

    code: ClassVar[str] = "period-wrong"
    period: str = ""


@dataclass(eq=False)
class PeriodRuns(Problem):
    """The period has not ended, so its report is not signed yet; a draft can be looked at."""

    code: ClassVar[str] = "period-runs"
    period: str = ""


@dataclass(eq=False)
class ReportContested(Problem):
    """Others sign the same report again and again meanwhile, each time with other facts."""

    code: ClassVar[str] = "report-contested"


@dataclass(eq=False)
class DraftNotReady(Problem):
    """The draft is not made yet, or cannot be made."""

    code: ClassVar[str] = "draft-not-ready"


@dataclass(eq=False)
class DraftExpired(Problem):
    """The draft was kept its days and is deleted; it can be asked for again."""

    code: ClassVar[str] = "draft-expired"


@dataclass(eq=False)
class FolderEmpty(Problem):
    """No visit with a report matches what was asked for."""

    code: ClassVar[str] = "folder-empty"


@dataclass(eq=False)
class FolderTooLarge(Problem):
    """More reports than one folder may hold."""

    code: ClassVar[str] = "folder-too-large"
    count: int = 0
    most: int = MOST_IN_FOLDER


@dataclass(eq=False)
class FolderNotReady(Problem):
    """The folder is not packed yet, or its packing failed."""

    code: ClassVar[str] = "folder-not-ready"


@dataclass(eq=False)
class FolderExpired(Problem):
    """The zip was kept its days and is deleted; it can be asked for again."""

    code: ClassVar[str] = "folder-expired"
