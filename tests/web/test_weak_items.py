"""Weak items in the console and as JSON: the map by level and role, the visits behind a cell, the plan; nothing covert leaks."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pytest

from server.domain.access import Role
from server.domain.visit import Answer
from server.queries.reports import report_id_of
from server.storage.organisation import Outlet, User
from server.storage.visits import Visit
from server.usecases import corrections, period_corrections, review
from server.usecases.work import Office
from server.worker import run_once
from tests import make, quartered, submitted
from tests.conftest import Clock
from tests.make import Caller
from tests.quartered import FIRST, SECOND, only

CELL = f"/weak-items/cells/{FIRST}/sx/ty/T-A"


@pytest.fixture
def hall(office: Office, monkeypatch: pytest.MonkeyPatch) -> Outlet:
    monkeypatch.setattr(review, "second_review_for", lambda *_, **__: [])
    return quartered.hall_in(office, "ty")


@pytest.fixture
def shopper(office: Office) -> User:
    return make.user(office, role=Role.SHOPPER)


@pytest.fixture
def seen(office: Office, clock: Clock, hall: Outlet, shopper: User) -> list[Visit]:
    """Visits of a published quarter, three of five failed."""
    visits = quartered.visits(office, shopper, hall, FIRST, failed=3)
    quartered.publish(office, clock, FIRST)
    return visits


def text(caller: Caller, path: str, status: int = 200) -> str:
    answer = caller.get(path, headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def test_before_a_quarter_stands_open_a_branch_sees_nothing_of_it(
    office: Office, clock: Clock, hall: Outlet, shopper: User, client: Callable[..., Caller]
) -> None:
    quartered.visits(office, shopper, hall, FIRST, failed=3)
    quartered.drafted(office, clock, FIRST)
    branch, hq = client(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/ty/")), client(Role.HQ)
    assert "还没有季度结果" in text(branch, "/weak-items")
    assert "还没有季度结果" in text(branch, "/weak-items/units/sx/ty")
    text(branch, CELL, 404)
    assert branch.get("/api/v1/weak-items").status_code == 404
    assert branch.get(f"/api/v1/weak-items?quarter={FIRST}").status_code == 404
    # Head office looks at the draft.
    assert "T-A" in hq.get(f"/api/v1/weak-items?quarter={FIRST}").get_data(as_text=True)


def test_the_map_marks_the_weak_item_and_leads_to_the_visits_behind_each_cell(
    office: Office, seen: list[Visit], client: Callable[..., Caller]
) -> None:
    branch = client(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/ty/"))
    page = text(branch, "/weak-items")
    assert f'href="{CELL}"' in page
    assert page.count('<td class="heat h1 weak">') == 1
    assert "64.00" in page
    told = branch.get("/api/v1/weak-items").get_json()
    assert (told["period"], told["level"], told["min_samples"]) == (FIRST, "branch", 5)
    (unit,) = told["units"]
    assert (unit["weak_item"], unit["target_percent"], unit["to_reach"]) == ("T-A", 2, "0.6528")
    assert {cell["indicator"]: cell["ratio"] for cell in unit["cells"]}["T-A"] == "0.64"
    behind = text(branch, CELL)
    assert "5 次检查中 3 次没有满分" in behind
    for visit in seen:
        # Of covert visits a branch knows the page, never the phone's own id.
        assert str(visit.id) not in behind
        assert f"/figures/{FIRST}/visits/{report_id_of(visit.id, 1, 'outlet')}" in behind
    assert branch.get(f"/figures/{FIRST}/visits/{report_id_of(seen[0].id, 1, 'outlet')}").status_code == 200


def test_each_level_is_for_those_who_see_it(
    office: Office, hall: Outlet, seen: list[Visit], client: Callable[..., Caller]
) -> None:
    hq = client(Role.HQ)
    for level, subject in (
        ("county", "sx/ty/xd/"),
        ("area", "sx/ty/xd/d1/a1/"),
        ("outlet", str(hall.id)),
    ):
        (unit,) = hq.get(f"/api/v1/weak-items?level={level}").get_json()["units"]
        assert (unit["subject"], unit["weak_item"], unit["after_deduction"]) == (subject, "T-A", None)
        text(hq, f"/weak-items/units/{subject.rstrip('/')}")
    area = client(make.user(office, role=Role.AREA_MANAGER, unit_path="sx/ty/xd/d1/a1/"))
    assert area.get("/api/v1/weak-items").get_json()["level"] == "area"
    text(area, "/weak-items/units/sx/ty", 404)
    text(area, CELL, 404)
    own = client(make.user(office, role=Role.HALL_MANAGER, unit_path=hall.unit_path, outlet_id=hall.id))
    assert [unit["subject"] for unit in own.get("/api/v1/weak-items").get_json()["units"]] == [str(hall.id)]
    elsewhere = client(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/dt/"))
    assert elsewhere.get("/api/v1/weak-items").get_json()["units"] == []
    text(elsewhere, CELL, 404)
    assert client(Role.SHOPPER).get("/weak-items").status_code == 403


def test_a_plan_is_made_its_actions_ticked_and_proved_in_the_console(
    office: Office, clock: Clock, seen: list[Visit], client: Callable[..., Caller]
) -> None:
    branch = client(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/ty/"))
    item = only(office)
    at = f"/weak-items/{item.id}"
    day = (clock.now.date() + timedelta(days=7)).isoformat()
    assert "没有负责人" in text(branch, "/weak-items/tracked")
    form = {
        "seen": "1",
        "owner": str(branch.user.id) if branch.user else "",
        "cause": "门头老旧",
        "what-0": "更换门头",
        "due-0": day,
        "what-1": "",
        "due-1": "",
    }
    half = branch.post(f"{at}/plan", data=form | {"due-0": ""})
    assert half.status_code == 422
    # What was typed is still there.
    assert "更换门头" in half.get_data(as_text=True)
    assert branch.post(f"{at}/plan", data=form).status_code == 302
    old = branch.post(f"{at}/plan", data=form | {"cause": "别的"})
    assert (old.status_code, "别人改过" in old.get_data(as_text=True)) == (409, True)
    assert branch.post(f"{at}/actions/1", data={"done": "yes"}).status_code == 302
    photo = (io.BytesIO(make.picture(3)), "门头.jpg")
    sent = branch.post(f"{at}/proofs", data={"photos": photo}, content_type="multipart/form-data")
    assert sent.status_code == 302
    page = text(branch, at)
    for words in ("门头老旧", "更换门头", "完成", "补充证明照片", "更新跟踪计划"):
        assert words in page
    sha256 = page.partition("/api/v1/photos/")[2][:64]
    assert branch.get(f"/api/v1/photos/{sha256}?size=screen").status_code == 200
    elsewhere = client(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/dt/"))
    assert elsewhere.get(f"/api/v1/photos/{sha256}").status_code == 404
    assert elsewhere.post(f"{at}/plan", data=form).status_code == 404
    assert client(Role.AUDITOR).post(f"{at}/plan", data=form).status_code == 403
    assert client(Role.AUDITOR).post(f"{at}/actions/1", data={"done": "no"}).status_code == 403


def test_what_became_of_the_weak_item_stands_a_quarter_later_with_the_score_before_and_after(
    office: Office,
    clock: Clock,
    hall: Outlet,
    shopper: User,
    seen: list[Visit],
    client: Callable[..., Caller],
) -> None:
    quartered.visits(office, shopper, hall, SECOND, failed=3)
    quartered.publish(office, clock, SECOND)
    branch = client(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/ty/"))
    page = text(branch, "/weak-items/units/sx/ty")
    assert "未达目标" in page
    assert "扣 5 分" in page
    assert "<s>100.00</s> → <b>95.00</b>" in page
    (unit,) = branch.get(f"/api/v1/weak-items?quarter={SECOND}").get_json()["units"]
    before = unit["before"]
    assert (before["outcome"], before["deduction"], before["improvement"]) == ("missed", 5, 0)
    assert (unit["window"], unit["after_deduction"]) == (100, 95)


def test_the_page_says_that_the_target_was_missed_that_it_was_none_after_all_and_who_took_it_up(
    office: Office,
    clock: Clock,
    hall: Outlet,
    shopper: User,
    seen: list[Visit],
    client: Callable[..., Caller],
) -> None:
    branch = client(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/ty/"))
    later = quartered.visits(office, shopper, hall, SECOND, failed=3)
    quartered.publish(office, clock, SECOND)
    at = f"/weak-items/{only(office).id}"
    assert f"<b>未达目标，继续跟踪</b> {SECOND} " in text(branch, at)
    compiled = submitted.checklist(office)
    for visit in later[:3]:
        with office.work() as work:
            kept = work.session.get_one(Visit, visit.id)
            corrections.correct(work, kept, compiled, {"A-01": Answer(value="pass")}, "appeal")
        period_corrections.follow(office, visit.id)
    page = text(branch, at)
    assert f"<b>未达目标，继续跟踪</b> {SECOND} " in page
    assert f"<b>结果更正，不再算未达目标</b> {SECOND}（达到目标）" in page
    answer = branch.get(at, headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert f"<b>Figures corrected: target not missed</b> {SECOND} (target met)" in answer


def test_who_took_up_the_item_of_a_county_stands_in_its_history(
    office: Office, seen: list[Visit], client: Callable[..., Caller]
) -> None:
    manager = make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/ty/")
    branch = client(manager)
    taken = branch.post("/weak-items/tracked", data={"unit": "sx/ty/xd/"})
    _, _, told = text(branch, taken.location).partition("<b>人工开始跟踪</b>")
    assert f"· {manager.name}" in told.partition("</li>")[0]


def test_the_notice_to_who_owns_an_item_no_longer_leads_where_he_may_look(
    office: Office, seen: list[Visit], client: Callable[..., Caller]
) -> None:
    managers = [make.user(office, role=Role.AREA_MANAGER, unit_path="sx/ty/xd/d1/a1/") for _ in range(2)]
    hq, at = client(Role.HQ), f"/weak-items/{only(office).id}"
    for turn, manager in enumerate(managers, 1):
        form = {"seen": str(turn), "owner": str(manager.id), "cause": "门头老旧"}
        assert hq.post(f"{at}/plan", data=form).status_code == 302
    run_once(office)
    former = client(managers[0])
    page = text(former, "/notices")
    assert "您不再负责服务弱项：单位sx-ty，" in page
    assert f"现在的负责人：{managers[1].name}。" in page
    text(former, at, 404)
    notice = next(
        each
        for each in former.get("/api/v1/notices").get_json()["notices"]
        if each["code"] == "weak-item-released"
    )
    gone = former.get(f"/notices/{notice['id']}")
    assert (gone.status_code, gone.location) == (302, "/weak-items/tracked")
    text(former, gone.location)


def test_a_draft_says_how_a_target_stands_so_far_and_takes_no_points_yet(
    office: Office,
    clock: Clock,
    hall: Outlet,
    shopper: User,
    seen: list[Visit],
    client: Callable[..., Caller],
) -> None:
    quartered.visits(office, shopper, hall, SECOND, failed=3)
    quartered.drafted(office, clock, SECOND)
    hq = client(Role.HQ)
    for path in (
        f"/weak-items?quarter={SECOND}",
        "/weak-items/units/sx/ty",
        f"/weak-items/{only(office).id}",
    ):
        page = text(hq, path)
        assert "截至目前未达到" in page, path
        assert "到季末仍未达到，扣 5 分" in page, path
        assert "<s>" not in page, path
        assert "未达目标</span>" not in page, path
    table = text(hq, f"/weak-items?quarter={SECOND}&as=csv")
    assert "截至目前未达到" in table
    assert "95.00" not in table
    _, unit = hq.get(f"/api/v1/weak-items?quarter={SECOND}").get_json()["units"]
    assert (unit["before"]["outcome"], unit["after_deduction"]) == ("missed", None)
    quartered.publish(office, clock, SECOND)
    assert "截至目前" not in text(hq, f"/weak-items?quarter={SECOND}")
    assert "扣 5 分" in text(hq, f"/weak-items?quarter={SECOND}")
    # Below the branches nobody loses points.
    assert "扣 5 分" not in text(hq, f"/weak-items?quarter={SECOND}&level=county")


def test_an_owner_of_a_part_of_the_branch_sees_the_target_and_the_outcome_of_his_item_alone(
    office: Office,
    clock: Clock,
    hall: Outlet,
    shopper: User,
    seen: list[Visit],
    client: Callable[..., Caller],
) -> None:
    manager = make.user(office, role=Role.AREA_MANAGER, unit_path="sx/ty/xd/d1/a1/")
    area, item = client(manager), only(office)
    at = f"/weak-items/{item.id}"
    text(area, at, 404)
    form = {"seen": "1", "owner": str(manager.id), "cause": "门头老旧"}
    assert client(Role.HQ).post(f"{at}/plan", data=form).status_code == 302
    page = text(area, at)
    assert "要达到" in page
    assert "65.28 %" in page
    assert "还没有结果" in page
    # What stands behind the branch's figures stays closed, and so do links to it.
    assert "/weak-items/cells/" not in page
    assert 'href="/weak-items/units/sx/ty"' not in page
    text(area, CELL, 404)
    quartered.visits(office, shopper, hall, SECOND, failed=3)
    quartered.drafted(office, clock, SECOND)
    assert "截至目前" not in text(area, at)
    quartered.publish(office, clock, SECOND)
    assert "未达目标" in text(area, at)


def test_the_weak_item_of_a_county_is_taken_up_on_its_page_by_who_plans(
    office: Office, seen: list[Visit], client: Callable[..., Caller]
) -> None:
    branch = client(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/ty/"))
    here = "/weak-items/units/sx/ty/xd"
    assert "开始跟踪 A" in text(branch, here)
    assert "开始跟踪" not in text(client(Role.AUDITOR), here)
    assert "开始跟踪" not in text(branch, "/weak-items/units/sx/ty")
    taken = branch.post("/weak-items/tracked", data={"unit": "sx/ty/xd/"})
    assert (taken.status_code, "没有负责人" in text(branch, taken.location)) == (302, True)
    page = text(branch, here)
    assert "开始跟踪" not in page
    assert f'href="{taken.location}"' in page
    assert branch.post("/weak-items/tracked", data={"unit": "sx/dt/xd/"}).status_code == 404
    again = branch.post("/weak-items/tracked", data={"unit": "sx/ty/"})
    assert again.location == "/weak-items/units/sx/ty"
    assert client(Role.AUDITOR).post("/weak-items/tracked", data={"unit": "sx/ty/xd/"}).status_code == 403
    assert (
        client(Role.HALL_MANAGER).post("/weak-items/tracked", data={"unit": "sx/ty/xd/"}).status_code == 403
    )


def test_a_tie_for_the_weak_item_is_named_with_its_rule(
    office: Office, clock: Clock, hall: Outlet, shopper: User, client: Callable[..., Caller]
) -> None:
    quartered.visits(office, shopper, hall, FIRST, failed=5, answers=quartered.BRUSHED_OFF)
    quartered.publish(office, clock, FIRST)
    branch = client(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/ty/"))
    assert "与 B 并列" in text(branch, "/weak-items")
    for path in ("/weak-items/units/sx/ty", f"/weak-items/{only(office).id}"):
        assert "与 B 得分率并列最低：先取总分值高的；仍相同，取检查表次序在前的" in text(branch, path), path


def test_a_day_that_has_passed_is_refused_in_words(
    office: Office, clock: Clock, seen: list[Visit], client: Callable[..., Caller]
) -> None:
    branch = client(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/ty/"))
    day = (clock.now.date() - timedelta(days=1)).isoformat()
    form = {"seen": "1", "what-0": "更换门头", "due-0": day}
    answer = branch.post(f"/weak-items/{only(office).id}/plan", data=form)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert f"第 1 条措施的完成日期 {day} 已经过去" in page
    assert "更换门头" in page


def test_the_map_and_the_tracked_items_are_taken_away_as_tables(
    seen: list[Visit], client: Callable[..., Caller]
) -> None:
    hq = client(Role.HQ)
    for path in ("/weak-items?as=csv", "/weak-items/tracked?as=csv"):
        assert "单位sx-ty" in text(hq, path)
    assert hq.get("/weak-items?as=xlsx").data[:2] == b"PK"
