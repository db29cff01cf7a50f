"""Feeds for programs: which there are, what their properties are and hold, and the Problems of asking for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from server.domain.errors import Problem


class Type(StrEnum):
    """What a property holds, by the name that OData gives it."""

    TEXT = "Edm.String"
    GUID = "Edm.Guid"
    DATE = "Edm.Date"
    INSTANT = "Edm.DateTimeOffset"
    DECIMAL = "Edm.Decimal"
    WHOLE = "Edm.Int32"
    YES_NO = "Edm.Boolean"


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a feed: its name, the same in CSV, JSON Lines and OData; `about` says in English what it is.

    `places` are a decimal's places after the point.
    """

    name: str
    type: Type
    about: str
    nullable: bool = True
    places: int = 2


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: its name, what one row of it is called, its properties, and the names of those that tell rows apart.

    `late` are the properties that no table has: a condition on them is answered row by row, and nothing is ordered by them.
    """

    name: str
    entity: str
    key: tuple[str, ...]
    properties: tuple[Property, ...]
    late: frozenset[str] = frozenset()

    def property(self, name: str) -> Property | None:
        """The property of this name."""
        return next((each for each in self.properties if each.name == name), None)

    def slug(self) -> str:
        """The name as addresses of files write it: `weak-items` for WeakItems."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", self.name).lower()


_T = Type
_OF_VISIT = (
    Property("visit_id", _T.GUID, "the visit as this reader may name it; it opens the visit's page", False),
    Property("visit_date", _T.DATE, "the day of the visit in Asia/Shanghai", False),
    Property("outlet_id", _T.GUID, "the outlet", False),
    Property("outlet_code", _T.TEXT, "the outlet's code", False),
    Property("unit_path", _T.TEXT, "codes of the units above the outlet, from the province down", False),
    Property("tier", _T.TEXT, "own_hall, franchise, exclusive, ordinary or village", False),
    Property("kind", _T.TEXT, "mystery, announced, area_visit, patrol, onboarding or recheck", False),
    Property("part", _T.TEXT, "of patrols: opening, round or closing"),
    Property("state", _T.TEXT, "where the visit stands", False),
    Property("checklist_id", _T.TEXT, "the checklist", False),
    Property("checklist_version", _T.WHOLE, "its version", False),
)
REMOVED = Property(
    "removed", _T.YES_NO, "true in increments: whoever keeps a copy takes this row out of it", False
)

VISITS = Feed(
    "Visits",
    "Visit",
    ("visit_id",),
    (
        *_OF_VISIT,
        Property("revision", _T.WHOLE, "the revision that counts; null before acceptance"),
        Property("score", _T.DECIMAL, "the visit's score, 0 to 100"),
        Property("prohibition_score", _T.DECIMAL, "of the prohibitions' items alone"),
        Property("touchpoint_score", _T.DECIMAL, "of all other items alone"),
        Property("grave", _T.YES_NO, "whether a grave item failed; null where that is not told"),
        Property("inspector", _T.TEXT, "who made the visit; null to whom that is not told"),
        Property("submitted_at", _T.INSTANT, "null to whom instants are not told"),
        Property("decided_at", _T.INSTANT, "when it was accepted or voided"),
        Property("published_at", _T.INSTANT, "when its outlet was told"),
        REMOVED,
    ),
)

ANSWERS = Feed(
    "Answers",
    "Answer",
    ("visit_id", "item"),
    (
        *_OF_VISIT,
        Property("section", _T.TEXT, "the section of the checklist", False),
        Property("item", _T.TEXT, "the item of the checklist; empty where all of a visit is removed", False),
        Property("text_zh", _T.TEXT, "what is asked, in Chinese", False),
        Property("value", _T.TEXT, "the answer as it was sent; lists and shares as JSON"),
        Property("result", _T.TEXT, "met, partly, failed, record, na, pending, missing or removed", False),
        Property("points", _T.DECIMAL, "the points of the item", False),
        Property(
            "earned",
            _T.DECIMAL,
            "what was earned of them after the prohibitions' effects; null without credit",
        ),
        Property("note", _T.TEXT, "what the inspector wrote to it"),
        REMOVED,
    ),
    frozenset({"section", "item", "text_zh", "value", "result", "points", "earned", "note"}),
)

