"""Trials of rules as the console shows them: what can be tried on what, what came of it, and its outlets filtered, sorted, paged."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, Literal, get_args
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from server.domain.access import SYSTEM, Viewer
from server.domain.errors import NotFound
from server.domain.periods import Period
from server.domain.rules import RuleChange, RuleSet, canonical, compare_rules
from server.domain.trial_nearness import window_lines
from server.domain.trial_packing import unpacked
from server.domain.trials import ASPECTS, PARTS, POINT, Result, Tried
from server.queries import results, rule_pages, trial_words
from server.queries.trial_runs import ASKED, Store

RESULT = "trial"
"""Under which name the object store keeps what came of a trial."""
PAGE = 25
MOST = 2000
"""So many outlets are listed at once where all are asked for, such as to be printed; the file has every one."""
DRAFT = "draft-"
Show = Literal["changed", "composite", "star", "class", "proposals", "commission", "near"]
SHOWS: tuple[Show, ...] = ("changed", *ASPECTS, "near")
Sort = Literal["", "name", "composite", "-composite", "star", "-star", "commission", "-commission"]
SORTS: tuple[Sort, ...] = get_args(Sort)
KINDS = {"half_year": 3, "year": 2, "quarter": 5, "month": 13}
"""On which kinds of periods rules are tried, and of how many of each. A year has stars where rules rate by it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: the rules, on which period, from which version or draft they come, and when."""

    period: Period
    base: str
    at: str
    rules: RuleSet
    written: dict[str, Any]

    @property
    def when(self) -> datetime:
        """The instant at which it was asked for."""
        return datetime.fromisoformat(self.at)

    def as_json(self) -> dict[str, Any]:
        """The same as it is kept."""
        return {"period": self.period.code, "base": self.base, "at": self.at, "written": self.written}


@dataclass(frozen=True, slots=True)
class Base:
    """A version or a draft that can be tried: `v2` or `draft-<id>`."""

    code: str
    version: int
    valid_from: str
    draft: UUID | None
    written: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Filters:
    """What the outlets are narrowed to and how they are ordered; `line` is one threshold that they are near.

    `all`: up to `MOST` of them on one page.
    """

    show: Show = "changed"
    line: str = ""
    branch: str = ""
    tier: str = ""
    search: str = ""
    sort: Sort = ""
    page: int = 1
    all: bool = False


@dataclass(frozen=True, slots=True)
class Lines:
    """A page of outlets, how many there are, and on how many pages."""

    rows: tuple[Tried, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class NearLine:
    """How many outlets lie within a point of a threshold: at it or above, and below; of `window-90` it is branches."""

    code: str
    at: int
    reached: int
    below: int


def bases(session: Session, viewer: Viewer) -> list[Base]:
    """Living drafts, then the published versions, the newest first."""
    drafts = [
        Base(
            f"{DRAFT}{each.id}",
            each.written["version"],
            str(each.written["valid_from"]),
            each.id,
            each.written,
        )
        for each in rule_pages.rule_drafts(session, viewer)
    ]
    versions = [
        Base(f"v{each.version}", each.version, each.valid_from.isoformat(), None, each.written)
        for each in rule_pages.versions(session, viewer)
    ]
    return drafts + versions


def written_of(session: Session, viewer: Viewer, base: str) -> dict[str, Any]:
    """The written rules of a version or draft. Raises NotFound."""
    found = next((each for each in bases(session, viewer) if each.code == base), None)
    if found is None:
        raise NotFound()
    return found.written


def periods(connection: sa.Connection, today: date) -> list[str]:
    """The periods that can be tried on: those of the last year that have begun, and all that were computed; the latest first."""
    found = []
    for kind, many in KINDS.items():
        current = Period.of(kind, today)  # type: ignore[arg-type]
        mine = {current.back(turn) for turn in range(many)}
        mine |= {
            Period.read(row.code)
            for row in results.periods(connection, SYSTEM)
            if row.kind == kind and row.digest
        }
        found += sorted(mine, key=lambda each: each.first, reverse=True)
    return [each.code for each in found if each.first <= today]


def usual(connection: sa.Connection, today: date) -> str:
    """The latest published half-year, on which rules are tried unless another period is chosen; else the latest that is over."""
    listed = [Period.read(code) for code in periods(connection, today)]
    halves = [each for each in listed if each.kind == "half_year" and each.last < today]
    rows = {row.code for row in results.periods(connection, SYSTEM) if row.state in results.STANDING}
    known = next((each for each in halves if each.code in rows), None)
    over = next((each for each in listed if each.last < today), None)
    chosen = known or next(iter(halves), over)
    return "" if chosen is None else chosen.code


def drafts(connection: sa.Connection, result: Result) -> list[str]:
    """The months of a trial whose results are not published yet."""
    rows = {row.code for row in results.periods(connection, SYSTEM) if row.state in results.STANDING}
    return [code for code in result.months if code not in rows]


def id_of(period: Period, rules: RuleSet) -> UUID:
    """The same for the same rules on the same period."""
    return UUID(bytes=sha256(period.code.encode() + b"\n" + canonical(rules)).digest()[:16], version=4)


def asked(store: Store, trial: UUID) -> Asked | None:
    """What was asked for; None where nothing is kept of it."""
    packed = store.get_named(f"{ASKED}/{trial}")
    if packed is None:
        return None
    found = json.loads(zlib.decompress(packed))
    written = found["written"]
    return Asked(Period.read(found["period"]), found["base"], found["at"], rule_pages.read(written), written)


def kept(store: Store, trial: UUID) -> Result | None:
    """What came of a trial, also of an earlier time that it was asked for; None while there is nothing."""
    packed = store.get_named(f"{RESULT}/{trial}")
    return None if packed is None else _read(packed)


@lru_cache(maxsize=4)
def _read(packed: bytes) -> Result:
    return unpacked(json.loads(zlib.decompress(packed)))


def changes(order: Asked, before: RuleSet) -> list[RuleChange]:
    """What the tried rules change against others, of all that bears on figures."""
    return [each for each in compare_rules(before, order.rules) if each.pointer.split("/")[1] in PARTS]


def beside(order: Asked, before: RuleSet) -> list[tuple[str, str, int]]:
    """What they change besides, which moves no figure of a trial: each part in both languages, with how many values."""
    found: Counter[tuple[str, str]] = Counter(
        (each.zh.split(" · ")[0], each.en.split(" · ")[0])
        for each in compare_rules(before, order.rules)
        if each.pointer.split("/")[1] not in PARTS
    )
    return [(zh, en, many) for (zh, en), many in found.items()]


def lines(result: Result, filters: Filters, size: int = PAGE) -> Lines:
    """The outlets that are asked for."""
    rows = [row for row in result.rows if _wanted(row, filters)]
    rows.sort(key=lambda row: (row.name, row.code))
    if filters.sort.lstrip("-") in ("composite", "star", "commission"):
        rows.sort(key=lambda row: move(row, filters.sort.lstrip("-")), reverse=filters.sort.startswith("-"))
    pages = max(1, -(-len(rows) // size))
    page = min(max(1, filters.page), pages)
    return Lines(tuple(rows[(page - 1) * size : page * size]), len(rows), page, pages)


def move(row: Tried, of: str) -> int:
    """By how much an outlet moves: in hundredths of the mean composite, in stars, in fen."""
    one, two = row.before, row.after
    if of == "composite":
        return int((two.mean or 0) - (one.mean or 0))
    if of == "star":
        return (two.star or 0) - (one.star or 0)
    return (two.commission or 0) + two.refunded - (one.commission or 0) - one.refunded


def counts(result: Result) -> dict[str, int]:
    """How many outlets differ at all, in what, and how many are near a line."""
    found: dict[str, int] = dict.fromkeys(SHOWS, 0)
    for row in result.rows:
        changed = row.changed
        found["changed"] += bool(changed)
        found["near"] += bool(row.near)
        for aspect in changed:
            found[aspect] += 1
    return found


def quarters_changed(result: Result) -> int:
    """How many branches' quarters differ."""
    return sum(one != two for quarter in result.quarters.values() for one, two in quarter.values())


