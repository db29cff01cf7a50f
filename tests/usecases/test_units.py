"""Importing units: every row's fate is told by its cell, nothing is stored unless every row is clean."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import col, select

from server.domain.access import Role
from server.domain.errors import NotAllowed
from server.storage.events import Event
from server.storage.organisation import Unit
from server.usecases import people, units
from server.usecases.work import Office
from tests import make
from tests.usecases.test_outlets import sheet

HEADER = ["编码", "名称", "级别", "上级"]
SX = ["SX", "省公司", "省公司", ""]
TY = ["TY", "太原分公司", "市分公司", "SX"]
XD = ["XD", "小店公司", "county", "TY"]


def table(folder: Path, *rows: list[str], header: list[str] = HEADER, name: str = "units.xlsx") -> Path:
    return sheet(folder, *map(list, rows), header=header, name=name)


def stored(office: Office) -> list[Unit]:
    with office.work(write=False) as work:
        return list(work.session.exec(select(Unit).order_by(col(Unit.path))))


@pytest.mark.parametrize("name", ["units.xlsx", "units.csv"])
def test_a_clean_file_is_stored_whatever_its_order_with_an_event_for_each(
    both: Office, tmp_path: Path, name: str
) -> None:
    path = table(tmp_path, XD, TY, SX, header=["code", "name", "kind", "parent"], name=name)
    with both.work() as work:
        found = units.apply_import(work, path)
    assert [fate.outcome for fate in found.fates] == ["new"] * 3
    province, branch, county = stored(both)
    assert (province.path, branch.path, county.path) == ("SX/", "SX/TY/", "SX/TY/XD/")
    assert (province.parent_id, branch.parent_id, county.parent_id) == (None, province.id, branch.id)
    assert (province.kind, branch.kind, county.kind) == ("province", "branch", "county")
    with both.work(write=False) as work:
        assert [event.name for event in work.session.exec(select(Event))] == ["unit.added"] * 3


def test_a_trial_and_a_file_with_one_wrong_row_store_nothing(office: Office, tmp_path: Path) -> None:
    with office.work(write=False) as work:
        assert units.plan_import(work, table(tmp_path, SX, TY)).count("new") == 2
    with office.work() as work:
        assert not units.apply_import(work, table(tmp_path, SX, TY, ["XD", "", "county", "TY"])).clean
    assert not stored(office)


@pytest.mark.parametrize(
    ("rows", "cells"),
    [
        ([SX, ["T Y", "太原", "branch", "SX"]], ["A3"]),
        ([SX, SX], ["A3"]),
        ([SX, TY, ["ty", "别的", "branch", "SX"]], ["A4"]),
        ([SX, ["TY", "", "branch", "SX"]], ["B3"]),
        ([SX, ["TY", "长" * 81, "branch", "SX"]], ["B3"]),
        ([SX, ["TY", "太原", "大区", "SX"]], ["C3"]),
        ([SX, ["TY", "太原", "branch", ""]], ["D3"]),
        ([SX, ["TY", "太原", "branch", "nowhere"]], ["D3"]),
        ([["SX", "省公司", "province", "SX"]], ["D2"]),
        ([SX, TY, ["YC", "阳曲", "branch", "TY"]], ["D4"]),
        ([["A", "甲", "branch", "B"], ["B", "乙", "county", "A"]], ["D2", "D3"]),
        ([["A", "甲", "county", "A"]], ["D2"]),
        ([SX, ["TY", "=1+1", "branch", "SX"]], ["B3"]),
        (
            [
                SX,
                ["b" * 40, "b", "branch", "SX"],
                ["c" * 40, "c", "county", "b" * 40],
                ["d" * 40, "d", "department", "c" * 40],
                ["e" * 40, "e", "area", "d" * 40],
            ],
            [],
        ),
    ],
)
def test_a_fault_is_named_by_its_cell(
    office: Office, tmp_path: Path, rows: list[list[str]], cells: list[str]
) -> None:
    with office.work(write=False) as work:
        found = units.plan_import(work, table(tmp_path, *rows))
    assert sorted({fault.cell for fate in found.fates for fault in fate.faults}) == cells


def test_codes_that_are_too_long_together_are_refused(office: Office, tmp_path: Path) -> None:
    codes = [letter * 40 for letter in "abcde"]
    kinds = ("province", "branch", "county", "department", "area")
    rows = [list(row) for row in zip(codes, codes, kinds, ["", *codes], strict=False)]
    with office.work(write=False) as work:
        found = units.plan_import(work, table(tmp_path, *rows))
    assert [fault.cell for fate in found.fates for fault in fate.faults] == ["A6"]


def test_importing_again_changes_names_and_adds_but_moves_nothing(office: Office, tmp_path: Path) -> None:
    with office.work() as work:
        units.apply_import(work, table(tmp_path, SX, TY))
    with office.work() as work:
        found = units.apply_import(work, table(tmp_path, SX, ["TY", "太原市分公司", "branch", "SX"], XD))
    assert [fate.outcome for fate in found.fates] == ["same", "changed", "new"]
    assert [unit.name for unit in stored(office)] == ["省公司", "太原市分公司", "小店公司"]
    with office.work(write=False) as work:
        moved = units.plan_import(work, table(tmp_path, ["XD", "小店公司", "department", "SX"]))
    assert [fault.cell for fault in moved.fates[0].faults] == ["C2", "D2"]


def test_only_an_administrator_imports(office: Office, tmp_path: Path) -> None:
    viewer = people.viewer_of(make.user(office, role=Role.HQ))
    with pytest.raises(NotAllowed), office.work(viewer) as work:
        units.apply_import(work, table(tmp_path, SX))
