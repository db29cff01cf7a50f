"""Indicators: what visits earned of them, packed, added in any order, and the same scores as scoring gives."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from server.config import ROOT
from server.domain.checklist import read_checklist
from server.domain.exact import hundredths, two_decimals
from server.domain.indicators import (
    Indicator,
    Sample,
    catalogue,
    measured,
    pack,
    sums,
    together,
    unpack,
)
from server.domain.scoring import Answer, score
from server.domain.star_lift import CountedItem, ScoredVisit
from server.gateways.standards import read_standards
from tests.domain.random_checklists import random_answer, random_checklist

WIDTH = 4
LISTED = tuple(Indicator(f"P{n}", "prohibition", 100 * n) for n in range(1, WIDTH + 1))
SAMPLES = st.tuples(st.integers(0, 10_000_000), st.integers(0, 10_000_000)).map(
    lambda pair: (min(pair), max(pair))
)
VISITS = st.lists(st.lists(SAMPLES, min_size=WIDTH, max_size=WIDTH), max_size=30)


@given(VISITS, st.randoms(use_true_random=False), st.integers(0, 30))
def test_neither_the_order_nor_the_grouping_of_visits_changes_a_sum(
    visits: list[list[Sample]], chance: Random, cut: int
) -> None:
    packed = [pack(visit) for visit in visits]
    whole = sums(LISTED, packed)
    chance.shuffle(packed)
    assert sums(LISTED, packed) == whole
    assert together([sums(LISTED, packed[:cut]), sums(LISTED, packed[cut:])]) == whole


@given(st.lists(SAMPLES, max_size=40))
def test_what_is_packed_comes_back(samples: list[Sample]) -> None:
    assert unpack(pack(samples)) == tuple(samples)
    assert len(pack(samples)) == 8 * len(samples)


def test_a_visit_counts_for_an_indicator_only_where_it_was_applicable() -> None:
    (one, other, *_) = sums(
        LISTED, [pack([(0, 5), (0, 0), (0, 0), (0, 0)]), pack([(5, 5), (0, 3), (0, 0), (0, 0)])]
    )
    assert (one.earned, one.full, one.visits, one.ratio) == (5, 10, 2, Fraction(1, 2))
    assert (other.visits, other.ratio) == (1, 0)
    assert sums(LISTED, [])[0].ratio is None


def test_the_first_version_handed_in_decides_points_and_order() -> None:
    newer = (Indicator("P2", "prohibition", 700), Indicator("T-A", "touchpoints", 300))
    older = (Indicator("P1", "prohibition", 100), Indicator("P2", "prohibition", 200))
    found = together([sums(newer, [pack([(1, 2), (3, 4)])]), sums(older, [pack([(5, 6), (7, 8)])])])
    assert [(each.indicator.id, each.indicator.points) for each in found] == [
        ("P2", 700),
        ("T-A", 300),
        ("P1", 100),
    ]
    assert [(each.earned, each.full, each.visits) for each in found] == [(8, 10, 2), (3, 4, 1), (5, 6, 1)]


def test_the_catalogue_of_own_halls_has_all_points_once() -> None:
    listed = catalogue(read_standards(ROOT / "checklists")["own-hall-mystery", 1].compiled)
    assert [each.id for each in listed][:10] == [f"P{n}" for n in range(1, 11)]
    assert sum(each.points for each in listed) == 10_000
    assert sum(each.points for each in listed if each.kind == "prohibition") == 6_000
    assert all(each.zh and each.en for each in listed)


def test_random_visits_measure_to_the_score_that_scoring_gives() -> None:
    draw, seen = Random(20130313), set()
    for number in range(60):
        written = random_checklist(draw, number)
        compiled = read_checklist(written).compiled
        assert compiled is not None
        items = [item for section in written["sections"] for item in section["items"]]
        for _ in range(6):
            answers = {item["id"]: answer for item in items if (answer := random_answer(draw, item))}
            result = score(compiled, {}, {item: Answer.of(given) for item, given in answers.items()}, {})
            if result.voided:
                continue
            found = measured(compiled, result.as_json())
            assert (_shown(found.score), _shown(found.prohibition_score)) == (
                result.score,
                result.prohibition_score,
            )
            again = _visit(compiled, result.as_json()).scores(frozenset())
            assert again == (found.score, found.prohibition_score)
            # Before the effects nothing is taken away.
            credits, points = result.credits, {item["id"]: item["points"] for item in items}
            assert sum(sample[0] for sample in found.samples) == sum(
                points[name] * (credits[name] or 0) for name in result.counted
            )
            assert sum(sample[1] for sample in found.samples) == found.full
            seen |= {bool(result.zeroed), "capped" if found.cap is not None else "free", result.score is None}
    assert seen >= {True, False, "capped", "free"}


def _visit(compiled: dict[str, Any], result: dict[str, Any]) -> ScoredVisit:
    """The visit item by item, as the search for what would have lifted an outlet takes it."""
    items = [item for section in compiled["sections"] for item in section["items"]]
    return ScoredVisit(
        "v",
        tuple(
            CountedItem(
                item["id"],
                item["points"],
                result["credits"][item["id"]],
                item["prohibition"],
                item["critical"],
            )
            for item in items
            if item["id"] in result["counted"]
        ),
        compiled["prohibition_scoring"] == "all_or_nothing",
        compiled["critical_cap"],
    )


def _shown(value: Fraction | None) -> str | None:
    return None if value is None else two_decimals(hundredths(value))
