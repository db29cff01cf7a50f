"""A star reaches its outlet with the publication that gives it, and what was computed before stays as it was."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from sqlmodel import col, select

from server.domain.access import Role, Viewer
from server.storage.decisions import OutletChange
from server.storage.events import Event
from server.storage.inputs import VetoEvent
from server.storage.organisation import Outlet, User
from server.storage.visits import Visit
from server.usecases import outlet_stars, periods, replay
from server.usecases.work import Office
from tests import make, submitted
from tests.conftest import Clock
from tests.usecases.test_periods import (
    LAST_HALF,
    LAST_YEAR,
    accepted,
    closed,
    corrected,
    counted,
    do,
    figure,
    hq,
    nobody_twice,
    run_once,
    shopper,
    state,
)

__all__ = ["hq", "nobody_twice", "shopper"]


def star_of(office: Office, outlet: Outlet) -> int | None:
    with office.work(write=False) as work:
        return work.session.get_one(Outlet, outlet.id).star


def changes(office: Office, outlet: Outlet) -> list[tuple[str, str, str, date]]:
    with office.work(write=False) as work:
        rows = work.session.exec(
            select(OutletChange).where(OutletChange.outlet_id == outlet.id).order_by(col(OutletChange.at))
        )
        return [(row.period, row.before, row.after, row.from_day) for row in rows]


@pytest.fixture
def hall(both: Office) -> Outlet:
    made = make.outlet(both)
    counted(both, made, "2025-11", csat_hall=(97, 100), complaints=(0, None))
    return made


@pytest.fixture(autouse=True)
def visit(both: Office, shopper: User, clock: Clock, hall: Outlet) -> Visit:
    """The hall's good visit of last half-year; it is January now."""
    made = accepted(both, shopper, hall, **LAST_YEAR)
    clock.now = datetime(2026, 1, 5, 3, tzinfo=UTC)
    return made


def published(office: Office, clock: Clock, viewer: Viewer) -> None:
    periods.draft(office, viewer, LAST_HALF)
    do(office, viewer, periods.open_draft, LAST_HALF)
    clock.forward(days=9)
    do(office, viewer, periods.publish, LAST_HALF)


def test_the_star_comes_with_the_publication_and_not_before(
    both: Office,
    clock: Clock,
    hq: Viewer,
    hall: Outlet,
) -> None:
    periods.draft(both, hq, LAST_HALF)
    do(both, hq, periods.open_draft, LAST_HALF)
    assert star_of(both, hall) is None
    clock.forward(days=9)
    do(both, hq, periods.publish, LAST_HALF)
    # A first rating gives at most three stars.
    assert star_of(both, hall) == 3
    assert changes(both, hall) == [(LAST_HALF, "", "3", date(2026, 1, 14))]
    with both.work(write=False) as work:
        told = work.session.exec(select(Event).where(Event.name == "outlet.star-given")).all()
    assert [event.subject_id for event in told] == [str(hall.id)]
    with both.work() as work:
        assert outlet_stars.give(work, state(both, LAST_HALF)) == 0
    assert do(both, hq, replay.replay, LAST_HALF).same


def test_a_period_that_is_opened_again_builds_on_the_star_of_before_and_corrects_the_outlets(
    both: Office,
    clock: Clock,
    hq: Viewer,
    hall: Outlet,
) -> None:
    published(both, clock, hq)
    closed(both, clock, hq, *(f"2025-{month:02d}" for month in range(7, 13)))
    do(both, hq, periods.close, LAST_HALF)
    do(both, hq, periods.ask_to_reopen, LAST_HALF, "漏了一次否决")
    other = submitted.viewer(make.user(both, role=Role.HQ))
    do(both, other, periods.reopen, LAST_HALF)
    assert star_of(both, hall) == 3
    with both.work() as work:
        at = datetime(2025, 12, 3, tzinfo=UTC)
        work.session.add(VetoEvent(id=uuid4(), outlet_id=hall.id, code="V5", day=date(2025, 12, 2), at=at))
    periods.draft(both, hq, LAST_HALF)
    do(both, hq, periods.open_draft, LAST_HALF)
    clock.forward(days=9)
    do(both, hq, periods.publish, LAST_HALF)
    # Of a class-1 veto all stars are off; without one it would be three again, not four.
    assert figure(both, LAST_HALF, "star", hall.id).value == "0"
    assert star_of(both, hall) == 0
    assert [each[1:3] for each in changes(both, hall)] == [("", "3"), ("3", "0")]
    assert figure(both, LAST_HALF, "star", hall.id, round_=1).value == "3"


def test_the_same_facts_again_give_the_same_star_and_not_one_more(
    both: Office,
    clock: Clock,
    hq: Viewer,
    hall: Outlet,
) -> None:
    published(both, clock, hq)
    with both.work() as work:
        row = work.session.get_one(type(state(both, LAST_HALF)), LAST_HALF)
        row.state, row.round, row.digest = type(row.state).DRAFT, row.round + 1, ""
    periods.draft(both, hq, LAST_HALF)
    assert figure(both, LAST_HALF, "star", hall.id).value == "3"


def test_a_correction_of_published_stars_reaches_the_outlet_at_once(
    both: Office,
    clock: Clock,
    hq: Viewer,
    hall: Outlet,
    visit: Visit,
) -> None:
    published(both, clock, hq)
    corrected(both, visit, "A-01", "fail")
    run_once(both)
    now = figure(both, LAST_HALF, "star", hall.id)
    assert now.value != "3"
    assert star_of(both, hall) == int(now.value or -1)
    assert figure(both, LAST_HALF, "star", hall.id, round_=1).value == "3"
    assert do(both, hq, replay.replay, LAST_HALF).same
