"""Decisions over the web: who sees the board, who may take which step, and what outlets and areas are not told."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from server.domain.access import Role
from server.domain.deciding import DecisionKind, DecisionState
from server.domain.visit import SHANGHAI
from server.storage.decisions import Decision
from server.storage.organisation import Outlet, Tier
from server.usecases import decision_letters, decision_proposals, decisions
from server.usecases.work import Office
from tests import decided, make, submitted
from tests.conftest import NOW
from tests.make import Caller

Client = Callable[..., Caller]
R = Role
TODAY = NOW.astimezone(SHANGHAI).date()
SEE = {R.AREA_MANAGER, R.OUTLET_OWNER, R.REVIEWER, R.BRANCH_MANAGER, R.HQ, R.ADMIN, R.AUDITOR}
INSIDE = {R.REVIEWER, R.BRANCH_MANAGER, R.HQ, R.ADMIN, R.AUDITOR}
PROPOSE = {R.BRANCH_MANAGER, R.HQ}


@pytest.fixture
def shop(office: Office) -> Outlet:
    return make.outlet(office, tier=Tier.EXCLUSIVE, class_="B")


@pytest.fixture
def proposal(office: Office, shop: Outlet) -> Decision:
    decided.month(office, "2026-09", {shop.id: 59})
    with office.work() as work:
        decision_proposals.propose(work, "2026-09")
    return next(each for each in decided.all_of(office) if each.kind is DecisionKind.PROBATION)


def caller(office: Office, client: Client, role: Role, shop: Outlet, path: str | None = None) -> Caller:
    own = role in (R.OUTLET_OWNER, R.HALL_MANAGER)
    place = {"outlet_id": shop.id} if own else {}
    if path is None:
        path = shop.unit_path if own or role is R.AREA_MANAGER else "sx/"
    return client(make.user(office, role=role, unit_path=path, **place))


def looked_at(person: Caller, decision: Decision) -> str:
    """What the page sends back with a step; something where the person may not see it."""
    page = person.get(f"/decisions/{decision.id}").get_data(as_text=True)
    found = re.search(r'name="seen" value="([^"]+)"', page)
    return found[1] if found else "proposed:0"


def step(person: Caller, decision: Decision, name: str, **sent: str) -> int:
    path = "approve" if name == "approve" else "refuse"
    data = {"csrf_token": person.csrf, "seen": looked_at(person, decision), "step": name, **sent}
    return person.post(f"/decisions/{decision.id}/{path}", data=data).status_code


@pytest.mark.parametrize("role", list(Role))
def test_who_opens_the_board_and_a_proposal(
    office: Office, client: Client, shop: Outlet, proposal: Decision, role: Role
) -> None:
    person = caller(office, client, role, shop)
    assert person.get("/decisions").status_code == (200 if role in SEE else 403)
    expected = 200 if role in INSIDE else 404 if role in SEE else 403
    assert person.get(f"/decisions/{proposal.id}").status_code == expected
    assert person.get("/decisions/new").status_code == (200 if role in PROPOSE else 403)


@pytest.mark.parametrize("role", list(Role))
def test_who_may_take_which_step(
    office: Office, client: Client, shop: Outlet, proposal: Decision, role: Role
) -> None:
    person = caller(office, client, role, shop)
    on = (TODAY + timedelta(days=1)).isoformat()
    assert step(person, proposal, "approve", effective_on=on) == (302 if role is R.HQ else 403)
    assert person.post("/decisions/seek", data={"csrf_token": person.csrf}).status_code == (
        302 if role is R.HQ else 403
    )
    state = decided.again(office, proposal).state
    assert state is (DecisionState.APPROVED if role is R.HQ else DecisionState.PROPOSED)


def test_outlet_and_area_see_a_decision_once_it_is_made_and_no_names(
    office: Office, client: Client, shop: Outlet, proposal: Decision
) -> None:
    who = make.user(office, role=R.HQ, unit_path="sx/", name="裁决人甲")
    for role in (R.OUTLET_OWNER, R.AREA_MANAGER):
        page = caller(office, client, role, shop).get(f"/outlets/{shop.code}").get_data(as_text=True)
        assert str(proposal.id) not in page
    with office.work(submitted.viewer(who)) as work:
        decisions.hold(work, proposal.id, decided.seen(work, proposal.id), "内部讨论：再看一个月")
    with office.work(submitted.viewer(who)) as work:
        decisions.approve(work, proposal.id, decided.seen(work, proposal.id), TODAY + timedelta(days=3), "")
    decision_letters.issue(office, proposal.id)
    for role in (R.OUTLET_OWNER, R.AREA_MANAGER):
        person = caller(office, client, role, shop)
        assert str(proposal.id) in person.get("/decisions").get_data(as_text=True)
        page = person.get(f"/decisions/{proposal.id}").get_data(as_text=True)
        assert "综合评价 59" in page
        assert "裁决人甲" not in page
        assert "内部讨论" not in page
        letter = decided.again(office, proposal).letter_id
        assert f"{letter}" in page
        assert person.get(f"/periods/{letter}.pdf").status_code == 200


def test_another_branch_sees_neither_proposal_nor_outlet(
    office: Office, client: Client, shop: Outlet, proposal: Decision
) -> None:
    stranger = caller(office, client, R.BRANCH_MANAGER, shop, "sx/dt/")
    assert stranger.get(f"/decisions/{proposal.id}").status_code == 404
    assert step(stranger, proposal, "withdraw", reason="x") == 404
    assert stranger.get(f"/outlets/{shop.code}").status_code == 404
    assert shop.name not in stranger.get("/decisions").get_data(as_text=True)


def test_an_owner_sees_the_own_outlet_alone(office: Office, client: Client, shop: Outlet) -> None:
    other = make.outlet(office, tier=Tier.EXCLUSIVE, name="别家专营店")
    owner = caller(office, client, R.OUTLET_OWNER, shop)
    listed = owner.get("/outlets").get_data(as_text=True)
    assert shop.code in listed
    assert other.code not in listed
    assert owner.get(f"/outlets/{other.code}").status_code == 404


def test_a_shopper_sees_no_outlets_page(office: Office, client: Client, shop: Outlet) -> None:
    shopper = caller(office, client, R.SHOPPER, shop)
    assert shopper.get("/outlets").status_code == 403
    assert shopper.get(f"/outlets/{shop.code}").status_code == 403


@pytest.mark.parametrize("role", [R.OUTLET_OWNER, R.HALL_MANAGER, R.AREA_MANAGER, R.BRANCH_MANAGER])
def test_a_covert_visit_is_not_on_the_outlets_page_before_it_is_published(
    office: Office, client: Client, role: Role
) -> None:
    hall = make.outlet(office)
    shopper = make.user(office, role=R.SHOPPER, name="神秘人乙")
    visit_id = submitted.visit(office, shopper, hall)
    page = caller(office, client, role, hall, "sx/ty/" if role is R.BRANCH_MANAGER else None)
    text = page.get(f"/outlets/{hall.code}").get_data(as_text=True)
    for secret in (str(getattr(visit_id, "id", visit_id)), "神秘人乙", "暗访"):
        assert secret not in text


def test_what_waits_is_counted_for_whoever_may_decide_it(
    office: Office, client: Client, shop: Outlet, proposal: Decision
) -> None:
    asker, decider = (make.user(office, role=R.HQ, unit_path="sx/") for _ in range(2))
    mine = decided.by_hand(office, submitted.viewer(asker), shop, DecisionKind.WARNING)
    for who, number in ((asker, 1), (decider, 2)):
        person = client(who)
        desk = person.get("/desk").get_data(as_text=True)
        assert re.search(rf'href="/decisions">.*?<b>{number}</b>', desk, re.DOTALL)
        board = person.get("/decisions").get_data(as_text=True)
        assert (str(proposal.id) in board, str(mine.id) in board) == (True, who is decider)
        assert str(mine.id) in person.get("/decisions?state=all").get_data(as_text=True)
    branch = caller(office, client, R.BRANCH_MANAGER, shop)
    assert str(mine.id) in branch.get("/decisions").get_data(as_text=True)
    assert 'href="/decisions">' not in branch.get("/desk").get_data(as_text=True).split("<main")[1]


def test_only_what_holds_is_told_to_take_effect(
    office: Office, client: Client, shop: Outlet, proposal: Decision
) -> None:
    who = make.user(office, role=R.HQ, unit_path="sx/")
    day = TODAY + timedelta(days=3)
    with office.work(submitted.viewer(who)) as work:
        decisions.approve(work, proposal.id, decided.seen(work, proposal.id), day, "")
    owner, person = caller(office, client, R.OUTLET_OWNER, shop), client(who)
    places = ((owner, f"/outlets/{shop.code}"), (person, "/decisions?state=all&sort=effective&as=csv"))
    places += ((person, f"/decisions/{proposal.id}"), (person, "/feeds/decisions.jsonl"))
    written = (
        f"{day.year}年{day.month}月{day.day}日 生效",
        day.isoformat(),
        "<dt>生效日期</dt>",
        day.isoformat(),
    )
    for (reader, place), text in zip(places, written, strict=True):
        answer = reader.get(place)
        assert (answer.status_code, text in answer.get_data(as_text=True)) == (200, True), place
    with office.work(submitted.viewer(who)) as work:
        decisions.withdraw(work, proposal.id, decided.seen(work, proposal.id), "误批")
    for (reader, place), text in zip(places[:2] + places[3:], written[:2] + written[3:], strict=True):
        answer = reader.get(place)
        assert (answer.status_code, text in answer.get_data(as_text=True)) == (200, False), place
    assert "<dt>生效日期</dt>" not in person.get(places[2][1]).get_data(as_text=True)


def test_the_board_shows_the_evidence_in_both_languages(
    office: Office, client: Client, shop: Outlet, proposal: Decision
) -> None:
    person = caller(office, client, R.HQ, shop)
    assert "低于 60 列入观察" in person.get("/decisions").get_data(as_text=True)
    english = person.get("/decisions?lang=en").get_data(as_text=True)
    assert "below 60: probation" in english
    one = person.get(f"/decisions/{proposal.id}?lang=en").get_data(as_text=True)
    assert "Composite 59" in one
    filtered = person.get("/decisions?state=all&kind=exit&sort=-period&search=zzz").get_data(as_text=True)
    assert shop.name not in filtered


def test_each_ground_opens_to_its_figures_and_visits(
    office: Office, client: Client, shop: Outlet, proposal: Decision
) -> None:
    months = [f"2026-{number:02d}" for number in range(1, 7)]
    for code in months:
        decided.month(office, code, {shop.id: 70})
    decided.month(office, "2026-H1", {shop.id: None})
    with office.work() as work:
        decision_proposals.propose(work, "2026-H1")
    down = next(each for each in decided.all_of(office) if each.kind is DecisionKind.DOWNGRADE)
    person = caller(office, client, R.HQ, shop)
    page = person.get(f"/decisions/{down.id}").get_data(as_text=True)
    for code in months:
        assert f'href="/figures/{code}/{shop.id}/composite"' in page
    assert f'href="/inputs/vetoes/events?outlet={shop.code}"' in page
    page = person.get(f"/decisions/{proposal.id}").get_data(as_text=True)
    assert f'href="/figures/2026-09/{shop.id}/composite"' in page
    assert f'href="/visits?period=2026-09&amp;search={shop.code}"' in page


def test_a_proposal_by_hand_comes_back_with_what_was_typed_when_it_cannot_be(
    office: Office, client: Client, shop: Outlet
) -> None:
    person = caller(office, client, R.HQ, shop)
    sent = {
        "csrf_token": person.csrf,
        "id": str(uuid4()),
        "outlet": shop.code,
        "kind": "entry",
        "why": "想法",
    }
    refused = person.post("/decisions/new", data=sent)
    assert refused.status_code == 422
    assert "想法" in refused.get_data(as_text=True)
    made = person.post("/decisions/new", data={**sent, "kind": "upgrade"})
    assert made.status_code == 302
    page = person.get(made.headers["Location"]).get_data(as_text=True)
    assert "这是您自己提出的建议" in page


def test_the_outlets_page_tells_from_when_on_it_is_what_it_is(
    office: Office, client: Client, shop: Outlet, proposal: Decision
) -> None:
    with office.work(submitted.viewer(make.user(office, role=R.HQ, unit_path="sx/"))) as work:
        decisions.approve(work, proposal.id, decided.seen(work, proposal.id), TODAY)
    decisions.take_effect(office)
    page = caller(office, client, R.HQ, shop).get(f"/outlets/{shop.code}").get_data(as_text=True)
    assert "正常 → <b>观察</b>" in page
    assert "59.00" in page
