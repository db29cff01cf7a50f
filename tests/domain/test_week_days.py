"""The days of a week plan, and which meetings are asked for."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.plan_reminders import ReminderDayWrong, ReminderUnknown, asked, held
from server.domain.planning import Due, Place, week_plan
from server.domain.rules_service import Meetings
from server.domain.week_days import arranged, way
from tests.standards import RULES

MONDAY = date(2026, 11, 23)
WEEK = [MONDAY + timedelta(days=turn) for turn in range(7)]
WORKDAYS = frozenset(WEEK[:5])
MEETINGS = Meetings()


def plan(today: date = MONDAY, *places: Place) -> tuple[Due, ...]:
    return week_plan(places, today, RULES.week_plan, 1)


def place(outlet: str, *, last: bool = False, class_: str = "B", visited: tuple[date, ...] = ()) -> Place:
    return Place(outlet, class_, last, visited, date(2020, 1, 1))


@given(st.lists(st.booleans(), min_size=1, max_size=30), st.integers(0, 4))
def test_every_open_visit_gets_a_day_two_of_an_outlet_different_ones_and_no_day_is_overloaded(
    lasts: list[bool], begun: int
) -> None:
    dues = plan(WEEK[begun], *(place(f"o{n:02d}", last=last) for n, last in enumerate(lasts)))
    found = arranged(dues, {}, WORKDAYS)
    left = 5 - begun
    for due in dues:
        days = [day for day, outlets in found.items() if due.outlet in outlets]
        assert len(days) == min(due.open, left)
        assert len(set(days)) == len(days)
    twice = sum(lasts)
    most = max(len(outlets) for outlets in found.values())
    assert most <= -(-(len(lasts) + twice) // left) + twice
    assert set(found) <= WORKDAYS


def test_two_visits_have_a_day_between_them_where_the_week_allows_it() -> None:
    found = arranged(plan(MONDAY, *(place(f"o{n}", last=True) for n in range(5))), {}, WORKDAYS)
    for outlet in (f"o{n}" for n in range(5)):
        first, second = (day for day, outlets in found.items() if outlet in outlets)
        assert (second - first).days >= 2, outlet


def test_the_overdue_come_on_the_first_day_and_the_others_by_what_lies_nearest() -> None:
    late = place("z", visited=(date(2026, 11, 1),))
    others = [place(name, class_="A", visited=(date(2026, 11, 18),)) for name in ("a", "b", "c", "d", "e")]
    positions = {"z": (37.0, 112.0), "a": (39.0, 112.0), "b": (37.01, 112.0), "c": (39.01, 112.0)}
    found = arranged(plan(MONDAY, *others, late), positions, WORKDAYS)
    assert found[MONDAY] == ("z", "b")


def test_nothing_is_proposed_on_a_weekend() -> None:
    assert arranged(plan(WEEK[5], place("a")), {}, WORKDAYS) == {}


def test_a_way_goes_to_the_nearest_each_time_and_unknown_places_come_last() -> None:
    positions = {"a": (37.0, 112.0), "b": (37.3, 112.0), "c": (37.1, 112.0)}
    assert way(["a", "nowhere", "b", "c"], positions) == ("a", "c", "b", "nowhere")
    assert way([], positions) == ()


def test_areas_meet_each_month_counties_train_each_quarter_branches_each_half_year() -> None:
    def told(level: str) -> list[tuple[str, str]]:
        return [(each.sort, each.period.code) for each in asked(level, MEETINGS, MONDAY)]

    assert told("area") == [("area_meeting", "2026-11")]
    assert told("county") == [("county_meeting", "2026-11"), ("county_training", "2026-Q4")]
    assert told("branch") == [("branch_training", "2026-H2"), ("award_training", "2026")]
    assert told("department") == []


@pytest.mark.parametrize(
    ("period", "day", "problem"),
    [
        ("2026-11", date(2026, 11, 24), ReminderDayWrong),
        ("2026-11", date(2026, 10, 31), ReminderDayWrong),
        ("2026-09", date(2026, 9, 10), ReminderUnknown),
        ("2026-Q4", date(2026, 11, 10), ReminderUnknown),
    ],
)
def test_what_was_held_lies_in_this_period_or_the_one_before_and_never_ahead(
    period: str, day: date, problem: type[Exception]
) -> None:
    assert (
        held("area_meeting", "area", "2026-10", date(2026, 10, 31), MEETINGS, MONDAY).period.code == "2026-10"
    )
    with pytest.raises(problem):
        held("area_meeting", "area", period, day, MEETINGS, MONDAY)


def test_nobody_notes_what_another_level_holds() -> None:
    with pytest.raises(ReminderUnknown):
        held("county_meeting", "area", "2026-11", MONDAY, MEETINGS, MONDAY)
