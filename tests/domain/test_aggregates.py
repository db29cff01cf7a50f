"""Periods, means, patrol days, ranks and the window score."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.aggregates import VisitFigure, mean, mean_of, patrol_day, patrol_mean, total
from server.domain.indicators import Indicator, Sum
from server.domain.periods import Period, counts_on, months_later
from server.domain.ranks import among_last, ranks
from server.domain.weak_items import after_deduction, improved, to_reach, tracked, weakest
from server.domain.window import level_of, window
from tests.standards import RULES

DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))
RATIOS = st.fractions(0, 100, max_denominator=9999)
FIGURES = st.lists(st.tuples(st.sampled_from("abc"), DAYS, RATIOS), max_size=25)


def figure(number: int, outlet: str, day: date, score: Fraction, part: str | None = None) -> VisitFigure:
    return VisitFigure(f"v{number:03d}", outlet, day, "mystery", score, score, 3, 4, part)


@given(DAYS)
def test_a_day_lies_in_one_month_of_one_quarter_of_one_half_year_of_one_year(day: date) -> None:
    for kind in ("month", "quarter", "half_year", "year"):
        period = Period.of(kind, day)
        assert period.holds(day)
        assert Period.read(period.code) == period
        assert not period.back().holds(day)
        assert period.back(-1).first == period.after == period.last + timedelta(days=1)
        assert period.back().back(-1) == period
    year = Period.of("year", day)
    for kind in ("month", "quarter", "half_year"):
        assert [each.holds(day) for each in year.split(kind)].count(True) == 1


@pytest.mark.parametrize(
    "code", ["", "2026-13", "2026-00", "2026-Q5", "2026-H3", "26-Q1", "2026-Q1 ", "0000"]
)
def test_what_is_no_period_is_refused(code: str) -> None:
    with pytest.raises(ValueError):
        Period.read(code)


def test_months_end_where_they_end() -> None:
    assert months_later(date(2024, 8, 31), 6) == date(2025, 2, 28)
    assert months_later(date(2024, 1, 31), -11) == date(2023, 2, 28)


def test_a_visit_counts_on_its_day_and_one_that_comes_after_the_close_on_that_of_its_acceptance() -> None:
    visit, accepted = date(2026, 9, 30), date(2026, 10, 8)
    assert counts_on(visit, accepted, []) == visit
    assert counts_on(visit, accepted, [Period.read("2026-06"), Period.read("2026-10")]) == visit
    for closed in ("2026-09", "2026-Q3"):
        assert counts_on(visit, accepted, [Period.read(closed)]) == accepted
    # Nothing is carried into what is closed as well.
    assert counts_on(visit, accepted, [Period.read("2026-09"), Period.read("2026-10")]) == date(2026, 11, 1)


@settings(max_examples=50)
@given(FIGURES, st.randoms(use_true_random=False))
def test_the_order_of_visits_changes_no_figure_and_no_explanation(
    rows: list[tuple[str, date, Fraction]], chance: Random
) -> None:
    visits = [figure(number, *row) for number, row in enumerate(rows)]
    before = window(visits, RULES.window, RULES.aggregates, 1)
    patrol = patrol_mean(visits, RULES.aggregates.patrol_day)
    chance.shuffle(visits)
    again = window(visits, RULES.window, RULES.aggregates, 1)
    assert again == before
    assert again.explanation.as_json() == before.explanation.as_json()
    assert patrol_mean(visits, RULES.aggregates.patrol_day) == patrol


@settings(max_examples=50)
@given(FIGURES)
def test_splitting_a_period_changes_no_sum(rows: list[tuple[str, date, Fraction]]) -> None:
    visits = [figure(number, *row) for number, row in enumerate(rows)]
    for year in (2024, 2025, 2026):
        whole = Period("year", year, 1)
        for kind in ("month", "quarter", "half_year"):
            parts = [
                [visit.score or Fraction(0) for visit in visits if part.holds(visit.day)]
                for part in whole.split(kind)
            ]
            there = [visit.score or Fraction(0) for visit in visits if whole.holds(visit.day)]
            assert sum(len(part) for part in parts) == len(there)
            assert total(total(part) for part in parts) == total(there)


def test_a_branch_is_the_mean_of_its_halls_or_of_all_visits() -> None:
    values = [("a", Fraction(100)), ("a", Fraction(90)), ("b", Fraction(60))]
    halls, visits = RULES.aggregates, RULES.aggregates.model_copy(update={"branch_mean_of": "visits"})
    assert mean_of(values, halls) == Fraction(155, 2)
    assert mean_of(values, visits) == Fraction(250, 3)
    assert mean_of([], halls) is None
    assert mean([None, Fraction(1)]) == 1


def test_a_patrol_day_counts_a_part_that_was_not_done_as_nothing() -> None:
    day = date(2026, 11, 2)
    visits = [
        figure(1, "a", day, Fraction(100), "opening"),
        figure(2, "a", day, Fraction(90), "round"),
        figure(3, "a", day, Fraction(70), "round"),
    ]
    value, why = patrol_day(visits, RULES.aggregates.patrol_day)
    assert value == 35 + 40
    assert why.codes() == {"not-done"}
    closed, open_ = date(2026, 11, 3), date(2026, 11, 4)
    assert patrol_mean(visits, RULES.aggregates.patrol_day)[0] == 75
    assert patrol_mean(visits, RULES.aggregates.patrol_day, [day, open_])[0] == Fraction(75, 2)
    assert closed not in {value for _, value in patrol_mean(visits, RULES.aggregates.patrol_day)[1].inputs}


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=3),
        st.one_of(st.none(), st.sampled_from([Fraction(n) for n in range(9)])),
    )
)
def test_no_rank_lies_beyond_the_number_of_members(scores: dict[str, Fraction | None]) -> None:
    found = ranks(scores)
    there = {name: score for name, score in scores.items() if score is not None}
    assert set(found) == set(there)
    assert all(1 <= rank <= len(there) for rank in found.values())
    assert (1 in found.values()) == bool(there)
    assert all((found[one] < found[other]) == (there[one] > there[other]) for one in there for other in there)
    last = among_last(scores, 2)
    assert (last is None) == (len(there) <= 4)
    if last is not None:
        assert len(last) >= 2
        assert min(there, key=lambda name: there[name]) in last


@pytest.mark.parametrize(
    ("score", "level"),
    [("90.01", "excellent"), ("90", "meets"), ("85.001", "meets"), ("85", "below"), ("0", "below")],
)
def test_the_level_of_a_window_score(score: str, level: str) -> None:
    assert level_of(Fraction(score), RULES.window) == level


def test_the_window_score_is_the_prohibition_score_unless_the_rules_say_the_visit() -> None:
    visit = VisitFigure("v", "a", date(2026, 10, 1), "mystery", Fraction(80), Fraction(95), 3, 4)
    as_visit = RULES.window.model_copy(update={"score": "visit"})
    one, other = (
        window([visit], RULES.window, RULES.aggregates, 1),
        window([visit], as_visit, RULES.aggregates, 1),
    )
    assert (one.score, one.level, one.visit_score, one.touchpoint_rate) == (
        95,
        "excellent",
        80,
        Fraction(3, 4),
    )
    assert (other.score, other.level, other.prohibition_score) == (80, "below", 95)
    nothing = window([], RULES.window, RULES.aggregates, 1)
    assert (nothing.score, nothing.level, nothing.touchpoint_rate) == (None, None, None)
    assert nothing.explanation.codes() == {"no-visits"}


def one_sum(name: str, earned: int, full: int, visits: int = 5, points: int = 100) -> Sum:
    return Sum(Indicator(name, "prohibition", points), earned, full, visits)


def test_of_equal_ratios_the_one_with_more_points_is_weak_then_the_first() -> None:
    same = [one_sum("P1", 1, 2), one_sum("P2", 2, 4, points=300), one_sum("P3", 3, 6, points=300)]
    found = weakest(same, RULES.weak_item, 1)
    assert found.item is not None
    assert found.item.indicator.id == "P2"
    assert "tie-by-points-and-order" in found.explanation.codes()


def test_a_full_ratio_or_too_few_visits_make_no_weak_item() -> None:
    assert weakest([one_sum("P1", 2, 2), one_sum("P2", 0, 2, 4)], RULES.weak_item, 1).nothing == "all_full"
    assert weakest([one_sum("P2", 0, 2, 4)], RULES.weak_item, 1).nothing == "too_few"
    assert weakest([], RULES.weak_item, 1).nothing == "too_few"


def test_from_nothing_anything_is_an_improvement() -> None:
    item = weakest([one_sum("P1", 0, 10)], RULES.weak_item, 1).item
    assert item is not None
    met = improved(item, 4, one_sum("P1", 1, 1000), RULES.weak_item, 1)
    missed = improved(item, 4, one_sum("P1", 0, 1000), RULES.weak_item, 1)
    assert (met.outcome, met.improvement, met.deduction) == ("met", None, 0)
    assert (missed.outcome, missed.deduction) == ("missed", 5)
    assert after_deduction(Fraction(93), missed) == 88
    assert after_deduction(Fraction(3), missed) == 0
    assert after_deduction(None, missed) is None
    assert after_deduction(Fraction(93), None) == 93


def test_the_target_is_never_beyond_the_whole() -> None:
    item = weakest([one_sum("P1", 99, 100)], RULES.weak_item, 1).item
    assert item is not None
    assert to_reach(item, 4, RULES.weak_item) == 1


def test_a_weak_item_is_closed_when_its_target_is_met_and_opened_when_it_is_weak_again() -> None:
    assert tracked(None, None, weak_again=True) == "open"
    assert tracked("open", "met", weak_again=False) == "closed"
    assert tracked("open", "missed", weak_again=False) == "open"
    assert tracked("open", "too_few", weak_again=False) == "open"
    assert tracked("closed", None, weak_again=True) == "open"
    assert tracked("open", "met", weak_again=True) == "open"
    assert tracked(None, None, weak_again=False) is None
