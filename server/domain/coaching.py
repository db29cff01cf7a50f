"""The effect of coaching: an outlet's rank in its area at the quarter's end against the quarter before (2.13)."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.explain import Explanation, named, note
from server.domain.ranks import Scores, ranks
from server.domain.rules_service import Coaching as Rules


@dataclass(frozen=True, slots=True)
class Effect:
    """How many ranks an outlet rose (negative: fell; None: not ranked in both), and whether an incentive is proposed."""

    outlet: str
    before: int | None
    now: int | None
    up: int | None
    incentive: bool
    explanation: Explanation


def effects(before: Scores, now: Scores, rules: Rules, version: int) -> tuple[Effect, ...]:
    """Return the effect for every outlet of an area, by outlet; the incentive is for area manager and owner."""
    was, is_ = ranks(before), ranks(now)
    found = []
    for outlet in sorted({*before, *now}):
        first, then = was.get(outlet), is_.get(outlet)
        up = None if first is None or then is None else first - then
        incentive = up is not None and up >= rules.ranks_up
        why = Explanation(
            "coaching",
            up,
            named(
                {
                    "rank_before": first,
                    "rank": then,
                    "of_before": len(was),
                    "of": len(is_),
                    "incentive": incentive,
                }
            ),
            named({"ranks_up": rules.ranks_up}),
            (note("not-ranked-in-both"),) if up is None else (),
            subject=f"outlet:{outlet}",
            rules=version,
        )
        found.append(Effect(outlet, first, then, up, incentive, why))
    return tuple(found)
