"""Week plans in the console and for the phone: what is due, what covers it, and that nothing of it tells of a covert visit."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlmodel import select

from server.domain.access import Role
from server.domain.visit import VisitKind, VisitState
from server.storage.decisions import OutletChange
from server.storage.events import Event
from server.storage.organisation import Outlet, Tier, Unit, User
from server.storage.periods import PeriodRow, PeriodState
from server.storage.plan_reminders import PlanReminder
from server.usecases.work import Office
from tests import commissioned, make
from tests.conftest import Clock
from tests.make import Caller
from tests.planned import agent, visited

MONDAY = date(2026, 11, 23)
WEDNESDAY = date(2026, 11, 25)
PAGES = (
    "/plan",
    "/plan/week",
    "/plan/coverage",
    "/plan/overdue",
    "/plan/meetings",
    "/plan/coaching",
    "/desk",
)


@dataclass
class Area:
    """An area with three outlets: class A visited this week, class B long overdue, class C visited eleven days ago."""

    unit: Unit
    manager: User
    done: Outlet
    late: Outlet
    rested: Outlet


@pytest.fixture
def area(office: Office, clock: Clock) -> Area:
    clock.forward(days=4)
    unit = make.unit(office, "sx", "ty", "xd", "d1", "a1")
    manager = make.user(office, role=Role.AREA_MANAGER, unit_path=unit.path, unit_id=unit.id)
    done = agent(office, unit, name="做完的店", class_="A")
    late = agent(office, unit, name="拖着的店", class_="B")
    rested = agent(office, unit, name="刚去的店", class_="C")
    visited(office, manager, done, MONDAY - timedelta(days=5))
    visited(office, manager, done, MONDAY)
    visited(office, manager, late, date(2026, 10, 20))
    visited(office, manager, rested, date(2026, 11, 22))
    return Area(unit, manager, done, late, rested)


@pytest.fixture
def signed_in(app: Flask) -> Callable[[User], Caller]:
    return lambda user: Caller.sign_in(app.test_client(), user)


def plan_of(caller: Caller) -> dict[str, Any]:
    changes = caller.get("/api/v1/sync").get_json()["changes"]
    found: dict[str, Any] = next(each["data"] for each in changes if each["type"] == "plan")
    return found


def text(caller: Caller, path: str) -> str:
    answer = caller.get(path)
    assert answer.status_code == 200, path
    return re.sub(r'value="[0-9a-f]{64}"', "", answer.get_data(as_text=True))


def test_the_week_says_what_is_done_due_and_overdue_and_why(
    area: Area, signed_in: Callable[[User], Caller]
) -> None:
    manager = signed_in(area.manager)
    page = text(manager, "/plan")
    assert "A 类网点，每周 1 次" in page
    assert "自 2026年11月3日 起逾期" in page
    assert "连续 4 周没有走访" in page
    assert "刚去的店" not in page
    assert page.index("拖着的店") < page.index("做完的店")
    stops = {each["outlet_id"]: each for each in plan_of(manager)["stops"]}
    assert stops[str(area.late.id)] == {
        "outlet_id": str(area.late.id),
        "why": "others",
        "asked": 1,
        "made": 0,
        "overdue_since": "2026-11-03",
        "weeks_missed": 4,
        "days": ["2026-11-25"],
    }
    assert stops[str(area.done.id)]["made"] == 1
    assert stops[str(area.done.id)]["days"] == []
    assert set(stops) == {str(area.late.id), str(area.done.id)}


def test_the_longest_neglected_stand_first_on_every_list_though_all_weekly_ones_are_overdue_since_monday(
    office: Office, area: Area, signed_in: Callable[[User], Caller]
) -> None:
    for name, day in (
        ("三周没去", date(2026, 11, 1)),
        ("一周没去", date(2026, 11, 15)),
        ("两周没去", date(2026, 11, 8)),
    ):
        visited(office, area.manager, agent(office, area.unit, name=name, class_="A"), day)
    manager = signed_in(area.manager)
    wanted = ["拖着的店", "三周没去", "两周没去", "一周没去"]
    for page in ("/plan", "/plan/overdue"):
        table = text(manager, page).rpartition("<tbody>")[2]
        assert sorted(wanted, key=table.index) == wanted, page
        assert "自 2026年11月3日 起逾期" in table, page
        # Weekly demands fall due each Monday, which says nothing of how long nobody came.
        assert "自 2026年11月23日" not in table, page
        assert "连续 3 周没有走访" in table, page
    stops = plan_of(manager)["stops"]
    assert [each["weeks_missed"] for each in stops] == [4, 3, 2, 1, 0]
    next_week = text(manager, f"/plan?week={MONDAY + timedelta(days=7)}")
    assert "连续" in next_week
    assert "连续 5 周" not in next_week


def test_last_week_stands_as_on_its_sunday_and_next_week_is_planned_ahead(
    area: Area, signed_in: Callable[[User], Caller]
) -> None:
    manager = signed_in(area.manager)
    before = text(manager, "/plan?week=2026-11-16")
    assert "刚去的店" in before
    assert "建议行程" not in before
    ahead = text(manager, "/plan?week=2026-12-02")
    assert "做完的店" in ahead
    assert "按今天的情况预排" in ahead
    assert "2026年11月30日" in text(manager, "/plan?week=2027-05-01")
    assert text(manager, "/plan?week=nonsense").count("本周") >= 1


def test_nothing_is_overdue_from_a_day_ahead_and_what_a_week_left_out_is_named(
    office: Office, clock: Clock, area: Area, signed_in: Callable[[User], Caller]
) -> None:
    weekly = agent(office, area.unit, name="一直没去的店", class_="A")
    visited(office, area.manager, weekly, MONDAY - timedelta(days=3))
    manager = signed_in(area.manager)
    ahead = text(manager, f"/plan?week={MONDAY + timedelta(days=7)}")
    assert "一直没去的店" in ahead
    assert "自 2026年11月30日 起逾期" not in ahead
    clock.now = datetime(2026, 11, 29, 3, tzinfo=UTC)
    sunday = text(manager, "/plan")
    row = sunday[sunday.rindex("一直没去的店") :].split("</tr>")[0]
    assert "没有做满" in row
    assert "未逾期" not in row


def test_who_is_overdue_today_is_so_in_next_weeks_plan_too(
    office: Office, area: Area, signed_in: Callable[[User], Caller]
) -> None:
    weekly = agent(office, area.unit, name="上周没去的店", class_="A")
    visited(office, area.manager, weekly, MONDAY - timedelta(days=10))
    manager = signed_in(area.manager)
    here, ahead = text(manager, "/plan"), text(manager, f"/plan?week={MONDAY + timedelta(days=7)}")
    assert [re.findall(r"逾期网点</dt><dd>(\d+)", page) for page in (here, ahead)] == [["2"], ["2"]]
    row = ahead[ahead.rindex("上周没去的店") :].split("</tr>")[0]
    assert "连续 1 周没有走访" in row
    visited(office, area.manager, weekly, WEDNESDAY)
    assert "逾期网点</dt><dd>1" in text(manager, f"/plan?week={MONDAY + timedelta(days=7)}")


def test_a_week_that_was_done_by_half_is_overdue_in_words(
    office: Office, area: Area, signed_in: Callable[[User], Caller]
) -> None:
    others = [agent(office, area.unit, class_="C") for _ in range(20)]
    scores = {outlet.id: f"{60 + number}" for number, outlet in enumerate(others)}
    commissioned.publish(office, 8, {area.rested.id: "50", **scores}, [*others, area.rested])
    with office.work() as work:
        for row in work.session.exec(select(PeriodRow)):
            row.published_at = datetime(2026, 11, 10, tzinfo=UTC)
    late = text(signed_in(area.manager), "/plan/overdue").rpartition("<tbody>")[2]
    row = late[late.index("刚去的店") :].split("</tr>")[0]
    assert "上周没有做满" in row


def test_a_year_without_a_calendar_is_said_and_none_of_its_days_is_proposed(
    office: Office, clock: Clock, area: Area, signed_in: Callable[[User], Caller]
) -> None:
    for number in range(12):
        agent(office, area.unit, name=f"第{number}家")
    clock.now = datetime(2026, 12, 28, 3, tzinfo=UTC)
    manager = signed_in(area.manager)
    said = "2027 年的工作日历还没有发布"
    page = text(manager, "/plan")
    assert said in page
    assert "2026年12月31日</span></h3>" in page
    assert "2027年1月1日</span></h3>" not in page
    week = plan_of(manager)
    assert week["no_calendar"] == [2027]
    assert {day for stop in week["stops"] for day in stop["days"]} <= {
        f"2026-12-{day}" for day in range(28, 32)
    }
    ahead = text(manager, "/plan?week=2027-01-04")
    assert said in ahead
    assert "建议行程" not in ahead
    assert said not in text(manager, "/plan?week=2026-12-21")


def _covert_world(office: Office, area: Area) -> None:
    """A covert task and covert visits in every state at each outlet of the area, around and in this week."""
    shopper = make.user(office, role=Role.SHOPPER)
    for outlet in (area.done, area.late, area.rested):
        make.assignment(office, shopper, outlet, window_from=MONDAY, window_to=MONDAY + timedelta(days=6))
        for turn, state in enumerate((VisitState.SUBMITTED, VisitState.ACCEPTED, VisitState.VOID)):
            day = MONDAY - timedelta(days=1 - turn)
            visited(office, shopper, outlet, day, kind=VisitKind.MYSTERY, state=state)
            # What a shopper does is covert whatever it is called.
            visited(office, shopper, outlet, day, state=state)
    visited(office, shopper, area.late, date(2021, 1, 1), kind=VisitKind.MYSTERY)


def test_covert_tasks_and_visits_change_nothing_that_a_manager_or_a_branch_can_see(
    office: Office, area: Area, signed_in: Callable[[User], Caller]
) -> None:
    branch = make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/ty/")
    callers = [signed_in(area.manager), signed_in(branch)]
    path = area.unit.path
    pages = [*PAGES, "/plan?week=2026-11-30", "/plan?week=2026-11-16", f"/plan/week?within={path}"]

    def seen() -> list[str]:
        return [
            *(text(caller, page) for caller in callers for page in pages if page != "/plan/week"),
            str(plan_of(callers[0])),
        ]

    before = seen()
    _covert_world(office, area)
    assert seen() == before


def test_a_day_outside_the_calendar_is_this_week_for_head_office_too(
    office: Office, area: Area, signed_in: Callable[[User], Caller]
) -> None:
    hq = signed_in(make.user(office, role=Role.HQ))
    assert "2026年11月23日" in text(hq, f"/plan/apart?within={area.unit.path}&week=0001-01-01")


def test_only_head_office_sees_which_days_keep_covert_visits_apart(
    office: Office, area: Area, signed_in: Callable[[User], Caller]
) -> None:
    _covert_world(office, area)
    where = f"/plan/apart?within={area.unit.path}"
    page = text(signed_in(make.user(office, role=Role.HQ)), where)
    # The visit is proposed for Wednesday the 25th: of the window's days from then on two keep three days.
    row = page[page.index("拖着的店") : page.index("</tr>", page.index("拖着的店"))]
    assert "11-28、11-29" in row
    assert "11-27" not in row
    for role, unit_path in ((Role.AREA_MANAGER, area.unit.path), (Role.BRANCH_MANAGER, "sx/ty/")):
        caller = signed_in(make.user(office, role=role, unit_path=unit_path))
        assert caller.get(where).status_code == 403
        assert "plan/apart" not in text(caller, f"/plan/week?within={area.unit.path}")


@pytest.mark.parametrize("state", list(PeriodState))
def test_only_a_published_ranking_asks_for_two_visits_a_week(
    office: Office, area: Area, signed_in: Callable[[User], Caller], state: PeriodState
) -> None:
    others = [agent(office, area.unit, class_="C") for _ in range(20)]
    scores = {outlet.id: f"{60 + number}" for number, outlet in enumerate(others)}
    everybody = [*others, area.rested]
    commissioned.publish(office, 8, {area.rested.id: "50", **scores}, everybody, state=state)
    asked = {each["outlet_id"]: each["asked"] for each in plan_of(signed_in(area.manager))["stops"]}
    stands = state in (PeriodState.PUBLISHED, PeriodState.CLOSED)
    assert asked.get(str(area.rested.id)) == (2 if stands else None)
    assert [asked[str(outlet.id)] for outlet in others] == ([2] * 9 + [1] * 11 if stands else [1] * 20)


def test_what_was_asked_in_a_week_stays_when_a_month_is_published_after_it(
    office: Office, area: Area, signed_in: Callable[[User], Caller]
) -> None:
    manager = signed_in(area.manager)
    others = [agent(office, area.unit, name=f"第{number:02}家") for number in range(20)]
    scores = {outlet.id: f"{60 + number}" for number, outlet in enumerate(others)}
    commissioned.publish(office, 8, {area.rested.id: "50", **scores}, [*others, area.rested])
    assert "每周 2 次" in text(manager, "/plan")
    assert "每周 2 次" not in text(manager, "/plan?week=2026-11-16")


def test_coverage_counts_weeks_by_every_sort_of_unit_and_leads_down_to_the_week(
    office: Office, area: Area, signed_in: Callable[[User], Caller]
) -> None:
    other = make.unit(office, "sx", "dt", "pc", "d1", "a1")
    elsewhere = agent(office, other, class_="A")
    make.outlet(office, place=other, tier=Tier.OWN_HALL)
    visited(office, area.manager, elsewhere, WEDNESDAY)
    caller = signed_in(make.user(office, role=Role.HQ))
    page = text(caller, "/plan")
    # The branch where least was done comes first, and opens its counties.
    assert page.rindex("单位sx-ty") > page.rindex("单位sx-dt")
    assert "/plan/coverage?within=sx/ty/&amp;by=county" in page
    by_area = text(caller, "/plan/coverage?by=area&within=sx/ty/")
    assert "单位sx-ty-xd-d1-a1" in by_area
    assert "单位sx-dt" not in by_area.split("<table")[1]
    by_manager = text(caller, "/plan/coverage?by=manager&weeks=8")
    assert area.manager.name in by_manager
    rows = caller.get("/plan/coverage?by=area&as=csv").get_data(as_text=True).splitlines()
    mine = next(line for line in rows if "sx-ty" in line)
    # Four weeks: class A is asked four times and made twice, the late one asked in every second week, the third one due since
    # 20 October so too: it was made in the week after the second of its weeks, and that visit is the one of these fourteen days.
    assert mine.split(",")[2:7] == ["3", "8", "3", "37.50%", "1"]
    assert rows[0].split(",")[7:9] == ["2026-11-02 周要求次数", "2026-11-02 周已走访"]
    # The weeks follow, and all together come last: as on the page, on narrow screens too.
    assert mine.split(",")[7:] == ["3", "0", "1", "0", "3", "2", "1", "1"]
    assert rows[-1].split(",")[:2] + rows[-1].split(",")[3:7] == ["合计", "", "12", "4", "33.33%", "1"]
    assert by_area.count('data-label="11-02 周"') == 2
    assert caller.get("/plan/coverage?within=sx/nowhere/").status_code == 404


_FIELDS = {"unit": "unit_path", "status": "status", "tier": "tier", "class": "class_"}


def _changed(
    office: Office, outlet: Outlet, field: str, before: str, after: str, day: date = WEDNESDAY
) -> None:
    """What an outlet is by now, and what its history keeps of that: it holds from Wednesday or another day on."""
    with office.work() as work:
        row = work.session.get_one(Outlet, outlet.id)
        setattr(row, _FIELDS[field], after)
        work.session.add(
            OutletChange(
                id=uuid4(),
                outlet_id=outlet.id,
                field=field,
                before=before,
                after=after,
                from_day=day,
                at=work.now,
            )
        )


def _sums(caller: Caller, within: str) -> tuple[list[str], list[str]]:
    """Of four weeks of an area: outlets and visits asked and made, then each week's share as its page has it."""
    rows = caller.get(f"/plan/coverage?by=area&within={within}&as=csv").get_data(as_text=True).splitlines()
    found = rows[1].split(",")[2:5] if len(rows) > 2 else []
    page = text(caller, f"/plan/coverage?by=area&within={within}")
    return found, re.findall(r'<td class="n week"[^>]*>(.*?)</td>', page.rpartition("<tfoot>")[2], re.S)


