"""The fate of each row of a list of outlets in people's words; an empty cell says nothing; a status follows decisions."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from itertools import permutations
from pathlib import Path

import pytest
from sqlmodel import select

from server.domain.deciding import may_be_listed
from server.domain.imports import Change
from server.gateways import texts
from server.queries.import_words import joined, told
from server.storage.events import Event
from server.storage.organisation import Outlet, OutletStatus, Tier, Unit
from server.usecases import outlets
from server.usecases.imports import Fate, Import
from server.usecases.work import Office
from tests import make
from tests.conftest import Clock
from tests.usecases.test_outlets import HEADER, row, sheet

KEPT = ("编码", "名称", "层级", "地域", "单位")
FIRST = date(2026, 12, 1)


@pytest.fixture
def there(both: Office, clock: Clock) -> Office:
    """Two areas, and an outlet on probation, of class C, with everything that an outlet has."""
    clock.now = datetime(2026, 11, 29, 3, tzinfo=UTC)
    make.unit(both, "sx", "ty", "xd", "d1", "a2")
    place = make.unit(both, "sx", "ty", "xd", "d1", "a1")
    make.outlet(
        both,
        tier=Tier.ORDINARY,
        place=place,
        code="TY900",
        name="小店通讯",
        class_="C",
        status=OutletStatus.PROBATION,
        address="长风街 1 号",
        phone="0351-7000000",
        lat=37.73,
        lng=112.56,
        cooperation_since=date(2020, 3, 1),
    )
    return both


def blank(**given: object) -> list[object]:
    """A row about the outlet that is there, which says nothing but what is given."""
    return ["TY900", *(given.get(heading, "") for heading in HEADER[1:])]


def plan(office: Office, folder: Path, *rows: list[object]) -> Import:
    with office.work(write=False) as work:
        return outlets.plan_import(work, sheet(folder, *rows))


def fate(office: Office, folder: Path, values: list[object]) -> Fate:
    [found] = plan(office, folder, values).fates
    return found


def apply(office: Office, folder: Path, *rows: list[object]) -> Import:
    with office.work() as work:
        return outlets.apply_import(work, sheet(folder, *rows))


def stored(office: Office) -> Outlet:
    with office.work(write=False) as work:
        found = work.session.exec(select(Outlet).where(Outlet.code == "TY900")).one()
        work.session.expunge(found)
        return found


def said(found: Fate, language: str = "zh") -> str:
    words = told(found.changes, found.counts, texts.translator(language, texts.catalogue()))
    return joined(words, language)


def test_an_empty_cell_says_nothing_of_an_outlet_that_is_there(there: Office, tmp_path: Path) -> None:
    before = stored(there)
    assert fate(there, tmp_path, blank()).outcome == "same"
    assert fate(there, tmp_path, blank(电话="0351-7000001")).changes == (
        Change("phone", "0351-7000000", "0351-7000001"),
    )
    assert apply(there, tmp_path, blank(电话="0351-7000001")).clean
    after = stored(there)
    kept = set(Outlet.model_fields) - {"phone", "changed_at"}
    assert {name: getattr(after, name) for name in kept} == {name: getattr(before, name) for name in kept}
    assert after.phone == "0351-7000001"


@pytest.mark.parametrize("word", ["-", "无", "None"])
def test_a_word_takes_away_what_an_outlet_may_do_without(there: Office, tmp_path: Path, word: str) -> None:
    emptied = blank(类别=word, 地址=word, 电话=word, 纬度=word, 经度=word)
    assert fate(there, tmp_path, emptied).changes == (
        Change("class", "C", "", FIRST),
        Change("address", "长风街 1 号", ""),
        Change("phone", "0351-7000000", ""),
        Change("lat", "37.73", ""),
        Change("lng", "112.56", ""),
    )
    apply(there, tmp_path, emptied)
    after = stored(there)
    assert (after.class_, after.address, after.phone, after.lat, after.lng) == ("", "", "", None, None)


@pytest.mark.parametrize("heading", ["名称", "层级", "地域", "单位", "合作起始", "状态"])
def test_what_an_outlet_cannot_do_without_is_not_taken_away(
    there: Office, tmp_path: Path, heading: str
) -> None:
    found = fate(there, tmp_path, blank(**{heading: "-"}))
    cell = f"{chr(ord('A') + HEADER.index(heading))}2"
    assert (found.outcome, [fault.cell for fault in found.faults]) == ("wrong", [cell])


@pytest.mark.parametrize(
    "half", [{"纬度": "-"}, {"经度": "无"}, {"纬度": "37.7"}, {"纬度": "37.7", "经度": "-"}]
)
def test_a_position_comes_and_goes_whole(there: Office, tmp_path: Path, half: dict[str, object]) -> None:
    found = fate(there, tmp_path, blank(**half))
    assert [fault.message for fault in found.faults] == ["纬度和经度要一起填。"]


def test_a_new_outlet_takes_the_defaults_for_empty_cells(there: Office, tmp_path: Path) -> None:
    named = dict(zip(HEADER, row(编码="TY901"), strict=True))
    apply(there, tmp_path, [named[heading] if heading in KEPT else "" for heading in HEADER])
    with there.work(write=False) as work:
        found = work.session.exec(select(Outlet).where(Outlet.code == "TY901")).one()
        assert (found.class_, found.status, found.phone, found.lat) == ("", "active", "", None)
    for heading in KEPT:
        lacking = fate(there, tmp_path, row(**{"编码": "TY902", heading: ""}))
        assert [fault.cell for fault in lacking.faults] == [f"{chr(ord('A') + HEADER.index(heading))}2"]


def test_each_field_is_told_from_what_to_what_in_peoples_words(there: Office, tmp_path: Path) -> None:
    with there.work() as work:
        for unit in work.session.exec(select(Unit)):
            unit.name = f"{unit.code} 片区"
    found = fate(
        there,
        tmp_path,
        blank(
            名称="小店二店",
            层级="exclusive",
            类别="b",
            地域="乡镇",
            单位="sx-ty-xd-d1-a2",
            电话="无",
            合作起始="2020-04-01",
            状态="正常",
        ),
    )
    assert said(found) == (
        "名称 小店通讯 → 小店二店，层级 普通代理店 → 指定专营店（自 2026-12-01 起），"
        "网点类别 C → B（自 2026-12-01 起），地域 城区 → 乡镇（自 2026-12-01 起），"
        "单位 sx-ty-xd-d1-a1 片区 sx-ty-xd-d1-a1 → sx-ty-xd-d1-a2 片区 sx-ty-xd-d1-a2，"
        "电话 0351-7000000 → 空，合作起始 2020-03-01 → 2020-04-01，状态 观察 → 正常"
    )
    english = said(found, "en")
    assert "Phone 0351-7000000 → empty" in english
    assert "State On probation → Active" in english
    assert "Class C → B (from 2026-12-01)" in english
    new = fate(there, tmp_path, row(编码="TY902", 电话="", 类别=""))
    assert said(new) == (
        "名称 小店通讯，层级 普通代理店，地域 城区，单位 sx-ty-xd-d1-a1 片区 sx-ty-xd-d1-a1，"
        "地址 长风街 1 号，纬度 37.73，经度 112.56，合作起始 2020-03-01，状态 正常"
    )


def test_a_status_goes_where_a_decision_would_bring_it_or_begins_anew() -> None:
    may = {(a, b) for a, b in permutations(OutletStatus, 2) if may_be_listed(a.value, b.value)}
    assert {(a.value, b.value) for a, b in may} == {
        ("active", "probation"),
        ("probation", "active"),
        ("active", "exited"),
        ("probation", "exited"),
        ("onboarding", "exited"),
        ("onboarding", "active"),
        ("exited", "onboarding"),
    }


@pytest.mark.parametrize("word", ["正常", "观察"])
def test_a_list_does_not_bring_back_who_has_left(there: Office, tmp_path: Path, word: str) -> None:
    assert apply(there, tmp_path, blank(状态="退出")).clean
    found = apply(there, tmp_path, blank(状态=word))
    [wrong] = found.fates
    assert (wrong.outcome, wrong.faults[0].cell) == ("wrong", "L2")
    assert wrong.faults[0].message == "网点已退出，名单不能让它恢复：重新合作请写“准入中”，再作准入决定。"
    assert stored(there).status == "exited"
    assert apply(there, tmp_path, blank(状态="准入中")).clean
    assert stored(there).status == "onboarding"


def test_a_step_that_no_decision_makes_is_refused_with_its_words(there: Office, tmp_path: Path) -> None:
    found = fate(there, tmp_path, blank(状态="准入中"))
    assert found.faults[0].message == "状态不能由“{before}”改为“{after}”：升降级里没有这样的决定。"
    assert found.faults[0].said("zh") == {"before": "观察", "after": "准入中"}
    assert found.faults[0].said("en") == {"before": "probation", "after": "onboarding"}


def test_whoever_changes_a_status_by_a_list_is_told_that_people_decide_it(
    there: Office, tmp_path: Path
) -> None:
    found = fate(there, tmp_path, blank(状态="正常"))
    assert [(note.cell, note.message) for note in found.notes] == [
        ("L2", "状态由名单直接改变，不经过升降级决定，请核对。")
    ]
    assert fate(there, tmp_path, blank(类别="A")).notes == ()


def test_own_halls_are_what_their_list_says_for_nothing_is_decided_about_them(
    both: Office, tmp_path: Path
) -> None:
    place = make.unit(both, "sx", "ty", "xd", "d1", "a1")
    make.outlet(both, tier=Tier.OWN_HALL, place=place, code="TY900", status=OutletStatus.EXITED)
    found = fate(both, tmp_path, blank(状态="正常"))
    assert (found.outcome, len(found.notes)) == ("changed", 1)


def test_the_event_says_which_fields_changed(there: Office, tmp_path: Path) -> None:
    apply(there, tmp_path, blank(状态="正常", 电话="-"))
    with there.work(write=False) as work:
        [event] = work.session.exec(select(Event).where(Event.name == "outlet.changed"))
    assert json.loads(event.facts)["fields"] == ["phone", "status"]
