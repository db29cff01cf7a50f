"""Importing outlets: every row's fate is told, nothing is stored unless every row is clean."""

from __future__ import annotations

import csv
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest
from sqlmodel import select

from server.domain.access import Role
from server.domain.errors import NotAllowed
from server.domain.imports import Change
from server.domain.periods import Period
from server.gateways import spreadsheet, texts
from server.gateways.spreadsheet import SheetWrong
from server.queries import decision_words, outlets_then, words
from server.storage.decisions import OutletChange
from server.storage.events import Event
from server.storage.organisation import Outlet
from server.usecases import outlet_cells, outlets, people
from server.usecases.imports import Import
from server.usecases.work import Office
from tests import make
from tests.conftest import Clock

HEADER = ["编码", "名称", "层级", "类别", "地域", "单位", "地址", "电话", "纬度", "经度", "合作起始", "状态"]
GOOD = ["TY900", "小店通讯", "普通代理店", "B", "城市", "sx-ty-xd-d1-a1", "长风街 1 号", "0351-7000000", "37.73", "112.56", "2020-03-01", "正常"]  # fmt: skip


@pytest.fixture(autouse=True)
def place(office: Office) -> None:
    make.unit(office, "sx", "ty", "xd", "d1", "a1")


def sheet(folder: Path, *rows: list[object], header: list[str] = HEADER, name: str = "outlets.xlsx") -> Path:
    path = folder / name
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return path
    book = openpyxl.Workbook()
    for row in (header, *rows):
        book.active.append(row)
    book.save(path)
    return path


def row(**changes: object) -> list[object]:
    return [changes.get(heading, value) for heading, value in zip(HEADER, GOOD, strict=True)]


def planned(office: Office, path: Path) -> Import:
    with office.work(write=False) as work:
        return outlets.plan_import(work, path)


def from_days(found: Import) -> set[date | None]:
    return {each.from_day for fate in found.fates for each in fate.changes if isinstance(each, Change)}


def stored(office: Office) -> list[Outlet]:
    with office.work(write=False) as work:
        return list(work.session.exec(select(Outlet)))


@pytest.mark.parametrize("name", ["outlets.xlsx", "outlets.csv"])
def test_a_clean_file_is_stored_with_an_event_for_each_row(office: Office, tmp_path: Path, name: str) -> None:
    path = sheet(tmp_path, GOOD, row(编码="TY901", 名称="迎泽大街营业厅", 层级="own_hall"), name=name)
    with office.work() as work:
        found = outlets.apply_import(work, path)
    assert [fate.outcome for fate in found.fates] == ["new", "new"]
    first, second = sorted(stored(office), key=lambda outlet: outlet.code)
    assert (first.tier, first.class_, first.setting, first.lat) == ("ordinary", "B", "city", 37.73)
    assert (second.tier, second.pinyin) == ("own_hall", "yzdjyyt")
    assert str(first.cooperation_since) == "2020-03-01"
    with office.work(write=False) as work:
        names = [event.name for event in work.session.exec(select(Event))]
    assert names == ["outlet.added", "outlet.added"]


@pytest.mark.parametrize(
    ("column", "shown", "meant"),
    [
        *(("地域", word, "city") for word in ("城区", "城市", "City", "city")),
        ("地域", "County town", "county_town"),
        *(("层级", word, "exclusive") for word in ("指定专营店", "Exclusive shop", "exclusive")),
        ("层级", "Own hall", "own_hall"),
        ("状态", "On probation", "probation"),
    ],
)
def test_the_words_of_screens_and_reports_are_taken_in_both_languages(
    office: Office, tmp_path: Path, column: str, shown: str, meant: str
) -> None:
    with office.work() as work:
        outlets.apply_import(work, sheet(tmp_path, row(**{column: shown})))
    [outlet] = stored(office)
    assert meant in (outlet.setting, outlet.tier, outlet.status)


