"""Proposals about outlets: each rule at its edge; the engine proposes and never decides."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from server.domain.decisions import (
    Group,
    HalfYear,
    downgrade,
    entry,
    exit_,
    outlet_class,
    probation,
    upgrade,
    warning,
)
from tests.standards import RULES

D = RULES.decisions


def half(code: str = "2026-H2", score: str = "90", **given: Any) -> HalfYear:
    months = {f"{code}-{number}": Fraction(score) for number in range(6)}
    return HalfYear(**{"code": code, "outlet_class": "A", "composites": months, **given})


def rises(tier: str = "ordinary", check: int | None = 85, **second: Any) -> bool:
    halves = [half("2026-H1"), half(**second)]
    return upgrade(tier, halves, None if check is None else Fraction(check), D, 1).holds


def test_an_upgrade_needs_two_good_half_years_of_class_a_and_the_entry_check() -> None:
    assert rises()
    assert upgrade("village", [half("2026-H1"), half()], Fraction(85), D, 1).to == "ordinary"
    assert not rises(score="89.99")
    assert not rises(outlet_class="B")
    assert not rises(vetoes=(2,))
    assert not rises(check=84)
    assert not rises(check=None)
    assert not rises(tier="franchise")
    assert not upgrade("ordinary", [half()], Fraction(90), D, 1).holds
    # The latest ones count, whatever was before.
    assert upgrade("ordinary", [half("2025-H2", "10"), half("2026-H1"), half()], Fraction(85), D, 1).holds
    # Running means without a gap.
    assert not upgrade("ordinary", [half("2024-H1"), half("2026-H1")], Fraction(85), D, 1).holds


def test_an_unrated_half_year_is_not_a_good_one() -> None:
    assert not rises(composites={"2026-07": None})


def test_a_half_year_of_which_too_few_months_are_rated_has_no_mean() -> None:
    def rated(count: int, score: str) -> HalfYear:
        months = {f"2026-{7 + n:02d}": Fraction(score) if n < count else None for n in range(6)}
        return half(composites=months, rated_percent=RULES.stars.rated_months_percent)

    assert not downgrade("exclusive", rated(2, "70"), D, 1).holds
    assert downgrade("exclusive", rated(3, "70"), D, 1).holds
    good = [half("2026-H1"), rated(1, "95")]
    assert not upgrade("ordinary", good, Fraction(90), D, 1).holds


def test_a_downgrade_is_proposed_below_the_line_or_for_a_class_1_veto() -> None:
    assert downgrade("exclusive", half(score="74.99"), D, 1).holds
    assert downgrade("exclusive", half(score="74.99"), D, 1).to == "ordinary"
    assert not downgrade("exclusive", half(score="75"), D, 1).holds
    assert downgrade("exclusive", half(vetoes=(1,)), D, 1).holds
    assert not downgrade("exclusive", half(vetoes=(2,)), D, 1).holds
    lowest = downgrade("village", half(score="10"), D, 1)
    assert (lowest.holds, lowest.explanation.codes()) == (False, {"no-lower-tier"})


@pytest.mark.parametrize(
    ("months", "holds"),
    [
        (["79.99", "79.99"], True),
        (["79.99", "80"], False),
        (["10", "90", "79"], False),
        (["90", "79", "79"], True),
        (["79", None], False),
        ([None, "79"], False),
        (["79"], False),
    ],
)
def test_two_months_running_below_the_line_ask_for_a_correction_plan(
    months: list[str | None], holds: bool
) -> None:
    named = [(f"2026-{n:02d}", None if each is None else Fraction(each)) for n, each in enumerate(months, 1)]
    assert warning(named, D, 1).holds is holds


def test_probation_is_proposed_for_a_grave_fail_or_a_very_low_composite() -> None:
    assert probation(Fraction("59.99"), 0, D, 1).holds
    assert not probation(Fraction(60), 0, D, 1).holds
    assert probation(None, 1, D, 1).holds
    assert not probation(None, 0, D, 1).holds


def group(code: str, others: int, mine: int | None = 10) -> Group:
    scores: dict[str, Fraction | None] = {f"o{n:02d}": Fraction(50 + n) for n in range(others)}
    return Group(code, {**scores, "me": None if mine is None else Fraction(mine)})


def leaves(months: list[Group], year: Group | None = None) -> bool:
    return exit_("me", year or group("2026", 10), months, D, 1).holds


def test_exit_asks_for_the_year_and_for_more_than_six_months_both() -> None:
    bad, good = (
        [group(f"2026-{n:02d}", 6) for n in range(1, 13)],
        [group(f"2026-{n:02d}", 6, 99) for n in range(1, 13)],
    )
    assert leaves(bad[:7])
    assert not leaves(bad[:6] + good[6:])
    assert not leaves(bad, group("2026", 10, 99))
    # Groups of at most 2k have no last k: a company of ten, months of six.
    assert not leaves(bad, group("2026", 9))
    small = [group(f"2026-{n:02d}", 5) for n in range(1, 13)]
    assert not leaves(small)
    assert "group-too-small" in exit_("me", group("2026", 10), small, D, 1).explanation.codes()
    # An unrated outlet is ranked nowhere.
    assert not leaves([group(f"2026-{n:02d}", 7, None) for n in range(1, 13)])


def test_entry_asks_for_the_score_no_violated_prohibition_and_the_papers() -> None:
    assert entry(Fraction(80), (), D, 1, papers=True).holds
    assert not entry(Fraction("79.99"), (), D, 1, papers=True).holds
    assert not entry(Fraction(99), ("P3",), D, 1, papers=True).holds
    assert not entry(Fraction(99), (), D, 1, papers=False).holds
    assert not entry(None, (), D, 1, papers=True).holds


def test_the_class_goes_by_mean_customers_with_the_settings_factor() -> None:
    def found(mean: int, setting: str = "city", months: int = 6) -> str:
        customers = {f"2026-{n:02d}": mean for n in range(1, months + 1)}
        return outlet_class("ordinary", setting, customers, RULES.classes, 1)[0]

    assert (found(600), found(599), found(200), found(199)) == ("A", "B", "B", "C")
    assert (found(360, "county_town"), found(359, "county_town")) == ("A", "B")
    assert (found(240, "township"), found(239, "township")) == ("A", "B")
    assert (found(9999, months=3), found(9999, months=2), found(9999, months=0)) == ("A", "C", "C")
