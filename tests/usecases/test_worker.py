"""Jobs: each is run once by one worker, again after a kill, and given up after five failures."""

from __future__ import annotations

import threading
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from server import worker
from server.demo.history import PAST_JOBS
from server.domain.access import Role
from server.domain.visit import VisitState
from server.storage import events
from server.storage.events import Event, Job, JobState
from server.storage.visits import Report, Visit
from server.usecases import jobs, review
from server.usecases.work import Office
from tests import make, submitted
from tests.conftest import Clock


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """The subjects of a handler of our own, in the order in which it ran."""
    subjects: list[UUID] = []
    monkeypatch.setattr(worker, "JOBS", {"thing.done": ("note",)})
    monkeypatch.setattr(worker, "HANDLERS", {"note": lambda _office, subject: subjects.append(subject)})
    return subjects


def happened(office: Office, count: int = 1) -> list[UUID]:
    subjects = [UUID(int=n + 1) for n in range(count)]
    with office.work() as work:
        for subject in subjects:
            work.record("thing.done", "thing", subject)
    return subjects


def all_jobs(office: Office) -> list[Job]:
    with office.work(write=False) as work:
        return list(work.session.exec(select(Job).order_by(col(Job.id))))


def test_every_event_is_sealed_and_its_jobs_are_run_once(both: Office, ran: list[UUID]) -> None:
    subjects = happened(both, 3)
    assert worker.run_once(both) == 3
    assert ran == subjects
    assert worker.run_once(both) == 0
    assert [job.state for job in all_jobs(both)] == [JobState.DONE] * 3
    with both.work(write=False) as work:
        assert events.broken_link(work.session) is None
        assert [event.seq for event in work.session.exec(select(Event).order_by(col(Event.id)))] == [1, 2, 3]


def test_a_job_whose_worker_was_killed_runs_again_after_its_lease(
    both: Office, ran: list[UUID], clock: Clock
) -> None:
    (subject,) = happened(both)
    jobs.seal(both, worker.JOBS)
    assert jobs.claim(both) is not None
    # Here the worker is killed: nothing tells the job so.
    assert worker.run_once(both) == 0
    clock.forward(seconds=jobs.LEASE_SECONDS - 1)
    assert worker.run_once(both) == 0
    clock.forward(seconds=1)
    assert worker.run_once(both) == 1
    assert ran == [subject]


def test_a_worker_that_outlived_its_lease_does_not_end_the_job_of_another(
    office: Office, ran: list[UUID], clock: Clock
) -> None:
    happened(office)
    jobs.seal(office, worker.JOBS)
    slow = jobs.claim(office)
    assert slow is not None
    clock.forward(seconds=jobs.LEASE_SECONDS)
    other = jobs.claim(office)
    assert other is not None
    assert not jobs.done(office, slow)
    assert not jobs.failed(office, slow, "too late")
    assert all_jobs(office)[0].state is JobState.RUNNING
    assert jobs.done(office, other)
    assert all_jobs(office)[0].state is JobState.DONE


