"""Orders for period reports: made by the worker, never twice, with the rights of the day, and not lost by a kill."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from server import worker
from server.domain.access import Role, Viewer
from server.domain.errors import NotAllowed, NotFound
from server.domain.period_reports import DraftExpired, DraftNotReady, Kind, PeriodRuns
from server.domain.periods import Period
from server.queries import period_orders as shown
from server.storage.organisation import Outlet, User
from server.storage.period_orders import PeriodOrder
from server.storage.visits import Report
from server.usecases import jobs, period_orders
from server.usecases.people import viewer_of
from server.usecases.period_read import Wanted
from server.usecases.work import Office
from tests import make
from tests.conftest import Clock

OCTOBER = Period.read("2026-10")


@pytest.fixture
def hall(both: Office) -> Outlet:
    return make.outlet(both)


@pytest.fixture
def head(both: Office) -> Viewer:
    return viewer_of(make.user(both, role=Role.HQ))


def month(hall: Outlet, edition: Any = "outlet", period: Period = OCTOBER) -> Wanted:
    return Wanted(Kind.OUTLET_MONTH, hall.id, period, edition, "zh")


def asked(office: Office, viewer: Viewer, wanted: Wanted, remarks: str = "", *, draft: bool = False) -> UUID:
    with office.work(viewer) as work:
        return period_orders.ask(work, wanted, remarks, draft=draft).id


def order(office: Office, viewer: Viewer, order_id: UUID) -> shown.Order:
    with office.work(viewer, write=False) as work:
        return shown.by_id(work.session, viewer, order_id)


def pdf(office: Office, viewer: Viewer, order_id: UUID) -> bytes:
    with office.work(viewer, write=False) as work:
        return period_orders.draft(work, order_id)


def test_pressed_twice_it_is_one_order_and_one_report(both: Office, head: Viewer, hall: Outlet) -> None:
    first = asked(both, head, month(hall))
    assert asked(both, head, month(hall)) == first
    assert order(both, head, first).state == "waiting"
    assert asked(both, head, month(hall), "另有意见") != first
    assert asked(both, head, month(hall), draft=True) != first
    worker.run_once(both)
    made = order(both, head, first)
    assert (made.state, made.number) == ("ready", "XT-2026-000001")
    # Both editions of words were signed, and the later one replaced the earlier.
    with both.work(write=False) as work:
        assert len(work.session.exec(select(Report)).all()) == 2


def test_asked_for_again_after_it_was_made_gives_the_same_report(
    both: Office, head: Viewer, hall: Outlet
) -> None:
    first = asked(both, head, month(hall))
    worker.run_once(both)
    second = asked(both, head, month(hall))
    worker.run_once(both)
    assert second != first
    assert order(both, head, second).report_id == order(both, head, first).report_id


def test_made_twice_by_two_workers_it_stays_as_it_is(both: Office, head: Viewer, hall: Outlet) -> None:
    order_id = asked(both, head, month(hall), draft=True)
    worker.run_once(both)
    before = order(both, head, order_id)
    period_orders.make(both, order_id)
    assert order(both, head, order_id) == before
    assert pdf(both, head, order_id).startswith(b"%PDF")


def test_a_worker_that_dies_on_it_leaves_it_to_the_next(
    both: Office, head: Viewer, hall: Outlet, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: Any) -> bytes:
        raise Killed

    order_id = asked(both, head, month(hall), draft=True)
    monkeypatch.setattr(both, "press", killed)
    with pytest.raises(Killed):
        worker.run_once(both)
    monkeypatch.undo()
    assert order(both, head, order_id).state == "waiting"
    clock.forward(seconds=jobs.LEASE_SECONDS + 1)
    worker.run_once(both)
    assert order(both, head, order_id).state == "ready"


def test_what_cannot_be_printed_is_tried_five_times_then_said_and_may_be_asked_for_again(
    both: Office, head: Viewer, hall: Outlet, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> bytes:
        raise OSError("no space left")

    order_id = asked(both, head, month(hall), draft=True)
    monkeypatch.setattr(both, "press", broken)
    for _ in range(jobs.TRIES):
        assert order(both, head, order_id).state == "waiting"
        worker.run_once(both)
        clock.forward(hours=1)
    assert order(both, head, order_id).state == "failed"
    with both.work(head, write=False) as work, pytest.raises(DraftNotReady):
        period_orders.draft(work, order_id)
    assert asked(both, head, month(hall), draft=True) != order_id


def test_who_may_no_longer_make_it_is_refused_and_takes_no_draft_away(
    both: Office, head: Viewer, hall: Outlet
) -> None:
    done = asked(both, head, month(hall, "inner"), draft=True)
    worker.run_once(both)
    later = asked(both, head, month(hall, "inner"))
    with both.work() as work:
        user = work.session.get_one(User, UUID(head.user_id))
        user.role, user.unit_path = Role.BRANCH_MANAGER, "sx/ty/"
    worker.run_once(both)
    refused = order(both, head, later)
    assert (refused.state, refused.refused) == ("refused", NotAllowed.code)
    moved = Viewer(head.user_id, head.username, head.name, Role.BRANCH_MANAGER, unit_path="sx/ty/")
    with both.work(moved, write=False) as work, pytest.raises(NotFound):
        period_orders.draft(work, done)


def test_what_may_not_be_made_is_refused_at_once(both: Office, head: Viewer, hall: Outlet) -> None:
    branch = viewer_of(make.user(both, role=Role.BRANCH_MANAGER, unit_path="sx/dt/"))
    with both.work(branch) as work:
        with pytest.raises(NotAllowed):
            period_orders.ask(work, month(hall, "inner"), draft=True)
        with pytest.raises(NotFound):
            period_orders.ask(work, month(hall), draft=True)
    with both.work(head) as work, pytest.raises(PeriodRuns):
        period_orders.ask(work, month(hall, period=Period.read("2026-11")), draft=False)
    with both.work(write=False) as work:
        assert not work.session.exec(select(PeriodOrder)).all()


def test_a_draft_is_deleted_after_its_days(both: Office, head: Viewer, hall: Outlet, clock: Clock) -> None:
    order_id = asked(both, head, month(hall), draft=True)
    worker.run_once(both)
    assert period_orders.expire(both) == 0
    clock.forward(days=3)
    assert period_orders.expire(both) == 1
    assert both.files.get_named(period_orders.name_of(order_id)) is None
    with both.work(head, write=False) as work, pytest.raises(DraftExpired):
        period_orders.draft(work, order_id)
    assert order(both, head, order_id).state == "expired"


def test_the_handler_is_the_workers() -> None:
    assert worker.JOBS["report.asked"] == (shown.HANDLER,)
    assert worker.HANDLERS[shown.HANDLER] is period_orders.make
