"""What a reviewer compares: the revision that was returned, photographs of other visits, and the order of the queue."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from server import worker
from server.domain.access import Role
from server.domain.visit import VisitDocument, VisitState
from server.storage.organisation import Outlet, User
from server.storage.visits import Revision, Visit, VisitFile
from server.usecases import review
from server.usecases.work import Office
from tests import make, submitted

Client = Callable[..., make.Caller]


@pytest.fixture(autouse=True)
def nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "drawn", lambda visit_id, seed, percent: False)


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office)


@pytest.fixture
def shopper(office: Office) -> User:
    return make.user(office, role=Role.SHOPPER)


def again(office: Office, visit: Visit, photos: list[bytes] | None = None, **given: Any) -> None:
    """Return the visit for item A-01 and take a corrected revision of it."""
    with office.work(submitted.reviewer(office)) as work:
        reasons = [review.Reason(item="A-01", text="门头看不清"), review.Reason(item="B-01", text="请说明")]
        review.decide(work, visit.id, 1, "return", reasons)
    with office.work() as work:
        before = work.session.get_one(Revision, (visit.id, 1))
        sent = {**json.loads(before.document), **given}
        text = VisitDocument.model_validate_json(json.dumps(sent)).canonical()
        work.session.add(Revision(**{**before.model_dump(), "number": 2, "document": text}))
        row = work.session.get_one(Visit, visit.id)
        row.revision, row.state, row.document = 2, VisitState.SUBMITTED, text
        for photo in photos or []:
            work.files.put(photo)
            first = work.session.exec(select(VisitFile).where(VisitFile.visit_id == visit.id)).first()
            assert first
            work.session.add(VisitFile(**{**first.model_dump(), "sha256": sha256(photo).hexdigest()}))


def article(page: str, item: str) -> str:
    begin = page.index(f'id="i-{item}"')
    return page[page.rindex("<article", 0, begin) : page.index("</article>", begin)]


def test_a_corrected_visit_opens_with_what_changed_beside_the_reason(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    old, new = make.picture(1), make.picture(2)
    visit = submitted.visit(office, shopper, hall, photos=[old])
    answers = {**submitted.GOOD, "A-01": {"value": "fail", "note": "门头一半不亮"}}
    again(
        office,
        visit,
        photos=[new],
        answers=answers,
        files=[make.file_entry(new, "A-01")],
        left_at="2026-11-21T01:42:30Z",
    )
    page = client(Role.REVIEWER).get(f"/visits/{visit.id}").get_data(as_text=True)
    item = article(page, "A-01")
    assert re.match(r'<article class="item failed changed', item)
    for shown in (
        "上次退回：门头看不清",
        "<del>合格</del> → <ins>不合格</ins>",
        "<del>—</del> → <ins>门头一半不亮</ins>",
        "新增 1 张",
        "去掉 1 张",
        "新照片",
        "已去掉",
        sha256(old).hexdigest(),
    ):
        assert shown in item
    assert "changed" not in article(page, "A-02").split(">")[0]
    untouched = article(page, "B-01")
    assert "退回后没有改动。" in untouched
    assert "changed" in untouched.split(">")[0]
    assert 'id="only-changed" checked' in page
    assert "<del>2026-11-21 09:40</del> → <ins>2026-11-21 09:42</ins>" in page


def test_a_first_submission_has_nothing_to_compare_with(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    visit = submitted.visit(office, shopper, hall, photos=[make.picture(1)])
    page = client(Role.REVIEWER).get(f"/visits/{visit.id}").get_data(as_text=True)
    assert "only-changed" not in page
    assert "退回后改了什么" not in page


def test_a_similar_photo_stands_beside_the_one_that_it_is_like(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    shared = make.picture(3)
    first = submitted.visit(office, shopper, hall, photos=[shared])
    second = submitted.visit(office, make.user(office, role=Role.SHOPPER), hall, photos=[shared])
    worker.run_once(office)
    caller = client(Role.REVIEWER)
    item = article(caller.get(f"/visits/{second.id}").get_data(as_text=True), "A-01")
    assert "同一张照片在另一次检查里用过。" in item
    assert item.count(f'href="/visits/{first.id}"') == 2
    assert f'data-beside="{sha256(shared).hexdigest()}"' in item
    with office.work() as work:
        file = work.session.get_one(VisitFile, (first.id, sha256(shared).hexdigest()))
        file.expired_at = work.now
    item = article(caller.get(f"/visits/{second.id}").get_data(as_text=True), "A-01")
    assert "照片已到期删除" in item
    assert "data-beside" not in item
    own = article(caller.get(f"/visits/{first.id}").get_data(as_text=True), "A-01")
    assert "照片已到期删除" in own
    assert "data-photo" not in own


def test_a_recheck_shows_the_photos_from_before(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    before, now = make.picture(4), make.picture(5)
    first = submitted.visit(office, shopper, hall, photos=[before])
    with office.work(submitted.reviewer(office)) as work:
        review.decide(work, first.id, 1, "accept")
    visit = submitted.visit(office, shopper, hall, photos=[now], recheck_of=str(first.id))
    item = article(client(Role.REVIEWER).get(f"/visits/{visit.id}").get_data(as_text=True), "A-01")
    assert f"/api/v1/photos/{sha256(before).hexdigest()}?size=screen" in item
    assert "复查前" in item


@pytest.mark.parametrize(
    ("given", "item", "sentence"),
    [
        (
            {
                "files": [
                    make.file_entry(make.picture(6), "A-01", origin="album", taken_at="2026-11-21T01:00:05Z")
                ]
            },
            "A-01",
            "照片来自相册，拍摄时间比到店早 10 分钟。",
        ),
        (
            {
                "answers": {
                    **submitted.GOOD,
                    "A-02": {"value": 412, "timer": {"laps": [], "edited": "忘了按"}},
                }
            },
            "A-02",
            "计时经人工更正。",
        ),
        (
            {"answers": {**submitted.GOOD, "A-02": {"value": 412, "timer": {"laps": [], "jump": True}}}},
            "A-02",
            "计时过程中手机时钟跳变。",
        ),
        ({"changed_after_end": ["B-01"]}, "B-01", "离店后修改"),
        ({"clock_offset_ms": 400_000}, None, "手机时钟与服务器相差 6 分钟"),
        ({"left_at": "2026-11-21T01:12:05Z"}, None, "在店 2 分钟，少于"),
        (
            {
                "position": {
                    "start": {"lat": 37.9, "lng": 112.56, "accuracy_m": 9.0, "at": "2026-11-21T01:10:05Z"}
                }
            },
            None,
            "到店时离网点",
        ),
    ],
)
def test_a_flag_stands_with_its_reason_beside_its_item(
    office: Office,
    client: Client,
    hall: Outlet,
    shopper: User,
    given: dict[str, Any],
    item: str | None,
    sentence: str,
) -> None:
    photos = [make.picture(6)] if "files" in given else []
    visit = submitted.visit(office, shopper, hall, photos=photos, **given)
    worker.run_once(office)
    page = client(Role.REVIEWER).get(f"/visits/{visit.id}").get_data(as_text=True)
    assert sentence in page
    if item:
        assert sentence in article(page, item)


def test_words_that_stood_in_another_visit_are_flagged_at_their_item_with_a_way_there(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    words = "一进门就有人迎接，询问要办什么，取号后等了不到七分钟。"
    answers = {**submitted.GOOD, "B-04": {"value": words}}
    first = submitted.visit(office, shopper, hall, answers=answers)
    second = submitted.visit(office, shopper, hall, answers=answers)
    worker.run_once(office)
    item = article(client(Role.REVIEWER).get(f"/visits/{second.id}").get_data(as_text=True), "B-04")
    assert "文字与同一检查人的另一次检查完全相同。" in item
    assert f'href="/visits/{first.id}"' in item


def test_what_waits_too_long_comes_before_a_dispute_and_both_before_what_is_new(
    office: Office, client: Client, hall: Outlet, shopper: User, clock: Any
) -> None:
    new = submitted.visit(office, shopper, hall)
    disputed = submitted.visit(office, shopper, hall, answers={**submitted.GOOD, "A-02": {"value": 800}})
    late = submitted.visit(office, shopper, hall)
    with office.work() as work:
        row = work.session.get_one(Visit, disputed.id)
        row.score = 6500
        row.submitted_at = work.now + timedelta(hours=1)
        work.session.get_one(Visit, late.id).submitted_at = work.now - timedelta(hours=49)
    with office.work(submitted.reviewer(office)) as work:
        review.decide(work, disputed.id, 1, "accept")
    with office.work(submitted.reviewer(office)) as work:
        review.decide(work, disputed.id, 1, "accept", verdicts=[review.Verdict(item="A-02", agree=False)])
    hq = client(Role.HQ)
    page = hq.get("/visits?state=waiting").get_data(as_text=True)
    assert "两次审核不一致（由省公司裁定）" in page
    order = re.findall(r'href="/visits/([0-9a-f-]{36})"', page)
    assert [UUID(each) for each in order] == [late.id, disputed.id, new.id]
    assert page.count("超过审核时限</small>") == 1
    assert page.count("两次审核不一致</small>") == 1
    middle = hq.get(f"/visits/{disputed.id}").get_data(as_text=True)
    assert f'rel="prev" href="/visits/{late.id}"' in middle
    assert f'rel="next" href="/visits/{new.id}"' in middle
    queue = client(Role.REVIEWER).get(f"/visits/{late.id}").get_data(as_text=True)
    assert 'rel="prev"' not in queue
    assert f'rel="next" href="/visits/{new.id}"' in queue, "a dispute is not for a reviewer to decide"


def test_who_only_reads_has_no_queue(office: Office, client: Client, hall: Outlet, shopper: User) -> None:
    visit = submitted.visit(office, shopper, hall)
    submitted.visit(office, shopper, hall)
    page = client(Role.AUDITOR).get(f"/visits/{visit.id}").get_data(as_text=True)
    assert 'class="queue"' not in page


def test_a_second_reader_states_his_own_value(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    visit = submitted.visit(office, shopper, hall, answers={**submitted.GOOD, "B-01": {"value": "fail"}})
    with office.work(submitted.reviewer(office)) as work:
        review.decide(work, visit.id, 1, "accept", note="初审的话")
    caller = client(Role.REVIEWER)
    page = caller.get(f"/visits/{visit.id}").get_data(as_text=True)
    assert 'name="value-A-01"' in page
    assert 'name="whole-A-02"' in page
    assert "初审的话" not in page
    form = {"csrf_token": caller.csrf, "revision": "1", "decision": "accept", "whole-A-02": "很久"}
    assert caller.post(f"/visits/{visit.id}/decide", data=form).status_code == 422
    form |= {"whole-A-02": "700", "value-A-01": "na"}
    assert caller.post(f"/visits/{visit.id}/decide", data=form).status_code == 302
    with office.work(write=False) as work:
        second = work.session.exec(select(review.Review).where(review.Review.round == 2)).one()
    assert sorted(json.loads(second.verdicts), key=lambda each: str(each["item"])) == [
        {"item": "A-01", "agree": False, "value": "na"},
        {"item": "A-02", "agree": False, "value": 700},
    ]
