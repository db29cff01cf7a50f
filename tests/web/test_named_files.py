"""Files as the visit document names them: each as one kind, judged as that kind, and within its limit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from server.domain.access import Role
from server.storage.visits import VisitFile
from server.usecases.work import Office
from tests import make, phone, submitted
from tests.make import Caller


def kinds(office: Office) -> dict[str, str]:
    with office.work(write=False) as work:
        return {each.sha256: each.kind for each in work.session.exec(select(VisitFile))}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def inspector(office: Office, client: Callable[..., Caller]) -> tuple[Caller, Callable[..., dict[str, Any]]]:
    submitted.checklist(office)
    where = make.outlet(office)
    user = make.user(office, role=Role.SHOPPER)
    task = make.assignment(office, user, where, checklist_id="small-hall")

    def document(*data: bytes) -> dict[str, Any]:
        files = [make.file_entry(each, "A-01") for each in data]
        return submitted.document(where, assignment_id=str(task.id), files=files)

    return client(user), document


@pytest.mark.parametrize("first", ["file", "document"])
def test_a_file_that_came_as_another_kind_has_not_arrived_until_it_is_judged_as_what_is_named(
    office: Office, inspector: tuple[Caller, Callable[..., dict[str, Any]]], first: str
) -> None:
    caller, document = inspector
    pdf, picture = make.pdf(), make.picture(36)
    sent = document(pdf, picture)
    if first == "document":
        assert phone.put(caller, sent).status_code == 200
    for data in (pdf, picture):
        assert phone.send(caller, data, sent["id"], kind="proof").status_code == 201
    answer = phone.put(caller, sent).get_json()
    assert (answer["state"], answer["receipt"]) == ("receiving", None)
    assert answer["files_missing"] == [digest(pdf), digest(picture)]
    assert phone.send(caller, pdf, sent["id"], kind="photo").status_code == 422
    where = phone.begin(caller, picture, sent["id"], kind="photo").headers["Location"]
    assert phone.patch(caller, where, 0, picture).status_code == 204
    assert phone.put(caller, sent).get_json()["files_missing"] == [digest(pdf)]
    assert kinds(office)[digest(picture)] == "photo"
    assert office.files.get(digest(picture)) == picture


def test_once_the_visit_is_whole_its_files_stay_what_they_are(
    office: Office, inspector: tuple[Caller, Callable[..., dict[str, Any]]]
) -> None:
    caller, document = inspector
    data = make.picture(37)
    sent = document(data)
    phone.send(caller, data, sent["id"])
    assert phone.put(caller, sent).get_json()["state"] == "submitted"
    assert phone.send(caller, data, sent["id"], kind="proof").status_code == 201
    assert kinds(office) == {digest(data): "photo"}


def test_one_file_is_named_as_one_kind(inspector: tuple[Caller, Callable[..., dict[str, Any]]]) -> None:
    caller, document = inspector
    data = make.picture(38)
    sent = document(data)
    sent["files"].append({**sent["files"][0], "kind": "proof"})
    refused = phone.put(caller, sent)
    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.get_json()["errors"]] == ["/files/0/kind"]


def test_photos_that_were_taken_again_do_not_use_up_the_limit(
    office: Office, inspector: tuple[Caller, Callable[..., dict[str, Any]]], app: Any
) -> None:
    caller, document = inspector
    limits = app.extensions["office"].settings.limits
    object.__setattr__(limits, "photos_per_visit", 2)
    try:
        taken = [make.picture(seed) for seed in range(40, 44)]
        draft = {**document(*taken[:2]), "intent": "draft"}
        for data in taken[:2]:
            assert phone.send(caller, data, draft["id"]).status_code == 201
        etag = phone.put(caller, draft).get_json()["etag"]
        sent = {**draft, "intent": "submit", "files": document(*taken[2:])["files"]}
        assert phone.put(caller, sent, etag).get_json()["state"] == "receiving"
        for data in taken[2:]:
            assert phone.send(caller, data, sent["id"]).status_code == 201
        assert phone.put(caller, sent).get_json()["state"] == "submitted"
        assert phone.send(caller, make.picture(44), sent["id"]).status_code == 422
    finally:
        object.__setattr__(limits, "photos_per_visit", 60)
