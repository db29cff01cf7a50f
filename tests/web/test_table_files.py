"""Lists as files: every list of the console gives all its rows, to whom it gives the page, and tells nothing else."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from openpyxl import load_workbook

from server.domain.access import Role
from server.domain.visit import VisitKind, VisitState
from server.gateways import texts
from server.queries import tables as package
from server.queries.appeal_figures import ItemFigures, Overturned
from server.queries.reports import report_id_of
from server.queries.tables import appeals as appeal_tables
from server.queries.tables import weak_items as weak_tables
from server.storage.periods import Figure, PeriodOutlet, PeriodRow, PeriodState
from server.usecases.work import Office
from tests import make, submitted

Client = Callable[..., make.Caller]
LISTS = (
    "/visits",
    "/visits/agreement",
    "/visits/agreement?table=gaps",
    "/publishing",
    "/publishing/batches",
    "/appeals",
    "/appeals/figures",
    "/appeals/figures?table=reviewers",
    "/appeals/figures?table=deciders",
    "/actions",
    "/outlets",
    "/decisions",
    "/reports",
    "/reports/folders",
    "/periods",
    "/inputs",
    "/inputs?table=coverage",
    "/inputs/vetoes/events",
)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def rows_of(answer: make.TestResponse) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def asked(path: str, sort: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}as={sort}"


@pytest.mark.parametrize("path", LISTS)
def test_every_list_is_there_as_xlsx_and_csv_for_whoever_sees_the_page(
    path: str, office: Office, client: Client
) -> None:
    submitted.visit(
        office, make.user(office, role=Role.SHOPPER), make.outlet(office), state=VisitState.PUBLISHED
    )
    caller, nobody = client(Role.HQ), client(Role.SHOPPER)
    xlsx, plain = caller.get(asked(path, "xlsx")), caller.get(asked(path, "csv"))
    assert (xlsx.status_code, xlsx.mimetype) == (200, XLSX)
    assert (plain.status_code, plain.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    head = plain.data.decode("utf-8-sig").splitlines()[0]
    assert re.search(r"[\u4e00-\u9fff]", head)
    assert [cell.value for cell in load_workbook(io.BytesIO(xlsx.data)).active[1]] == head.split(",")
    assert client().get(asked(path, "csv")).status_code in (302, 401)
    assert nobody.get(asked(path, "csv")).status_code == nobody.get(path).status_code == 403


def test_a_file_of_results_never_is_another_periods_than_was_asked_for(
    office: Office, client: Client, clock: Any
) -> None:
    with office.work() as work:
        work.session.add(
            PeriodRow(
                code="2026-10",
                kind="month",
                state=PeriodState.PUBLISHED,
                round=1,
                rules_version=1,
                digest="0" * 64,
                drafted_at=clock.now,
                changed_at=clock.now,
            )
        )
    caller = client(Role.HQ)
    assert caller.get("/results?as=csv").status_code == 200
    assert caller.get("/results?period=2026-10&as=csv").status_code == 200
    assert caller.get("/results?period=2026-11&as=csv").status_code == 404
    assert caller.get("/results?period=2026-11").status_code == 200


@pytest.mark.parametrize(
    ("kind", "code", "figure"), [("month", "2026-10", "composite"), ("stars", "2026-H1", "star-basis")]
)
def test_the_files_of_months_and_stars_say_in_which_branch_and_county_each_outlet_lay_then(
    kind: str, code: str, figure: str, office: Office, client: Client, clock: Any
) -> None:
    then, now = make.unit(office, "sx", "ty", "xd", "d1"), make.unit(office, "sx", "dt", "yg")
    inside, above = make.outlet(office, code="T1", place=now), make.outlet(office, code="T2", place=now)
    of_period = {"period": code, "round": 1}
    with office.work() as work:
        work.session.add(
            PeriodRow(
                code=code,
                kind="month" if kind == "month" else "half_year",
                state=PeriodState.PUBLISHED,
                round=1,
                rules_version=1,
                digest="0" * 64,
                drafted_at=clock.now,
                changed_at=clock.now,
            )
        )
        for outlet, path in ((inside, then.path), (above, "sx/ty/")):
            work.session.add(
                PeriodOutlet(
                    **of_period,
                    outlet_id=outlet.id,
                    unit_path=path,
                    tier="ordinary",
                    class_="",
                    setting="city",
                )
            )
            work.session.add(
                Figure(
                    **of_period,
                    subject=str(outlet.id),
                    code=figure,
                    value="80",
                    hundredths=8000,
                    explanation=b"",
                )
            )
    found = rows_of(client(Role.HQ).get(f"/results?kind={kind}&sort=code&as=csv"))
    assert [(row["网点编码"], row["分公司"], row["县公司"]) for row in found] == [
        ("T1", "单位sx-ty", "单位sx-ty-xd"),
        ("T2", "单位sx-ty", ""),
    ]


def test_the_share_of_overturned_appeals_is_whole_in_a_file() -> None:
    found = Overturned(4, 1, 2, "33.3")
    (column,) = (each for each in appeal_tables.items("zh") if each.heading == "改判率")
    row = ItemFigures({"zh": ""}, "A-01", {"zh": ""}, found)
    assert column.read(row, str) == 3333
    assert Overturned(1, 0, 0, None).percent is None


def test_columns_of_weak_items_are_named_in_words() -> None:
    headings = [each.heading for each in weak_tables.heat(["T-A"], {"T-A": "环境"}, str, so_far=False)][-2:]
    assert headings == ["A 环境", "A 检查次数"]


def test_a_file_has_all_rows_of_the_filter_and_not_only_the_pages(office: Office, client: Client) -> None:
    for turn in range(30):
        make.outlet(office, code=f"T{turn:02}", name=f"甲店 {turn}")
    make.outlet(office, code="Z", name="乙店")
    caller = client(Role.HQ)
    found = rows_of(caller.get("/outlets?search=甲店&sort=-code&page=2&as=csv"))
    assert [row["网点编码"] for row in found] == [f"T{turn:02}" for turn in reversed(range(30))]


def test_the_page_leads_to_its_files_with_the_same_filters(office: Office, client: Client) -> None:
    make.outlet(office, name="甲店")
    page = client(Role.HQ).get("/outlets?search=甲店&page=1").get_data(as_text=True)
    links = [unquote(each).replace("&amp;", "&") for each in re.findall(r'href="([^"]*as=[^"]*)"', page)]
    assert links == ["/outlets?search=甲店&as=xlsx", "/outlets?search=甲店&as=csv"]


def test_the_files_name_says_what_of_which_period_and_when(office: Office, client: Client) -> None:
    head = client(Role.HQ).get("/visits?period=2026-11&as=xlsx").headers
    assert 'filename="visits_2026-11_2026-11-21.xlsx"' in head["Content-Disposition"]
    assert unquote(head["Content-Disposition"]).endswith("''检查_2026-11_2026-11-21.xlsx")
    assert head["Cache-Control"] == "no-store"


def test_a_file_speaks_the_language_of_the_console(office: Office, client: Client) -> None:
    submitted.visit(
        office, make.user(office, role=Role.SHOPPER), make.outlet(office), state=VisitState.PUBLISHED
    )
    (row,) = rows_of(client(Role.HQ).get("/visits?lang=en&as=csv"))
    assert (row["Outlet"] != "", row["Kind"]) == (True, "Mystery visit")


def test_a_score_and_a_day_are_a_number_and_a_date(office: Office, client: Client) -> None:
    visit = submitted.visit(
        office, make.user(office, role=Role.SHOPPER), make.outlet(office), state=VisitState.PUBLISHED
    )
    page = load_workbook(io.BytesIO(client(Role.HQ).get("/visits?as=xlsx").data)).active
    row = dict(zip([cell.value for cell in page[1]], [cell.value for cell in page[2]], strict=True))
    assert visit.score is not None
    assert row["得分"] == visit.score / 100
    assert row["检查日期"].date() == visit.visit_date


@pytest.mark.parametrize(
    "role", [Role.AREA_MANAGER, Role.HALL_MANAGER, Role.OUTLET_OWNER, Role.BRANCH_MANAGER]
)
def test_files_tell_outlets_and_branches_of_covert_visits_what_their_pages_do(
    role: Role, office: Office, client: Client
) -> None:
    hall = make.outlet(office)
    shopper = make.user(office, role=Role.SHOPPER, name="神秘的人")
    hidden = submitted.visit(office, shopper, hall, state=VisitState.ACCEPTED)
    viewer = client(make.user(office, role=role, outlet_id=hall.id, unit_path="sx/"))
    assert rows_of(viewer.get("/visits?as=csv")) == []
    shown = submitted.visit(office, shopper, hall, state=VisitState.PUBLISHED)
    (row,) = rows_of(viewer.get("/visits?as=csv"))
    assert row["检查日期"] == shown.visit_date.isoformat()
    assert (row["检查人"], row["提交时间"]) == ("", "")
    for path in ("/visits", "/reports", "/actions", "/appeals"):
        text = viewer.get(asked(path, "csv")).data.decode("utf-8-sig")
        assert "神秘的人" not in text
        assert not {str(shown.id), str(hidden.id), str(report_id_of(shown.id, 1, "inner"))} & set(
            re.findall(r"[0-9a-f-]{36}", text)
        )
        # Of covert visits there is no hour in any cell.
        assert not re.search(r"11:0\d|09:1\d", text) or path in ("/actions", "/appeals")


def test_an_open_visit_shows_its_inspector_to_the_branch(office: Office, client: Client) -> None:
    hall = make.outlet(office)
    manager = make.user(office, role=Role.AREA_MANAGER, name="片区的人", unit_path="sx/")
    submitted.visit(office, manager, hall, kind=VisitKind.AREA_VISIT, state=VisitState.ACCEPTED)
    (row,) = rows_of(
        client(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/")).get("/visits?as=csv")
    )
    assert row["检查人"] == "片区的人"


def test_every_heading_has_its_english() -> None:
    english = texts.catalogue()
    said = re.compile(r'"([^"\n]*[\u4e00-\u9fff][^"\n]*)"')
    known = {"中文", "；"}
    missing = {
        (path.name, text)
        for path in Path(package.__file__).parent.glob("*.py")
        for text in said.findall(re.sub(r'""".*?"""', "", path.read_text(encoding="utf-8"), flags=re.S))
        if text not in english and text not in known
    }
    assert missing == set()


def test_the_day_in_a_files_name_is_shanghais(office: Office, client: Client, clock: object) -> None:
    clock.forward(hours=14)  # type: ignore[attr-defined]
    head = client(Role.HQ).get("/visits?as=csv").headers["Content-Disposition"]
    assert date(2026, 11, 22).isoformat() in head
