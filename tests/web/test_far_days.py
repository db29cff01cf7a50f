"""Days and periods at the ends of the calendar: refused in words, kept nowhere, and no page breaks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import uuid4

import pytest
from sqlmodel import select

from server.domain.access import Role
from server.domain.period_reports import Kind
from server.domain.periods import Period
from server.storage.organisation import Outlet
from server.storage.period_orders import OrderState, PeriodOrder
from server.storage.visits import Visit
from server.usecases import period_orders
from server.usecases.people import viewer_of
from server.usecases.period_read import Wanted
from server.usecases.work import Office
from tests import make, submitted
from tests.make import Caller

Client = Callable[..., Caller]
FAR = ("9999-12-31", "0001-01-01")
WHY = [{"item": "A-01", "text": "看不清"}]


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office)


@pytest.fixture
def visit(office: Office, hall: Outlet) -> Visit:
    return submitted.visit(office, make.user(office, role=Role.SHOPPER), hall)


@pytest.mark.parametrize("due", ["9999-12-31T23:00:00Z", "0001-01-01T00:00:00+08:00", "2026-12-21T03:00:01Z"])
def test_a_deadline_for_corrections_is_at_most_thirty_days_ahead(
    client: Client, visit: Visit, due: str
) -> None:
    caller = client(Role.REVIEWER)
    body = {"revision": 1, "decision": "return", "reasons": WHY, "due": due}
    assert caller.post(f"/api/v1/visits/{visit.id}/review", json=body).status_code == 422
    near = {**body, "due": "2026-12-21T03:00:00Z"}
    assert caller.post(f"/api/v1/visits/{visit.id}/review", json=near).status_code == 200
    assert caller.get(f"/visits/{visit.id}").status_code == 200


@pytest.mark.parametrize("due", ["9999-12-31T23:59", "0001-01-01T00:00", "2026-12-21T11:01"])
def test_the_form_says_beside_the_deadline_that_it_is_too_far(client: Client, visit: Visit, due: str) -> None:
    caller = client(Role.REVIEWER)
    form = {"csrf_token": caller.csrf, "revision": "1", "round": "1", "reason-A-01": "看不清楚的理由"}
    answer = caller.post(f"/visits/{visit.id}/decide", data={**form, "decision": "return", "due": due})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="due-wrong"' in page
    assert "看不清楚的理由</textarea>" in page


@pytest.mark.parametrize("day", FAR)
def test_an_action_by_hand_comes_back_with_what_was_typed(client: Client, hall: Outlet, day: str) -> None:
    caller = client(Role.HQ)
    form = {"csrf_token": caller.csrf, "id": str(uuid4()), "outlet": hall.code, "what": "换灯箱", "due": day}
    answer = caller.post("/actions/new", data=form)
    assert answer.status_code == 422
    assert "换灯箱</textarea>" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "code", ["9999", "9999-H2", "9999-Q4", "9999-12", "0001-01", "2014-12", "2101-01", "0001"]
)
def test_a_period_outside_the_years_of_our_records_is_none(client: Client, hall: Outlet, code: str) -> None:
    with pytest.raises(ValueError, match="no period"):
        Period.read(code)
    caller = client(Role.HQ)
    token = {"csrf_token": caller.csrf, "period": code}
    assert caller.post("/reports/folders", data=token).status_code == 422
    wanted = {**token, "kind": "outlet_month", "subject": hall.code}
    for path in ("/periods", "/periods/draft"):
        assert caller.post(path, data=wanted).status_code == 422
    for path in ("/periods?period=", "/reports?period=", "/results?period=", "/reports/folders?period="):
        assert caller.get(path + code).status_code in (200, 422), path


@pytest.mark.parametrize("day", FAR)
def test_a_day_in_an_address_that_cannot_be_is_left_out(client: Client, day: str) -> None:
    caller = client(Role.HQ)
    for path in ("/plan?week=", "/plan/coverage?week=", "/visits?from="):
        assert caller.get(path + day).status_code in (200, 404), path


def test_an_order_of_a_time_without_rules_is_refused_and_not_tried_for_ever(
    office: Office, hall: Outlet
) -> None:
    head = make.user(office, role=Role.HQ)
    with office.work(viewer_of(head)) as work:
        period = Period.of("month", date(2014, 12, 1))
        order = period_orders.ask(
            work, Wanted(Kind.OUTLET_MONTH, hall.id, period, "outlet", "zh"), draft=True
        ).id
    period_orders.make(office, order)
    with office.work(write=False) as work:
        made = work.session.exec(select(PeriodOrder)).one()
    assert (made.state, made.refused) == (OrderState.REFUSED, "period-wrong")
