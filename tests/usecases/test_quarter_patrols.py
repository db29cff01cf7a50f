"""A quarter's patrols by day, and covert against announced: enough visits of each sort, and nothing unpublished outside."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from server.domain.access import Role
from server.domain.period_reports import Kind
from server.domain.periods import Period
from server.domain.visit import VisitState
from server.reports.quarter_facts import GapLine, PatrolLine, Quarter
from server.storage.organisation import Outlet, Unit, User
from server.storage.visits import Visit
from server.usecases import facts
from server.usecases.period_read import Wanted
from server.usecases.period_report_data import gather
from server.usecases.work import Office
from tests import make, submitted

SLOW = {**submitted.GOOD, "A-02": {"value": 2000, "note": "等了半小时"}}


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office, code="TY-01", name="迎泽厅")


@pytest.fixture
def people(office: Office) -> tuple[User, User]:
    return make.user(office, role=Role.SHOPPER), make.user(office, role=Role.HALL_MANAGER)


def counted(
    office: Office, who: User, hall: Outlet, *, state: VisitState = VisitState.PUBLISHED, **given: Any
) -> None:
    visit = submitted.visit(office, who, hall, **given)
    with office.work() as work:
        row = work.session.get_one(Visit, visit.id)
        row.state, row.accepted_revision = state, 1
        work.session.flush()
        facts.keep(work, row)


def drawn_up(office: Office, kind: Kind, path: str, edition: Any = "inner") -> Quarter:
    with office.work(write=False) as work:
        unit = work.session.exec(select(Unit).where(Unit.path == path)).one()
        wanted = Wanted(kind, unit.id, Period.read("2026-Q4"), edition, "zh")
        data = gather(work, wanted, report_id=str(UUID(int=0)), number="").data
    assert isinstance(data, Quarter)
    return data


def branch(office: Office, edition: Any = "inner") -> Quarter:
    return drawn_up(office, Kind.BRANCH_QUARTER, "sx/ty/", edition)


def test_patrols_are_the_mean_of_their_days_by_hall_and_by_branch(
    office: Office, hall: Outlet, people: tuple[User, User]
) -> None:
    _, manager = people
    for part in ("opening", "round", "round"):
        counted(office, manager, hall, kind="patrol", part=part)
    assert branch(office).patrols == (PatrolLine(unit="TY-01 迎泽厅", halls=1, days=1, mean="85.00"),)
    (line,) = drawn_up(office, Kind.PROVINCE_QUARTER, "sx/").patrols
    assert (line.halls, line.days, line.mean) == (1, 1, "85.00")
    assert branch(office).window.score is None


def test_what_is_right_only_when_somebody_looks_is_shown(
    office: Office, hall: Outlet, people: tuple[User, User]
) -> None:
    shopper, manager = people
    for _ in range(3):
        counted(office, shopper, hall, answers=SLOW)
        counted(office, manager, hall, kind="patrol", part="round")
    (gap,) = branch(office).gaps
    assert gap == GapLine(
        outlet="TY-01 迎泽厅",
        indicator="营业环境",
        gap="-40.00",
        covert="60.00",
        announced="100.00",
        covert_visits=3,
        announced_visits=3,
    )
    assert drawn_up(office, Kind.PROVINCE_QUARTER, "sx/").gaps == (gap,)


def test_too_few_visits_of_either_sort_are_not_compared(
    office: Office, hall: Outlet, people: tuple[User, User]
) -> None:
    shopper, manager = people
    for _ in range(2):
        counted(office, shopper, hall, answers=SLOW)
    for _ in range(3):
        counted(office, manager, hall, kind="patrol", part="round")
    assert branch(office).gaps == ()
    counted(office, shopper, hall, answers=SLOW, state=VisitState.ACCEPTED)
    assert len(branch(office).gaps) == 1
    # The third is not published: who may not know of it must not learn of it from a gap.
    assert branch(office, "outlet").gaps == ()
