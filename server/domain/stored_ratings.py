"""Composites, stars and classes once more under other rules, from the explanations that are stored with them.

An explanation has everything that a figure was made from: the parts of a composite, the spells and rates behind a star, the
customers behind a class. So no visit and no input has to be read anew, and what was imported since has no say. `told` is an
explanation as JSON values; KeyError: it was told in a way that is not known here, by an older engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from server.domain import decisions, star_basis
from server.domain.aggregates import HUNDRED, mean
from server.domain.composite import PARTS, composite_of
from server.domain.periods import Period
from server.domain.rules import RuleSet
from server.domain.rules_pay import Classes
from server.domain.rules_ratings import Composite as CompositeRules
from server.domain.stars import Standing, Veto
from server.domain.weighting import less_each, on_line

Told = Mapping[str, Any]


def composite_again(told: Told, tier: str, before: CompositeRules, after: CompositeRules) -> int | None:
    """Return the composite in hundredths under rules of which weights, lines, the most of the bonus and the least weight may differ.

    What fills in for missing parts, and what praises are worth, must come to the same (`filled_in_as_told`): of that the
    explanation has one outcome.
    """
    parts = {part["figure"]: part for part in told["parts"]}
    values = [_part(name, parts[name], before, after) for name in PARTS]
    return composite_of(tier, values, _granted(told), after)


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


def filled_in_as_told(told: Told, month: Period, before: CompositeRules, after: CompositeRules) -> bool:
    """Tell whether the parts and the bonus of a composite are surely the same whichever of both sets fills in for what is missing.

    What was taken from a month that both sets reach is taken under both, since the nearest is; what was not found in more
    months is not found in fewer.
    """
    parts = {part["figure"]: part for part in told["parts"]}
    one, two = before.missing, after.missing
    if (one.least_replies, one.replies_months) != (two.least_replies, two.replies_months):
        perception = parts["perception"]
        if perception.get("notes") or perception["inputs"]["replies"] < two.least_replies:
            return False
    worth_alike = (before.bonus.praise, before.bonus.idea) == (after.bonus.praise, after.bonus.idea)
    if not worth_alike and (figure(told["inputs"]["bonus"]) or len(parts) > len(PARTS)):
        return False
    if one.months_before == two.months_before:
        return True
    reached = month.back(two.months_before)
    return all(
        _taken_within(note, reached, fewer=two.months_before < one.months_before)
        for name in ("mystery", "area_check", "audit", "certified")
        for note in parts[name].get("notes", ())
    )


def _taken_within(told: Told, reached: Period, *, fewer: bool) -> bool:
    if told["code"] == "month-taken":
        return str(told["month"]) >= reached.code
    if told["code"] == "latest-taken":
        return str(told["day"]) >= reached.first.isoformat()
    return fewer


def _part(name: str, part: Told, before: CompositeRules, after: CompositeRules) -> Fraction | None:
    value = figure(part["value"])
    if value is None:
        return None
    if name == "perception" and before.perception != after.perception:
        return on_line(_there(part["inputs"]["rate"]), after.perception)
    if name == "complaints" and before.complaints_zero_at != after.complaints_zero_at:
        return less_each(part["inputs"]["proven"], after.complaints_zero_at)
    if name == "audit" and before.errors_zero_at != after.errors_zero_at:
        return less_each(part["inputs"]["errors"], after.errors_zero_at)
    return value


def standing_as_told(
    told: Told,
    vetoes: Sequence[Veto],
    star: int | None,
    reached_before: Sequence[int],
    since: Any,
    *,
    agent: bool,
) -> Standing:
    """Return what a star was given by, with the basis and the spells that are stored."""
    inputs = told["inputs"]
    spells = {
        part["inputs"]["period"]: figure(part["value"]) for part in told["parts"] if part["figure"] == "spell"
    }
    return Standing(
        figure(inputs["basis"]),
        spells,
        agent=agent,
        perception=figure(inputs["perception"]),
        prohibitions=figure(inputs["prohibition_score"]),
        vetoes=vetoes,
        star=star,
        reached_before=reached_before,
        since=since,
    )


def agent_standing(
    told: Told,
    composites: Mapping[str, Fraction | None],
    rules: RuleSet,
    vetoes: Sequence[Veto],
    star: int | None,
    reached_before: Sequence[int],
    since: Any,
) -> Standing:
    """Return what an agent's star is given by: its monthly composites under the tried rules, the rest as it is stored."""
    inputs = told["inputs"]
    return Standing(
        star_basis.agent(composites, rules.stars, rules.version).value,
        composites,
        agent=True,
        perception=figure(inputs["perception"]),
        prohibitions=figure(inputs["prohibition_score"]),
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


def _there(written: int | str) -> Fraction:
    found = figure(written)
    if found is None:
        raise KeyError(written)
    return found


@lru_cache(maxsize=65_536)
def figure(written: int | str | None) -> Fraction | None:
    """Return a figure as explanations write it: an integer, a decimal text, or `p/q`."""
    return None if written is None else Fraction(written)
