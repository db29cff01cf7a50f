"""A trial that waits or runs is cancelled: nothing of it is left, whatever the worker was doing, and it can be asked for again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from server.domain.access import Role, Viewer
from server.domain.errors import NotAllowed, NotFound
from server.queries import reckoning, trial_runs
from server.queries import trials as shown
from server.storage.events import Event, Job, JobState
from server.storage.files import Files
from server.usecases import trial_quarters, trial_rows, trials
from server.usecases.work import Office
from server.worker import run_once
from tests import make, province, submitted
from tests.conftest import Clock

MONTH = "2026-11"


@pytest.fixture
def hq(both: Office, clock: Clock) -> Viewer:
    """Somebody who tries rules, in a small province."""
    clock.now = datetime(2026, 12, 5, 3, tzinfo=UTC)
    province.filled(both, months=11, outlets=4)
    return submitted.viewer(make.user(both, role=Role.HQ))


def asked(office: Office, hq: Viewer) -> UUID:
    with office.work(hq) as work:
        return trials.ask(work, "v1", MONTH, {})


def cancel(office: Office, who: Viewer, trial: UUID) -> bool:
    with office.work(who) as work:
        return trials.cancel(work, trial)


def happened(office: Office, trial: UUID) -> list[str]:
    with office.work(write=False) as work:
        found = select(Event.name).where(Event.subject_id == str(trial)).order_by(col(Event.id))
        return list(work.session.exec(found))


def waits(office: Office, trial: UUID) -> bool:
    with office.work(write=False) as work:
        return trial_runs.waits(work.session, trial)


def left(office: Office) -> list[str]:
    """What the object store holds besides what was asked for."""
    kinds = (trial_runs.PROGRESS, shown.RESULT)
    return [f"{kind}/{name}" for kind in kinds for name in office.files.names(kind=kind)]


def states(office: Office) -> list[JobState]:
    with office.work(write=False) as work:
        return list(work.session.exec(select(Job.state).where(Job.handler == trial_runs.HANDLER)))


def test_one_that_waits_is_never_reckoned(both: Office, hq: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "grounds", lambda *_: pytest.fail("it was reckoned"))
    trial = asked(both, hq)
    assert cancel(both, hq, trial)
    assert not waits(both, trial)
    run_once(both)
    assert left(both) == []
    assert states(both) == [JobState.DONE]
    assert happened(both, trial) == ["rules.tried", "trial.cancelled"]
    with both.work(write=False) as work:
        told = trial_runs.cancelled(work.session, trial)
        assert told
        assert (told.by, told.at) == (hq.name, both.clock())


def test_one_that_runs_stops_between_two_portions(
    both: Office, hq: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = asked(both, hq)
    reckoned = []

    def one_by_one(_: Any, places: Any) -> list[Any]:
        return [[place] for place in places]

    def cancelled_after(original: Callable[..., Any]) -> Callable[..., Any]:
        def part(*given: Any) -> Any:
            found = original(*given)
            reckoned.append(found)
            if len(reckoned) == 2:
                assert cancel(both, hq, trial)
            return found

        return part

    monkeypatch.setattr(reckoning, "portions", one_by_one)
    monkeypatch.setattr(trial_rows, "_part", cancelled_after(trial_rows._part))
    run_once(both)
    assert len(reckoned) == 2
    assert left(both) == []
    assert states(both) == [JobState.DONE]


def test_of_one_that_was_all_but_ready_the_result_is_dropped(
    both: Office, hq: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = asked(both, hq)
    original = trial_quarters.quarters

    def cancelled_before(*given: Any) -> Any:
        assert cancel(both, hq, trial)
        return original(*given)

    monkeypatch.setattr(trial_quarters, "quarters", cancelled_before)
    run_once(both)
    assert left(both) == []
    assert shown.kept(both.files, trial) is None


def test_cancelling_and_keeping_the_result_wait_for_each_other(
    both: Office, hq: Viewer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial, held = asked(both, hq), []
    put = Files.put_named

    def put_named(files: Files, name: str, data: bytes) -> None:
        if name.startswith(f"{shown.RESULT}/"):
            held.append(locks(both))
        put(files, name, data)

    monkeypatch.setattr(Files, "put_named", put_named)
    run_once(both)
    clock.forward(minutes=1)
    with both.work(hq) as work:
        trials.again(work, trial)
    with both.work(hq) as work:
        assert trials.cancel(work, trial)
        held.append(locks(both))
    assert held == [1, 1]


def locks(office: Office) -> int:
    """How many records are held just now; on SQLite whoever writes holds them all."""
    if office.database.sqlite:
        return 1
    mine = "SELECT count(*) FROM pg_locks JOIN pg_database ON oid = database WHERE locktype = 'advisory' AND datname = current_database()"
    with office.work(write=False) as work:
        return int(work.connection.execute(sa.text(mine)).scalar_one())


def test_it_can_be_asked_for_again(both: Office, hq: Viewer, clock: Clock) -> None:
    trial = asked(both, hq)
    cancel(both, hq, trial)
    clock.forward(minutes=1)
    assert asked(both, hq) == trial
    assert waits(both, trial)
    run_once(both)
    found = shown.kept(both.files, trial)
    assert found
    assert found.at == clock.now.isoformat()
    assert left(both) == [f"trial/{trial}"]
    with both.work(write=False) as work:
        assert trial_runs.cancelled(work.session, trial) is None


def test_what_runs_for_the_one_that_was_cancelled_is_no_result_of_the_next(
    both: Office, hq: Viewer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = asked(both, hq)
    original = trial_quarters.quarters

    def asked_anew(*given: Any) -> Any:
        monkeypatch.setattr(trial_quarters, "quarters", original)
        cancel(both, hq, trial)
        clock.forward(minutes=1)
        with both.work(hq) as work:
            trials.again(work, trial)
        return original(*given)

    monkeypatch.setattr(trial_quarters, "quarters", asked_anew)
    trials.make(both, trial)
    assert left(both) == []
    run_once(both)
    found = shown.kept(both.files, trial)
    assert found
    assert found.at == clock.now.isoformat()


def test_what_came_of_an_earlier_time_stays(both: Office, hq: Viewer, clock: Clock) -> None:
    trial = asked(both, hq)
    run_once(both)
    clock.forward(minutes=1)
    with both.work(hq) as work:
        trials.again(work, trial)
    assert cancel(both, hq, trial)
    run_once(both)
    found = shown.kept(both.files, trial)
    assert found
    assert found.at < clock.now.isoformat()


def test_one_that_is_over_is_not_cancelled(both: Office, hq: Viewer) -> None:
    trial = asked(both, hq)
    run_once(both)
    assert not cancel(both, hq, trial)
    assert happened(both, trial) == ["rules.tried"]
    other = asked_for(both, hq)
    assert cancel(both, hq, other)
    assert not cancel(both, hq, other)
    assert happened(both, other) == ["rules.tried", "trial.cancelled"]


def asked_for(office: Office, hq: Viewer) -> UUID:
    with office.work(hq) as work:
        return trials.ask(work, "v1", "2026-10", {})


def test_whoever_may_try_rules_may_cancel_and_nobody_else(office: Office, clock: Clock) -> None:
    clock.now = datetime(2026, 12, 5, 3, tzinfo=UTC)
    hq = submitted.viewer(make.user(office, role=Role.HQ))
    for role in Role:
        trial = asked(office, hq)
        who = submitted.viewer(make.user(office, role=role))
        if role in (Role.HQ, Role.ADMIN):
            assert cancel(office, who, trial)
        else:
            with pytest.raises(NotAllowed):
                cancel(office, who, trial)
    with pytest.raises(NotFound):
        cancel(office, hq, uuid4())
