"""Reckoning of the commission: what a month comes to from published composites, outlets as they were, and the months before.

Nothing is stored here, so that closing can hold what was computed against what would be computed now.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256

import sqlalchemy as sa
from sqlmodel import col

from server.domain.access import SYSTEM
from server.domain.commission import Commission, shared
from server.domain.periods import Period
from server.domain.refunds import Month
from server.domain.settlements import CommissionNotPublished, Outcome, outcome
from server.queries import commission_history as history
from server.queries import inputs, results
from server.queries.inputs import Named
from server.queries.reckoning import Place
from server.queries.results import STANDING
from server.queries.rules import rule_set
from server.storage.organisation import Outlet


@dataclass(frozen=True, slots=True)
class Share:
    """What one of the staff named for a month gets, in fen."""

    of_month: str
    number: str
    name: str
    weight: int
    fen: int


@dataclass(frozen=True, slots=True)
class Line:
    """An outlet's month: the outlet as it was, its commission, and what it comes to."""

    place: Place
    base_fen: int
    composite: Fraction | None
    veto: bool
    paid: Commission
    outcome: Outcome
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A month of all agents, in the order of their ids, under the rule set and the round of its period."""

    month: Period
    round: int
    rules_version: int
    lines: tuple[Line, ...]

    @property
    def digest(self) -> str:
        """SHA-256 over the explanations and shares of all lines."""
        whole = sha256(f"{self.month.code} {self.round} {self.rules_version}\n".encode())
        for line in self.lines:
            told = [
                str(line.place.outlet),
                line.outcome.explanation.as_json(),
                [[each.of_month, each.number, each.name, each.weight, each.fen] for each in line.shares],
            ]
            whole.update(json.dumps(told, ensure_ascii=False).encode() + b"\n")
        return whole.hexdigest()


def reckoned(connection: sa.Connection, month: Period) -> Reckoned:
    """What a month comes to now. Raises CommissionNotPublished.

    Months before it count as they are stored; what closed ones came to since is settled with this one.
    """
    period = results.period(connection, SYSTEM, month.code)
    if period is None or period.state not in STANDING:
        raise CommissionNotPublished(month=month.code)
    rules = rule_set(connection, period.rules_version)
    composites = history.composites(connection, period)
    vetoed = history.first_class(connection, month, rules)
    staff = inputs.staff(connection, SYSTEM, month.code)
    before = history.months_before(connection, month)
    corrected = history.corrections(connection, month, before)
    places = history.agents(connection, period)
    here = set(places)
    # Who has left has no commission any more; what is settled is still paid, and what it owes stands until it is.
    owing = (outlet for outlet, fen in before.carried.items() if fen < 0)
    for outlet in {*corrected, *owing} - here:
        places[outlet] = _now(connection, outlet)
    lines = []
    for outlet in sorted(places):
        place, mine = places[outlet], corrected.get(outlet, {})
        named: tuple[Named, ...] = staff.get(outlet, ()) if outlet in here else ()
        composite, veto = composites.get(outlet), outlet in vetoed
        base = history.base_fen(place, rules) if outlet in here else 0
        paid = history.commission_of(
            place, month, base, composite, named, rules, veto=veto, left=outlet not in here
        )
        found = outcome(
            Month(month, composite, veto, paid.withheld_fen),
            paid,
            before.settled.get(outlet, ()),
            {code: each.settlement for code, each in mine.items()},
            before.carried.get(outlet, 0),
            rules.commission.refund,
            rules.version,
        )
        shares = _shares(month.code, named, shared(paid.staff_fen, [each.weight for each in named]))
        for code in sorted(mine):
            shares += _shares(code, mine[code].staff, mine[code].settlement.staff_split_fen)
        lines.append(Line(place, base, composite, veto, paid, found, shares))
    return Reckoned(month, period.round, rules.version, tuple(lines))


def _shares(month: str, staff: tuple[Named, ...], split: tuple[int, ...]) -> tuple[Share, ...]:
    return tuple(
        Share(month, each.number, each.name, each.weight, part)
        for each, part in zip(staff, split, strict=True)
        if part > 0
    )


def _now(connection: sa.Connection, outlet: object) -> Place:
    row = connection.execute(
        sa.select(
            col(Outlet.id),
            col(Outlet.unit_path),
            col(Outlet.tier),
            col(Outlet.class_),
            col(Outlet.setting),
            col(Outlet.cooperation_since),
            col(Outlet.star),
        ).where(col(Outlet.id) == outlet)
    ).one()
    return Place(row[0], row[1], str(row[2].value), row[3], str(row[4].value), row[5], row[6])
