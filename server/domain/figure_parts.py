"""What is kept beside composites and stars, so that they can be weighed by other rules without reading visits, inputs or explanations.

The parts lie in `figure.parts` as JSON; values are of 0..1, as numerator and denominator. So what was imported since has no say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from server.domain.composite import PARTS
from server.domain.exact import divided
from server.domain.periods import Period
from server.domain.rules_ratings import Composite as CompositeRules
from server.domain.rules_stars import OwnHallBasis
from server.domain.star_basis import HallParts
from server.domain.weighting import Ratio, ratio_less, ratio_on_line, weigh_ratios

Told = Mapping[str, Any]
OWN = None
"""A part was taken from its own month."""
NOWHERE = ""
"""A part was found in none of the months that were looked at."""
_FROM_BEFORE = ("mystery", "area_check", "audit", "certified")
"""The parts that an earlier month may stand in for, in the order of `CompositeParts.taken`."""


class CompositeParts(NamedTuple):
    """C1 to C6 of an outlet's month before any line (None: no data), and what stood in for what was missing.

    `perception` is the rate of satisfied customers where there were replies enough, `complaints` and `audit` are counts, `bonus` what
    was granted before its limit and `praised` whether anything was. `replies` were counted for C1, `together` those of several
    months, or too few. `taken` has of C2, C3, C5 and C6 the month each came from (`OWN`, `NOWHERE`), `latest` the mean
    of the last day with mystery visits, where the month had several.
    """

    perception: Ratio | None
    mystery: Ratio | None
    area_check: Ratio | None
    complaints: int | None
    audit: int | None
    certified: Ratio | None
    bonus: Ratio
    praised: bool
    replies: int
    together: bool
    taken: Sequence[str | None]
    latest: Ratio | None


def composite_parts(told: Told) -> CompositeParts:
    """Return the parts that the explanation of an outlet's composite (JSON values) tells."""
    parts = {part["figure"]: part for part in told["parts"]}
    inputs = {name: parts[name]["inputs"] for name in PARTS}
    there = {name: parts[name]["value"] is not None for name in PARTS}
    value = {name: ratio(parts[name]["value"]) for name in PARTS}
    limited = next((note for note in told.get("notes", ()) if note["code"] == "bonus-limited"), None)
    bonus = told["inputs"]["bonus"] if limited is None else limited["granted"]
    taken = [_taken(parts[name], there=there[name]) for name in _FROM_BEFORE]
    return CompositeParts(
        ratio(inputs["perception"]["rate"]) if there["perception"] else None,
        value["mystery"],
        value["area_check"],
        inputs["complaints"]["proven"],
        inputs["audit"]["errors"],
        value["certified"],
        ratio(bonus) or (0, 1),
        bool(_exact(bonus)) or len(parts) > len(PARTS),
        inputs["perception"]["replies"],
        any(
            note["code"] in ("months-together", "too-few-replies")
            for note in parts["perception"].get("notes", ())
        ),
        taken,
        _latest(parts["mystery"]) if taken[0] is OWN else None,
    )


def _taken(part: Told, *, there: bool) -> str | None:
    for note in part.get("notes", ()):
        if note["code"] == "month-taken":
            return str(note["month"])
        if note["code"] == "latest-taken":
            return str(note["day"])[: len("2026-11")]
    return OWN if there else NOWHERE


def _latest(mystery: Told) -> Ratio | None:
    visits = mystery.get("parts", ())
    last = max(visit["inputs"]["day"] for visit in visits)
    scores = [_exact(visit["value"]) for visit in visits if visit["inputs"]["day"] == last]
    if len(scores) == len(visits):
        return None
    return (sum(scores, Fraction(0)) / (100 * len(scores))).as_integer_ratio()


def standing_in(parts: CompositeParts, name: str) -> Ratio | int | None:
    """Return what a month stands in with for a part of the months after it; None where its own figure came from before."""
    if parts.taken[_FROM_BEFORE.index(name)] is not OWN:
        return None
    found: Ratio | int | None = getattr(parts, name)
    return parts.latest or found if name == "mystery" else found


