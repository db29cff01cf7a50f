"""The demonstration's week plans: what the first branch's area managers visited in the last weeks, and the meetings that they held."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

from server.demo.history import quality
from server.demo.ids import SEED
from server.demo.inspecting import Plan, at, inspect, reviewed
from server.demo.organisation import Organisation
from server.demo.publishing import publish_batch
from server.domain.access import SYSTEM, Role
from server.domain.planning import monday_of
from server.domain.units import paths_of
from server.domain.visit import VisitKind
from server.storage.organisation import Outlet, OutletStatus, Tier, User
from server.usecases import people, plan_reminders
from server.usecases.work import Work

_AREAS = 2
"""So many areas of the first branch are visited as planned, and of each other branch two outlets of the first area: more would only
make the first start longer."""


def walked(work: Work, made: Organisation, now: datetime, today: date) -> None:
    """The area visits of the last two weeks and this one, some of them left out; and meetings with agents."""
    everybody = [user for user in made.users if user.role is Role.AREA_MANAGER]
    managers = everybody[:_AREAS]
    plans = [plan for turn, manager in enumerate(managers) for plan in _plans(made, manager, turn, today)]
    branches = {paths_of(manager.unit_path)[1]: manager for manager in reversed(everybody)}
    for turn, manager in enumerate(branches.values()):
        if manager not in managers:
            plans += _plans(made, manager, turn, today)[: 1 + turn % 3]
    visits = [reviewed(work, made, inspect(work, plan), published=False) for plan in plans]
    if visits:
        publish_batch(work, made, visits)
    _meetings(work, made, managers, today)
    work.viewer, work.now = SYSTEM, now


def _plans(made: Organisation, manager: User, turn: int, today: date) -> list[Plan]:
    """Class A each week, the others once in the last two; of each area one or two outlets were forgotten."""
    chance = Random(f"{SEED}:plan:{manager.username}")
    monday = monday_of(today)
    found = []
    outlets = [
        outlet
        for outlet in made.outlets
        if outlet.unit_path == manager.unit_path
        and outlet.tier is not Tier.OWN_HALL
        and outlet.status is not OutletStatus.ONBOARDING
    ]
    for number, outlet in enumerate(outlets):
        # The first of manager1's has the visit that waits for its review, the next ones his tasks of this week.
        if number % 4 == 3 - turn % 2 or (turn == 0 and number == 0):
            continue
        days = [monday - timedelta(days=4 + number % 3)]
        if outlet.class_ == "A":
            days.append(monday - timedelta(days=11 + number % 3))
        if number % 4 == 1 - turn % 2:
            # Done this week already, as soon as this week has such a day.
            days = [monday + timedelta(days=number % 3), monday - timedelta(days=12)]
        found += [_visit(manager, outlet, day, chance) for day in days if day < today]
    return found


def _visit(manager: User, outlet: Outlet, day: date, chance: Random) -> Plan:
    begun = at(day, chance.randrange(9, 17), chance.randrange(60))
    return Plan(manager, outlet, VisitKind.AREA_VISIT, begun, quality(outlet, begun), photos=1)


def _meetings(work: Work, made: Organisation, managers: list[User], today: date) -> None:
    """The meetings of last month, and this month's of every other manager; the branch's training of this half-year."""
    before = today.replace(day=1) - timedelta(days=6)
    for turn, manager in enumerate(managers):
        _noted(work, manager, "area_meeting", before, "全体代办业主到会，讲了资费公示和实名登记。")
        if turn % 2 and today.day > 1:
            _noted(work, manager, "area_meeting", today - timedelta(days=1), "到会 11 家，1 家请假。")
    month = 1 if today.month < 7 else 7
    trained = date(today.year, month, 18)
    if trained < today:
        _noted(
            work, made.user("branch1"), "branch_training", trained, "服务规范与投诉处理，A 类网点店长参加。"
        )


def _noted(work: Work, user: User, sort: str, day: date, note: str) -> None:
    work.viewer, work.now = people.viewer_of(user), at(day, 17, 30)
    half = f"{day.year}-H{1 if day.month < 7 else 2}"
    period = half if sort == "branch_training" else day.isoformat()[:7]
    plan_reminders.note_held(work, user.unit_path, sort, period, day, note)
