"""What somebody sends to harm whoever reviews it: scripts in pictures and words, names with slashes, picture bombs."""

from __future__ import annotations

import io
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image
from sqlmodel import select

from server import worker
from server.domain.access import Role
from server.storage.events import Job, JobState
from server.storage.organisation import Outlet, User
from server.storage.visits import VisitFile
from server.usecases import review
from server.usecases.work import Office
from tests import make, phone, submitted

Client = Callable[..., make.Caller]
SVG = b"""<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"""
POLYGLOT = b"\xff\xd8\xff\xe0<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>\xff\xd9"
NASTY = "\"><img src=x onerror=alert(1)> ' onmouseover='alert(2) {{ 7*7 }} </textarea>"


@pytest.fixture(autouse=True)
def nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "drawn", lambda visit_id, seed, percent: False)


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office)


@pytest.fixture
def shopper(office: Office) -> User:
    return make.user(office, role=Role.SHOPPER)


def files_of(office: Office) -> list[str]:
    return sorted(path.name for path in office.settings.data.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "data", [SVG, POLYGLOT, b"<!doctype html><script>alert(1)</script>", b"GIF89a<script>"]
)
@pytest.mark.parametrize(
    "given", [{}, {"filetype": "image/svg+xml"}, {"kind": "proof", "filetype": "image/png"}]
)
def test_a_script_in_what_calls_itself_a_picture_is_no_picture(
    office: Office, client: Client, shopper: User, data: bytes, given: dict[str, str]
) -> None:
    caller = client(shopper)
    before = files_of(office)
    answer = phone.send(caller, data, str(uuid4()), **given)
    assert answer.status_code == 422, answer.get_data(as_text=True)
    assert files_of(office) == before
    assert caller.get(f"/api/v1/photos/{sha256(data).hexdigest()}").status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/cron.d/x.jpg",
        "/etc/passwd",
        "..\\..\\x.jpg",
        'a";filename="b.html',
        "照片\r\nX: 1.jpg",
        "x" * 900,
    ],
)
def test_a_file_name_leads_nowhere(office: Office, client: Client, shopper: User, name: str) -> None:
    caller = client(shopper)
    photo = make.picture(71)
    before = set(files_of(office))
    answer = phone.send(caller, photo, str(uuid4()), filename=name)
    assert answer.status_code in (201, 422)
    assert set(files_of(office)) - before <= {sha256(photo).hexdigest()}
    if answer.status_code == 201:
        seen = caller.get(f"/api/v1/photos/{sha256(photo).hexdigest()}")
        assert seen.headers["Content-Disposition"] == "inline"
        assert "X" not in seen.headers


def test_a_photo_is_handed_out_as_a_picture_and_nothing_else(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    photo = make.picture(72)
    submitted.visit(office, shopper, hall, photos=[photo])
    for size in ("", "?size=thumb", "?size=screen"):
        seen = client(Role.REVIEWER).get(f"/api/v1/photos/{sha256(photo).hexdigest()}{size}")
        assert seen.headers["Content-Type"] == "image/jpeg"
        assert seen.headers["X-Content-Type-Options"] == "nosniff"
        assert seen.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_words_are_text_on_every_place_of_the_review_page(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    photo = make.picture(73)
    answers: dict[str, Any] = {
        **submitted.GOOD,
        "A-01": {"value": "pass", "note": NASTY, "no_photo": NASTY},
        "A-02": {"value": 412, "timer": {"laps": [], "edited": NASTY}},
        "B-04": {"value": NASTY},
    }
    files = [make.file_entry(photo, "A-01", caption=NASTY)]
    visit = submitted.visit(office, shopper, hall, photos=[photo], files=files, answers=answers, device=NASTY)
    caller = client(Role.REVIEWER)
    given = {"revision": 1, "decision": "accept", "note": NASTY}
    assert caller.post(f"/api/v1/visits/{visit.id}/review", json=given).status_code == 200
    page = caller.get(f"/visits/{visit.id}").get_data(as_text=True)
    assert page.count("&lt;img src=x") >= 6
    for harmful in ("<img src=x", "' onmouseover='", "</textarea> ", " 49 "):
        assert harmful not in page


def test_words_come_back_in_json_as_they_were_sent_and_are_no_page(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    submitted.checklist(office)
    task = make.assignment(office, shopper, hall, checklist_id="small-hall")
    caller = client(shopper)
    answers = {"A-01": {"note": NASTY}}
    draft = submitted.document(hall, intent="draft", assignment_id=str(task.id), answers=answers)
    told = phone.put(caller, draft)
    assert told.status_code == 200, told.get_data(as_text=True)
    answer = caller.get(f"/api/v1/visits/{draft['id']}")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.get_json()["document"]["answers"]["A-01"]["note"] == NASTY


def test_words_of_a_return_are_text_where_the_reviewer_sees_them_again(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    visit = submitted.visit(office, shopper, hall)
    caller = client(Role.REVIEWER)
    reasons = [{"item": "A-01", "text": NASTY}, {"text": NASTY}]
    given = {"revision": 1, "decision": "void", "reasons": reasons, "note": NASTY}
    assert caller.post(f"/api/v1/visits/{visit.id}/review", json=given).get_json()["state"] == "void"
    page = caller.get(f"/visits/{visit.id}").get_data(as_text=True)
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_a_picture_bomb_that_lies_in_the_store_is_shown_as_a_broken_picture(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    """Uploading refuses one; a file from elsewhere (a restored backup) must not hold up the worker or the page either."""
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    bomb = out.getvalue()
    assert len(bomb) < 100_000
    visit = submitted.visit(office, shopper, hall, photos=[bomb])
    worker.run_once(office)
    with office.work(write=False) as work:
        assert {job.state for job in work.session.exec(select(Job))} == {JobState.DONE}
        assert work.session.exec(select(VisitFile.dhash)).all() == [None]
    caller = client(Role.REVIEWER)
    assert "照片打不开，可能在手机上就已损坏。" in caller.get(f"/visits/{visit.id}").get_data(as_text=True)
    seen = caller.get(f"/api/v1/photos/{sha256(bomb).hexdigest()}?size=thumb")
    with Image.open(io.BytesIO(seen.get_data())) as sign:
        assert sign.size == (320, 240)


def test_accepting_twice_is_told_in_words_on_the_page_and_by_the_api(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    visit = submitted.visit(office, shopper, hall)
    caller = client(Role.REVIEWER)
    form = {"csrf_token": caller.csrf, "revision": "1", "decision": "accept"}
    assert caller.post(f"/visits/{visit.id}/decide", data=form).status_code == 302
    again = caller.post(f"/visits/{visit.id}/decide", data=form, headers={"Accept": "text/html"})
    assert again.status_code == 409
    assert "这份检查现在的状态不允许这样做。" in again.get_data(as_text=True)
    told = caller.post(f"/api/v1/visits/{visit.id}/review", json={"revision": 1, "decision": "accept"})
    assert told.status_code == 409
    assert told.get_json()["type"] == "/problems/visit-state-forbids"
    assert told.get_json()["detail"] == "这份检查现在的状态不允许这样做。"
    assert told.get_json()["state"] == "accepted"
