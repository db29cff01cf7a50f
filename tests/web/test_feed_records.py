"""Feeds of what follows from visits: decisions, corrective actions, appeals, weak items, commission; to whom, and what of covert visits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from server.domain.access import Role
from server.domain.feed_list import FEEDS
from server.domain.tracking import TrackingState
from server.domain.visit import VisitKind
from server.queries.reports import report_id_of
from server.storage.actions import Action
from server.storage.organisation import Outlet, Tier, User
from server.storage.weak_items import TrackedAction, TrackedItem
from server.usecases import commission, decision_proposals, people
from server.usecases.work import Office
from tests import actions, appealed, decided, make
from tests.commissioned import code_of, publish, staff_of
from tests.web.test_feeds import lines

Client = Callable[..., make.Caller]
COVERT = ("神秘的人",)
SUMS = ("amount", "refunded", "settled", "carried_in", "paid", "carried_on")


def feed(caller: make.Caller, name: str, query: str = "") -> list[dict[str, Any]]:
    return lines(caller.get(f"/feeds/{name}.jsonl{query}"))


def branch(office: Office, client: Client, path: str = "sx/ty/") -> make.Caller:
    return client(make.user(office, role=Role.BRANCH_MANAGER, unit_path=path))


@pytest.fixture
def shopper(office: Office) -> User:
    return make.user(office, role=Role.SHOPPER, name=COVERT[0])


@pytest.fixture
def paid(office: Office) -> list[Outlet]:
    """An outlet in each of two branches with four months of commission: the first is withheld and paid back with the fourth."""
    made = [
        make.outlet(
            office, tier=Tier.EXCLUSIVE, class_="B", code=code, place=make.unit(office, "sx", place, "xd")
        )
        for code, place in (("T1", "ty"), ("D1", "dt"))
    ]
    for number, composite in enumerate(("55", "90", "91", "95")):
        publish(office, number, {each.id: composite for each in made}, made)
        staff_of(office, made[0], number, {"b": 1, "a": 2})
        with office.work() as work:
            commission.compute(work, code_of(number))
    return made


def test_commission_adds_up_to_what_is_paid_with_its_shares_and_refunds(
    client: Client, paid: list[Outlet]
) -> None:
    hq = client(Role.HQ)
    found = {(row["month"], row["outlet_code"]): row for row in feed(hq, "commission")}
    assert len(found) == 8
    first, last = found[code_of(0), "T1"], found[code_of(3), "T1"]
    for row in found.values():
        exact = {name: Decimal(str(row[name])) for name in SUMS}
        kept = exact.pop("paid") + exact.pop("carried_on")
        assert kept == sum(exact.values())
        assert row["amount"] == pytest.approx(
            row["base"] * row["years_factor"] * row["pay_factor"], abs=0.005
        )
    assert (first["composite"], first["tier"], first["class"], first["state"]) == (
        55,
        "exclusive",
        "B",
        "computed",
    )
    assert first["withheld"] == last["refunded"] > 0
    (back,) = [row for row in feed(hq, "commission-refunds") if row["outlet_id"] == str(paid[0].id)]
    assert back == {
        "outlet_id": str(paid[0].id),
        "withheld_month": code_of(0),
        "paid_with": code_of(3),
        "amount": last["refunded"],
    }
    shares = [row for row in feed(hq, "commission-shares") if row["month"] == code_of(3)]
    assert [(row["number"], row["weight"]) for row in shares] == [("a", 2), ("b", 1)]
    assert sum(Decimal(str(row["amount"])) for row in shares) == Decimal(str(last["staff"]))


@pytest.mark.parametrize("name", ["commission", "commission-shares", "commission-refunds"])
def test_a_branch_reads_the_commission_of_its_outlets_and_administrators_none(
    name: str, office: Office, client: Client, paid: list[Outlet]
) -> None:
    assert {row["outlet_id"] for row in feed(branch(office, client), name)} == {str(paid[0].id)}
    assert len(feed(client(Role.AUDITOR), name)) == len(feed(client(Role.HQ), name)) > 0
    assert feed(client(Role.ADMIN), name) == []


def test_commission_is_filtered_and_ordered_by_its_numbers_and_found_by_its_key(
    client: Client, paid: list[Outlet]
) -> None:
    hq = client(Role.HQ)
    asked = hq.get("/odata/Commission?$filter=pay_factor lt 1 and withheld gt 0.01&$orderby=paid desc")
    assert {row["month"] for row in asked.get_json()["value"]} == {code_of(0)}
    key = f"month='{code_of(3)}',outlet_id={paid[0].id}"
    assert hq.get(f"/odata/Commission({key})").get_json()["outlet_code"] == "T1"
    assert hq.get("/odata/Commission/$count?$filter=veto eq false").data == b"8"


def test_decisions_are_told_to_branches_about_their_outlets(office: Office, client: Client) -> None:
    here, there = (
        make.outlet(office, tier=Tier.EXCLUSIVE, class_="B", place=make.unit(office, "sx", place, "xd"))
        for place in ("ty", "dt")
    )
    decided.month(office, "2026-09", {here.id: 59, there.id: 59})
    with office.work() as work:
        decision_proposals.propose(work, "2026-09")
    rows = feed(branch(office, client), "decisions")
    assert {row["outlet_id"] for row in rows} == {str(here.id)}
    (row,) = [row for row in rows if row["kind"] == "probation"]
    assert (row["state"], row["by_rule"], row["period"], row["after"]) == (
        "proposed",
        True,
        "2026-09",
        "probation",
    )
    assert {row["outlet_id"] for row in feed(client(Role.ADMIN), "decisions")} == {
        str(here.id),
        str(there.id),
    }
    found = client(Role.HQ).get(f"/odata/Decisions?$filter=decision_id eq {row['decision_id']}")
    assert [each["kind"] for each in found.get_json()["value"]] == ["probation"]


def test_actions_of_a_covert_visit_stay_inside_until_it_is_published_and_never_lead_to_its_hour(
    office: Office, client: Client, shopper: User
) -> None:
    hall = make.outlet(office)
    hidden = actions.accepted(office, shopper, hall)
    outside, inside = branch(office, client), client(Role.HQ)
    other = make.outlet(office)
    shown = actions.published(office, shopper, other, photo=make.picture(2))
    made = actions.only(office, other)
    with office.work() as work:
        values = {**made.model_dump(), "id": uuid4(), "visit_id": hidden.id, "outlet_id": hall.id}
        work.session.add(Action(**values))
    assert {row["visit_id"] for row in feed(inside, "actions")} == {str(hidden.id), str(shown.id)}
    (row,) = feed(outside, "actions")
    named = report_id_of(shown.id, 1, "outlet")
    assert (row["outlet_id"], row["visit_id"], row["made_at"]) == (str(other.id), str(named), None)
    (visit,) = feed(outside, "visits")
    assert visit["visit_id"] == row["visit_id"]
    assert outside.get(f"/visits/{named}").status_code == 200
    # The phone's own id holds the instant: it stands nowhere, and asking by it finds nothing.
    for sort in ("csv", "jsonl"):
        text = outside.get(f"/feeds/actions.{sort}").get_data(as_text=True)
        assert not [secret for secret in (str(shown.id), str(shopper.id), *COVERT) if secret in text]
    path = "/odata/Actions/$count?$filter="
    assert outside.get(f"{path}visit_id eq {shown.id}").data == b"0"
    assert outside.get(f"{path}visit_id eq {named}").data == b"1"
    assert outside.get(f"{path}made_at ne null").data == b"0"


def test_appeals_are_told_with_their_last_turn_and_the_visit_as_the_reader_names_it(
    office: Office, client: Client, shopper: User
) -> None:
    hall = make.outlet(office)
    visit, *_ = appealed.published(office, shopper, hall)
    owner = make.user(office, role=Role.OUTLET_OWNER, outlet_id=hall.id, unit_path=hall.unit_path)
    appeal = appealed.made(office, people.viewer_of(owner), visit_named(visit))
    outside = branch(office, client)
    (row,) = feed(outside, "appeals")
    assert (row["appeal_id"], row["state"], row["turn"], row["ground"]) == (
        str(appeal.id),
        "asked",
        1,
        appealed.GROUND,
    )
    assert row["visit_id"] == str(report_id_of(visit.id, 1, "outlet"))
    assert (row["upheld"], row["score_after"], row["removed"]) == (None, None, False)
    assert [each["visit_id"] for each in feed(client(Role.HQ), "appeals")] == [str(visit.id)]
    text = outside.get("/feeds/appeals.csv").get_data(as_text=True)
    assert not [secret for secret in (str(visit.id), str(shopper.id), *COVERT) if secret in text]


def visit_named(visit: Any) -> Any:
    """The visit as its outlet asks about it."""
    return type("Named", (), {"id": report_id_of(visit.id, 1, "outlet")})


def test_weak_items_are_told_with_what_was_planned(office: Office, client: Client) -> None:
    for place in ("ty", "dt"):
        make.unit(office, "sx", place)
        with office.work() as work:
            item = TrackedItem(
                id=uuid4(),
                unit_path=f"sx/{place}/",
                indicator="T-A",
                state=TrackingState.OPEN,
                since="2026-Q3",
                cause="灯箱老化",
                changed_at=work.now,
            )
            work.session.add(item)
            work.session.flush()
            work.session.add(TrackedAction(item_id=item.id, number=1, what="更换灯箱", due=date(2026, 12, 1)))
    outside = branch(office, client)
    (row,) = feed(outside, "weak-items")
    assert (row["unit_path"], row["indicator"], row["state"], row["owner"]) == ("sx/ty/", "T-A", "open", None)
    (planned,) = feed(outside, "weak-item-actions")
    assert planned == {
        "item_id": row["item_id"],
        "number": 1,
        "what": "更换灯箱",
        "due": "2026-12-01",
        "done_on": None,
    }
    assert len(feed(client(Role.HQ), "weak-items")) == 2


def test_outlets_and_units_tell_their_branch_so_that_tables_join(office: Office, client: Client) -> None:
    hall = make.outlet(office, place=make.unit(office, "sx", "ty", "xd"), lat=37.861234, lng=112.5)
    hq = client(Role.HQ)
    (row,) = feed(hq, "outlets")
    assert (row["branch_path"], row["branch"]) == ("sx/ty/", "单位sx-ty")
    assert (row["latitude"], row["longitude"]) == (37.861234, 112.5)
    units = {each["path"]: each for each in feed(hq, "units")}
    assert row["unit_path"] in units
    assert [units[path]["parent_path"] for path in ("sx/", "sx/ty/", "sx/ty/xd/")] == [None, "sx/", "sx/ty/"]
    assert [units[path]["branch_path"] for path in ("sx/", "sx/ty/", "sx/ty/xd/")] == [
        None,
        "sx/ty/",
        "sx/ty/",
    ]
    assert hq.get("/odata/Outlets/$count?$filter=branch_path eq 'sx/ty/'").data == b"1"
    assert hall.unit_path == "sx/ty/xd/"


@pytest.mark.parametrize("name", list(FEEDS))
def test_every_feed_fills_every_property_with_its_type(
    name: str, office: Office, client: Client, paid: list[Outlet]
) -> None:
    found = FEEDS[name]
    manager = make.user(office, role=Role.AREA_MANAGER, unit_path="sx/")
    actions.published(office, manager, make.outlet(office), kind=VisitKind.AREA_VISIT)
    body = client(Role.HQ).get(f"/odata/{name}?$top=5").get_json()
    for row in body["value"]:
        assert list(row) == [each.name for each in found.properties]
        assert not [each.name for each in found.properties if row[each.name] is None and not each.nullable]
    for each in found.properties:
        if each.name not in (*found.late, "visit_id"):
            answer = client(Role.HQ).get(f"/odata/{name}?$orderby={each.name} desc&$top=2")
            assert answer.status_code == 200
