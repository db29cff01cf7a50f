"""Importing inputs: every row's fate is told, nothing is stored unless every row is clean, the same file changes nothing."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime
from pathlib import Path
from uuid import uuid4

import openpyxl
import pytest
from sqlmodel import col, select

from server.domain.access import SYSTEM, Role
from server.domain.errors import NotAllowed, NotFound
from server.domain.input_sorts import COLUMNS, Sort, VetoTakenBack, VetoThere, VetoUnknown
from server.gateways.spreadsheet import SheetWrong
from server.queries import inputs as read
from server.queries import results
from server.storage.events import Event
from server.storage.inputs import Complaint, InputImport, StaffMonth, VetoEvent
from server.storage.organisation import Outlet, OutletStatus, Tier
from server.storage.periods import PeriodRow, PeriodState
from server.usecases import input_followup, inputs, people, periods, vetoes
from server.usecases.input_cells import Planned
from server.usecases.work import Office
from tests import make

MONTH = "2026-10"
SAT = ["网点编码", "月份", "客户类别", "满意数", "有效回复数"]
TICKETS = ["网点编码", "票号", "业务", "客户类别", "取号时间", "叫号时间", "受理时间", "办结时间"]
COMPLAINTS = ["工单号", "网点编码", "日期", "属实", "类别"]
STAFF = ["网点编码", "月份", "工号", "姓名", "持证", "权重"]
VETO = ["网点编码", "编号", "日期", "说明"]


def shop(office: Office, code: str = "TY001", **given: object) -> Outlet:
    return make.outlet(office, tier=Tier.ORDINARY, code=code, **given)


def sheet(
    folder: Path, header: list[str], *rows: list[object], name: str = "inputs.csv", encoding: str = "utf-8"
) -> Path:
    path = folder / name
    if path.suffix == ".csv":
        with path.open("w", encoding=encoding, newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return path
    book = openpyxl.Workbook()
    for row in (header, *rows):
        book.active.append(row)
    book.save(path)
    return path


def plan(office: Office, sort: Sort, path: Path, complete: str = "") -> Planned:
    with office.work(write=False) as work:
        return inputs.plan(work, sort, path, complete)


def apply(office: Office, sort: Sort, path: Path, complete: str = "") -> Planned:
    with office.work() as work:
        return inputs.apply(work, sort, path, complete)


def count(
    office: Office, outlet: Outlet, code: str, month: str = MONTH
) -> tuple[int, int, int | None] | None:
    with office.work(write=False) as work:
        found = read.counts(work.connection, SYSTEM, [month]).get(outlet.id, {}).get(code, {}).get(month)
    return (found.part, found.whole, found.strict) if found else None


def imports(office: Office) -> list[InputImport]:
    with office.work(write=False) as work:
        return list(work.session.exec(select(InputImport).order_by(col(InputImport.at))))


def close(office: Office, month: str = MONTH, state: PeriodState = PeriodState.CLOSED) -> None:
    with office.work() as work:
        work.session.add(
            PeriodRow(
                code=month,
                kind="month",
                state=state,
                rules_version=1,
                drafted_at=work.now,
                changed_at=work.now,
            )
        )


def test_a_clean_file_is_stored_with_who_what_and_an_event(both: Office, tmp_path: Path) -> None:
    outlet = shop(both)
    path = sheet(tmp_path, SAT, ["TY001", MONTH, "营业厅", 96, 100], ["TY001", MONTH, "premium", 9, 10])
    hq = people.viewer_of(make.user(both, role=Role.HQ))
    with both.work(hq) as work:
        found = inputs.apply(work, Sort.SATISFACTION, path)
    assert [fate.outcome for fate in found.fates] == ["new", "new"]
    assert count(both, outlet, "csat_hall") == (96, 100, None)
    assert count(both, outlet, "csat_premium") == (9, 10, None)
    [told] = imports(both)
    assert (told.sort, told.name, told.months, told.added, str(told.by_id)) == (
        "satisfaction",
        "inputs.csv",
        MONTH,
        2,
        hq.user_id,
    )
    with both.work(write=False) as work:
        [event] = work.session.exec(select(Event).where(Event.name == "input.imported"))
    assert json.loads(event.facts)["months"] == [MONTH]


def test_the_same_file_again_changes_nothing_and_leaves_no_trace(both: Office, tmp_path: Path) -> None:
    shop(both)
    path = sheet(tmp_path, SAT, ["TY001", MONTH, "营业厅", 96, 100])
    apply(both, Sort.SATISFACTION, path)
    again = apply(both, Sort.SATISFACTION, path)
    assert [fate.outcome for fate in again.fates] == ["same"]
    assert not again.changes
    assert len(imports(both)) == 1


def test_a_changed_value_is_shown_before_and_after(both: Office, tmp_path: Path) -> None:
    outlet = shop(both)
    apply(both, Sort.SATISFACTION, sheet(tmp_path, SAT, ["TY001", MONTH, "营业厅", 96, 100]))
    changed = sheet(tmp_path, SAT, ["TY001", MONTH, "营业厅", 97, 101])
    [fate] = plan(both, Sort.SATISFACTION, changed).fates
    assert (fate.outcome, fate.counts) == ("changed", (("csat_hall", "96/100 → 97/101"),))
    assert count(both, outlet, "csat_hall") == (96, 100, None)
    apply(both, Sort.SATISFACTION, changed)
    assert count(both, outlet, "csat_hall") == (97, 101, None)


def test_one_wrong_row_keeps_all_others_out(office: Office, tmp_path: Path) -> None:
    outlet = shop(office)
    rows = (["TY001", MONTH, "营业厅", 96, 100], ["TY001", MONTH, "终端", 11, 10])
    found = apply(office, Sort.SATISFACTION, sheet(tmp_path, SAT, *rows))
    assert [fate.outcome for fate in found.fates] == ["wrong", "new"]
    assert count(office, outlet, "csat_hall") is None
    assert not imports(office)


@pytest.mark.parametrize("name", ["x.xlsx", "x.csv"])
@pytest.mark.parametrize(
    ("row", "cell"),
    [
        (["NONE", MONTH, "营业厅", "9", "10"], "A2"),
        (["GONE", MONTH, "营业厅", "9", "10"], "A2"),
        (["TY001", "十月", "营业厅", "9", "10"], "B2"),
        (["TY001", "2026-13", "营业厅", "9", "10"], "B2"),
        (["TY001", "2026-12", "营业厅", "9", "10"], "B2"),
        (["TY001", "2026-09", "营业厅", "9", "10"], "B2"),
        (["TY001", MONTH, "路人", "9", "10"], "C2"),
        (["TY001", MONTH, "营业厅", "11", "10"], "D2"),
        (["TY001", MONTH, "营业厅", "-1", "10"], "D2"),
        (["TY001", MONTH, "营业厅", "九", "10"], "D2"),
        (["TY001", MONTH, "营业厅", "9", "10.5"], "E2"),
        (["TY001", MONTH, "营业厅", "9", "13903511234"], "E2"),
        (["TY001", MONTH, "营业厅", "=4+5", "10"], "D2"),
    ],
)
def test_a_fault_is_named_by_its_cell(
    office: Office, tmp_path: Path, name: str, row: list[object], cell: str
) -> None:
    shop(office)
    shop(office, "GONE", status=OutletStatus.EXITED)
    close(office, "2026-09")
    [fate] = plan(office, Sort.SATISFACTION, sheet(tmp_path, SAT, row, name=name)).fates
    assert fate.outcome == "wrong"
    assert cell in [fault.cell for fault in fate.faults]


def test_a_row_twice_in_a_file_is_told_with_the_first(office: Office, tmp_path: Path) -> None:
    shop(office)
    row = ["TY001", MONTH, "营业厅", 9, 10]
    found = plan(office, Sort.SATISFACTION, sheet(tmp_path, SAT, row, row))
    [second] = [fate for fate in found.fates if fate.number == 3]
    assert (second.outcome, second.faults[0].facts) == ("wrong", {"row": 2})


def test_a_merged_header_a_lacking_column_and_an_empty_file_are_refused(
    office: Office, tmp_path: Path
) -> None:
    shop(office)
    path = sheet(tmp_path, SAT, ["TY001", MONTH, "营业厅", 9, 10], name="x.xlsx")
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("B1:C1")
    book.save(path)
    with pytest.raises(SheetWrong) as wrong:
        plan(office, Sort.SATISFACTION, path)
    assert "B1" in [fault.cell for fault in wrong.value.faults]
    [fate] = plan(office, Sort.SATISFACTION, sheet(tmp_path, SAT[:3], ["TY001", MONTH, "营业厅"])).fates
    assert fate.faults[0].said("zh") == {"columns": "满意数、有效回复数"}
    [fate] = plan(office, Sort.SATISFACTION, sheet(tmp_path, SAT)).fates
    assert fate.faults[0].cell == "A2"


def test_english_headings_months_of_every_form_and_gb18030_are_read(office: Office, tmp_path: Path) -> None:
    outlet = shop(office)
    header = ["outlet", "month", "errors"]
    for form, number in (
        ("2026年10月", 1),
        ("202610", 2),
        ("2026/10", 3),
        ("2026-10-01", 4),
        ("2026年9月", 5),
    ):
        apply(office, Sort.AUDIT, sheet(tmp_path, header, ["TY001", form, number]))
    assert count(office, outlet, "audit") == (4, 4, None)
    assert count(office, outlet, "audit", "2026-09") == (5, 5, None)
    path = sheet(
        tmp_path, ["网点编码", "月份", "表扬数", "采纳建议数"], ["TY001", MONTH, 2, 1], encoding="gb18030"
    )
    apply(office, Sort.PRAISE, path)
    assert count(office, outlet, "praises") == (2, 2, None)
    assert count(office, outlet, "ideas") == (1, 1, None)


def test_monthly_sums_keep_the_other_reading_beside(office: Office, tmp_path: Path) -> None:
    outlet = shop(office)
    header = ["网点编码", "月份", "指标", "及时数", "总数", "另一口径及时数"]
    rows = (["TY001", MONTH, "业务办理", 960, 1000, 940], ["TY001", MONTH, "waiting", 90, 100, ""])
    apply(office, Sort.TIMES, sheet(tmp_path, header, *rows))
    assert count(office, outlet, "handling_on_time") == (960, 1000, 940)
    assert count(office, outlet, "waiting_on_time") == (90, 100, None)
    wrong = sheet(tmp_path, header, ["TY001", MONTH, "业务办理", 9, 10, 11])
    assert plan(office, Sort.TIMES, wrong).fates[0].faults[0].cell == "F2"


def test_tickets_are_judged_by_their_own_limits_and_summed_by_month(both: Office, tmp_path: Path) -> None:
    outlet = shop(both)
    rows = [
        # business, class, taken, begun, ended
        ("缴费", "其他", "09:00:00", "09:10:00", "09:15:00"),  # waited exactly 10, took exactly 5
        ("缴费", "集团", "09:00:00", "09:05:01", "09:10:02"),  # a second over the class's 5, and over 5
        (
            "购机",
            "全球通",
            "09:00:00",
            "09:06:00",
            "09:16:00",
        ),  # a phone may take 10; the strict reading says no
        ("入网", "", "09:00:00", "09:10:01", "09:20:02"),  # late in all
        ("缴费", "其他", "09:00:00", "", ""),  # left before being called
        ("缴费", "其他", "09:00:00", "09:01:00", ""),  # served, nothing done
    ]
    written = [
        [
            "TY001",
            f"A{n}",
            business,
            class_,
            *(f"2026-10-08 {at}" if at else "" for at in (taken, "", begun, ended)),
        ]
        for n, (business, class_, taken, begun, ended) in enumerate(rows)
    ]
    [fate] = apply(both, Sort.TICKETS, sheet(tmp_path, TICKETS, *written)).fates
    assert fate.outcome == "new"
    assert dict(fate.counts) == {"handling_on_time": "2/4 (1)", "waiting_on_time": "4/5 (3)"}
    assert count(both, outlet, "handling_on_time") == (2, 4, 1)
    assert count(both, outlet, "waiting_on_time") == (4, 5, 3)


def test_times_in_a_workbook_are_read_with_their_seconds(office: Office, tmp_path: Path) -> None:
    outlet = shop(office)
    at = datetime(2026, 10, 8, 9, 0)  # noqa: DTZ001
    row = ["TY001", "A1", "缴费", "其他", at, None, at.replace(minute=10, second=1), at.replace(minute=12)]
    apply(office, Sort.TICKETS, sheet(tmp_path, TICKETS, row, name="x.xlsx"))
    assert count(office, outlet, "waiting_on_time") == (0, 1, 0)


@pytest.mark.parametrize(
    ("changes", "cell"),
    [
        ({0: "NONE"}, "A2"),
        ({1: ""}, "B2"),
        ({3: "贵宾"}, "D2"),
        ({4: ""}, "E2"),
        ({4: "早上"}, "E2"),
        ({4: "2026-12-01 09:00"}, "E2"),
        ({4: "2026-09-08 09:00"}, "E2"),
        ({5: "2026-10-08 08:59:59"}, "F2"),
        ({6: "2026-10-08 09:00:30"}, "G2"),
        ({7: "2026-10-08 09:00:30"}, "H2"),
        ({6: ""}, "G2"),
    ],
)
def test_a_ticket_that_cannot_be_is_named_by_its_cell(
    office: Office, tmp_path: Path, changes: dict[int, str], cell: str
) -> None:
    shop(office)
    close(office, "2026-09")
    good = ["TY001", "A1", "缴费", "其他", *(f"2026-10-08 09:0{n}:00" for n in range(4))]
    row = [changes.get(n, value) for n, value in enumerate(good)]
    [fate] = plan(office, Sort.TICKETS, sheet(tmp_path, TICKETS, row)).fates
    assert fate.outcome == "wrong"
    assert cell in [fault.cell for fault in fate.faults]


def test_the_same_ticket_twice_on_a_day_is_refused(office: Office, tmp_path: Path) -> None:
    shop(office)
    good = ["TY001", "A1", "缴费", "其他", *(f"2026-10-08 09:0{n}:00" for n in range(4))]
    found = plan(office, Sort.TICKETS, sheet(tmp_path, TICKETS, good, good))
    assert [fate.faults[0].cell for fate in found.fates if fate.faults] == ["B3"]


def test_a_complete_list_gives_0_to_outlets_without_complaints_and_only_a_complete_one(
    both: Office, tmp_path: Path
) -> None:
    with_one, without = shop(both), shop(both, "TY002")
    shop(both, "GONE", status=OutletStatus.EXITED)
    path = sheet(
        tmp_path,
        COMPLAINTS,
        ["T1", "TY001", "2026-10-08", "是", "态度"],
        ["T2", "TY001", "2026-10-09", "待定", ""],
    )
    apply(both, Sort.COMPLAINTS, path)
    assert count(both, with_one, "complaints") == (1, 2, None)
    assert count(both, without, "complaints") is None
    found = apply(both, Sort.COMPLAINTS, path, MONTH)
    assert found.zeros == 1
    assert count(both, without, "complaints") == (0, 0, None)
    assert imports(both)[-1].complete
    assert not apply(both, Sort.COMPLAINTS, path, MONTH).changes


def test_a_month_without_any_complaint_can_be_complete(office: Office, tmp_path: Path) -> None:
    outlet = shop(office)
    apply(office, Sort.COMPLAINTS, sheet(tmp_path, COMPLAINTS), MONTH)
    assert count(office, outlet, "complaints") == (0, 0, None)


def test_an_unsettled_complaint_of_an_incomplete_month_counts_nothing_yet(
    office: Office, tmp_path: Path
) -> None:
    outlet = shop(office)
    apply(office, Sort.COMPLAINTS, sheet(tmp_path, COMPLAINTS, ["T1", "TY001", "2026-10-08", "待定", ""]))
    assert count(office, outlet, "complaints") is None


def test_a_later_correction_of_a_ticket_changes_the_count_wherever_it_was(
    both: Office, tmp_path: Path
) -> None:
    first, second = shop(both), shop(both, "TY002")
    rows = [["T1", "TY001", "2026-10-08", "是", ""], ["T2", "TY001", "2026-10-09", "是", ""]]
    apply(both, Sort.COMPLAINTS, sheet(tmp_path, COMPLAINTS, *rows), MONTH)
    assert count(both, first, "complaints") == (2, 2, None)
    correction = sheet(tmp_path, COMPLAINTS, ["T1", "TY002", "2026-10-08", "否", ""])
    [fate] = apply(both, Sort.COMPLAINTS, correction).fates
    assert (fate.outcome, fate.changes) == ("changed", ("网点", "属实"))
    assert count(both, first, "complaints") == (1, 1, None)
    assert count(both, second, "complaints") == (0, 1, None)
    with both.work(write=False) as work:
        assert work.session.get_one(Complaint, "T1").proven is False


def test_a_count_that_a_correction_leaves_without_ground_is_taken_off(office: Office, tmp_path: Path) -> None:
    outlet = shop(office)
    apply(office, Sort.COMPLAINTS, sheet(tmp_path, COMPLAINTS, ["T1", "TY001", "2026-10-08", "是", ""]))
    assert count(office, outlet, "complaints") == (1, 1, None)
    apply(office, Sort.COMPLAINTS, sheet(tmp_path, COMPLAINTS, ["T1", "TY001", "2026-10-08", "否", ""]))
    assert count(office, outlet, "complaints") is None


@pytest.mark.parametrize(
    ("row", "complete", "cell"),
    [
        (["", "TY001", "2026-10-08", "是", ""], "", "A2"),
        (["OLD", "TY001", "2026-10-08", "是", ""], "", "A2"),
        (["T1", "NONE", "2026-10-08", "是", ""], "", "B2"),
        (["T1", "TY001", "昨天", "是", ""], "", "C2"),
        (["T1", "TY001", "2026-11-22", "是", ""], "", "C2"),
        (["T1", "TY001", "2026-09-08", "是", ""], "", "C2"),
        (["T1", "TY001", "2026-08-08", "是", ""], MONTH, "C2"),
        (["T1", "TY001", "2026-10-08", "也许", ""], "", "D2"),
        (["T1", "TY001", "2026-10-08", "是", "长" * 81], "", "E2"),
        (["T1", "TY001", "2026-10-08", "是", ""], "2026-11", ""),
        (["T1", "TY001", "2026-10-08", "是", ""], "2026-09", ""),
        (["T1", "TY001", "2026-10-08", "是", ""], "上月", ""),
    ],
)
def test_a_complaint_that_cannot_be_is_named_by_its_cell(
    office: Office, tmp_path: Path, row: list[object], complete: str, cell: str
) -> None:
    shop(office)
    apply(office, Sort.COMPLAINTS, sheet(tmp_path, COMPLAINTS, ["OLD", "TY001", "2026-09-08", "是", ""]))
    close(office, "2026-09")
    found = plan(office, Sort.COMPLAINTS, sheet(tmp_path, COMPLAINTS, row), complete)
    assert cell in [fault.cell for fate in found.fates for fault in fate.faults]


def test_a_complete_list_that_lacks_a_known_ticket_is_refused(office: Office, tmp_path: Path) -> None:
    shop(office)
    apply(office, Sort.COMPLAINTS, sheet(tmp_path, COMPLAINTS, ["T1", "TY001", "2026-10-08", "是", ""]))
    found = plan(office, Sort.COMPLAINTS, sheet(tmp_path, COMPLAINTS), MONTH)
    assert [fault.said("zh") for fate in found.fates for fault in fate.faults] == [{"numbers": "T1"}]


def test_a_staff_list_is_whole_counts_the_certified_and_tells_no_name(both: Office, tmp_path: Path) -> None:
    outlet = shop(both)
    rows = [["TY001", MONTH, "1", "张三", "是", 2], ["TY001", MONTH, "2", "李四", "否", ""]]
    apply(both, Sort.STAFF, sheet(tmp_path, STAFF, *rows))
    assert count(both, outlet, "certified") == (1, 2, None)
    rows = [["TY001", MONTH, "1", "张三丰", "是", 2], ["TY001", MONTH, "3", "王五", "是", 1]]
    found = apply(both, Sort.STAFF, sheet(tmp_path, STAFF, *rows))
    assert [(fate.outcome, fate.changes) for fate in found.fates] == [
        ("changed", ("姓名",)),
        ("new", ()),
        ("gone", ()),
    ]
    assert not any(name in str(found.fates) for name in ("张三", "李四", "王五"))
    assert count(both, outlet, "certified") == (2, 2, None)
    with both.work(write=False) as work:
        assert {(each.number, each.weight) for each in work.session.exec(select(StaffMonth))} == {
            ("1", 2),
            ("3", 1),
        }
        events = [str(event.facts) for event in work.session.exec(select(Event))]
    assert not any("张三" in facts for facts in events)


@pytest.mark.parametrize(
    ("changes", "cell"),
    [({2: ""}, "C2"), ({3: ""}, "D2"), ({4: "?"}, "E2"), ({5: "0"}, "F2"), ({1: "2026-12"}, "B2")],
)
def test_a_member_that_cannot_be_is_named_by_the_cell(
    office: Office, tmp_path: Path, changes: dict[int, str], cell: str
) -> None:
    shop(office)
    row = [changes.get(n, value) for n, value in enumerate(["TY001", MONTH, "1", "张三", "是", "1"])]
    [fate] = plan(office, Sort.STAFF, sheet(tmp_path, STAFF, row)).fates
    assert cell in [fault.cell for fault in fate.faults]


def test_veto_events_come_from_a_file_and_one_taken_back_does_not_come_again(
    both: Office, tmp_path: Path
) -> None:
    outlet = shop(both)
    path = sheet(tmp_path, VETO, ["TY001", "v5", "2026-10-08", "查实"])
    apply(both, Sort.VETOES, path)
    assert plan(both, Sort.VETOES, path).fates[0].outcome == "same"
    with both.work() as work:
        [event] = work.session.exec(select(VetoEvent))
        assert (event.outlet_id, event.code) == (outlet.id, "V5")
        vetoes.take_back(work, event.id, "复核后不成立")
    [fate] = plan(both, Sort.VETOES, path).fates
    assert (fate.outcome, fate.faults[0].cell) == ("wrong", "B2")
    with both.work(write=False) as work:
        names = [event.name for event in work.session.exec(select(Event).order_by(col(Event.id)))]
    assert names[-3:] == ["veto.entered", "input.imported", "veto.withdrawn"]


@pytest.mark.parametrize(
    ("row", "cell"),
    [
        (["NONE", "V1", "2026-10-08", "x"], "A2"),
        (["TY001", "V11", "2026-10-08", "x"], "B2"),
        (["TY001", "V1", "2026-11-22", "x"], "C2"),
        (["TY001", "V1", "2026-10-08", ""], "D2"),
    ],
)
def test_a_veto_event_that_cannot_be_is_named_by_its_cell(
    office: Office, tmp_path: Path, row: list[object], cell: str
) -> None:
    shop(office)
    [fate] = plan(office, Sort.VETOES, sheet(tmp_path, VETO, row)).fates
    assert cell in [fault.cell for fault in fate.faults]


def test_a_veto_event_by_hand_is_entered_once_and_taken_back_once(both: Office) -> None:
    shop(both)
    day = date(2026, 10, 8)
    with both.work() as work:
        made = vetoes.enter(work, "TY001", "V1", day, "查实")
        with pytest.raises(VetoThere):
            vetoes.enter(work, "TY001", "V1", day, "查实")
        with pytest.raises(VetoUnknown):
            vetoes.enter(work, "TY001", "V99", day, "查实")
        with pytest.raises(VetoUnknown):
            vetoes.enter(work, "TY001", "V1", date(2026, 11, 22), "查实")
        with pytest.raises(NotFound):
            vetoes.enter(work, "NONE", "V1", day, "查实")
        vetoes.take_back(work, made.id, "不成立")
        with pytest.raises(VetoTakenBack):
            vetoes.take_back(work, made.id, "不成立")
    with both.work(write=False) as work:
        assert read.vetoes(work.connection, SYSTEM, day, date(2026, 11, 1)) == {}


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.HQ, Role.ADMIN)])
def test_only_head_office_and_administrators_import(office: Office, tmp_path: Path, role: Role) -> None:
    shop(office)
    path = sheet(tmp_path, SAT, ["TY001", MONTH, "营业厅", 9, 10])
    viewer = people.viewer_of(make.user(office, role=role))
    with pytest.raises(NotAllowed), office.work(viewer) as work:
        inputs.apply(work, Sort.SATISFACTION, path)
    with pytest.raises(NotAllowed), office.work(viewer) as work:
        vetoes.enter(work, "TY001", "V1", date(2026, 10, 8), "x")


@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_template_of_each_sort_can_be_taken_in_as_it_is(
    office: Office, tmp_path: Path, sort: Sort, language: str
) -> None:
    shop(office)
    path = tmp_path / "template.xlsx"
    with office.work(write=False) as work:
        path.write_bytes(inputs.template(work, sort, language))
    found = plan(office, sort, path)
    assert [fate.faults for fate in found.fates] == [()]
    assert set(COLUMNS[sort]) >= {"outlet"}


def test_fifty_thousand_rows_are_taken_in_at_once(both: Office, tmp_path: Path) -> None:
    place = make.unit(both, "sx", "ty", "xd", "d1", "a1")
    with both.work() as work:
        for n in range(2500):
            work.session.add(
                Outlet(
                    id=uuid4(),
                    code=f"N{n:05d}",
                    name=f"网点{n}",
                    pinyin="wd",
                    unit_id=place.id,
                    unit_path=place.path,
                    tier=Tier.ORDINARY,
                    class_="B",
                    setting="city",
                    status=OutletStatus.ACTIVE,
                    changed_at=work.now,
                )
            )
    months = ("2026-06", "2026-07", "2026-08", "2026-09", "2026-10")
    kinds = ("营业厅", "终端", "数据", "中高端")
    rows = [[f"N{n:05d}", month, kind, 90, 100] for n in range(2500) for month in months for kind in kinds]
    found = apply(both, Sort.SATISFACTION, sheet(tmp_path, SAT, *rows))
    assert (len(rows), found.count("new"), found.clean) == (50_000, 50_000, True)
    rows.append(["N00000", "2026-05", "营业厅", 90, 100])
    with pytest.raises(SheetWrong) as wrong:
        plan(both, Sort.SATISFACTION, sheet(tmp_path, SAT, *rows))
    assert wrong.value.faults[0].facts == {"limit": 50_000, "rows": 50_001}


@pytest.mark.parametrize("state", list(PeriodState))
def test_nothing_that_published_figures_were_computed_from_changes(
    office: Office, tmp_path: Path, state: PeriodState
) -> None:
    shop(office)
    close(office, MONTH, state)
    [fate] = plan(
        office, Sort.AUDIT, sheet(tmp_path, ["outlet", "month", "errors"], ["TY001", MONTH, 1])
    ).fates
    assert fate.outcome == ("wrong" if state in (PeriodState.PUBLISHED, PeriodState.CLOSED) else "new")


def test_drafts_follow_an_import_and_a_veto_event_and_earlier_ones_do_not(
    both: Office, tmp_path: Path
) -> None:
    outlet = shop(both)
    for month in ("2026-08", MONTH):
        periods.draft(both, SYSTEM, month)
    header = ["outlet", "month", "customer", "satisfied", "replies"]
    apply(both, Sort.SATISFACTION, sheet(tmp_path, header, ["TY001", MONTH, "hall", 99, 100]))
    header = ["outlet", "month", "errors"]
    apply(both, Sort.AUDIT, sheet(tmp_path, header, ["TY001", MONTH, 0]))
    apply(both, Sort.COMPLAINTS, sheet(tmp_path, COMPLAINTS), MONTH)
    assert composite(both, outlet) is None
    assert input_followup.follow(both, imports(both)[0].id) == [MONTH]
    assert composite(both, outlet) == 10000
    with both.work() as work:
        event = vetoes.enter(work, "TY001", "V1", date(2026, 8, 8), "查实").id
    assert input_followup.follow(both, event) == ["2026-08", MONTH]


def composite(office: Office, outlet: Outlet) -> int | None:
    with office.work(write=False) as work:
        [found] = results.results(work.connection, SYSTEM, MONTH, ["composite"], {str(outlet.id)})
    return found.hundredths
