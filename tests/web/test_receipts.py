"""Receipts over HTTP: signed in the moment a visit is whole, checked by anybody, told to nobody else."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from server.domain.access import Role
from server.domain.receipts import Receipt, judge
from server.domain.visit import VisitState
from server.gateways import receipt_keys
from server.storage.organisation import Outlet
from server.storage.visits import Visit
from server.usecases.work import Office
from tests import make, phone, submitted

Client = Callable[..., make.Caller]


@pytest.fixture
def where(office: Office) -> Outlet:
    submitted.checklist(office)
    return make.outlet(office)


@pytest.fixture
def visit(office: Office, where: Outlet, client: Client) -> tuple[make.Caller, dict[str, Any], bytes]:
    """A shopper, the document of a visit with one photo, and the photo; nothing is sent yet."""
    user = make.user(office, role=Role.SHOPPER)
    task = make.assignment(office, user, where, checklist_id="small-hall")
    data = make.picture(77)
    document = submitted.document(where, assignment_id=str(task.id), files=[make.file_entry(data, "A-01")])
    return client(user), document, data


def test_the_public_keys_are_published_and_check_what_the_phone_is_given(
    visit: tuple[make.Caller, dict[str, Any], bytes], client: Client
) -> None:
    caller, document, data = visit
    assert phone.put(caller, document).get_json()["receipt"] is None
    phone.send(caller, data, document["id"])
    told = phone.put(caller, document).get_json()["receipt"]
    assert told["files"] == [document["files"][0]["sha256"]]
    assert told["answers_sha256"]
    answer = client(None).get("/receipt-keys.pem")
    assert (answer.status_code, "PRIVATE" in answer.get_data(as_text=True)) == (200, False)
    found = judge(told, receipt_keys.checks(answer.get_data(as_text=True)))
    assert (found.standing, found.receipt) == ("genuine", Receipt.model_validate(told))


def test_all_ways_by_which_the_phone_hears_of_it_tell_the_same(
    visit: tuple[make.Caller, dict[str, Any], bytes],
) -> None:
    caller, document, data = visit
    phone.send(caller, data, document["id"])
    told = phone.put(caller, document).get_json()["receipt"]
    assert told["signature"]
    path = f"/api/v1/visits/{document['id']}"
    assert caller.get(f"{path}/receipt").get_json() == told
    assert caller.get(path).get_json()["receipt"] == told
    changes = caller.get("/api/v1/sync").get_json()["changes"]
    assert [each["data"]["receipt"] for each in changes if each["type"] == "visit"] == [told]


@pytest.mark.parametrize(
    "role", [Role.HALL_MANAGER, Role.OUTLET_OWNER, Role.BRANCH_MANAGER, Role.AREA_MANAGER]
)
def test_of_a_covert_visit_the_outlet_and_the_branch_hear_nothing(
    visit: tuple[make.Caller, dict[str, Any], bytes],
    office: Office,
    where: Outlet,
    client: Client,
    role: Role,
) -> None:
    caller, document, data = visit
    phone.send(caller, data, document["id"])
    told = phone.put(caller, document).get_json()["receipt"]
    with office.work() as work:
        # From its publication on they see the visit itself.
        found = work.session.get_one(Visit, UUID(document["id"]))
        found.state, found.published_at = VisitState.PUBLISHED, work.now
    other = client(make.user(office, role=role, outlet_id=where.id, unit_path="sx/"))
    # The phone's own id, which holds the instant, is nothing that they know.
    assert other.get(f"/api/v1/visits/{document['id']}").status_code == 404
    (listed,) = other.get("/api/v1/visits").get_json()["visits"]
    assert other.get(f"/api/v1/visits/{listed['id']}").get_json()["receipt"] is None
    for path in (f"/api/v1/visits/{document['id']}", "/api/v1/visits", "/api/v1/sync", "/reports"):
        text = other.get(path).get_data(as_text=True)
        assert told["number"] not in text
        assert told["signature"] not in text
    assert other.get(f"/api/v1/visits/{document['id']}/receipt").status_code == 404


def test_the_verify_page_tells_a_receipt_by_its_signature_alone(
    visit: tuple[make.Caller, dict[str, Any], bytes], client: Client
) -> None:
    caller, document, data = visit
    phone.send(caller, data, document["id"])
    told = phone.put(caller, document).get_json()["receipt"]
    stranger = client(None)

    def page(given: dict[str, Any], language: str = "zh") -> tuple[str, str]:
        file = (io.BytesIO(json.dumps(given).encode()), "receipt.json")
        answer = stranger.post(f"/verify?lang={language}", data={"pdf": file})
        assert answer.status_code == 200
        text = answer.get_data(as_text=True)
        return re.findall(r'data-receipt="(\w+)"', text)[0], text

    standing, text = page(told)
    assert standing == "genuine"
    assert told["number"] in text
    assert document["id"] not in text
    assert "Genuine receipt" in page(told, "en")[1]
    standing, text = page({**told, "revision": 2})
    assert (standing, told["number"] in text) == ("changed", False)
    assert page({**told, "key": "0" * 16})[0] == "unknown"
    assert page({**told, "key": None, "signature": None})[0] == "unsigned"
    assert page({"a": 1})[0] == "unknown"