def filled_in(
    parts: CompositeParts,
    month: Period,
    before: CompositeRules,
    after: CompositeRules,
    earlier: Callable[[str, str], Ratio | int | None],
) -> CompositeParts | None:
    """Return the parts as `after` fills in for what is missing, from those that `before` filled in; None where they do not say.

    `earlier` gives what an earlier month of the same outlet stands in with for a part, by the part's name and the month's code.
    """
    one, two = before.missing, after.missing
    if (one.least_replies, one.replies_months) != (two.least_replies, two.replies_months) and (
        parts.together or parts.replies < two.least_replies
    ):
        return None
    if parts.praised and (before.bonus.praise, before.bonus.idea) != (after.bonus.praise, after.bonus.idea):
        return None
    if one.months_before == two.months_before:
        return parts
    reached = month.back(two.months_before).code
    found: dict[str, Any] = {}
    for name, taken in zip(_FROM_BEFORE, parts.taken, strict=True):
        if taken == NOWHERE:
            for turn in range(one.months_before + 1, two.months_before + 1):
                found[name] = earlier(name, month.back(turn).code)
                if found[name] is not None:
                    break
        # What was taken is of the nearest month, so that nothing nearer stands in for it.
        elif taken is not OWN and taken < reached:
            found[name] = None
    return parts._replace(**found) if found else parts


def composite_by(tier: str, rules: CompositeRules) -> Callable[[CompositeParts], int | None]:
    """Return what weighs parts to a composite in hundredths, None where it is not rated (handbook 2.7)."""
    weights = [getattr(rules.weights[tier], name).as_integer_ratio() for name in PARTS]
    least, most = rules.missing.rated_from_weight, rules.bonus.most
    line, complaints, errors = rules.perception, rules.complaints_zero_at, rules.errors_zero_at

    def weighed(parts: CompositeParts) -> int | None:
        rate, mystery, area_check, proven, audited, certified, bonus, *_ = parts
        found, _, _ = weigh_ratios(
            (
                None if rate is None else ratio_on_line(rate, line),
                mystery,
                area_check,
                None if proven is None else ratio_less(proven, complaints),
                None if audited is None else ratio_less(audited, errors),
                certified,
            ),
            weights,
            least,
        )
        if found is None:
            return None
        part, whole = found
        if bonus[0]:
            more, by = min(Fraction(*bonus), most).as_integer_ratio()
            part, whole = part * by + more * whole, whole * by
        return min(100_00, max(0, divided(100 * part, whole)))

    return weighed


class StarParts(NamedTuple):
    """What a star was given by, in the figures of its explanation; `halls` has what an own hall's bases are weighed from, by the
    codes of the period and its quarters (None: an agent, or kept by an earlier version).
    """

    basis: str | int | None
    spells: Mapping[str, str | int | None]
    perception: str | int | None
    prohibitions: str | int | None
    halls: Mapping[str, Sequence[Any]] | None


def star_parts(told: Told, halls: Mapping[str, HallParts] | None = None) -> StarParts:
    """Return the parts that the explanation of a star (JSON values) tells, with those of an own hall."""
    spells = {part["inputs"]["period"]: part["value"] for part in told["parts"] if part["figure"] == "spell"}
    inputs = told["inputs"]
    return StarParts(inputs["basis"], spells, inputs["perception"], inputs["prohibition_score"], halls)


def hall_by(weights: OwnHallBasis, rules: CompositeRules) -> Callable[[HallParts], int | None]:
    """Return what weighs an own hall's parts to its basis in hundredths, None where it is not rated (handbook 2.8)."""
    shares = [
        weight.as_integer_ratio()
        for weight in (
            weights.mystery,
            weights.perception,
            weights.on_time,
            weights.complaints,
            weights.patrol,
            weights.corrective_actions,
        )
    ]
    least, line, zero_at = rules.missing.rated_from_weight, rules.perception, rules.complaints_zero_at

    def weighed(parts: HallParts) -> int | None:
        mystery, rate, on_time, proven, patrol, fixes = parts
        values = (
            mystery,
            None if rate is None else ratio_on_line(rate, line),
            on_time,
            (sum(ratio_less(each, zero_at)[0] for each in proven), zero_at * len(proven)) if proven else None,
            patrol,
            fixes,
        )
        found, _, _ = weigh_ratios(values, shares, least)
        return None if found is None else divided(100 * found[0], found[1])

    return weighed


@lru_cache(maxsize=65_536)
def ratio(written: str | int | None) -> Ratio | None:
    """Return a figure as explanations write it as numerator and denominator."""
    return None if written is None else _exact(written).as_integer_ratio()


def _exact(written: str | int) -> Fraction:
    return Fraction(written)
