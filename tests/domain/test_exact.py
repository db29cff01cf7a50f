"""Exact arithmetic: half up, away from zero, nothing lost."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.exact import (
    decimal,
    divided,
    fen,
    half_up,
    hundredths,
    is_decimal,
    thousandths,
    two_decimals,
    yuan,
)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (Fraction(1, 2), 1),
        (Fraction(-1, 2), -1),
        (Fraction(5, 2), 3),
        (Fraction(-5, 2), -3),
        (Fraction(1, 3), 0),
    ],
)
def test_a_half_is_rounded_away_from_zero(value: Fraction, rounded: int) -> None:
    assert half_up(value) == rounded


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**9))
def test_rounding_is_that_of_decimal_half_up(part: int, whole: int) -> None:
    ours = divided(part, whole)
    assert abs(Fraction(part, whole) - ours) <= Fraction(1, 2)
    assert divided(-part, whole) == -ours


@given(st.integers(-(10**12), 10**12))
def test_halves_agree_with_the_standard_library(halves: int) -> None:
    expected = int((Decimal(halves) / 2).quantize(Decimal(1), ROUND_HALF_UP))
    assert divided(halves, 2) == expected


def test_a_denominator_of_zero_or_below_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        divided(1, 0)


def test_a_share_is_rounded_to_thousandths() -> None:
    assert [thousandths(1, 3), thousandths(2, 3), thousandths(1, 2000), thousandths(5, 5)] == [
        333,
        667,
        1,
        1000,
    ]


def test_hundredths_are_rounded_once() -> None:
    assert hundredths(Fraction(62499, 1000)) == 6250


@given(st.integers(-(10**9), 10**9))
def test_two_decimals_read_back_as_the_same_hundredths(value: int) -> None:
    assert Fraction(two_decimals(value)) == Fraction(value, 100)
    assert fen(yuan(value)) == value


def test_small_negative_amounts_keep_their_sign() -> None:
    assert two_decimals(-5) == "-0.05"


def test_more_than_two_decimals_are_no_amount() -> None:
    with pytest.raises(ValueError, match="two decimals"):
        fen("1.005")


@pytest.mark.parametrize("text", ["0", "-0.5", "12.500000", "999999999999.999999"])
def test_decimal_strings_are_exact(text: str) -> None:
    assert decimal(text) == Fraction(text)


@pytest.mark.parametrize(
    "text", ["", "1.", ".5", "01", "1e3", "+1", "1.0000001", "１", "1 ", "NaN", 1, None, 1.5]
)
def test_what_is_no_decimal_string_is_refused(text: object) -> None:
    assert not is_decimal(text)
    with pytest.raises((ValueError, TypeError)):
        decimal(text)  # type: ignore[arg-type]
