"""The commission of outlets under two rule sets: as it was computed, or would be, and as the tried rules make it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.domain.exact import half_up
from server.domain.periods import Period
from server.domain.refunds import Month, refunds
from server.queries import commission_history as history
from server.queries.inputs import Named
from server.queries.reckoning import AGENTS, Place
from server.storage.commission import CommissionMonth, CommissionRefund
from server.storage.inputs import StaffMonth
from server.usecases.trial_grounds import Half, Portion, Stage

_AT_ONCE = 500


class Paid(NamedTuple):
    """What an outlet's month comes to by itself, in fen, and what it rests on."""

    composite: Fraction | None
    veto: bool
    amount: int
    withheld: int
    staff: int


@dataclass(slots=True)
class _Pay:
    """The months of one outlet on one side, in their order."""

    fen: list[int | None] = field(default_factory=list)
    months: list[Month] = field(default_factory=list)
    staff: int = 0

    def add(self, month: Period, paid: Paid | None) -> None:
        self.fen.append(None if paid is None else paid.amount)
        if paid is not None:
            self.months.append(Month(month, paid.composite, paid.veto, paid.withheld, paid.amount))
            self.staff += paid.staff


def sides(
    connection: sa.Connection, of: Portion
) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """What both sides of each agent come to, as fields of `Side`, by the outlet's id as text."""
    outlets = [place.outlet for place in of.places]
    pays: list[defaultdict[UUID, _Pay]] = [defaultdict(_Pay), defaultdict(_Pay)]
    for turn, stage in enumerate(of.grounds.months):
        for outlet, paid in _month(connection, of, stage, outlets).items():
            for pay, one in zip((pays[0][outlet], pays[1][outlet]), paid, strict=True):
                # In the months before, the outlet was no agent.
                pay.fen += [None] * (turn - len(pay.fen))
                pay.add(stage.round.period, one)
    earlier, done = _earlier(connection, of, outlets)
    found = []
    for half, mine in zip((of.before, of.after), pays, strict=True):
        found.append(dict(_fields(of, half, mine, earlier, done)))
    return found[0], found[1]


def _fields(
    of: Portion,
    half: Half,
    pays: Mapping[UUID, _Pay],
    earlier: Mapping[UUID, Sequence[Month]],
    done: Mapping[UUID, set[str]],
) -> Iterator[tuple[str, dict[str, Any]]]:
    codes = of.grounds.codes
    rules = half.rules[of.grounds.whole.code]
    for outlet, pay in pays.items():
        pay.fen += [None] * (len(codes) - len(pay.fen))
        months = [*earlier.get(outlet, ()), *pay.months]
        back = 0
        if any(month.withheld_fen > 0 for month in months):
            back = sum(
                each.fen
                for each in refunds(months, rules.commission.refund, rules.version)
                if each.paid_with in codes and each.month not in done.get(outlet, ())
            )
        yield (
            str(outlet),
            {
                "fen": tuple(pay.fen),
                "withheld": sum(month.withheld_fen for month in pay.months),
                "staff": pay.staff,
                "refunded": back,
            },
        )


def _month(
    connection: sa.Connection, of: Portion, stage: Stage, outlets: Sequence[UUID]
) -> dict[UUID, tuple[Paid, Paid]]:
    code = stage.code
    stored = _stored(connection, code, outlets)
    staff = _staff(connection, code, outlets)
    vetoed = of.grounds.past.first_class[code]
    other_vetoes = of.grounds.rules.vetoes != stage.rules.vetoes
    other_pay = other_vetoes or of.grounds.rules.commission != stage.rules.commission
    found = {}
    for outlet in outlets:
        place = stage.places.get(outlet)
        if place is None or place.tier not in AGENTS:
            continue
        name, named = str(outlet), staff.get(outlet, ())
        composites = [half.composites[code].get(name) for half in (of.before, of.after)]
        if outlet in stored:
            row = stored[outlet]
            veto = row.veto
            before = row._replace(composite=composites[0], staff=_shared(row.amount, named, stage))
            if name == of.about:
                _paid(of, of.before, stage, place, composites[0], named, veto=veto)
        else:
            veto = outlet in vetoed[0]
            before = _paid(of, of.before, stage, place, composites[0], named, veto=veto)
        if other_vetoes:
            veto = outlet in vetoed[1]
        if not of.about and not other_pay and composites[0] == composites[1]:
            after = before
        else:
            after = _paid(of, of.after, stage, place, composites[1], named, veto=veto)
        found[outlet] = before, after
    return found


