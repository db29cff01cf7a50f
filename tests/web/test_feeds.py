"""Feeds for programs: who may read them and how they sign in, what they tell of covert visits, and that they stream whole."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlmodel import select

from server.app import create_app
from server.domain.access import Role
from server.domain.feed_list import FEEDS
from server.domain.visit import VisitKind, VisitState
from server.queries import feed_pages
from server.queries.reports import report_id_of
from server.storage.organisation import AccessToken, Outlet, User
from server.storage.visits import Revision, Visit
from server.usecases import people, tokens
from server.usecases.work import Office
from tests import make, submitted

Client = Callable[..., make.Caller]
READERS = {Role.BRANCH_MANAGER, Role.HQ, Role.ADMIN, Role.AUDITOR}
NAMES = tuple(each.slug() for each in FEEDS.values())
BRANCH = {"role": Role.BRANCH_MANAGER, "unit_path": "sx/"}


def token_of(office: Office, user: User) -> str:
    with office.work(people.viewer_of(user)) as work:
        return tokens.make(work, "月度分析表")


def basic(name: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


def accepted(office: Office, who: User, where: Outlet, **given: Any) -> Visit:
    made = submitted.visit(office, who, where, **given)
    with office.work() as work:
        visit = work.session.get_one(Visit, made.id)
        visit.accepted_revision = 1
        visit.decided_at = visit.published_at = office.clock()
    return made


def lines(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.data
    return [json.loads(line) for line in answer.data.decode().splitlines()]


@pytest.mark.parametrize("role", list(Role))
def test_only_who_reads_feeds_is_let_in(role: Role, client: Client) -> None:
    caller = client(role)
    wanted = 200 if role in READERS else 403
    for name in NAMES:
        for sort in ("csv", "jsonl"):
            assert caller.get(f"/feeds/{name}.{sort}").status_code == wanted
    for path in ("/odata/", "/odata/$metadata", "/odata/Visits", "/data-feeds"):
        assert caller.get(path).status_code == wanted


def test_a_program_signs_in_by_token_as_bearer_or_as_the_password_of_basic(
    app: Flask, office: Office
) -> None:
    user = make.user(office, role=Role.HQ, username="hq-1")
    token, browser = token_of(office, user), app.test_client()
    for path in ("/feeds/outlets.csv", "/odata/Outlets"):
        assert browser.get(path, headers={"Authorization": f"Bearer {token}"}).status_code == 200
        assert browser.get(path, headers=basic("hq-1", token)).status_code == 200
        for headers in (basic("hq-2", token), basic("hq-1", "xunting-demo"), basic("hq-1", "x"), {}):
            refused = browser.get(path, headers=headers)
            assert refused.status_code == 401
            assert refused.headers["WWW-Authenticate"].startswith("Basic ")
    for odd in ("Basic", "Basic !", "Basic " + "A" * 9, "Basic \udcff".encode("utf-8", "replace").decode()):
        assert browser.get("/odata/", headers={"Authorization": odd}).status_code == 401


def test_a_token_of_feeds_opens_nothing_else_and_ends_with_the_word_of_its_owner(
    app: Flask, office: Office, client: Client
) -> None:
    user = make.user(office, role=Role.HQ, username="hq-1")
    token, browser = token_of(office, user), app.test_client()
    bearer = {"Authorization": f"Bearer {token}"}
    assert browser.get("/api/v1/visits", headers=bearer).status_code == 401
    assert browser.get("/visits", headers=basic("hq-1", token)).status_code in (302, 401)
    assert browser.post("/feeds/visits.csv", headers=bearer).status_code in (401, 405)
    with office.work() as work:
        (kept,) = work.session.exec(select(AccessToken)).all()
    assert token not in (kept.sha256, kept.name)
    assert client(Role.HQ).post(f"/data-feeds/tokens/{kept.sha256}/end").status_code == 404
    assert client(user).post(f"/data-feeds/tokens/{kept.sha256}/end").status_code == 302
    assert browser.get("/odata/", headers=bearer).status_code == 401


def test_a_token_ends_with_the_password_and_with_the_user(app: Flask, office: Office) -> None:
    user = make.user(office, role=Role.HQ, username="hq-1")
    token, browser = token_of(office, user), app.test_client()
    with office.work() as work:
        people.disable(work, "hq-1")
    assert browser.get("/odata/", headers=basic("hq-1", token)).status_code == 401


def test_no_password_goes_over_a_line_that_others_hear(office: Office) -> None:
    user = make.user(office, role=Role.HQ, username="hq-1")
    token = token_of(office, user)
    app = create_app(replace(office.settings, demo=False), office.clock)
    browser = app.test_client()
    try:
        assert browser.get("/odata/", headers=basic("hq-1", token)).status_code == 401
        secret = browser.get("/odata/", headers=basic("hq-1", token), base_url="https://localhost")
        assert secret.status_code == 200
    finally:
        app.extensions["office"].database.close()


def test_the_page_shows_a_new_token_once(office: Office, client: Client) -> None:
    caller = client(Role.HQ)
    made = caller.post("/data-feeds/tokens", data={"name": "月度分析表"}).get_data(as_text=True)
    (token,) = re.findall(r"feed-[\w-]{43}", made)
    again = caller.get("/data-feeds").get_data(as_text=True)
    assert "月度分析表" in again
    assert token not in again
    assert caller.post("/data-feeds/tokens", data={"name": ""}).status_code == 422
    for _ in range(tokens.MOST - 1):
        assert caller.post("/data-feeds/tokens", data={"name": "x"}).status_code == 200
    assert caller.post("/data-feeds/tokens", data={"name": "x"}).status_code == 422


def test_head_office_reads_everything_of_a_covert_visit(office: Office, client: Client) -> None:
    hall, shopper = make.outlet(office), make.user(office, role=Role.SHOPPER, name="神秘的人")
    visit = accepted(office, shopper, hall, state=VisitState.ACCEPTED)
    (row,) = lines(client(Role.HQ).get("/feeds/visits.jsonl"))
    assert (row["visit_id"], row["inspector"], row["score"]) == (
        str(visit.id),
        "神秘的人",
        (visit.score or 0) / 100,
    )
    assert row["submitted_at"].endswith("Z")
    found = {each["item"]: each for each in lines(client(Role.HQ).get("/feeds/answers.jsonl"))}
    assert found["A-02"]["value"] == "412"


def test_a_branch_reads_nothing_of_a_covert_visit_before_publication_and_no_trace_after(
    office: Office, client: Client
) -> None:
    hall, shopper = make.outlet(office), make.user(office, role=Role.SHOPPER, name="神秘的人")
    branch = client(make.user(office, **BRANCH))
    hidden = accepted(office, shopper, hall, state=VisitState.ACCEPTED)
    assert lines(branch.get("/feeds/visits.jsonl")) == lines(branch.get("/feeds/answers.jsonl")) == []
    assert branch.get("/odata/Visits/$count").data == b"0"
    shown = accepted(office, shopper, hall, state=VisitState.PUBLISHED)
    (row,) = lines(branch.get("/feeds/visits.jsonl"))
    assert row["visit_id"] == str(report_id_of(shown.id, 1, "outlet"))
    for name in ("inspector", "submitted_at", "decided_at", "published_at"):
        assert row[name] is None
    found = {each["item"]: each for each in lines(branch.get("/feeds/answers.jsonl"))}
    # A time to the second, and who was played, would be found in the hall's own log of that half-day.
    assert found["A-02"]["value"] == "420"
    assert found.keys() == {"A-01", "A-02", "B-01", "B-02", "B-04"}
    assert found["B-04"]["value"] is None
    for path in ("/feeds/visits.csv", "/feeds/answers.csv", "/odata/Visits?$count=true", "/odata/Answers"):
        text = branch.get(path).get_data(as_text=True)
        assert not any(
            secret in text for secret in (str(shown.id), str(hidden.id), "神秘的人", str(shopper.id))
        )
        assert "T0" not in text


@pytest.mark.parametrize(
    "asked",
    [
        "inspector eq '神秘的人'",
        "startswith(inspector,'神')",
        "inspector ne null",
        "submitted_at gt 2000-01-01T00:00:00Z",
        "submitted_at ne null or decided_at ne null or published_at ne null",
        "not (inspector eq null)",
    ],
)
def test_no_filter_finds_out_what_is_not_told(asked: str, office: Office, client: Client) -> None:
    hall, shopper = make.outlet(office), make.user(office, role=Role.SHOPPER, name="神秘的人")
    visit = accepted(office, shopper, hall, state=VisitState.PUBLISHED)
    branch = client(make.user(office, **BRANCH))
    for path in ("/feeds/visits.jsonl?filter=", "/odata/Visits/$count?$filter="):
        assert branch.get(path + asked).data in (b"", b"0")
    # The phone's id of it is no name that this reader has for it; its own one is.
    assert branch.get(f"/odata/Visits({visit.id})").status_code == 404
    assert branch.get(f"/odata/Visits({report_id_of(visit.id, 1, 'outlet')})").status_code == 200
    assert branch.get(f"/odata/Visits?$filter=visit_id ne {visit.id}").get_json()["value"] != []


def test_the_order_of_a_days_covert_visits_tells_no_hour(office: Office, client: Client) -> None:
    hall, shopper = make.outlet(office), make.user(office, role=Role.SHOPPER)
    made = [accepted(office, shopper, hall, state=VisitState.PUBLISHED) for _ in range(6)]
    branch = client(make.user(office, **BRANCH))
    found = [row["visit_id"] for row in lines(branch.get("/feeds/visits.jsonl"))]
    hashes = sorted(made, key=lambda visit: visit.document_sha256)
    assert found == [str(report_id_of(visit.id, 1, "outlet")) for visit in hashes]
    assert branch.get("/odata/Visits?$orderby=visit_id").status_code == 501
    assert (
        branch.get("/odata/Visits?$orderby=submitted_at&$top=6").get_json()["value"]
        == (branch.get("/odata/Visits?$top=6").get_json()["value"])
    )


def test_nobody_reads_beyond_the_own_part_of_the_organisation(office: Office, client: Client) -> None:
    here = make.outlet(office, place=make.unit(office, "sx", "ty", "xd"))
    there = make.outlet(office, place=make.unit(office, "sx", "dt", "pc"))
    manager = make.user(office, role=Role.AREA_MANAGER, unit_path="sx/")
    for hall in (here, there):
        accepted(office, manager, hall, kind=VisitKind.AREA_VISIT, state=VisitState.ACCEPTED)
    branch = client(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/ty/"))
    for name in ("visits", "answers", "outlets"):
        found = lines(branch.get(f"/feeds/{name}.jsonl"))
        assert {row["outlet_id"] for row in found} == {str(here.id)}
    assert {row["path"] for row in lines(branch.get("/feeds/units.jsonl"))} == {"sx/ty/", "sx/ty/xd/"}
    assert branch.get(f"/odata/Outlets({there.id})").status_code == 404


def test_csv_and_json_lines_say_the_same_over_many_pages(
    office: Office, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for turn in range(7):
        make.outlet(office, code=f"T{turn}", name="=1+1" if turn == 3 else "甲店")
    monkeypatch.setattr(feed_pages.Wish, "__init__", _pages_of_two(feed_pages.Wish.__init__))
    caller = client(Role.HQ)
    plain = list(csv.DictReader(io.StringIO(caller.get("/feeds/outlets.csv").data.decode("utf-8-sig"))))
    full = lines(caller.get("/feeds/outlets.jsonl"))
    assert [row["code"] for row in plain] == [row["code"] for row in full]
    assert sorted(row["code"] for row in plain) == [f"T{turn}" for turn in range(7)]
    assert {row["name"] for row in plain} == {"甲店", "'=1+1"}
    assert {row["name"] for row in full} == {"甲店", "=1+1"}
    assert plain[0].keys() == full[0].keys()


def _pages_of_two(init: Callable[..., None]) -> Callable[..., None]:
    def smaller(self: Any, **given: Any) -> None:
        init(self, **{"limit": 2, **given})

    return smaller


def test_an_increment_begins_where_the_last_reading_may_have_missed_something(
    office: Office, client: Client, clock: Any
) -> None:
    caller = client(Role.HQ)
    make.outlet(office, code="OLD")
    clock.forward(hours=1)
    following = caller.get("/feeds/outlets.jsonl").headers["X-Next-Since"]
    assert following == (clock.now - timedelta(minutes=5)).isoformat().replace("+00:00", "Z")
    make.outlet(office, code="NEW")
    found = lines(caller.get(f"/feeds/outlets.jsonl?since={following}"))
    assert [row["code"] for row in found] == ["NEW"]
    for since in ("yesterday", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00%2B14:00"):
        for name in NAMES:
            assert caller.get(f"/feeds/{name}.csv?since={since}").status_code == 400
    assert caller.get("/feeds/outlets.jsonl?filter=name").status_code == 400


@pytest.mark.parametrize("asked", ["$filter=star eq 1", "foo=", "since=&since=", "top=1"])
def test_a_feed_refuses_an_option_that_it_does_not_know(asked: str, client: Client) -> None:
    caller = client(Role.HQ)
    assert caller.get(f"/feeds/outlets.csv?{asked}").status_code == 400
    assert caller.get("/feeds/outlets.csv?lang=en").status_code == 200


def test_a_forged_token_does_not_tell_whether_a_visit_is_there(office: Office, client: Client) -> None:
    here = make.outlet(office, place=make.unit(office, "sx", "ty", "xd"))
    there = make.outlet(office, place=make.unit(office, "sx", "dt", "pc"))
    shopper = make.user(office, role=Role.SHOPPER)
    area = make.user(office, role=Role.AREA_MANAGER, unit_path="sx/")
    hidden = accepted(office, shopper, here, state=VisitState.ACCEPTED)
    shown = accepted(office, shopper, here, state=VisitState.PUBLISHED)
    others = accepted(office, area, there, kind=VisitKind.AREA_VISIT, state=VisitState.ACCEPTED)
    branch = client(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/ty/"))

    def answer(name: Any, of: str) -> tuple[int, bytes]:
        parts = ["key", hidden.visit_date.isoformat(), str(name), *([-1] if of == "Answers" else [])]
        token = feed_pages.written(*parts)
        found = branch.get(f"/odata/{of}?$skiptoken={token}")
        return found.status_code, found.data

    for of in ("Visits", "Answers"):
        unknown = answer(uuid4(), of)
        assert unknown[0] == 400
        for name in (hidden.id, report_id_of(hidden.id, 1, "outlet"), shown.id, others.id):
            assert answer(name, of) == unknown
        assert answer(report_id_of(shown.id, 1, "outlet"), of)[0] == 200


def test_a_feed_tells_a_corrected_answer_as_it_counts(office: Office, client: Client) -> None:
    hall, manager = make.outlet(office), make.user(office, role=Role.AREA_MANAGER, unit_path="sx/")
    visit = accepted(office, manager, hall, kind=VisitKind.AREA_VISIT, state=VisitState.ACCEPTED)
    with office.work() as work:
        first = work.session.get_one(Revision, (visit.id, 1))
        second = Revision(**{**first.model_dump(), "number": 2})
        second.document = first.document.replace('"value":412', '"value":901')
        assert second.document != first.document
        work.session.add(second)
        work.session.get_one(Visit, visit.id).accepted_revision = 2
    found = {row["item"]: row for row in lines(client(Role.HQ).get("/feeds/answers.jsonl"))}
    assert found["A-02"]["value"] == "901"
