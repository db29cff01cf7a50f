"""What would have lifted an outlet by one star: its visits scored anew item by item, from a stored round."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlmodel import select

from server.domain.aggregates import VisitFigure
from server.domain.errors import NotFound
from server.domain.periods import Period
from server.domain.rules import RuleSet
from server.domain.star_lift import CountedItem, Lift, ScoredVisit, Scores, lift
from server.domain.stars import Standing
from server.domain.visit import VisitKind
from server.queries import checklists, reckoning, star_reckoning
from server.queries.figures import Counted
from server.queries.rules import rules_on
from server.queries.star_past import known_of
from server.storage.periods import PeriodRow
from server.storage.visits import Revision
from server.usecases.period_corrections import stored_round
from server.usecases.work import Work

_ITEMS_OF = (VisitKind.MYSTERY, VisitKind.AREA_VISIT)
"""Patrols weigh so little and are so many that their items are left out."""

_TRIES = 400
"""So many sets are tried while somebody waits for the page; beyond, the explanation says that it stopped there."""


def lift_of(work: Work, row: PeriodRow, outlet: UUID) -> Lift:
    """The smallest set of items that would have lifted an outlet of a rated period by one star (handbook 2.8).

    `row` is the period with the round that is looked at. Agents rise by the composites of their months, each reckoned anew. Raises NotFound.
    """
    round_ = stored_round(work.connection, row)
    period, rules, source = round_.period, round_.rules, round_.source
    place = next((each for each in round_.places if each.outlet == outlet), None)
    if place is None or period.kind != rules.stars.period:
        raise NotFound()
    connection = work.connection
    known = known_of(connection, period, rules, [place], source.at, source.today)
    of = source.of_outlets(connection, [place], period.first, period.after, star_reckoning.KINDS)
    (facts,) = star_reckoning.outlet_facts(connection, period, rules, of, known)
    months: list[_Month] = []
    counted = list(of.visits)
    if place.tier in reckoning.AGENTS:
        for month in period.split("month"):
            if known.composites.get(str(outlet), {}).get(month.code) is None:
                continue
            own = rules_on(connection, month.first)
            first, after = reckoning.reach(month, own)
            visits = reckoning.portion(connection, [place], first, after, _ITEMS_OF)
            counts = reckoning.counts_of(connection, month, own, [place]).get(outlet, {})
            months.append(_Month(month, own, place.tier, visits.by_outlet.get(outlet, ()), counts))
            counted += visits.visits
    scored = _scored(work, counted)

    def standing(scores: Scores) -> Standing:
        anew = replace(
            facts,
            visits=_with(facts.visits, scores),
            composites={**facts.composites} | {each.month.code: each.composite(scores) for each in months}
            if months
            else facts.composites,
        )
        return star_reckoning.standing_of(period, rules, anew)[0]

    return lift(scored, standing, period, rules.stars, rules.version, _TRIES)


class _Month:
    """A month whose composite is reckoned from other scores."""

    def __init__(
        self, month: Period, rules: RuleSet, tier: str, visits: Sequence[VisitFigure], counts: Any
    ) -> None:
        self.month, self._rules, self._tier = month, rules, tier
        self._visits, self._counts = visits, counts

    def composite(self, scores: Scores) -> Fraction | None:
        visits = _with(self._visits, scores)
        return reckoning.composite_of(self.month, self._rules, self._tier, visits, self._counts).value


def _with(visits: Sequence[VisitFigure], scores: Scores) -> list[VisitFigure]:
    found = []
    for visit in visits:
        if visit.visit in scores:
            score, prohibitions = scores[visit.visit]
            found.append(replace(visit, score=score, prohibition_score=prohibitions))
        else:
            found.append(visit)
    return found


def _scored(work: Work, counted: Sequence[Counted]) -> list[ScoredVisit]:
    found: dict[str, ScoredVisit] = {}
    for each in counted:
        name = each.figure.visit
        if each.figure.kind not in _ITEMS_OF or name in found:
            continue
        compiled = checklists.compiled(work.connection, *each.checklist)
        result = work.session.exec(
            select(Revision.result).where(Revision.visit_id == UUID(name), Revision.number == each.revision)
        ).one()
        found[name] = _visit(name, compiled, json.loads(result))
    return list(found.values())


def _visit(name: str, compiled: Mapping[str, Any], result: Mapping[str, Any]) -> ScoredVisit:
    items = tuple(
        CountedItem(
            item["id"],
            item["points"],
            result["credits"][item["id"]] or 0,
            item["prohibition"],
            bool(item["critical"]),
        )
        for section in compiled["sections"]
        for item in section["items"]
        if item["id"] in result["counted"]
    )
    whole = compiled["prohibition_scoring"] == "all_or_nothing"
    return ScoredVisit(name, items, whole, compiled["critical_cap"])
