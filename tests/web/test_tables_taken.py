"""Tables as files: each table of the console is one, or says here why not; those of outlets, batches and weak items among them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

import server
from server.domain.access import Role
from server.domain.visit import VisitState
from server.storage.organisation import Outlet, Tier
from server.usecases import commission, publishing
from server.usecases.work import Office
from tests import actions, make, submitted
from tests.commissioned import code_of, publish, staff_of

Client = Callable[..., make.Caller]
TEMPLATES = Path(server.__file__).parent / "templates"
WHY_NOT = {
    "checklists/import.html": "what was found in a file that somebody sends now; it is kept nowhere",
    "commission/month.html": "has files of its own, for payment: workbook, outlets, staff",
    "commission/outlet.html": "two of three; how a month came about is the explanation, and its figures are columns of the months",
    "feeds/list.html": "the addresses of feeds",
    "imports/file.html": "what became of a file that somebody sends now, and the columns that it must have",
    "inputs/file.html": "what became of a file that somebody sends now, and the columns that it must have",
    "overview/parts.html": "the league has the others as columns; the trends are figures of Figures",
    "publishing/check.html": "the form in which a batch is confirmed; the list before it and the batch after it are files",
    "rescue/desk.html": "what became of a file that somebody carries in now",
    "review/visit.html": "one visit's answers: its signed report, and Answers",
    "rules/draft.html": "rule sets leave as YAML",
    "rules/parts.html": "rule sets leave as YAML",
    "rules/shelf.html": "rule sets leave as YAML",
    "rules/version.html": "rule sets leave as YAML",
    "trials/choose.html": "a form, and the last trials",
    "trials/one.html": "the outlets are a file, with both sides of everything that the sums add up",
    "trials/outlet.html": "one line of that file, opened",
    "weak_items/map.html": "two drawings of one table",
    "weak_items/one.html": "the quarters of its unit, whose page has the file",
    "webhooks/list.html": "the last messages of each address",
}


def rows_of(answer: make.TestResponse) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def test_every_table_of_the_console_is_a_file_or_says_why_not() -> None:
    lacking = set()
    for path in TEMPLATES.rglob("*.html"):
        name, text = path.relative_to(TEMPLATES).as_posix(), path.read_text(encoding="utf-8")
        # What is printed is a report, and no page.
        tables = 0 if name.startswith("report/") else len(re.findall(r"<table\b", text))
        if tables > len(re.findall(r"\bm\.files\(", text)):
            lacking.add(name)
    assert lacking == set(WHY_NOT)


@pytest.fixture
def shop(office: Office) -> Outlet:
    """An outlet with four months of commission, the first of which is withheld and paid back with the last."""
    made = make.outlet(office, tier=Tier.EXCLUSIVE, class_="B", code="T1")
    for number, composite in enumerate(("55", "90", "91", "95")):
        publish(office, number, {made.id: composite}, [made])
        staff_of(office, made, number, {"b": 1, "a": 2})
        with office.work() as work:
            commission.compute(work, code_of(number))
    return made


def test_an_owner_takes_away_the_own_months_with_numbers_that_add_up(
    office: Office, client: Client, shop: Outlet
) -> None:
    owner = client(make.user(office, role=Role.OUTLET_OWNER, outlet_id=shop.id))
    path = f"/commission/outlets/{shop.id}"
    page = owner.get(path).get_data(as_text=True)
    assert page.count("download>XLSX</a>") == 2
    sheet = load_workbook(io.BytesIO(owner.get(f"{path}?as=xlsx").data)).active
    head = [cell.value for cell in sheet[1]]
    found = [dict(zip(head, [cell.value for cell in row], strict=True)) for row in sheet.iter_rows(min_row=2)]
    assert [row["月份"] for row in found] == [code_of(number) for number in (3, 2, 1, 0)]
    assert found[3]["本月扣下（元）"] == found[0]["返还（元）"] > 0
    assert found[0]["综合评价"] == 95
    for row in found:
        parts = ("佣金（元）", "返还（元）", "差额结算（元）", "上月结转（元）")
        kept = Decimal(str(row["实发合计（元）"])) + Decimal(str(row["结转下月（元）"]))
        assert kept == sum(Decimal(str(row[name])) for name in parts)
        base = Decimal(str(row["每月基数（元）"])) * Decimal(str(row["合作年限系数"]))
        assert round(base * Decimal(str(row["考核系数"])), 2) == Decimal(str(row["佣金（元）"]))
    shares = rows_of(owner.get(f"{path}?month={code_of(3)}&table=staff&as=csv"))
    assert [(row["工号"], row["权重"]) for row in shares] == [("a", "2"), ("b", "1")]
    assert sum(Decimal(row["金额（元）"]) for row in shares) == Decimal(str(found[0]["其中营业员（元）"]))


def test_nobody_takes_away_the_months_of_another_outlet(office: Office, client: Client, shop: Outlet) -> None:
    other = make.outlet(office, code="T2")
    for who in (
        make.user(office, role=Role.OUTLET_OWNER, outlet_id=other.id),
        make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/dt/"),
    ):
        for table in ("", "&table=staff"):
            assert client(who).get(f"/commission/outlets/{shop.id}?as=csv{table}").status_code == 404


def test_an_owner_takes_away_the_results_of_the_desk_and_nothing_of_who_made_them(
    office: Office, client: Client
) -> None:
    hall, shopper = make.outlet(office), make.user(office, role=Role.SHOPPER, name="神秘的人")
    hidden = actions.accepted(office, shopper, hall)
    shown = actions.published(office, shopper, hall, photo=make.picture(2))
    owner = client(make.user(office, role=Role.OUTLET_OWNER, outlet_id=hall.id, unit_path=hall.unit_path))
    answer = owner.get("/desk?as=csv")
    (row,) = rows_of(answer)
    assert (row["检查日期"], row["类型"]) == (shown.visit_date.isoformat(), "暗访")
    text = answer.data.decode("utf-8-sig")
    for secret in (str(hidden.id), str(shown.id), "神秘的人"):
        assert secret not in text
    sheet = load_workbook(io.BytesIO(owner.get("/desk?as=xlsx").data)).active
    score = {head.value: cell.value for head, cell in zip(sheet[1], sheet[2], strict=True)}["得分"]
    assert isinstance(score, int | float)
    assert rows_of(client(Role.HQ).get("/desk?as=csv")) == []


def test_a_batch_is_a_file_of_its_visits(office: Office, client: Client) -> None:
    hall = make.outlet(office)
    visit = submitted.visit(office, make.user(office, role=Role.SHOPPER), hall, state=VisitState.SUBMITTED)
    made = actions.accepted(office, make.user(office, role=Role.SHOPPER), hall, photo=make.picture(3))
    assert visit.id != made.id
    hq = client(Role.HQ)
    with office.work(submitted.reviewer(office, Role.HQ)) as work:
        batch = publishing.publish(work, [made.id])
    (row,) = rows_of(hq.get(f"/publishing/batches/{batch.id}?as=csv"))
    assert (row["网点编码"], row["检查日期"]) == (hall.code, made.visit_date.isoformat())