def test_two_workers_run_each_job_once(both: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    subjects: list[UUID] = []
    lock = threading.Lock()

    def note(_office: Office, subject: UUID) -> None:
        with lock:
            subjects.append(subject)

    monkeypatch.setattr(worker, "JOBS", {"thing.done": ("note",)})
    monkeypatch.setattr(worker, "HANDLERS", {"note": note})
    wanted = happened(both, 24)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            worker.run_once(both)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(subjects) == wanted
    assert {job.state for job in all_jobs(both)} == {JobState.DONE}


def test_a_failing_handler_is_tried_with_growing_pauses_and_given_up_after_five(
    office: Office, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    tries: list[Any] = []

    def fails(_office: Office, _subject: UUID) -> None:
        tries.append(clock.now)
        raise RuntimeError("没有字体")

    monkeypatch.setattr(worker, "JOBS", {"thing.done": ("fails",)})
    monkeypatch.setattr(worker, "HANDLERS", {"fails": fails})
    happened(office)
    assert worker.run_once(office) == 1
    for pause in jobs.PAUSES:
        assert worker.run_once(office) == 0
        clock.now += pause
        assert worker.run_once(office) == 1
    assert len(tries) == jobs.TRIES
    assert [b - a for a, b in pairwise(tries)] == list(jobs.PAUSES)
    assert sorted(jobs.PAUSES) == list(jobs.PAUSES)
    clock.forward(days=2)
    assert worker.run_once(office) == 0
    (job,) = all_jobs(office)
    assert (job.state, job.error) == (JobState.FAILED, "RuntimeError: 没有字体")
    with office.work(write=False) as work:
        assert work.session.exec(select(Event).where(Event.name == "job.given-up")).one()


def test_a_failing_job_does_not_hold_up_the_others(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[UUID] = []

    def handler(_office: Office, subject: UUID) -> None:
        if subject == UUID(int=1):
            raise RuntimeError("stuck")
        ran.append(subject)

    monkeypatch.setattr(worker, "JOBS", {"thing.done": ("h",)})
    monkeypatch.setattr(worker, "HANDLERS", {"h": handler})
    happened(office, 3)
    assert worker.run_once(office) == 3
    assert ran == [UUID(int=2), UUID(int=3)]


def test_a_job_that_kills_its_worker_every_time_is_given_up(
    office: Office, ran: list[UUID], clock: Clock
) -> None:
    happened(office)
    jobs.seal(office, worker.JOBS)
    for _ in range(jobs.TRIES):
        assert jobs.claim(office) is not None
        clock.forward(seconds=jobs.LEASE_SECONDS)
    assert jobs.claim(office) is None
    (job,) = all_jobs(office)
    assert job.state is JobState.FAILED
    assert job.error
    assert ran == []


def test_an_idle_worker_writes_nothing(
    office: Office, ran: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    happened(office)
    worker.run_once(office)
    opened: list[bool] = []
    transaction = office.database.transaction
    monkeypatch.setattr(
        office.database, "transaction", lambda *, write: opened.append(write) or transaction(write=write)
    )
    worker.run_once(office)
    assert opened == [False]


def test_the_worker_stops_when_told_to(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()
    monkeypatch.setattr(worker, "JOBS", {"thing.done": ("h",)})
    monkeypatch.setattr(worker, "HANDLERS", {"h": lambda *_: stop.set()})
    happened(office, 3)
    thread = threading.Thread(target=worker.run, args=(office, stop))
    thread.start()
    thread.join(timeout=60)
    assert not thread.is_alive()
    # The job that was begun is done, the others wait for the next start.
    assert [job.state for job in all_jobs(office)] == [JobState.DONE, JobState.WAITING, JobState.WAITING]


def unsealed(office: Office) -> list[str]:
    with office.work(write=False) as work:
        return list(work.session.exec(select(Event.name).where(col(Event.seq).is_(None))))


def test_what_happens_while_jobs_wait_is_sealed_before_the_next_of_them(
    both: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[list[str]] = []

    def handler(office: Office, subject: UUID) -> None:
        left.append(unsealed(office))
        with office.work() as work:
            work.record("thing.followed", "thing", subject)

    monkeypatch.setattr(worker, "JOBS", {"thing.done": ("h",)})
    monkeypatch.setattr(worker, "HANDLERS", {"h": handler})
    happened(both, 3)
    assert worker.run_once(both) == 3
    assert left == [[]] * 3
    assert unsealed(both) == []


def test_what_happens_during_a_long_job_is_sealed_before_its_end(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, asked, sealed = threading.Event(), threading.Event(), threading.Event()
    seal = jobs.seal

    def sealing(office: Office, names: dict[str, tuple[str, ...]]) -> int:
        late = asked.is_set()
        found = seal(office, names)
        if late:
            sealed.set()
        return found

    left: list[list[str]] = []

    def handler(office: Office, subject: UUID) -> None:
        with office.work() as work:
            work.record("thing.followed", "thing", subject)
        asked.set()
        sealed.wait(timeout=60)
        left.append(unsealed(office))
        stop.set()

    monkeypatch.setattr(jobs, "seal", sealing)
    monkeypatch.setattr(worker, "JOBS", {"thing.done": ("h",)})
    monkeypatch.setattr(worker, "HANDLERS", {"h": handler})
    monkeypatch.setattr(worker, "SWEEPS", ())
    happened(office)
    thread = threading.Thread(target=worker.run, args=(office, stop))
    thread.start()
    thread.join(timeout=90)
    assert not thread.is_alive()
    assert left == [[]]


def test_every_handler_that_an_event_names_exists() -> None:
    named = {name for jobs in (worker.JOBS, PAST_JOBS) for names in jobs.values() for name in names}
    assert named == {*worker.HANDLERS, *worker.OF_EVENTS}


def test_a_visit_goes_from_whole_to_signed_by_the_worker_alone(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "drawn", lambda *_: False)
    hall = make.outlet(office)
    manager = make.user(office, role=Role.HALL_MANAGER, outlet_id=hall.id)
    given = {"kind": "patrol", "part": "round", "photos": [make.picture(2)]}
    visit = submitted.visit(office, manager, hall, looked_through=False, **given)
    worker.run_once(office)
    with office.work(write=False) as work:
        assert work.session.get_one(Visit, visit.id).state is VisitState.ACCEPTED
        (report,) = work.session.exec(select(Report)).all()
        assert {job.state for job in work.session.exec(select(Job))} == {JobState.DONE}
    assert (report.visit_id, report.edition) == (visit.id, "inner")


def test_what_time_brings_about_comes_although_something_before_it_fails(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def breaks(_office: Office) -> None:
        raise RuntimeError("no calendar for that year")

    monkeypatch.setattr(worker, "SWEEPS", (breaks, lambda _office: done.append("silence goes up")))
    worker.sweep(office)
    assert done == ["silence goes up"]
