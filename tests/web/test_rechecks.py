"""Rechecks: who is given one, and who gets the photos from before; nobody learns by it what is covert."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest

from server.domain.access import Role
from server.domain.errors import Problem
from server.domain.rechecks import RecheckSecret, RecheckUnfit, RecheckUnnamed
from server.domain.visit import SHANGHAI, VisitKind, VisitState
from server.queries import rechecks
from server.storage.organisation import Outlet, User
from server.storage.visits import Assignment, AssignmentState, Revision, Visit, VisitFile
from server.usecases import campaigns, people
from server.usecases.work import Office
from tests import make, submitted

FAILED, PASSED = make.picture(1), make.picture(2)
NAME, OTHER = (sha256(picture).hexdigest() for picture in (FAILED, PASSED))
Caller = Callable[..., make.Caller]


def seen(
    office: Office, who: User, where: Outlet, state: VisitState = VisitState.ACCEPTED, **given: Any
) -> Visit:
    """A visit in which A-01 failed, with a photo of it and one of an item that passed."""
    answers = {**submitted.GOOD, "A-01": {"value": "fail", "note": "灯箱不亮"}}
    files = [make.file_entry(FAILED, "A-01"), make.file_entry(PASSED, "B-01")]
    visit = submitted.visit(
        office, who, where, photos=[FAILED, PASSED], files=files, answers=answers, state=state, **given
    )
    with office.work() as work:
        again = work.session.get(Visit, visit.id)
        assert again
        again.accepted_revision = 1
    return visit


def assigned(office: Office, who: User, visit: Visit, where: Outlet, **given: Any) -> Assignment:
    with office.work() as work:
        today = work.now.astimezone(SHANGHAI).date()
        plan = {
            "kind": VisitKind.RECHECK,
            "checklist": "small-hall",
            "outlets": [where.code],
            "recheck_of": visit.id,
        }
        return campaigns.assign(
            work, username=who.username, window_from=today, window_to=today, **{**plan, **given}
        )[0]


def synced(caller: make.Caller) -> dict[str, Any]:
    changes = caller.get("/api/v1/sync").get_json()["changes"]
    return next(change["data"] for change in changes if change["type"] == "assignment")


def test_the_inspector_of_a_recheck_gets_the_photos_of_what_failed(office: Office, client: Caller) -> None:
    hall = make.outlet(office)
    visit = seen(office, make.user(office, role=Role.AREA_MANAGER), hall, kind="area_visit")
    shopper = make.user(office, role=Role.SHOPPER, username="again")
    phone, colleague = client(shopper), client(make.user(office, role=Role.SHOPPER))
    assert phone.get(f"/api/v1/photos/{NAME}").status_code == 404
    task = assigned(office, shopper, visit, hall)

    told = synced(phone)
    assert told["recheck_of"] == str(visit.id)
    assert told["before"] == {"A-01": [NAME]}
    assert told["checklist"] == {"id": "small-hall", "version": 1}
    small = phone.get(f"/api/v1/photos/{NAME}?size=screen")
    assert small.status_code == 200
    # Never as the camera wrote it, whatever is asked for.
    assert phone.get(f"/api/v1/photos/{NAME}").data == small.data != FAILED
    assert phone.get(f"/api/v1/photos/{OTHER}?size=screen").status_code == 404
    assert colleague.get(f"/api/v1/photos/{NAME}?size=screen").status_code == 404
    assert phone.get(f"/api/v1/visits/{visit.id}").status_code == 404

    with office.work() as work:
        found = work.session.get(Assignment, task.id)
        assert found
        found.state = AssignmentState.DONE
    assert phone.get(f"/api/v1/photos/{NAME}?size=screen").status_code == 404


def test_a_declined_recheck_tells_of_no_photos_until_it_is_taken_after_all(
    office: Office, client: Caller
) -> None:
    hall = make.outlet(office)
    visit = seen(office, make.user(office, role=Role.AREA_MANAGER), hall, kind="area_visit")
    shopper = make.user(office, role=Role.SHOPPER, username="again")
    task, caller = assigned(office, shopper, visit, hall), client(shopper)
    answer = f"/api/v1/assignments/{task.id}/answer"
    caller.post(answer, json={"answer": "declined", "reason": "那天不在太原"})
    assert synced(caller)["before"] == {}
    assert caller.get(f"/api/v1/photos/{NAME}?size=screen").status_code == 404
    caller.post(answer, json={"answer": "taken", "reason": ""})
    assert synced(caller)["before"] == {"A-01": [NAME]}


def test_a_recheck_is_of_the_visit_that_its_assignment_names_with_the_same_version(
    office: Office, client: Caller
) -> None:
    hall = make.outlet(office)
    manager = make.user(office, role=Role.AREA_MANAGER, username="again")
    visit, other = (seen(office, manager, hall, kind="area_visit", id=str(uuid4())) for _ in range(2))
    task = assigned(office, manager, visit, hall)
    submitted.checklist(office, {**submitted.WRITTEN, "version": 2})
    caller = client(manager)

    def begun(**given: Any) -> Any:
        named = {"kind": "recheck", "assignment_id": str(task.id), "recheck_of": str(visit.id)}
        document = submitted.document(hall, **{"intent": "draft", **named, **given})
        headers = {"If-None-Match": "*"}
        return caller.put(f"/api/v1/visits/{document['id']}", json=document, headers=headers).get_json()

    assert [one["pointer"] for one in begun(recheck_of=str(other.id))["errors"]] == ["/recheck_of"]
    newer = begun(checklist={"id": "small-hall", "version": 2})
    assert [one["pointer"] for one in newer["errors"]] == ["/checklist"]
    assert begun()["state"] == "draft"


def test_the_photos_are_those_of_the_accepted_revision_and_of_the_outlet_itself(office: Office) -> None:
    hall, other = make.outlet(office), make.outlet(office)
    visit = seen(office, make.user(office, role=Role.AREA_MANAGER), hall, kind="area_visit")
    manager = make.user(office, role=Role.AREA_MANAGER, username="again")
    task = assigned(office, manager, visit, hall)

    def offered() -> dict[str, list[str]]:
        with office.work(write=False) as work:
            found = work.session.get_one(Assignment, task.id)
            return rechecks.before(work.session, people.viewer_of(manager), found)

    with office.work() as work:
        first = work.session.get_one(Revision, (visit.id, 1))
        corrected = json.loads(first.document) | {"files": [make.file_entry(PASSED, "A-01")]}
        text = json.dumps(corrected)
        work.session.add(
            Revision(
                visit_id=visit.id,
                number=2,
                document=text,
                sha256=sha256(text.encode()).hexdigest(),
                result=first.result,
                author_id=first.author_id,
                created_at=work.now,
            )
        )
    assert offered() == {"A-01": [NAME]}
    with office.work() as work:
        work.session.get_one(Visit, visit.id).accepted_revision = 2
    assert offered() == {"A-01": [OTHER]}
    with office.work() as work:
        work.session.get_one(Assignment, task.id).outlet_id = other.id
    assert offered() == {}


def test_an_expired_photo_is_not_offered(office: Office, client: Caller) -> None:
    hall = make.outlet(office)
    visit = seen(office, make.user(office, role=Role.AREA_MANAGER), hall, kind="area_visit")
    manager = make.user(office, role=Role.AREA_MANAGER, username="again")
    assigned(office, manager, visit, hall)
    with office.work() as work:
        file = work.session.get(VisitFile, (visit.id, NAME))
        assert file
        file.expired_at = work.now
    assert synced(client(manager))["before"] == {}


@pytest.mark.parametrize(
    ("role", "shown"), [(Role.AREA_MANAGER, False), (Role.SHOPPER, False), (Role.REVIEWER, True)]
)
def test_photos_of_a_published_covert_visit_go_to_reviewers_and_to_its_shopper(
    office: Office, client: Caller, role: Role, shown: bool
) -> None:
    hall = make.outlet(office)
    visit = seen(office, make.user(office, role=Role.SHOPPER, username="first"), hall, VisitState.PUBLISHED)
    other = make.user(office, role=role, username="again", unit_path="sx/")
    assigned(office, other, visit, hall)
    phone = client(other)
    assert synced(phone)["before"] == ({"A-01": [NAME]} if shown else {})
    assert phone.get(f"/api/v1/photos/{NAME}?size=screen").status_code == (200 if shown else 404)


def test_a_shopper_sees_the_own_photos_again(office: Office, client: Caller) -> None:
    hall = make.outlet(office)
    shopper = make.user(office, role=Role.SHOPPER, username="again")
    assigned(office, shopper, seen(office, shopper, hall), hall)
    assert synced(client(shopper))["before"] == {"A-01": [NAME]}


def test_a_covert_visit_that_is_not_published_is_rechecked_by_those_alone_who_may_know_of_it(
    office: Office,
) -> None:
    hall = make.outlet(office)
    shopper = make.user(office, role=Role.SHOPPER, username="first")
    visit = seen(office, shopper, hall)
    for role in (Role.AREA_MANAGER, Role.BRANCH_MANAGER, Role.SHOPPER):
        with pytest.raises(RecheckSecret):
            assigned(office, make.user(office, role=role), visit, hall)
    for who in (shopper, make.user(office, role=Role.REVIEWER)):
        assert assigned(office, who, visit, hall).recheck_of == visit.id


def test_a_recheck_names_an_accepted_visit_of_the_same_outlet_and_checklist(office: Office) -> None:
    hall, other = make.outlet(office), make.outlet(office)
    manager = make.user(office, role=Role.AREA_MANAGER, username="again")
    visit = seen(office, manager, hall, kind="area_visit")
    waiting = seen(office, manager, hall, VisitState.SUBMITTED, kind="area_visit", id=str(uuid4()))
    refused: list[tuple[dict[str, Any], type[Problem]]] = [
        ({"recheck_of": None}, RecheckUnnamed),
        ({"kind": VisitKind.AREA_VISIT}, RecheckUnnamed),
        ({"recheck_of": waiting.id}, RecheckUnfit),
        ({"recheck_of": UUID(int=1)}, RecheckUnfit),
        ({"outlets": [other.code]}, RecheckUnfit),
        ({"outlets": [hall.code, other.code]}, RecheckUnfit),
        ({"checklist": "area-check"}, RecheckUnfit),
    ]
    for given, problem in refused:
        with pytest.raises(problem):
            assigned(office, manager, visit, hall, **given)


def test_a_recheck_of_single_items_is_whole_with_them_and_scored_on_them_alone(
    office: Office, client: Caller
) -> None:
    hall = make.outlet(office)
    visit = seen(office, make.user(office, role=Role.REVIEWER), hall, kind="announced")
    shopper = make.user(office, role=Role.SHOPPER)
    task = assigned(office, shopper, visit, hall)
    with office.work() as work:
        work.session.get_one(Assignment, task.id).items = '["A-01"]'
    phone = client(shopper)
    assert synced(phone)["items"] == ["A-01"]
    document = submitted.document(
        hall,
        kind="recheck",
        assignment_id=str(task.id),
        recheck_of=str(visit.id),
        answers={"A-01": {"value": "pass"}},
        files=[],
    )
    answer = phone.put(f"/api/v1/visits/{document['id']}", json=document, headers={"If-None-Match": "*"})
    assert (answer.status_code, answer.get_json()["state"]) == (200, "submitted"), answer.get_json()
    with office.work(write=False) as work:
        revision = work.session.get_one(Revision, (UUID(document["id"]), 1))
    result = json.loads(revision.result)
    assert (result["visible"], result["sections"], result["score"]) == (["A-01"], {"A": "100.00"}, "100.00")
    changes = phone.get("/api/v1/sync").get_json()["changes"]
    mine = next(change["data"] for change in changes if change["type"] == "visit")
    assert mine["items"] == ["A-01"]
    page = client(Role.REVIEWER).get(f"/visits/{document['id']}").get_data(as_text=True)
    assert "门头干净完好" in page
    assert "不推诿客户" not in page


def test_a_recheck_of_a_covert_visit_is_known_by_its_report_to_who_may_not_know_the_phones_id(
    office: Office, client: Caller
) -> None:
    hall = make.outlet(office)
    visit = seen(office, make.user(office, role=Role.SHOPPER), hall, VisitState.PUBLISHED)
    manager = make.user(office, role=Role.AREA_MANAGER, unit_path=hall.unit_path)
    task = assigned(office, manager, visit, hall)
    phone = client(manager)
    told = synced(phone)
    assert told["recheck_of"] not in (None, str(visit.id))
    assert str(visit.id) not in phone.get("/api/v1/sync").get_data(as_text=True)
    document = submitted.document(
        hall,
        kind="recheck",
        assignment_id=str(task.id),
        recheck_of=told["recheck_of"],
        intent="draft",
        files=[],
    )

    def put(etag: str | None, **given: Any) -> Any:
        headers = {"If-Match": f'"{etag}"'} if etag else {"If-None-Match": "*"}
        return phone.put(f"/api/v1/visits/{document['id']}", json={**document, **given}, headers=headers)

    first = put(None)
    assert first.status_code == 200, first.get_json()
    assert put(first.get_json()["etag"], recheck_of=str(uuid4())).status_code == 422
    again = put(first.get_json()["etag"], intent="submit", signatures=submitted.SIGNED)
    assert again.status_code == 200, again.get_json()
    with office.work(write=False) as work:
        assert work.session.get_one(Visit, UUID(document["id"])).recheck_of == visit.id
