"""What a trial of rules has to reckon anew, by what differs: stored values, stored explanations, or visits and inputs.

A figure on which nothing bears that differs is taken as it is stored. Where what is kept beside the stored one has all that the
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
    """Return from what the composites of a tier follow; those whose parts do not say what fills in follow from facts all the same
    (`figure_parts.filled_in`)."""
    if weighed_alike(before, after, tier) and filled_in_alike(before, after):
        return Ground.STORED
    return Ground.EXPLAINED


def weighed_alike(before: RuleSet, after: RuleSet, tier: str) -> bool:
    """Tell whether the same parts come to the same composite under both."""
    one, two = before.composite, after.composite
    return (
        one.weights[tier] == two.weights[tier]
        and one.missing.rated_from_weight == two.missing.rated_from_weight
        and one.bonus.most == two.bonus.most
        and all(
            getattr(one, name) == getattr(two, name)
            for name in ("perception", "complaints_zero_at", "errors_zero_at")
        )
    )


def filled_in_alike(before: RuleSet, after: RuleSet) -> bool:
    """Tell whether the same stands in for missing parts under both, and each praise and idea is worth the same."""
    one, two = before.composite, after.composite
    return _filled_in(one.missing) == _filled_in(two.missing) and _each(one.bonus) == _each(two.bonus)


def stars_from(before: RuleSet, after: RuleSet, period: Period, *, agent: bool, moved: bool) -> Ground:
    """Return from what the stars of agents or of own halls follow; `moved`: the agent's composites differ."""
    if before.stars.period != period.kind or _least_replies(before) != _least_replies(after):
        return Ground.FACTS
    if not agent and (before.aggregates, before.indicators) != (after.aggregates, after.indicators):
        return Ground.FACTS
    if moved or before.stars != after.stars or before.vetoes != after.vetoes:
        return Ground.EXPLAINED
    if not agent and halls_weighed(before) != halls_weighed(after):
        return Ground.EXPLAINED
    return Ground.STORED


def halls_weighed(rules: RuleSet) -> object:
    """What an own hall's parts are weighed by; its visits and logs are told in sums that other rules would add otherwise."""
    own = rules.composite
    return rules.stars.own_hall, own.perception, own.complaints_zero_at, own.missing.rated_from_weight


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


def asks_inputs(before: RuleSet, after: RuleSet, period: Period) -> bool:
    """Tell whether some figure of a stored period is reckoned from its inputs as they are now."""
    if period.kind == "month":
        return not filled_in_alike(before, after)
    stars = after.stars.period == period.kind and any(
        stars_from(before, after, period, agent=agent, moved=False) is Ground.FACTS for agent in (True, False)
    )
    classes = after.classes.period == period.kind and classes_from(before, after, period) is Ground.FACTS
    return stars or classes
