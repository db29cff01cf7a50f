"""The effect of coaching: an outlet's rank in its area at the quarter's end against the quarter before (2.13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from server.domain.explain import Explanation, named, note
from server.domain.periods import Period
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


def compared(quarter: Period) -> tuple[str, str]:
    """Return the months whose composites rank the outlets: the last of the quarter before, and the last of this one."""
    return quarter.back().split("month")[-1].code, quarter.split("month")[-1].code


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


def incentive(
    effect: Effect,
    quarter: Period,
    composites: tuple[Fraction | None, Fraction | None],
    area: str,
    people: tuple[Sequence[str], Sequence[str]],
    rules: Rules,
    version: int,
) -> Explanation:
    """Return the grounds on which the incentive of an outlet's quarter is proposed (S4 p.16).

    `composites` are those of the two months compared; `people` the names of the area managers and of the owners, who
    would be honoured.
    """
    rank = dict(effect.explanation.inputs)
    where = {name: rank[name] for name in ("rank_before", "rank", "of_before", "of")}
    managers, owners = ("、".join(names) for names in people)
    rose = Explanation(
        "ranks-up",
        effect.incentive,
        named({"area": area, "found": effect.up, **where}),
        named({"asked": rules.ranks_up}),
    )
    months = (
        Explanation("composite", value, subject=f"period:{month}")
        for month, value in zip(compared(quarter), composites, strict=True)
    )
    honoured = Explanation("honoured", None, named({"managers": managers, "owners": owners}))
    return Explanation("proposal-incentive", effect.incentive, parts=(rose, *months, honoured), rules=version)
