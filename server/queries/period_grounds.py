"""What a period's figures were computed from besides visits, and what of it has changed since: imports, vetoes, other periods."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from hashlib import sha256

import sqlalchemy as sa
from sqlmodel import col

from server.domain.access import SYSTEM
from server.domain.closing import built_from
from server.domain.input_sorts import Sort
from server.domain.periods import Period
from server.domain.rules import RuleSet
from server.queries import results
from server.queries.rules import rule_set
from server.queries.star_reckoning import Composites
from server.storage.inputs import InputImport, VetoEvent
from server.storage.periods import PeriodRow, PeriodState

_RECKONED = "~"
"""Begins the word of a month that was not published, and so was reckoned."""
_SAME, _OTHER = "@", "!"
"""Follow such a word with the digest of the month once it is published: whether its composites are those that were reckoned."""
_SHORT = 16


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
    return found | _ratings(connection, period, rules)


def parts_followed(connection: sa.Connection, row: PeriodRow) -> str:
    """What a period keeps of others once it has followed a correction of them."""
    period, rules = Period.read(row.code), rule_set(connection, row.rules_version)
    kept = _read(row.parts)
    found = {code: _standing(connection, code) or word for code, word in kept.items()}
    return written(found | _ratings(connection, period, rules))


def parts_hold(connection: sa.Connection, row: PeriodRow) -> bool:
    """Whether the other periods are still as this one took them."""
    period, rules = Period.read(row.code), rule_set(connection, row.rules_version)
    kept, now = _read(row.parts), _ratings(connection, period, rules)
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


def outdated(connection: sa.Connection, row: PeriodRow) -> tuple[str, ...]:
    """The months of which something was brought in after a period's figures were computed, and the period's own code where
    others that it takes have changed; empty where the figures are as new as all of that, or closed.

    A veto that is proven once the period is published counts from its day on and leaves the period as it is.
    """
    if not row.digest or row.state is PeriodState.CLOSED:
        return ()
    period, rules = Period.read(row.code), rule_set(connection, row.rules_version)
    found = _imported(connection, row, _asked(period, rules))
    if row.state is not PeriodState.PUBLISHED and row.kind == rules.stars.period:
        found |= _vetoed(connection, row, period)
    # One that was published before this was kept is not held up by it.
    if (row.parts or row.state is not PeriodState.PUBLISHED) and not parts_hold(connection, row):
        found.add(row.code)
    return tuple(sorted(found))


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
