"""What the console shows of rule sets: versions, one of them part by part, a draft beside the version before."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from server.domain.access import Viewer
from server.domain.errors import NotFound
from server.domain.rules import Leaf, RuleChange, RuleSet, compare_rules, leaves, read_rules
from server.queries.drafts import DraftPage, drafts, names_of_keepers, one_draft
from server.queries.words import TIERS
from server.storage.standards import DraftKind
from server.storage.standards import RuleSet as Published

Written = dict[str, Any]

# The words of codes that stand in rule sets.
CODES = {
    "month": "月",
    "quarter": "季度",
    "half_year": "半年",
    "year": "年",
    "shopper": "神秘顾客",
    "area_manager": "片区经理",
    "busy": "忙时",
    "idle": "闲时",
    "weekend": "周末或节假日",
    "halls": "各厅平均",
    "visits": "各次检查",
    "prohibitions": "十禁止服务得分",
    "visit": "整张检查表得分",
    "excellent": "优秀",
    "meets": "达标",
    "below": "不达标",
    **TIERS,
}
_CHOICES = (
    {"month", "quarter", "half_year", "year"},
    {"shopper", "area_manager"},
    {"halls", "visits"},
    {"prohibitions", "visit"},
)
"""Codes that can stand for one another; all others belong to their row and are not edited here."""


@dataclass(frozen=True, slots=True)
class Version:
    """One published rule set and how it came about."""

    version: int
    valid_from: date
    sha256: str
    written: Written
    published_at: datetime
    retired_at: datetime | None
    retired_reason: str
    proposed_by: str | None
    confirmed_by: str | None

    @property
    def note(self) -> str:
        """Why it was made."""
        return str(self.written["note"])


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a rule set, by its names, with its values."""

    key: str
    zh: str
    en: str
    leaves: list[Leaf]


def versions(session: Session, viewer: Viewer) -> list[Version]:
    """All published rule sets, newest first."""
    names = names_of_keepers(session)
    rows = session.exec(select(Published).order_by(col(Published.version).desc()))
    return [
        Version(
            row.version,
            row.valid_from,
            row.sha256,
            json.loads(row.written),
            row.published_at,
            row.retired_at,
            row.retired_reason,
            names.get(row.proposed_by) if row.proposed_by else None,
            names.get(row.confirmed_by) if row.confirmed_by else None,
        )
        for row in rows
    ]


def in_force(found: Iterable[Version], day: date) -> Version | None:
    """The version that holds on a day."""
    valid = [each for each in found if each.valid_from <= day and each.retired_at is None]
    return max(valid, key=lambda each: (each.valid_from, each.version), default=None)


def rule_drafts(session: Session, viewer: Viewer) -> list[DraftPage]:
    """The living draft of the rules, where there is one."""
    return drafts(session, viewer, DraftKind.RULES)


def draft(session: Session, viewer: Viewer, draft_id: UUID) -> DraftPage:
    """One draft of the rules. Raises NotFound, also for those who may not see drafts."""
    return one_draft(session, viewer, draft_id, DraftKind.RULES)


def parts(written: Written) -> list[Part]:
    """The parts of a rule set with their values; version, date and note are not among them."""
    found: dict[str, Part] = {}
    for leaf in leaves(read(written)):
        key = leaf.pointer.split("/")[1]
        if len(leaf.zh) > 1:
            found.setdefault(key, Part(key, leaf.zh[0], leaf.en[0], [])).leaves.append(leaf)
    return list(found.values())


def differences(earlier: Written, later: Written) -> list[RuleChange]:
    """Every value that differs between two rule sets."""
    return compare_rules(read(earlier), read(later))


def values_changed(earlier: Written, later: Written) -> list[RuleChange]:
    """What differs but the date, which every new version has of its own."""
    return [each for each in differences(earlier, later) if each.pointer != "/valid_from"]


def read(written: Written) -> RuleSet:
    """A rule set from its written form. Raises NotFound where this program cannot read it."""
    rules, _ = read_rules(written)
    if rules is None:
        raise NotFound()
    return rules


def choices(value: object) -> list[str]:
    """The codes that may stand in a value's place; none where it is not a code that can be chosen."""
    return next((sorted(each, key=list(CODES).index) for each in _CHOICES if value in each), [])
