"""Who belongs to a hall sees its six indicators of published months, and nothing of another hall or of the units above."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime

import pytest

from server.domain.access import SYSTEM, Role
from server.domain.service_indicators import CODES
from server.domain.visit import VisitState
from server.queries.reports import report_id_of
from server.storage.inputs import MonthCount
from server.storage.organisation import Outlet, Tier
from server.storage.periods import PeriodRow, PeriodState
from server.storage.visits import Visit
from server.usecases import periods, review
from server.usecases.work import Office
from tests import make, submitted
from tests.conftest import Clock
from tests.make import Caller

Client = Callable[..., Caller]
MONTH = "2026-11"
COUNTS = {
    "H1": (("csat_hall", 97, 100), ("csat_data", 19, 20), ("handling_on_time", 96, 100)),
    "H2": (("csat_hall", 31, 53), ("waiting_on_time", 40, 41)),
    "H3": (("csat_hall", 71, 80),),
    "TY001": (("csat_hall", 60, 61),),
}


@pytest.fixture
def outlets(office: Office, clock: Clock) -> dict[str, Outlet]:
    """Two halls of one area, one of another branch, and an agent; November is a draft."""
    clock.now = datetime(2026, 12, 5, 3, tzinfo=UTC)
    area = make.unit(office, "sx", "ty", "xd", "d1", "a1")
    far = make.unit(office, "sx", "dt", "c1", "d1", "a1")
    made = {
        code: make.outlet(office, place=place, tier=tier, code=code, name=f"{code}号网点")
        for code, place, tier in (
            ("H1", area, Tier.OWN_HALL),
            ("H2", area, Tier.OWN_HALL),
            ("H3", far, Tier.OWN_HALL),
            ("TY001", area, Tier.VILLAGE),
        )
    }
    with office.work() as work:
        for outlet, counts in COUNTS.items():
            for code, part, whole in counts:
                work.session.add(
                    MonthCount(outlet_id=made[outlet].id, month=MONTH, code=code, part=part, whole=whole)
                )
    periods.draft(office, SYSTEM, MONTH)
    return made


def stands(office: Office, state: PeriodState, round_: int = 1) -> None:
    with office.work() as work:
        row = work.session.get_one(PeriodRow, MONTH)
        row.state, row.round = state, round_
        row.published_at = row.closed_at = work.now


def of(client: Client, office: Office, outlet: Outlet, role: Role = Role.HALL_MANAGER) -> Caller:
    return client(make.user(office, role=role, outlet_id=outlet.id, unit_path=outlet.unit_path))


def test_a_hall_manager_reads_the_six_of_the_own_hall_alone(
    client: Client, office: Office, outlets: dict[str, Outlet]
) -> None:
    stands(office, PeriodState.PUBLISHED)
    mine, manager = outlets["H1"], of(client, office, outlets["H1"])
    page = manager.get("/results?kind=indicators").text
    assert "H1号网点" in page
    at = f"/figures/{MONTH}/{mine.id}"
    assert f'<a href="{at}/csat_hall">97.00 %</a><small>达到目标</small>' in page
    assert f'<a href="{at}/csat_data">95.00 %</a><small>没有达到</small>' in page
    assert "<small>系统日志，n=100</small>" in page
    assert page.count("—</td>") == 3
    for other in ("H2", "H3", "TY001", "58.49", "88.75", "sx/ty", f"{outlets['H2'].id}"):
        assert other not in page
    file = manager.get("/results?kind=indicators&as=csv").text.splitlines()
    assert len(file) == 1 + len(CODES)
    assert all(line.split(",")[0].endswith("H1号网点") for line in file[1:])


@pytest.mark.parametrize(
    ("code", "value", "met"), [("csat_hall", "0.97", True), ("csat_data", "0.95", False)]
)
def test_each_opens_into_what_it_was_counted_from(
    client: Client, office: Office, outlets: dict[str, Outlet], code: str, value: str, met: bool
) -> None:
    stands(office, PeriodState.CLOSED)
    manager = of(client, office, outlets["H1"])
    at = f"/figures/{MONTH}/{outlets['H1'].id}/{code}"
    told = manager.get(f"/api/v1{at}").json
    assert (told["value"], told["rank"], told["of"]) == (value, None, None)
    part, whole = next((part, whole) for name, part, whole in COUNTS["H1"] if name == code)
    why = told["explanation"]
    assert (why["figure"], why["rules"], why["thresholds"]) == (code, 1, {"above": 95})
    counted = {name: why["inputs"][name] for name in ("part", "whole", "source", "met")}
    assert counted == {"part": part, "whole": whole, "source": "survey", "met": met}
    assert "subject" not in why
    page = manager.get(at).text
    assert "H1号网点" in page
    assert "H2" not in page
    assert "目标高于" in page
    assert f'href="/results?kind=indicators&amp;period={MONTH}"' in page


def test_what_a_visit_timed_opens_to_that_visit_under_the_id_that_an_outlet_knows(
    client: Client, office: Office, outlets: dict[str, Outlet], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "second_review_for", lambda *_, **__: [])
    written = deepcopy(submitted.WRITTEN)
    timer = next(item for item in written["sections"][0]["items"] if item["kind"] == "timer")
    timer["source"] = "S3 §5.2.2.1.6"
    submitted.checklist(office, written)
    visit = submitted.visit(office, make.user(office, role=Role.SHOPPER), outlets["H1"])
    with office.work(submitted.reviewer(office)) as work:
        review.decide(work, visit.id, 1, "accept")
    with office.work() as work:
        found = work.session.get_one(Visit, visit.id)
        found.state, found.published_at = VisitState.PUBLISHED, work.now
    periods.draft(office, SYSTEM, MONTH)
    stands(office, PeriodState.PUBLISHED)
    manager = of(client, office, outlets["H1"])
    at = f"/figures/{MONTH}/{outlets['H1'].id}/waiting_on_time"
    why = manager.get(f"/api/v1{at}").json["explanation"]
    page_id = report_id_of(visit.id, 1, "outlet")
    assert why["inputs"] == {"part": 1, "whole": 1, "source": "visits", "met": True}
    assert [part["subject"] for part in why["parts"]] == [f"visit:{page_id}"]
    page = manager.get(at).text
    assert f'href="/figures/{MONTH}/visits/{page_id}"' in page
    assert str(visit.id) not in page
    assert manager.get(f"/figures/{MONTH}/visits/{page_id}").status_code == 200


def test_one_without_data_says_so_and_is_neither_met_nor_missed(
    client: Client, office: Office, outlets: dict[str, Outlet]
) -> None:
    stands(office, PeriodState.PUBLISHED)
    at = f"/figures/{MONTH}/{outlets['H1'].id}/waiting_on_time"
    manager = of(client, office, outlets["H1"])
    why = manager.get(f"/api/v1{at}").json["explanation"]
    assert (why["value"], why["inputs"]["met"], why["notes"]) == (None, None, [{"code": "no-data"}])
    assert "没有数据" in manager.get(at).text


@pytest.mark.parametrize("state", [PeriodState.DRAFT, PeriodState.OPEN])
def test_there_is_nothing_before_the_publication(
    client: Client, office: Office, outlets: dict[str, Outlet], state: PeriodState
) -> None:
    stands(office, state)
    manager = of(client, office, outlets["H1"])
    at = f"/figures/{MONTH}/{outlets['H1'].id}/csat_hall"
    for path in ("/results?kind=indicators", f"/outlets/{outlets['H1'].code}"):
        page = manager.get(path).text
        assert MONTH not in page
        assert "97.00" not in page
    assert manager.get(at).status_code == manager.get(f"/api/v1{at}").status_code == 404


def test_while_a_month_is_computed_anew_the_figures_of_before_are_read(
    client: Client, office: Office, outlets: dict[str, Outlet]
) -> None:
    stands(office, PeriodState.DRAFT, round_=2)
    manager = of(client, office, outlets["H1"])
    assert "97.00 %" in manager.get("/results?kind=indicators").text
    told = manager.get(f"/api/v1/figures/{MONTH}/{outlets['H1'].id}/csat_hall").json
    assert (told["round"], told["state"], told["value"]) == (1, "closed", "0.97")


def test_no_other_hall_and_no_unit_opens(client: Client, office: Office, outlets: dict[str, Outlet]) -> None:
    stands(office, PeriodState.PUBLISHED)
    manager = of(client, office, outlets["H1"])
    for subject in (outlets["H2"].id, outlets["H3"].id, outlets["TY001"].id, "sx/ty", "sx/ty/xd/d1/a1"):
        for prefix in ("", "/api/v1"):
            assert manager.get(f"{prefix}/figures/{MONTH}/{subject}/csat_hall").status_code == 404
    assert manager.get("/outlets/H2").status_code == 404


def test_an_owner_of_an_agent_has_none_of_the_six_and_is_told_where_the_customers_count(
    client: Client, office: Office, outlets: dict[str, Outlet]
) -> None:
    stands(office, PeriodState.PUBLISHED)
    owner = of(client, office, outlets["TY001"], Role.OUTLET_OWNER)
    page = owner.get("/results?kind=indicators").text
    assert "代办网点的客户满意率计入月度综合评价" in page
    assert "97.00" not in page
    assert owner.get(f"/figures/{MONTH}/{outlets['TY001'].id}/csat_hall").status_code == 404
    assert "服务运营指标</h2>" not in owner.get("/outlets/TY001").text


def test_a_branch_opens_its_own_halls_and_not_those_of_another(
    client: Client, office: Office, outlets: dict[str, Outlet]
) -> None:
    stands(office, PeriodState.PUBLISHED)
    branch = client(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/ty/"))
    status = {
        code: branch.get(f"/figures/{MONTH}/{outlets[code].id}/csat_hall").status_code
        for code in ("H1", "H2", "H3")
    }
    assert status == {"H1": 200, "H2": 200, "H3": 404}


def test_the_page_of_a_hall_has_the_latest_published_month(
    client: Client, office: Office, outlets: dict[str, Outlet]
) -> None:
    stands(office, PeriodState.PUBLISHED)
    manager = of(client, office, outlets["H1"])
    page = manager.get("/outlets/H1").text
    assert f'href="/figures/{MONTH}/{outlets["H1"].id}/csat_hall"' in page
    assert page.count("没有数据") == 3
    english = manager.get("/outlets/H1", headers={"Accept-Language": "en"}).text
    assert "Satisfaction" in english
    assert "服务运营指标" not in english
