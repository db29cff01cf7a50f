"""Figures of units once more from what is stored with them, with other visits of one own hall: nothing else is read anew.

`told` is a stored explanation as JSON values. Sums are exact, so what comes out is, byte for byte, what all visits would come to;
where what is stored does not say enough for that, nothing comes out, and whoever asked reads all visits.
"""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from fractions import Fraction
from typing import Any

from server.domain.aggregates import VisitFigure, by_outlet, mean, total
from server.domain.explain import Explanation, WithStored
from server.domain.indicators import TOUCHPOINTS, Indicator, Sum
from server.domain.rules_ratings import WeakItem as WeakItemRules
from server.domain.rules_ratings import WindowRules
from server.domain.rules_visits import Aggregates
from server.domain.service_indicators import Summed
from server.domain.stored_ratings import figure
from server.domain.weak_items import Improvement, WeakItem, improved
from server.domain.window import Measured, Window, hall_part
from server.domain.window import told as told_window

Told = Mapping[str, Any]


def summed_of(told: Told) -> Summed:
    """Return what an indicator of a unit was added up to, without its parts."""
    inputs = told["inputs"]
    part, whole, beside = inputs["part"], inputs["whole"], figure(inputs["beside"])
    if not whole:
        return Summed()
    outlets: Counter[Any] = Counter({inputs["source"]: inputs["outlets"]})
    for note in told.get("notes", ()):
        if note["code"] == "sources-by-outlet":
            logs, visited, all_ = note["logs"], note["visited"], note["of"]
            outlets = Counter(log=logs, visits=visited, survey=all_ - logs - visited)
    return Summed(part, whole, None if beside is None else int(beside * whole), outlets)


def window_with(
    told: Told,
    before: Sequence[VisitFigure],
    after: Sequence[VisitFigure],
    rules: WindowRules,
    aggregates: Aggregates,
    version: int,
) -> Window | None:
    """Return a unit's window score with other visits of one hall: `before` are those that it has of it, `after` the others.

    None where that cannot be told: visits without any prohibition's item are in neither of the sums, and not told apart.
    """
    parts: Sequence[Told] = told.get("parts", ())
    halls = {visit.outlet for visit in (*before, *after)}
    left = [part for part in parts if part["subject"] not in {f"outlet:{outlet}" for outlet in halls}]
    partly = any(part.get("notes") for part in parts) or any(
        visit.prohibition_score is None or visit.score is None for visit in (*before, *after)
    )
    if rules.score != "prohibitions" or partly or len(parts) - len(left) != len(by_outlet(before)):
        return None
    inputs = told["inputs"]
    for outlet, mine in by_outlet(after).items():
        insort(left, hall_part(outlet, mine, rules).as_json(), key=_first_visit)
    visits = inputs["visits"] - len(before) + len(after)
    of_halls = aggregates.branch_mean_of == "halls"
    was, many = (len(parts), len(left)) if of_halls else (inputs["visits"], visits)

    def moved(name: str, score: str) -> Fraction | None:
        whole = (figure(inputs[name]) or Fraction(0)) * was
        whole += _weight(after, score, of_halls) - _weight(before, score, of_halls)
        return whole / many if many else None

    of = Measured(
        moved("prohibition_score", "prohibition_score"),
        moved("visit_score", "score"),
        visits,
        len(left),
        *(
            inputs[name]
            + sum(getattr(one, name) for one in after)
            - sum(getattr(one, name) for one in before)
            for name in ("touchpoints_met", "touchpoints")
        ),
    )
    found = told_window(of, rules, aggregates, version, ())
    return replace(found, explanation=_with(found.explanation, tuple(left)))


def sums_with(told: Told, before: Sequence[Sum], after: Sequence[Sum]) -> tuple[Sum, ...]:
    """Return the sums that a unit's weak item was sought among, with other visits of one hall: of the same indicators."""
    less, more = ({each.indicator.id: each for each in sums} for sums in (before, after))
    found = []
    for part in told.get("parts", ()):
        name, inputs = part["subject"].removeprefix("indicator:"), part["inputs"]
        sum_ = Sum(_indicator(name, inputs["points"]), inputs["earned"], inputs["full"], inputs["visits"])
        for sums, sign in ((less, -1), (more, 1)):
            if name in sums:
                one = sums[name]
                sum_ = sum_.plus(sign * one.earned, sign * one.full, sign * one.visits)
        found.append(sum_)
    return tuple(found)


def improvement_with(
    told: Told, sums: Sequence[Sum], rules: WeakItemRules, version: int, *, deducts: bool
) -> Improvement:
    """Return what became of a weak item with these sums of its quarter; what it was before stays."""
    inputs = told["inputs"]
    later = next((each for each in sums if each.indicator.id == inputs["indicator"]), None)
    item = WeakItem(_indicator(inputs["indicator"], 0), figure(inputs["ratio_before"]) or Fraction(0), 0)
    return improved(item, inputs["rank"], later, rules, version, deducts=deducts)


def _weight(visits: Sequence[VisitFigure], score: str, of_halls: bool) -> Fraction:
    """What visits add to the sum whose mean a unit has: the mean of each hall, or each visit's score."""
    if not of_halls:
        return total(getattr(visit, score) for visit in visits)
    return total(
        mean(getattr(visit, score) for visit in mine) or Fraction(0) for mine in by_outlet(visits).values()
    )


def _first_visit(part: Told) -> tuple[str, str]:
    first = part["parts"][0]
    return first["inputs"]["day"], first["subject"]


def _indicator(name: str, points: int) -> Indicator:
    return Indicator(name, "touchpoints" if name.startswith(TOUCHPOINTS) else "prohibition", points)


def _with(why: Explanation, told: tuple[Told, ...]) -> Explanation:
    return WithStored(**{each.name: getattr(why, each.name) for each in fields(why)}, told=told)
