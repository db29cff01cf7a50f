"""What a period's figures were computed from besides visits, and what of it has changed since: imports, vetoes, outlets,
corrective actions, other periods."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from hashlib import sha256

import sqlalchemy as sa
from sqlmodel import col

from server.domain.access import SYSTEM
from server.domain.closing import built_from
from server.domain.figure_parts import StarParts
from server.domain.input_sorts import Sort
from server.domain.periods import Period
from server.domain.rules import RuleSet
from server.domain.stored_ratings import figure
from server.domain.visit import SHANGHAI
from server.queries import fix_counts, outlets_then, outlets_touched, results, stored_figures
from server.queries.reckoning import AGENTS, Place
from server.queries.rules import rule_set
from server.queries.star_reckoning import Composites
from server.storage.inputs import InputImport, VetoEvent
from server.storage.periods import PeriodRow, PeriodState

_RECKONED = "~"
"""Begins the word of a month that was not published, and so was reckoned."""
_SAME, _OTHER = "@", "!"
"""Follow such a word with the digest of the month once it is published: whether its composites are those that were reckoned."""
_SHORT = 16
_OVERLAP = timedelta(minutes=10)
"""What began so long before the figures were computed may have ended after; what is compared then costs time alone."""
_FIXES = "fixes"
"""Under this name a period keeps the word of its corrective actions."""


def latest_import(connection: sa.Connection) -> int:
    """The number of the latest import; 0 where there is none."""
    return connection.execute(sa.select(sa.func.max(col(InputImport.number)))).scalar() or 0


def parts(
    connection: sa.Connection, period: Period, rules: RuleSet, composites: Composites
) -> dict[str, str]:
    """What a period takes of others, by their codes, as one word each (handbook 2.7, 2.8).

    Of a month that is published its digest, of another one a hash of its composites as they were reckoned for this period
    from what is there; of a rating before it its digest and the instant of its publication. `composites` are by outlet
    and month.
    """
    found = {}
    for month in built_from(period, rules.stars.period):
        digest = _standing(connection, month.code)
        found[month.code] = digest or _word({name: of.get(month.code) for name, of in composites.items()})
    fixes = fix_counts.word([fix_counts.kept(connection, month) for month in counted(period, rules)])
    return found | _ratings(connection, period, rules) | {_FIXES: fixes}


def counted(period: Period, rules: RuleSet) -> list[Period]:
    """The months whose corrective actions a period counts."""
    return [period] if period.kind == "month" else list(built_from(period, rules.stars.period))


def parts_followed(connection: sa.Connection, row: PeriodRow, day: date) -> str:
    """What a period keeps of others once it has followed the correction of a visit of this day."""
    period, rules = Period.read(row.code), rule_set(connection, row.rules_version)
    kept = _read(row.parts)
    reckoned = {
        code for code, word in kept.items() if word.startswith(_RECKONED) and Period.read(code).after > day
    }
    anew = _taken(connection, row, reckoned) if reckoned else {}
    found = {
        code: _standing(connection, code) or (_word(anew[code]) if code in anew else word)
        for code, word in kept.items()
    }
    return written(found | _ratings(connection, period, rules))


def _taken(
    connection: sa.Connection, row: PeriodRow, months: Collection[str]
) -> dict[str, dict[str, Fraction | None]]:
    """The composites of these months as the stars of a period have them, by outlet; nothing of a period that has none."""
    agents = [
        str(each.outlet_id)
        for each in results.outlets_then(connection, row.code, row.round)
        if each.tier in AGENTS
    ]
    found: dict[str, dict[str, Fraction | None]] = {}
    for name, kept in stored_figures.parts(connection, row.code, row.round, "star", agents):
        for code, value in StarParts(*kept).spells.items():
            if code in months:
                found.setdefault(code, {})[name] = figure(value)
    return found


def parts_hold(connection: sa.Connection, row: PeriodRow) -> bool:
    """Whether the other periods are still as this one took them."""
    period, rules = Period.read(row.code), rule_set(connection, row.rules_version)
    kept, now = _read(row.parts), _ratings(connection, period, rules)
    kept.pop(_FIXES, None)
    for month in built_from(period, rules.stars.period):
        word, digest = kept.pop(month.code, ""), _standing(connection, month.code)
        if word.startswith(_RECKONED):
            if digest and _compared(connection, row, month.code, word, digest).endswith(_OTHER + digest):
                return False
        elif word != digest:
            return False
    return kept == now


def parts_compared(connection: sa.Connection, row: PeriodRow) -> str:
    """What a period keeps of others, its reckoned months compared with those that are published by now, so that nobody who
    asks whether they hold has to read all composites of a province."""
    kept = _read(row.parts)
    for code, word in kept.items():
        digest = _standing(connection, code) if word.startswith(_RECKONED) else ""
        if digest:
            kept[code] = _compared(connection, row, code, word, digest)
    return written(kept)


def _compared(connection: sa.Connection, row: PeriodRow, code: str, word: str, digest: str) -> str:
    """The word of a reckoned month, with the digest of the published one and whether it is the same."""
    if word.endswith((_SAME + digest, _OTHER + digest)):
        return word
    reckoned = word[: len(_RECKONED) + _SHORT]
    same = reckoned == _word(_stored(connection, row, code))
    return f"{reckoned}{_SAME if same else _OTHER}{digest}"


def written(parts: Mapping[str, str]) -> str:
    """The parts as a period keeps them."""
    return " ".join(f"{code}={word}" for code, word in sorted(parts.items()))


def _read(kept: str) -> dict[str, str]:
    return dict(each.split("=", 1) for each in kept.split())


def _word(composites: Mapping[str, Fraction | None]) -> str:
    told = "".join(f"{name} {value}\n" for name, value in sorted(composites.items()) if value is not None)
    return _RECKONED + sha256(told.encode()).hexdigest()[:_SHORT]


def _standing(connection: sa.Connection, code: str) -> str:
    """The digest of a published period; nothing of another one."""
    row = results.period(connection, SYSTEM, code)
    return row.digest[:_SHORT] if row is not None and row.state in results.STANDING else ""


def _stored(connection: sa.Connection, row: PeriodRow, month: str) -> dict[str, Fraction | None]:
    """The composites of a published month, of the outlets of a longer period."""
    there = {str(each.outlet_id) for each in results.outlets_then(connection, row.code, row.round)}
    stored = results.by_subject(connection, SYSTEM, month, "composite")
    return {name: each.exact for name, each in stored.items() if name in there}


def _ratings(connection: sa.Connection, period: Period, rules: RuleSet) -> dict[str, str]:
    if period.kind != rules.stars.period:
        return {}
    return {
        row.code: f"{row.digest[:_SHORT]}@{row.published_at.timestamp() if row.published_at else 0:.0f}"
        for row in results.periods(connection, SYSTEM)
        if row.kind == period.kind and row.code < period.code and row.state in results.STANDING
    }


def outdated(connection: sa.Connection, row: PeriodRow, today: date | None = None) -> tuple[str, ...]:
    """The months of which something was brought in after a period's figures were computed, and the period's own code where
    others that it takes have changed; empty where the figures are as new as all of that, or closed. A draft that was computed
    before its period's end is so from then on, where it is said which day it is.

    A veto that is proven once the period is published counts from its day on and leaves the period as it is.
    """
    if not row.digest or row.state is PeriodState.CLOSED:
        return ()
    period, rules = Period.read(row.code), rule_set(connection, row.rules_version)
    found = _imported(connection, row, _asked(period, rules))
    if row.state is not PeriodState.PUBLISHED and row.kind == rules.stars.period:
        found |= _vetoed(connection, row, period)
    if _outlets_differ(connection, row, period) or _fixes_differ(connection, row, period, rules):
        found.add(row.code)
    # One that stands open is over.
    over = row.state is PeriodState.OPEN or (
        row.state is PeriodState.DRAFT and today and today >= period.after
    )
    if over and _drafted(row) < period.after:
        found.add(row.code)
    # One that was published before this was kept is not held up by it.
    if (row.parts or row.state is not PeriodState.PUBLISHED) and not parts_hold(connection, row):
        found.add(row.code)
    return tuple(sorted(found))


def _drafted(row: PeriodRow) -> date:
    at: datetime = row.drafted_at
    return at.astimezone(SHANGHAI).date()


def _outlets_differ(connection: sa.Connection, row: PeriodRow, period: Period) -> bool:
    """Whether the period would have other outlets, or others of them, than it has. Of a published one the units may be others."""
    touched = outlets_touched.touched(connection, row.code, row.round, row.drafted_at - _OVERLAP)
    if not touched:
        return False
    published = row.state is PeriodState.PUBLISHED

    def seen(places: Iterable[Place]) -> set[Place]:
        # Stars of before are the period's own, which it looks up by itself.
        return {replace(each, star=None, unit_path="" if published else each.unit_path) for each in places}

    now = seen(outlets_then.of_period(connection, period, touched))
    then = results.outlets_then(connection, row.code, row.round, touched)
    return now != seen(Place(*each) for each in then)


def _fixes_differ(connection: sa.Connection, row: PeriodRow, period: Period, rules: RuleSet) -> bool:
    """Whether corrective actions of its months count otherwise than they did: those of a published month stand still.

    While a period runs they fall due from day to day; it is computed anew after its end.
    """
    word = _read(row.parts).get(_FIXES)
    months = counted(period, rules)
    if word is None or not months or _drafted(row) < period.after:
        return False
    standing = {month: _standing_since(connection, month) for month in months}
    published = any(at and at > row.drafted_at for at in standing.values())
    end = datetime.combine(period.after, time(), SHANGHAI)
    if not published and not fix_counts.changed_since(connection, end, row.drafted_at - _OVERLAP):
        return False
    return word != fix_counts.word(
        [
            fix_counts.kept(connection, month) if at else fix_counts.due(connection, month, end)
            for month, at in standing.items()
        ]
    )


def _standing_since(connection: sa.Connection, month: Period) -> datetime | None:
    """When a month was published; None where it is not."""
    row = results.period(connection, SYSTEM, month.code)
    return row.published_at if row is not None and row.state in results.STANDING else None


def _asked(period: Period, rules: RuleSet) -> set[str]:
    """The months whose inputs a period asks for: a month those that may stand in as well (handbook 2.7)."""
    if period.kind == "month":
        missing = rules.composite.missing
        return {
            period.back(turn).code for turn in range(max(missing.months_before + 1, missing.replies_months))
        }
    if period.kind in ("half_year", rules.stars.period, rules.classes.period):
        return {month.code for month in period.split("month")}
    return set()


def _imported(connection: sa.Connection, row: PeriodRow, asked: set[str]) -> set[str]:
    months = connection.execute(
        sa.select(col(InputImport.months)).where(
            col(InputImport.number) > row.imports, col(InputImport.sort) != Sort.VETOES.value
        )
    ).scalars()
    return {month for each in months for month in each.split() if month in asked}


def _vetoed(connection: sa.Connection, row: PeriodRow, period: Period) -> set[str]:
    days = connection.execute(
        sa.select(col(VetoEvent.day)).where(
            col(VetoEvent.day) < period.after,
            sa.or_(col(VetoEvent.at) > row.drafted_at, col(VetoEvent.withdrawn_at) > row.drafted_at),
        )
    ).scalars()
    return {day.isoformat()[:7] for day in days}
