"""Meetings and trainings that are asked of units now, and which of them were held."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import Permission, Viewer
from server.domain.plan_reminders import SORTS, Asked, asked
from server.domain.rules_service import Meetings
from server.queries import scope
from server.queries.rules import rules_on
from server.storage.organisation import Unit, User
from server.storage.plan_reminders import PlanReminder

LEVELS = frozenset(SORTS.values())
PAGE = 50
_STILL_SHOWN = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Reminder:
    """One meeting or training of a unit in a period: when it was held and who noted it; `held_on` None: not yet."""

    unit_path: str
    unit: str
    sort: str
    period: str
    until: date
    held_on: date | None
    note: str
    by: str

    @property
    def done(self) -> bool:
        """Whether it was held."""
        return self.held_on is not None


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of reminders, how many there are, and how many of all of them were held."""

    rows: tuple[Reminder, ...]
    total: int
    held: int
    page: int
    pages: int


def may_note(viewer: Viewer, unit: Unit) -> bool:
    """Whether the viewer speaks for a unit: an area manager for areas, branches and counties for companies."""
    return viewer.may(Permission.NOTE_MEETINGS) and (unit.kind == "area") == viewer.may(Permission.PLAN_WEEK)


def of_unit(session: Session, unit: Unit, today: date, *, before: bool = False) -> list[Reminder]:
    """What is asked of a unit now; with `before` also what it has not noted of the periods that ended in the last weeks."""
    rules = _rules(session, today)
    found = asked(unit.kind.value, rules, today)
    shown = _of(session, [(unit, each) for each in found])
    if before:
        ended = [Asked(each.sort, each.period.back()) for each in found]
        earlier = [(unit, each) for each in ended if today - each.period.last <= _STILL_SHOWN]
        shown = [each for each in _of(session, earlier) if not each.done] + shown
    return shown


def listing(
    session: Session,
    viewer: Viewer,
    today: date,
    *,
    within: str = "",
    sort: str = "",
    state: str = "",
    page: int = 1,
    most: int = PAGE,
) -> Listing:
    """What is asked now of all units in sight within one; `state` is `open`, `held` or empty."""
    rules = _rules(session, today)
    units = session.exec(
        select(Unit)
        .where(
            scope.units(viewer),
            col(Unit.kind).in_(LEVELS),
            col(Unit.path).startswith(within, autoescape=True),
        )
        .order_by(col(Unit.path))
    ).all()
    found = _of(
        session,
        [
            (unit, each)
            for unit in units
            for each in asked(unit.kind.value, rules, today)
            if sort in ("", each.sort)
        ],
    )
    held = sum(each.done for each in found)
    shown = [each for each in found if not state or each.done == (state == "held")]
    pages = max(1, -(-len(shown) // most))
    page = min(max(1, page), pages)
    return Listing(tuple(shown[(page - 1) * most : page * most]), len(shown), held, page, pages)


def _rules(session: Session, today: date) -> Meetings:
    return rules_on(session.connection(), today).week_plan.meetings


def _of(session: Session, wanted: list[tuple[Unit, Asked]]) -> list[Reminder]:
    periods = {each.period.code for _, each in wanted}
    rows = session.execute(
        sa.select(PlanReminder, col(User.name))
        .join(User, col(User.id) == col(PlanReminder.by_id))
        .where(col(PlanReminder.period).in_(periods))
    )
    noted: defaultdict[UUID, dict[tuple[str, str], tuple[PlanReminder, str]]] = defaultdict(dict)
    for row, name in rows:
        noted[row.unit_id][row.code, row.period] = row, name
    found = []
    for unit, each in wanted:
        row, name = noted[unit.id].get((each.sort, each.period.code), (None, ""))
        found.append(
            Reminder(
                unit.path,
                unit.name,
                each.sort,
                each.period.code,
                each.period.last,
                row.held_on if row else None,
                row.note if row else "",
                name,
            )
        )
    return found
