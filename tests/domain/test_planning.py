"""The week plan, coaching, covert against announced, and the six service-operation indicators."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.coaching import effects
from server.domain.contrast import gaps
from server.domain.planning import Due, Place, begun, demand, monday_of, week_plan
from tests.standards import RULES

MONDAY = date(2026, 11, 23)
WEDNESDAY = date(2026, 11, 25)
LONG_AGO = date(2020, 1, 1)


def place(outlet: str = "o", **given: Any) -> Place:
    return Place(
        **{
            "outlet": outlet,
            "outlet_class": "B",
            "among_last": False,
            "visited": (),
            "since": LONG_AGO,
            **given,
        }
    )


def due(today: date = WEDNESDAY, **given: Any) -> Due | None:
    found = week_plan([place(**given)], today, RULES.week_plan, 1)
    return found[0] if found else None


def asked(**given: Any) -> tuple[str, int] | None:
    found = due(**given)
    return None if found is None else (found.why, found.open)


def test_the_higher_demand_wins() -> None:
    lately = (MONDAY - timedelta(days=3),)
    assert asked(among_last=True, outlet_class="A", visited=lately) == ("last_of_company", 2)
    assert asked(outlet_class="A", visited=lately) == ("class_a", 1)
    assert asked(visited=lately) is None


@pytest.mark.parametrize(("ago", "is_due"), [(14, True), (13, True), (8, True), (7, False), (1, False)])
def test_others_are_due_in_the_week_in_which_fourteen_days_have_passed(ago: int, is_due: bool) -> None:
    """From Monday: whoever was visited so many days before it is due by Sunday, or not."""
    assert (due(today=MONDAY, visited=(MONDAY - timedelta(days=ago),)) is not None) is is_due


def test_overdue_says_since_when() -> None:
    found = due(visited=(date(2026, 11, 1),))
    assert found is not None
    assert (found.overdue_since, found.why) == (date(2026, 11, 15), "others")
    never = due(since=date(2026, 11, 10))
    assert never is not None
    assert never.overdue_since == date(2026, 11, 10)
    weekly = due(outlet_class="A", visited=(date(2026, 11, 8),))
    assert weekly is not None
    assert weekly.overdue_since == MONDAY
    in_time = due(outlet_class="A", visited=(date(2026, 11, 16),))
    assert in_time is not None
    assert in_time.overdue_since is None


@pytest.mark.parametrize(
    ("given", "weeks"),
    [
        # Visited on the Sunday before the week before: that week alone went by.
        ({"outlet_class": "A", "visited": (date(2026, 11, 15),)}, 1),
        ({"outlet_class": "A", "visited": (date(2026, 11, 8),)}, 2),
        ({"among_last": True, "visited": (date(2026, 10, 1),)}, 7),
        ({"outlet_class": "A", "visited": (date(2026, 11, 16),)}, 0),
        # Who came this week has made up for it.
        ({"outlet_class": "A", "visited": (date(2026, 11, 1), MONDAY)}, 0),
        # Never visited: from the week in which it was first to be.
        ({"outlet_class": "A", "since": date(2026, 11, 18)}, 1),
        ({"outlet_class": "A", "since": date(2026, 11, 9)}, 2),
        ({"since": MONDAY}, 0),
        ({"visited": (date(2026, 11, 1),)}, 3),
        # Due in this week, and not overdue yet.
        ({"visited": (date(2026, 11, 11),)}, 0),
    ],
)
def test_how_many_weeks_nobody_came_is_said_of_every_overdue_outlet(
    given: dict[str, Any], weeks: int
) -> None:
    found = due(**given)
    assert found is not None
    assert found.weeks_missed == weeks
    assert (found.overdue_since is None) is (weeks == 0 and "since" not in given)


@pytest.mark.parametrize("given", [{"outlet_class": "A"}, {"among_last": True}, {}])
def test_nothing_is_asked_before_an_outlet_is_there(given: dict[str, Any]) -> None:
    assert due(since=MONDAY + timedelta(days=7), **given) is None
    assert due(since=MONDAY + timedelta(days=6), **given) is not None


@pytest.mark.parametrize(
    ("came", "made", "among_last_before", "late"),
    [
        # One of two visits of the week before is not enough, whatever was done before that.
        (1, 0, True, True),
        (1, 1, True, True),
        (1, 2, True, False),
        (2, 0, True, False),
        (0, 1, True, True),
        # Who has fallen among the last since then was asked for one at most.
        (1, 0, False, False),
    ],
)
def test_a_week_that_was_done_by_half_is_overdue_until_this_one_is_done(
    came: int, made: int, among_last_before: bool, late: bool
) -> None:
    days = [MONDAY - timedelta(days=7 - turn) for turn in range(came)]
    days += [MONDAY + timedelta(days=turn) for turn in range(made)]
    found = due(among_last=True, among_last_before=among_last_before, visited=days)
    assert found is not None
    assert (found.overdue_since == MONDAY) is late
    assert found.weeks_missed == (1 if late and not came and not made else 0)


def test_one_visit_in_fourteen_days_stands_once_in_them_when_weeks_are_counted() -> None:
    """Due on 3 November and never visited again: each second week begins a count, and the week between belongs to it."""
    mondays = [date(2026, 11, 2) + timedelta(weeks=turn) for turn in range(4)]
    late = [demand(place(visited=(date(2026, 10, 20),)), monday, RULES.week_plan) for monday in mondays]
    assert [
        begun(each, monday, RULES.week_plan) for each, monday in zip(late, mondays, strict=True) if each
    ] == [
        mondays[0],
        mondays[0],
        mondays[2],
        mondays[2],
    ]
    weekly = demand(place(outlet_class="A"), MONDAY, RULES.week_plan)
    assert weekly is not None
    assert begun(weekly, MONDAY, RULES.week_plan) == MONDAY


def test_two_visits_of_a_week_lie_on_different_days_and_apart_from_covert_ones() -> None:
    found = due(among_last=True, visited=(MONDAY, MONDAY))
    assert found is not None
    assert (found.asked, found.made, found.open) == (2, 1, 1)
    tuesday = due(today=MONDAY, among_last=True, visited=(MONDAY,), covert=(date(2026, 11, 26),))
    assert tuesday is not None
    assert tuesday.days == (date(2026, 11, 29),)
    none = due(today=date(2026, 11, 29), among_last=True)
    assert none is not None
    assert none.explanation.codes() == {"no-day-left"}


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_weeks_begin_on_monday(day: date) -> None:
    assert monday_of(day).weekday() == 0
    assert 0 <= (day - monday_of(day)).days < 7


def test_the_longest_overdue_comes_first_whatever_the_order() -> None:
    places = [
        place("a", visited=(date(2026, 11, 10),)),
        place("b", visited=(date(2026, 11, 1),)),
        place("c", outlet_class="A", visited=(MONDAY,)),
        # Both are overdue since this Monday.
        place("d", outlet_class="A", visited=(date(2026, 10, 20),)),
        place("e", outlet_class="A", visited=(date(2026, 11, 2),)),
    ]
    for turn in range(6):
        Random(turn).shuffle(places)
        found = [each.outlet for each in week_plan(places, WEDNESDAY, RULES.week_plan, 1)]
        assert found == ["d", "b", "e", "a", "c"]


def test_ten_ranks_up_are_an_incentive_and_nine_are_not() -> None:
    before: dict[str, Fraction | None] = {f"o{n:02d}": Fraction(100 - n) for n in range(14)}
    up_ten = effects(before, {**before, "o10": Fraction(200)}, RULES.coaching, 1)
    up_nine = effects(before, {**before, "o09": Fraction(200)}, RULES.coaching, 1)
    assert [(each.outlet, each.up) for each in up_ten if each.incentive] == [("o10", 10)]
    assert [each.outlet for each in up_nine if each.incentive] == []
    assert next(each.up for each in up_nine if each.outlet == "o09") == 9
    new = next(each for each in effects({}, before, RULES.coaching, 1))
    assert (new.up, new.incentive, new.explanation.codes()) == (None, False, {"not-ranked-in-both"})


def test_the_gap_needs_three_visits_of_each_sort_and_the_most_negative_comes_first() -> None:
    low, high = [Fraction(1, 2)] * 3, [Fraction(9, 10)] * 3
    covert = {("o", "P1"): low, ("o", "P2"): high, ("o", "P3"): low[:2], ("p", "P1"): high}
    open_ = {("o", "P1"): high, ("o", "P2"): high, ("o", "P3"): high, ("q", "P1"): high}
    found = gaps(covert, open_, RULES.contrast, 1)
    assert [(each.indicator, each.gap) for each in found] == [("P1", -40), ("P2", 0)]
