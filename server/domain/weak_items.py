"""The weak item of a quarter, its target, and what became of it a quarter later (handbook 2.6, S3 5.2.2.2.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from server.domain.bands import band_of
from server.domain.explain import Explanation, Note, named, note
from server.domain.indicators import Indicator, Sum
from server.domain.rules_ratings import WeakItem as WeakItemRules

Outcome = Literal["met", "missed", "too_few"]
Tracking = Literal["open", "closed"]
WHOLE = Fraction(1)


@dataclass(frozen=True, slots=True)
class WeakItem:
    """The weak item of a quarter; `ratio` is earned over full of all its applicable answers."""

    indicator: Indicator
    ratio: Fraction
    samples: int


@dataclass(frozen=True, slots=True)
class Weakest:
    """The search for a quarter's weak item: what was found, why nothing was, and how.

    `nothing`: `too_few` (no indicator has enough visits) or `all_full` (the lowest ratio is exactly 1).
    """

    item: WeakItem | None
    nothing: Literal["too_few", "all_full"] | None
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class Improvement:
    """What became of a weak item in the next quarter.

    `target` in percent; `to_reach`, `ratio` and `improvement` are fractions of 1 (improvement None: too few visits,
    or nothing to divide by); `deduction` in points off the window score.
    """

    item: WeakItem
    target: Fraction
    to_reach: Fraction
    ratio: Fraction | None
    samples: int
    improvement: Fraction | None
    outcome: Outcome
    deduction: Fraction
    explanation: Explanation


def weakest(sums: Iterable[Sum], rules: WeakItemRules, version: int) -> Weakest:
    """Return the weak item among the indicators of a quarter; they come in the checklist's order.

    The lowest ratio among those with enough visits; ties: more points first, then the checklist's order.
    """
    candidates: list[tuple[Fraction, int, int, Sum]] = []
    parts = []
    for place, each in enumerate(sums):
        enough = each.visits >= rules.min_samples
        if each.ratio is not None and enough:
            candidates.append((each.ratio, -each.indicator.points, place, each))
        parts.append(listed(each, () if enough else (note("too-few", visits=each.visits),)))
    thresholds = named({"min_samples": rules.min_samples})
    best = min(candidates, default=None, key=lambda one: one[:3])
    if best is None or best[0] == WHOLE:
        nothing: Literal["too_few", "all_full"] = "too_few" if best is None else "all_full"
        why = Explanation(
            "weak-item",
            None,
            thresholds=thresholds,
            notes=(note(f"weak-item-{nothing.replace('_', '-')}"),),
            parts=tuple(parts),
            rules=version,
        )
        return Weakest(None, nothing, why)
    found = best[3]
    ties = [one[3].indicator.id for one in candidates if one[0] == best[0]]
    why = Explanation(
        "weak-item",
        found.indicator.id,
        named({"ratio": best[0], "earned": found.earned, "full": found.full, "visits": found.visits}),
        thresholds,
        (note("tie-by-points-and-order", tied=" ".join(ties)),) if len(ties) > 1 else (),
        tuple(parts),
        f"indicator:{found.indicator.id}",
        version,
    )
    return Weakest(WeakItem(found.indicator, best[0], found.visits), None, why)


def target_percent(rank: int, rules: WeakItemRules) -> Fraction:
    """Return by how many percent the branch of this rank in the province has to improve; ranks begin with 1."""
    return band_of(rules.targets, Fraction(rank)).percent


def to_reach(item: WeakItem, rank: int, rules: WeakItemRules) -> Fraction:
    """Return the ratio that the next quarter has to reach, never above 1."""
    return min(WHOLE, item.ratio * (1 + target_percent(rank, rules) / 100))


def improved(
    item: WeakItem,
    rank: int,
    later: Sum | None,
    rules: WeakItemRules,
    version: int,
    *,
    deducts: bool = True,
) -> Improvement:
    """Return what became of a weak item; `rank` is that of its own quarter, `later` the next quarter's sum.

    Met when the ratio to reach is reached (from a ratio of 0: when anything is earned); too few visits: no deduction.
    `deducts` is of branches: counties, areas and outlets have the same picture, and lose no points.
    """
    target, wanted = target_percent(rank, rules), to_reach(item, rank, rules)
    samples = later.visits if later else 0
    ratio = later.ratio if later else None
    improvement: Fraction | None = None
    outcome: Outcome
    if ratio is None or samples < rules.min_samples:
        outcome = "too_few"
    else:
        improvement = (ratio - item.ratio) / item.ratio if item.ratio else None
        outcome = "met" if (ratio >= wanted if item.ratio else ratio > 0) else "missed"
    deduction = rules.deduction if deducts and outcome == "missed" else Fraction(0)
    notes = (note("too-few-no-deduction", visits=samples),) if outcome == "too_few" else ()
    why = Explanation(
        "weak-item-improvement",
        outcome,
        named(
            {
                "indicator": item.indicator.id,
                "ratio_before": item.ratio,
                "ratio": ratio,
                "visits": samples,
                "rank": rank,
                "improvement": improvement,
                "deduction": deduction,
            }
        ),
        named({"target_percent": target, "to_reach": wanted, "min_samples": rules.min_samples}),
        notes,
        (listed(later),) if later else (),
        f"indicator:{item.indicator.id}",
        version,
    )
    return Improvement(item, target, wanted, ratio, samples, improvement, outcome, deduction, why)


def after_deduction(score: Fraction | None, improvement: Improvement | None) -> Fraction | None:
    """Return the window score after the deduction, not below 0; ranks use the one before it."""
    if score is None or improvement is None:
        return score
    return max(Fraction(0), score - improvement.deduction)


def tracked(before: Tracking | None, outcome: Outcome | None, *, weak_again: bool) -> Tracking | None:
    """Return where the tracking of an indicator stands after a quarter.

    Opened (or opened again) when it is the weak item, closed when the quarter's target is met; None: never tracked.
    """
    if weak_again:
        return "open"
    return "closed" if before == "open" and outcome == "met" else before


def listed(each: Sum, notes: tuple[Note, ...] = ()) -> Explanation:
    """Return the explanation of an indicator: earned over full of its applicable answers, in how many visits."""
    return Explanation(
        "indicator",
        each.ratio,
        named(
            {
                "earned": each.earned,
                "full": each.full,
                "visits": each.visits,
                "points": each.indicator.points,
            }
        ),
        notes=notes,
        subject=f"indicator:{each.indicator.id}",
    )
