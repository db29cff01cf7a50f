"""The server killed with SIGKILL at each step of the protocol: what the phone was told is safe is there, once, whole."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from server.domain.access import Role
from server.storage import events
from server.storage.events import Event
from server.storage.visits import Revision, Upload, Visit, VisitFile
from tests import make, phone, submitted
from tests.gunicorn import Server
from tests.wire import Wire, office_of

STEPS = (
    "draft heard",
    "document half sent",
    "document sent, answer not heard",
    "document heard",
    "upload begun",
    "photo half sent",
    "photo sent, answer not heard",
    "photo heard",
    "last photo sent, answer not heard",
)


class Interrupted:
    """A server whose process is killed whenever the phone comes to one of the steps."""

    def __init__(self, server: Server, steps: set[str]) -> None:
        self.server = server
        self.steps = set(steps)

    def at(self, step: str) -> bool:
        """Kill and restart here if this is one of the steps; each once."""
        if step not in self.steps:
            return False
        self.steps.discard(step)
        self.server.kill_serving()
        return True

    def unheard(
        self, step: str, wire: Wire, method: str, path: str, body: bytes, headers: Any, sent: int
    ) -> None:
        """Send so many bytes and kill the server before any answer is read."""
        if step in self.steps:
            with wire.begun(method, path, body, headers, sent):
                self.at(step)


def visit_of_one_phone(server: Server, killer: Interrupted) -> tuple[dict[str, Any], list[bytes]]:
    """A whole visit with three photos, sent as the phone sends it; returns what was sent."""
    with office_of(server) as office:
        submitted.checklist(office)
        where = make.outlet(office)
        user = make.user(office, role=Role.SHOPPER)
        task = make.assignment(office, user, where, checklist_id="small-hall")
    photos = [make.picture(seed, (800, 600)) for seed in (1, 2, 3)]
    document = submitted.document(
        where, assignment_id=str(task.id), files=[make.file_entry(data, "A-01") for data in photos]
    )
    path = f"/api/v1/visits/{document['id']}"
    wire = Wire.of(server, user)

    etag = wire.put({**document, "intent": "draft"}).json()["etag"]
    killer.at("draft heard")
    body, headers = wire.saving(document, etag)
    killer.unheard("document half sent", wire, "PUT", path, body, headers, len(body) // 2)
    killer.unheard("document sent, answer not heard", wire, "PUT", path, body, headers, len(body))
    told = wire.put(document, etag)
    assert told.json()["state"] == "receiving", told.body
    killer.at("document heard")

    first, second, last = photos
    begun = wire.ask("POST", "/api/v1/uploads", headers=phone.announced(first, document["id"]))
    place = begun.headers["Location"]
    killer.at("upload begun")
    half = len(first) // 2
    heard = wire.ask(
        "PATCH",
        place,
        first[:half],
        {**phone.TUS, "Upload-Offset": "0", "Content-Type": phone.OCTETS},
    )
    assert heard.status == 204
    killer.at("photo half sent")
    offset = wire.offset(place)
    assert offset == half
    assert wire.patch(place, first, offset).status == 204
    sending = {**phone.announced(second, document["id"]), "Content-Type": phone.OCTETS}
    killer.unheard(
        "photo sent, answer not heard", wire, "POST", "/api/v1/uploads", second, sending, len(second)
    )
    assert wire.send(second, document["id"]).status == 201
    killer.at("photo heard")
    sending = {**phone.announced(last, document["id"]), "Content-Type": phone.OCTETS}
    killer.unheard(
        "last photo sent, answer not heard", wire, "POST", "/api/v1/uploads", last, sending, len(last)
    )
    assert wire.send(last, document["id"]).status == 201
    told = wire.put(document, etag)
    assert told.json()["state"] == "submitted", told.body
    assert sorted(told.json()["receipt"]["files"]) == sorted(sha256(data).hexdigest() for data in photos)
    return document, photos


def check(server: Server, document: dict[str, Any], photos: list[bytes]) -> None:
    """Everything is there once and whole, and the log is unbroken."""
    with office_of(server) as office:
        with office.work() as work:
            events.seal(work.session, {}, work.now)
        with office.work(write=False) as work:
            mine = UUID(document["id"])
            assert work.session.exec(select(Visit.state).where(Visit.id == mine)).one() == "submitted"
            revision = work.session.exec(select(Revision).where(Revision.visit_id == mine)).one()
            assert revision.receipt
            kept = work.session.exec(select(VisitFile.sha256).where(VisitFile.visit_id == mine)).all()
            assert sorted(kept) == sorted(sha256(data).hexdigest() for data in photos)
            named = [
                each.name for each in work.session.exec(select(Event).where(Event.subject_id == str(mine)))
            ]
            for name, times in (
                ("visit.begun", 1),
                ("visit.submitted", 1),
                ("visit.whole", 1),
                ("photo.arrived", 3),
            ):
                assert named.count(name) == times, name
            assert events.broken_link(work.session) is None
        for data in photos:
            assert office.files.get(sha256(data).hexdigest()) == data
        with office.work(write=False) as work:
            begun = work.session.exec(select(Upload.finished_at).where(Upload.visit_id == mine)).all()
        assert None not in begun


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step_everything_told_safe_is_there_once_and_whole(server: Server, step: str) -> None:
    killer = Interrupted(server, {step})
    document, photos = visit_of_one_phone(server, killer)
    assert killer.steps == set(), "the step was never reached"
    check(server, document, photos)


def test_killed_at_every_step_everything_told_safe_is_there_once_and_whole(server: Server) -> None:
    killer = Interrupted(server, set(STEPS))
    document, photos = visit_of_one_phone(server, killer)
    assert killer.steps == set(), "a step was never reached"
    check(server, document, photos)
