"""Assigning: the kind must fit the role, the checklist the outlet, and nobody comes back within 180 days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from server.domain.access import Role
from server.domain.errors import (
    ChecklistNotForOutlet,
    KindNotForRole,
    NotAllowed,
    RotationForbids,
    UnknownChecklist,
    UnknownPlace,
    UnknownUser,
    WindowWrong,
)
from server.domain.people import OutletNotTheirs, RotationPlanned
from server.domain.visit import VisitKind, VisitState
from server.storage.organisation import Outlet, Tier, User
from server.storage.visits import Assignment, AssignmentState, Visit
from server.usecases import campaigns, checklists, people
from server.usecases.work import Office
from tests import make

TODAY = date(2026, 11, 21)


@pytest.fixture(autouse=True)
def published(office: Office) -> None:
    checklists.publish_standards(office)


@pytest.fixture
def shopper(office: Office) -> User:
    return make.user(office, role=Role.SHOPPER, username="shopper")


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office)


def assign(office: Office, *outlets: Outlet, **given: Any) -> list[Assignment]:
    with office.work() as work:
        return campaigns.assign(
            work,
            **{
                "username": "shopper",
                "outlets": [outlet.code for outlet in outlets],
                "kind": VisitKind.MYSTERY,
                "checklist": "own-hall-mystery",
                "window_from": TODAY,
                "window_to": TODAY + timedelta(days=9),
                **given,
            },
        )


def visited(
    office: Office, user: User, outlet: Outlet, day: date, state: VisitState = VisitState.PUBLISHED
) -> None:
    at = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
    with office.work() as work:
        work.session.add(
            Visit(
                id=uuid4(),
                outlet_id=outlet.id,
                inspector_id=user.id,
                kind=VisitKind.MYSTERY,
                checklist_id="own-hall-mystery",
                checklist_version=1,
                state=state,
                etag="e",
                document="{}",
                document_sha256="0" * 64,
                visit_date=day,
                started_at=at,
                created_at=at,
                changed_at=at,
            )
        )


def test_an_assignment_is_due_at_the_end_of_its_window_in_shanxi(
    office: Office, shopper: User, hall: Outlet
) -> None:
    [made] = assign(office, hall)
    assert (made.user_id, made.outlet_id, made.checklist_version) == (shopper.id, hall.id, 1)
    assert made.due_at == datetime(2026, 11, 30, 16, tzinfo=UTC)
    assert made.state is AssignmentState.ASSIGNED


@pytest.mark.parametrize(("days", "allowed"), [(179, False), (180, True), (1, False)])
def test_the_same_shopper_comes_back_after_180_days_at_the_earliest(
    office: Office, shopper: User, hall: Outlet, days: int, allowed: bool
) -> None:
    visited(office, shopper, hall, TODAY - timedelta(days=days))
    if allowed:
        assert assign(office, hall)
        return
    with pytest.raises(RotationForbids) as found:
        assign(office, hall)
    assert found.value.outlet == hall.code
    assert found.value.last == (TODAY - timedelta(days=days)).isoformat()


def test_a_plan_counts_for_the_rotation_like_a_visit_and_is_told_as_a_plan(
    office: Office, shopper: User, hall: Outlet
) -> None:
    planned = TODAY + timedelta(days=40)
    assign(office, hall, window_from=planned, window_to=planned)
    for day in (planned + timedelta(days=179), TODAY):
        with pytest.raises(RotationPlanned) as found:
            assign(office, hall, window_from=day, window_to=day)
        assert (found.value.last, found.value.outlet) == (planned.isoformat(), hall.code)
    visited(office, shopper, hall, TODAY)
    with pytest.raises(RotationForbids) as refused:
        assign(office, hall)
    assert type(refused.value) is RotationForbids


def test_a_reason_sets_the_rotation_aside(office: Office, shopper: User, hall: Outlet) -> None:
    visited(office, shopper, hall, TODAY - timedelta(days=10))
    assert assign(office, hall, reason="唯一能去的人")


def test_another_shopper_another_hall_and_a_discarded_visit_are_free(
    office: Office, shopper: User, hall: Outlet
) -> None:
    visited(office, make.user(office, role=Role.SHOPPER), hall, TODAY - timedelta(days=3))
    visited(office, shopper, make.outlet(office), TODAY - timedelta(days=3))
    visited(office, shopper, hall, TODAY - timedelta(days=3), VisitState.DISCARDED)
    assert assign(office, hall)


def test_the_rotation_is_about_covert_visits_alone(office: Office) -> None:
    make.user(office, role=Role.AREA_MANAGER, username="manager")
    agent = make.outlet(office, tier=Tier.ORDINARY)
    for _ in range(2):
        made = assign(office, agent, username="manager", kind=VisitKind.AREA_VISIT, checklist="area-check")
        assert made


def test_one_outlet_that_cannot_be_leaves_none_assigned(office: Office, shopper: User, hall: Outlet) -> None:
    other = make.outlet(office)
    visited(office, shopper, other, TODAY - timedelta(days=10))
    with pytest.raises(RotationForbids):
        assign(office, hall, other)
    assert assign(office, hall)


def test_what_does_not_fit_is_refused(office: Office, shopper: User, hall: Outlet) -> None:
    for given, problem in (
        ({"username": "nobody"}, UnknownUser),
        ({"kind": VisitKind.PATROL}, KindNotForRole),
        ({"checklist": "nothing"}, UnknownChecklist),
        ({"checklist": "ordinary"}, ChecklistNotForOutlet),
        ({"outlets": ["nowhere"]}, UnknownPlace),
        ({"window_to": TODAY - timedelta(days=1)}, WindowWrong),
        (
            {"window_from": TODAY - timedelta(days=9), "window_to": TODAY - timedelta(days=1)},
            WindowWrong,
        ),
    ):
        with pytest.raises(problem):
            assign(office, hall, **given)


def test_who_has_a_place_is_assigned_to_outlets_of_it_alone(office: Office, hall: Outlet) -> None:
    other = make.outlet(office)
    agent = make.outlet(office, tier=Tier.ORDINARY)
    make.user(office, role=Role.HALL_MANAGER, username="hall1", outlet_id=hall.id)
    make.user(office, role=Role.AREA_MANAGER, username="area1", unit_path="sx/elsewhere/")
    patrol = {"username": "hall1", "kind": VisitKind.PATROL, "checklist": "own-hall-patrol"}
    assert assign(office, hall, **patrol)
    with pytest.raises(OutletNotTheirs):
        assign(office, other, **patrol)
    with pytest.raises(OutletNotTheirs):
        assign(office, agent, username="area1", kind=VisitKind.AREA_VISIT, checklist="area-check")


def test_only_an_administrator_assigns(office: Office, shopper: User, hall: Outlet) -> None:
    viewer = people.viewer_of(make.user(office, role=Role.BRANCH_MANAGER))
    with pytest.raises(NotAllowed), office.work(viewer) as work:
        campaigns.assign(
            work,
            username="shopper",
            outlets=[hall.code],
            kind=VisitKind.MYSTERY,
            checklist="own-hall-mystery",
            window_from=TODAY,
            window_to=TODAY,
        )