@pytest.mark.parametrize("field", ["status", "unit"])
def test_weeks_that_are_over_keep_an_outlet_that_has_left_or_gone_to_another_area_since(
    office: Office, area: Area, signed_in: Callable[[User], Caller], field: str
) -> None:
    manager, other = signed_in(area.manager), make.unit(office, "sx", "ty", "xd", "d2", "a1")
    asked, weeks = _sums(manager, area.unit.path)
    assert asked == ["3", "8", "3"]
    before, after = ("active", "exited") if field == "status" else (area.unit.path, other.path)
    _changed(office, area.done, field, before, after)
    now, then = _sums(manager, area.unit.path)
    # This week's visit was made here before.
    assert now == ["2", "8", "3"]
    assert then == weeks
    assert "做完的店" not in text(manager, "/plan")
    last = text(manager, "/plan?week=2026-11-16")
    assert "做完的店" in last
    assert (f"/outlets/{area.done.code}" in last) is (field == "status")
    successor = signed_in(make.user(office, role=Role.AREA_MANAGER, unit_path=other.path, unit_id=other.id))
    assert ("做完的店" in text(successor, "/plan")) is (field == "unit")
    assert "做完的店" not in text(successor, "/plan?week=2026-11-16")
    history = text(signed_in(make.user(office, role=Role.HQ)), f"/outlets/{area.done.code}")
    assert ("单位sx-ty-xd-d2-a1</b>" in history) is (field == "unit")
    assert _sums(successor, other.path)[0] == ([] if field == "status" else ["1", "0", "0"])


