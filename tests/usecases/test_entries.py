"""Entry of an outlet: its accepted check proposes it, head office is told and decides, and a check that fails takes it back."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from server.domain.access import Role, Viewer
from server.domain.deciding import DecisionKind, DecisionState
from server.domain.visit import SHANGHAI, VisitKind, VisitState
from server.queries import decision_words, decisions, notices
from server.storage.decisions import Decision
from server.storage.organisation import Outlet, OutletStatus, Tier, User
from server.storage.visits import Revision, Visit
from server.usecases import checklists, decision_proposals
from server.usecases import decisions as deciding
from server.usecases.work import Office
from server.worker import run_once
from tests import decided, make, submitted
from tests.conftest import NOW

S = DecisionState
TODAY = NOW.astimezone(SHANGHAI).date()
PAPERS = ["ON-02", "ON-03"]
GOOD = {"score": "88.00", "violated": [], "failed": [], "counted": [*PAPERS, "ON-10"]}


@pytest.fixture
def shop(office: Office) -> Outlet:
    checklists.publish_standards(office)
    return make.outlet(
        office,
        tier=Tier.VILLAGE,
        status=OutletStatus.ONBOARDING,
        place=make.unit(office, "sx", "ty", "xd"),
        cooperation_since=None,
    )


@pytest.fixture
def branch(office: Office) -> User:
    return make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/ty/")


@pytest.fixture
def hq(office: Office) -> Viewer:
    return submitted.viewer(make.user(office, role=Role.HQ))


def checked(office: Office, shop: Outlet, who: User, days_ago: int = 3, **result: Any) -> UUID:
    """An accepted entry check with such a result."""
    visit_id = uuid4()
    with office.work() as work:
        work.session.add(
            Visit(
                id=visit_id,
                outlet_id=shop.id,
                inspector_id=who.id,
                kind=VisitKind.ONBOARDING,
                checklist_id="onboarding",
                checklist_version=1,
                state=VisitState.ACCEPTED,
                etag="e",
                document="{}",
                document_sha256="d" * 64,
                visit_date=TODAY - timedelta(days=days_ago),
                started_at=NOW - timedelta(days=days_ago),
                created_at=NOW,
                changed_at=NOW,
                accepted_revision=1,
            )
        )
        work.session.flush()
        work.session.add(
            Revision(
                visit_id=visit_id,
                number=1,
                document="{}",
                sha256="e" * 64,
                result=json.dumps({**GOOD, **result}),
                author_id=who.id,
                created_at=NOW,
            )
        )
    return visit_id


def sought(office: Office) -> list[Decision]:
    decision_proposals.seek(office)
    return decided.all_of(office)


def test_a_check_that_passes_proposes_the_entry_and_head_office_is_told(
    office: Office, shop: Outlet, branch: User, hq: Viewer
) -> None:
    visit_id = checked(office, shop, branch)
    (found,) = sought(office)
    day = (TODAY - timedelta(days=3)).isoformat()
    assert (found.kind, found.period, found.before, found.after) == (
        DecisionKind.ENTRY,
        day,
        "onboarding",
        "active",
    )
    facts = [each.fact for each in decision_words.grounds("entry", decisions.unpacked(found), str)]
    assert facts == ["准入验收 88 分", "违反的禁止项：无", "证照和证书齐全：是"]
    run_once(office)
    with office.work(hq, write=False) as work:
        told = [each["code"] for each in notices.for_phone(work.session, hq)]
        page = decisions.decision_page(work.session, hq, found.id)
    assert "decision-proposed" in told
    assert page.check == visit_id
    assert sought(office) == [found]


@pytest.mark.parametrize(
    "result", [{"score": "79.99"}, {"violated": ["P1"]}, {"failed": ["ON-03"]}, {"counted": ["ON-10"]}]
)
def test_a_check_that_does_not_pass_proposes_nothing(
    office: Office, shop: Outlet, branch: User, result: dict[str, Any]
) -> None:
    checked(office, shop, branch, **result)
    assert sought(office) == []


def test_a_later_check_that_fails_takes_the_proposal_back_and_one_that_passes_makes_another(
    office: Office, shop: Outlet, branch: User
) -> None:
    checked(office, shop, branch, days_ago=5)
    assert [each.state for each in sought(office)] == [S.PROPOSED]
    checked(office, shop, branch, days_ago=4, score="70.00")
    (found,) = sought(office)
    assert (found.state, found.reason) == (S.WITHDRAWN, decision_proposals.FIGURES_CHANGED)
    checked(office, shop, branch, days_ago=2)
    assert [each.state for each in sought(office)] == [S.WITHDRAWN, S.PROPOSED]


def test_a_check_that_is_voided_takes_its_proposal_back(office: Office, shop: Outlet, branch: User) -> None:
    visit_id = checked(office, shop, branch)
    sought(office)
    with office.work() as work:
        work.session.get_one(Visit, visit_id).state = VisitState.VOID
    assert [each.state for each in sought(office)] == [S.WITHDRAWN]


def test_an_entry_that_holds_makes_the_outlet_active_from_its_day_on_with_a_letter(
    office: Office, shop: Outlet, branch: User, hq: Viewer
) -> None:
    checked(office, shop, branch)
    (found,) = sought(office)
    with office.work(hq) as work:
        deciding.approve(work, found.id, decided.seen(work, found.id), TODAY)
    run_once(office)
    now = decided.outlet_now(office, shop)
    assert (now.status, now.cooperation_since) == (OutletStatus.ACTIVE, TODAY)
    assert decided.again(office, found).letter_id is not None
    # Nothing more is proposed of an outlet that has begun.
    assert [each.state for each in sought(office)] == [S.EFFECTIVE]
    assert date.fromisoformat(found.period) < TODAY
