"""Appeals over HTTP: pages and API, what each role sees, and the shopper's secrecy."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest

from server.domain.access import Role
from server.queries.reports import report_id_of
from server.storage.organisation import Outlet, User
from server.storage.visits import Report, Visit
from server.usecases import review
from server.usecases.work import Office
from tests import appealed, make, phone, submitted
from tests.conftest import Clock

Client = Callable[..., make.Caller]
SECRET = "欧阳神秘七七"
PDF = make.pdf()


@pytest.fixture(autouse=True)
def nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "drawn", lambda visit_id, seed, percent: False)


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office)


@pytest.fixture
def shopper(office: Office) -> User:
    return make.user(office, role=Role.SHOPPER, name=SECRET, username="shopper-secret-77")


@pytest.fixture
def visit(office: Office, hall: Outlet, shopper: User) -> Visit:
    return appealed.published(office, shopper, hall)[0]


@pytest.fixture
def owner(office: Office, hall: Outlet) -> User:
    return make.user(office, role=Role.OUTLET_OWNER, outlet_id=hall.id, name="王有福")


def page_of(visit: Visit, revision: int = 1) -> str:
    """The id by which the outlet reads the visit."""
    return str(report_id_of(visit.id, revision, "outlet"))


def form(caller: make.Caller, path: str, files: tuple[tuple[bytes, str], ...] = (), **given: Any) -> Any:
    proof = [(io.BytesIO(data), name) for data, name in files]
    data = {"csrf_token": caller.csrf, **given, **({"proof": proof} if proof else {})}
    return caller.post(path, data=data, content_type="multipart/form-data")


def made(caller: make.Caller, visit: Visit, item: str = "A-01", files: Any = None, revision: int = 1) -> str:
    """An appeal by the form of the visit's page; its id."""
    appeal = str(uuid4())
    files = files if files is not None else ((appealed.proof(), "门头.jpg"),)
    answer = form(
        caller,
        f"/visits/{page_of(visit, revision)}/appeals",
        files,
        appeal=appeal,
        item=item,
        ground=appealed.GROUND,
    )
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return appeal


def body(visit_id: str, **given: Any) -> dict[str, Any]:
    return json.loads(appealed.sent(visit_id, **given).model_dump_json())  # type: ignore[arg-type]


def test_the_outlets_page_offers_what_it_may_say(client: Client, visit: Visit, owner: User) -> None:
    caller = client(owner)
    text = caller.get(f"/visits/{page_of(visit)}").get_data(as_text=True)
    assert "申诉期限到 2026-11-25 24:00 为止。" in text
    assert "确认结果" in text
    offered = set(re.findall(r'name="item" value="([^"]+)"', text))
    assert offered == {"A-01", "A-02"}
    made(caller, visit)
    again = caller.get(f"/visits/{page_of(visit)}").get_data(as_text=True)
    assert set(re.findall(r'name="item" value="([^"]+)"', again)) == {"A-02"}


def test_after_acknowledging_the_page_says_so_and_offers_no_appeal(
    client: Client, visit: Visit, owner: User
) -> None:
    caller = client(owner)
    assert form(caller, f"/visits/{page_of(visit)}/acknowledge").status_code == 302
    text = caller.get(f"/visits/{page_of(visit)}").get_data(as_text=True)
    assert "王有福 2026-11-21 11:00 确认了结果。" in text
    assert 'name="item"' not in text
    refused = form(
        caller,
        f"/visits/{page_of(visit)}/appeals",
        ((appealed.proof(), "a.jpg"),),
        appeal=str(uuid4()),
        item="A-01",
        ground="x",
    )
    assert refused.status_code == 409
    assert "不能再申诉" in refused.get_data(as_text=True)


def test_without_an_appeal_in_time_the_result_counts_as_accepted(
    client: Client, visit: Visit, owner: User, clock: Clock
) -> None:
    clock.forward(days=6)
    text = client(owner).get(f"/visits/{page_of(visit)}").get_data(as_text=True)
    assert "网点没有申诉，视为认可" in text
    assert 'name="item"' not in text


