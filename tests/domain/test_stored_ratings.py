"""Composites made again from their explanations: what they say is enough is the same as from the facts."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from random import Random

from hypothesis import event, given, settings
from hypothesis import strategies as st

from server.domain.aggregates import VisitFigure
from server.domain.composite import Facts, OutOf, of_month
from server.domain.month_counts import Counts
from server.domain.periods import Period
from server.domain.rules_ratings import Composite as Rules
from server.domain.service_indicators import Counted
from server.domain.stored_ratings import composite_again, filled_in_as_told
from tests.standards import RULES

MONTH = Period.read("2026-11")
SHARED = ("csat_hall", "certified")
MONTHS = [MONTH.back(turn) for turn in range(6)]


def facts(chance: Random) -> Facts:
    """Visits and inputs of half a year with gaps."""
    counts: dict[str, dict[str, Counted]] = {
        code: {
            month.code: Counted(code, "log", chance.randrange(4), 4 * chance.randrange(20))
            for month in MONTHS
            if chance.random() < 0.6
        }
        for code in ("praises", "ideas", "complaints", "audit", "certified", "csat_hall")
    }
    visits = [
        VisitFigure(
            f"v{n}",
            "o",
            month.first + timedelta(chance.randrange(28)),
            "mystery",
            Fraction(chance.randrange(50, 101)),
        )
        for month in MONTHS
        for n in range(chance.choice((0, 0, 1, 2)))
    ]
    shares = [{month: OutOf(one.part, one.whole) for month, one in counts[code].items()} for code in SHARED]
    return Facts(
        shares[0],
        visits,
        [visit for visit in visits if chance.random() < 0.5],
        _parts(counts, "complaints"),
        _parts(counts, "audit"),
        shares[1],
        _parts(counts, "praises").get(MONTH.code, 0),
        _parts(counts, "ideas").get(MONTH.code, 0),
        counts,
    )


def _parts(counts: Counts, code: str) -> dict[str, int]:
    return {month: one.part for month, one in counts[code].items()}


def rules(chance: Random) -> Rules:
    """Rules that fill in otherwise, and now and then weigh otherwise."""
    own = RULES.composite
    missing = {
        "least_replies": chance.choice((1, 12, 30)),
        "replies_months": chance.randrange(1, 5),
        "months_before": chance.randrange(4),
        "rated_from_weight": Fraction(chance.choice((0, 50))),
    }
    bonus = {name: Fraction(chance.choice((0, 0, 1))) for name in ("praise", "idea")}
    return own.model_copy(
        update={
            "missing": own.missing.model_copy(update=missing),
            "bonus": own.bonus.model_copy(update=bonus),
            "complaints_zero_at": chance.choice((3, 4)),
        }
    )


@settings(max_examples=400)
@given(st.integers(0, 2**32))
def test_where_an_explanation_says_enough_the_composite_made_from_it_is_the_one_from_the_facts(
    seed: int,
) -> None:
    chance = Random(seed)
    known, before, other = facts(chance), rules(chance), rules(chance)
    # Few things at once are what drafts change, and what leaves an explanation enough.
    some = chance.choice((("least_replies",), ("replies_months",), ("months_before", "rated_from_weight")))
    missing = {name: getattr(other.missing, name) for name in some}
    update = {
        "missing": before.missing.model_copy(update=missing),
        "complaints_zero_at": other.complaints_zero_at,
    }
    after = before.model_copy(update=chance.choice((update, {"bonus": other.bonus})))
    told = of_month(MONTH, "village", known, before, 1).explanation.as_json()
    enough = filled_in_as_told(told, MONTH, before, after)
    event(f"enough: {enough}, the same rules: {before == after}")
    assert enough or before != after
    if enough:
        again = composite_again(told, "village", before, after)
        assert again == of_month(MONTH, "village", known, after, 1).hundredths
