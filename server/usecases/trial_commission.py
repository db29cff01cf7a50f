"""The commission of outlets under two rule sets: as it was computed, or would be, and as the tried rules make it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.domain.commission import base_of, full_years, pay_factor, sums, years_factor
from server.domain.decisions import UNCLASSED
from server.domain.periods import Period
from server.domain.refunds import Month, refunds
from server.domain.rules import RuleSet
from server.queries import commission_history as history
from server.queries.inputs import Named
from server.queries.reckoning import AGENTS, Place
from server.storage.commission import CommissionMonth, CommissionRefund, CommissionRun
from server.storage.inputs import StaffMonth
from server.usecases.trial_grounds import Stage
from server.usecases.trial_portion import Half, Portion, exact

_AT_ONCE = 500


class Paid(NamedTuple):
    """What an outlet's month comes to by itself, in fen."""

    amount: int
    withheld: int
    staff: int


class _Rates:
    """What a month comes to under a rule set; each sum of few sorts is worked out once."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules.commission
        self._bands: list[Fraction] = []
        self._factors: dict[int | None, int] = {}
        self._sums: dict[tuple[str, str, str, int, int, bool], Paid] = {}

    def paid(self, place: Place, last: date, composite: int | None, *, veto: bool, named: bool) -> Paid:
        years = full_years(place.since or last, last)
        band = -1 if veto else self._factors.get(composite, -2)
        if band == -2:
            band = self._factors[composite] = self._band(
                pay_factor(exact(composite), self._rules, veto=False)
            )
        key = place.tier, place.class_, place.setting, years, band, named
        found = self._sums.get(key)
        if found is None:
            base = base_of(place.tier, place.class_ or UNCLASSED, place.setting, self._rules)
            factor = self._rules.veto_factor if veto else self._bands[band]
            by_years = years_factor(years, self._rules)
            found = Paid(*sums(base, by_years, factor, self._rules.staff_percent, named=named))
            self._sums[key] = found
        return found

    def _band(self, factor: Fraction) -> int:
        """A factor by its number: numbers are compared sooner than fractions."""
        if factor not in self._bands:
            self._bands.append(factor)
        return self._bands.index(factor)


class _Stored(NamedTuple):
    """A month of commission as it was computed."""

    veto: bool
    amount: int
    withheld: int


@dataclass(slots=True)
class _Pay:
    """The months of one outlet on one side, in their order; None where it was no agent."""

    paid: list[Paid | None] = field(default_factory=list)
    vetoes: list[bool] = field(default_factory=list)

    def add(self, paid: Paid | None, *, veto: bool) -> None:
        self.paid.append(paid)
        self.vetoes.append(veto)

    def fields(self) -> dict[str, Any]:
        there = [each for each in self.paid if each is not None]
        return {
            "fen": tuple(None if each is None else each.amount for each in self.paid),
            "withheld": sum(each.withheld for each in there),
            "staff": sum(each.staff for each in there),
            "refunded": 0,
        }


class _Month(NamedTuple):
    """What is known of a stage's commission: what is stored of a portion, who has staff, and the rates of both sides."""

    stage: Stage
    stored: dict[UUID, _Stored]
    named: set[UUID]
    rates: tuple[_Rates, _Rates]
    last: date
    other_rules: bool


def sides(
    connection: sa.Connection, of: Portion
) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """What both sides of each agent come to, as fields of `Side`, by the outlet's id as text."""
    outlets = [place.outlet for place in of.places]
    stored = _stored(connection, _of_their_round(connection, of), outlets)
    named = _named(connection, of.grounds.codes, outlets)
    tried = _Rates(of.grounds.rules)
    rates: dict[int, _Rates] = {}
    months = [
        _Month(
            stage,
            stored.get(stage.code, {}),
            named.get(stage.code, set()),
            (rates.setdefault(id(stage.rules), _Rates(stage.rules)), tried),
            stage.period.last,
            (stage.rules.vetoes, stage.rules.commission)
            != (of.grounds.rules.vetoes, of.grounds.rules.commission),
        )
        for stage in of.grounds.months
    ]
    earlier, done = _earlier(connection, of, outlets)
    found: tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]] = ({}, {})
    for place in of.places:
        name = str(place.outlet)
        pays = _Pay(), _Pay()
        for month in months:
            _add(of, month, place.outlet, name, pays)
        if not any(each is not None for each in pays[0].paid):
            continue
        before = earlier.get(place.outlet, ())
        for half, pay, fields in zip((of.before, of.after), pays, found, strict=True):
            fields[name] = pay.fields()
            if fields[name]["withheld"] or any(each.withheld_fen for each in before):
                paid_back = done.get(place.outlet, set())
                fields[name]["refunded"] = _refunded(of, half, name, pay, before, paid_back)
    if of.about:
        _tell(connection, of, months)
    return found


