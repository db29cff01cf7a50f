"""Composites, stars and classes once more from what is stored with them: with other scores, or under other rules.

So no visit and no input has to be read anew, and what was imported since has no say. `told` is an explanation as JSON values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from server.domain import decisions
from server.domain.aggregates import HUNDRED, mean
from server.domain.composite import PARTS, composite_of
from server.domain.figure_parts import StarParts
from server.domain.rules_pay import Classes
from server.domain.rules_ratings import Composite as CompositeRules
from server.domain.stars import Standing, Veto

Told = Mapping[str, Any]


def composite_with(
    told: Told, scores: Mapping[str, Fraction | None], rules: CompositeRules
) -> Fraction | None:
    """Return the composite as it would be with other scores of some of its visits; without any, as it is stored.

    `rules` are those that it was made by.
    """
    parts = {part["figure"]: part for part in told["parts"]}
    values = [_scored(parts[name], scores) for name in PARTS]
    found = composite_of(told["inputs"]["tier"], values, _granted(told), rules)
    return None if found is None else Fraction(found, 100)


def visits_of_composite(told: Told) -> list[str]:
    """Return the ids of the visits that a composite was made from."""
    return [each["subject"].removeprefix("visit:") for part in told["parts"] for each in _visits(part)]


def _visits(part: Told) -> list[Told]:
    return [each for each in part.get("parts", ()) if each["figure"] == "visit"]


def _scored(part: Told, scores: Mapping[str, Fraction | None]) -> Fraction | None:
    visits = _visits(part)
    if not visits:
        return figure(part["value"])
    found = mean(scores.get(each["subject"].removeprefix("visit:"), figure(each["value"])) for each in visits)
    return None if found is None else found / HUNDRED


def _granted(told: Told) -> Fraction:
    """The bonus before its limit."""
    notes = {note["code"]: note for note in told.get("notes", ())}
    limited = notes.get("bonus-limited")
    return figure(told["inputs"]["bonus"] if limited is None else limited["granted"]) or Fraction(0)


def standing_of(
    parts: StarParts,
    basis: Fraction | None,
    spells: Mapping[str, Fraction | None],
    vetoes: Sequence[Veto],
    star: int | None,
    reached_before: Sequence[int],
    since: Any,
    *,
    agent: bool,
) -> Standing:
    """Return what a star is given by, with this basis and these spells, the rest as it is stored."""
    return Standing(
        basis,
        spells,
        agent=agent,
        perception=figure(parts.perception),
        prohibitions=figure(parts.prohibitions),
        vetoes=vetoes,
        star=star,
        reached_before=reached_before,
        since=since,
    )


def class_again(told: Told, tier: str, setting: str, rules: Classes, version: int) -> str:
    """Return the class of an agent by the customers of its months."""
    months = {part["subject"].removeprefix("period:"): part["value"] for part in told.get("parts", ())}
    found, _ = decisions.outlet_class(tier, setting, months, rules, version)
    return found


@lru_cache(maxsize=65_536)
def figure(written: int | str | None) -> Fraction | None:
    """Return a figure as explanations write it: an integer, a decimal text, or `p/q`."""
    return None if written is None else Fraction(written)
