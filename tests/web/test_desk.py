"""The home desk counts what waits for each role, and shows an outlet its results; the frame leads everywhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from server.domain.access import Role
from server.domain.visit import VisitKind, VisitState
from server.queries.reports import report_id_of
from server.storage.actions import Action
from server.storage.organisation import Outlet
from server.storage.visits import Review, Visit
from server.usecases.work import Office
from tests import make, submitted
from tests.conftest import Clock
from tests.make import Caller

PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 14; M2101K6G) AppleWebKit/537.36 Mobile Safari/537.36"}


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office)


def counts(page: str) -> dict[str, int]:
    """What the desk says waits, by the address of its list."""
    busy = re.findall(r'<a class="card tile[^"]*" href="([^"]+)">.*?<b>(\d+)</b>', page, re.DOTALL)
    idle = re.findall(r'<li><a href="([^"]+)">[^<]+<b>0</b>', page)
    return {**{to: int(n) for to, n in busy}, **dict.fromkeys(idle, 0)}


def desk(caller: Caller) -> dict[str, int]:
    answer = caller.get("/desk")
    assert answer.status_code == 200
    return counts(answer.get_data(as_text=True))


def change(office: Office, visit_id: UUID, **given: object) -> None:
    with office.work() as work:
        found = work.session.get_one(Visit, visit_id)
        for name, value in given.items():
            setattr(found, name, value)


def test_each_role_begins_where_its_work_is(client: Callable[..., Caller]) -> None:
    for role in Role:
        inside = "/app/" if role is Role.SHOPPER else "/desk"
        assert client(role).get("/").headers["Location"] == inside, role
        on_phone = inside if role not in (Role.AREA_MANAGER, Role.HALL_MANAGER) else "/app/"
        assert client(role).get("/", headers=PHONE).headers["Location"] == on_phone, role
    assert client(Role.SHOPPER).get("/desk").status_code == 403


def test_reviews_count_what_this_person_may_decide_and_what_is_late(
    office: Office, hall: Outlet, client: Callable[..., Caller], clock: Clock
) -> None:
    shopper, reviewer = make.user(office, role=Role.SHOPPER), make.user(office, role=Role.REVIEWER)
    submitted.visit(office, shopper, hall)
    submitted.visit(office, reviewer, hall, kind=VisitKind.ANNOUNCED)
    second = submitted.visit(office, shopper, hall, state=VisitState.SECOND_REVIEW)
    with office.work() as work:
        work.session.add(
            Review(id=uuid4(), visit_id=second.id, revision=1, round=1, reviewer_id=reviewer.id,
                   decision="accept", at=work.now)
        )  # fmt: skip
    mine = desk(client(reviewer))
    assert (mine["/visits?state=first"], mine["/visits?state=second"]) == (1, 0)
    other = client(make.user(office, role=Role.REVIEWER))
    theirs = desk(other)
    assert (theirs["/visits?state=first"], theirs["/visits?state=second"]) == (2, 1)
    clock.forward(hours=49)
    assert "都超过了时限" in other.get("/desk").get_data(as_text=True)


def test_head_office_finds_disputes_and_what_is_to_be_published(
    office: Office, hall: Outlet, client: Callable[..., Caller]
) -> None:
    shopper = make.user(office, role=Role.SHOPPER)
    submitted.visit(office, shopper, hall, state=VisitState.ACCEPTED)
    found = desk(client(Role.HQ))
    assert found["/publishing"] == 1
    assert "/publishing" not in desk(client(Role.BRANCH_MANAGER))


def test_of_covert_visits_and_what_hangs_on_them_no_outlet_or_branch_counts_any_before_publication(
    office: Office, hall: Outlet, client: Callable[..., Caller]
) -> None:
    shopper = make.user(office, role=Role.SHOPPER)
    visit = submitted.visit(office, shopper, hall, state=VisitState.ACCEPTED)
    action(office, hall, visit.id)
    people = [
        make.user(office, role=role, outlet_id=hall.id, unit_path=hall.unit_path)
        for role in (Role.OUTLET_OWNER, Role.HALL_MANAGER, Role.AREA_MANAGER, Role.BRANCH_MANAGER)
    ]
    for user in people:
        assert set(desk(client(user)).values()) == {0}
    change(office, visit.id, state=VisitState.PUBLISHED, published_at=office.clock(), accepted_revision=1)
    for user in people:
        assert tiles(client(user)).get("待完成的整改") == 1


def action(office: Office, hall: Outlet, visit_id: UUID | None = None, **given: object) -> None:
    with office.work() as work:
        work.session.add(
            Action(
                **{
                    "id": uuid4(),
                    "outlet_id": hall.id,
                    "visit_id": visit_id,
                    "sort": "other",
                    "what": "补上价目表",
                    "due_at": work.now + timedelta(days=7),
                    "state": "open",
                    "made_at": work.now,
                    "etag": uuid4().hex,
                    "changed_at": work.now,
                    **given,
                }
            )
        )


def test_actions_wait_for_who_answers_and_for_another_who_accepts(
    office: Office, hall: Outlet, client: Callable[..., Caller], clock: Clock
) -> None:
    owner = make.user(office, role=Role.OUTLET_OWNER, outlet_id=hall.id, unit_path=hall.unit_path)
    area = make.user(office, role=Role.AREA_MANAGER, unit_path=hall.unit_path)
    action(office, hall)
    action(office, hall, state="answered", answered_by=owner.id)
    action(office, hall, state="answered", answered_by=area.id)
    assert tiles(client(owner)) == {"待完成的整改": 1}
    assert tiles(client(area)) == {"待完成的整改": 1, "待验收的整改": 1}
    assert tiles(client(Role.HQ)) == {"待验收的整改": 2}
    clock.forward(days=8)
    assert tiles(client(Role.HQ)) == {"待验收的整改": 2, "逾期的整改": 1}


def tiles(caller: Caller) -> dict[str, int]:
    page = caller.get("/desk").get_data(as_text=True)
    found = re.findall(r'class="card tile[^>]*>\s*<span>([^<]+)</span>\s*<b>(\d+)</b>', page)
    return {name: int(number) for name, number in found}


def test_an_outlet_finds_its_results_under_the_id_of_its_edition(
    office: Office, hall: Outlet, client: Callable[..., Caller]
) -> None:
    shopper = make.user(office, role=Role.SHOPPER)
    owner = make.user(office, role=Role.OUTLET_OWNER, outlet_id=hall.id, unit_path=hall.unit_path)
    visit = submitted.visit(office, shopper, hall, state=VisitState.ACCEPTED)
    page = client(owner).get("/desk").get_data(as_text=True)
    assert "还没有发布的检查结果" in page
    change(office, visit.id, state=VisitState.PUBLISHED, published_at=office.clock(), accepted_revision=1)
    page = client(owner).get("/desk").get_data(as_text=True)
    assert f"/visits/{report_id_of(visit.id, 1, 'outlet')}" in page
    assert str(visit.id) not in page
    assert shopper.name not in page
    assert "确认或申诉" in page
    assert client(owner).get(f"/visits/{report_id_of(visit.id, 1, 'outlet')}").status_code == 200


def places(page: str) -> list[str]:
    found = re.search(r'<nav aria-label="主导航">(.*?)</nav>', page, re.DOTALL)
    assert found
    return re.findall(r'href="([^"]+)"', found[1])


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SHOPPER])
def test_every_entry_of_the_menu_opens_for_who_sees_it_and_says_where_one_is(
    role: Role, client: Callable[..., Caller]
) -> None:
    caller = client(role)
    for place in places(caller.get("/desk").get_data(as_text=True)):
        if place == "/app/":
            continue
        answer = caller.get(place)
        assert answer.status_code == 200, place
        menu = re.search(r'<nav aria-label="主导航">(.*?)</nav>', answer.get_data(as_text=True), re.DOTALL)
        assert menu
        assert re.findall(r'<a href="([^"]+)" aria-current="page">', menu[1]) == [place]


def test_a_page_about_a_failure_does_not_ask_the_database_for_the_bell(client: Callable[..., Caller]) -> None:
    page = client(Role.HQ).get("/nowhere", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert '<a class="bell" href="/notices">' in page
