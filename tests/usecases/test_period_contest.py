"""Several compute the same period at once: each lays down its own, the first to end counts, nothing is mixed."""

from __future__ import annotations

import threading

import sqlalchemy as sa

from server.domain.access import SYSTEM, Viewer
from server.domain.closing import PeriodComputedMeanwhile
from server.domain.errors import StorageBusy
from server.domain.periods import Period
from server.storage.organisation import User
from server.storage.periods import Figure, PeriodOutlet, PeriodVisit
from server.usecases import period_rounds, periods, replay, round_portions
from server.usecases.work import Office
from tests.conftest import Clock
from tests.usecases.test_periods import (
    FAILED,
    NOVEMBER,
    accepted,
    agent,
    corrected,
    do,
    figure,
    hq,
    nobody_twice,
    shopper,
    state,
)

__all__ = ["hq", "nobody_twice", "shopper"]


def staged(office: Office) -> int:
    """How many rows are laid down and belong to no round."""
    tables = [model.__table__ for model in (Figure, PeriodOutlet, PeriodVisit)]  # type: ignore[attr-defined]
    with office.work(write=False) as work:
        return sum(
            work.connection.execute(
                sa.select(sa.func.count()).select_from(table).where(table.c.round < 1)
            ).scalar_one()
            for table in tables
        )


def test_of_several_who_compute_a_period_at_once_one_result_stands_whole(
    both: Office, shopper: User, hq: Viewer
) -> None:
    for _ in range(3):
        accepted(both, shopper, agent(both))
    faults: list[Exception] = []
    start = threading.Barrier(3)

    def compute() -> None:
        start.wait()
        try:
            periods.draft(both, hq, NOVEMBER)
        except (PeriodComputedMeanwhile, StorageBusy) as fault:
            faults.append(fault)

    for _ in range(2):
        several = [threading.Thread(target=compute) for _ in range(3)]
        for each in several:
            each.start()
        for each in several:
            each.join()
        assert len(faults) < 3
        faults.clear()
        found = do(both, SYSTEM, replay.replay, NOVEMBER)
        assert found.same, found
        assert staged(both) == 0


def test_who_ends_after_somebody_else_changes_nothing(both: Office, shopper: User, hq: Viewer) -> None:
    accepted(both, shopper, agent(both))
    with both.work(hq) as work:
        slow, portions = periods.begin_draft(work, NOVEMBER)
    periods.draft(both, hq, NOVEMBER)
    before = state(both, NOVEMBER)
    for step in round_portions.on_cores(both.settings.database, slow.frame, portions):
        with both.work() as work:
            period_rounds.keep(work, slow, step)
    with both.work(hq) as work:
        try:
            periods.end_draft(work, slow)
        except PeriodComputedMeanwhile:
            refused = True
        else:
            refused = False
    assert refused
    assert (state(both, NOVEMBER).digest, do(both, SYSTEM, replay.replay, NOVEMBER).same) == (
        before.digest,
        True,
    )


def test_what_is_accepted_and_corrected_while_a_period_is_computed_is_in_it(
    both: Office, shopper: User, hq: Viewer
) -> None:
    mine, other = agent(both), agent(both)
    visit = accepted(both, shopper, mine, answers=FAILED)
    with both.work(hq) as work:
        slow, portions = periods.begin_draft(work, NOVEMBER)
    for step in round_portions.on_cores(both.settings.database, slow.frame, portions):
        with both.work() as work:
            period_rounds.keep(work, slow, step)
    accepted(both, shopper, other)
    corrected(both, visit)
    with both.work(hq) as work:
        periods.end_draft(work, slow)
    assert [figure(both, NOVEMBER, "composite", each.id).value for each in (mine, other)] == ["97", "97"]
    assert do(both, SYSTEM, replay.replay, NOVEMBER).same


def test_what_a_dead_computation_left_is_swept_and_never_enters_a_round(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    visit = accepted(both, shopper, agent(both))
    with both.work(hq) as work:
        period_rounds.begin(work, Period.read(NOVEMBER))
    periods.draft(both, hq, NOVEMBER)
    assert staged(both) > 0
    corrected(both, visit, "A-01", "fail")
    clock.forward(days=1)
    periods.draft(both, hq, NOVEMBER)
    assert staged(both) == 0
    assert do(both, SYSTEM, replay.replay, NOVEMBER).same
