"""The vectors of what follows from visits: weak items, ranks, composite, commission, refunds."""

from datetime import date
from fractions import Fraction
from functools import partial
from typing import Any

import pytest

from server.domain.commission import Terms, commission
from server.domain.composite import PARTS, composite
from server.domain.exact import half_up, two_decimals
from server.domain.explain import Explanation, Later
from server.domain.indicators import Indicator, Sum, pack, sums
from server.domain.periods import Period
from server.domain.ranks import among_last, ranks
from server.domain.refunds import Month, refunds
from server.domain.weak_items import improved, weakest
from server.domain.weighting import Share, on_line
from tests.standards import RULES
from tests.vector_files import cases

WEAK, RANKS, COMPOSITE = cases("weak_items"), cases("ranks"), cases("composite")
COMMISSION, REFUNDS = cases("commission"), cases("refunds")


def _sums(case: dict[str, Any], quarter: str) -> tuple[Sum, ...]:
    listed = tuple(Indicator(each["id"], "prohibition", each["points"]) for each in case["catalogue"])
    visits = [pack([visit.get(each.id, (0, 0)) for each in listed]) for visit in case[quarter]]
    return sums(listed, visits)


def _decimals(value: Fraction | None, places: int) -> str | None:
    if value is None:
        return None
    scaled = half_up(value * 10**places)
    return f"{scaled // 10**places}.{scaled % 10**places:0{places}d}"


@pytest.mark.parametrize("number", range(len(WEAK)))
def test_weak_item_vectors(number: int) -> None:
    case, expected = WEAK[number], WEAK[number]["expect"]
    found = weakest(_sums(case, "before"), RULES.weak_item, RULES.version)
    if expected is None:
        assert found.item is None
        return
    assert found.item is not None
    assert {
        "indicator": found.item.indicator.id,
        "ratio_percent": _decimals(found.item.ratio * 100, 4),
        "samples": found.item.samples,
    } == {name: expected[name] for name in ("indicator", "ratio_percent", "samples")}
    later = next(one for one in _sums(case, "after") if one.indicator.id == found.item.indicator.id)
    then = improved(found.item, case["rank"], later, RULES.weak_item, RULES.version)
    assert {
        "target_percent": two_decimals(half_up(then.target * 100)),
        "ratio_to_reach_percent": _decimals(then.to_reach * 100, 4),
        "improvement_percent": None
        if then.improvement is None
        else two_decimals(half_up(then.improvement * 10_000)),
        "outcome": then.outcome,
        "deduction": then.deduction,
        "ratio_percent": _decimals(None if then.ratio is None else then.ratio * 100, 4),
        "samples": then.samples,
    } == expected["next"]


@pytest.mark.parametrize("number", range(len(RANKS)))
def test_rank_vectors(number: int) -> None:
    case = RANKS[number]
    scores = {name: Fraction(score) for name, score in case["scores"].items()}
    last = among_last(scores, case["k"])
    assert ranks(scores) == case["expect"]["ranks"]
    assert (None if last is None else sorted(last)) == case["expect"]["last_k"]


@pytest.mark.parametrize("number", range(len(COMPOSITE)))
def test_composite_vectors(number: int) -> None:
    case = COMPOSITE[number]
    shares = [
        Share(name, None if part is None else Fraction(*part), Later(partial(Explanation, name, None)))
        for name, part in zip(PARTS, case["parts"], strict=True)
    ]
    found = composite(case["tier"], shares, Fraction(case["bonus"]), RULES.composite, RULES.version)
    assert (None if found.hundredths is None else two_decimals(found.hundredths)) == case["expect"]


@pytest.mark.parametrize("case", cases("composite", "perception_part"))
def test_perception_part_vectors(case: dict[str, Any]) -> None:
    assert on_line(Fraction(*case["rate"]), RULES.composite.perception) == Fraction(*case["expect"])


@pytest.mark.parametrize("number", range(len(COMMISSION)))
def test_commission_vectors(number: int) -> None:
    case = COMMISSION[number]
    composite_ = None if case["composite"] is None else Fraction(case["composite"])
    terms = Terms(
        case["base_fen"],
        date.fromisoformat(case["start"]),
        date.fromisoformat(case["month_end"]),
        composite_,
        case["veto"],
        case["staff_weights"],
    )
    found = commission(terms, RULES.commission, RULES.version)
    expected = case["expect"]
    assert {
        "years_factor": found.years_factor,
        "pay_factor": found.pay_factor,
        "amount_fen": found.amount_fen,
        "withheld_fen": found.withheld_fen,
        "staff_fen": found.staff_fen,
        "staff_split_fen": list(found.staff_split_fen),
    } == {
        **expected,
        "years_factor": Fraction(expected["years_factor"]),
        "pay_factor": Fraction(expected["pay_factor"]),
    }


@pytest.mark.parametrize("number", range(len(REFUNDS)))
def test_refund_vectors(number: int) -> None:
    months = [
        Month(
            Period.read(each["month"]),
            None if each["composite"] is None else Fraction(each["composite"]),
            each["veto"],
            each["withheld_fen"],
        )
        for each in REFUNDS[number]["months"]
    ]
    paid: dict[str, list[str]] = {}
    for refund in refunds(months, RULES.commission.refund, RULES.version):
        paid.setdefault(refund.paid_with, []).append(refund.month)
    assert paid == REFUNDS[number]["expect"]
