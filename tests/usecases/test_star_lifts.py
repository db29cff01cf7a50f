"""What would have lifted an outlet starts from each month's own round, so that with no item met it gives the stored star."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

import pytest
from sqlmodel import select

from server.domain.access import SYSTEM, Viewer
from server.queries import explained, results
from server.queries.explanations_seen import for_viewer
from server.storage.inputs import MonthCount
from server.storage.organisation import Outlet, Tier, User
from server.storage.periods import Figure
from server.storage.visits import Visit
from server.usecases import periods, star_lifts
from server.usecases.work import Office
from server.worker import run_once
from tests.conftest import Clock
from tests.usecases.test_periods import (
    FAILED,
    LAST_HALF,
    LAST_YEAR,
    accepted,
    agent,
    closed,
    corrected,
    counted,
    figure,
    hq,
    nobody_twice,
    shopper,
)

__all__ = ["hq", "nobody_twice", "shopper"]


@pytest.fixture
def rated(both: Office, clock: Clock, shopper: User, hq: Viewer) -> tuple[Outlet, Visit]:
    """A village outlet with two stars and 84.37 of 85, whose months are closed; its visit of November lost one item."""
    outlet = agent(both, star=2)
    for month in (10, 11, 12):
        counted(
            both,
            outlet,
            f"2025-{month}",
            csat_hall=(98, 100),
            complaints=(1, None),
            audit=(3, None),
            certified=(3, 4),
        )
    visit = accepted(both, shopper, outlet, answers=FAILED, **LAST_YEAR)
    clock.now = datetime(2026, 1, 5, 3, tzinfo=UTC)
    closed(both, clock, hq, *(f"2025-{month:02d}" for month in range(7, 13)))
    return outlet, visit


def told(office: Office, outlet: Outlet) -> tuple[dict, explained.Node]:
    with office.work(write=False) as work:
        row = results.period(work.connection, SYSTEM, LAST_HALF)
        assert row is not None
        found = star_lifts.told_of(work, row, outlet.id)
        seen = for_viewer(work.connection, SYSTEM, found)
        return found, explained.tree(work.connection, SYSTEM, seen, "zh", LAST_HALF, str(outlet.id))


def test_items_are_told_in_words_with_their_visit_and_open_where_a_round_has_it(
    both: Office, hq: Viewer, rated: tuple[Outlet, Visit]
) -> None:
    outlet, visit = rated
    periods.draft(both, hq, LAST_HALF)
    assert figure(both, LAST_HALF, "star-basis", outlet.id).exact == Fraction("84.37")
    found, node = told(both, outlet)
    assert (found["value"], found["inputs"]["star"]) == (1, 3)
    (item,) = node.parts
    assert item.title.startswith("A-01 ")
    assert len(item.title) > len("A-01 ")
    assert ("日期", "2025-11-21") in item.inputs
    assert ("检查类型", "暗访") in item.inputs
    assert item.link == f"/figures/{LAST_HALF}/visits/{visit.id}#item-A-01"


def test_months_are_lifted_with_the_tier_and_the_inputs_of_their_own_round(
    both: Office, hq: Viewer, rated: tuple[Outlet, Visit]
) -> None:
    outlet, _ = rated
    with both.work() as work:
        work.session.get_one(Outlet, outlet.id).tier = Tier.FRANCHISE
    periods.draft(both, hq, LAST_HALF)
    assert figure(both, LAST_HALF, "star-basis", outlet.id).exact == Fraction("84.37")
    with both.work() as work:
        for month in (10, 11, 12):
            for code in ("csat_hall", "audit"):
                work.session.get_one(MonthCount, (outlet.id, f"2025-{month}", code)).part = 60
    found, _ = told(both, outlet)
    assert [part["value"] for part in found["parts"]] == ["A-01"]
    assert found.get("notes") is None


def test_a_visit_that_was_corrected_after_the_close_leaves_the_months_as_they_are(
    both: Office, hq: Viewer, rated: tuple[Outlet, Visit]
) -> None:
    outlet, visit = rated
    corrected(both, visit)
    run_once(both)
    periods.draft(both, hq, LAST_HALF)
    assert figure(both, LAST_HALF, "star-basis", outlet.id).exact == Fraction("84.37")
    found, _ = told(both, outlet)
    # The half-year has the corrected revision, in which no item is lost; the months keep the one that they were closed with.
    assert found["value"] is None
    assert "lift-not-told" not in {each["code"] for each in found["notes"]}


def test_nothing_is_named_where_what_is_there_now_would_not_give_the_stored_star(
    both: Office, hq: Viewer, rated: tuple[Outlet, Visit]
) -> None:
    outlet, _ = rated
    periods.draft(both, hq, LAST_HALF)
    with both.work() as work:
        row = work.session.exec(
            select(Figure).where(Figure.code == "star-basis", Figure.subject == str(outlet.id))
        ).one()
        row.value, row.hundredths = "80", 8000
    found, _ = told(both, outlet)
    assert (found["value"], [each["code"] for each in found["notes"]]) == (None, ["lift-not-told"])