def test_an_appeal_is_answered_on_its_page_and_both_sides_see_the_scores(
    office: Office, client: Client, visit: Visit, owner: User
) -> None:
    outlet = client(owner)
    appeal = made(outlet, visit, files=((appealed.proof(), "a.jpg"), (PDF, "b.pdf")))
    desk = client(Role.REVIEWER)
    listed = desk.get("/appeals?state=mine").get_data(as_text=True)
    assert f"/appeals/{appeal}" in listed
    page = desk.get(f"/appeals/{appeal}").get_data(as_text=True)
    for words in ("门头干净完好", "门头不亮", appealed.GROUND, "维持原判", "王有福", "proof-2.pdf"):
        assert words in page
    answer = form(
        desk, f"/appeals/{appeal}/answer", turn="1", decision="uphold", value="pass", why="当时亮着。"
    )
    assert answer.status_code == 302
    for caller in (desk, outlet):
        shown = caller.get(f"/appeals/{appeal}").get_data(as_text=True)
        assert "<del>60.00</del> → <ins>90.00</ins>" in shown
        assert "<del>不合格</del> → <ins>合格</ins>" in shown
    again = form(desk, f"/appeals/{appeal}/answer", turn="1", decision="reject", why="不对。")
    assert again.status_code == 409
    assert "<b>90.00</b>" in outlet.get(f"/visits/{page_of(visit, 2)}").get_data(as_text=True)


def test_an_earlier_page_of_a_corrected_visit_leads_to_the_present_one_and_its_forms_are_taken(
    office: Office, client: Client, visit: Visit, owner: User
) -> None:
    viewer = submitted.viewer(owner)
    first = appealed.made(office, viewer, visit)
    with office.work() as work:
        given = {"number": "XT-2026-000001", "sha256": "0" * 64, "bytes": 1, "signed_at": work.now}
        work.session.add(
            Report(id=UUID(page_of(visit)), visit_id=visit.id, revision=1, edition="outlet", **given)
        )
    appealed.answered(office, submitted.reviewer(office), first, uphold=True)
    caller = client(owner)
    moved = caller.get(f"/visits/{page_of(visit)}")
    assert (moved.status_code, moved.headers["Location"]) == (302, f"/visits/{page_of(visit, 2)}")
    assert made(caller, visit, "A-02")
    assert form(caller, f"/visits/{page_of(visit)}/acknowledge").status_code == 409


def test_the_proof_is_seen_by_outlet_and_desk_and_by_no_other_outlet(
    office: Office, client: Client, visit: Visit, owner: User
) -> None:
    made(client(owner), visit)
    name = sha256(appealed.proof()).hexdigest()
    elsewhere = make.user(office, role=Role.OUTLET_OWNER, outlet_id=make.outlet(office).id)
    for who, status in ((owner, 200), (Role.REVIEWER, 200), (Role.AUDITOR, 200), (elsewhere, 404)):
        assert client(who).get(f"/api/v1/photos/{name}").status_code == status
    assert client(Role.SHOPPER).get(f"/api/v1/photos/{name}").status_code == 404


def test_a_proof_is_judged_by_its_content_and_nothing_of_a_refused_one_stays(
    client: Client, visit: Visit, owner: User
) -> None:
    caller = client(owner)
    for data, name in (
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "a.svg"),
        (b"MZ\x90\x00", "../../../a.jpg"),
        (b"", "empty.jpg"),
    ):
        appeal = str(uuid4())
        refused = form(
            caller,
            f"/visits/{page_of(visit)}/appeals",
            ((data, name),),
            appeal=appeal,
            item="A-01",
            ground="看照片",
        )
        assert refused.status_code == 422
        assert caller.get(f"/appeals/{appeal}").status_code == 404
        text = refused.get_data(as_text=True)
        assert '<details class="appeal-it" open>' in text
        assert "看照片</textarea>" in text
        assert 'role="alert"' in text


