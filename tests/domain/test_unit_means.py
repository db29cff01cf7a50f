"""Means of a unit: its rated outlets alone, whatever the order, with the outlets that have none counted beside them."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from server.domain.unit_means import Rated, fixes_of_unit, mean_of_unit


def rated(*hundredths: int | None) -> Rated:
    found = Rated()
    for each in hundredths:
        found.add(each)
    return found


def test_an_outlet_without_a_composite_lowers_no_mean() -> None:
    assert rated(9000, None, 8001).mean == Fraction(17001, 200)
    told = mean_of_unit("composite", rated(9000, None, 8001), (), 1)
    assert dict(told.inputs) == {"outlets": 3, "rated_outlets": 2}


def test_a_unit_whose_outlets_are_all_unrated_has_no_mean_and_says_so() -> None:
    told = mean_of_unit("star", rated(None, None), (), 1)
    assert (told.value, told.codes()) == (None, {"no-data"})


@given(st.lists(st.one_of(st.none(), st.integers(0, 10_000)), min_size=1), st.integers(0, 30))
def test_the_mean_of_all_is_that_of_its_parts_by_how_many_they_have(
    values: list[int | None], cut: int
) -> None:
    one, other, whole = rated(*values[:cut]), rated(*values[cut:]), rated(*values)
    assert (one.total + other.total, one.rated + other.rated) == (whole.total, whole.rated)
    assert whole.mean == rated(*reversed(values)).mean


def test_fixes_in_time_are_a_rate_of_those_that_were_due() -> None:
    assert fixes_of_unit(3, 4, 1).value == Fraction(3, 4)
    assert fixes_of_unit(0, 0, 1).codes() == {"no-data"}
