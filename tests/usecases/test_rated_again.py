"""Ratings that follow each other while earlier ones are corrected, drafted or missing, and what was proven long after its day."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from server.storage.inputs import VetoEvent
from server.storage.organisation import Outlet
from server.usecases.work import Office
from tests import rated
from tests.conftest import Clock
from tests.usecases.test_rated_periods import agent, composites, months_of, same, value

QUARTERS = ("2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3")


def vetoed(office: Office, outlet: Outlet, code: str, day: date) -> None:
    """A veto item that is proven now."""
    with office.work() as work:
        work.session.add(VetoEvent(id=uuid4(), outlet_id=outlet.id, code=code, day=day, at=work.now))


@pytest.mark.parametrize("day", [date(2025, 3, 20), date(2025, 4, 1)])
def test_a_veto_takes_its_stars_however_long_after_its_day_it_was_proven(
    both: Office, clock: Clock, day: date
) -> None:
    shop = agent(both)
    hq = rated.rules_by(both, clock, "quarter")
    for quarter in QUARTERS:
        composites(both, months_of(quarter), {shop.id: 91})
    rated.published(both, clock, hq, *QUARTERS[:5])
    assert value(both, QUARTERS[4], shop) == "4"
    vetoed(both, shop, "V1", day)
    clock.forward(days=1)
    rated.published(both, clock, hq, *QUARTERS[5:])
    # The twelve months in which there is none are over, so it rises again with the next.
    assert [value(both, quarter, shop) for quarter in QUARTERS[5:]] == ["0", "1"]
    assert [same(both, quarter) for quarter in QUARTERS[4:]] == [True] * 3