def test_an_appeal_that_cannot_be_comes_back_with_what_was_typed(
    client: Client, visit: Visit, owner: User
) -> None:
    caller = client(owner)
    path = f"/visits/{page_of(visit)}/appeals"
    sent: dict[str, Any] = {"appeal": str(uuid4()), "item": "A-01"}
    proof = ((appealed.proof(), "门头.jpg"),)
    for given, files, why in (
        ({"ground": "   "}, proof, "请写明理由。"),
        ({"ground": "写了很久的理由"}, (), "申诉除了理由，还要附上照片或 PDF 作为证明。"),
        ({"ground": "写了很久的理由"}, proof * 21, "项。"),
        ({"ground": "长" * 2001}, proof, "内容不对"),
    ):
        refused = form(caller, path, files, **sent, **given)
        text = refused.get_data(as_text=True)
        assert refused.status_code == 422
        assert why in text
        assert '<details class="appeal-it" open>' in text
        assert f"{given['ground']}</textarea>" in text
    assert form(caller, path, proof, **sent, ground=appealed.GROUND).status_code == 302


def test_a_second_appeal_that_cannot_be_comes_back_with_what_was_typed(
    office: Office, client: Client, visit: Visit, owner: User
) -> None:
    caller = client(owner)
    appeal = made(caller, visit)
    form(client(Role.REVIEWER), f"/appeals/{appeal}/answer", turn=1, decision="reject", why="看不出")
    text = caller.get(f"/appeals/{appeal}").get_data(as_text=True)
    etag = text.split('name="etag" value="')[1].split('"')[0]
    svg = ((b'<svg xmlns="http://www.w3.org/2000/svg"/>', "a.svg"),)
    refused = form(caller, f"/appeals/{appeal}/again", svg, turn=2, etag=etag, ground="写了很久的理由")
    text = refused.get_data(as_text=True)
    assert (refused.status_code, 'role="alert"' in text) == (422, True)
    assert "写了很久的理由</textarea>" in text
    again = form(caller, f"/appeals/{appeal}/again", (), turn=2, etag=etag, ground="写了很久的理由")
    assert again.status_code == 302


@pytest.mark.parametrize(
    "data", [b"%PDF-1.4\n<script>alert(1)</script>", b"%PDF-1.7\n%%EOF", b"%PDF-1.7\n" + b"x" * 4000]
)
def test_what_only_calls_itself_a_pdf_is_no_proof(
    client: Client, visit: Visit, owner: User, data: bytes
) -> None:
    sent = {"appeal": str(uuid4()), "item": "A-01", "ground": "看附件"}
    refused = form(client(owner), f"/visits/{page_of(visit)}/appeals", ((data, "a.pdf"),), **sent)
    assert refused.status_code == 422


def test_html_in_a_ground_is_shown_as_text(client: Client, visit: Visit, owner: User) -> None:
    caller, appeal = client(owner), str(uuid4())
    form(
        caller,
        f"/visits/{page_of(visit)}/appeals",
        ((appealed.proof(), "<img src=x onerror=alert(1)>.jpg"),),
        appeal=appeal,
        item="A-01",
        ground="<script>alert(1)</script>",
    )
    page = client(Role.HQ).get(f"/appeals/{appeal}").get_data(as_text=True)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "onerror" not in page


def test_a_rejected_appeal_is_asked_again_on_its_page_and_the_province_decides(
    office: Office, client: Client, visit: Visit, owner: User
) -> None:
    outlet = client(owner)
    appeal = made(outlet, visit)
    form(client(Role.REVIEWER), f"/appeals/{appeal}/answer", turn="1", decision="reject", why="看不出时间。")
    page = outlet.get(f"/appeals/{appeal}").get_data(as_text=True)
    assert "可以在 2026-11-24 24:00 以前再次申诉" in page
    etag = re.search(r'name="etag" value="([^"]+)"', page)
    assert etag
    asked = form(outlet, f"/appeals/{appeal}/again", turn="2", etag=etag[1], ground="另有监控截图。")
    assert asked.status_code == 302
    reviewer = client(Role.REVIEWER)
    assert "answer-appeal" not in reviewer.get(f"/appeals/{appeal}").get_data(as_text=True)
    refused = form(reviewer, f"/appeals/{appeal}/answer", turn="2", decision="reject", why="x")
    assert refused.status_code == 403
    province = client(Role.HQ)
    assert "由省公司答复" in province.get(f"/appeals/{appeal}").get_data(as_text=True)
    done = form(province, f"/appeals/{appeal}/answer", turn="2", decision="reject", why="仍看不出。")
    assert done.status_code == 302
    assert "终审维持原判" in outlet.get(f"/appeals/{appeal}").get_data(as_text=True)


