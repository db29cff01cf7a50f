"""Period reports and folders of reports over HTTP: who sees, makes and takes away what, and what a stranger hears."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

import pytest
from sqlmodel import select

from server import worker
from server.domain.access import ROLES, Permission, Role
from server.storage.organisation import Outlet, Unit, User
from server.storage.visits import Visit
from server.usecases import report_folders, review
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
    return visit


def somebody(office: Office, role: Role, hall: Outlet) -> User:
    path = "sx/ty/" if role is Role.BRANCH_MANAGER else "sx/"
    return make.user(office, role=role, outlet_id=hall.id, unit_path=path)


def month(hall: Outlet, **other: str) -> dict[str, str]:
    return {"kind": "outlet_month", "subject": hall.code, "period": "2026-10", "language": "zh", **other}


def test_each_role_does_with_period_reports_what_it_may(office: Office, client: Client, hall: Outlet) -> None:
    for role in sorted(ROLES):
        caller = client(somebody(office, role, hall))
        sees, makes = (
            Permission.SEE_PERIODS in ROLES[role],
            Permission.REPORT_PERIODS in ROLES[role],
        )
        assert caller.get("/periods").status_code == (200 if sees else 403), role
        assert caller.get("/periods/new").status_code == (200 if makes else 403), role
        assert caller.post("/periods/draft", data=month(hall)).status_code == (302 if makes else 403), role
        assert caller.post("/periods", data=month(hall)).status_code == (302 if makes else 403), role
        assert ("生成报告" in caller.get("/periods").get_data(as_text=True)) == makes, role


def test_an_outlet_reads_its_month_and_a_branch_never_the_inner_edition(
    office: Office, client: Client, hall: Outlet
) -> None:
    head = client(somebody(office, Role.HQ, hall))
    for edition in ("inner", "outlet"):
        assert head.post("/periods", data=month(hall, edition=edition)).status_code == 302
    worker.run_once(office)
    links = re.findall(r"/periods/[0-9a-f-]{36}\.pdf", head.get("/periods").get_data(as_text=True))
    assert len(links) == 2
    for role in (Role.OUTLET_OWNER, Role.HALL_MANAGER, Role.BRANCH_MANAGER):
        caller = client(somebody(office, role, hall))
        answers = [caller.get(link).status_code for link in links]
        assert sorted(answers) == [200, 404], role
        assert "内部版" not in caller.get("/periods").get_data(as_text=True), role
    other = make.outlet(office, place=make.unit(office, "sx", "dt", "c", "d", "a"))
    stranger = client(somebody(office, Role.OUTLET_OWNER, other))
    assert [stranger.get(link).status_code for link in links] == [404, 404]
    branch = client(somebody(office, Role.BRANCH_MANAGER, hall))
    assert branch.post("/periods/draft", data=month(hall, edition="inner")).status_code == 403


def test_a_running_period_is_looked_at_and_not_signed(office: Office, client: Client, hall: Outlet) -> None:
    head = client(somebody(office, Role.HQ, hall))
    running = month(hall, period="2026-11")
    assert head.post("/periods/draft", data=running).status_code == 302
    refused = head.post("/periods", data=running)
    assert refused.status_code == 409
    assert "还没有结束" in refused.get_data(as_text=True)
    for wrong in (
        {"period": "2026-Q3"},
        {"period": "11"},
        {"subject": "nobody"},
        {"kind": "visit"},
        {"subject": ""},
    ):
        assert head.post("/periods/draft", data=month(hall, **wrong)).status_code in (404, 422), wrong


def test_a_draft_is_asked_for_followed_and_looked_at_without_a_script(
    office: Office, client: Client, hall: Outlet
) -> None:
    head = client(somebody(office, Role.HQ, hall))
    where = head.post("/periods/draft", data=month(hall)).location
    waiting = head.get(where)
    assert waiting.headers["Refresh"] == "3"
    assert "正在生成" in waiting.get_data(as_text=True)
    assert "正在生成" in head.get("/periods").get_data(as_text=True)
    assert head.get(where + ".pdf").status_code == 409
    assert head.post("/periods/draft", data=month(hall)).location == where
    worker.run_once(office)
    ready = head.get(where)
    assert "Refresh" not in ready.headers
    assert where + ".pdf" in ready.get_data(as_text=True)
    assert head.get(where + ".pdf").data.startswith(b"%PDF")
    assert head.get("/periods").get_data(as_text=True).count(where) == 1
    for role in (Role.HQ, Role.BRANCH_MANAGER):
        other = client(somebody(office, role, hall))
        assert [other.get(each).status_code for each in (where, where + ".pdf")] == [404, 404], role


def test_what_was_signed_is_found_from_the_page_of_its_order(
    office: Office, client: Client, hall: Outlet
) -> None:
    head = client(somebody(office, Role.HQ, hall))
    where = head.post("/periods", data=month(hall)).location
    worker.run_once(office)
    page = head.get(where).get_data(as_text=True)
    (link,) = re.findall(r"/periods/[0-9a-f-]{36}\.pdf", page)
    assert "XT-2026-000001" in page
    assert head.get(link).data.startswith(b"%PDF")
    assert head.get(where + ".pdf").status_code == 404


def test_the_last_quarter_is_offered_until_it_is_made(office: Office, client: Client, hall: Outlet) -> None:
    with office.work(write=False) as work:
        unit = work.session.exec(select(Unit).where(Unit.path == "sx/ty/")).one()
    head = client(somebody(office, Role.HQ, hall))
    page = head.get("/periods").get_data(as_text=True)
    assert "2026-Q3 的报告还没有签发" in page
    assert page.count("kind=branch_quarter") == 1
    assert page.count("kind=province_quarter") == 1
    sent = {"kind": "branch_quarter", "subject": str(unit.id), "period": "2026-Q3", "edition": "inner"}
    assert head.post("/periods", data=sent).status_code == 302
    worker.run_once(office)
    assert "kind=branch_quarter&amp;subject" not in head.get("/periods").get_data(as_text=True)
    assert "kind=branch_quarter" in client(somebody(office, Role.BRANCH_MANAGER, hall)).get(
        "/periods"
    ).get_data(as_text=True)


def test_own_words_are_no_markup_on_any_page(office: Office, client: Client, hall: Outlet) -> None:
    head = client(somebody(office, Role.HQ, hall))
    page = head.get("/periods/new?kind=outlet_month&subject=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert page.status_code == 200
    assert "<script>alert" not in page.get_data(as_text=True)
    asked = head.post("/periods/draft", data=month(hall, remarks="<script>alert(1)</script>"))
    worker.run_once(office)
    assert head.get(asked.location + ".pdf").data.startswith(b"%PDF")
    assert "<script>alert" not in head.get(asked.location).get_data(as_text=True)


def test_a_folder_is_asked_for_followed_and_taken_away(office: Office, client: Client, hall: Outlet) -> None:
    published(office, hall)
    branch = client(somebody(office, Role.BRANCH_MANAGER, hall))
    assert branch.post("/reports/folders", data={"period": "2026-Q4", "edition": "inner"}).status_code == 422
    assert branch.post("/reports/folders", data={"period": "2026-Q4"}).status_code == 302
    waiting = branch.get("/reports/folders")
    assert waiting.headers["Refresh"] == "5"
    assert "<progress" in waiting.get_data(as_text=True)
    while report_folders.step(office):
        pass
    ready = branch.get("/reports/folders")
    assert "Refresh" not in ready.headers
    (link,) = re.findall(r"/reports/folders/[0-9a-f-]{36}\.zip", ready.get_data(as_text=True))
    answer = branch.get(link)
    assert answer.status_code == 200
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert [name.endswith("_outlet.pdf") for name in archive.namelist()] == [True, False]
    assert SECRET.encode() not in answer.data
    for role in (Role.HQ, Role.OUTLET_OWNER, Role.AUDITOR):
        assert client(somebody(office, role, hall)).get(link).status_code == 404, role
    assert client(somebody(office, Role.SHOPPER, hall)).get(link).status_code == 403
    assert branch.post("/reports/folders", data={"period": "2019-01"}).status_code == 422


def test_an_outdated_report_says_so_where_it_is_listed_taken_and_verified(
    office: Office, client: Client, hall: Outlet, clock: Clock
) -> None:
    clock.forward(days=60)
    head = client(somebody(office, Role.HQ, hall))
    assert head.post("/periods", data=month(hall, period="2026-11", edition="outlet")).status_code == 302
    worker.run_once(office)
    page = head.get("/periods").get_data(as_text=True)
    (link,) = re.findall(r"/periods/[0-9a-f-]{36}\.pdf", page)
    assert "outdated" not in head.get(link).headers["Content-Disposition"]
    clock.forward(days=-60)
    published(office, hall)
    assert "检查有变动，需重新签发" in head.get("/periods").get_data(as_text=True)
    answer = head.get(link)
    assert "outdated" in answer.headers["Content-Disposition"]
    found = client().post("/verify", data={"pdf": (io.BytesIO(answer.data), "report.pdf")})
    assert "真实，但已过时" in found.get_data(as_text=True)


def test_a_folder_of_period_reports_is_offered_to_who_may_sign_them(
    office: Office, client: Client, hall: Outlet
) -> None:
    head, owner = client(somebody(office, Role.HQ, hall)), client(somebody(office, Role.OUTLET_OWNER, hall))
    assert 'value="branch_quarter"' in head.get("/reports/folders").get_data(as_text=True)
    assert 'value="branch_quarter"' not in owner.get("/reports/folders").get_data(as_text=True)
    sent = {"period": "2026-Q3", "kind": "branch_quarter"}
    assert owner.post("/reports/folders", data=sent).status_code == 422
    assert head.post("/reports/folders", data={**sent, "period": "2026-10"}).status_code == 422
    assert head.post("/reports/folders", data=sent).status_code == 302
    assert "2026-Q3 · 分公司季报" in head.get("/reports/folders").get_data(as_text=True)
