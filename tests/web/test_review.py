"""The review desk over HTTP: who sees which visits and pages, what a decision answers, and the shopper's secrecy."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server import worker
from server.domain.access import ROLES, Role
from server.domain.visit import VisitState
from server.storage.organisation import Outlet, User
from server.storage.visits import Report, Revision, Visit
from server.usecases import review
from server.usecases.work import Office
from tests import make, submitted

Client = Callable[..., make.Caller]
SECRET = "欧阳神秘七七"
WHY = [{"item": "A-01", "text": "照片看不清"}]
EVERYBODY = sorted(ROLES)
DESK = (Role.REVIEWER, Role.HQ, Role.ADMIN, Role.AUDITOR)


@pytest.fixture(autouse=True)
def nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "drawn", lambda visit_id, seed, percent: False)


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office)


@pytest.fixture
def shopper(office: Office) -> User:
    return make.user(office, role=Role.SHOPPER, name=SECRET, username="shopper-secret-77")


def somebody(office: Office, role: Role, hall: Outlet) -> User:
    return make.user(office, role=role, outlet_id=hall.id, unit_path="sx/")


def review_call(caller: make.Caller, visit: Visit, **given: Any) -> Any:
    body = {"revision": 1, "decision": "accept", **given}
    return caller.post(f"/api/v1/visits/{visit.id}/review", json=body)


def published(office: Office, shopper: User, hall: Outlet, **given: Any) -> Visit:
    """A covert visit that went the whole way, with both editions signed."""
    visit = submitted.visit(office, shopper, hall, photos=[make.picture(9)], **given)
    with office.work(submitted.reviewer(office)) as work:
        review.decide(work, visit.id, 1, "accept")
    with office.work(submitted.reviewer(office, Role.HQ)) as work:
        visit = review.publish(work, visit.id)
    worker.run_once(office)
    return visit


def outlet_report(office: Office, visit: Visit) -> Report:
    from sqlmodel import select

    with office.work(write=False) as work:
        return work.session.exec(
            select(Report).where(Report.visit_id == visit.id, Report.edition == "outlet")
        ).one()


def test_a_reviewer_accepts_by_the_api(office: Office, client: Client, hall: Outlet, shopper: User) -> None:
    visit = submitted.visit(office, shopper, hall)
    answer = review_call(client(Role.REVIEWER), visit)
    assert answer.status_code == 200
    assert answer.get_json() == {"id": str(visit.id), "state": "accepted", "revision": 1, "score": "100.00"}


def test_a_second_acceptance_answers_409_with_the_present_state(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    visit = submitted.visit(office, shopper, hall)
    review_call(client(Role.REVIEWER), visit)
    again = review_call(client(Role.REVIEWER), visit)
    assert (again.status_code, again.get_json()["state"]) == (409, "accepted")
    old = review_call(client(Role.REVIEWER), visit, revision=7)
    assert (old.status_code, old.get_json()["state"], old.get_json()["revision"]) == (409, "accepted", 1)
    assert old.get_json()["type"] == "/problems/revision-old"


def test_returning_without_a_reason_is_refused_in_words(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    visit = submitted.visit(office, shopper, hall)
    caller = client(Role.REVIEWER)
    refused = review_call(caller, visit, decision="return")
    assert refused.status_code == 422
    assert refused.get_json()["type"] == "/problems/reason-missing"
    assert review_call(caller, visit, decision="return", reasons=WHY).get_json()["state"] == "returned"


def test_a_wrong_decision_is_told_with_a_pointer(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    visit = submitted.visit(office, shopper, hall)
    answer = review_call(client(Role.REVIEWER), visit, decision="maybe")
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.get_json()["errors"]] == ["/decision"]


@pytest.mark.parametrize("role", EVERYBODY)
def test_who_may_decide_by_the_api(
    office: Office, client: Client, hall: Outlet, shopper: User, role: Role
) -> None:
    visit = submitted.visit(office, shopper, hall)
    answer = review_call(client(somebody(office, role, hall)), visit)
    assert answer.status_code == (200 if role in (Role.REVIEWER, Role.HQ) else 403)


@pytest.mark.parametrize("role", EVERYBODY)
def test_who_sees_a_covert_visit_before_it_is_published(
    office: Office, client: Client, hall: Outlet, shopper: User, role: Role
) -> None:
    visit = submitted.visit(office, shopper, hall)
    caller = client(somebody(office, role, hall))
    page = caller.get(f"/visits/{visit.id}")
    listed = caller.get("/visits")
    if role in DESK:
        assert page.status_code == 200
        assert SECRET in page.get_data(as_text=True)
        assert hall.name in listed.get_data(as_text=True)
    elif role is Role.SHOPPER:
        assert (page.status_code, listed.status_code) == (403, 403)
    else:
        assert page.status_code == 404
        assert hall.name not in listed.get_data(as_text=True)


def test_a_published_covert_visit_shows_results_and_no_instant(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    visit = published(office, shopper, hall)
    for role in (Role.AREA_MANAGER, Role.HALL_MANAGER, Role.OUTLET_OWNER, Role.BRANCH_MANAGER):
        caller = client(somebody(office, role, hall))
        assert caller.get(f"/visits/{visit.id}").status_code == 404, role
        listed = caller.get("/visits").get_data(as_text=True)
        assert str(visit.id) not in listed, role
        link = re.search(r'href="(/visits/[0-9a-f-]{36})"', listed)
        assert link is not None, role
        page = caller.get(link[1])
        text = page.get_data(as_text=True)
        assert page.status_code == 200, role
        assert "100.00" in text, role
        assert "上午" in text, role
        for hidden in ("09:10", "09:11", "01:11:37", "photos/", str(visit.id), "112.56", SECRET, "记录到店"):
            assert hidden not in text, (role, hidden)
        assert "B-05" not in text, role


def test_the_shopper_is_named_nowhere_that_the_role_may_not_know(
    office: Office, client: Client, hall: Outlet, shopper: User, tmp_path: Path
) -> None:
    done = published(office, shopper, hall)
    waiting = submitted.visit(office, shopper, hall)
    report = outlet_report(office, done)
    paths = [
        "/",
        "/visits",
        "/visits?state=published",
        "/visits?search=欧阳",
        f"/visits/{done.id}",
        f"/visits/{waiting.id}",
        f"/visits/{report.id}",
        "/reports",
        f"/reports/{report.id}.pdf",
        f"/verify/{report.id}",
        f"/api/v1/verify/{report.id}",
        "/api/v1/visits",
        f"/api/v1/visits/{done.id}",
        f"/api/v1/visits/{waiting.id}",
        f"/api/v1/visits/{done.id}/report.pdf",
        "/api/v1/sync",
        "/api/v1/session",
    ]
    seen: dict[Role, list[str]] = {}
    for role in EVERYBODY:
        caller = client(somebody(office, role, hall))
        seen[role] = []
        for path in paths:
            answer = caller.get(path, headers={"Accept": "text/html, application/json"})
            body = answer.get_data()
            if body.startswith(b"%PDF"):
                file = tmp_path / "report.pdf"
                file.write_bytes(body)
                body += subprocess.run(["pdftotext", str(file), "-"], check=True, capture_output=True).stdout
            for secret in (SECRET, "shopper-secret-77", str(shopper.id)):
                if secret.encode() in body or secret.encode("unicode_escape") in body:
                    seen[role].append(path)
    assert {role: paths for role, paths in seen.items() if paths and role not in DESK} == {}
    assert all(f"/visits/{waiting.id}" in seen[role] for role in DESK)


def test_the_page_takes_a_decision_from_its_form_and_goes_on_to_the_next(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    first, second = submitted.visit(office, shopper, hall), submitted.visit(office, shopper, hall)
    caller = client(Role.REVIEWER)
    form = {
        "csrf_token": caller.csrf,
        "revision": "1",
        "decision": "return",
        "reason-A-01": "照片看不清",
        "due": "",
    }
    answer = caller.post(f"/visits/{first.id}/decide", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/visits/{second.id}")
    with office.work(write=False) as work:
        kept = work.session.get_one(Visit, first.id)
    assert kept.state is VisitState.RETURNED
    assert '"item":"A-01"' in (kept.returned or "")


def test_what_is_wrong_with_a_decision_is_said_beside_its_field_and_what_was_typed_stays(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    visit = submitted.visit(office, shopper, hall)
    caller = client(Role.HQ)
    form = {"csrf_token": caller.csrf, "revision": "1", "round": "1", "reason-A-01": "照片看不清楚的理由"}
    for wrong, words in (
        ({"decision": "return", "due": "2020-01-01T10:00"}, "更正期限要在现在之后、30 天之内。"),
        ({"decision": "return", "due": "morgen"}, "日期不对。"),
        ({"decision": "return", "reason-A-01": " ", "note": "照片看不清楚的理由"}, "退回或作废要写明理由。"),
    ):
        answer = caller.post(f"/visits/{visit.id}/decide", data={**form, **wrong})
        page = answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert words in page
        assert "照片看不清楚的理由</textarea>" in page
        assert 'aria-invalid="true"' in page


def test_voiding_is_asked_once_more_without_a_script(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    visit = submitted.visit(office, shopper, hall)
    caller = client(Role.HQ)
    form = {"csrf_token": caller.csrf, "revision": "1", "round": "1", "decision": "void", "whole": "被认出了"}
    asked = caller.post(f"/visits/{visit.id}/decide", data=form)
    page = asked.get_data(as_text=True)
    assert (asked.status_code, "确定作废" in page, "被认出了</textarea>" in page) == (200, True, True)
    with office.work(write=False) as work:
        assert work.session.get_one(Visit, visit.id).state is VisitState.SUBMITTED
    caller.post(f"/visits/{visit.id}/decide", data={**form, "confirmed": "yes"})
    with office.work(write=False) as work:
        assert work.session.get_one(Visit, visit.id).state is VisitState.VOID


def test_a_visit_that_is_not_looked_through_yet_says_so_and_offers_no_acceptance(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    visit = submitted.visit(office, shopper, hall, looked_through=False)
    caller = client(Role.REVIEWER)
    page = caller.get(f"/visits/{visit.id}").get_data(as_text=True)
    assert "还在自动核对" in page
    assert "没有发现异常" not in page
    assert 'id="accept"' not in page
    refused = review_call(caller, visit)
    assert (refused.status_code, refused.json["type"].rsplit("/", 1)[-1]) == (409, "still-checked")


def test_a_form_without_our_token_is_refused(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    visit = submitted.visit(office, shopper, hall)
    caller = client(Role.REVIEWER)
    answer = caller.browser.post(f"/visits/{visit.id}/decide", data={"revision": "1", "decision": "accept"})
    assert answer.status_code == 403
    with office.work(write=False) as work:
        assert work.session.get_one(Visit, visit.id).state is VisitState.SUBMITTED


def test_the_queue_gives_voiding_and_grave_ones_first_and_never_the_own(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    me = make.user(office, role=Role.REVIEWER)
    submitted.visit(office, me, hall, kind="announced")
    plain = submitted.visit(office, shopper, hall)
    grave = submitted.visit(office, shopper, hall, answers={**submitted.GOOD, "B-01": {"value": "fail"}})
    void = submitted.visit(office, shopper, hall, answers={**submitted.GOOD, "B-03": {"value": "yes"}})
    caller = client(me)
    for expected in (void, grave, plain):
        found = caller.post("/visits/next")
        assert found.headers["Location"] == f"/visits/{expected.id}"
        with office.work(submitted.reviewer(office, Role.HQ)) as work:
            review.decide(work, expected.id, 1, "return", [review.Reason(text="再看")])
    assert caller.post("/visits/next").headers["Location"] == "/visits?state=waiting"


def test_the_second_reader_does_not_see_the_firsts_words_before_deciding(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    visit = submitted.visit(office, shopper, hall, answers={**submitted.GOOD, "B-01": {"value": "fail"}})
    first = make.user(office, role=Role.REVIEWER, name="初审张三丰")
    review_call(client(first), visit, note="我看是真的，证据充分")
    second = client(Role.REVIEWER)
    blind = second.get(f"/visits/{visit.id}").get_data(as_text=True)
    assert "证据充分" not in blind
    assert "初审张三丰" not in blind
    assert "证据充分" in client(first).get(f"/visits/{visit.id}").get_data(as_text=True)
    review_call(second, visit)
    after = second.get(f"/visits/{visit.id}").get_data(as_text=True)
    assert "证据充分" in after
    assert "初审张三丰" in after


def test_the_list_filters_sorts_and_keeps_its_choices_in_the_address(
    office: Office, client: Client, shopper: User
) -> None:
    one = make.outlet(office, name="甲营业厅", place=make.unit(office, "sx", "ty", "c", "d", "a"))
    two = make.outlet(office, name="乙营业厅", place=make.unit(office, "sx", "dt", "c", "d", "a"))
    submitted.visit(office, shopper, one)
    submitted.visit(office, shopper, two, position=None, answers={**submitted.GOOD, "A-02": {"value": 800}})
    worker.run_once(office)
    caller = client(Role.REVIEWER)

    def names(query: str) -> list[str]:
        text = caller.get(f"/visits?{query}").get_data(as_text=True)
        return re.findall(r">(.营业厅)</a>", text)

    assert names("sort=score") == ["乙营业厅", "甲营业厅"]
    assert names("sort=-score") == ["甲营业厅", "乙营业厅"]
    assert names("branch=sx/dt/") == ["乙营业厅"]
    assert names("flags=none") == ["甲营业厅"]
    assert names("flags=no_position") == ["乙营业厅"]
    assert names("search=甲") == ["甲营业厅"]
    assert names("period=2026-Q4&sort=outlet") == ["乙营业厅", "甲营业厅"]
    assert names("period=2026-10") == []
    assert names("kind=patrol") == []
    assert len(names("state=waiting&kind=<b>&period=zz&page=-3&sort=drop")) == 2
    shared = caller.get("/visits?branch=sx/dt/&sort=score").get_data(as_text=True)
    assert "branch=sx%2Fdt%2F" in shared


def test_every_page_is_complete_in_english(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    """What stays Chinese is data: names, and the source clauses."""
    visit = submitted.visit(office, shopper, hall, position=None, changed_after_end=["A-01"])
    worker.run_once(office)
    caller = client(Role.REVIEWER)
    data = {hall.name, SECRET, "单位", caller.user.name if caller.user else "", "中文"}
    for path in ("/visits", f"/visits/{visit.id}", "/reports", "/verify", "/nowhere"):
        text = caller.get(f"{path}?lang=en", headers={"Accept": "text/html"}).get_data(as_text=True)
        text = re.sub(r"<[^>]*>", "", text)
        for known in sorted(data, key=len, reverse=True):
            text = text.replace(known, "")
        assert re.findall(r"[\u4e00-\u9fff]{2,}", text) == [], path


def test_no_photo_reasons_and_sources_are_shown_in_words(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    answers = {
        **submitted.GOOD,
        "A-01": {"value": "pass", "no_photo": "unnoticed"},
        "B-01": {"value": "pass", "no_photo": "镜头起雾了 100%"},
    }
    visit = submitted.visit(office, shopper, hall, answers=answers)
    caller = client(Role.REVIEWER)
    page = caller.get(f"/visits/{visit.id}").get_data(as_text=True)
    for shown in ("未拍照：拍照会被发现", "未拍照：镜头起雾了 100%", "依据 《自有营业厅服务标准》 §4.3.2.1"):
        assert shown in page
    english = caller.get(f"/visits/{visit.id}?lang=en").get_data(as_text=True)
    assert "Would be noticed" in english
    assert "Hall service standard §4.3.2.1" in english
    for hidden in ("unnoticed", "S3 §"):
        assert hidden not in page + english


def test_the_captions_of_photos_stand_under_them(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    picture = make.picture(3)
    files = [make.file_entry(picture, "A-01", caption="灯箱左下角不亮")]
    visit = submitted.visit(office, shopper, hall, photos=[picture], files=files)
    page = client(Role.REVIEWER).get(f"/visits/{visit.id}").get_data(as_text=True)
    assert "<small>灯箱左下角不亮</small>" in page


def test_accepting_what_was_finished_too_late_is_offered_to_hq_alone(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    answers = {**submitted.GOOD, "B-06": {"value": "2026-11-21T01:40:05Z"}}
    for late, offered in (("2026-11-23T01:40:05Z", True), ("2026-11-23T01:40:06Z", False)):
        visit = submitted.visit(office, shopper, hall, left_at=None, finished_at=late, answers=answers)
        for role, accepts in ((Role.REVIEWER, offered), (Role.HQ, True)):
            page = client(role).get(f"/visits/{visit.id}").get_data(as_text=True)
            assert ('value="accept"' in page) is accepts, (late, role)
            assert 'value="return"' in page


def test_after_a_resubmission_the_reasons_of_the_return_stand_beside_the_items(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    visit = submitted.visit(office, shopper, hall)
    with office.work(submitted.reviewer(office)) as work:
        reasons = [review.Reason(item="A-01", text="门头照片看不清"), review.Reason(text="请补全经过")]
        review.decide(work, visit.id, 1, "return", reasons)
    with office.work() as work:
        before = work.session.get_one(Revision, (visit.id, 1))
        work.session.add(Revision(**{**before.model_dump(), "number": 2}))
        row = work.session.get_one(Visit, visit.id)
        row.revision, row.state = 2, VisitState.SUBMITTED
    page = client(Role.REVIEWER).get(f"/visits/{visit.id}").get_data(as_text=True)
    item = page[page.index('id="i-A-01"') : page.index('id="i-A-02"')]
    assert "上次退回：门头照片看不清" in item
    assert "上次退回：请补全经过" in page
    assert page.count("上次退回：") == 2


def test_choosing_a_language_is_kept_and_never_leads_elsewhere(client: Client) -> None:
    caller = client(None)
    answer = caller.get("/language/en?next=/verify")
    assert answer.headers["Location"] == "/verify"
    assert "Is this report genuine?" in caller.get("/verify").get_data(as_text=True)
    for elsewhere in ("//evil", "/\\evil", "javascript:alert(1)"):
        assert caller.get("/language/en", query_string={"next": elsewhere}).headers["Location"] == "/"


def test_words_of_inspectors_are_never_markup(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    nasty = "<script>alert(1)</script>"
    visit = submitted.visit(
        office,
        shopper,
        hall,
        answers={**submitted.GOOD, "A-01": {"value": "pass", "note": nasty}},
        notes={"strengths": nasty, "watch": None, "improve": None, "how": None},
        device=nasty,
    )
    text = client(Role.REVIEWER).get(f"/visits/{visit.id}").get_data(as_text=True)
    assert nasty not in text
    assert text.count("&lt;script&gt;") == 3
