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


def sums(
    base_fen: int, years_factor: Fraction, pay_factor: Fraction, staff_percent: Fraction, *, named: bool
) -> tuple[int, int, int]:
    """Return amount, withheld and staff share in fen, each rounded once; `named`: staff is named for the month."""
    whole = base_fen * years_factor
    amount = half_up(whole * pay_factor)
    withheld = half_up(whole * (1 - pay_factor)) if pay_factor < 1 else 0
    return amount, withheld, half_up(amount * staff_percent / 100) if amount > 0 and named else 0


def full_years(since: date, until: date) -> int:
    """Return how many full years have passed; who began on 29 February completes one on that day or 1 March."""
    return until.year - since.year - ((until.month, until.day) < (since.month, since.day))


def years_factor(years: int, rules: Rules) -> Fraction:
    """Return the factor of so many full years of cooperation; before it began they count as none."""
    return band_of(rules.years_factors, Fraction(max(0, years))).factor


def pay_factor(composite: Fraction | None, rules: Rules, *, veto: bool) -> Fraction:
    """Return the factor of a month by its composite."""
    if veto:
        return rules.veto_factor
    return rules.unrated_factor if composite is None else band_of(rules.pay_factors, composite).factor


def commission(terms: Terms, rules: Rules, version: int) -> Commission:
    """Return the commission of a month: base * years factor * pay factor, each sum rounded once."""
    years = max(0, full_years(terms.since, terms.month_end))
    by_years = years_factor(years, rules)
    by_composite = pay_factor(terms.composite, rules, veto=terms.veto)
    amount, withheld, staff = sums(
        terms.base_fen, by_years, by_composite, rules.staff_percent, named=bool(terms.staff)
    )
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


def grounds(month: str, composite: Fraction | None, imports: Sequence[int | None]) -> tuple[Explanation, ...]:
    """Return what a commission rests on: the month's composite, and the lists that name its staff.

    `imports` has of each of the staff the number of the import that named them (None: not known).
    """
    lists = sorted(set(imports), key=lambda one: (one is None, one))
    return (
        Explanation("composite", composite, subject=f"period:{month}"),
        *(
            Explanation("staff-list", imports.count(each), named({"month": month, "import": each}))
            for each in lists
        ),
    )


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
