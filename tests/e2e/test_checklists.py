"""A checklist changes hands in a real browser: out as Excel, edited, tried, said, seen as on the phone, confirmed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from server.storage.standards import ChecklistVersion
from server.usecases import checklists, drafts
from server.usecases.work import Office
from tests import submitted
from tests.e2e.desk import Desk
from tests.e2e.organisation import Organisation
from tests.e2e.phone import Phone

Screens = Callable[[Page, str], None]
pytestmark = pytest.mark.usefixtures("alone")


def cell_of(sheet: openpyxl.worksheet.worksheet.Worksheet, row: str, column: str) -> openpyxl.cell.Cell:
    """The cell of an item's row under a heading."""
    headings = {str(cell.value): cell.column for cell in sheet[1]}
    line = next(cells[0].row for cells in sheet.iter_rows(min_row=2) if any(c.value == row for c in cells))
    return sheet.cell(line, headings[column])  # type: ignore[return-value]


def tried(desk: Desk, file: Path) -> None:
    desk.page.locator("input[type=file]").set_input_files(file)
    desk.page.locator("form.drop button").click()


def test_a_standard_goes_out_as_excel_and_comes_back_as_the_next_version(
    desk: Callable[..., Desk], people: Organisation, screens: Screens, tmp_path: Path
) -> None:
    author, second = desk(people.user("hq1")), desk(people.user("admin1"))
    author.page.goto("/checklists/area-check/1")
    with author.page.expect_download() as taken:
        author.page.get_by_role("link", name="下载 Excel").click()
    file = tmp_path / taken.value.suggested_filename
    taken.value.save_as(file)
    book = openpyxl.load_workbook(file)
    items = book["检查项"]
    cell_of(items, "AM-01", "检查内容（中文）").value = "授权资质、营业执照都在有效期内"
    cell_of(items, "AM-02", "分值（分）").value = 9
    book.save(file)

    author.page.get_by_role("link", name="导入改好的 Excel").click()
    tried(author, file)
    expect(author.page.locator(".verdict-line.bad")).to_contain_text("什么都没有保存")
    expect(author.page.locator("table.findings")).to_contain_text("各项相加为 101.00 分")
    screens(author.page, "wrong")
    cell_of(items, "AM-03", "分值（分）").value = 7
    book.save(file)
    tried(author, file)
    expect(author.page.locator(".verdict-line.good")).to_be_visible()
    screens(author.page, "tried")
    author.page.get_by_role("button", name="存为草稿").click()
    author.page.locator("[name=meaning-AM-01][value=same]").check()
    author.page.get_by_label("没有选的，都按“含义不变”保存").check()
    author.page.locator("[name=note]").fill("证照都要有效；更新比公示更要紧")
    screens(author.page, "said")
    author.page.get_by_role("button", name="保存说明").click()
    author.page.get_by_role("button", name="提请发布").click()
    expect(author.page.locator(".steps")).to_contain_text("请另一位同事确认")
    draft = author.page.url

    second.page.goto(draft)
    second.page.get_by_role("link", name="在手机上的样子").click()
    expect(second.page.frame_locator("iframe").locator("#item-AM-01")).to_contain_text("都在有效期内")
    screens(second.page, "preview")
    second.page.goto(draft)
    second.page.get_by_role("button", name="确认发布").click()
    expect(second.page.locator("h1")).to_have_text("片区经理走访表")
    expect(second.page.locator(".head .state")).to_have_text("第 2 版")
    second.page.goto("/checklists/area-check/compare")
    expect(second.page.locator("li.change")).to_have_count(3)
    screens(second.page, "compared")
    phone = second.get("/api/v1/checklists/area-check/2")
    assert [each["points"] for each in phone["sections"][0]["items"][:3]] == [1000, 900, 700]
    assert phone["sections"][0]["items"][0]["indicator"] == "AM-01"


def test_a_visit_keeps_its_version_and_the_next_one_takes_the_new(
    phone: Callable[..., Phone], people: Organisation, office: Office
) -> None:
    manager = phone(shared=True)
    manager.ready(people.user("manager1"), people.area.id)
    begun = manager.begin(people.area.id)
    manager.choose("AM-02", "pass")
    new_words(office, people)
    manager.send()
    manager.open(f"#/visit/{begun}")
    expect(manager.card("AM-01")).to_contain_text("授权资质、营业执照在有效期内")
    manager.open(f"#/outlet/{people.shop.id}")
    manager.tap("start-area_visit")
    expect(manager.card("AM-01")).to_contain_text("证照都在有效期内")
    manager.open(f"#/visit/{begun}")
    expect(manager.card("AM-01")).to_contain_text("授权资质、营业执照在有效期内")


def test_where_two_lists_fit_the_inspector_chooses(phone: Callable[..., Phone], people: Organisation) -> None:
    branch = phone(shared=True)
    branch.log_in(people.user("branch1"))
    branch.open(f"#/outlet/{people.hall.id}")
    named = branch.page.locator("[data-testid=start-announced]")
    expect(named.filter(has_text="自有营业厅检查表")).to_have_count(1)
    expect(named.filter(has_text="供电营业厅检查表")).to_have_count(1)
    named.filter(has_text="供电营业厅检查表").tap()
    expect(branch.card("PU-32")).to_be_visible()


def new_words(office: Office, people: Organisation) -> None:
    """Publish the area managers' list with other words for its first item, by two people."""
    author, second = (submitted.viewer(people.user(name)) for name in ("hq1", "admin1"))
    with office.work(author) as work:
        row = work.session.get_one(ChecklistVersion, ("area-check", 1))
        written = json.loads(row.written)
        written["sections"][0]["items"][0]["text"]["zh"] = "证照都在有效期内"
        draft = checklists.save(work, written)
        draft = checklists.say_meanings(work, draft.id, draft.revision, {"AM-01": "same"}, "更短")
        draft = drafts.propose(work, checklists.CHECKLISTS, draft.id, draft.revision)
    with office.work(second) as work:
        drafts.publish(work, checklists.CHECKLISTS, draft.id, draft.revision)
