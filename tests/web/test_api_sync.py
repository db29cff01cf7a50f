"""Sync: everything once, then only what changed; what ends is taken away; a lost answer costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from server.domain.access import Role
from server.domain.checklist import canonical
from server.storage.organisation import Outlet, SyncMemory, User
from server.storage.visits import Assignment, AssignmentState, Visit
from server.usecases.work import Office
from tests import make, phone, submitted
from tests.conftest import Clock
from tests.make import Caller


class Holder:
    """A phone that keeps what sync tells it."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.cursor: str | None = None
        self.held: dict[tuple[str, str], dict[str, Any]] = {}
        self.pages = 0

    def pull(self) -> list[tuple[str, str]]:
        """Pull until there is no more; returns the keys that changed or went."""
        touched = []
        while True:
            query = f"?cursor={self.cursor}" if self.cursor else ""
            page = self.caller.get(f"/api/v1/sync{query}").get_json()
            self.pages += 1
            if page["reset"]:
                self.held.clear()
            for change in page["changes"]:
                self.held[change["type"], change["id"]] = change["data"]
                touched.append((change["type"], change["id"]))
            for gone in page["removed"]:
                del self.held[gone["type"], gone["id"]]
                touched.append((gone["type"], gone["id"]))
            self.cursor = page["cursor"]
            if not page["more"]:
                return touched


@pytest.fixture
def world(office: Office, client: Callable[..., Caller]) -> tuple[Holder, User, Outlet, Assignment]:
    submitted.checklist(office)
    where = make.outlet(office)
    user = make.user(office, role=Role.SHOPPER)
    task = make.assignment(office, user, where, checklist_id="small-hall")
    return Holder(client(user)), user, where, task


def test_the_first_sync_brings_everything_and_the_second_nothing(
    office: Office, world: tuple[Holder, User, Outlet, Assignment]
) -> None:
    holder, _, where, task = world
    make.assignment(office, make.user(office, role=Role.SHOPPER), make.outlet(office))
    holder.pull()
    assert set(holder.held) == {
        ("setting", "app"),
        ("checklist", "small-hall@1"),
        ("outlet", str(where.id)),
        ("assignment", str(task.id)),
    }
    assert holder.held["checklist", "small-hall@1"]["engine"] == 1
    outlet = holder.held["outlet", str(where.id)]
    assert outlet["class"] == "A"
    assert outlet["position"] == {"lat": 37.86, "lng": 112.56}
    assert "last" not in outlet
    assert holder.held["assignment", str(task.id)]["due_at"].endswith("Z")
    assert holder.held["setting", "app"]["min_stay_minutes"]["own_hall"] == 15
    cursor = holder.cursor
    assert holder.pull() == []
    assert holder.cursor == cursor


def test_only_what_changed_comes_and_what_ended_goes(
    office: Office, world: tuple[Holder, User, Outlet, Assignment]
) -> None:
    holder, _, where, task = world
    holder.pull()
    with office.work() as work:
        work.session.get_one(Outlet, where.id).name = "新名字营业厅"
    assert holder.pull() == [("outlet", str(where.id))]
    with office.work() as work:
        work.session.get_one(Assignment, task.id).state = AssignmentState.WITHDRAWN
    assert set(holder.pull()) == {
        ("assignment", str(task.id)),
        ("outlet", str(where.id)),
        ("checklist", "small-hall@1"),
    }
    assert set(holder.held) == {("setting", "app")}


def test_own_visits_stay_with_state_and_receipt_and_returned_ones_bring_their_document(
    office: Office, world: tuple[Holder, User, Outlet, Assignment]
) -> None:
    holder, _, where, task = world
    document = submitted.document(where, assignment_id=str(task.id), files=[])
    phone.put(holder.caller, document)
    holder.pull()
    told = holder.held["visit", document["id"]]
    assert (told["state"], told["document"], told["score"]) == ("submitted", None, None)
    assert told["receipt"]["number"]
    assert ("outlet", str(where.id)) in holder.held
    with office.work() as work:
        visit = work.session.exec(select(Visit)).one()
        visit.state, visit.etag = "returned", "next"
        visit.returned = '{"reasons":[{"item":"A-01","text":"请补拍"}],"due":null,"note":""}'
    holder.pull()
    told = holder.held["visit", document["id"]]
    assert told["returned"]["reasons"] == [{"item": "A-01", "text": "请补拍"}]
    assert told["document"]["answers"]["A-01"]["value"] == "pass"
    with office.work() as work:
        work.session.exec(select(Visit)).one().state = "final"
    holder.pull()
    assert ("visit", document["id"]) not in holder.held