@pytest.mark.parametrize(
    ("field", "before", "after"), [("tier", "ordinary", "own_hall"), ("class", "A", "C")]
)
def test_what_an_import_made_of_an_outlet_is_in_no_week_before_the_day_from_which_it_holds(
    office: Office, area: Area, signed_in: Callable[[User], Caller], field: str, before: str, after: str
) -> None:
    manager = signed_in(area.manager)
    asked, week = _sums(manager, area.unit.path), plan_of(manager)["stops"]
    _changed(office, area.done, field, before, after, date(2026, 12, 1))
    assert (_sums(manager, area.unit.path), plan_of(manager)["stops"]) == (asked, week)


def test_plans_outside_the_own_part_are_not_found_and_not_listed(
    office: Office, area: Area, signed_in: Callable[[User], Caller]
) -> None:
    other = make.unit(office, "sx", "dt", "pc", "d1", "a1")
    agent(office, other, name="别处的店")
    for role, unit_path in ((Role.AREA_MANAGER, area.unit.path), (Role.BRANCH_MANAGER, "sx/ty/")):
        caller = signed_in(make.user(office, role=role, unit_path=unit_path))
        for page in ("week", "coverage", "overdue", "meetings", "coaching"):
            assert caller.get(f"/plan/{page}?within={other.path}").status_code == 404, page
        for page in (
            "/plan/coverage",
            "/plan/overdue",
            "/plan/meetings",
        ):
            assert "别处的店" not in text(caller, page)
            assert "单位sx-dt" not in text(caller, page)