def test_the_list_leads_with_what_is_overdue_and_counts_by_tab(
    office: Office, client: Client, visit: Visit, owner: User, shopper: User, clock: Clock
) -> None:
    caller = client(owner)
    late = made(caller, visit)
    clock.forward(days=5)
    other = make.outlet(office, name="大同营业厅", pinyin="dtyyt")
    second, *_ = appealed.published(office, shopper, other)
    boss = client(make.user(office, role=Role.HALL_MANAGER, outlet_id=other.id))
    fresh = made(boss, second)
    text = client(Role.HQ).get("/appeals").get_data(as_text=True)
    assert text.index(late) < text.index(fresh)
    assert "已超过期限" in text
    overdue = client(Role.HQ).get("/appeals?state=overdue").get_data(as_text=True)
    assert late in overdue
    assert fresh not in overdue
    found = client(Role.AUDITOR).get("/appeals?search=dtyyt").get_data(as_text=True)
    assert fresh in found
    assert late not in found
    assert fresh not in caller.get("/appeals").get_data(as_text=True)


def test_the_api_takes_an_appeal_with_its_files_by_tus(client: Client, visit: Visit, owner: User) -> None:
    caller, appeal = client(owner), str(uuid4())
    data = appealed.proof()
    sent = body(page_of(visit))
    path = f"/api/v1/appeals/{appeal}"
    assert caller.put(path, json=sent).status_code == 428
    first = caller.put(path, json=sent, headers={"If-None-Match": "*"})
    assert (first.status_code, first.get_json()["state"]) == (200, "receiving")
    assert first.get_json()["files_missing"] == [sha256(data).hexdigest()]
    answer = phone.send(caller, data, "", record=appeal, record_kind="appeal")
    assert answer.status_code == 201, answer.get_data(as_text=True)
    again = caller.put(path, json=sent, headers={"If-None-Match": "*"})
    assert (again.get_json()["state"], again.get_json()["files_missing"]) == ("asked", [])
    changed = caller.put(path, json={**sent, "ground": "别的"}, headers={"If-Match": '"older"'})
    assert changed.status_code == 412
    assert changed.get_json()["current"]["etag"] == again.get_json()["etag"]
    seen = caller.get(path).get_json()
    assert seen["visit_id"] == page_of(visit)
    assert seen["turns"][0]["files"] == [
        {"sha256": sent["files"][0]["sha256"], "type": "image/jpeg", "here": True}
    ]


def test_the_api_answers_and_lists(client: Client, visit: Visit, owner: User) -> None:
    appeal = made(client(owner), visit)
    reviewer = client(Role.REVIEWER)
    given = {"turn": 1, "decision": "uphold", "why": "当时亮着。", "value": "pass"}
    answer = reviewer.post(f"/api/v1/appeals/{appeal}/answer", json=given)
    assert (answer.status_code, answer.get_json()["score_after"]) == (200, "90.00")
    late = client(Role.HQ).post(f"/api/v1/appeals/{appeal}/answer", json=given)
    assert (late.status_code, late.get_json()["state"]) == (409, "upheld")
    listed = reviewer.get("/api/v1/appeals?state=upheld").get_json()
    assert [each["id"] for each in listed["appeals"]] == [appeal]
    assert reviewer.get("/api/v1/appeals?state=odd&page=x").status_code == 422


def test_late_appeals_and_items_without_a_loss_are_refused_in_words(
    client: Client, visit: Visit, owner: User, clock: Clock
) -> None:
    caller = client(owner)
    path = f"/api/v1/appeals/{uuid4()}"
    full = caller.put(path, json=body(page_of(visit), item="B-01"), headers={"If-None-Match": "*"})
    assert full.status_code == 422
    assert "B-01 没有失分" in full.get_json()["detail"]
    clock.forward(days=6)
    late = caller.put(path, json=body(page_of(visit)), headers={"If-None-Match": "*"})
    assert late.status_code == 409
    assert "申诉期限到 2026-11-25 24:00 为止" in late.get_json()["detail"]