def test_an_unknown_foreign_or_old_cursor_begins_anew(
    office: Office,
    world: tuple[Holder, User, Outlet, Assignment],
    clock: Clock,
    client: Callable[..., Caller],
) -> None:
    holder, _, _, _ = world
    holder.pull()
    everything = dict(holder.held)
    for cursor in ("unknown", holder.cursor):
        page = holder.caller.get(f"/api/v1/sync?cursor={cursor}").get_json()
        assert page["reset"] is (cursor == "unknown")
    other = client(Role.SHOPPER)
    assert other.get(f"/api/v1/sync?cursor={holder.cursor}").get_json()["reset"] is True
    clock.forward(days=91)
    holder.pull()
    assert holder.held == everything


def test_pages_are_bounded_and_a_page_asked_for_twice_answers_the_same(
    office: Office, client: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.usecases.sync.PAGE_OBJECTS", 3)
    submitted.checklist(office)
    place = make.unit(office, "sx", "ty", "xd", "d1", "a1")
    outlets = {str(make.outlet(office, place=place).id) for _ in range(8)}
    user = make.user(office, role=Role.AREA_MANAGER, unit_path=place.path)
    holder = Holder(client(user))
    holder.pull()
    assert holder.pages == 4
    assert {name for kind, name in holder.held if kind == "outlet"} == outlets
    first = holder.caller.get("/api/v1/sync").get_json()
    assert first["more"] is True
    second = [holder.caller.get(f"/api/v1/sync?cursor={first['cursor']}").get_json() for _ in range(2)]
    assert second[0]["changes"] == second[1]["changes"]


def test_area_managers_get_their_outlets_with_history_and_what_they_may_begin(
    office: Office, world: tuple[Holder, User, Outlet, Assignment], client: Callable[..., Caller]
) -> None:
    shopper, _, where, task = world
    away = make.outlet(office, place=make.unit(office, "sx", "dt", "yg", "d1", "a1"))
    area = client(make.user(office, role=Role.AREA_MANAGER, unit_path=where.unit_path))
    covert = submitted.document(where, assignment_id=str(task.id), files=[])
    phone.put(shopper.caller, covert)
    with office.work() as work:
        visit = work.session.exec(select(Visit)).one()
        visit.state, visit.accepted_revision = "accepted", 1
    holder = Holder(area)
    holder.pull()
    assert ("checklist", "small-hall@1") in holder.held
    assert ("outlet", str(away.id)) not in holder.held
    assert holder.held["outlet", str(where.id)]["last"] == []
    with office.work() as work:
        work.session.exec(select(Visit)).one().state = "published"
    assert holder.pull() == [("outlet", str(where.id))]
    (last,) = holder.held["outlet", str(where.id)]["last"]
    assert last == {"at": "2026-11-21", "kind": "mystery", "score": "100.00"}


def test_memories_are_few(
    office: Office, world: tuple[Holder, User, Outlet, Assignment], clock: Clock
) -> None:
    holder, _, where, _ = world
    for number in range(8):
        with office.work() as work:
            work.session.get_one(Outlet, where.id).name = f"第{number}个名字"
        clock.forward(seconds=1)
        holder.pull()
    with office.work(write=False) as work:
        assert len(work.session.exec(select(SyncMemory)).all()) <= 4


def test_a_published_checklist_is_cached_for_ever(
    office: Office, world: tuple[Holder, User, Outlet, Assignment]
) -> None:
    caller = world[0].caller
    answer = caller.get("/api/v1/checklists/small-hall/1")
    assert answer.data == canonical(submitted.checklist(office))
    assert "immutable" in answer.headers["Cache-Control"]
    again = caller.get("/api/v1/checklists/small-hall/1", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert caller.get("/api/v1/checklists/small-hall/2").status_code == 404
    assert caller.get("/api/v1/checklists/small-hall/99999999999").status_code == 404


def test_the_server_time_is_told(world: tuple[Holder, User, Outlet, Assignment], clock: Clock) -> None:
    told = world[0].caller.get("/api/v1/sync").get_json()["server_time"]
    assert abs(datetime.fromisoformat(told) - clock.now.astimezone(UTC)) < timedelta(seconds=1)


def test_each_page_says_of_whom_it_tells(world: tuple[Holder, User, Outlet, Assignment]) -> None:
    holder, user, _, _ = world
    assert holder.caller.get("/api/v1/sync").get_json()["user"] == str(user.id)