def test_every_word_that_screens_show_for_a_tier_setting_or_status_is_taken() -> None:
    english = texts.catalogue()
    for taken, shown in (
        (outlet_cells.TIERS, words.TIERS),
        (outlet_cells.SETTINGS, words.SETTINGS),
        (outlet_cells.STATUSES, decision_words.STATUSES),
    ):
        for value, word in shown.items():
            assert [taken[each] for each in (value, word, english[word].lower())] == [value] * 3


def test_a_trial_stores_nothing(office: Office, tmp_path: Path) -> None:
    assert planned(office, sheet(tmp_path, GOOD)).count("new") == 1
    assert not stored(office)


def test_one_wrong_row_keeps_all_others_out(office: Office, tmp_path: Path) -> None:
    with office.work() as work:
        found = outlets.apply_import(work, sheet(tmp_path, GOOD, row(编码="TY901", 层级="旗舰店")))
    assert [fate.outcome for fate in found.fates] == ["new", "wrong"]
    assert not stored(office)


@pytest.mark.parametrize(
    ("changes", "cell"),
    [
        ({"编码": ""}, "A2"),
        ({"编码": "TY 900"}, "A2"),
        ({"名称": ""}, "B2"),
        ({"层级": "旗舰店"}, "C2"),
        ({"类别": "D"}, "D2"),
        ({"地域": "海上"}, "E2"),
        ({"单位": "sx-nowhere"}, "F2"),
        ({"单位": "sx"}, "F2"),
        ({"地址": "长" * 201}, "G2"),
        ({"电话": "1" * 41}, "H2"),
        ({"纬度": "112.56", "经度": "37.73"}, "I2"),
        ({"纬度": "51.5", "经度": "-0.12"}, "J2"),
        ({"纬度": ""}, "I2"),
        ({"纬度": "north"}, "I2"),
        ({"纬度": "nan"}, "I2"),
        ({"合作起始": "去年"}, "K2"),
        ({"状态": "关门"}, "L2"),
    ],
)
def test_a_fault_is_named_by_its_cell(
    office: Office, tmp_path: Path, changes: dict[str, object], cell: str
) -> None:
    [fate] = planned(office, sheet(tmp_path, row(**changes))).fates
    assert fate.outcome == "wrong"
    assert fate.faults[0].cell == cell


@pytest.mark.parametrize("name", ["outlets.xlsx", "outlets.csv"])
def test_a_formula_is_refused_by_its_cell(office: Office, tmp_path: Path, name: str) -> None:
    [fate] = planned(office, sheet(tmp_path, row(名称="=1+1"), name=name)).fates
    assert "B2" in [fault.cell for fault in fate.faults]


def test_the_same_code_twice_is_told_with_the_first_row(office: Office, tmp_path: Path) -> None:
    _, second = planned(office, sheet(tmp_path, GOOD, GOOD)).fates
    assert second.outcome == "wrong"
    assert second.faults[0].facts == {"row": 2}


def test_importing_again_changes_only_what_differs(office: Office, tmp_path: Path) -> None:
    with office.work() as work:
        outlets.apply_import(work, sheet(tmp_path, GOOD))
    assert [fate.outcome for fate in planned(office, sheet(tmp_path, GOOD)).fates] == ["same"]
    with office.work() as work:
        found = outlets.apply_import(work, sheet(tmp_path, row(名称="小店通讯二店")))
    assert [(fate.outcome, fate.changes) for fate in found.fates] == [
        ("changed", (Change("name", "小店通讯", "小店通讯二店"),))
    ]
    assert [outlet.name for outlet in stored(office)] == ["小店通讯二店"]


