"""Files of corrective actions: sent as a phone sends photos, kept by hash, and shown to whoever may see the record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

import pytest

from server.domain.access import Role
from server.domain.actions import ActionSort, ActionState
from server.storage.actions import Action
from server.storage.organisation import Outlet
from server.storage.record_files import RecordFile
from server.usecases.work import Office
from tests import make, phone
from tests.make import Caller


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office)


@pytest.fixture
def action(office: Office, hall: Outlet) -> Action:
    made = Action(
        id=uuid4(),
        outlet_id=hall.id,
        sort=ActionSort.OTHER,
        what="门头灯箱修好",
        due_at=office.clock() + timedelta(days=7),
        state=ActionState.OPEN,
        made_at=office.clock(),
        etag=uuid4().hex,
        changed_at=office.clock(),
    )
    with office.work() as work:
        work.session.add(made)
    return made


def of_record(caller: Caller, data: bytes, record: str, kind: str = "action", **given: str) -> object:
    return phone.send(caller, data, "", record=record, record_kind=kind, **given)


def test_an_owner_sends_a_proof_for_the_own_action_and_whoever_sees_the_action_sees_it(
    office: Office, client: Callable[..., Caller], hall: Outlet, action: Action
) -> None:
    owner = client(make.user(office, role=Role.OUTLET_OWNER, outlet_id=hall.id))
    data = make.picture(1)
    assert of_record(owner, data, str(action.id)).status_code == 201
    assert of_record(owner, data, str(action.id)).status_code == 201
    with office.work(write=False) as work:
        file = work.session.get_one(RecordFile, (action.id, sha256(data).hexdigest()))
        assert (file.subject, file.type, file.bytes) == ("action", "image/jpeg", len(data))
    path = f"/api/v1/photos/{file.sha256}?size=screen"
    other = client(make.user(office, role=Role.OUTLET_OWNER, outlet_id=make.outlet(office).id))
    reviewer, shopper = client(Role.REVIEWER), client(Role.SHOPPER)
    shown = [caller.get(path).status_code for caller in (owner, reviewer, other, shopper)]
    assert shown == [200, 200, 404, 404]


def test_nobody_adds_to_another_outlets_action_or_to_a_closed_one_or_a_pdf(
    office: Office, client: Callable[..., Caller], hall: Outlet, action: Action
) -> None:
    owner = client(make.user(office, role=Role.OUTLET_OWNER, outlet_id=hall.id))
    other = client(make.user(office, role=Role.OUTLET_OWNER, outlet_id=make.outlet(office).id))
    assert of_record(other, make.picture(1), str(action.id)).status_code == 404
    assert of_record(client(Role.SHOPPER), make.picture(1), str(action.id)).status_code == 403
    answer = of_record(owner, make.pdf(), str(action.id))
    assert (answer.status_code, answer.get_json()["type"].rsplit("/")[-1]) == (422, "record-file-unfit")
    with office.work() as work:
        work.session.get_one(Action, action.id).state = ActionState.ACCEPTED
    answer = of_record(owner, make.picture(2), str(action.id))
    assert (answer.status_code, answer.get_json()["type"].rsplit("/")[-1]) == (403, "record-not-yours")


def test_a_proof_may_come_before_its_action_and_then_belongs_to_who_sent_it(
    office: Office, client: Callable[..., Caller], hall: Outlet
) -> None:
    first = client(make.user(office, role=Role.OUTLET_OWNER, outlet_id=hall.id))
    second = client(make.user(office, role=Role.OUTLET_OWNER, outlet_id=hall.id))
    record = str(uuid4())
    assert of_record(first, make.picture(1), record).status_code == 201
    assert of_record(second, make.picture(2), record).status_code == 403


def test_an_owner_sends_nothing_for_visits_and_a_record_names_its_kind(
    office: Office, client: Callable[..., Caller], hall: Outlet
) -> None:
    owner = client(make.user(office, role=Role.OUTLET_OWNER, outlet_id=hall.id))
    assert phone.send(owner, make.picture(1), str(uuid4())).status_code == 403
    for given in ({"record_kind": "diary"}, {"record_kind": ""}):
        answer = phone.send(owner, make.picture(1), "", record=str(uuid4()), **given)
        assert answer.get_json()["type"].rsplit("/")[-1] == "upload-metadata-wrong"
    answer = of_record(owner, make.picture(1), "no id")
    assert answer.get_json()["type"].rsplit("/")[-1] == "upload-metadata-wrong"
