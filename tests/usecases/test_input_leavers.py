"""Inputs of outlets that have left: those of the months in which they were there are still taken."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from uuid import uuid4

from server.domain.input_sorts import Sort
from server.storage.decisions import OutletChange
from server.storage.organisation import Outlet, OutletStatus
from server.usecases.work import Office
from tests.usecases.test_inputs import COMPLAINTS, MONTH, STAFF, VETO, apply, count, plan, sheet, shop


def test_inputs_of_months_in_which_an_outlet_was_there_are_taken_after_it_left(
    both: Office, tmp_path: Path
) -> None:
    leaver, gone, other = shop(both), shop(both, "TY002", status=OutletStatus.EXITED), shop(both, "TY003")
    with both.work() as work:
        work.session.get_one(Outlet, leaver.id).status = OutletStatus.EXITED
        work.session.add(
            OutletChange(
                id=uuid4(),
                outlet_id=leaver.id,
                field="status",
                before="active",
                after="exited",
                from_day=date(2026, 11, 1),
                at=work.now,
            )
        )
    customers = ["网点编码", "月份", "客户数"]
    path = sheet(tmp_path, customers, ["TY001", MONTH, 5], ["TY001", "2026-11", 5], ["TY002", MONTH, 5])
    assert [
        [(fault.cell, fault.facts.get("day")) for fault in fate.faults]
        for fate in plan(both, Sort.CUSTOMERS, path).fates
    ] == [[("A3", "2026-10-31")], [("A4", None)], []]
    assert apply(both, Sort.CUSTOMERS, sheet(tmp_path, customers, ["TY001", MONTH, 5])).clean
    assert apply(both, Sort.STAFF, sheet(tmp_path, STAFF, ["TY001", MONTH, "1", "王", "是", ""])).clean
    vetoes_ = plan(
        both,
        Sort.VETOES,
        sheet(tmp_path, VETO, *[["TY001", "V1", f"2026-{day}", "查实"] for day in ("10-31", "11-02")]),
    )
    assert [fate.outcome for fate in vetoes_.fates] == ["new", "wrong"]
    # Of a complete list the outlets speak that were there: a 0 for each.
    apply(both, Sort.COMPLAINTS, sheet(tmp_path, COMPLAINTS), complete=MONTH)
    assert [count(both, each, "complaints") for each in (leaver, gone, other)] == [
        (0, 0, None),
        None,
        (0, 0, None),
    ]
