"""Reports over HTTP: each role's edition, and the public verification that tells nothing else."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import select

from server import worker
from server.domain.access import ROLES, Role
from server.domain.visit import VisitState
from server.queries.reports import report_id_of
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


def test_each_role_downloads_its_own_edition(office: Office, client: Client, hall: Outlet) -> None:
    visit, editions = accepted(office, hall, publish=True)
    found = {}
    for role in EVERYBODY:
        caller = client(somebody(office, role, hall))
        # Outside, a covert visit goes by the id of its report; the phone's own id opens nothing.
        known, phones = (editions["outlet"].id, visit.id) if role in OUTLET else (visit.id, None)
        current = caller.get(f"/api/v1/visits/{known}/report.pdf")
        assert phones is None or caller.get(f"/api/v1/visits/{phones}/report.pdf").status_code == 404
        inner = caller.get(f"/reports/{editions['inner'].id}.pdf")
        outlet = caller.get(f"/reports/{editions['outlet'].id}.pdf")
        own = [name for name, each in (("inner", inner), ("outlet", outlet)) if each.data == current.data]
        found[role] = (current.status_code, inner.status_code, outlet.status_code, own)
    for role, seen in found.items():
        if role in INNER:
            assert seen == (200, 200, 200, ["inner"]), role
        elif role in OUTLET:
            assert seen == (200, 404, 200, ["outlet"]), role
        else:
            assert seen[:3] == (403, 403, 403), role


def test_before_publication_an_outlet_has_no_report(office: Office, client: Client, hall: Outlet) -> None:
    visit, editions = accepted(office, hall, publish=False)
    assert set(editions) == {"inner"}
    for role in OUTLET:
        caller = client(somebody(office, role, hall))
        assert caller.get(f"/api/v1/visits/{visit.id}/report.pdf").status_code == 404, role
        assert editions["inner"].number not in caller.get("/reports").get_data(as_text=True), role


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


def test_the_number_printed_on_a_report_leads_to_its_standing(
    office: Office, client: Client, hall: Outlet
) -> None:
    _, editions = accepted(office, hall, publish=False)
    number = editions["inner"].number
    stranger = client(None)
    for typed in (number, number.lower(), f" {number} "):
        asked = stranger.get("/verify", query_string={"number": typed})
        assert asked.status_code == 302
        page = stranger.get(asked.headers["Location"])
        assert (page.status_code, "真实有效" in page.get_data(as_text=True)) == (200, True)
    assert stranger.get(f"/api/v1/verify/{number}").get_json()["standing"] == "genuine"
    assert stranger.get("/verify/XT-2026-999999").status_code == 404
    assert 'name="number"' in stranger.get("/verify").get_data(as_text=True)


def unsigned(office: Office, hall: Outlet, *, publish: bool) -> Visit:
    """A visit whose reports no worker has signed."""
    visit = submitted.visit(office, make.user(office, role=Role.SHOPPER), hall)
    with office.work(submitted.reviewer(office)) as work:
        review.decide(work, visit.id, 1, "accept")
    if publish:
        with office.work(submitted.reviewer(office, Role.HQ)) as work:
            review.publish(work, visit.id)
    return visit


def editions_of(office: Office, visit: Visit) -> list[str]:
    with office.work(write=False) as work:
        found = work.session.exec(select(Report).where(Report.visit_id == visit.id)).all()
    return sorted(report.edition for report in found)


def test_an_owner_finds_and_gets_the_report_that_nobody_has_signed_yet(
    office: Office, client: Client, hall: Outlet
) -> None:
    visit = unsigned(office, hall, publish=True)
    owner = client(somebody(office, Role.OUTLET_OWNER, hall))
    listed = owner.get("/visits").get_data(as_text=True)
    link = re.search(r'href="(/visits/[0-9a-f-]{36})"', listed)
    assert link is not None
    page = owner.get(link[1]).get_data(as_text=True)
    assert str(visit.id) not in listed + page
    offered = re.search(r'href="(/reports/[0-9a-f-]{36}\.pdf)"', page)
    assert offered is not None
    assert editions_of(office, visit) == []
    first, second = owner.get(offered[1]), owner.get(offered[1])
    assert (first.status_code, first.mimetype) == (200, "application/pdf")
    assert first.get_data() == second.get_data()
    assert editions_of(office, visit) == ["outlet"]
    assert offered[1] in owner.get(link[1]).get_data(as_text=True)


def test_the_desk_gets_the_inner_edition_on_demand_and_is_offered_both(
    office: Office, client: Client, hall: Outlet
) -> None:
    visit = unsigned(office, hall, publish=True)
    desk = client(Role.REVIEWER)
    assert (
        len(
            re.findall(r"/reports/[0-9a-f-]{36}\.pdf", desk.get(f"/visits/{visit.id}").get_data(as_text=True))
        )
        == 2
    )
    answer = desk.get(f"/api/v1/visits/{visit.id}/report.pdf")
    assert (answer.status_code, editions_of(office, visit)) == (200, ["inner"])


@pytest.mark.parametrize("role", OUTLET)
def test_asking_makes_no_report_before_publication_nor_for_strangers(
    office: Office, client: Client, hall: Outlet, role: Role
) -> None:
    early, done = unsigned(office, hall, publish=False), unsigned(office, hall, publish=True)
    inner = report_id_of(done.id, 1, "inner")
    caller = client(somebody(office, role, hall))
    for path in (
        f"/api/v1/visits/{early.id}/report.pdf",
        f"/reports/{report_id_of(early.id, 1, 'outlet')}.pdf",
        f"/visits/{report_id_of(early.id, 1, 'outlet')}",
        f"/reports/{inner}.pdf",
        f"/visits/{inner}",
    ):
        assert caller.get(path).status_code == 404, path
    other = make.outlet(office, place=make.unit(office, "sx", "dt", "c", "d", "a"))
    stranger = client(make.user(office, role=Role.OUTLET_OWNER, outlet_id=other.id))
    assert stranger.get(f"/reports/{report_id_of(done.id, 1, 'outlet')}.pdf").status_code == 404
    assert stranger.get(f"/api/v1/visits/{done.id}/report.pdf").status_code == 404
    assert editions_of(office, early) == editions_of(office, done) == []


def test_too_large_a_file_is_refused(client: Client) -> None:
    answer = client(None).post("/api/v1/verify", data=bytes(reports.MOST_BYTES + 1))
    assert answer.status_code == 413
