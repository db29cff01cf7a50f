"""Increments of feeds: what changed, what was removed and for whom, and that nothing of a covert visit is told by its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from server.domain.access import Role
from server.domain.visit import VisitKind, VisitState
from server.queries import feed_pages
from server.queries.reports import report_id_of
from server.storage.organisation import Outlet, User
from server.storage.visits import Revision, Visit
from server.usecases import people, voiding
from server.usecases.work import Office
from tests import appealed, decided, make, submitted
from tests.conftest import Clock
from tests.web.test_feed_records import branch, feed, visit_named
from tests.web.test_feeds import accepted

Client = Callable[..., make.Caller]


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office)


@pytest.fixture
def shopper(office: Office) -> User:
    return make.user(office, role=Role.SHOPPER, name="神秘的人")


@pytest.fixture
def since(office: Office, clock: Clock) -> Callable[[], str]:
    """An hour later, the option with which a program asks for what changes from then on."""

    def later() -> str:
        clock.forward(hours=1)
        return f"?since={(clock.now - timedelta(minutes=5)).isoformat().replace('+00:00', 'Z')}"

    return later


def voided(office: Office, visit: Visit) -> None:
    with office.work(submitted.reviewer(office, Role.HQ)) as work:
        voiding.void_accepted(work, visit.id, visit.revision, "重复录入")


def manager(office: Office) -> User:
    return make.user(office, role=Role.AREA_MANAGER, unit_path="sx/")


@contextmanager
def pages_of_one(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    made = feed_pages.Wish.__init__

    def smaller(self: Any, **given: Any) -> None:
        made(self, **{"limit": 1, **given})

    with monkeypatch.context() as patch:
        patch.setattr(feed_pages.Wish, "__init__", smaller)
        yield


def test_a_branch_is_told_once_of_a_visit_that_it_saw_and_that_was_voided(
    office: Office, client: Client, hall: Outlet, since: Callable[[], str]
) -> None:
    made = accepted(office, manager(office), hall, kind=VisitKind.AREA_VISIT, state=VisitState.ACCEPTED)
    outside = branch(office, client)
    (before,) = feed(outside, "visits")
    assert (before["visit_id"], before["removed"]) == (str(made.id), False)
    asked = since()
    assert feed(outside, "visits", asked) == []
    voided(office, made)
    (row,) = feed(outside, "visits", asked)
    assert (row["visit_id"], row["state"], row["removed"]) == (before["visit_id"], "void", True)
    assert (row["outlet_id"], row["visit_date"]) == (before["outlet_id"], before["visit_date"])
    for name in ("score", "grave", "inspector", "submitted_at", "decided_at", "revision"):
        assert row[name] is None
    (answers,) = feed(outside, "answers", asked)
    assert (answers["visit_id"], answers["item"], answers["result"], answers["removed"]) == (
        before["visit_id"],
        "",
        "removed",
        True,
    )
    # Whoever reads everything anew finds nothing of it.
    assert feed(outside, "visits") == feed(outside, "answers") == []
    assert outside.get(f"/odata/Visits({made.id})").status_code == 404


def test_of_a_covert_visit_only_one_that_was_published_ends_with_a_sign(
    office: Office, client: Client, hall: Outlet, shopper: User, since: Callable[[], str]
) -> None:
    hidden = accepted(office, shopper, hall, state=VisitState.ACCEPTED)
    with office.work() as work:
        work.session.get_one(Visit, hidden.id).published_at = None
    shown = accepted(office, shopper, hall, state=VisitState.PUBLISHED)
    outside, asked = branch(office, client), since()
    voided(office, hidden)
    voided(office, shown)
    named = str(report_id_of(shown.id, 1, "outlet"))
    for name in ("visits", "answers"):
        (row,) = feed(outside, name, asked)
        assert (row["visit_id"], row["removed"]) == (named, True)
        text = outside.get(f"/feeds/{name}.csv{asked}").get_data(as_text=True)
        for secret in (str(hidden.id), str(report_id_of(hidden.id, 1, "outlet")), str(shown.id), "神秘的人"):
            assert secret not in text
    assert outside.get(f"/odata/Visits/$count{asked}").data == b"1"
    for secret in (hidden.id, shown.id, report_id_of(hidden.id, 1, "outlet")):
        assert outside.get(f"/odata/Visits/$count{asked}&$filter=visit_id eq {secret}").data == b"0"


def test_nobody_is_told_of_what_was_never_in_sight(
    office: Office, client: Client, hall: Outlet, since: Callable[[], str]
) -> None:
    made = accepted(office, manager(office), hall, kind=VisitKind.AREA_VISIT, state=VisitState.ACCEPTED)
    never = submitted.visit(office, manager(office), hall, kind=VisitKind.AREA_VISIT)
    asked = since()
    voided(office, made)
    with office.work() as work:
        found = work.session.get_one(Visit, never.id)
        found.state, found.changed_at = VisitState.VOID, work.now
    elsewhere = branch(office, client, "sx/dt/")
    for name in ("visits", "answers"):
        assert feed(elsewhere, name, asked) == []
        assert len(feed(branch(office, client), name, asked)) == 1


def test_head_office_still_sees_a_voided_visit_and_is_told_that_its_answers_went(
    office: Office, client: Client, hall: Outlet, shopper: User, since: Callable[[], str]
) -> None:
    made, inside = accepted(office, shopper, hall, state=VisitState.PUBLISHED), client(Role.HQ)
    asked = since()
    voided(office, made)
    for query in ("", asked):
        (row,) = feed(inside, "visits", query)
        assert (row["state"], row["removed"], row["inspector"]) == ("void", True, "神秘的人")
    assert feed(inside, "answers") == []
    assert [row["removed"] for row in feed(inside, "answers", asked)] == [True]


def test_a_corrected_visit_is_still_the_same_row_and_opens_its_page(
    office: Office, client: Client, hall: Outlet, shopper: User
) -> None:
    made = accepted(office, shopper, hall, state=VisitState.PUBLISHED)
    outside = branch(office, client)
    (before,) = feed(outside, "visits")
    with office.work() as work:
        first = work.session.get_one(Revision, (made.id, 1))
        work.session.add(Revision(**{**first.model_dump(), "number": 2}))
        found = work.session.get_one(Visit, made.id)
        found.revision = found.accepted_revision = 2
    (after,) = feed(outside, "visits")
    assert (after["visit_id"], after["revision"]) == (before["visit_id"], 2)
    assert outside.get(f"/visits/{after['visit_id']}", follow_redirects=True).status_code == 200
    assert outside.get(f"/visits/{made.id}").status_code == 404


def test_an_appeal_goes_with_its_visit(
    office: Office, client: Client, hall: Outlet, shopper: User, since: Callable[[], str]
) -> None:
    visit, *_ = appealed.published(office, shopper, hall)
    owner = make.user(office, role=Role.OUTLET_OWNER, outlet_id=hall.id, unit_path=hall.unit_path)
    appeal = appealed.made(office, people.viewer_of(owner), visit_named(visit))
    outside, asked = branch(office, client), since()
    voided(office, visit)
    assert feed(outside, "appeals") == []
    (row,) = feed(outside, "appeals", asked)
    assert (row["appeal_id"], row["removed"]) == (str(appeal.id), True)
    assert row["visit_id"] == str(report_id_of(visit.id, 1, "outlet"))
    assert feed(client(Role.ADMIN), "appeals", asked) == []


def test_an_outlet_that_went_to_another_branch_is_removed_for_the_old_one(
    office: Office, client: Client, hall: Outlet, since: Callable[[], str]
) -> None:
    decided.month(office, "2026-09", {hall.id: 80})
    place = make.unit(office, "sx", "dt", "pc")
    asked = since()
    with office.work() as work:
        found = work.session.get_one(Outlet, hall.id)
        found.unit_id, found.unit_path, found.changed_at = place.id, place.path, work.now
    (row,) = feed(branch(office, client), "outlets", asked)
    assert (row["outlet_id"], row["code"], row["removed"]) == (str(hall.id), hall.code, True)
    assert (row["name"], row["unit_path"], row["branch"], row["star"]) == ("", "", None, None)
    assert feed(branch(office, client), "outlets") == []
    (row,) = feed(branch(office, client, "sx/dt/"), "outlets", asked)
    assert (row["name"], row["removed"]) == (hall.name, False)
    assert feed(branch(office, client, "sx/jz/"), "outlets", asked) == []


def test_pages_of_an_increment_have_what_was_removed_once_in_files_and_in_odata(
    office: Office,
    client: Client,
    hall: Outlet,
    shopper: User,
    since: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = [accepted(office, shopper, hall, state=VisitState.PUBLISHED) for _ in range(4)]
    outside, asked = branch(office, client), since()
    for each in made[1:3]:
        voided(office, each)
    with office.work() as work:
        work.session.get_one(Visit, made[0].id).changed_at = work.now
    wanted = {str(report_id_of(each.id, 1, "outlet")): each in made[1:3] for each in made[:3]}
    for name in ("visits", "answers"):
        whole = feed(outside, name, asked)
        with pages_of_one(monkeypatch):
            assert feed(outside, name, asked) == whole
        assert {row["visit_id"]: row["removed"] for row in whole} == wanted
    asked = asked.replace("?", "&")
    kept = outside.get(f"/odata/Visits?$filter=removed or score lt 0&$orderby=visit_date{asked}")
    assert [row["removed"] for row in kept.get_json()["value"]] == [True, True]
    path, found = f"/odata/Visits?$top=3{asked}", []
    while path:
        body = outside.get(path, headers={"Prefer": "maxpagesize=1"}).get_json()
        found += body["value"]
        path = body.get("@odata.nextLink", "").removeprefix("http://localhost")
    assert {row["visit_id"]: row["removed"] for row in found} == wanted


def test_odata_says_from_when_to_ask_the_next_time(client: Client, clock: Clock, hall: Outlet) -> None:
    inside = client(Role.HQ)
    following = inside.get("/odata/Outlets").headers["X-Next-Since"]
    assert following == (clock.now - timedelta(minutes=5)).isoformat().replace("+00:00", "Z")
    clock.forward(hours=1)
    assert len(inside.get(f"/odata/Outlets?since={following}").get_json()["value"]) == 1
    later = (clock.now).isoformat().replace("+00:00", "Z")
    assert inside.get(f"/odata/Outlets?since={later}").get_json()["value"] == []
    for wrong in ("?since=yesterday", f"?since={later}&since={later}"):
        assert inside.get(f"/odata/Outlets{wrong}").status_code == 400
