"""What would have lifted an outlet by one star: its visits scored anew item by item, from a stored round."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from server.domain import star_lift, stored_ratings
from server.domain.access import SYSTEM
from server.domain.aggregates import VisitFigure
from server.domain.errors import NotFound
from server.domain.periods import Period
from server.domain.star_lift import CountedItem, Lift, ScoredVisit, Scores, lift
from server.domain.stars import Standing, rate
from server.domain.visit import VisitKind
from server.queries import checklists, figures, reckoning, results, star_reckoning
from server.queries.figures import Counted
from server.queries.reckoning import Place
from server.queries.rules import rule_set, rules_on
from server.queries.star_past import known_of
from server.storage.facts import VisitFacts
from server.storage.periods import PeriodRow
from server.storage.visits import Revision
from server.usecases.period_rounds import stored_round
from server.usecases.work import Work

_ITEMS_OF = (VisitKind.MYSTERY, VisitKind.AREA_VISIT)
"""Patrols weigh so little and are so many that their items are left out."""

_TRIES = 400
"""So many sets are tried while somebody waits for the page; beyond, the explanation says that it stopped there."""

Scored = Mapping[str, Fraction | None]
"""The scores of some visits."""


@dataclass(frozen=True, slots=True)
class _Visit:
    """A visit whose items count, the period whose round has it (empty: none has), and its items' words."""

    counted: Counted
    period: str
    scored: ScoredVisit
    words: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class _Month:
    """A month's composite by other scores, its visits, and the period whose round has them (empty: none has)."""

    code: str
    composite: Callable[[Scored], Fraction | None]
    visits: Sequence[Counted]
    opens_in: str


def lift_of(work: Work, row: PeriodRow, outlet: UUID) -> Lift:
    """The smallest set of items that would have lifted an outlet of a rated period by one star (handbook 2.8).

    `row` is the period with the round that is looked at. Agents rise by the composites of their months: those of each
    month's own round, or reckoned where none is published yet. Raises NotFound.
    """
    return _lifted(work, row, outlet)[0]


def told_of(work: Work, row: PeriodRow, outlet: UUID) -> dict[str, Any]:
    """The same explained, as JSON values: each item in words (`words`, both languages) with its visit's day and kind, and the
    `period` in which the visit opens, where one has it."""
    found, visits = _lifted(work, row, outlet)
    told = found.explanation.as_json()
    for part in told.get("parts", ()):
        visit = visits[part["inputs"]["visit"]]
        figure = visit.counted.figure
        part["inputs"] |= {"day": figure.day.isoformat(), "kind": figure.kind}
        part |= {"words": visit.words[part["value"]], "period": visit.period}
    return told


def _lifted(work: Work, row: PeriodRow, outlet: UUID) -> tuple[Lift, dict[str, _Visit]]:
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
    if place.tier in reckoning.AGENTS:
        there = known.composites.get(str(outlet), {})
        months = [
            _month(work, month, place) for month in period.split("month") if there.get(month.code) is not None
        ]
    stored = results.explanation(connection, SYSTEM, row.code, str(outlet), "star", round_=row.round)
    perception = stored_ratings.figure(stored["inputs"]["perception"])
    visits: dict[str, _Visit] = {}
    for code, counted in ((row.code, of.visits), *((month.opens_in, month.visits) for month in months)):
        for each in counted:
            if each.figure.kind in _ITEMS_OF and each.figure.visit not in visits:
                visits[each.figure.visit] = _visit(work, each, code)
    # A month that has another revision of a visit than the period keeps it as it is.
    mine = {
        month.code: [
            each.figure.visit
            for each in month.visits
            if each.figure.visit in visits and visits[each.figure.visit].counted.revision == each.revision
        ]
        for month in months
    }

    def standing(scores: Scores) -> Standing:
        composites = {
            month.code: month.composite({visit: scores[visit][0] for visit in mine[month.code]})
            for month in months
        }
        anew = replace(
            facts, visits=_with(facts.visits, scores), composites={**facts.composites, **composites}
        )
        return replace(star_reckoning.standing_of(period, rules, anew)[0], perception=perception)

    scored = [each.scored for each in visits.values()]
    now = standing({each.visit: each.scores(frozenset()) for each in scored})
    star, basis = _stored(work, row, outlet)
    if (rate(now, period, rules.stars, rules.version).star, now.basis) != (star, basis):
        return star_lift.not_told(star, rules.version), visits
    return lift(scored, standing, period, rules.stars, rules.version, _TRIES), visits


def _stored(work: Work, row: PeriodRow, outlet: UUID) -> tuple[int | None, Fraction | None]:
    """The star and the basis that the round has."""
    found = {
        each.code: each.exact
        for each in results.results(
            work.connection, SYSTEM, row.code, ["star", "star-basis"], [str(outlet)], round_=row.round
        )
    }
    star = found.get("star")
    return None if star is None else int(star), found.get("star-basis")


def _month(work: Work, month: Period, place: Place) -> _Month:
    connection = work.connection
    row = results.period(connection, SYSTEM, month.code)
    if row is None or row.state not in results.STANDING:
        rules = rules_on(connection, month.first)
        first, after = reckoning.reach(month, rules)
        of = reckoning.portion(connection, [place], first, after, _ITEMS_OF)
        counts = reckoning.counts_of(connection, month, rules, [place]).get(place.outlet, {})
        visits = of.by_outlet.get(place.outlet, ())

        def reckoned(scores: Scored) -> Fraction | None:
            anew = [replace(each, score=scores.get(each.visit, each.score)) for each in visits]
            return reckoning.composite_of(month, rules, place.tier, anew, counts).value

        return _Month(month.code, reckoned, of.visits, "")
    told = results.explanation(
        connection, SYSTEM, month.code, str(place.outlet), "composite", round_=row.round
    )
    made_by = rule_set(connection, row.rules_version).composite
    ids = [UUID(name) for name in stored_ratings.visits_of_composite(told)]
    first, after = reckoning.reach(month, rule_set(connection, row.rules_version))
    kept = figures.of_round(
        connection, row.code, row.round, col(VisitFacts.visit_id).in_(ids), _ITEMS_OF, first, after
    )
    return _Month(
        month.code, lambda scores: stored_ratings.composite_with(told, scores, made_by), kept, month.code
    )


def _with(visits: Sequence[VisitFigure], scores: Scores) -> list[VisitFigure]:
    found = []
    for visit in visits:
        if visit.visit in scores:
            score, prohibitions = scores[visit.visit]
            found.append(replace(visit, score=score, prohibition_score=prohibitions))
        else:
            found.append(visit)
    return found


def _visit(work: Work, counted: Counted, period: str) -> _Visit:
    compiled = checklists.compiled(work.connection, *counted.checklist)
    name = counted.figure.visit
    stored = work.session.exec(
        select(Revision.result).where(Revision.visit_id == UUID(name), Revision.number == counted.revision)
    ).one()
    result = json.loads(stored)
    items = [item for section in compiled["sections"] for item in section["items"]]
    scored = ScoredVisit(
        name,
        tuple(
            CountedItem(
                item["id"],
                item["points"],
                result["credits"][item["id"]] or 0,
                item["prohibition"],
                bool(item["critical"]),
            )
            for item in items
            if item["id"] in result["counted"]
        ),
        compiled["prohibition_scoring"] == "all_or_nothing",
        compiled["critical_cap"],
    )
    return _Visit(counted, period, scored, {item["id"]: item["text"] for item in items})
