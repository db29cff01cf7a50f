"""The page of webhooks: the administrator's alone, the secret once, the key of an address never."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from sqlmodel import select

from server.domain.access import Role
from server.domain.webhooks import EVENTS
from server.storage.notices import Webhook
from server.usecases.work import Office
from tests.make import Caller

ROBOT = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-secret"


def hooks(office: Office) -> list[Webhook]:
    with office.work(write=False) as work:
        return list(work.session.exec(select(Webhook)))


def add(caller: Caller, **given: object) -> str:
    form = {
        "csrf_token": caller.csrf,
        "name": "质量群",
        "url": ROBOT,
        "format": "wecom",
        "events": ["visit.published"],
    }
    return caller.post("/webhooks", data={**form, **given}).get_data(as_text=True)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_nobody_but_the_administrator_sees_or_sets_them(
    role: Role, office: Office, client: Callable[..., Caller]
) -> None:
    caller = client(role)
    assert caller.get("/webhooks").status_code == 403
    add(caller)
    assert hooks(office) == []


def test_the_secret_is_shown_once_and_the_key_of_a_robot_never(
    office: Office, client: Callable[..., Caller]
) -> None:
    caller = client(Role.ADMIN)
    page = add(caller)
    (made,) = hooks(office)
    assert made.secret in page
    assert "693a91f6" not in page
    page = caller.get("/webhooks").get_data(as_text=True)
    assert made.secret not in page
    assert "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?…" in page
    page = caller.post(f"/webhooks/{made.id}/secret", data={"csrf_token": caller.csrf}).get_data(as_text=True)
    (renewed,) = hooks(office)
    assert renewed.secret != made.secret
    assert renewed.secret in page
    with office.work(write=False) as work:
        events = [row.facts for row in work.connection.exec_driver_sql("SELECT facts FROM event")]
    assert all(made.secret not in facts and renewed.secret not in facts for facts in events)
    assert all("693a91f6" not in facts for facts in events)


@pytest.mark.parametrize(
    "given",
    [
        {"url": "http://example.com/"},
        {"url": "https://10.0.0.1/"},
        {"name": ""},
        {"events": []},
        {"format": "x"},
    ],
)
def test_a_wrong_one_is_not_set_and_the_field_says_why(
    given: dict[str, object], office: Office, client: Callable[..., Caller]
) -> None:
    caller = client(Role.ADMIN)
    page = add(caller, **given)
    assert hooks(office) == []
    assert 'class="late"' in page or given.get("format") == "x"


def test_its_events_are_chosen_it_is_switched_off_and_taken_away(
    office: Office, client: Callable[..., Caller]
) -> None:
    caller = client(Role.ADMIN)
    add(caller)
    (made,) = hooks(office)
    form = {"csrf_token": caller.csrf, "events": ["appeal.made", "visit.published"]}
    caller.post(f"/webhooks/{made.id}", data=form)
    (off,) = hooks(office)
    assert (off.active, json.loads(off.events)) == (False, ["visit.published", "appeal.made"])
    assert "未启用" in caller.get("/webhooks").get_data(as_text=True)
    caller.post(f"/webhooks/{made.id}/again", data={"csrf_token": caller.csrf})
    caller.post(f"/webhooks/{made.id}/remove", data={"csrf_token": caller.csrf})
    assert hooks(office) == []
    for step in ("test", "again", "secret", "remove"):
        answer = caller.post(f"/webhooks/{made.id}/{step}", data={"csrf_token": caller.csrf})
        assert answer.status_code == 404


def test_a_test_message_that_does_not_arrive_says_why(app: Flask, client: Callable[..., Caller]) -> None:
    office = app.extensions["office"]
    office.settings = replace(office.settings, webhook_private=True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{taken.getsockname()[1]}/"
    caller = client(Role.ADMIN)
    add(caller, url=gone, events=list(EVENTS))
    (made,) = hooks(office)
    caller.post(f"/webhooks/{made.id}/test", data={"csrf_token": caller.csrf})
    page = caller.get("/webhooks").get_data(as_text=True)
    assert re.search(r'class="said bad" role="status">测试消息没有送达：连接被拒绝。', page)
