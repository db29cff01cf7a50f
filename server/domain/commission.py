"""The service commission of a month in fen: amount, staff shares, what is withheld (handbook 2.10, S4 p.24-28)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from server.domain.bands import band_of
from server.domain.exact import half_up
from server.domain.explain import Explanation, Later, named, note
from server.domain.rules_pay import Commission as Rules


@dataclass(frozen=True, slots=True)
class Terms:
    """What an outlet's commission of a month rests on.

    `base_fen` is its base by tier, class and setting; `since` the day its cooperation began; `composite` that of the
    month as rounded, None: not rated; `veto`: a class-1 veto in the month; `staff` the weights of those named for it.
    """

    base_fen: int
    since: date
    month_end: date
    composite: Fraction | None
    veto: bool
    staff: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Commission:
    """The commission of a month, all in fen; a negative amount is taken from the outlet's later ones, never from staff."""

    amount_fen: int
    withheld_fen: int
    staff_fen: int
    staff_split_fen: tuple[int, ...]
    years_factor: Fraction
    pay_factor: Fraction
    why: Later

    @property
    def explanation(self) -> Explanation:
        """The amount with its factors and the shares of the staff."""
        return self.why()


def base_of(tier: str, outlet_class: str, setting: str, rules: Rules) -> int:
    """Return the monthly base in fen by tier, class and setting, half up. Raises KeyError where the table has none."""
    return half_up(rules.base_fen[tier][outlet_class] * rules.setting_factors[setting])


def full_years(since: date, until: date) -> int:
    """Return how many full years have passed; who began on 29 February completes one on that day or 1 March."""
    return until.year - since.year - ((until.month, until.day) < (since.month, since.day))


def pay_factor(composite: Fraction | None, rules: Rules, *, veto: bool) -> Fraction:
    """Return the factor of a month by its composite."""
    if veto:
        return rules.veto_factor
    return rules.unrated_factor if composite is None else band_of(rules.pay_factors, composite).factor


def commission(terms: Terms, rules: Rules, version: int) -> Commission:
    """Return the commission of a month: base * years factor * pay factor, each sum rounded once."""
    years = max(0, full_years(terms.since, terms.month_end))
    by_years = band_of(rules.years_factors, Fraction(years)).factor
    by_composite = pay_factor(terms.composite, rules, veto=terms.veto)
    whole = terms.base_fen * by_years
    amount = half_up(whole * by_composite)
    withheld = half_up(whole * (1 - by_composite)) if by_composite < 1 else 0
    staff = half_up(amount * rules.staff_percent / 100) if amount > 0 and terms.staff else 0
    split = shared(staff, terms.staff)

    def explained() -> Explanation:
        notes = []
        if terms.veto:
            notes.append(note("class-1-veto"))
        elif terms.composite is None:
            notes.append(note("not-rated"))
        if amount < 0:
            notes.append(note("taken-from-later-months"))
        if not terms.staff:
            notes.append(note("no-staff-named"))
        return Explanation(
            "commission",
            amount,
            named(
                {
                    "base_fen": terms.base_fen,
                    "full_years": years,
                    "composite": terms.composite,
                    "withheld_fen": withheld,
                    "staff_fen": staff,
                }
            ),
            named(
                {"years_factor": by_years, "pay_factor": by_composite, "staff_percent": rules.staff_percent}
            ),
            tuple(notes),
            tuple(
                Explanation("staff-share", each, named({"weight": weight}))
                for each, weight in zip(split, terms.staff, strict=True)
            ),
            rules=version,
        )

    return Commission(amount, withheld, staff, split, by_years, by_composite, Later(explained))


def shared(fen: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Return a sum divided by weights (equal if all are 0); the fen left over go one each to the first."""
    if not weights:
        return ()
    parts = list(weights) if any(weights) else [1] * len(weights)
    whole = sum(parts)
    split = [fen * part // whole for part in parts]
    for place in range(fen - sum(split)):
        split[place] += 1
    return tuple(split)
