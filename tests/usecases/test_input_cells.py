"""Cells of inputs that a spreadsheet or a pen has changed: what is cut, lost or full-width is read right or refused by its name."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from server.domain.input_sorts import Sort, day_of
from server.domain.tickets import Ticket, counted
from server.gateways.spreadsheet import SheetWrong
from server.queries.rules import rules_on
from server.usecases.work import Office
from tests.usecases.test_inputs import apply, count, plan, sheet, shop


def test_a_number_that_a_comma_cut_in_two_is_refused_by_its_cell(office: Office, tmp_path: Path) -> None:
    shop(office)
    path = tmp_path / "cut.csv"
    path.write_text("网点编码,月份,客户数\nTY001,2026-10,1,280\n", encoding="utf-8")
    with pytest.raises(SheetWrong) as said:
        plan(office, Sort.CUSTOMERS, path)
    (fault,) = said.value.faults
    assert (fault.cell, fault.facts["value"]) == ("D2", "280")
    path.write_text("网点编码,月份,客户数,,\nTY001,2026-10,1280,,\n", encoding="utf-8")
    assert plan(office, Sort.CUSTOMERS, path).clean


def test_a_month_of_which_a_spreadsheet_lost_the_nought_is_refused(office: Office, tmp_path: Path) -> None:
    shop(office)
    path = sheet(tmp_path, ["网点编码", "月份", "客户数"], ["TY001", 2026.10, 5], name="month.xlsx")
    (fate,) = plan(office, Sort.CUSTOMERS, path).fates
    assert [(fault.cell, fault.facts["value"]) for fault in fate.faults] == [("B2", "2026.1")]


def test_full_width_digits_are_read_in_months_days_and_counts(office: Office, tmp_path: Path) -> None:
    made = shop(office)
    path = sheet(tmp_path, ["网点编码", "月份", "客户数"], ["TY001", "２０２６－１０", "１２８０"])
    assert apply(office, Sort.CUSTOMERS, path).clean
    assert (count(office, made, "customers") or (0,))[0] == 1280
    assert day_of("２０２６-１０-０８") == date(2026, 10, 8)


def test_which_transactions_have_the_longer_limit_is_said_by_the_rules(office: Office) -> None:
    with office.work(write=False) as work:
        rules = rules_on(work.connection, date(2026, 10, 8)).indicators
    handling = rules.handling_on_time.model_copy(update={"long_business": ("补卡",)})
    own = rules.model_copy(update={"handling_on_time": handling})
    at = datetime(2026, 10, 8, 9)  # noqa: DTZ001
    took = Ticket("补卡", "other", at, at, at.replace(minute=8))
    assert [counted([(took, each)])[0].part for each in (rules, own)] == [0, 1]
