"""Exact arithmetic: half-up rounding, hundredths, thousandths, fen, decimal strings.

No figure of the rules is ever a float: points are integer hundredths, credits integer thousandths, money
integer fen, ratios are `Fraction`. Rounding happens once, at the end, half up and away from zero for
negatives (handbook 2).
"""

import re
from fractions import Fraction

FULL_CREDIT = 1000
"""A full credit, in thousandths."""

_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?", re.ASCII)


def half_up(value: Fraction) -> int:
    """Return the nearest integer; a half goes away from zero."""
    return divided(value.numerator, value.denominator)


def divided(part: int, whole: int) -> int:
    """Return part / whole rounded half up, away from zero for negatives; `whole` is above 0.

    Raises ValueError when `whole` is not above 0.
    """
    if whole <= 0:
        raise ValueError("the denominator must be above 0")
    size = (2 * abs(part) + whole) // (2 * whole)
    return size if part >= 0 else -size


def hundredths(value: Fraction) -> int:
    """Return the value in hundredths, rounded half up."""
    part, whole = value.as_integer_ratio()
    return divided(100 * part, whole)


def thousandths(part: int, whole: int) -> int:
    """Return 1000 * part / whole rounded half up, the credit of a share (handbook 2.1)."""
    return divided(FULL_CREDIT * part, whole)


def two_decimals(in_hundredths: int) -> str:
    """Return an integer number of hundredths as text: 6250 is "62.50", -5 is "-0.05"."""
    sign = "-" if in_hundredths < 0 else ""
    whole, rest = divmod(abs(in_hundredths), 100)
    return f"{sign}{whole}.{rest:02d}"


def yuan(fen: int) -> str:
    """Return an amount of fen as yuan with two decimals: 158400 is "1584.00"."""
    return two_decimals(fen)


def fen(amount: str) -> int:
    """Return the fen of an amount in yuan written as a decimal string; raises ValueError beyond two decimals."""
    exact = decimal(amount) * 100
    if exact.denominator != 1:
        raise ValueError(f"{amount!r} has more than two decimals")
    return exact.numerator


def is_decimal(text: object) -> bool:
    """Tell whether this is a decimal string: at most 12 digits before the point and 6 behind it."""
    return isinstance(text, str) and _DECIMAL.fullmatch(text) is not None


def decimal(text: str) -> Fraction:
    """Return the exact value of a decimal string; raises ValueError when it is none."""
    if not is_decimal(text):
        raise ValueError(f"{text!r} is not a decimal string")
    return Fraction(text)
