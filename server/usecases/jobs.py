"""Jobs: seal the event log, claim what follows from it by lease, and keep how each job ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select

from server.storage import events
from server.storage.events import Event, Job, JobState
from server.usecases.work import Office

LEASE_SECONDS = 120
TRIES = 5
PAUSES = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=20))
"""How long a job rests after its first, second, third and fourth failure."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job that this worker holds until its lease ends."""

    id: int
    event_id: int
    handler: str
    subject: str
    lease: str
    attempts: int


_UNSEALED = select(sa.exists().where(col(Event.seq).is_(None)))


def anything_due(office: Office) -> bool:
    """Whether there is an event to seal or a job to take; reads only, so that an idle worker never writes."""
    with office.work(write=False) as work:
        due = select(
            sa.exists().where(
                col(Job.state).in_([JobState.WAITING, JobState.RUNNING]), col(Job.not_before) <= work.now
            )
        )
        return bool(work.session.exec(_UNSEALED).one() or work.session.exec(due).one())


def seal(office: Office, jobs: dict[str, tuple[str, ...]]) -> int:
    """Chain the events that are waiting and make the jobs that follow from them; returns how many events.

    Writes only where one waits: this is asked before each job, and by the side of long ones.
    """
    with office.work(write=False) as work:
        if not work.session.exec(_UNSEALED).one():
            return 0
    with office.work() as work:
        return events.seal(work.session, jobs, work.now)


def claim(office: Office) -> Claimed | None:
    """Take the oldest due job; one that was taken five times and never ended is given up on the way."""
    while True:
        with office.work() as work:
            lease = uuid4().hex
            job = events.claim(work.session, lease, work.now, LEASE_SECONDS)
            if job is None:
                return None
            if job.attempts <= TRIES:
                return Claimed(job.id or 0, job.event_id, job.handler, job.subject_id, lease, job.attempts)
            job.state, job.lease = JobState.FAILED, None
            job.error = job.error or "the worker died in the middle, every time"
            work.record("job.given-up", "job", str(job.id), handler=job.handler)


def done(office: Office, claimed: Claimed) -> bool:
    """Note that a job is done; False when the lease had run out and somebody else holds it now."""
    with office.work() as work:
        job = work.session.get_one(Job, claimed.id)
        if job.lease != claimed.lease:
            return False
        job.state, job.lease, job.error = JobState.DONE, None, None
        return True


def failed(office: Office, claimed: Claimed, error: str) -> bool:
    """Note a failure: tried again after a pause, given up after the fifth; False when the lease was lost."""
    with office.work() as work:
        job = work.session.get_one(Job, claimed.id)
        if job.lease != claimed.lease:
            return False
        job.lease, job.error = None, error[:2000]
        if claimed.attempts >= TRIES:
            job.state = JobState.FAILED
            work.record("job.given-up", "job", str(job.id), handler=job.handler)
        else:
            job.state = JobState.WAITING
            job.not_before = work.now + PAUSES[claimed.attempts - 1]
        return True
