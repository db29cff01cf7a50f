"""Counts of a figure open to their months and to the import that they came with: all of it inside, month and day for owners."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from server.domain.access import SYSTEM, Role
from server.queries import results
from server.storage.organisation import Outlet, Tier
from server.usecases.work import Office
from tests import make
from tests.conftest import Clock
from tests.make import Caller
from tests.web.test_inputs import attempt, take_in
from tests.web.test_results import MONTH, step

Client = Callable[..., Caller]
HEAD = "网点编码,月份,客户类别,满意数,有效回复数\n"


def outlets(office: Office) -> tuple[Outlet, Outlet]:
    place = make.unit(office, "sx", "ty", "xd")
    mine, other = (
        make.outlet(office, place=place, tier=Tier.VILLAGE, code=code) for code in ("TY001", "TY002")
    )
    return mine, other


def imported(caller: Caller, lines: str, sort: str = "satisfaction", **form: str) -> None:
    status, page = attempt(caller, lines, sort, **form)
    assert (status, take_in(caller, page, sort)) == (200, 302)


def perception(told: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(part for part in told["parts"] if part["figure"] == "perception")
    return found


def test_a_count_opens_to_its_import_inside_and_an_owner_sees_month_count_and_day_alone(
    office: Office, client: Client
) -> None:
    mine, _ = outlets(office)
    hq = client(Role.HQ)
    assert hq.user
    imported(hq, f"{HEAD}TY001,{MONTH},营业厅,98,100\nTY002,{MONTH},营业厅,90,100\n")
    imported(hq, "工单号,网点编码,日期,属实\nTS1,TY001,2026-11-03,否\n", "complaints")
    imported(hq, f"网点编码,月份,差错数\nTY001,{MONTH},1\n", "audit")
    assert step(hq, "draft") == 302
    address = f"/figures/{MONTH}/{mine.id}/composite"

    page = hq.get(address).get_data(as_text=True)
    assert f'<a href="/inputs/imports/1?of={mine.id}">十月.csv</a>' in page
    assert hq.user.name in page
    assert 'href="/rules/1#part-composite"' in page
    source = perception(hq.get("/api/v1" + address).json["explanation"])["source"]
    assert (source["import"], source["file"], source["page"]) == (1, "十月.csv", "/inputs/imports/1")
    rows = hq.get(f"/inputs/imports/1?of={mine.id}").get_data(as_text=True)
    assert "98 / 100" in rows
    assert "90 / 100" not in rows
    assert "90 / 100" in hq.get("/inputs/imports/1?of=sx/ty/").get_data(as_text=True)
    assert hq.get("/inputs/imports/1?as=xlsx").status_code == 200
    assert hq.get("/inputs/imports/9").status_code == 404

    owner = client(make.user(office, role=Role.OUTLET_OWNER, outlet_id=mine.id))
    # A draft is not for owners.
    assert owner.get(address).status_code == 404
    with office.work() as work:
        row = results.period(work.connection, SYSTEM, MONTH)
        assert row is not None
        work.session.merge(row).state = results.STANDING[0]
    page = owner.get(address).get_data(as_text=True)
    assert "第 1 次导入" in page
    for hidden in ("十月.csv", hq.user.name, "/inputs/imports", "SHA-256"):
        assert hidden not in page
    told = perception(owner.get("/api/v1" + address).json["explanation"])
    assert (told["inputs"]["month"], told["inputs"]["replies"]) == (MONTH, 100)
    assert set(told["source"]) == {"import", "sort", "day"}
    assert owner.get("/inputs/imports/1").status_code == 403


def test_an_indicator_of_a_unit_opens_to_the_units_and_halls_below_and_there_to_their_files(
    office: Office, client: Client
) -> None:
    place = make.unit(office, "sx", "ty", "xd")
    halls = [make.outlet(office, place=place, tier=Tier.OWN_HALL, code=f"H{number}") for number in (1, 2)]
    agent = make.outlet(office, place=place, tier=Tier.VILLAGE, code="TY001")
    hq = client(Role.HQ)
    imported(hq, f"{HEAD}H1,{MONTH},营业厅,98,100\nTY001,{MONTH},营业厅,10,100\n")
    imported(hq, f"{HEAD}H2,{MONTH},营业厅,90,100\n")
    assert step(hq, "draft") == 302
    told = hq.get(f"/api/v1/figures/{MONTH}/sx/ty/csat_hall").json["explanation"]
    assert (told["inputs"]["part"], told["inputs"]["outlets"]) == (188, 2)
    assert [one["subject"] for one in told["parts"]] == ["unit:sx/ty/xd/"]
    page = hq.get(f"/figures/{MONTH}/sx/ty/csat_hall").get_data(as_text=True)
    assert f'href="/figures/{MONTH}/sx/ty/xd/csat_hall"' in page
    below = hq.get(f"/api/v1/figures/{MONTH}/sx/ty/xd/csat_hall").json["explanation"]["parts"]
    found = {one["subject"]: (one["inputs"]["import"], one["inputs"]["part"]) for one in below}
    assert found == {f"outlet:{halls[0].id}": (1, 98), f"outlet:{halls[1].id}": (2, 90)}
    page = hq.get(f"/figures/{MONTH}/sx/ty/xd/csat_hall").get_data(as_text=True)
    assert f'href="/inputs/imports/2?of={halls[1].id}"' in page
    assert str(agent.id) not in page


def test_complaints_open_to_every_import_whose_tickets_are_counted(office: Office, client: Client) -> None:
    mine, _ = outlets(office)
    hq = client(Role.HQ)
    head = "工单号,网点编码,日期,属实\n"
    imported(hq, f"{head}TS1,TY001,2026-11-03,是\nTS2,TY001,2026-11-04,否\n", "complaints")
    imported(hq, f"{head}TS3,TY001,2026-11-05,是\n", "complaints")
    assert step(hq, "draft") == 302
    address = f"/figures/{MONTH}/{mine.id}/composite"
    told = hq.get("/api/v1" + address).json["explanation"]
    complaints = next(part for part in told["parts"] if part["figure"] == "complaints")
    assert (complaints["inputs"]["proven"], complaints["inputs"]["logged"]) == (2, 3)
    assert [
        (part["figure"], part["inputs"]["import"], part["inputs"]["proven"], part["value"])
        for part in complaints["parts"]
    ] == [("tickets", 1, 1, 2), ("tickets", 2, 1, 1)]
    page = hq.get(address).get_data(as_text=True)
    assert f'href="/inputs/imports/1?of={mine.id}"' in page


def test_a_closed_round_keeps_naming_the_import_that_it_was_made_from(
    office: Office, clock: Clock, client: Client
) -> None:
    mine, _ = outlets(office)
    hq, second = client(Role.HQ), client(Role.HQ)
    for sort, lines in {
        "satisfaction": f"{HEAD}TY001,{MONTH},营业厅,98,100\n",
        "audit": f"网点编码,月份,差错数\nTY001,{MONTH},1\nTY002,{MONTH},0\n",
    }.items():
        imported(hq, lines, sort)
    clock.now = datetime(2026, 12, 1, 3, tzinfo=UTC)
    imported(hq, "工单号,网点编码,日期,属实\nTS1,TY001,2026-11-03,否\n", "complaints", complete=MONTH)
    assert [step(hq, name) for name in ("draft", "open")] == [302, 302]
    clock.forward(days=9)
    assert [step(hq, name) for name in ("publish", "close")] == [302, 302]
    assert (step(hq, "ask-reopen", why="文件有误"), step(second, "reopen")) == (302, 302)
    imported(hq, f"{HEAD}TY001,{MONTH},营业厅,97,100\n")
    assert step(hq, "draft") == 302

    with office.work(write=False) as work:
        of = [
            perception(results.explanation(work.connection, SYSTEM, MONTH, str(mine.id), "composite", number))
            for number in (1, 2)
        ]
    assert [(each["inputs"]["satisfied"], each["inputs"]["import"]) for each in of] == [(98, 1), (97, 4)]
    first = hq.get(f"/inputs/imports/1?of={mine.id}").get_data(as_text=True)
    assert 'href="/inputs/imports/4' in first
    assert "已被后来的导入替换" in first
