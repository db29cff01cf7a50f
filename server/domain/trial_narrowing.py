"""What a trial of rules has to reckon anew, by what differs: stored values, stored explanations, or visits and inputs.

A figure on which nothing bears that differs is taken as it is stored. Where the explanation of the stored one has all that the
tried rules ask for, it is made from that; only where they look at something else are visits and inputs read.
"""

from __future__ import annotations

from enum import IntEnum

from server.domain.periods import Period
from server.domain.rules import RuleSet


class Ground(IntEnum):
    """From what a figure is made; each asks for more than the one before."""

    STORED = 0
    EXPLAINED = 1
    FACTS = 2


def composites_from(before: RuleSet, after: RuleSet, tier: str) -> Ground:
    """Return from what the composites of a tier follow."""
    one, two = before.composite, after.composite
    if _filled_in(one.missing) != _filled_in(two.missing) or _each(one.bonus) != _each(two.bonus):
        return Ground.FACTS
    same = one.weights[tier] == two.weights[tier] and all(
        getattr(one, name) == getattr(two, name)
        for name in ("perception", "complaints_zero_at", "errors_zero_at", "bonus", "missing")
    )
    return Ground.STORED if same else Ground.EXPLAINED


def stars_from(before: RuleSet, after: RuleSet, period: Period, *, agent: bool, moved: bool) -> Ground:
    """Return from what the stars of agents or of own halls follow; `moved`: the agent's composites differ."""
    if before.stars.period != period.kind or _least_replies(before) != _least_replies(after):
        return Ground.FACTS
    if not agent and _of_halls(before) != _of_halls(after):
        return Ground.FACTS
    if moved or before.stars != after.stars or before.vetoes != after.vetoes:
        return Ground.EXPLAINED
    return Ground.STORED


def classes_from(before: RuleSet, after: RuleSet, period: Period) -> Ground:
    """Return from what the classes of agents follow."""
    if before.classes.period != period.kind:
        return Ground.FACTS
    return Ground.STORED if before.classes == after.classes else Ground.EXPLAINED


def _filled_in(missing: object) -> object:
    return tuple(getattr(missing, name) for name in ("least_replies", "replies_months", "months_before"))


def _each(bonus: object) -> object:
    return tuple(getattr(bonus, name) for name in ("praise", "idea"))


def _least_replies(rules: RuleSet) -> int:
    return max(1, rules.composite.missing.least_replies)


def _of_halls(rules: RuleSet) -> object:
    """What an own hall's basis is made by; its visits and logs are told in sums that other rules would add otherwise."""
    own = rules.composite
    return (
        rules.stars.own_hall,
        rules.aggregates,
        rules.indicators,
        own.perception,
        own.complaints_zero_at,
        own.missing.rated_from_weight,
    )


def asks_inputs(before: RuleSet, after: RuleSet, period: Period) -> bool:
    """Tell whether some figure of a stored period is reckoned from its inputs as they are now."""
    if period.kind == "month":
        tiers = (tier for tier, _ in after.composite.weights.items())
        return any(composites_from(before, after, tier) is Ground.FACTS for tier in tiers)
    stars = after.stars.period == period.kind and any(
        stars_from(before, after, period, agent=agent, moved=False) is Ground.FACTS for agent in (True, False)
    )
    classes = after.classes.period == period.kind and classes_from(before, after, period) is Ground.FACTS
    return stars or classes
