"""The composite of a month: what is missing, what is taken instead, and what must always hold."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.aggregates import VisitFigure
from server.domain.composite import PARTS, Composite, Facts, OutOf, composite, of_month, shares_of
from server.domain.explain import Explanation, Later
from server.domain.periods import Period
from server.domain.weighting import Share
from tests.standards import RULES

MONTH = Period.read("2026-11")
TIERS = ("franchise", "exclusive", "ordinary", "village")
VALUES = st.one_of(st.none(), st.fractions(0, 1, max_denominator=60))


def visit(day: date, score: int, name: str = "v") -> VisitFigure:
    return VisitFigure(name, "o", day, "mystery", Fraction(score))


def facts(**given: Any) -> Facts:
    return Facts(
        **{
            "replies": {},
            "mystery": [],
            "area_visits": [],
            "complaints": {},
            "errors": {},
            "staff": {},
            **given,
        }
    )


def share(month_facts: Facts, name: str) -> Share:
    return next(each for each in shares_of(MONTH, month_facts, RULES.composite) if each.name == name)


def rated(month_facts: Facts, tier: str = "franchise") -> Composite:
    return of_month(MONTH, tier, month_facts, RULES.composite, 1)


def test_what_is_called_before_rounding_holds_the_bonus() -> None:
    """Handbook 2.7: the sum with the bonus is what is rounded once."""
    shares = [Share(name, Fraction(9, 10), Later(partial(Explanation, name, None))) for name in PARTS]
    told = dict(composite("franchise", shares, Fraction(1, 2), RULES.composite, 1).explanation.inputs)
    assert told["before_rounding"] == Fraction("90.5")


@given(st.sampled_from(TIERS), st.lists(VALUES, min_size=6, max_size=6), st.integers(0, 10))
def test_a_composite_lies_between_its_parts_and_its_bonus_within_0_and_100(
    tier: str, values: list[Fraction | None], bonus: int
) -> None:
    shares = [
        Share(name, value, Later(partial(Explanation, name, value)))
        for name, value in zip(PARTS, values, strict=True)
    ]
    found = composite(tier, shares, Fraction(bonus), RULES.composite, 1)
    weights = RULES.composite.weights[tier]
    present = [value for value in values if value is not None]
    weight = sum(getattr(weights, each.name) for each in shares if each.value is not None)
    assert (found.value is None) == (weight < 50)
    if found.value is not None:
        top = min(Fraction(100), max(present) * 100 + min(bonus, 3))
        assert min(present) * 100 - Fraction(1, 100) <= found.value <= top + Fraction(1, 100)
    # The weights taken add up to 100 again, and what is missing says so, and what was done about it.
    taken = [dict(part.inputs)["weight_taken"] for part in found.explanation.parts]
    assert sum(taken, Fraction(0)) == (0 if found.value is None else 100)
    assert found.explanation.codes() & {"spread", "missing"} == (
        set() if len(present) == 6 else {"missing" if found.value is None else "spread"}
    )


def test_perception_with_too_few_replies_takes_three_months_together_else_is_spread() -> None:
    enough = share(facts(replies={"2026-11": OutOf(28, 30)}), "perception")
    assert enough.value == (Fraction(2800, 30) - 80) / 15
    assert enough.explanation.codes() == set()
    several = {
        "2026-11": OutOf(9, 10),
        "2026-10": OutOf(9, 10),
        "2026-09": OutOf(10, 10),
        "2026-08": OutOf(0, 99),
    }
    together = share(facts(replies=several), "perception")
    assert dict(together.explanation.inputs)["replies"] == 30
    assert together.explanation.codes() == {"months-together"}
    few = share(facts(replies={"2026-11": OutOf(29, 29)}), "perception")
    assert (few.value, few.explanation.codes()) == (None, {"too-few-replies"})


def test_mystery_takes_the_months_mean_else_the_latest_visit_of_two_months_before() -> None:
    now = [visit(date(2026, 11, 2), 80), visit(date(2026, 11, 30), 90), visit(date(2026, 10, 31), 0)]
    assert share(facts(mystery=now), "mystery").value == Fraction(85, 100)
    before = [visit(date(2026, 9, 1), 40), visit(date(2026, 10, 5), 70), visit(date(2026, 12, 1), 100)]
    latest = share(facts(mystery=before), "mystery")
    assert (latest.value, latest.explanation.codes()) == (Fraction(7, 10), {"latest-taken"})
    assert share(facts(mystery=[visit(date(2026, 8, 31), 70)]), "mystery").value is None
    assert (
        share(facts(mystery=[VisitFigure("v", "o", date(2026, 11, 2), "mystery", None)]), "mystery").value
        is None
    )


def test_area_checks_audits_and_staff_take_the_latest_figure_of_two_months_before() -> None:
    known = facts(
        area_visits=[visit(date(2026, 10, 1), 60), visit(date(2026, 10, 9), 80), visit(date(2026, 9, 9), 0)],
        errors={"2026-09": 2, "2026-08": 0},
        staff={"2026-11": OutOf(0, 0), "2026-10": OutOf(3, 4)},
    )
    assert share(known, "area_check").value == Fraction(7, 10)
    assert share(known, "audit").value == Fraction(3, 5)
    assert share(known, "certified").value == Fraction(3, 4)
    for name in ("area_check", "audit", "certified"):
        assert share(known, name).explanation.codes() == {"month-taken"}
        assert share(facts(), name).value is None


def test_a_complete_import_without_complaints_is_all_and_no_import_is_nothing_known() -> None:
    assert share(facts(complaints={"2026-11": 0}), "complaints").value == 1
    assert share(facts(complaints={"2026-11": 4}), "complaints").value == 0
    missing = share(facts(complaints={"2026-10": 0}), "complaints")
    assert (missing.value, missing.explanation.codes()) == (None, {"import-missing"})


def test_the_bonus_is_limited_and_the_whole_is_never_beyond_100() -> None:
    known = facts(
        replies={"2026-11": OutOf(30, 30)}, mystery=[visit(date(2026, 11, 2), 100)], praises=3, ideas=2
    )
    found = rated(known)
    assert found.hundredths == 10_000
    assert "bonus-limited" in found.explanation.codes()
    assert dict(found.explanation.inputs)["bonus"] == 3


@given(st.randoms(use_true_random=False))
def test_the_order_of_visits_changes_nothing(chance: Random) -> None:
    visits = [visit(date(2026, 10, 5), score, f"v{score}") for score in (40, 60, 95)]
    before = rated(facts(mystery=visits, complaints={"2026-11": 1}))
    chance.shuffle(visits)
    assert rated(facts(mystery=visits, complaints={"2026-11": 1})) == before
    assert dict(share(facts(mystery=visits), "mystery").explanation.inputs)["mean"] == 65


def test_half_of_the_weight_is_enough_and_less_is_not_rated() -> None:
    # 35 perception and 15 complaints are half of a franchise's weight.
    half = rated(facts(replies={"2026-11": OutOf(30, 30)}, complaints={"2026-11": 3}))
    assert half.hundredths == 7000
    less = rated(
        facts(replies={"2026-11": OutOf(30, 30)}, errors={"2026-11": 0}, staff={"2026-11": OutOf(1, 1)})
    )
    assert less.hundredths is None
    assert "not-rated" in less.explanation.codes()


def test_an_explanation_is_json_without_floats() -> None:
    found = rated(
        facts(mystery=[visit(date(2026, 11, 2), 85)], complaints={"2026-11": 1}, errors={"2026-11": 1})
    )
    told = found.explanation.as_json()
    assert told["rules"] == 1
    assert [part["figure"] for part in told["parts"]] == list(PARTS)
    assert told["parts"][1]["parts"][0] == {
        "figure": "visit",
        "value": 85,
        "subject": "visit:v",
        "inputs": {"day": "2026-11-02", "kind": "mystery"},
    }
    assert told["parts"][3]["value"] == "2/3"
    with pytest.raises(StopIteration):
        next(value for value in _values(told) if isinstance(value, float))


def _values(value: Any) -> Any:
    if isinstance(value, dict):
        for each in value.values():
            yield from _values(each)
    elif isinstance(value, list):
        for each in value:
            yield from _values(each)
    else:
        yield value
