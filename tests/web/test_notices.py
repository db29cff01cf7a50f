"""Notices in the console, for programs and in the phone's sync; the bell in the frame of every page."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from server.domain.access import Role
from server.storage.events import Event
from server.storage.notices import Notice
from server.storage.organisation import User
from server.usecases.work import Office
from tests import make
from tests.conftest import Clock
from tests.make import Caller


def notice(office: Office, user: User, code: str = "published", **given: str) -> UUID:
    """A notice as the worker makes it, of an event of its own."""
    facts = '{"outlet":"太原迎泽大街营业厅","kind":"mystery","date":"2026-11-20","grave":false}'
    with office.work() as work:
        work.record("visit.published", "visit", uuid4())
        work.write_events()
        event = work.session.exec(select(Event.id).order_by(col(Event.id).desc())).first() or 0
        made = Notice(
            **{
                "id": uuid4(),
                "user_id": user.id,
                "event_id": event,
                "code": code,
                "subject": "visit",
                "subject_id": str(uuid4()),
                "facts": facts,
                "created_at": work.now,
                **given,
            }
        )
        work.session.add(made)
    return made.id


@pytest.fixture
def owner(office: Office) -> User:
    return make.user(office, role=Role.OUTLET_OWNER, outlet_id=make.outlet(office).id)


def test_the_bell_counts_what_is_unread_and_the_list_leads_to_the_thing(
    office: Office, owner: User, client: Callable[..., Caller]
) -> None:
    first, _ = notice(office, owner), notice(office, owner)
    notice(office, make.user(office, role=Role.HQ))
    caller = client(owner)
    page = caller.get("/notices").get_data(as_text=True)
    assert re.search(r'class="bell".*?</span>2</b>', page, re.DOTALL)
    assert page.count("检查结果已发布：太原迎泽大街营业厅，暗访，2026-11-20。") == 4
    answer = caller.get(f"/notices/{first}")
    assert (answer.status_code, answer.headers["Location"][:8]) == (302, "/visits/")
    page = caller.get("/notices?show=unread").get_data(as_text=True)
    assert re.search(r'class="bell".*?</span>1</b>', page, re.DOTALL)
    assert str(first) not in page
    english = caller.get("/notices?lang=en").get_data(as_text=True)
    assert "Result published: 太原迎泽大街营业厅, Mystery visit, 2026-11-20." in english


def test_one_or_all_are_marked_and_nobody_elses(
    office: Office, owner: User, client: Callable[..., Caller]
) -> None:
    mine = [notice(office, owner) for _ in range(3)]
    other = make.user(office, role=Role.HQ)
    theirs = notice(office, other)
    caller = client(owner)
    form = {"csrf_token": caller.csrf}
    assert caller.post("/notices/read", data={**form, "id": str(mine[0])}).status_code == 302
    assert caller.get("/api/v1/notices").get_json()["unread"] == 2
    assert caller.post("/notices/read", data={**form, "id": str(theirs)}).status_code == 302
    assert caller.post("/notices/read", data={**form, "id": "all of them"}).status_code == 404
    assert caller.get("/api/v1/notices").get_json()["unread"] == 2
    assert caller.get(f"/notices/{theirs}").status_code == 404
    caller.post("/notices/read", data=form)
    assert caller.get("/api/v1/notices").get_json()["unread"] == 0
    assert client(other).get("/api/v1/notices").get_json()["unread"] == 1


def test_programs_get_them_in_pages_and_mark_them(
    office: Office, owner: User, client: Callable[..., Caller], clock: Clock
) -> None:
    for _ in range(27):
        notice(office, owner)
        clock.forward(seconds=1)
    caller = client(owner)
    first = caller.get("/api/v1/notices").get_json()
    second = caller.get(f"/api/v1/notices?cursor={first['cursor']}").get_json()
    assert (len(first["notices"]), len(second["notices"]), second["cursor"]) == (25, 2, None)
    ids = [each["id"] for each in (*first["notices"], *second["notices"])]
    assert len(set(ids)) == 27
    times = [each["at"] for each in first["notices"]]
    assert times == sorted(times, reverse=True)
    assert first["notices"][0]["text"]["en"].startswith("Result published")
    assert caller.post("/api/v1/notices/read", json={"ids": ids[:2]}).get_json() == {"marked": 2}
    assert caller.post("/api/v1/notices/read", json={"ids": ids[:2]}).get_json() == {"marked": 0}
    assert caller.post("/api/v1/notices/read", json={}).get_json() == {"marked": 25}
    assert caller.post("/api/v1/notices/read", json={"ids": ["x"]}).status_code == 422
    assert caller.get("/api/v1/notices?cursor=x").status_code == 422
    assert len(caller.get(f"/api/v1/notices?cursor={uuid4()}").get_json()["notices"]) == 25


def test_the_phones_sync_brings_the_unread_ones_and_takes_them_away(
    office: Office, client: Callable[..., Caller]
) -> None:
    shopper = make.user(office, role=Role.SHOPPER)
    mine = notice(office, shopper, "visit-returned")
    caller = client(shopper)
    page = caller.get("/api/v1/sync").get_json()
    found = [each["data"] for each in page["changes"] if each["type"] == "notice"]
    assert [(each["id"], each["text"]["zh"]) for each in found] == [
        (str(mine), "检查被退回修改：太原迎泽大街营业厅，2026-11-20。")
    ]
    caller.post("/api/v1/notices/read", json={})
    page = caller.get(f"/api/v1/sync?cursor={page['cursor']}").get_json()
    assert {"type": "notice", "id": str(mine)} in page["removed"]


@pytest.mark.parametrize("role", list(Role))
def test_everybody_has_a_list_and_its_empty_page(role: Role, client: Callable[..., Caller]) -> None:
    page = client(role).get("/notices")
    assert page.status_code == 200
    assert "还没有通知" in page.get_data(as_text=True)


def test_a_notice_leads_nowhere_that_its_reader_may_not_go(
    office: Office, client: Callable[..., Caller]
) -> None:
    shopper = make.user(office, role=Role.SHOPPER)
    one = notice(office, shopper, "visit-returned")
    assert client(shopper).get(f"/notices/{one}").headers["Location"] == "/app/"
    admin = make.user(office, role=Role.ADMIN)
    other = notice(
        office, admin, "appeal-made", subject="appeal", facts='{"outlet":"x","item":"A","until":""}'
    )
    assert client(admin).get(f"/notices/{other}").headers["Location"] == "/notices"
    assert "答复期限 未定" in client(admin).get("/notices").get_data(as_text=True)
