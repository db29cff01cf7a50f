"""Coverage of outlets that moved or left: each visit counts for the unit that was asked for it."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from server.domain.access import SYSTEM, Role
from server.queries import plan_coverage
from server.storage.decisions import OutletChange
from server.storage.organisation import Outlet, OutletStatus, Unit, User
from server.usecases.work import Office
from tests import make
from tests.planned import agent, visited

FIRST, SECOND, SUNDAY = date(2026, 11, 16), date(2026, 11, 23), date(2026, 11, 29)
TUESDAY, WEDNESDAY, FRIDAY = date(2026, 11, 24), date(2026, 11, 25), date(2026, 11, 27)
HERE, THERE = "sx/ty/xd/d1/a1/", "sx/ty/xd/d2/a1/"


@pytest.fixture
def areas(office: Office) -> tuple[Unit, Unit]:
    return make.unit(office, *HERE.split("/")[:-1]), make.unit(office, *THERE.split("/")[:-1])


@pytest.fixture
def manager(office: Office, areas: tuple[Unit, Unit]) -> User:
    who = make.user(office, role=Role.AREA_MANAGER, unit_path=HERE, unit_id=areas[0].id)
    # Nobody is to be visited before the first visit of all, which is one of an outlet that is none of these areas'.
    elsewhere = agent(office, make.unit(office, "sx", "dt", "pc", "d1", "a1"))
    visited(office, who, elsewhere, date(2026, 9, 1))
    return who


def changed(office: Office, outlet: Outlet, field: str, after: str, day: date) -> None:
    with office.work() as work:
        row = work.session.get_one(Outlet, outlet.id)
        name = "unit_path" if field == "unit" else field
        before = str(getattr(row, name))
        setattr(row, name, after)
        work.session.add(
            OutletChange(
                id=uuid4(),
                outlet_id=outlet.id,
                field=field,
                before=before,
                after=after,
                from_day=day,
                at=work.now,
            )
        )


def weeks_of(office: Office) -> dict[str, list[tuple[int, int]]]:
    """Made and asked of the two weeks by area, asked for each area alone and for both together, which must be the same."""
    with office.work(write=False) as work:

        def of(within: str) -> dict[str, list[tuple[int, int]]]:
            found = plan_coverage.coverage(work.session, SYSTEM, SUNDAY, by="area", weeks=4, within=within)
            assert found.total.whole.asked == sum(row.whole.asked for row in found.rows)
            rows = {row.path: [row.weeks[day] for day in (FIRST, SECOND)] for row in found.rows}
            return {path: [(week.made, week.asked) for week in weeks] for path, weeks in rows.items()}

        both = of("sx/ty/xd/")
        assert of(HERE) | of(THERE) == both
        return both


def test_a_visit_of_two_weeks_counts_for_the_area_that_was_asked_though_the_outlet_has_moved_since(
    office: Office, areas: tuple[Unit, Unit], manager: User
) -> None:
    mover, neglected = (agent(office, area, class_="B") for area in areas)
    for outlet in (mover, neglected):
        visited(office, manager, outlet, date(2026, 11, 4))
    visited(office, manager, mover, SECOND)
    changed(office, mover, "unit", THERE, SUNDAY)
    # Both fell due on the 18th; nobody came to the other one.
    assert weeks_of(office) == {HERE: [(1, 1), (0, 0)], THERE: [(0, 1), (0, 0)]}


def test_a_visit_of_two_weeks_by_whom_it_moved_to_keeps_what_was_asked_of_the_first(
    office: Office, areas: tuple[Unit, Unit], manager: User
) -> None:
    mover = agent(office, areas[0], class_="B")
    visited(office, manager, mover, date(2026, 11, 4))
    changed(office, mover, "unit", THERE, SECOND)
    visited(office, manager, mover, TUESDAY)
    assert weeks_of(office) == {HERE: [(1, 1), (0, 0)], THERE: [(0, 0), (0, 0)]}


@pytest.mark.parametrize(
    ("came", "here", "there"),
    [
        ((TUESDAY,), (1, 1), (0, 0)),
        ((FRIDAY,), (0, 0), (1, 1)),
        ((), (0, 0), (0, 1)),
        ((TUESDAY, FRIDAY), (1, 1), (0, 0)),
    ],
)
def test_in_the_week_of_a_move_a_visit_counts_where_the_outlet_was_on_its_day_and_the_rest_where_it_went(
    office: Office,
    areas: tuple[Unit, Unit],
    manager: User,
    came: tuple[date, ...],
    here: tuple[int, int],
    there: tuple[int, int],
) -> None:
    mover = agent(office, areas[0], class_="A")
    visited(office, manager, mover, FIRST)
    for day in came:
        visited(office, manager, mover, day)
    changed(office, mover, "unit", THERE, WEDNESDAY)
    assert weeks_of(office) == {HERE: [(1, 1), here], THERE: [(0, 0), there]}


def test_a_visit_before_an_outlet_left_counts_and_nothing_more_is_asked_of_it(
    office: Office, areas: tuple[Unit, Unit], manager: User
) -> None:
    weekly, due, unseen = (agent(office, areas[0], class_=class_) for class_ in "ABA")
    visited(office, manager, due, date(2026, 11, 4))
    for outlet in (weekly, due):
        visited(office, manager, outlet, TUESDAY)
    for outlet in (weekly, due, unseen):
        changed(office, outlet, "status", OutletStatus.EXITED, WEDNESDAY)
    # Of the two of class A both were asked in the first week, which nobody made.
    assert weeks_of(office) == {HERE: [(1, 3), (1, 1)]}