def _paid(
    of: Portion,
    half: Half,
    stage: Stage,
    place: Place,
    composite: Fraction | None,
    staff: tuple[Named, ...],
    *,
    veto: bool,
) -> Paid:
    rules = half.rules[stage.code]
    base = history.base_fen(place, rules)
    found = history.commission_of(place, stage.round.period, base, composite, staff, rules, veto=veto)
    if str(place.outlet) == of.about:
        half.told[stage.code, "commission"] = found.explanation.as_json()
    return Paid(composite, veto, found.amount_fen, found.withheld_fen, found.staff_fen)


def _shared(amount: int, staff: tuple[Named, ...], stage: Stage) -> int:
    """The share of the staff in a stored month by itself: its row holds differences of others too."""
    return half_up(amount * stage.rules.commission.staff_percent / 100) if amount > 0 and staff else 0


def _stored(connection: sa.Connection, month: str, outlets: Sequence[UUID]) -> dict[UUID, Paid]:
    """The commission of a month as it was computed."""
    found = {}
    for some in _some(outlets):
        rows = connection.execute(
            sa.select(
                col(CommissionMonth.outlet_id),
                col(CommissionMonth.veto),
                col(CommissionMonth.amount_fen),
                col(CommissionMonth.withheld_fen),
            ).where(col(CommissionMonth.month) == month, col(CommissionMonth.outlet_id).in_(some))
        )
        for outlet, veto, amount, withheld in rows:
            found[outlet] = Paid(None, veto, amount, withheld, 0)
    return found


def _staff(connection: sa.Connection, month: str, outlets: Sequence[UUID]) -> dict[UUID, tuple[Named, ...]]:
    found: defaultdict[UUID, list[Named]] = defaultdict(list)
    for some in _some(outlets):
        rows = connection.execute(
            sa.select(
                col(StaffMonth.outlet_id),
                col(StaffMonth.number),
                col(StaffMonth.certified),
                col(StaffMonth.weight),
            )
            .where(col(StaffMonth.month) == month, col(StaffMonth.outlet_id).in_(some))
            .order_by(col(StaffMonth.outlet_id), col(StaffMonth.number))
        )
        for outlet, number, certified, weight in rows:
            found[outlet].append(Named(number, "", certified, weight))
    return {outlet: tuple(each) for outlet, each in found.items()}


def _earlier(
    connection: sa.Connection, of: Portion, outlets: Sequence[UUID]
) -> tuple[dict[UUID, list[Month]], dict[UUID, set[str]]]:
    """The computed months from which something may come back within the period, and those that were paid back before."""
    first = of.grounds.months[0].round.period
    most = max(
        rules.commission.refund.months for half in (of.before, of.after) for rules in half.rules.values()
    )
    months: defaultdict[UUID, list[Month]] = defaultdict(list)
    done: defaultdict[UUID, set[str]] = defaultdict(set)
    for some in _some(outlets):
        rows = connection.execute(
            sa.select(
                col(CommissionMonth.outlet_id),
                col(CommissionMonth.month),
                col(CommissionMonth.composite),
                col(CommissionMonth.veto),
                col(CommissionMonth.withheld_fen),
            ).where(
                col(CommissionMonth.month) >= first.back(most).code,
                col(CommissionMonth.month) < first.code,
                col(CommissionMonth.outlet_id).in_(some),
            )
        )
        for outlet, code, composite, veto, withheld in rows:
            value = None if composite is None else Fraction(composite, 100)
            months[outlet].append(Month(Period.read(code), value, veto, withheld))
        back = connection.execute(
            sa.select(col(CommissionRefund.outlet_id), col(CommissionRefund.withheld_month)).where(
                col(CommissionRefund.paid_with) < first.code, col(CommissionRefund.outlet_id).in_(some)
            )
        )
        for outlet, code in back:
            done[outlet].add(code)
    return months, done


def _some(outlets: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for begin in range(0, len(outlets), _AT_ONCE):
        yield outlets[begin : begin + _AT_ONCE]
