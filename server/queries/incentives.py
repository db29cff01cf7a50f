"""Incentives that published figures propose: of a quarter, at whose end an outlet's rank in its area rose enough (handbook 2.13)."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from server.domain.access import SYSTEM
from server.domain.coaching import compared, effects, incentive
from server.domain.deciding import DecisionKind, change
from server.domain.periods import Period
from server.queries import coaching, figures, plan_units, proposals, results
from server.queries.proposals import Found
from server.queries.rules import rule_set
from server.storage.organisation import UnitKind


def quarters_of(code: str) -> list[str]:
    """The quarters whose incentives hang on a period: on a quarter its own, on a quarter's last month its and the next one's."""
    period = Period.read(code)
    if period.kind == "quarter":
        return [code]
    if period.kind != "month":
        return []
    quarter = Period.of("quarter", period.first)
    return [each.code for each in (quarter, quarter.back(-1)) if code in compared(each)]


def periods_of(quarter: str) -> tuple[str, ...]:
    """The periods on which the incentives of a quarter stand: its own, and the two months that are compared."""
    return (quarter, *compared(Period.read(quarter)))


def of_quarter(session: Session, code: str) -> list[Found] | None:
    """What a quarter proposes; None while one of the periods that it stands on is not published, and nobody can say."""
    connection, quarter = session.connection(), Period.read(code)
    before, now = compared(quarter)
    rows = {
        row.code: row
        for row in results.periods(connection, SYSTEM, periods_of(code))
        if row.state in results.STANDING
    }
    if len(rows) < len(periods_of(code)):
        return None
    rules = rule_set(connection, rows[now].rules_version)
    areas = figures.units(connection, UnitKind.AREA)
    then = coaching.by_area(connection, SYSTEM, before, rows[before].round, "", areas)
    is_ = coaching.by_area(connection, SYSTEM, now, rows[now].round, "", areas)
    standings, managers = proposals.standings_of(connection), plan_units.managers(session)
    rose = [
        (area, effect, (then.get(area, {}).get(effect.outlet), scores[effect.outlet]))
        for area, scores in is_.items()
        for effect in effects(then.get(area, {}), scores, rules.coaching, rules.version)
        if effect.incentive
    ]
    owners = coaching.owners_of(session, [effect.outlet for _, effect, _ in rose])
    found = []
    for area, effect, composites in sorted(rose, key=lambda each: each[1].outlet):
        outlet = UUID(effect.outlet)
        standing = standings.get(outlet)
        possible = change(DecisionKind.INCENTIVE, standing, rules.decisions.ladder) if standing else None
        if possible is None:
            continue
        people = managers.get(area, ()), owners.get(effect.outlet, ())
        why = incentive(
            effect, quarter, composites, areas.get(area, ""), people, rules.coaching, rules.version
        )
        found.append(Found(outlet, DecisionKind.INCENTIVE, *possible, code, rules.version, why.as_json()))
    return found
