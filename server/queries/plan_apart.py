"""Covert visits beside a week plan, for head office alone: on which days of its window a covert one keeps its distance (handbook 2.12).

The plan itself never moves: whoever draws or assigns covert visits avoids the announced ones, so that gaps in a plan tell
nothing (handbook 01). Who makes a covert visit is not said here.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import Permission, Role, Viewer
from server.domain.calendars import Calendars
from server.domain.errors import NotAllowed
from server.domain.visit import COVERT
from server.queries import plan, rechecks, scope
from server.queries.plan_ground import MADE, Spot
from server.queries.rules import rules_on
from server.storage.organisation import User
from server.storage.visits import Assignment, AssignmentState, Visit

SHOWN_DAYS = 14
"""So many days from the Monday on are looked at: those of this week's plan and of the next one's."""


@dataclass(frozen=True, slots=True)
class Window:
    """A covert task at an outlet of the plan: its window, and the days of it that lie far enough from announced visits."""

    spot: Spot
    first: date
    last: date
    announced: tuple[date, ...]
    free: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Near:
    """A covert visit that was made less than the asked days from an announced one that was made or is proposed."""

    spot: Spot
    covert: date
    announced: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Apart:
    """The covert tasks and visits at the outlets of a week plan, and the days that they are to keep apart."""

    week: plan.Week
    gap: int
    windows: tuple[Window, ...]
    near: tuple[Near, ...]


def apart(
    session: Session, viewer: Viewer, calendars: Calendars, path: str, monday: date, today: date
) -> Apart:
    """Covert tasks and visits beside the plan of a unit. Raises NotAllowed for whoever may not know of covert ones, NotFound."""
    if not viewer.may(Permission.SEE_COVERT):
        raise NotAllowed()
    week = plan.week(session, viewer, calendars, path, monday, today)
    gap = rules_on(session.connection(), monday).week_plan.covert_gap_days
    days_of: defaultdict[str, set[date]] = defaultdict(set)
    spots = {}
    for each in (week, plan.week(session, viewer, calendars, path, monday + timedelta(days=7), today)):
        for stop in each.stops:
            if each is not week and stop.due.why == "others" and days_of[stop.due.outlet]:
                # Who is visited once in two weeks is not due again after this one.
                continue
            days_of[stop.due.outlet].update(stop.visited, stop.proposed)
            spots[stop.due.outlet] = stop.spot
    announced = {outlet: tuple(sorted(days)) for outlet, days in days_of.items() if days}
    here = [UUID(outlet) for outlet in announced]
    until = monday + timedelta(days=SHOWN_DAYS)
    windows = []
    for outlet, first, last in session.execute(_tasks(here, monday, until)):
        days = announced[str(outlet)]
        span = range((min(last, until - timedelta(days=1)) - max(first, monday, today)).days + 1)
        asked = [max(first, monday, today) + timedelta(days=turn) for turn in span]
        free = tuple(day for day in asked if all(abs((day - one).days) >= gap for one in days))
        windows.append(Window(spots[str(outlet)], first, last, days, free))
    near = []
    for outlet, covert in _visits(session, here, monday - timedelta(days=gap), until).items():
        for day in sorted(covert):
            close = tuple(one for one in announced[outlet] if abs((day - one).days) < gap)
            if close:
                near.append(Near(spots[outlet], day, close))
    windows.sort(key=lambda each: (len(each.free), each.spot.code, each.first))
    return Apart(week, gap, tuple(windows), tuple(near))


def _tasks(outlets: list[UUID], first: date, after: date) -> Any:
    shoppers = select(col(User.id)).where(User.role == Role.SHOPPER)
    return (
        sa.select(col(Assignment.outlet_id), col(Assignment.window_from), col(Assignment.window_to))
        .where(
            col(Assignment.outlet_id).in_(outlets),
            col(Assignment.state).in_((AssignmentState.PLANNED, *rechecks.OPEN)),
            sa.or_(col(Assignment.kind).in_(COVERT), col(Assignment.user_id).in_(shoppers)),
            col(Assignment.window_to) >= first,
            col(Assignment.window_from) < after,
        )
        .order_by(col(Assignment.outlet_id), col(Assignment.window_from))
    )


def _visits(session: Session, outlets: list[UUID], first: date, after: date) -> dict[str, set[date]]:
    rows = session.execute(
        sa.select(col(Visit.outlet_id), col(Visit.visit_date)).where(
            col(Visit.outlet_id).in_(outlets),
            scope.covert(),
            col(Visit.state).in_(MADE),
            col(Visit.visit_date) >= first,
            col(Visit.visit_date) < after,
        )
    )
    found: defaultdict[str, set[date]] = defaultdict(set)
    for outlet, day in rows:
        found[str(outlet)].add(day)
    return found