def test_no_page_or_answer_of_the_outlet_tells_who_the_shopper_was_or_when(
    office: Office, client: Client, visit: Visit, owner: User, shopper: User
) -> None:
    outlet = client(owner)
    appeal = made(outlet, visit)
    form(
        client(Role.REVIEWER),
        f"/appeals/{appeal}/answer",
        turn="1",
        decision="uphold",
        value="pass",
        why="好。",
    )
    manager = client(make.user(office, role=Role.AREA_MANAGER, unit_path="sx/"))
    branch = client(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/"))
    secrets = (SECRET, shopper.username, str(shopper.id), str(visit.id), "09:10", "T01:1")
    for caller in (outlet, manager, branch):
        for path in (
            "/appeals",
            f"/appeals/{appeal}",
            f"/visits/{page_of(visit, 2)}",
            "/api/v1/appeals",
            f"/api/v1/appeals/{appeal}",
        ):
            answer = caller.get(path)
            assert answer.status_code == 200, path
            text = answer.get_data(as_text=True)
            assert [secret for secret in secrets if secret in text] == [], path


def test_the_answerers_name_stays_inside(office: Office, client: Client, visit: Visit, owner: User) -> None:
    outlet = client(owner)
    appeal = made(outlet, visit)
    judge = make.user(office, role=Role.REVIEWER, name="沈明察")
    form(client(judge), f"/appeals/{appeal}/answer", turn="1", decision="reject", why="看不出。")
    assert "沈明察" not in outlet.get(f"/appeals/{appeal}").get_data(as_text=True)
    assert outlet.get(f"/api/v1/appeals/{appeal}").get_json()["turns"][0]["answered_by"] is None
    assert "沈明察" in client(Role.HQ).get(f"/appeals/{appeal}").get_data(as_text=True)


def test_the_figures_say_which_item_is_overturned_and_by_whose_judgement(
    office: Office, client: Client, hall: Outlet, shopper: User, owner: User
) -> None:
    visit, first, _ = appealed.published(office, shopper, hall)
    caller = client(owner)
    for revision, item, decision in ((1, "A-01", "uphold"), (2, "A-02", "reject")):
        appeal = made(caller, visit, item, revision=revision)
        form(
            client(Role.HQ),
            f"/appeals/{appeal}/answer",
            turn="1",
            decision=decision,
            value="pass" if item == "A-01" else "",
            why="看过了。",
        )
    text = client(Role.AUDITOR).get("/appeals/figures?period=2026-Q4").get_data(as_text=True)
    rows = [re.sub(r"<[^>]+>|\s+", " ", row) for row in re.findall(r"<tr>(.*?)</tr>", text, re.S)]
    said = [re.sub(r"\s+", " ", row).strip() for row in rows]
    assert any(row.startswith("A-01") and row.endswith("1 1 0 0 100.0%") for row in said), said
    assert any(row.startswith("A-02") and row.endswith("1 0 1 0 0.0%") for row in said), said
    assert any(row.startswith(first.name) and row.endswith("1 2 1 1 50.0%") for row in said), said
    empty = client(Role.HQ).get("/appeals/figures?period=2025-Q1").get_data(as_text=True)
    assert "这段时间没有申诉" in empty
    for role in (Role.REVIEWER, Role.OUTLET_OWNER, Role.BRANCH_MANAGER, Role.ADMIN, Role.SHOPPER):
        assert client(role).get("/appeals/figures").status_code == 403


def test_the_visit_keeps_its_reviewers_and_tells_of_the_correction(
    office: Office, client: Client, hall: Outlet, shopper: User, owner: User
) -> None:
    visit, first, second = appealed.published(office, shopper, hall)
    appeal = made(client(owner), visit)
    form(
        client(Role.HQ), f"/appeals/{appeal}/answer", turn="1", decision="uphold", value="pass", why="亮着。"
    )
    text = client(Role.HQ).get(f"/visits/{visit.id}").get_data(as_text=True)
    assert first.name in text
    assert second.name in text
    assert "申诉改判，重新计分" in text
    assert "申诉改判：亮着。" in text
    english = client(Role.HQ).get(f"/visits/{visit.id}?lang=en").get_data(as_text=True)
    assert "申诉改判" not in english
    assert "Corrected on appeal: 亮着。" in english
