"""Bodies cut on the wire under a real gunicorn: what arrived is kept, and never taken for whole."""

from __future__ import annotations

import os
import threading
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from server.domain.access import Role
from server.storage.visits import Upload, Visit, VisitFile
from tests import make, phone, submitted
from tests.gunicorn import Server
from tests.wire import Wire, office_of


@pytest.fixture
def wire(server: Server) -> Wire:
    with office_of(server) as office:
        return Wire.of(server, make.user(office, role=Role.SHOPPER))


def files_of(server: Server, visit: str) -> list[str]:
    with office_of(server) as office, office.work(write=False) as work:
        return list(work.session.exec(select(VisitFile.sha256).where(VisitFile.visit_id == UUID(visit))))


def received(server: Server, visit: str) -> int | None:
    """How far the visit's upload is, as soon as the server has noticed the end of the connection."""
    pause = threading.Event()
    with office_of(server) as office:
        for _ in range(200):
            with office.work(write=False) as work:
                found = work.session.exec(select(Upload).where(Upload.visit_id == UUID(visit))).first()
            if found is not None:
                return found.offset
            pause.wait(0.05)
    return None


def test_a_patch_cut_on_the_wire_keeps_what_arrived(server: Server, wire: Wire) -> None:
    data, visit = make.picture(1, (1600, 1200)), str(uuid4())
    place = wire.ask("POST", "/api/v1/uploads", headers=phone.announced(data, visit)).headers["Location"]
    headers = {**phone.TUS, "Upload-Offset": "0", "Content-Type": phone.OCTETS}
    half = len(data) // 2
    with wire.begun("PATCH", place, data, headers, half):
        pass
    assert wire.offset_reaches(place, half)
    assert files_of(server, visit) == []
    rest = wire.patch(place, data, half)
    assert (rest.status, rest.headers["Upload-Offset"]) == (204, str(len(data)))
    assert files_of(server, visit) == [sha256(data).hexdigest()]


def test_a_photo_cut_in_its_only_request_goes_on_from_there(server: Server, wire: Wire) -> None:
    data, visit = make.picture(2, (1600, 1200)), str(uuid4())
    headers = {**phone.announced(data, visit), "Content-Type": phone.OCTETS}
    with wire.begun("POST", "/api/v1/uploads", data, headers, 20_000):
        pass
    assert received(server, visit) == 20_000
    again = wire.ask("POST", "/api/v1/uploads", headers=phone.announced(data, visit))
    assert again.headers["Upload-Offset"] == "20000"
    assert wire.patch(again.headers["Location"], data, 20_000).status == 204
    assert files_of(server, visit) == [sha256(data).hexdigest()]


def test_a_document_cut_on_the_wire_is_no_document(server: Server, wire: Wire) -> None:
    with office_of(server) as office:
        submitted.checklist(office)
        where = make.outlet(office)
        user = make.user(office, role=Role.SHOPPER)
        task = make.assignment(office, user, where, checklist_id="small-hall")
        caller = Wire.of(server, user)
        document = submitted.document(where, assignment_id=str(task.id), files=[])
        body, headers = caller.saving(document)
        for sent in (0, 1, len(body) // 2, len(body) - 1):
            with caller.begun("PUT", f"/api/v1/visits/{document['id']}", body, headers, sent):
                pass
        with office.work(write=False) as work:
            assert work.session.exec(select(Visit).where(Visit.id == UUID(document["id"]))).first() is None
        assert caller.put(document).json()["state"] == "submitted"


def test_an_answer_that_nobody_heard_counts_as_given(server: Server, wire: Wire) -> None:
    data, visit = make.picture(3), str(uuid4())
    headers = {**phone.announced(data, visit), "Content-Type": phone.OCTETS}
    with wire.begun("POST", "/api/v1/uploads", data, headers, len(data)) as connection:
        connection.getresponse()
    again = wire.send(data, visit)
    assert (again.status, again.headers["Upload-Offset"]) == (201, str(len(data)))
    assert files_of(server, visit) == [sha256(data).hexdigest()]


def test_a_body_larger_than_announced_or_allowed_is_refused(wire: Wire) -> None:
    large = wire.ask(
        "POST",
        "/api/v1/uploads",
        headers={**phone.announced(b"x", str(uuid4())), "Upload-Length": "15000001"},
    )
    assert large.status == 413
    path = f"/api/v1/visits/{uuid4()}"
    answer = wire.ask("PUT", path, b"x" * 1_000_001, {"Content-Type": "application/json"})
    assert answer.status == 413


def test_chunked_bodies_are_read_to_their_end(server: Server, wire: Wire) -> None:
    data, visit = make.picture(4), str(uuid4())
    headers: dict[str, Any] = {**phone.announced(data, visit), "Content-Type": phone.OCTETS}
    pieces = iter([data[:1000], data[1000:]])
    answer = wire.ask("POST", "/api/v1/uploads", pieces, headers)  # type: ignore[arg-type]
    assert answer.status == 201, answer.body
    assert files_of(server, visit) == [sha256(data).hexdigest()]


def test_the_photo_of_a_real_size_is_kept_byte_for_byte(server: Server, wire: Wire, tmp_path: Path) -> None:
    data, visit = make.picture(5, (2000, 1500)) + os.urandom(200_000), str(uuid4())
    assert wire.send(data, visit).status == 201
    shown = wire.ask("GET", f"/api/v1/photos/{sha256(data).hexdigest()}")
    assert shown.body == data