FIGURES = Feed(
    "Figures",
    "Figure",
    ("period", "subject", "figure"),
    (
        Property("period", _T.TEXT, "2026-11, 2026-Q4 or 2026-H2", False),
        Property("period_kind", _T.TEXT, "month, quarter, half_year or year", False),
        Property("period_state", _T.TEXT, "draft, open, published or closed", False),
        Property("round", _T.WHOLE, "the round of the period since which the figure is so", False),
        Property("subject", _T.TEXT, "an outlet by its outlet_id, a unit by its path", False),
        Property("figure", _T.TEXT, "which figure", False),
        Property("value", _T.TEXT, "exact: an integer, a decimal or p/q; a word where the figure is one"),
        Property(
            "number",
            _T.DECIMAL,
            "the same rounded to six places, where it is a number; a rate is a share of 1, as 0.954430",
            places=6,
        ),
        Property("rank", _T.WHOLE, "its rank"),
        Property("of", _T.WHOLE, "of so many"),
    ),
)

OUTLETS = Feed(
    "Outlets",
    "Outlet",
    ("outlet_id",),
    (
        Property("outlet_id", _T.GUID, "the outlet", False),
        Property("code", _T.TEXT, "its code", False),
        Property("name", _T.TEXT, "its name", False),
        Property("unit_path", _T.TEXT, "codes of the units above it, from the province down", False),
        Property("branch_path", _T.TEXT, "the path of its branch"),
        Property("branch", _T.TEXT, "the name of its branch"),
        Property("tier", _T.TEXT, "own_hall, franchise, exclusive, ordinary or village", False),
        Property("class", _T.TEXT, "A, B or C; empty where there is none", False),
        Property("setting", _T.TEXT, "city, county_town or township", False),
        Property("status", _T.TEXT, "onboarding, active, probation or exited", False),
        Property("star", _T.WHOLE, "its stars"),
        Property("cooperation_since", _T.DATE, "the first day of the cooperation"),
        Property("latitude", _T.DECIMAL, "degrees in WGS-84", places=6),
        Property("longitude", _T.DECIMAL, "degrees in WGS-84", places=6),
        REMOVED,
    ),
)

UNITS = Feed(
    "Units",
    "Unit",
    ("path",),
    (
        Property("path", _T.TEXT, "codes from the province down, each followed by a slash", False),
        Property("kind", _T.TEXT, "province, branch, county, department or area", False),
        Property("code", _T.TEXT, "its code", False),
        Property("name", _T.TEXT, "its name", False),
        Property("parent_path", _T.TEXT, "the path of the unit above it"),
        Property("branch_path", _T.TEXT, "the path of its branch, or of itself where it is one"),
        Property("branch", _T.TEXT, "the name of that branch"),
    ),
)


@dataclass(eq=False)
class FilterWrong(Problem):
    """What was asked of a feed cannot be read; `why` is a sentence with its own facts filled in, in Chinese."""

    code: ClassVar[str] = "filter-wrong"
    option: str = ""
    why: str = ""
    facts_of_why: dict[str, Any] | None = None


@dataclass(eq=False)
class OptionUnsupported(Problem):
    """The feed does not do this."""

    code: ClassVar[str] = "option-unsupported"
    option: str = ""
    why: str = ""
    facts_of_why: dict[str, Any] | None = None


@dataclass(eq=False)
class TooManyTokens(Problem):
    """Whoever has so many open tokens ends one first."""

    code: ClassVar[str] = "too-many-tokens"
    most: int = 0
