"""The list of signed reports for programs: every kind, each role's part and edition, page by page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from server import worker
from server.domain.access import Role, Viewer
from server.domain.period_reports import Kind
from server.domain.periods import Period
from server.queries import report_list
from server.storage.organisation import Outlet, Unit, User
from server.storage.visits import Revision, Visit
from server.usecases import period_reports, review
from server.usecases.period_read import Wanted
from server.usecases.work import Office
from tests import make, submitted
from tests.conftest import Clock

Client = Callable[..., make.Caller]
SECRET = "欧阳神秘"


@pytest.fixture(autouse=True)
def nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "drawn", lambda visit_id, seed, percent: False)


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office)


def published(office: Office, hall: Outlet) -> Visit:
    visit = submitted.visit(office, make.user(office, role=Role.SHOPPER, name=SECRET), hall)
    with office.work(submitted.reviewer(office)) as work:
        review.decide(work, visit.id, 1, "accept")
    with office.work(submitted.reviewer(office, Role.HQ)) as work:
        review.publish(work, visit.id)
    worker.run_once(office)
    return visit


def somebody(office: Office, role: Role, hall: Outlet) -> User:
    return make.user(office, role=role, outlet_id=hall.id, unit_path="sx/")


def quarter(office: Office) -> Wanted:
    with office.work(write=False) as work:
        unit = work.session.exec(select(Unit).where(Unit.path == "sx/ty/")).one()
    return Wanted(Kind.BRANCH_QUARTER, unit.id, Period.read("2026-Q3"), "outlet", "zh")


def asked(caller: make.Caller, **given: str) -> list[dict[str, Any]]:
    answer = caller.get("/api/v1/reports", query_string=given)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()["reports"]


def test_each_role_lists_its_part_in_its_edition_and_can_fetch_each(
    office: Office, client: Client, hall: Outlet
) -> None:
    visit = published(office, hall)
    period_reports.issue(office, submitted.reviewer(office, Role.HQ), quarter(office))
    for role, expected in (
        (Role.HQ, {"visit inner", "visit outlet", "branch_quarter outlet"}),
        (Role.BRANCH_MANAGER, {"visit outlet", "branch_quarter outlet"}),
        (Role.OUTLET_OWNER, {"visit outlet"}),
    ):
        caller = client(somebody(office, role, hall))
        found = asked(caller)
        assert {f"{each['kind']} {each['edition']}" for each in found} == expected, role
        for each in found:
            assert caller.get(each["url"]).data.startswith(b"%PDF"), each
        text = caller.get("/api/v1/reports").get_data(as_text=True)
        assert SECRET not in text
        if role is not Role.HQ:
            assert str(visit.id) not in text
    other = make.outlet(office, place=make.unit(office, "sx", "dt", "c", "d", "a"))
    assert asked(client(somebody(office, Role.OUTLET_OWNER, other))) == []


def test_kind_and_period_narrow_the_list(office: Office, client: Client, hall: Outlet) -> None:
    visit = published(office, hall)
    period_reports.issue(office, submitted.reviewer(office, Role.HQ), quarter(office))
    head = client(somebody(office, Role.HQ, hall))
    assert {each["kind"] for each in asked(head, kind="branch_quarter")} == {"branch_quarter"}
    (made,) = asked(head, period="2026-Q3")
    assert (made["unit"], made["outlet_id"], made["period"]) == ("sx/ty/", None, "2026-Q3")
    for code in (f"{visit.visit_date:%Y-%m}", f"{visit.visit_date:%Y}-Q4"):
        found = asked(head, period=code, kind="visit")
        assert {each["visit_date"] for each in found} == {visit.visit_date.isoformat()}
        assert {each["outlet_id"] for each in found} == {str(hall.id)}
    assert asked(head, period="2020-01") == []
    for wrong in ({"kind": "poem"}, {"period": "2026-13"}, {"cursor": "' OR 1=1 --"}):
        assert head.get("/api/v1/reports", query_string=wrong).status_code == 422, wrong


def test_what_is_no_longer_current_says_so(
    office: Office, client: Client, hall: Outlet, clock: Clock
) -> None:
    visit = published(office, hall)
    head = client(somebody(office, Role.HQ, hall))
    with office.work() as work:
        row = work.session.get_one(Visit, visit.id)
        before = work.session.get_one(Revision, (visit.id, 1))
        work.session.add(Revision(**{**before.model_dump(), "number": 2}))
        row.revision = row.accepted_revision = 2
    assert {each["state"] for each in asked(head)} == {"outdated"}
    worker.issue_again(office, visit.id)
    states = {each["number"]: (each["state"], each["superseded_by"]) for each in asked(head)}
    newer = {each["id"] for each in asked(head) if each["state"] == "current"}
    assert [state for state, _ in states.values()].count("superseded") == 2
    assert {by for state, by in states.values() if state == "superseded"} == newer


def test_page_by_page_every_report_comes_once(
    office: Office, client: Client, hall: Outlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(office, hall)
    published(office, hall)
    monkeypatch.setattr(report_list, "PAGE", 3)
    head = client(somebody(office, Role.HQ, hall))
    first = head.get("/api/v1/reports").get_json()
    second = head.get("/api/v1/reports", query_string={"cursor": first["cursor"]}).get_json()
    numbers = [each["number"] for each in first["reports"] + second["reports"]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 4
    assert second["cursor"] is None


def test_whoever_sees_no_reports_finds_none(office: Office, hall: Outlet) -> None:
    published(office, hall)
    shopper = Viewer(str(UUID(int=1)), "", "", Role.SHOPPER, unit_path="sx/")
    with office.work(shopper, write=False) as work:
        assert report_list.listed(work.session, shopper, report_list.Wish())["reports"] == []