def _add(of: Portion, month: _Month, outlet: UUID, name: str, pays: tuple[_Pay, _Pay]) -> None:
    """Add an outlet's month to both sides."""
    code = month.stage.code
    place = of.there[code].get(outlet)
    if place is None or place.tier not in AGENTS:
        for pay in pays:
            pay.add(None, veto=False)
        return
    one, two = of.before.composites[code].get(name), of.after.composites[code].get(name)
    vetoes, named = of.grounds.past.first_class[code], outlet in month.named
    stored = month.stored.get(outlet)
    veto = outlet in vetoes[0] if stored is None else stored.veto
    if stored is None:
        before = month.rates[0].paid(place, month.last, one, veto=veto, named=named)
    else:
        # The stored share of the staff holds differences of other months too.
        percent = month.stage.rules.commission.staff_percent
        _, _, staff = sums(stored.amount, Fraction(1), Fraction(1), percent, named=named)
        before = Paid(stored.amount, stored.withheld, staff)
    pays[0].add(before, veto=veto)
    # Events that were entered since are no difference of the rules.
    if (outlet in vetoes[0]) != (outlet in vetoes[1]):
        veto = outlet in vetoes[1]
    if one == two and not month.other_rules and not of.full:
        pays[1].add(before, veto=veto)
    else:
        pays[1].add(month.rates[1].paid(place, month.last, two, veto=veto, named=named), veto=veto)


def _refunded(of: Portion, half: Half, name: str, pay: _Pay, before: Sequence[Month], done: set[str]) -> int:
    """What comes back within the period, of its own months and of those before."""
    rules = half.rules[of.grounds.whole.code]
    months = [
        Month(stage.period, exact(half.composites[stage.code].get(name)), veto, paid.withheld, paid.amount)
        for stage, paid, veto in zip(of.grounds.months, pay.paid, pay.vetoes, strict=True)
        if paid is not None
    ]
    return sum(
        each.fen
        for each in refunds([*before, *months], rules.commission.refund, rules.version)
        if each.paid_with in of.grounds.codes and each.month not in done
    )


def _tell(connection: sa.Connection, of: Portion, months: Sequence[_Month]) -> None:
    """Explain the months of the one outlet whose explanations are wanted."""
    outlet = UUID(of.about)
    for month in months:
        code, place = month.stage.code, of.there[month.stage.code].get(outlet)
        if place is None or place.tier not in AGENTS:
            continue
        staff = _staff(connection, code, outlet)
        vetoes = of.grounds.past.first_class[code]
        stored = month.stored.get(outlet)
        veto = outlet in vetoes[0] if stored is None else stored.veto
        for half, now in ((of.before, veto), (of.after, veto)):
            if half is of.after and (outlet in vetoes[0]) != (outlet in vetoes[1]):
                now = outlet in vetoes[1]
            rules = half.rules[code]
            composite = exact(half.composites[code].get(of.about))
            base = history.base_fen(place, rules)
            found = history.commission_of(place, month.stage.period, base, composite, staff, rules, veto=now)
            half.told[code, "commission"] = found.explanation.as_json()


def _of_their_round(connection: sa.Connection, of: Portion) -> list[str]:
    """The months whose commission was computed from the round that the trial takes.

    That of an earlier round is settled with a later month (handbook 2.7): beside figures of another round its difference
    would pass for one of the rules.
    """
    rounds = {stage.code: stage.number for stage in of.grounds.months}
    rows = connection.execute(
        sa.select(col(CommissionRun.month), col(CommissionRun.round)).where(
            col(CommissionRun.month).in_(rounds)
        )
    )
    return [month for month, number in rows if rounds[month] == number]


def _stored(
    connection: sa.Connection, months: Sequence[str], outlets: Sequence[UUID]
) -> dict[str, dict[UUID, _Stored]]:
    """The commission as it was computed, by month."""
    found: dict[str, dict[UUID, _Stored]] = {month: {} for month in months}
    for some in _some(outlets) if months else ():
        rows = connection.execute(
            sa.select(
                col(CommissionMonth.month),
                col(CommissionMonth.outlet_id),
                col(CommissionMonth.veto),
                col(CommissionMonth.amount_fen),
                col(CommissionMonth.withheld_fen),
            ).where(col(CommissionMonth.month).in_(months), col(CommissionMonth.outlet_id).in_(some))
        )
        for month, outlet, veto, amount, withheld in rows:
            found[month][outlet] = _Stored(veto, amount, withheld)
    return found


def _named(connection: sa.Connection, months: Sequence[str], outlets: Sequence[UUID]) -> dict[str, set[UUID]]:
    """The outlets for which staff is named, by month."""
    found: dict[str, set[UUID]] = {month: set() for month in months}
    for some in _some(outlets):
        rows = connection.execute(
            sa.select(col(StaffMonth.month), col(StaffMonth.outlet_id))
            .where(col(StaffMonth.month).in_(months), col(StaffMonth.outlet_id).in_(some))
            .distinct()
        )
        for month, outlet in rows:
            found[month].add(outlet)
    return found


def _staff(connection: sa.Connection, month: str, outlet: UUID) -> tuple[Named, ...]:
    rows = connection.execute(
        sa.select(col(StaffMonth.number), col(StaffMonth.certified), col(StaffMonth.weight))
        .where(col(StaffMonth.month) == month, col(StaffMonth.outlet_id) == outlet)
        .order_by(col(StaffMonth.number))
    )
    return tuple(Named(number, "", certified, weight) for number, certified, weight in rows)


def _earlier(
    connection: sa.Connection, of: Portion, outlets: Sequence[UUID]
) -> tuple[dict[UUID, list[Month]], dict[UUID, set[str]]]:
    """The computed months from which something may come back within the period, and those that were paid back before."""
    first = of.grounds.months[0].period
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
            months[outlet].append(Month(Period.read(code), exact(composite), veto, withheld))
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
