"""Commission, refunds and what is carried on: what must hold for any months."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.commission import Terms, base_of, commission, full_years, shared
from server.domain.periods import Period
from server.domain.refunds import Month, balances, refunds, still_open
from server.domain.settlements import Settled, outcome
from tests.standards import RULES

R = RULES.commission.refund
FIRST = Period.read("2025-01")
# Mostly good months, so that there are runs.
COMPOSITES = st.sampled_from([None, Fraction("89.99"), *[Fraction(text) for text in ("90", "91", "95") * 3]])
MONTHS = st.lists(
    st.tuples(COMPOSITES, st.booleans(), st.sampled_from([0, 0, 5000, 7001]), st.integers(-9000, 9000)),
    max_size=16,
)


def series(rows: list[tuple[Fraction | None, bool, int, int]]) -> list[Month]:
    return [Month(FIRST.back(-number), *row) for number, row in enumerate(rows)]


@given(MONTHS)
def test_refunds_never_exceed_what_was_withheld_and_each_month_is_refunded_once(
    rows: list[tuple[Fraction | None, bool, int, int]],
) -> None:
    months = series(rows)
    paid = refunds(months, R, 1)
    by_code = {each.month.code: each for each in months}
    assert len({each.month for each in paid}) == len(paid)
    assert sum(each.fen for each in paid) <= sum(each.withheld_fen for each in months)
    for each in paid:
        assert each.fen == by_code[each.month].withheld_fen > 0
        assert not by_code[each.month].veto
        assert Period.read(each.paid_with) == Period.read(each.month).back(-3)
    assert refunds(months[::-1], R, 1) == paid


@given(MONTHS, st.integers(0, 16))
def test_what_is_still_open_is_what_good_months_would_pay_back(
    rows: list[tuple[Fraction | None, bool, int, int]], cut: int
) -> None:
    months = series(rows)
    now = FIRST.back(-cut)
    known = [each for each in months if each.month.first <= now.first]
    ahead = [Month(now.back(-turn), Fraction(95), False, 0) for turn in range(1, 4)]
    later = {each.month: each for each in refunds([*known, *ahead], R, 1)}
    paid = {each.month for each in refunds(known, R, 1)}
    still = still_open(months, now, R)
    assert {each.month for each in still} == set(later) - paid
    for each in still:
        assert later[each.month].paid_with == now.back(-each.more).code
        assert each.run + each.more == 3


@given(MONTHS)
def test_nothing_is_lost_and_nothing_below_nothing_is_paid(
    rows: list[tuple[Fraction | None, bool, int, int]],
) -> None:
    months = series(rows)
    back = refunds(months, R, 1)
    found = balances(months, back)
    assert all(each.paid_fen >= 0 >= each.carried_on_fen for each in found)
    inside = [
        each for each in back if Period.read(each.paid_with).code in {month.month.code for month in months}
    ]
    owed = sum(each.amount_fen for each in months) + sum(each.fen for each in inside)
    assert sum(each.paid_fen for each in found) + (found[-1].carried_on_fen if found else 0) == owed


def test_the_worked_case_of_the_handbook() -> None:
    def of(composite: str) -> tuple[int, int, int]:
        terms = Terms(120_000, date(2023, 11, 1), date(2026, 11, 30), Fraction(composite), False, (1,))
        found = commission(terms, RULES.commission, 1)
        return found.amount_fen, found.staff_fen, found.withheld_fen

    assert of("92") == (158_400, 47_520, 0)
    assert of("55") == (-66_000, 0, 198_000)
    assert of("85")[0] == 132_000
    assert of("84.99")[0] == 105_600
    for after, paid in ((("90", "91", "95"), 198_000), (("90", "89.99", "95"), 0)):
        months = series(
            [(Fraction("55"), False, 198_000, 0), *((Fraction(each), False, 0, 0) for each in after)]
        )
        assert sum(each.fen for each in refunds(months, R, 1)) == paid


def test_a_month_is_paid_back_with_the_last_of_its_good_months_alone_whatever_rules_come_later() -> None:
    """A looser rule makes no run of months that ended before it held (handbook 2.10, "paid with the third of them")."""
    looser = R.model_copy(update={"composite_from": Fraction(85)})
    terms = Terms(120_000, date(2023, 11, 1), date(2026, 11, 30), Fraction(70), False, ())
    paid = commission(terms, RULES.commission, 1)
    for values, back in ((("80", "85", "85", "85", "70"), 0), (("80", "92", "85", "85"), 26_400)):
        *before, last = (
            Settled(FIRST.back(-at), Fraction(each), False, 0, 26_400 if each == "80" else 0, 0)
            for at, each in enumerate(values)
        )
        found = outcome(last.counted(), paid, before, {}, 0, looser, 2)
        assert sum(each.fen for each in found.refunds) == back


def test_a_month_with_a_veto_is_never_refunded_and_a_veto_in_the_run_breaks_nothing() -> None:
    good = (Fraction(95), False, 0, 0)
    vetoed = (Fraction(95), True, 0, 0)
    assert refunds(series([(Fraction(95), True, 5000, 0), good, good, good]), R, 1) == ()
    assert still_open(series([(Fraction(95), True, 5000, 0), good]), FIRST.back(-1), R) == ()
    assert len(refunds(series([(Fraction(55), False, 5000, 0), good, vetoed, good]), R, 1)) == 1


@given(st.integers(0, 10**7), st.lists(st.integers(0, 50), max_size=8))
def test_staff_shares_add_up_to_the_last_fen(fen: int, weights: list[int]) -> None:
    split = shared(fen, weights)
    assert sum(split) == (fen if weights else 0)
    whole = sum(weights) or len(weights)
    assert all(
        abs(part - Fraction(fen * (weight if sum(weights) else 1), whole)) <= 1
        for part, weight in zip(split, weights, strict=True)
    )


@pytest.mark.parametrize(
    ("since", "until", "years"),
    [
        (date(2024, 2, 29), date(2026, 2, 28), 1),
        (date(2024, 2, 29), date(2026, 3, 31), 2),
        (date(2024, 11, 30), date(2026, 11, 30), 2),
        (date(2026, 12, 1), date(2026, 11, 30), -1),
    ],
)
def test_years_are_full_years(since: date, until: date, years: int) -> None:
    assert full_years(since, until) == years


def test_the_base_goes_by_tier_class_and_setting() -> None:
    assert base_of("ordinary", "B", "county_town", RULES.commission) == 36_000
    assert base_of("village", "C", "city", RULES.commission) == 10_000
    with pytest.raises(KeyError):
        base_of("own_hall", "A", "city", RULES.commission)


def test_a_cooperation_that_has_not_begun_and_a_month_without_staff_are_no_error() -> None:
    found = commission(Terms(100, date(2026, 12, 1), date(2026, 11, 30), None, False), RULES.commission, 1)
    assert (found.amount_fen, found.staff_fen, found.staff_split_fen) == (100, 0, ())
    assert found.explanation.codes() == {"not-rated", "no-staff-named"}
