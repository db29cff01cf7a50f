"""Saving and submitting visits over HTTP: once, whole, by whom it may be, and never halfway."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from server.domain.access import Role
from server.domain.receipts import heard
from server.domain.visit import VisitState
from server.storage.events import Event
from server.storage.organisation import Outlet, User
from server.storage.visits import Assignment, AssignmentState, Revision, Visit
from server.usecases.work import Office
from tests import make, phone, submitted
from tests.make import Caller


@dataclass
class Round:
    """A shopper with an assignment at an outlet."""

    office: Office
    shopper: Caller
    outlet: Outlet
    assignment: Assignment

    def document(self, **given: Any) -> dict[str, Any]:
        made = submitted.document(
            self.outlet, **{"assignment_id": str(self.assignment.id), "files": [], **given}
        )
        return deepcopy(made)

    def events(self) -> list[str]:
        with self.office.work(write=False) as work:
            return [each.name for each in work.session.exec(select(Event).order_by(Event.id))]

    def count(self, table: type) -> int:
        with self.office.work(write=False) as work:
            return len(work.session.exec(select(table)).all())


@pytest.fixture
def begun(office: Office, client: Callable[..., Caller]) -> Round:
    submitted.checklist(office)
    where = make.outlet(office)
    user: User = make.user(office, role=Role.SHOPPER)
    task = make.assignment(office, user, where, checklist_id="small-hall")
    return Round(office, client(user), where, task)


def test_a_draft_is_kept_and_its_etag_changes_with_each_save(begun: Round) -> None:
    document = begun.document(intent="draft", answers={"A-01": {"value": "pass"}})
    first = phone.put(begun.shopper, document)
    assert first.status_code == 200, first.get_json()
    assert first.get_json()["state"] == "draft"
    assert first.get_json()["revision"] == 0
    assert {"item": "A-02", "what": "answer"} in first.get_json()["missing"]
    assert first.headers["ETag"] == f'"{first.get_json()["etag"]}"'

    document["answers"]["A-02"] = {"value": 10}
    second = phone.put(begun.shopper, document, first.get_json()["etag"])
    assert second.status_code == 200
    assert second.get_json()["etag"] != first.get_json()["etag"]


def test_a_whole_submission_gets_a_receipt_that_can_be_read_out(begun: Round) -> None:
    answer = phone.put(begun.shopper, begun.document()).get_json()
    assert answer["state"] == "submitted"
    assert answer["revision"] == 1
    assert heard(answer["receipt"]["number"]) == answer["receipt"]["number"]
    assert answer["receipt"]["files"] == []
    asked = begun.shopper.get(f"/api/v1/visits/{answer['receipt']['visit']}/receipt")
    assert asked.get_json() == answer["receipt"]
    assert begun.events()[-3:] == ["visit.submitted", "visit.whole", "assignment.done"]


def test_sending_the_same_twice_changes_nothing_and_answers_the_same(begun: Round) -> None:
    document = begun.document()
    first = phone.put(begun.shopper, document)
    names = begun.events()
    for etag in ("none", "something-old", None):
        again = phone.put(begun.shopper, document, etag)
        assert again.status_code == 200
        assert again.get_json() == first.get_json()
    assert begun.events() == names
    assert (begun.count(Visit), begun.count(Revision)) == (1, 1)


def test_the_order_of_keys_does_not_make_another_document(begun: Round) -> None:
    document = begun.document()
    first = phone.put(begun.shopper, document)
    turned = dict(reversed(list(document.items())))
    turned["answers"] = dict(reversed(list(document["answers"].items())))
    assert phone.put(begun.shopper, turned).get_json() == first.get_json()


def test_an_old_etag_gets_the_servers_document_and_both_are_kept(begun: Round) -> None:
    mine = begun.document(intent="draft", answers={"A-01": {"value": "pass"}})
    first = phone.put(begun.shopper, mine).get_json()
    theirs = {**mine, "answers": {"A-01": {"value": "fail"}}}
    newer = phone.put(begun.shopper, theirs, first["etag"]).get_json()
    late = {**mine, "answers": {"A-01": {"value": "na"}}}
    refused = phone.put(begun.shopper, late, first["etag"])
    assert refused.status_code == 412
    current = refused.get_json()["current"]
    assert current["document"]["answers"]["A-01"]["value"] == "fail"
    assert (current["etag"], current["state"], current["revision"]) == (newer["etag"], "draft", 0)
    assert phone.put(begun.shopper, late).status_code == 412


def test_a_save_whose_answer_was_lost_is_known_again_by_its_mark(begun: Round) -> None:
    document = begun.document(intent="draft", answers={"A-01": {"value": "pass"}})
    marks = [f"{number:032x}" for number in range(3)]

    def put(value: str, mark: str, seen: list[str]) -> Any:
        document["answers"]["A-01"]["value"] = value
        known = ", ".join(f'"{each}"' for each in seen)
        headers = {"If-None-Match": "*", "X-Save-Mark": mark} | ({"If-Match": known} if known else {})
        return begun.shopper.put(f"/api/v1/visits/{document['id']}", json=document, headers=headers)

    assert put("pass", marks[0], []).get_json()["etag"] == marks[0]
    assert put("fail", marks[1], marks[:1]).get_json()["etag"] == marks[1]
    assert put("na", marks[2], marks[:1]).status_code == 412
    # A mark that stands for one save cannot stand for another.
    again = put("pass", marks[1], marks[:2])
    assert again.status_code == 200
    assert again.get_json()["etag"] not in marks
    # What is no mark is passed over.
    assert put("fail", "not-a-mark", [again.get_json()["etag"]]).get_json()["etag"] != "not-a-mark"


def test_a_save_says_what_it_is_based_on(begun: Round) -> None:
    document = begun.document(intent="draft")
    assert phone.put(begun.shopper, document, None).status_code == 428
    assert phone.put(begun.shopper, document, "unknown").status_code == 404
    assert begun.count(Visit) == 0


def test_a_submitted_visit_cannot_be_changed(begun: Round) -> None:
    document = begun.document()
    etag = phone.put(begun.shopper, document).get_json()["etag"]
    changed = {**document, "answers": {**document["answers"], "A-01": {"value": "fail"}}}
    refused = phone.put(begun.shopper, changed, etag)
    assert refused.status_code == 409
    assert refused.get_json()["state"] == "submitted"


def test_a_submission_with_something_missing_is_kept_as_a_draft_and_refused(begun: Round) -> None:
    document = begun.document(answers={"A-01": {"value": "pass"}})
    for _ in range(2):
        refused = phone.put(begun.shopper, document)
        assert refused.status_code == 422
        said = refused.get_json()
        assert said["type"] == "/problems/visit-incomplete"
        assert {"item": "A-02", "what": "answer"} in said["missing"]
    kept = begun.shopper.get(f"/api/v1/visits/{document['id']}").get_json()
    assert kept["state"] == "draft"
    assert kept["etag"] == said["etag"]
    assert kept["document"]["answers"]["A-01"]["value"] == "pass"
    assert begun.count(Revision) == 0
    whole = phone.put(begun.shopper, begun.document(id=document["id"]), said["etag"])
    assert whole.get_json()["state"] == "submitted"


def test_an_announced_visit_without_its_signatures_is_kept_as_a_draft_and_refused_in_words(
    begun: Round, client: Callable[..., Caller]
) -> None:
    area = client(make.user(begun.office, role=Role.AREA_MANAGER, unit_path=begun.outlet.unit_path))
    document = begun.document(kind="area_visit", assignment_id=None)
    etag: str | None = "none"
    for signatures, roles in ([], 2), (submitted.SIGNED[:1], 1):
        document["signatures"] = signatures
        for _ in range(2):
            refused = phone.put(area, document, etag)
            assert refused.status_code == 422
            said = refused.get_json()
            assert said["type"] == "/problems/visit-incomplete"
            assert [each["pointer"] for each in said["errors"]] == ["/signatures"] * roles
            assert said["errors"][-1]["detail"] == "网点人员还没有签名；对方不签的，请写明原因。"
            assert said["missing"] == []
            assert f"还有 {roles} 项" in said["detail"]
        etag = said["etag"]
    assert area.get(f"/api/v1/visits/{document['id']}").get_json()["state"] == "draft"
    assert begun.count(Revision) == 0
    document["signatures"] = [
        submitted.SIGNED[0],
        {**submitted.SIGNED[1], "name": None, "refused": "店主不在"},
    ]
    assert phone.put(area, document, etag).get_json()["state"] == "submitted"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"answers": {"A-01": {"value": "maybe"}}}, "/answers/A-01/value"),
        ({"answers": {"A-02": {"value": 4.0}}}, "/answers/A-02/value"),
        ({"answers": {"A-02": {"value": -1}}}, "/answers/A-02/value"),
        ({"answers": {"A-02": {"value": True}}}, "/answers/A-02/value"),
        ({"answers": {"X-99": {"value": "pass"}}}, "/answers/X-99"),
        ({"answers": {"B-01": {"value": "na"}}}, "/answers/B-01/value"),
        ({"answers": {"A-01": {"pending": True}}}, "/answers/A-01/pending"),
        ({"answers": {"A-01": {"value": "pass", "colour": "red"}}}, "/answers/A-01/colour"),
        ({"surprise": 1}, "/surprise"),
        ({"started_at": "2026-11-21T02:10:05"}, "/started_at"),
        ({"kind": "party"}, "/kind"),
        ({"phone_score": 91.25}, "/phone_score"),
    ],
)
def test_wrong_content_is_refused_with_a_pointer_and_nothing_is_stored(
    begun: Round, change: dict[str, Any], pointer: str
) -> None:
    refused = phone.put(begun.shopper, begun.document(intent="draft", **change))
    assert refused.status_code == 422
    assert pointer in [each["pointer"] for each in refused.get_json()["errors"]]
    assert all(each["detail"] for each in refused.get_json()["errors"])
    assert begun.count(Visit) == 0


def test_a_lap_without_an_end_is_refused_at_its_place_in_both_languages(begun: Round) -> None:
    timer = {"laps": [["2026-11-21T01:20:00Z"]], "edited": None, "jump": False}
    document = begun.document(intent="draft", started_at="yesterday", answers={"A-02": {"timer": timer}})
    sent = json.dumps(document).replace('"app"', '"app": "x", "app"').encode()
    path = f"/api/v1/visits/{document['id']}"
    headers = {"If-None-Match": "*"}
    told = {
        "zh-CN": [
            "不是正确的时刻，要写成 2026-11-21T10:30:00+08:00 这样。",
            "缺少这一项。",
            "这一项写了两次。",
        ],
        "en": [
            "This is no proper instant; write it like 2026-11-21T10:30:00+08:00.",
            "This is missing.",
            "This stands here twice.",
        ],
    }
    for language, sentences in told.items():
        refused = begun.shopper.put(
            path, data=sent, content_type="application/json", headers={**headers, "Accept-Language": language}
        )
        assert refused.status_code == 422
        assert {each["pointer"]: each["detail"] for each in refused.get_json()["errors"]} == dict(
            zip(["/started_at", "/answers/A-02/timer/laps/0/1", "/app"], sentences, strict=True)
        )
    assert begun.count(Visit) == 0


def test_a_missing_field_is_named(begun: Round) -> None:
    document = begun.document()
    del document["app"]
    refused = phone.put(begun.shopper, document)
    assert [each["pointer"] for each in refused.get_json()["errors"]] == ["/app"]


def test_only_json_is_a_document_and_only_up_to_a_megabyte(begun: Round) -> None:
    path = f"/api/v1/visits/{uuid4()}"
    assert begun.shopper.put(path, data="{}", content_type="text/plain").status_code == 415
    assert begun.shopper.put(path, data="{", content_type="application/json").status_code == 422
    large = b'{"id": "' + b"x" * 1_000_001 + b'"}'
    assert begun.shopper.put(path, data=large, content_type="application/json").status_code == 413
    assert begun.shopper.put(path, json=begun.document()).get_json()["errors"][0]["pointer"] == "/id"


def test_what_a_visit_is_about_never_changes(begun: Round) -> None:
    document = begun.document(intent="draft")
    etag = phone.put(begun.shopper, document).get_json()["etag"]
    other = make.outlet(begun.office)
    refused = phone.put(begun.shopper, {**document, "outlet_id": str(other.id)}, etag)
    assert [each["pointer"] for each in refused.get_json()["errors"]] == ["/outlet_id"]


def test_a_shopper_sees_no_score_and_needs_an_assignment(begun: Round) -> None:
    assert phone.put(begun.shopper, begun.document()).get_json()["score"] is None
    refused = phone.put(begun.shopper, begun.document(assignment_id=None))
    assert [each["pointer"] for each in refused.get_json()["errors"]] == ["/assignment_id"]
    elsewhere = make.outlet(begun.office)
    refused = phone.put(begun.shopper, begun.document(outlet_id=str(elsewhere.id)))
    assert "/outlet_id" in [each["pointer"] for each in refused.get_json()["errors"]]


def test_nobody_uses_the_task_or_the_visit_of_another(begun: Round, client: Callable[..., Caller]) -> None:
    other = client(Role.SHOPPER)
    assert phone.put(other, begun.document()).status_code == 422
    document = begun.document()
    phone.put(begun.shopper, document)
    assert phone.put(other, document).status_code == 403
    assert other.get(f"/api/v1/visits/{document['id']}").status_code == 404
    assert other.get(f"/api/v1/visits/{document['id']}/receipt").status_code == 404


def test_area_and_hall_managers_inspect_on_their_own_ground_only(
    begun: Round, client: Callable[..., Caller]
) -> None:
    office = begun.office
    away = make.outlet(office, place=make.unit(office, "sx", "dt", "yg", "d1", "a1"))
    area = client(make.user(office, role=Role.AREA_MANAGER, unit_path=begun.outlet.unit_path))
    given: dict[str, Any] = {
        "kind": "area_visit",
        "assignment_id": None,
        "signatures": submitted.SIGNED,
    }
    seen = phone.put(area, begun.document(**given))
    assert seen.status_code == 200
    assert seen.get_json()["score"] == "100.00"
    refused = phone.put(area, begun.document(**given, outlet_id=str(away.id)))
    assert [each["pointer"] for each in refused.get_json()["errors"]] == ["/outlet_id"]
    assert phone.put(area, begun.document(kind="mystery")).status_code == 403

    hall = client(make.user(office, role=Role.HALL_MANAGER, outlet_id=begun.outlet.id))
    patrol = {"kind": "patrol", "assignment_id": None, "part": "opening"}
    assert phone.put(hall, begun.document(**patrol)).status_code == 200
    assert phone.put(hall, begun.document(**patrol, outlet_id=str(away.id))).status_code == 422
    without_part = phone.put(hall, begun.document(**{**patrol, "part": None}))
    assert [each["pointer"] for each in without_part.get_json()["errors"]] == ["/part"]


def test_a_checklist_must_be_published_and_fit(begun: Round) -> None:
    unknown = phone.put(begun.shopper, begun.document(checklist={"id": "small-hall", "version": 9}))
    assert unknown.get_json()["type"] == "/problems/unknown-checklist"
    assert unknown.get_json()["errors"] == [
        {"pointer": "/checklist", "detail": "服务器上没有这个检查表版本。"}
    ]
    village = make.outlet(begun.office, tier="village")
    task = make.assignment(begun.office, begun.shopper.user, village, checklist_id="small-hall")
    refused = phone.put(begun.shopper, begun.document(outlet_id=str(village.id), assignment_id=str(task.id)))
    assert "/checklist" in [each["pointer"] for each in refused.get_json()["errors"]]


def test_work_on_a_withdrawn_assignment_is_taken_and_told(begun: Round) -> None:
    with begun.office.work() as work:
        task = work.session.get_one(Assignment, begun.assignment.id)
        task.state = AssignmentState.WITHDRAWN
    assert phone.put(begun.shopper, begun.document()).get_json()["state"] == "submitted"
    assert "visit.on-withdrawn-assignment" in begun.events()


def test_the_assignment_goes_along_with_its_visit(begun: Round) -> None:
    def state() -> AssignmentState:
        with begun.office.work(write=False) as work:
            return work.session.get_one(Assignment, begun.assignment.id).state

    draft = begun.document(intent="draft")
    etag = phone.put(begun.shopper, draft).get_json()["etag"]
    assert state() is AssignmentState.TAKEN
    phone.put(begun.shopper, {**draft, "intent": "submit"}, etag)
    assert state() is AssignmentState.DONE


def test_a_visit_is_given_up_with_a_reason_and_its_task_is_open_again(begun: Round) -> None:
    document = begun.document(intent="draft")
    phone.put(begun.shopper, document)
    path = f"/api/v1/visits/{document['id']}/discard"
    assert begun.shopper.post(path, json={"reason": " "}).status_code == 422
    for _ in range(2):
        answer = begun.shopper.post(path, json={"reason": "厅店停业"})
        assert answer.get_json()["state"] == "discarded"
    with begun.office.work(write=False) as work:
        assert work.session.get_one(Assignment, begun.assignment.id).state is AssignmentState.ASSIGNED
    other = begun.document()
    phone.put(begun.shopper, other)
    refused = begun.shopper.post(f"/api/v1/visits/{other['id']}/discard", json={"reason": "x"})
    assert refused.status_code == 409
    assert begun.shopper.post(f"/api/v1/visits/{uuid4()}/discard", json={"reason": "x"}).status_code == 404


def test_another_score_on_the_phone_is_an_event_and_the_servers_counts(begun: Round) -> None:
    phone.put(begun.shopper, begun.document(phone_score="99.00"))
    with begun.office.work(write=False) as work:
        drift = work.session.exec(select(Event).where(Event.name == "score.drift")).one()
        assert '"phone":"99.00"' in drift.facts
        assert work.session.exec(select(Visit.score)).one() == 10000
    other = begun.document(phone_score="100.00")
    phone.put(begun.shopper, other)
    assert begun.events().count("score.drift") == 1


def test_a_hidden_answer_is_never_counted_and_a_voiding_one_takes_the_score_away(begun: Round) -> None:
    document = begun.document()
    document["answers"]["B-03"] = {"value": "yes"}
    phone.put(begun.shopper, document)
    with begun.office.work(write=False) as work:
        visit = work.session.exec(select(Visit)).one()
        assert (visit.voided, visit.score) == (True, None)


def test_a_returned_visit_is_corrected_as_the_next_revision(begun: Round) -> None:
    document = begun.document()
    phone.put(begun.shopper, document)
    with begun.office.work() as work:
        visit = work.session.exec(select(Visit)).one()
        visit.state, visit.etag = "returned", "after-review"
        visit.returned = '{"reasons":[{"item":"A-01","text":"照片看不清"}],"due":null,"note":""}'
    seen = begun.shopper.get(f"/api/v1/visits/{document['id']}").get_json()
    assert seen["returned"]["reasons"][0]["text"] == "照片看不清"
    draft = {**document, "intent": "draft", "answers": {**document["answers"], "A-01": {"value": "fail"}}}
    kept = phone.put(begun.shopper, draft, "after-review").get_json()
    assert (kept["state"], kept["revision"]) == ("returned", 1)
    sent = phone.put(begun.shopper, {**draft, "intent": "submit"}, kept["etag"]).get_json()
    assert (sent["state"], sent["revision"]) == ("submitted", 2)
    assert sent["receipt"]["revision"] == 2
    # What was sent first and comes again late is known, and changes nothing.
    late = phone.put(begun.shopper, document).get_json()
    assert (late["state"], late["revision"]) == ("submitted", 2)
    assert begun.count(Revision) == 2


def test_the_list_is_what_the_role_may_see(begun: Round, client: Callable[..., Caller]) -> None:
    office = begun.office
    document = begun.document()
    phone.put(begun.shopper, document)
    place = {"unit_path": begun.outlet.unit_path}

    def seen(who: Caller, query: str = "") -> list[str]:
        answer = who.get(f"/api/v1/visits{query}")
        assert answer.status_code == 200, answer.get_json()
        return [each["id"] for each in answer.get_json()["visits"]]

    reviewer = client(Role.REVIEWER)
    area = client(make.user(office, role=Role.AREA_MANAGER, **place))
    assert seen(begun.shopper) == seen(reviewer) == [document["id"]]
    assert seen(area) == seen(client(Role.SHOPPER)) == []
    assert seen(reviewer, "?state=draft") == []
    assert seen(reviewer, f"?outlet={begun.outlet.id}&period=2026-11&state=submitted") == [document["id"]]
    assert seen(reviewer, "?period=2026-Q3") == []
    for wrong in (
        "?period=2026-13",
        "?period=",
        "?state=",
        "?outlet=",
        "?cursor=%%%",
        "?outlet=x",
        "?state=x",
    ):
        assert reviewer.get(f"/api/v1/visits{wrong}").status_code == 422
    with office.work() as work:
        visit = work.session.exec(select(Visit)).one()
        visit.state, visit.published_at = "published", work.now
    # Others know a covert visit by the id of its report; the phone's own tells when it was begun.
    (name,) = seen(area)
    assert name != document["id"]
    assert area.get(f"/api/v1/visits/{document['id']}").status_code == 404
    told = area.get(f"/api/v1/visits/{name}").get_json()
    assert told["inspector"] is None
    assert told["document"]["files"] == []
    assert begun.shopper.user.name not in area.get(f"/api/v1/visits/{name}").get_data(as_text=True)
    assert told["score"] == "100.00"
    assert begun.shopper.get(f"/api/v1/visits/{document['id']}").get_json()["score"] is None
    assert reviewer.get(f"/api/v1/visits/{document['id']}").get_json()["inspector"]["name"]


def test_the_list_goes_on_where_its_page_ended(
    begun: Round, client: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.queries.visits.PAGE", 2)
    ids = set()
    for _ in range(5):
        document = begun.document(intent="draft")
        ids.add(document["id"])
        phone.put(begun.shopper, document)
    found: list[str] = []
    query = ""
    while True:
        page = begun.shopper.get(f"/api/v1/visits{query}").get_json()
        found += [each["id"] for each in page["visits"]]
        if page["cursor"] is None:
            break
        query = f"?cursor={page['cursor']}"
    assert len(found) == 5
    assert set(found) == ids


def test_a_returned_visit_that_is_given_up_opens_its_task_again_unless_another_stands_for_it(
    begun: Round,
) -> None:
    def give_up(document: dict[str, Any]) -> AssignmentState:
        path = f"/api/v1/visits/{document['id']}/discard"
        assert begun.shopper.post(path, json={"reason": "厅店停业"}).status_code == 200
        with begun.office.work(write=False) as work:
            return work.session.get_one(Assignment, begun.assignment.id).state

    returned, other, draft = begun.document(), begun.document(), begun.document(intent="draft")
    for document in (returned, other, draft):
        assert phone.put(begun.shopper, document).status_code == 200
    with begun.office.work() as work:
        for document in (returned, other):
            work.session.get_one(Visit, UUID(document["id"])).state = VisitState.RETURNED
    assert give_up(draft) is AssignmentState.DONE
    assert give_up(returned) is AssignmentState.DONE
    assert give_up(other) is AssignmentState.ASSIGNED


def test_a_patrol_is_of_the_part_that_its_task_asks_for(begun: Round, client: Callable[..., Caller]) -> None:
    user = make.user(begun.office, role=Role.HALL_MANAGER, outlet_id=begun.outlet.id)
    given: dict[str, Any] = {"kind": "patrol", "part": "opening"}
    task = make.assignment(begun.office, user, begun.outlet, checklist_id="small-hall", **given)
    hall, document = client(user), begun.document(**given, intent="draft", assignment_id=str(task.id))
    refused = phone.put(hall, {**document, "part": "closing"})
    assert [each["pointer"] for each in refused.get_json()["errors"]] == ["/part"]
    etag = phone.put(hall, document).get_json()["etag"]
    assert phone.put(hall, {**document, "part": "closing"}, etag).status_code == 422
    assert phone.put(hall, {**document, "intent": "submit"}, etag).get_json()["state"] == "submitted"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"left_at": "9999-12-31T23:59:59Z"}, "/left_at"),
        ({"started_at": "0001-01-01T00:00:00Z"}, "/started_at"),
        ({"clock_offset_ms": 10**12}, "/clock_offset_ms"),
        ({"clock_offset_ms": -(10**12)}, "/clock_offset_ms"),
        ({"answers": {"B-05": {"value": "9999-12-31T23:59:59Z"}}}, "/answers/B-05/value"),
        ({"actions": [{"id": str(uuid4()), "what": "x", "due": "9999-12-31"}]}, "/actions/0/due"),
    ],
)
def test_instants_that_cannot_be_are_refused_in_words(
    begun: Round, change: dict[str, Any], pointer: str
) -> None:
    refused = phone.put(begun.shopper, begun.document(intent="draft", **change))
    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.get_json()["errors"]] == [pointer]
    assert "{" not in refused.get_json()["errors"][0]["detail"]


@pytest.mark.parametrize("started_at", ["2015-01-01T00:00:00Z", "2100-12-31T23:59:59Z"])
@pytest.mark.parametrize("offset", [-10 * 366 * 86_400_000, 10 * 366 * 86_400_000])
def test_the_last_instants_that_can_be_are_taken(begun: Round, started_at: str, offset: int) -> None:
    document = begun.document(intent="draft", started_at=started_at, clock_offset_ms=offset)
    assert phone.put(begun.shopper, document).status_code == 200
