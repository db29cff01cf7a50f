"""The effect of coaching: agents whose rank in their area at a quarter's end rose enough for an incentive (handbook 2.13, S4 p.16).

Ranks are those by the composite of the quarter's last month against that of the quarter before, both published. Nothing is
proposed here: once the quarter is published, `queries/incentives.py` does, and people decide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from server.domain.access import SYSTEM, Role, Viewer
from server.domain.coaching import Effect, compared, effects
from server.domain.deciding import DecisionKind, DecisionState
from server.domain.exact import hundredths
from server.domain.periods import Period
from server.queries import figures, plan_units, reckoning, results, scope
from server.queries.outlet_list import points
from server.queries.rules import rule_set
from server.storage.decisions import Decision
from server.storage.organisation import Outlet, UnitKind, User
from server.storage.periods import PeriodOutlet, in_round

PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """An outlet of the list: its area, who would be honoured, its composites and ranks then and now.

    `decision` is the one about its incentive with its state, where there is one that the viewer may see.
    """

    outlet: str
    code: str
    name: str
    area: str
    managers: tuple[str, ...]
    owners: tuple[str, ...]
    before: str | None
    now: str | None
    effect: Effect
    decision: UUID | None = None
    state: str = ""


@dataclass(frozen=True, slots=True)
class Effects:
    """The list of a quarter: `months` are the two that are compared; None where one of them is not published."""

    quarter: Period
    months: tuple[str, str] | None
    rows: tuple[Line, ...]
    total: int
    proposed: int
    ranks_up: int
    page: int
    pages: int


def quarters(session: Session, viewer: Viewer) -> list[Period]:
    """The quarters whose last month is published for the viewer, the latest first."""
    months = {
        row.code
        for row in results.periods(session.connection(), viewer)
        if row.kind == "month" and row.state in results.STANDING
    }
    found = {Period.of("quarter", Period.read(code).first) for code in months}
    return sorted(
        (quarter for quarter in found if compared(quarter)[1] in months),
        key=lambda each: each.code,
        reverse=True,
    )


def of_quarter(
    session: Session,
    viewer: Viewer,
    quarter: Period,
    *,
    within: str = "",
    proposed_only: bool = True,
    page: int = 1,
    most: int = PAGE,
) -> Effects:
    """The effect of coaching at the outlets in sight within a unit: those with a proposal, or all, the greatest rise first."""
    connection = session.connection()
    then_, now_ = compared(quarter)
    codes = now_, then_
    rows = {
        row.code: row for row in results.periods(connection, viewer, codes) if row.state in results.STANDING
    }
    if len(rows) < len(codes):
        return Effects(quarter, None, (), 0, 0, 0, 1, 1)
    rules = rule_set(connection, rows[codes[0]].rules_version)
    areas = figures.units(connection, UnitKind.AREA)
    now, before = (by_area(connection, viewer, code, rows[code].round, within, areas) for code in codes)
    found = [
        (area, effect, before.get(area, {}).get(effect.outlet), scores.get(effect.outlet))
        for area, scores in now.items()
        for effect in effects(before.get(area, {}), scores, rules.coaching, rules.version)
        if effect.outlet in scores
    ]
    proposed = sum(effect.incentive for _, effect, *_ in found)
    shown = [each for each in found if each[1].incentive or not proposed_only]
    shown.sort(key=lambda each: (each[1].up is None, -(each[1].up or 0), each[1].outlet))
    pages = max(1, -(-len(shown) // most))
    page = min(max(1, page), pages)
    part = shown[(page - 1) * most : page * most]
    named = [effect.outlet for _, effect, *_ in part]
    names, owners = _names(session, named), owners_of(session, named)
    people, decided = plan_units.managers(session), _decided(session, viewer, quarter.code, named)
    lines = tuple(
        Line(
            effect.outlet,
            *names[effect.outlet],
            area=areas.get(area, ""),
            managers=people.get(area, ()),
            owners=owners.get(effect.outlet, ()),
            before=_said(first),
            now=_said(then),
            effect=effect,
            decision=decided.get(effect.outlet, (None, ""))[0],
            state=decided.get(effect.outlet, (None, ""))[1],
        )
        for area, effect, first, then in part
    )
    return Effects(
        quarter,
        (codes[1], codes[0]),
        lines,
        len(shown),
        proposed,
        rules.coaching.ranks_up,
        page,
        pages,
    )


def by_area(
    connection: sa.Connection, viewer: Viewer, code: str, round_: int, within: str, areas: Mapping[str, str]
) -> dict[str, dict[str, Fraction | None]]:
    """The composites of a month by the area in which each outlet lay then, of areas with an outlet in sight."""
    here = sa.select(col(PeriodOutlet.outlet_id), col(PeriodOutlet.unit_path)).where(
        col(PeriodOutlet.period) == code,
        in_round(PeriodOutlet, round_),
        col(PeriodOutlet.tier).in_(reckoning.AGENTS),
        col(PeriodOutlet.unit_path).startswith(within, autoescape=True),
        col(PeriodOutlet.outlet_id).in_(sa.select(col(Outlet.id)).where(scope.outlets(viewer))),
    )
    area_of = {
        str(outlet): reckoning.within(path, areas) or path for outlet, path in connection.execute(here)
    }
    found: defaultdict[str, dict[str, Fraction | None]] = defaultdict(dict)
    subjects = list(area_of) if within else ()
    for each in results.results(connection, SYSTEM, code, ["composite"], subjects, round_=round_):
        if each.subject in area_of:
            found[area_of[each.subject]][each.subject] = each.exact
    return found


def _names(session: Session, outlets: list[str]) -> dict[str, tuple[str, str]]:
    rows = session.execute(
        sa.select(col(Outlet.id), col(Outlet.code), col(Outlet.name)).where(
            col(Outlet.id).in_([UUID(outlet) for outlet in outlets])
        )
    )
    return {str(outlet): (code, name) for outlet, code, name in rows}


def owners_of(session: Session, outlets: list[str]) -> dict[str, tuple[str, ...]]:
    """The names of the owners by outlet."""
    rows = session.execute(
        sa.select(col(User.outlet_id), col(User.name))
        .where(
            col(User.role) == Role.OUTLET_OWNER,
            col(User.disabled_at).is_(None),
            col(User.outlet_id).in_([UUID(outlet) for outlet in outlets]),
        )
        .order_by(col(User.username))
    )
    found: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
    for outlet, name in rows:
        found[str(outlet)] += (name,)
    return found


def _decided(
    session: Session, viewer: Viewer, quarter: str, outlets: list[str]
) -> dict[str, tuple[UUID, str]]:
    """The decisions about the incentives of a quarter that the viewer may see, by outlet."""
    rows = session.execute(
        sa.select(col(Decision.outlet_id), col(Decision.id), col(Decision.state)).where(
            scope.decisions(viewer),
            col(Decision.kind) == DecisionKind.INCENTIVE,
            col(Decision.by_rule),
            col(Decision.period) == quarter,
            col(Decision.outlet_id).in_([UUID(outlet) for outlet in outlets]),
        )
    )
    return {str(outlet): (decision, DecisionState(state).value) for outlet, decision, state in rows}


def _said(score: Fraction | None) -> str | None:
    return None if score is None else points(hundredths(score))
