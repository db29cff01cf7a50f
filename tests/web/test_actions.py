"""Corrective actions over the web: phones make and answer them, the console shows before and after, and covert visits stay secret."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from server.domain.access import Role
from server.domain.visit import VisitState
from server.storage.actions import Action
from server.storage.organisation import Outlet
from server.storage.visits import Visit
from server.usecases import action_times
from server.usecases.work import Office
from tests import actions as made
from tests import make, phone
from tests.conftest import Clock
from tests.make import Caller
from tests.usecases.test_action_times import closed

Client = Callable[..., Caller]
SHOT = make.picture(5)
NAME = sha256(SHOT).hexdigest()


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office)


@pytest.fixture
def action(office: Office, hall: Outlet) -> Action:
    made.accepted(office, make.user(office, role=Role.REVIEWER), hall, kind="announced")
    return made.only(office, hall)


@pytest.fixture
def owner(office: Office, client: Client, hall: Outlet) -> Caller:
    return client(make.user(office, role=Role.OUTLET_OWNER, outlet_id=hall.id, unit_path=hall.unit_path))


@pytest.fixture
def area(office: Office, client: Client, hall: Outlet) -> Caller:
    return client(make.user(office, role=Role.AREA_MANAGER, unit_path=hall.unit_path))


def code(answer: TestResponse) -> str:
    return str(answer.get_json()["type"].rsplit("/")[-1])


def put(caller: Caller, action: Any, body: dict[str, Any], etag: str | None) -> TestResponse:
    headers = {"If-Match": f'"{etag}"'} if etag else {"If-None-Match": "*"}
    return caller.put(f"/api/v1/actions/{action}", json=body, headers=headers)


def entry(data: bytes = SHOT) -> dict[str, Any]:
    return {
        "sha256": sha256(data).hexdigest(),
        "bytes": len(data),
        "type": "image/jpeg",
        "taken_at": "2026-11-21T02:50:00Z",
        "origin": "camera",
    }


def synced(caller: Caller) -> list[dict[str, Any]]:
    changes = caller.get("/api/v1/sync").get_json()["changes"]
    return [change["data"] for change in changes if change["type"] == "action"]


def page(caller: Caller, action: Action) -> str:
    return str(caller.get(f"/actions/{action.id}").get_data(as_text=True))


def test_a_phone_answers_with_photos_in_either_order_and_hears_what_is_missing(
    office: Office, owner: Caller, action: Action
) -> None:
    (mine,) = synced(owner)
    assert (mine["id"], mine["state"], mine["may_answer"]) == (str(action.id), "open", True)
    assert mine["item_text"] == {"zh": "门头干净完好", "en": "Fascia clean and whole"}
    assert len(mine["before"]) == 1
    body = {"answer": "灯箱换好了", "files": [entry()], "at": "2026-11-21T03:00:00Z"}
    first = put(owner, action.id, body, mine["etag"])
    assert (first.status_code, first.get_json()["state"]) == (200, "open"), first.get_json()
    assert first.get_json()["files_missing"] == [NAME]
    sent = phone.send(owner, SHOT, "", record=str(action.id), record_kind="action")
    assert sent.status_code == 201
    last = put(owner, action.id, body, mine["etag"])
    assert (last.get_json()["state"], last.get_json()["files_missing"]) == ("answered", [])
    assert synced(owner)[0]["may_answer"] is False
    shown = owner.get(f"/api/v1/photos/{mine['before'][0]['sha256']}?size=thumb")
    assert shown.status_code == 200


def test_an_old_etag_gets_the_servers_action_and_a_closed_one_says_so(
    office: Office, owner: Caller, client: Client, action: Action
) -> None:
    old = action.etag
    assert put(owner, action.id, {"answer": "好了"}, old).status_code == 200
    late = put(owner, action.id, {"answer": "真的好了"}, old)
    assert (late.status_code, code(late)) == (412, "action-etag-old")
    current = late.get_json()["current"]
    assert (current["state"], current["answer"]) == ("answered", "好了")
    closed = put(owner, action.id, {"answer": "真的好了"}, current["etag"])
    assert (closed.status_code, code(closed)) == (409, "action-state-forbids")
    assert put(owner, action.id, {"answer": "x"}, None).status_code == 428
    nothing = owner.put(f"/api/v1/actions/{action.id}", json={"answer": "x", "outlet_id": str(uuid4())})
    assert nothing.status_code == 422


def test_an_area_manager_makes_one_by_hand_and_another_person_decides(
    office: Office, area: Caller, owner: Caller, client: Client, hall: Outlet
) -> None:
    name = str(uuid4())
    body = {"outlet_id": str(hall.id), "what": "门前台阶修好", "due": "2026-11-30", "who": "王有福"}
    for _ in range(2):
        answer = put(area, name, body, None)
        assert (answer.status_code, answer.get_json()["state"]) == (200, "open"), answer.get_json()
    assert put(owner, str(uuid4()), body, None).status_code == 403
    (seen,) = synced(owner)
    assert (seen["sort"], seen["due_at"], seen["item_text"]) == ("coaching", "2026-11-30T16:00:00Z", None)
    assert put(area, name, {"answer": "我帮着修好了"}, seen["etag"]).get_json()["state"] == "answered"
    path = f"/api/v1/actions/{name}/decide"
    assert code(area.post(path, json={"decision": "accept"})) == "own-answer"
    reviewer = client(Role.REVIEWER)
    assert code(reviewer.post(path, json={"decision": "reopen"})) == "why-missing"
    # Who names the etag that he looked at decides about that answer and no other.
    old = {"decision": "accept", "etag": seen["etag"]}
    assert code(reviewer.post(path, json=old)) == "action-etag-old"
    late = reviewer.post(path, json={"decision": "accept"}, headers={"If-Match": f'"{seen["etag"]}"'})
    assert (late.status_code, late.get_json()["current"]["state"]) == (412, "answered")
    now = {"decision": "accept", "etag": late.get_json()["current"]["etag"]}
    assert reviewer.post(path, json=now).get_json()["state"] == "accepted"
    again = reviewer.post(path, json={"decision": "accept"})
    assert (again.status_code, code(again)) == (409, "action-state-forbids")


def test_a_recheck_that_nobody_has_is_given_on_the_page_of_its_action(
    office: Office, client: Client, clock: Clock, hall: Outlet, action: Action
) -> None:
    closed(office, hall, action)
    clock.forward(days=15)
    action_times.sweep(office)
    branch = client(make.user(office, role=Role.BRANCH_MANAGER, unit_path=hall.unit_path))
    area = make.user(office, role=Role.AREA_MANAGER, unit_path=hall.unit_path)
    assert "复查待派人" in branch.get("/actions?state=unassigned").get_data(as_text=True)
    assert "派给他复查" in page(branch, action)
    given = branch.post(f"/actions/{action.id}/recheck", data={"username": area.username})
    assert given.status_code == 302
    told = page(branch, action)
    assert "已派人复查。" in told
    assert "派给他复查" not in told
    assert "派给他复查" not in page(client(area), action)


def test_closed_actions_leave_the_phone_after_fourteen_days(
    office: Office, clock: Clock, owner: Caller, client: Client, action: Action
) -> None:
    put(owner, action.id, {"answer": "好了"}, action.etag)
    client(Role.REVIEWER).post(f"/api/v1/actions/{action.id}/decide", json={"decision": "accept"})
    clock.forward(days=13)
    assert [each["state"] for each in synced(owner)] == ["accepted"]
    clock.forward(days=2)
    assert synced(owner) == []


def test_nobody_outside_learns_of_a_covert_visit_by_its_actions(
    office: Office, client: Client, hall: Outlet, owner: Caller, area: Caller
) -> None:
    shopper = make.user(office, role=Role.SHOPPER)
    hidden = made.accepted(office, shopper, hall)
    outside = [
        owner,
        area,
        client(make.user(office, role=Role.HALL_MANAGER, outlet_id=hall.id)),
        client(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/ty/")),
    ]
    for caller in outside:
        assert synced(caller) == []
        assert "灯箱不亮" not in caller.get("/actions?state=all").get_data(as_text=True)
    visit = made.published(office, shopper, make.outlet(office), photo=make.picture(2))
    with office.work(write=False) as work:
        place = work.session.get_one(Outlet, visit.outlet_id)
        visit = work.session.get_one(Visit, visit.id)
        assert visit.state is VisitState.PUBLISHED
    shown = made.only(office, place)
    told = client(make.user(office, role=Role.OUTLET_OWNER, outlet_id=place.id))
    (mine,) = synced(told)
    # No photo that was not released, nothing of the phone's id, the inspector or the minute.
    assert mine["before"] == []
    everything = page(told, shown) + str(mine) + told.get("/actions").get_data(as_text=True)
    assert str(visit.id) not in everything
    assert shopper.name not in everything
    assert visit.started_at.strftime("%H:%M") not in everything
    assert "上午" in page(told, shown)
    assert told.get(f"/api/v1/photos/{sha256(make.picture(2)).hexdigest()}?size=thumb").status_code == 404
    inside = client(Role.REVIEWER)
    assert sha256(make.picture(2)).hexdigest() in page(inside, shown)
    assert f"/visits/{visit.id}" in page(inside, shown)
    assert hidden.id != visit.id


def test_the_list_is_filtered_sorted_paged_and_by_outlet_and_date(
    office: Office, clock: Clock, client: Client, owner: Caller, action: Action, hall: Outlet
) -> None:
    reviewer = client(Role.REVIEWER)
    text = reviewer.get("/actions").get_data(as_text=True)
    assert "门头干净完好" in text
    assert "灯箱不亮" in text
    assert "没有未了结的整改" not in text
    assert "没有符合条件的整改单" in reviewer.get("/actions?sort_of=grave").get_data(as_text=True)
    assert "这里没有整改单" in reviewer.get("/actions?state=overdue").get_data(as_text=True)
    clock.forward(days=4)
    action_times.sweep(office)
    late = reviewer.get("/actions?state=overdue&level=1&sort=-due").get_data(as_text=True)
    assert "已逾期" in late
    assert "县公司" in late
    assert hall.code in reviewer.get(f"/actions?outlet={hall.code}&state=all").get_data(as_text=True)
    for odd in ("state=x", "level=9", "page=-1", "page=x", "branch=%00", "sort=;", "search=" + "长" * 99):
        assert reviewer.get(f"/actions?{odd}").status_code in (200, 422)


def test_an_outlet_answers_with_a_photo_in_the_console_and_the_reviewer_sees_both_side_by_side(
    office: Office, client: Client, owner: Caller, action: Action
) -> None:
    form = {
        "csrf_token": owner.csrf,
        "etag": action.etag,
        "answer": "灯箱换好了 <b>",
        "photos": [(io.BytesIO(SHOT), "../../换.jpg")],
    }
    sent = owner.post(f"/actions/{action.id}/answer", data=form, content_type="multipart/form-data")
    assert sent.status_code == 302, sent.get_data(as_text=True)
    reviewer = client(Role.REVIEWER)
    text = page(reviewer, action)
    assert "灯箱换好了 &lt;b&gt;" in text
    assert f"/api/v1/photos/{NAME}?size=screen" in text
    assert sha256(make.picture(1)).hexdigest() in text
    etag = text.split('name="etag" value="')[1].split('"')[0]
    accept = {"csrf_token": reviewer.csrf, "etag": etag, "decision": "accept"}
    assert reviewer.post(f"/actions/{action.id}/decide", data=accept).status_code == 302
    assert "已验收" in page(owner, action)
    # Whoever decides after that hears so, and keeps what was typed.
    other = client(Role.REVIEWER)
    form = {"csrf_token": other.csrf, "etag": etag, "decision": "reopen", "why": "灯还是暗的"}
    again = other.post(f"/actions/{action.id}/decide", data=form)
    assert again.status_code == 409
    assert "这张整改单现在的状态不允许这样做。" in again.get_data(as_text=True)


def test_what_cannot_be_taken_comes_back_with_what_was_typed(
    office: Office, client: Client, owner: Caller, action: Action
) -> None:
    def answered(**given: Any) -> TestResponse:
        form = {"csrf_token": owner.csrf, "etag": action.etag, "answer": "", **given}
        return owner.post(f"/actions/{action.id}/answer", data=form, content_type="multipart/form-data")

    empty = answered()
    assert (empty.status_code, "请写一句怎么整改的" in empty.get_data(as_text=True)) == (422, True)
    script = answered(answer="换好了", photos=[(io.BytesIO(b"<svg onload=alert(1)>" * 9), "x.jpg")])
    assert script.status_code == 422
    assert "换好了</textarea>" in script.get_data(as_text=True)
    reviewer = client(Role.REVIEWER)
    gone = {"csrf_token": reviewer.csrf, "why": "检查错了店"}
    assert reviewer.post(f"/actions/{action.id}/withdraw", data=gone).status_code == 302
    late = answered(answer="换好了")
    text = late.get_data(as_text=True)
    assert late.status_code == 412
    assert "被别人处理过" in text
    assert "检查错了店" in text


def test_a_picture_of_the_failure_is_no_proof_of_the_fix(
    office: Office, client: Client, owner: Caller, action: Action
) -> None:
    form = {
        "csrf_token": owner.csrf,
        "etag": action.etag,
        "answer": "换好了",
        "photos": [(io.BytesIO(make.picture(1)), "x.jpg")],
    }
    owner.post(f"/actions/{action.id}/answer", data=form, content_type="multipart/form-data")
    assert "有整改照片与不合格时的照片完全相同" in page(client(Role.REVIEWER), action)


def test_a_branch_asks_for_one_by_hand_in_the_console(
    office: Office, client: Client, hall: Outlet, owner: Caller
) -> None:
    branch = client(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/ty/"))
    assert hall.code in branch.get(f"/actions/new?outlet={hall.code}").get_data(as_text=True)
    form = {
        "csrf_token": branch.csrf,
        "id": str(uuid4()),
        "outlet": hall.code,
        "what": "门前台阶修好",
        "due": "2026-11-30",
        "who": "",
    }
    wrong = branch.post("/actions/new", data={**form, "outlet": "NONE"})
    assert (wrong.status_code, "门前台阶修好" in wrong.get_data(as_text=True)) == (404, True)
    for _ in range(2):
        assert branch.post("/actions/new", data=form).status_code == 302
    assert made.only(office, hall).due_at - office.clock() > timedelta(days=9)
    assert owner.get("/actions/new").status_code == 403


@pytest.mark.parametrize("role", [Role.SHOPPER, Role.ADMIN])
def test_who_has_nothing_to_do_with_them_sees_no_actions(role: Role, client: Client, action: Action) -> None:
    caller = client(role)
    assert caller.get("/actions").status_code == 403
    assert caller.get(f"/actions/{action.id}").status_code == 403


def test_the_pages_are_complete_in_english(
    office: Office, client: Client, owner: Caller, action: Action, hall: Outlet
) -> None:
    """What stays Chinese is data: names, and what people wrote."""
    put(owner, action.id, {"answer": "done"}, action.etag)
    caller = client(Role.REVIEWER)
    users = (each.user.name for each in (caller, owner) if each.user)
    data = {hall.name, *users, "灯箱不亮", "单位", "中文"}
    for path in ("/actions?", f"/actions/{action.id}?", "/actions/new?", "/actions?state=withdrawn&"):
        text = re.sub(r"<[^>]*>", "", caller.get(f"{path}lang=en").get_data(as_text=True).split("<main")[1])
        for known in sorted(data, key=len, reverse=True):
            text = text.replace(known, "")
        assert re.findall(r"[\u4e00-\u9fff]{2,}", text) == [], path


def test_the_page_of_a_visit_says_how_each_failed_item_stands(
    office: Office, client: Client, owner: Caller, action: Action
) -> None:
    put(owner, action.id, {"answer": "好了"}, action.etag)
    text = client(Role.REVIEWER).get(f"/visits/{action.visit_id}").get_data(as_text=True)
    assert f'href="/actions/{action.id}"' in text
    assert "整改：待验收" in text


def test_a_withdrawn_action_has_no_date_on_the_page_of_its_visit(
    office: Office, client: Client, action: Action
) -> None:
    reviewer = client(Role.REVIEWER)
    visit = f"/visits/{action.visit_id}"
    assert "· 期限" in reviewer.get(visit).get_data(as_text=True)
    form = {"csrf_token": reviewer.csrf, "why": "记录有误"}
    assert reviewer.post(f"/actions/{action.id}/withdraw", data=form).status_code == 302
    after = reviewer.get(visit).get_data(as_text=True)
    assert "整改：已撤销" in after
    assert "· 期限" not in after
