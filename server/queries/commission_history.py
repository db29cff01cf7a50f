"""The months of commission that are closed, as they count, and what some of them came to since by an appeal or a veto."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel, col

from server.domain.access import SYSTEM
from server.domain.commission import Commission, Terms, base_of, commission, grounds
from server.domain.decisions import UNCLASSED
from server.domain.explain import Explanation, Later, named, note
from server.domain.periods import Period
from server.domain.rules import RuleSet
from server.domain.settlements import Settled, Settlement, Staff, settlement
from server.queries import inputs, results
from server.queries.inputs import Named
from server.queries.late_corrections import corrections_after_close
from server.queries.reckoning import AGENTS, Place
from server.queries.results import STANDING
from server.queries.rules import rule_set
from server.storage.commission import (
    CommissionMonth,
    CommissionRefund,
    CommissionRun,
    CommissionSettlement,
    CommissionShare,
    CommissionState,
)
from server.storage.periods import PeriodRow

MONTHS_BACK = 24
"""A closed month is corrected and can be earned back within so many months."""
_FIRST_CLASS = 1


@dataclass(frozen=True, slots=True)
class Months:
    """What the months before one hold: by outlet the closed ones as they count, and what the last one carries on.

    `again` has the outlets of each month of which a difference was settled already.
    """

    settled: Mapping[UUID, tuple[Settled, ...]]
    carried: Mapping[UUID, int]
    again: Mapping[str, Collection[UUID]]


@dataclass(frozen=True, slots=True)
class Correction:
    """The difference of a closed month, and the staff that is named for it."""

    settlement: Settlement
    staff: tuple[Named, ...]


Corrections = Mapping[UUID, Mapping[str, Correction]]
"""By outlet, then by the month that is corrected."""


def of_outlet(connection: sa.Connection, outlet: UUID, before: Period) -> tuple[Settled, ...]:
    """The months of one outlet before this one, as they count."""
    return months_before(connection, before, outlet).settled.get(outlet, ())


def months_before(connection: sa.Connection, month: Period, of: UUID | None = None) -> Months:
    """The months of two years that are stored before this one, with what was settled and paid back of them so far.

    Of all outlets, or of one. Who came into a closed month by a later round of its figures has it too, with nothing so far.
    """
    since = month.back(MONTHS_BACK).code
    # By the month that they were paid with: a month that was settled in these years may itself lie before them.
    refunds = {
        (row["outlet_id"], row["withheld_month"]): row["fen"]
        for row in _rows(connection, CommissionRefund, "paid_with", since, month.code, of)
    }
    staff = _staff_of(connection, since, month.code) if of is None else {}
    settled: dict[UUID, dict[str, Settled]] = defaultdict(dict)
    carried: dict[UUID, int] = {}
    again: dict[str, set[UUID]] = defaultdict(set)
    for row in _rows(connection, CommissionMonth, "month", since, month.code, of):
        key = row["outlet_id"], row["month"]
        settled[key[0]][key[1]] = _settled(row, key[1], staff.get(key, 0), refunds.get(key))
        carried[key[0]] = row["carried_on_fen"]
    for row in _rows(connection, CommissionSettlement, "month", since, month.code, of):
        key = row["outlet_id"], row["of_month"]
        again[key[1]].add(key[0])
        refund = refunds.get(key) if row["refund_fen"] is None else row["refund_fen"]
        settled[key[0]][key[1]] = _settled(row, key[1], row["staff_fen"], refund)
    for code, run_round in _closed_runs(connection, month):
        period = _standing(connection, code)
        if period is None or period.round == run_round:
            continue
        for outlet in agents(connection, period, of):
            settled[outlet].setdefault(code, Settled.nothing(_period(code)))
    return Months({outlet: tuple(each.values()) for outlet, each in settled.items()}, carried, again)


def corrections(connection: sa.Connection, month: Period, before: Months) -> Corrections:
    """What closed months came to since: by a new round of their period, a corrected visit, or a veto."""
    found: dict[UUID, dict[str, Correction]] = defaultdict(dict)
    by_month: dict[str, dict[UUID, Settled]] = defaultdict(dict)
    for outlet, several in before.settled.items():
        for each in several:
            by_month[each.month.code][outlet] = each
    for code, run in _closed_runs(connection, month):
        period = _standing(connection, code)
        if period is None:
            continue
        for outlet, correction in _of_month(
            connection, period, month, run, by_month.get(code, {}), before.again.get(code, ())
        ):
            found[outlet][code] = correction
    return found


def agents(connection: sa.Connection, period: PeriodRow, of: UUID | None = None) -> dict[UUID, Place]:
    """The agent outlets as the current round of a period has them, all or one of them, but those whose cooperation began after
    it (handbook 2.10: the commission is that of whole months of cooperation, the one in which it began among them)."""
    last = Period.read(period.code).last
    return {
        each.outlet_id: Place(
            each.outlet_id, each.unit_path, each.tier, each.class_, each.setting, each.since, each.star
        )
        for each in results.outlets_then(connection, period.code, period.round, [of] if of else ())
        if each.tier in AGENTS and (each.since is None or each.since <= last)
    }


def composites(
    connection: sa.Connection, period: PeriodRow, outlets: Collection[UUID] = ()
) -> dict[UUID, Fraction | None]:
    """The published composites of a month by outlet, of all or of these; None: not rated."""
    subjects = [str(outlet) for outlet in outlets]
    found = results.results(connection, SYSTEM, period.code, ["composite"], subjects, states=STANDING)
    return {UUID(each.subject): each.exact for each in found}


def first_class(connection: sa.Connection, month: Period, rules: RuleSet) -> set[UUID]:
    """The outlets with a class-1 veto in a month, as it is known now."""
    return {
        outlet
        for outlet, each in inputs.vetoes(connection, SYSTEM, month.first, month.after).items()
        if any(rules.vetoes[one.code].veto_class == _FIRST_CLASS for one in each if one.code in rules.vetoes)  # type: ignore[index]
    }


def base_fen(place: Place, rules: RuleSet) -> int:
    """The base of an outlet by its tier, class and setting; without a class yet it is of the one that too few months give."""
    return base_of(place.tier, place.class_ or UNCLASSED, place.setting, rules.commission)


def commission_of(
    place: Place,
    month: Period,
    base: int,
    composite: Fraction | None,
    staff: tuple[Named, ...],
    rules: RuleSet,
    *,
    veto: bool,
    left: bool = False,
) -> Commission:
    """The commission of a month, with what it rests on; who began on an unknown day has no full year.

    `left`: the outlet was not there any more, so that the month has no commission of its own.
    """
    terms = Terms(
        base, place.since or month.last, month.last, composite, veto, [each.weight for each in staff]
    )
    found = commission(terms, rules.commission, rules.version)

    def said() -> Explanation:
        known = found.explanation
        where = named({"tier": place.tier, "class": place.class_ or UNCLASSED, "setting": place.setting})
        # What is not known is said last.
        notes = known.notes if place.since else (*known.notes, note("since-unknown"))
        if left:
            notes = (note("left"),)
        parts = (*grounds(month.code, composite, [each.imported for each in staff]), *known.parts)
        return replace(known, inputs=(*where, *known.inputs), notes=notes, parts=parts)

    return replace(found, why=Later(said))


def _of_month(
    connection: sa.Connection,
    period: PeriodRow,
    settled_with: Period,
    run_round: int,
    settled: Mapping[UUID, Settled],
    again: Collection[UUID],
) -> Iterator[tuple[UUID, Correction]]:
    month = Period.read(period.code)
    rules = rule_set(connection, period.rules_version)
    vetoed = first_class(connection, month, rules)
    corrected = corrections_after_close(connection, month.code)
    late = {each.outlet: each.after for each in corrected}
    visits = {each.outlet: [str(visit) for visit in each.visits] for each in corrected}
    anew = period.round != run_round
    wanted = {
        outlet
        for outlet, each in settled.items()
        if anew or outlet in late or outlet in again or each.veto != (outlet in vetoed)
    }
    if not wanted:
        return
    standing = composites(connection, period, wanted) | late
    places = agents(connection, period)
    staff = inputs.staff(connection, SYSTEM, period.code)
    got = _got(connection, period.code, settled_with.code)
    for outlet in sorted(wanted):
        place = places.get(outlet)
        if place is None:
            continue
        before = settled[outlet]
        composite = standing.get(outlet)
        named_ = staff.get(outlet, ())
        veto = outlet in vetoed
        paid = commission_of(place, month, base_fen(place, rules), composite, named_, rules, veto=veto)
        then = got.get(outlet, {})
        mine = Staff(
            {each.number: each.weight for each in named_},
            {number: weight for number, (weight, _) in then.items()},
            {number: fen for number, (_, fen) in then.items()},
        )
        found = settlement(
            before,
            composite,
            paid,
            mine,
            rules.version,
            veto=veto,
            visits=visits.get(outlet, ()),
            base_fen=base_fen(place, rules),
        )
        if found is not None:
            yield outlet, Correction(found, named_)


def _standing(connection: sa.Connection, code: str) -> PeriodRow | None:
    """The period of a closed month; None while its figures are open again: it is settled when they stand."""
    period = results.period(connection, SYSTEM, code)
    return period if period is not None and period.state in STANDING else None


def _closed_runs(connection: sa.Connection, month: Period) -> list[tuple[str, int]]:
    rows = _rows(connection, CommissionRun, "month", month.back(MONTHS_BACK).code, month.code)
    return [(row["month"], row["round"]) for row in rows if row["state"] == CommissionState.CLOSED]


def _staff_of(connection: sa.Connection, since: str, before: str) -> dict[tuple[UUID, str], int]:
    """What the staff of each month got with that month itself."""
    outlet, month, fen = (
        col(CommissionShare.outlet_id),
        col(CommissionShare.month),
        col(CommissionShare.fen),
    )
    rows = connection.execute(
        sa.select(outlet, month, sa.func.sum(fen))
        .where(month == col(CommissionShare.of_month), month >= since, month < before)
        .group_by(outlet, month)
    )
    return {(row[0], row[1]): int(row[2]) for row in rows}


def _got(connection: sa.Connection, month: str, before: str) -> dict[UUID, dict[str, tuple[int, int]]]:
    """Who got shares of a month with earlier ones, by outlet and number: the latest weight, and the sum in fen."""
    rows = connection.execute(
        sa.select(
            col(CommissionShare.outlet_id),
            col(CommissionShare.number),
            col(CommissionShare.weight),
            col(CommissionShare.fen),
        )
        .where(col(CommissionShare.of_month) == month, col(CommissionShare.month) < before)
        .order_by(col(CommissionShare.outlet_id), col(CommissionShare.number), col(CommissionShare.month))
    )
    found: dict[UUID, dict[str, tuple[int, int]]] = defaultdict(dict)
    for outlet, number, weight, fen in rows:
        found[outlet][number] = weight, found[outlet].get(number, (0, 0))[1] + fen
    return found


def _rows(
    connection: sa.Connection,
    model: type[SQLModel],
    month: str,
    since: str,
    before: str,
    outlet: UUID | None = None,
) -> Iterator[Mapping[str, Any]]:
    """The rows of a table from one month until before another, in the order of the months, without explanations."""
    table = SQLModel.metadata.tables[str(model.__tablename__)]
    statement = sa.select(*(each for each in table.c if each.name != "explanation"))
    of = table.c[month]
    statement = statement.where(of >= since, of < before).order_by(of)
    if outlet is not None:
        statement = statement.where(table.c.outlet_id == outlet)
    return iter(connection.execute(statement).mappings())


def _settled(row: Mapping[str, Any], month: str, staff_fen: int, refund_fen: int | None) -> Settled:
    return Settled(
        _period(month),
        _figure(row["composite"]),
        row["veto"],
        row["amount_fen"],
        row["withheld_fen"],
        staff_fen,
        refund_fen,
        row.get("base_fen"),
    )


@lru_cache(maxsize=64)
def _period(code: str) -> Period:
    return Period.read(code)


@lru_cache(maxsize=10_001)
def _figure(stored: int | None) -> Fraction | None:
    return None if stored is None else Fraction(stored, 100)