def test_a_column_that_is_not_there_changes_nothing_of_it(office: Office, tmp_path: Path) -> None:
    with office.work() as work:
        outlets.apply_import(work, sheet(tmp_path, GOOD))
    short = ["编码", "名称", "层级", "地域", "单位"]
    values = [dict(zip(HEADER, GOOD, strict=True))[heading] for heading in short]
    [fate] = planned(office, sheet(tmp_path, values, header=short)).fates
    assert fate.outcome == "same"


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        (["编码", "", "层级"], ["B1"]),
        (["编码", "名称", "名称"], ["C1"]),
        ([], ["A1"]),
    ],
)
def test_a_header_with_gaps_or_twins_is_named_by_its_cell(
    office: Office, tmp_path: Path, header: list[str], cells: list[str]
) -> None:
    with pytest.raises(SheetWrong) as found:
        planned(office, sheet(tmp_path, ["x", "y", "z"], header=header or ["", "", ""]))
    assert [fault.cell for fault in found.value.faults] == cells


def test_a_merged_header_is_named_by_its_cell(office: Office, tmp_path: Path) -> None:
    path = sheet(tmp_path, GOOD)
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("B1:C1")
    book.save(path)
    with pytest.raises(SheetWrong) as found:
        planned(office, path)
    assert "B1" in [fault.cell for fault in found.value.faults]


def test_missing_columns_are_all_named(office: Office, tmp_path: Path) -> None:
    [fate] = planned(office, sheet(tmp_path, ["TY1", "x"], header=["编码", "名称"])).fates
    assert fate.faults[0].said("zh") == {"columns": "层级、地域、单位"}


def test_too_many_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SheetWrong) as found:
        spreadsheet.read_sheet(sheet(tmp_path, GOOD, GOOD, GOOD), max_rows=2)
    assert (found.value.faults[0].cell, found.value.faults[0].facts) == ("A4", {"limit": 2})
    path = tmp_path / "many.csv"
    path.write_text("编码,名称\n" + "a,b\n" * 3)
    with pytest.raises(SheetWrong) as found:
        spreadsheet.read_sheet(path, max_rows=2)
    assert found.value.faults[0].facts == {"limit": 2, "rows": 3}


@pytest.mark.parametrize(
    ("place", "limit"),
    [
        ("C1048576", spreadsheet.MAX_ROWS),
        ("XFD1", spreadsheet.MAX_COLUMNS),
        ("XFD1048576", spreadsheet.MAX_ROWS),
    ],
)
def test_one_stray_cell_at_the_end_of_the_sheet_is_named_and_never_laid_out(
    tmp_path: Path, place: str, limit: int
) -> None:
    path = sheet(tmp_path, GOOD)
    book = openpyxl.load_workbook(path)
    book.active[place] = "x"
    book.save(path)
    with pytest.raises(SheetWrong) as found:
        spreadsheet.read_sheet(path)
    assert (found.value.faults[0].cell, found.value.faults[0].facts) == (place, {"limit": limit})


def test_what_is_only_formatted_far_below_is_no_cell(tmp_path: Path) -> None:
    path = sheet(tmp_path, GOOD)
    book = openpyxl.load_workbook(path)
    book.active["C1048576"].font = openpyxl.styles.Font(bold=True)
    book.save(path)
    assert len(spreadsheet.read_sheet(path).rows) == 1


def test_a_file_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path) -> None:
    good, path = sheet(tmp_path, GOOD), tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(good) as whole, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in whole.namelist():
            bomb = b"<worksheet>" + b" " * spreadsheet.MAX_UNPACKED
            packed.writestr(name, bomb if name.startswith("xl/worksheets/") else whole.read(name))
    assert path.stat().st_size < spreadsheet.MAX_BYTES
    with pytest.raises(SheetWrong) as found:
        spreadsheet.read_sheet(path)
    assert found.value.faults[0].facts == {"limit": spreadsheet.MAX_UNPACKED}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.xlsx", b"no zip at all"),
        ("x.ods", b""),
        ("x.csv", b"\xff\xff\xff"),
        ("x.csv", b'"open'),
        ("x.csv", b""),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SheetWrong):
        spreadsheet.read_sheet(tmp_path / name)