def near_windows(result: Result, rules: RuleSet) -> list[NearLine]:
    """The levels of window scores that branches are near, each branch by its latest quarter that is near."""
    found = []
    for at in window_lines(rules):
        latest: dict[str, int] = {}
        for _, branches in sorted(result.quarters.items()):
            for path, (_, after) in branches.items():
                if after.window is not None and abs(after.window - at) <= POINT:
                    latest[path] = after.window
        if latest:
            reached = sum(value >= at for value in latest.values())
            found.append(NearLine(f"window-{at // 100}", at, reached, len(latest) - reached))
    return found


def near_lines(result: Result) -> list[NearLine]:
    """The thresholds that outlets are near, in their order; an outlet that is near twice counts by its nearest figure."""
    found: dict[str, list[int]] = {}
    at: dict[str, int] = {}
    for row in result.rows:
        nearest = {}
        for each in sorted(row.near, key=lambda one: -abs(one.value - one.at)):
            nearest[each.code] = each
        for code, each in nearest.items():
            at[code] = each.at
            found.setdefault(code, [0, 0])[not each.reached] += 1
    codes = sorted(found, key=lambda code: (trial_words.ORDER.index(trial_words.sort_of(code)), -at[code]))
    return [NearLine(code, at[code], *found[code]) for code in codes]


def _wanted(row: Tried, filters: Filters) -> bool:
    if filters.show == "near":
        if not any(filters.line in ("", each.code) for each in row.near):
            return False
    elif filters.show == "changed":
        if not row.changed:
            return False
    elif filters.show not in row.changed:
        return False
    sought = filters.search.lower()
    return (
        row.unit_path.startswith(filters.branch)
        and filters.tier in ("", row.tier)
        and (sought in row.name.lower() or sought in row.code.lower())
    )
