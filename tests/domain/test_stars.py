"""Stars: up by gates, down by score or veto, and the smallest set of items that would have lifted an outlet."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.aggregates import VisitFigure
from server.domain.composite import OutOf
from server.domain.explain import Explanation, note
from server.domain.periods import Period
from server.domain.star_basis import HallFacts, agent, own_hall
from server.domain.star_lift import CountedItem, Place, ScoredVisit, Scores, Values, lift, smallest_set
from server.domain.stars import Standing, Veto, gate_tests, highest, rate
from tests.standards import RULES

HALF = Period.read("2026-H2")
GATES = {gate.star: gate for gate in RULES.stars.gates}
SCORES = st.one_of(st.none(), st.fractions(50, 100, max_denominator=100))


def standing(**given: Any) -> Standing:
    """A hall with everything full, and three stars."""
    return Standing(
        **{
            "basis": Fraction(100),
            "spells": {"2026-Q3": Fraction(100), "2026-Q4": Fraction(100)},
            "agent": False,
            "perception": Fraction(1),
            "prohibitions": Fraction(100),
            "vetoes": (),
            "star": 3,
            "reached_before": (5,),
            "since": date(2020, 1, 1),
            **given,
        }
    )


def star(**given: Any) -> int | None:
    return rate(standing(**given), HALF, RULES.stars, 1).star


def codes(**given: Any) -> set[str]:
    return rate(standing(**given), HALF, RULES.stars, 1).explanation.codes()


VETOES = st.builds(
    Veto, st.just("V5"), st.sampled_from([1, 2]), st.dates(date(2025, 6, 1), date(2026, 12, 31))
)
STANDINGS = st.builds(
    Standing,
    SCORES,
    st.dictionaries(st.sampled_from(["2026-Q3", "2026-Q4"]), SCORES),
    st.booleans(),
    st.one_of(st.none(), st.fractions(0, 1, max_denominator=50)),
    SCORES,
    st.lists(VETOES, max_size=2),
    st.one_of(st.none(), st.integers(0, 5)),
    st.lists(st.integers(0, 5), max_size=2),
    st.just(date(2020, 1, 1)),
)


@settings(max_examples=200)
@given(STANDINGS)
def test_no_star_is_risen_to_without_its_gates_and_never_by_more_than_one(found: Standing) -> None:
    rating = rate(found, HALF, RULES.stars, 1)
    before = found.star or 0
    if rating.star is not None and (found.star is None or rating.star > before):
        for level in range(1, rating.star + 1):
            assert all(
                test.passed is not False for test in gate_tests(found, HALF, GATES[level], RULES.stars)
            )
        assert rating.star <= (RULES.stars.first_at_most if found.star is None else before + 1)
        if rating.star >= RULES.stars.running.from_star:
            assert found.reached_before[0] >= rating.star
    if rating.star is not None and rating.star < before:
        assert rating.explanation.codes() & {"down-by-score", "stars-off-by-veto"}
    assert rating.star is None or 0 <= rating.star <= 5


@given(STANDINGS)
def test_the_star_does_not_depend_on_the_order_of_vetoes(found: Standing) -> None:
    turned = Standing(
        **{name: getattr(found, name) for name in found.__slots__ if name != "vetoes"},
        vetoes=found.vetoes[::-1],
    )
    assert rate(turned, HALF, RULES.stars, 1) == rate(found, HALF, RULES.stars, 1)


def test_a_first_rating_is_at_most_three_stars() -> None:
    assert star(star=None) == 3
    assert "first-rating" in codes(star=None)
    assert star(star=None, basis=Fraction(70)) == 1


def test_four_and_five_stars_need_two_periods_running() -> None:
    assert star(reached_before=(4,)) == 4
    assert star(reached_before=(3,)) == 3
    assert star(reached_before=()) == 3
    assert "needs-periods-running" in codes(reached_before=(3,))
    assert star(star=4, reached_before=(5,)) == 5


def test_whoever_holds_four_stars_keeps_them_where_periods_running_are_wanting_for_the_fifth() -> None:
    """A holder falls by score or veto alone, however the period before was (handbook 2.8)."""
    for before in ((4,), (3,), (0,), ()):
        assert star(star=4, reached_before=before) == 4
        wanting = [
            each
            for each in rate(standing(star=4, reached_before=before), HALF, RULES.stars, 1).explanation.notes
            if each.code == "needs-periods-running"
        ]
        assert [dict(each.facts)["star"] for each in wanting] == [5]
    assert star(star=4, reached_before=(4,)) == 4


def test_a_period_that_was_not_rated_is_none_of_two_periods_running() -> None:
    unrated = rate(standing(basis=None, star=3), HALF, RULES.stars, 1)
    assert (unrated.star, unrated.reached) == (3, None)
    new = rate(standing(star=None, since=date(2026, 11, 20)), HALF, RULES.stars, 1)
    assert (new.star, new.reached) == (None, None)
    assert star(star=3, reached_before=()) == 3


@pytest.mark.parametrize(
    "given",
    [
        {"basis": Fraction(8999, 100)},
        {"spells": {"2026-Q3": Fraction(84), "2026-Q4": Fraction(100)}},
        {"perception": Fraction(94, 100)},
        {"prohibitions": Fraction(89)},
        {"vetoes": (Veto("V5", 2, date(2026, 7, 1)),)},
    ],
)
def test_each_gate_keeps_an_outlet_from_rising(given: dict[str, Any]) -> None:
    assert star(reached_before=(4,)) == 4
    rating = rate(standing(reached_before=(4,), **given), HALF, RULES.stars, 1)
    assert rating.star is not None
    assert rating.star < 4
    assert rating.reached < 4


def test_a_gate_without_data_passes_and_is_marked() -> None:
    given = {"perception": None, "prohibitions": None, "spells": {}}
    assert star(reached_before=(4,), **given) == 4
    assert "no-data-passes" in codes(**given)


def test_the_gate_of_vetoes_tells_vetoes_and_months_apart() -> None:
    told = rate(standing(), HALF, RULES.stars, 1).explanation
    gate = next(part for part in told.all() if part.figure == "gate-clean_months")
    assert (dict(gate.inputs), dict(gate.thresholds)) == ({"vetoes": 0}, {"clean_months": 6})


def test_a_holder_falls_by_score_alone_and_one_star_only() -> None:
    assert star(basis=Fraction(8499, 100)) == 2
    assert star(basis=Fraction(10)) == 2
    assert star(star=1, basis=Fraction(59)) == 0
    rating = rate(standing(basis=Fraction(85), prohibitions=Fraction(10)), HALF, RULES.stars, 1)
    assert (rating.star, rating.at_risk) == (3, True)
    assert not rate(standing(basis=Fraction(84)), HALF, RULES.stars, 1).at_risk


def test_a_single_quarter_under_the_line_is_a_yellow_card() -> None:
    weak = {"2026-Q3": Fraction(84), "2026-Q4": Fraction(88)}
    rating = rate(standing(basis=Fraction(86), spells=weak), HALF, RULES.stars, 1)
    assert (rating.star, rating.yellow) == (3, ("2026-Q3",))
    assert rate(standing(basis=Fraction(84), spells=weak), HALF, RULES.stars, 1).yellow == ()


def test_vetoes_take_stars_and_close_the_way_up() -> None:
    one, two = Veto("V1", 1, date(2026, 8, 1)), Veto("V5", 2, date(2026, 8, 1))
    assert star(star=5, vetoes=(one,)) == 0
    assert star(vetoes=(two,)) == 2
    assert star(vetoes=(two, two)) == 1
    old = Veto("V1", 1, date(2026, 1, 1))
    assert star(star=0, vetoes=(old,)) == 0
    assert "closed-by-veto" in codes(star=0, vetoes=(old,))
    assert star(star=0, vetoes=(Veto("V1", 1, date(2025, 12, 31)),)) == 1
    # Class 2 closes six months: the first half-year's last veto is over when the second ends.
    assert star(reached_before=(4,), vetoes=(Veto("V5", 2, date(2026, 6, 30)),)) == 4


def test_a_veto_that_is_proven_after_its_period_was_rated_takes_its_stars_later() -> None:
    first, second = Veto("V1", 1, date(2026, 6, 20)), Veto("V5", 2, date(2026, 6, 30))
    assert star(star=5, vetoes=(first,)) == 0
    assert "stars-off-by-veto" in codes(star=5, vetoes=(first,))
    assert star(star=3, basis=None, vetoes=(first,)) == 0
    # Of a class-2 veto only whoever reads when it was proven can say that nobody has taken its star yet.
    assert star(star=5, vetoes=(second,)) == 5
    late = Veto("V5", 2, date(2026, 6, 30), late=True)
    assert star(star=5, vetoes=(late,)) == 4
    assert star(star=3, reached_before=(5,), vetoes=(late,)) == 2
    assert star(star=0, vetoes=(first,)) == 0
    assert "stars-off-by-veto" not in codes(star=0, vetoes=(first,))


def test_a_period_without_a_figure_keeps_the_star_and_a_new_outlet_waits() -> None:
    assert star(basis=None) == 3
    assert star(basis=None, star=None) is None
    assert star(star=None, since=date(2026, 10, 2)) is None
    assert star(star=None, since=date(2026, 10, 1)) == 3


def test_agents_may_fall_short_in_one_month() -> None:
    months = {f"2026-{number:02d}": Fraction(95) for number in range(7, 13)}
    months["2026-08"] = Fraction(10)
    assert star(agent=True, spells=months, reached_before=(4,)) == 4
    months["2026-09"] = Fraction(84)
    assert star(agent=True, spells=months, reached_before=(4,)) == 3


def test_the_basis_of_an_own_hall_spreads_what_is_missing() -> None:
    visits = [VisitFigure("v", "o", date(2026, 8, 1), "mystery", Fraction(90))]
    whole = HallFacts(
        visits,
        OutOf(95, 100),
        OutOf(9, 10),
        OutOf(10, 10),
        {"2026-08": 0, "2026-09": 3},
        Fraction(80),
        OutOf(3, 4),
    )
    found = own_hall(whole, RULES.stars, RULES.composite, 1)
    # 45 + 20 + 9.5 + 5 + 4 + 3.75
    assert found.hundredths == 8725
    bare = HallFacts(visits, None, None, None, {}, None, None)
    assert own_hall(bare, RULES.stars, RULES.composite, 1).hundredths == 9000
    days = Explanation("patrol-mean", Fraction(80), notes=(note("open-days-unknown", days=3),))
    told = own_hall(replace(whole, patrol_why=days), RULES.stars, RULES.composite, 1)
    assert told.hundredths == found.hundredths
    assert "open-days-unknown" in told.explanation.codes()
    nothing = HallFacts([], OutOf(95, 100), None, None, {}, Fraction(100), None)
    rated = own_hall(nothing, RULES.stars, RULES.composite, 1)
    assert rated.hundredths is None
    assert "not-rated" in rated.explanation.codes()


def test_the_basis_of_an_agent_is_the_mean_of_its_rated_months_if_they_are_half() -> None:
    months = {
        "2026-07": Fraction("90.01"),
        "2026-08": None,
        "2026-09": Fraction("90.02"),
        "2026-10": Fraction(90),
    }
    assert agent({**months, "2026-11": None, "2026-12": None}, RULES.stars, 1).hundredths == 9001
    months["2026-10"] = None
    assert agent({**months, "2026-11": None, "2026-12": None}, RULES.stars, 1).hundredths is None
    assert agent({}, RULES.stars, 1).hundredths is None


ITEMS = st.lists(
    st.builds(
        CountedItem,
        st.integers(0, 10_000).map(str),
        st.sampled_from([100, 200, 400]),
        st.sampled_from([0, 0, 500, 1000]),
        st.sampled_from([None, None, "P1", "P2"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda item: item.item,
)


def by_means(scores: Scores) -> Standing:
    """An own hall whose basis is the mean of its visits, quarter by quarter one visit."""
    known = [score for score, _ in scores.values() if score is not None]
    prohibited = [score for _, score in scores.values() if score is not None]
    spells = {f"2026-Q{number}": score for number, (score, _) in enumerate(scores.values(), 3)}
    return standing(
        basis=sum(known, Fraction(0)) / len(known) if known else None,
        prohibitions=sum(prohibited, Fraction(0)) / len(prohibited) if prohibited else None,
        spells=spells,
        star=1,
    )


@settings(max_examples=80)
@given(st.tuples(ITEMS, ITEMS), st.booleans())
def test_the_set_that_would_have_lifted_an_outlet_is_the_smallest(
    items: tuple[list[CountedItem], list[CountedItem]], all_or_nothing: bool
) -> None:
    visits = [ScoredVisit(f"v{n}", tuple(each), all_or_nothing, 60) for n, each in enumerate(items)]
    missed = [(visit.visit, item.item) for visit in visits for item in visit.items if item.credit < 1000]

    def lifted(met: tuple[Place, ...]) -> bool:
        scores = {visit.visit: visit.scores(frozenset(met)) for visit in visits}
        now = rate(
            by_means({visit.visit: visit.scores(frozenset()) for visit in visits}), HALF, RULES.stars, 1
        )
        then = rate(by_means(scores), HALF, RULES.stars, 1).star
        return then is not None and then >= (now.star or 0) + 1

    found = lift(visits, by_means, HALF, RULES.stars, 1)
    sizes = [
        size for size in range(len(missed) + 1) if any(lifted(each) for each in combinations(missed, size))
    ]
    if not sizes:
        assert found.items is None
        assert found.explanation.codes() & {"not-by-items", "first-rating-limit"}
        return
    assert found.items is not None
    assert lifted(found.items)
    assert found.smallest
    assert len(found.items) == sizes[0]


def test_why_no_items_would_have_lifted_an_outlet_is_said() -> None:
    good = [ScoredVisit("v", (CountedItem("p", 100, 1000, "P1"), CountedItem("a", 100, 1000)), True, 60)]

    def codes(**given: object) -> set[str]:
        return lift(
            good, lambda scores: replace(by_means(scores), **given), HALF, RULES.stars, 1
        ).explanation.codes()  # type: ignore[arg-type]

    assert codes(star=None) == {"first-rating-limit"}
    assert codes(star=3, perception=Fraction(1, 2)) == {"not-by-items", "gate-stays-shut"}
    veto = Veto("V1", 1, HALF.first)
    assert {"veto-in-clean-months", "closed-by-veto"} <= codes(star=3, vetoes=[veto])


def test_what_a_veto_took_is_won_back_by_the_line_of_the_star_that_was_held() -> None:
    """Held 2, under its line of 75 and a veto besides: none is left, and one item gives the line back."""
    items = (CountedItem("a", 30, 0), CountedItem("b", 10, 0), CountedItem("rest", 60, 1000))
    veto = Veto("V7", 2, HALF.first)

    def held(scores: Scores) -> Standing:
        score, _ = scores["v"]
        return standing(basis=score, spells={}, agent=True, star=2, vetoes=[veto])

    found = lift([ScoredVisit("v", items, False, 60)], held, HALF, RULES.stars, 1)
    assert (found.star, found.items, found.smallest) == (1, (("v", "a"),), True)


def test_who_rose_this_period_is_told_that_it_is_one_star_at_a_time() -> None:
    lost = [ScoredVisit("v", (CountedItem("a", 10, 0), CountedItem("rest", 90, 1000)), False, 60)]
    found = lift(lost, lambda scores: standing(basis=scores["v"][0], spells={}, star=1), HALF, RULES.stars, 1)
    assert found.items is None
    assert found.explanation.codes() == {"not-by-items", "one-star-at-a-time"}


def test_what_lifts_the_worst_quarter_counts_though_another_one_then_is_the_worst() -> None:
    weak = (
        CountedItem("a1", 600, 0, "P1"),
        CountedItem("a2", 600, 0, "P2"),
        CountedItem("a3", 1000, 0),
        CountedItem("p", 4800, 1000, "P3"),
        CountedItem("rest", 3000, 1000),
    )
    visits = [
        ScoredVisit("v3", weak, False, 60),
        ScoredVisit("v4", (CountedItem("r", 10_000, 1000, "P1"),), False, 60),
    ]

    def by_quarters(scores: Scores) -> Standing:
        (score, first), (_, second) = scores["v3"], scores["v4"]
        assert score is not None
        assert first is not None
        assert second is not None
        quarters = {"2026-Q3": score / 2 + 36, "2026-Q4": Fraction("80.5")}
        return standing(
            basis=sum(quarters.values()) / 2 + 8, spells=quarters, prohibitions=(first + second) / 2, star=2
        )

    found = lift(visits, by_quarters, HALF, RULES.stars, 1)
    assert (found.items, found.smallest) == ((("v3", "a3"),), True)


def test_a_search_that_ends_at_its_limit_says_so_and_names_nothing_that_can_be_left_out() -> None:
    items = [("v", str(number)) for number in range(14)]
    worth = {item: Fraction(1 + number % 5) for number, item in enumerate(items)}

    def measure(met: frozenset[Place]) -> Values:
        return (sum((worth[item] for item in met), Fraction(0)), Fraction(len(met) ** 2))

    def reaches(values: Values) -> bool:
        return all(
            value is not None and value >= asked for value, asked in zip(values, (15, 16), strict=True)
        )

    found, smallest = smallest_set(items, measure, reaches, 3)
    assert not smallest
    assert reaches(measure(frozenset(found)))
    for item in found:
        assert not reaches(measure(frozenset(found) - {item}))
    assert len(smallest_set(items, measure, reaches, 100_000)[0]) == 4


def test_where_an_item_adds_less_as_the_last_one_nothing_is_left_out_of_the_search() -> None:
    items = [("v", str(number)) for number in range(6)]
    worth = {item: Fraction(30 if number < 3 else 20) for number, item in enumerate(items)}

    def held(met: frozenset[Place]) -> Values:
        """At most 100, so that the last items add nothing at all."""
        return (min(sum((worth[item] for item in met), Fraction(0)), Fraction(100)),)

    def reaches(values: Values) -> bool:
        return values[0] is not None and values[0] >= 80

    found, smallest = smallest_set(items, held, reaches, 1000, bounded=False)
    assert (len(found), smallest) == (3, True)


def test_gates_are_reached_from_below() -> None:
    tests = {
        level: gate_tests(standing(basis=Fraction(80)), HALF, gate, RULES.stars)
        for level, gate in GATES.items()
    }
    assert highest(tests) == 2