def test_a_csv_from_a_chinese_windows_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes("编码,名称\r\nTY1,营业厅\r\n".encode("gb18030"))
    assert spreadsheet.read_sheet(tmp_path / "x.csv").rows[0].cells == {"编码": "TY1", "名称": "营业厅"}


def test_only_an_administrator_imports(office: Office, tmp_path: Path) -> None:
    viewer = people.viewer_of(make.user(office, role=Role.HQ))
    with pytest.raises(NotAllowed), office.work(viewer) as work:
        outlets.apply_import(work, sheet(tmp_path, GOOD))


def test_an_import_keeps_where_an_outlet_was_and_whether_it_was_there(both: Office, tmp_path: Path) -> None:
    make.unit(both, "sx", "ty", "xd", "d1", "a1")
    make.unit(both, "sx", "ty", "xd", "d1", "a2")
    for changes in ({}, {}, {"单位": "sx-ty-xd-d1-a2"}, {"状态": "退出"}):
        with both.work() as work:
            assert outlets.apply_import(work, sheet(tmp_path, row(**changes))).clean
    with both.work(write=False) as work:
        kept = work.session.exec(select(OutletChange)).all()
    told = [(each.field, each.before, each.after, each.decision_id, each.from_day) for each in kept]
    day = told[0][-1]
    assert sorted(told[:3]) == [
        ("status", "active", "exited", None, day),
        ("unit", "sx/ty/xd/d1/a1/", "sx/ty/xd/d1/a2/", None, day),
        ("unit", "sx/ty/xd/d1/a2/", "sx/ty/xd/d1/a1/", None, day),
    ]


def test_what_the_base_amount_rests_on_is_kept_up_to_the_next_first_when_an_import_changes_it(
    both: Office, clock: Clock, tmp_path: Path
) -> None:
    make.unit(both, "sx", "ty", "xd", "d1", "a1")
    clock.now = datetime(2026, 11, 29, 3, tzinfo=UTC)
    with both.work() as work:
        outlets.apply_import(work, sheet(tmp_path, GOOD))
    changed = sheet(tmp_path, row(层级="指定专营店", 类别="A", 地域="乡镇"))
    assert from_days(planned(both, changed)) == {date(2026, 12, 1)}
    with both.work() as work:
        outlets.apply_import(work, changed)
    clock.forward(minutes=1)
    with both.work() as work:
        outlets.apply_import(work, sheet(tmp_path, row(层级="自建他营店", 类别="A", 地域="乡镇")))
    with both.work(write=False) as work:
        kept = {
            (each.field, each.before, each.after, each.from_day)
            for each in work.session.exec(select(OutletChange))
        }
        of = {
            code: outlets_then.of_period(work.connection, Period.read(code))
            for code in ("2026-10", "2026-11", "2026-12")
        }
    first = date(2026, 12, 1)
    assert kept == {
        ("tier", "ordinary", "exclusive", first),
        ("tier", "exclusive", "franchise", first),
        ("class", "B", "A", first),
        ("setting", "city", "township", first),
    }
    assert {code: [(at.tier, at.class_, at.setting) for at in found] for code, found in of.items()} == {
        "2026-10": [("ordinary", "B", "city")],
        "2026-11": [("ordinary", "B", "city")],
        "2026-12": [("franchise", "A", "township")],
    }


def test_on_a_first_an_import_holds_from_the_day_itself_and_a_new_name_at_once(
    office: Office, clock: Clock, tmp_path: Path
) -> None:
    clock.now = datetime(2026, 11, 30, 17, tzinfo=UTC)
    with office.work() as work:
        outlets.apply_import(work, sheet(tmp_path, GOOD))
    renamed, raised = sheet(tmp_path, row(名称="二店")), sheet(tmp_path, row(类别="A"), name="a.csv")
    assert from_days(planned(office, renamed)) == {None}
    assert from_days(planned(office, raised)) == {date(2026, 12, 1)}