@pytest.mark.parametrize("role", list(Role))
def test_plans_are_for_areas_branches_head_office_and_audit(
    office: Office, client: Callable[..., Caller], role: Role
) -> None:
    make.unit(office, "sx", "ty", "xd", "d1", "a1")
    caller = client(role)
    let_in = role in (Role.AREA_MANAGER, Role.BRANCH_MANAGER, Role.HQ, Role.AUDITOR)
    for page in PAGES[2:6]:
        assert caller.get(page).status_code == (200 if let_in else 403), page
    assert caller.get("/plan/apart").status_code == (200 if role in (Role.HQ, Role.AUDITOR) else 403)
    form = {"unit": "sx/", "sort": "area_meeting", "period": "2026-11", "day": "2026-11-20"}
    notes = role in (Role.AREA_MANAGER, Role.BRANCH_MANAGER)
    assert caller.post("/plan/meetings", data=form).status_code == (404 if notes else 403)
    told = {each["type"] for each in caller.get("/api/v1/sync").get_json()["changes"]}
    assert ("plan" in told) is (role is Role.AREA_MANAGER)


def test_a_meeting_is_noted_once_corrected_in_place_and_shown_to_the_branch(
    office: Office, area: Area, signed_in: Callable[[User], Caller]
) -> None:
    manager = signed_in(area.manager)
    form = {"unit": area.unit.path, "sort": "area_meeting", "period": "2026-11", "note": "到会三家"}
    assert manager.post("/plan/meetings", data={**form, "day": "2026-11-26"}).status_code == 422
    assert manager.post("/plan/meetings", data={**form, "day": ""}).status_code == 422
    for day in ("2026-11-20", "2026-11-24"):
        assert manager.post("/plan/meetings", data={**form, "day": day}).status_code == 302
    with office.work() as work:
        rows = work.session.exec(select(PlanReminder)).all()
        assert [(row.code, row.period, row.held_on, row.by_id) for row in rows] == [
            ("area_meeting", "2026-11", date(2026, 11, 24), area.manager.id)
        ]
        names = [event.name for event in work.session.exec(select(Event))]
        assert names.count("plan.reminder-done") == 2
    branch = signed_in(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/ty/"))
    assert "到会三家" in text(branch, "/plan/meetings?state=held")
    assert "到会三家" not in text(branch, "/plan/meetings?state=open")
    assert branch.post("/plan/meetings", data={**form, "day": "2026-11-20"}).status_code == 404
    training = {"unit": "sx/ty/", "sort": "branch_training", "period": "2026-H2", "day": "2026-11-20"}
    assert branch.post("/plan/meetings", data=training).status_code == 302
    assert plan_of(manager)["reminders"] == [
        {"sort": "area_meeting", "period": "2026-11", "until": "2026-11-30", "held_on": "2026-11-24"}
    ]


def test_ten_ranks_up_within_an_area_are_proposed_with_both_composites_as_evidence(
    office: Office, area: Area, signed_in: Callable[[User], Caller]
) -> None:
    agents = [agent(office, area.unit, class_="C", name=f"第{number}家") for number in range(12)]
    owner = make.user(office, role=Role.OUTLET_OWNER, outlet_id=agents[10].id, unit_path=area.unit.path)
    first = {outlet.id: f"{90 - number}" for number, outlet in enumerate(agents)}
    commissioned.publish(office, 4, first, agents)
    commissioned.publish(office, 7, first | {agents[10].id: "99", agents[9].id: "88.5"}, agents)
    caller = signed_in(area.manager)
    page = text(caller, "/plan/coaching")
    assert "1 项奖励建议" in page
    assert "上升 10 名" in page
    assert owner.name in page
    for month in ("2026-06", "2026-09"):
        assert f"/figures/{month}/{agents[10].id}/composite" in page
    assert "第9家" not in page
    everything = text(caller, "/plan/coaching?show=all&quarter=2026-Q3")
    assert "上升 6 名" in everything
    elsewhere = make.unit(office, "sx", "dt", "pc", "d1", "a1")
    stranger = make.user(office, role=Role.AREA_MANAGER, unit_path=elsewhere.path)
    assert "第10家" not in text(signed_in(stranger), "/plan/coaching?show=all")


def test_the_desk_counts_what_is_left_of_the_week_and_who_is_overdue(
    office: Office, area: Area, signed_in: Callable[[User], Caller]
) -> None:
    assert "1 个网点逾期未走访" in text(signed_in(area.manager), "/desk")
    branch = signed_in(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/ty/"))
    assert "逾期未走访的网点" in text(branch, "/desk")
    visited(office, area.manager, area.late, WEDNESDAY, state=VisitState.SUBMITTED)
    page = text(branch, "/desk")
    assert page.index('class="idle"') < page.index("逾期未走访的网点")
    assert "没有逾期的网点" in text(branch, "/plan/overdue")


def test_a_void_visit_was_not_made(office: Office, area: Area, signed_in: Callable[[User], Caller]) -> None:
    visited(office, area.manager, area.late, WEDNESDAY, state=VisitState.VOID)
    visited(office, area.manager, area.late, WEDNESDAY, state=VisitState.DRAFT)
    assert "拖着的店" in text(signed_in(area.manager), "/plan/overdue")


@pytest.mark.parametrize("page", ["/plan", "/plan/overdue", "/plan/meetings", "/plan/coverage"])
@pytest.mark.parametrize("sort", ["xlsx", "csv"])
def test_each_list_is_a_file_too(
    area: Area, signed_in: Callable[[User], Caller], page: str, sort: str
) -> None:
    answer = signed_in(area.manager).get(f"{page}?as={sort}")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
