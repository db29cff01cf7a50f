"""Composites and own halls weighed anew from the parts that are kept of them: the same as from the facts."""

from __future__ import annotations

import json
from datetime import timedelta
from fractions import Fraction
from random import Random

from hypothesis import event, given, settings
from hypothesis import strategies as st

from server.domain.aggregates import VisitFigure
from server.domain.composite import Facts, OutOf, of_month, stand_in
from server.domain.figure_parts import (
    CompositeParts,
    composite_by,
    composite_parts,
    filled_in,
    hall_by,
    standing_in,
)
from server.domain.month_counts import Counts
from server.domain.periods import Period
from server.domain.rules_ratings import Composite as Rules
from server.domain.service_indicators import Counted
from server.domain.star_basis import HallFacts, HallParts, hall_parts, own_hall
from server.domain.weighting import Ratio
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


def kept(known: Facts, month: Period, of: Rules) -> CompositeParts:
    """The parts of a month as they come back from where they lie."""
    parts = composite_parts(of_month(month, "village", known, of, 1).explanation.as_json())
    return CompositeParts(*json.loads(json.dumps(parts)))


@settings(max_examples=400)
@given(st.integers(0, 2**32))
def test_where_the_parts_say_enough_the_composite_made_from_them_is_the_one_from_the_facts(seed: int) -> None:
    chance = Random(seed)
    known, before, other = facts(chance), rules(chance), rules(chance)
    # Few things at once are what drafts change, and what leaves the parts enough.
    some = chance.choice((("least_replies",), ("replies_months",), ("months_before", "rated_from_weight")))
    missing = {name: getattr(other.missing, name) for name in some}
    update = {
        "missing": before.missing.model_copy(update=missing),
        "complaints_zero_at": other.complaints_zero_at,
        "perception": before.perception.model_copy(update={"full_at": chance.choice((95, 97))}),
    }
    after = before.model_copy(update=chance.choice((update, {"bonus": other.bonus})))
    stored = {month.code: kept(known, month, before) for month in MONTHS if chance.random() < 0.6}

    def earlier(name: str, code: str) -> Ratio | int | None:
        if code in stored:
            return standing_in(stored[code], name)
        value = stand_in(name, Period.read(code), known)
        return value.as_integer_ratio() if isinstance(value, Fraction) else value

    parts = kept(known, MONTH, before)
    filled = filled_in(parts, MONTH, before, after, earlier)
    event(f"enough: {filled is not None}, from before: {filled is not parts}")
    assert filled is not None or before != after
    assert composite_by("village", before)(parts) == of_month(MONTH, "village", known, before, 1).hundredths
    if filled is not None:
        again = composite_by("village", after)(filled)
        assert again == of_month(MONTH, "village", known, after, 1).hundredths


@given(st.integers(0, 2**32))
def test_an_own_hall_weighed_from_its_parts_has_the_basis_of_its_facts(seed: int) -> None:
    chance = Random(seed)

    def out_of(most: int) -> OutOf | None:
        whole = chance.randrange(most)
        return chance.choice((None, OutOf(chance.randrange(whole + 1), whole)))

    scores = [Fraction(chance.randrange(5000, 10001), 100) for _ in range(chance.randrange(4))]
    known = HallFacts(
        [VisitFigure(f"v{n}", "o", MONTH.first, "mystery", score) for n, score in enumerate(scores)],
        out_of(90),
        out_of(200),
        out_of(200),
        {month.code: chance.randrange(5) for month in MONTHS if chance.random() < 0.6},
        chance.choice((None, Fraction(chance.randrange(101)))),
        out_of(9),
    )
    own = rules(chance)
    line = own.perception.model_copy(update={"zero_at": chance.choice((0, 60, 80))})
    own = own.model_copy(update={"perception": line})
    parts = hall_parts(known, own.missing.least_replies)
    parts = HallParts(*json.loads(json.dumps(parts)))
    assert hall_by(RULES.stars.own_hall, own)(parts) == own_hall(known, RULES.stars, own, 1).hundredths
