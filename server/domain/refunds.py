"""What comes back of withheld commission, what still can, and what months carry over (handbook 2.10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from server.domain.explain import Explanation, named
from server.domain.periods import Period
from server.domain.rules_pay import Refund as Rules


@dataclass(frozen=True, slots=True)
class Month:
    """A month of an outlet: its composite (None: not rated), a class-1 veto in it, what was withheld and paid, in fen."""

    month: Period
    composite: Fraction | None
    veto: bool
    withheld_fen: int
    amount_fen: int = 0


@dataclass(frozen=True, slots=True)
class Refund:
    """A withheld month that is paid back with a later one."""

    month: str
    paid_with: str
    fen: int
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class Open:
    """A withheld month that can still be earned back: the good months so far, how many more it takes, and how much."""

    month: str
    fen: int
    run: int
    more: int


@dataclass(frozen=True, slots=True)
class Balance:
    """What a month comes to: its commission, refunds paid with it, what is carried in, what is paid, what is carried on."""

    month: str
    amount_fen: int
    refunded_fen: int
    carried_in_fen: int
    paid_fen: int
    carried_on_fen: int


def refunds(months: Sequence[Month], rules: Rules, version: int) -> tuple[Refund, ...]:
    """Return what is paid back, in the order of the withheld months, each at most once.

    A month with something withheld and no veto, whose very next months (`rules.months`) all reach the composite; a
    missing or unrated one breaks the run.
    """
    by_code = {each.month.code: each for each in months}
    found = []
    for code in sorted(by_code):
        withheld = by_code[code]
        run = _run(withheld, by_code, rules)
        if not _owed(withheld) or len(run) < rules.months:
            continue
        why = Explanation(
            "refund",
            withheld.withheld_fen,
            named({"month": code, "paid_with": run[-1].month.code}),
            named({"composite_from": rules.composite_from, "months": rules.months}),
            parts=tuple(
                Explanation("composite", one.composite, subject=f"period:{one.month.code}") for one in run
            ),
            rules=version,
        )
        found.append(Refund(code, run[-1].month.code, withheld.withheld_fen, why))
    return tuple(found)


def runs_whole(months: Sequence[Month], rules: Rules) -> frozenset[str]:
    """Return the codes of the months after which all months of a run reach the composite, whatever was withheld of them."""
    by_code = {each.month.code: each for each in months}
    return frozenset(
        code for code, each in by_code.items() if len(_run(each, by_code, rules)) == rules.months
    )


def still_open(months: Sequence[Month], now: Period, rules: Rules) -> tuple[Open, ...]:
    """Return what can still be earned back after the month `now`, the last one that is computed."""
    by_code = {each.month.code: each for each in months if each.month.first <= now.first}
    found = []
    for code in sorted(by_code):
        withheld = by_code[code]
        run = _run(withheld, by_code, rules)
        next_one = withheld.month.back(-1 - len(run))
        # Open while the run is whole up to now: the month that decides is still to come.
        if _owed(withheld) and len(run) < rules.months and next_one.first > now.first:
            found.append(Open(code, withheld.withheld_fen, len(run), rules.months - len(run)))
    return tuple(found)


def balances(months: Sequence[Month], paid_back: Sequence[Refund]) -> tuple[Balance, ...]:
    """Return what each month comes to, in order: what is negative is carried on, and nothing below 0 is paid."""
    back: dict[str, int] = {}
    for each in paid_back:
        back[each.paid_with] = back.get(each.paid_with, 0) + each.fen
    found, carried = [], 0
    for one in sorted(months, key=lambda month: month.month.first):
        code = one.month.code
        sum_ = one.amount_fen + back.get(code, 0) + carried
        paid, on = max(0, sum_), min(0, sum_)
        found.append(Balance(code, one.amount_fen, back.get(code, 0), carried, paid, on))
        carried = on
    return tuple(found)


def _owed(month: Month) -> bool:
    return month.withheld_fen > 0 and not month.veto


def _run(withheld: Month, by_code: Mapping[str, Month], rules: Rules) -> list[Month]:
    """The good months directly after a month, at most as many as a refund takes."""
    run: list[Month] = []
    for turn in range(1, rules.months + 1):
        one = by_code.get(withheld.month.back(-turn).code)
        if one is None or one.composite is None or one.composite < rules.composite_from:
            break
        run.append(one)
    return run
