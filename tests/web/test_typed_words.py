"""What people type is shown letter for letter: a percent sign or a brace breaks no page, and no bold or form comes alive."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from flask import Flask, g, render_template_string

from server.domain.access import Role
from server.queries import words
from server.storage.organisation import Outlet
from server.usecases import corrections, failed_items, rechecks, review, stood_for, voiding
from server.usecases.work import Office
from tests import actions as made
from tests import appealed, make, submitted
from tests.make import Caller
from tests.web.test_appeals import form, page_of

Client = Callable[..., Caller]
TYPED = "灯箱 100%，%s %(n)s {n} <b>粗</b><form action=//x>"
SHOWN = "灯箱 100%，%s %(n)s {n} &lt;b&gt;粗&lt;/b&gt;&lt;form action=//x&gt;"


@pytest.fixture(autouse=True)
def nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "drawn", lambda visit_id, seed, percent: False)


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office)


def reads(caller: Caller, path: str) -> str:
    """The page in both languages; what was typed is on it as letters and never as tags."""
    for language in ("en", "zh"):
        answer = caller.get(f"{path}?lang={language}")
        text = answer.get_data(as_text=True)
        assert answer.status_code == 200, (path, text[:2000])
        assert SHOWN in text, path
        assert "<b>粗" not in text, path
        assert "<form action=//x" not in text, path
    return text


def sent(caller: Caller, path: str, **given: str) -> None:
    answer = caller.post(path, data={"csrf_token": caller.csrf, **given})
    assert answer.status_code == 302, answer.get_data(as_text=True)


def test_a_word_of_the_catalogue_is_neither_formatted_nor_marked_safe(app: Flask) -> None:
    with app.test_request_context():
        g.translate = lambda text: text
        assert render_template_string("{{ _(typed) }}|{{ say(typed) }}", typed=TYPED) == f"{SHOWN}|{SHOWN}"


def test_what_is_typed_about_an_action(office: Office, client: Client, hall: Outlet) -> None:
    owner = client(make.user(office, role=Role.OUTLET_OWNER, outlet_id=hall.id, unit_path=hall.unit_path))
    area = client(make.user(office, role=Role.AREA_MANAGER, unit_path=hall.unit_path))
    name = str(uuid4())
    body = {"outlet_id": str(hall.id), "what": TYPED, "due": "2026-11-30", "who": TYPED}
    made_now = area.put(f"/api/v1/actions/{name}", json=body, headers={"If-None-Match": "*"})
    assert made_now.status_code == 200, made_now.get_json()
    path = f"/actions/{name}"
    reads(owner, path)

    def etag() -> str:
        return made.only(office, hall).etag

    sent(owner, f"{path}/answer", etag=etag(), answer=TYPED)
    assert reads(area, path).count(SHOWN) >= 3
    reviewer = client(Role.REVIEWER)
    sent(reviewer, f"{path}/decide", etag=etag(), decision="reopen", why=TYPED)
    assert reads(owner, path).count(SHOWN) >= 5
    sent(reviewer, f"{path}/withdraw", why=TYPED)
    assert reads(owner, path).count(SHOWN) >= 6
    assert "<b>粗" not in owner.get("/actions?state=all").get_data(as_text=True)


def test_what_is_typed_about_an_appeal(office: Office, client: Client, hall: Outlet) -> None:
    visit, *_ = appealed.published(office, make.user(office, role=Role.SHOPPER), hall)
    owner = client(make.user(office, role=Role.OUTLET_OWNER, outlet_id=hall.id))
    appeal = str(uuid4())
    proof = ((appealed.proof(), "门头.jpg"),)
    path = f"/visits/{page_of(visit)}/appeals"
    assert form(owner, path, proof, appeal=appeal, item="A-01", ground=TYPED).status_code == 302
    reads(owner, f"/appeals/{appeal}")
    sent(client(Role.REVIEWER), f"/appeals/{appeal}/answer", turn="1", decision="reject", why=TYPED)
    assert reads(owner, f"/appeals/{appeal}").count(SHOWN) >= 2


def test_what_is_typed_in_a_return(office: Office, client: Client, hall: Outlet) -> None:
    answers = {**submitted.GOOD, "A-01": {"value": "fail", "note": TYPED}}
    visit = submitted.visit(office, make.user(office, role=Role.SHOPPER), hall, answers=answers)
    reviewer = client(Role.REVIEWER)
    body = {"revision": 1, "decision": "return", "note": TYPED, "reasons": [{"item": "A-01", "text": TYPED}]}
    assert reviewer.post(f"/api/v1/visits/{visit.id}/review", json=body).status_code == 200
    assert reads(reviewer, f"/visits/{visit.id}").count(SHOWN) >= 3


def test_every_sentence_that_the_system_writes_about_an_action_is_known_as_its_own() -> None:
    ours = {
        corrections.NOT_FAILED,
        failed_items.FAILED_AGAIN,
        failed_items.FAILED_MEANWHILE,
        failed_items.STILL_FAILED,
        rechecks.MISSED,
        stood_for.STILL_ASKED,
        voiding.WITHDRAWN,
    }
    assert ours == set(words.ACTION_REASONS.values())
