"""Reports over HTTP: each role's edition, and the public verification that tells nothing else."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import select

from server import worker
from server.domain.access import ROLES, Role
from server.domain.visit import VisitState
from server.routes import reports
from server.storage.organisation import Outlet, User
from server.storage.visits import Report, Visit
from server.usecases import review
from server.usecases.work import Office
from tests import make, submitted

Client = Callable[..., make.Caller]
EVERYBODY = sorted(ROLES)
INNER = (Role.REVIEWER, Role.HQ, Role.AUDITOR)
OUTLET = (Role.AREA_MANAGER, Role.HALL_MANAGER, Role.OUTLET_OWNER, Role.BRANCH_MANAGER)


@pytest.fixture(autouse=True)
def nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "drawn", lambda visit_id, seed, percent: False)


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office)


def accepted(office: Office, hall: Outlet, *, publish: bool) -> tuple[Visit, dict[str, Report]]:
    shopper = make.user(office, role=Role.SHOPPER)
    visit = submitted.visit(office, shopper, hall)
    with office.work(submitted.reviewer(office)) as work:
        review.decide(work, visit.id, 1, "accept")
    if publish:
        with office.work(submitted.reviewer(office, Role.HQ)) as work:
            review.publish(work, visit.id)
    worker.run_once(office)
    with office.work(write=False) as work:
        found = work.session.exec(select(Report).where(Report.visit_id == visit.id)).all()
    return visit, {report.edition: report for report in found}


def somebody(office: Office, role: Role, hall: Outlet) -> User:
    return make.user(office, role=role, outlet_id=hall.id, unit_path="sx/")


@pytest.mark.parametrize("role", EVERYBODY)
def test_each_role_downloads_its_own_edition(
    office: Office, client: Client, hall: Outlet, role: Role
) -> None:
    visit, editions = accepted(office, hall, publish=True)
    caller = client(somebody(office, role, hall))
    current = caller.get(f"/api/v1/visits/{visit.id}/report.pdf")
    inner = caller.get(f"/reports/{editions['inner'].id}.pdf")
    outlet = caller.get(f"/reports/{editions['outlet'].id}.pdf")
    statuses = (current.status_code, inner.status_code, outlet.status_code)
    if role in INNER:
        assert statuses == (200, 200, 200)
        assert current.get_data() == inner.get_data()
    elif role in OUTLET:
        assert statuses == (200, 404, 200)
        assert current.get_data() == outlet.get_data()
    else:
        assert statuses == (403, 403, 403)


@pytest.mark.parametrize("role", OUTLET)
def test_before_publication_an_outlet_has_no_report(
    office: Office, client: Client, hall: Outlet, role: Role
) -> None:
    visit, editions = accepted(office, hall, publish=False)
    assert set(editions) == {"inner"}
    caller = client(somebody(office, role, hall))
    assert caller.get(f"/api/v1/visits/{visit.id}/report.pdf").status_code == 404
    assert editions["inner"].number not in caller.get("/reports").get_data(as_text=True)


def test_a_report_of_another_outlet_is_out_of_sight(office: Office, client: Client, hall: Outlet) -> None:
    _, editions = accepted(office, hall, publish=True)
    other = make.outlet(office, place=make.unit(office, "sx", "dt", "c", "d", "a"))
    for user in (
        make.user(office, role=Role.OUTLET_OWNER, outlet_id=other.id),
        make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/dt/"),
    ):
        assert client(user).get(f"/reports/{editions['outlet'].id}.pdf").status_code == 404


def test_the_list_shows_and_finds_reports_by_number(office: Office, client: Client, hall: Outlet) -> None:
    _, editions = accepted(office, hall, publish=True)
    caller = client(Role.HQ)
    text = caller.get("/reports").get_data(as_text=True)
    assert all(report.number in text for report in editions.values())
    found = caller.get(f"/reports?search={editions['inner'].number}&page=x").get_data(as_text=True)
    assert editions["outlet"].number not in found


def verified(caller: make.Caller, data: bytes) -> Any:
    return caller.post("/api/v1/verify", data=data, content_type="application/pdf").get_json()


def test_anybody_verifies_a_file_and_learns_nothing_else(
    office: Office, client: Client, hall: Outlet
) -> None:
    _, editions = accepted(office, hall, publish=False)
    report = editions["inner"]
    data = office.files.get(report.sha256, kind="report")
    stranger = client(None)
    found = verified(stranger, data)
    assert found == {
        "standing": "genuine",
        "number": report.number,
        "signed_at": report.signed_at.isoformat(),
        "newer": None,
        "newer_at": None,
    }
    changed = data[:3000] + bytes([data[3000] ^ 1]) + data[3001:]
    assert verified(stranger, changed)["standing"] == "changed"
    assert verified(stranger, b"%PDF-1.7\n%%EOF")["standing"] == "unknown"
    assert hall.name not in str(found)


def test_the_report_of_a_voided_visit_is_withdrawn(office: Office, client: Client, hall: Outlet) -> None:
    visit, editions = accepted(office, hall, publish=True)
    with office.work() as work:
        work.session.get_one(Visit, visit.id).state = VisitState.VOID
    stranger = client(None)
    for report in editions.values():
        data = office.files.get(report.sha256, kind="report")
        assert verified(stranger, data)["standing"] == "void"
        assert stranger.get(f"/api/v1/verify/{report.id}").get_json()["standing"] == "void"
        page = stranger.get(f"/verify/{report.id}")
        assert page.status_code == 200
        assert "报告已作废" in page.get_data(as_text=True)
        dropped = stranger.post("/verify?lang=en", data={"pdf": (io.BytesIO(data), "x.pdf")})
        assert "Withdrawn" in dropped.get_data(as_text=True)
        assert "真实有效" not in dropped.get_data(as_text=True)
        changed = data[:3000] + bytes([data[3000] ^ 1]) + data[3001:]
        assert verified(stranger, changed)["standing"] == "changed"


def test_the_page_verifies_a_dropped_file_without_sign_in(
    office: Office, client: Client, hall: Outlet
) -> None:
    _, editions = accepted(office, hall, publish=False)
    data = office.files.get(editions["inner"].sha256, kind="report")
    stranger = client(None)
    page = stranger.post("/verify", data={"pdf": (io.BytesIO(data), "x.pdf")}).get_data(as_text=True)
    assert "真实有效" in page
    assert editions["inner"].number in page
    for hidden in (hall.name, hall.code, "100.00"):
        assert hidden not in page
    spoilt = stranger.post("/verify", data={"pdf": (io.BytesIO(data[:-1] + b"x"), "x.pdf")})
    assert "内容被改动过" in spoilt.get_data(as_text=True)
    assert stranger.post("/verify", data={}).status_code == 302


def test_the_code_on_a_report_leads_to_its_standing(office: Office, client: Client, hall: Outlet) -> None:
    _, editions = accepted(office, hall, publish=False)
    stranger = client(None)
    page = stranger.get(f"/verify/{editions['inner'].id}")
    assert page.status_code == 200
    assert editions["inner"].number in page.get_data(as_text=True)
    assert stranger.get(f"/verify/{uuid4()}").status_code == 404
    assert stranger.get("/verify/nonsense").status_code == 404
    assert stranger.get(f"/api/v1/verify/{uuid4()}").get_json()["standing"] == "unknown"


def test_too_large_a_file_is_refused(client: Client) -> None:
    answer = client(None).post("/api/v1/verify", data=bytes(reports.MOST_BYTES + 1))
    assert answer.status_code == 413
