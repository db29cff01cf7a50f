"""The event log: written in the same transaction as each change, sealed into a hash chain, and the job queue."""

import json
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from server.storage.database import one_of

GENESIS = "0" * 64
Row = dict[str, Any]


class Event(SQLModel, table=True):
    """Who did what to which record when; ids only, never names. `seq` and the hashes come with the seal."""

    __tablename__ = "event"
    id: int | None = Field(
        default=None,
        sa_column=sa.Column(
            sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    at: datetime
    name: str = Field(max_length=60, index=True)
    subject: str = Field(max_length=40)
    subject_id: str = Field(max_length=64, index=True)
    actor_id: UUID | None = None
    facts: str = Field(default="{}", sa_type=sa.Text)
    seq: int | None = Field(
        default=None, sa_column=sa.Column(sa.BigInteger, unique=True, nullable=True, index=False)
    )
    previous: str | None = Field(default=None, max_length=64)
    hash: str | None = Field(default=None, max_length=64)

    __table_args__ = (
        sa.Index(
            "ix_event_unsealed",
            "id",
            sqlite_where=sa.text("seq IS NULL"),
            postgresql_where=sa.text("seq IS NULL"),
        ),
    )


_INSERT = SQLModel.metadata.tables["event"].insert()


class ChainHead(SQLModel, table=True):
    """The end of the chain: one row, locked by the sealer."""

    __tablename__ = "chain_head"
    id: int = Field(primary_key=True)
    seq: int
    hash: str = Field(max_length=64)


class JobState(StrEnum):
    """A job's state."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(SQLModel, table=True):
    """Work that follows from an event; claimed by lease, repeated until done, given up after five tries."""

    __tablename__ = "job"
    id: int | None = Field(
        default=None,
        sa_column=sa.Column(
            sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    event_id: int = Field(sa_type=sa.BigInteger, foreign_key="event.id")
    handler: str = Field(max_length=60)
    subject_id: str = Field(max_length=64)
    state: JobState = Field(sa_type=one_of(JobState))  # type: ignore[call-overload]
    attempts: int = 0
    not_before: datetime
    lease: str | None = Field(default=None, max_length=40)
    error: str | None = Field(default=None, max_length=2000)

    __table_args__ = (
        sa.UniqueConstraint("event_id", "handler"),
        sa.Index("ix_job_open", "state", "not_before"),
    )


def row(
    *, at: datetime, name: str, subject: str, subject_id: str, actor_id: UUID | None, facts: dict[str, Any]
) -> Row:
    """What happened, as the row that is written."""
    return {
        "at": at,
        "name": name,
        "subject": subject,
        "subject_id": subject_id,
        "actor_id": actor_id,
        "facts": json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":")),
    }


def add(connection: sa.Connection, happened: list[Row]) -> None:
    """Write events into the open transaction, in their order."""
    connection.execute(_INSERT, happened)


def seal(session: Session, jobs: dict[str, tuple[str, ...]], now: datetime, limit: int = 1000) -> int:
    """Chain up to `limit` committed events in order and make the jobs that follow from them; returns how many."""
    head = session.exec(select(ChainHead).where(ChainHead.id == 1).with_for_update()).one()
    waiting = session.exec(
        select(Event).where(col(Event.seq).is_(None)).order_by(col(Event.id)).limit(limit)
    ).all()
    for event in waiting:
        head.seq += 1
        event.seq, event.previous = head.seq, head.hash
        event.hash = head.hash = link(event)
        for handler in jobs.get(event.name, ()):
            session.add(
                Job(
                    event_id=event.id or 0,
                    handler=handler,
                    subject_id=event.subject_id,
                    state=JobState.WAITING,
                    not_before=now,
                )
            )
    return len(waiting)


def link(event: Event) -> str:
    """The hash that chains an event to the one before it: SHA-256 over all that it says."""
    text = json.dumps(
        [
            event.seq,
            event.previous,
            event.at.isoformat(),
            event.name,
            event.subject,
            event.subject_id,
            str(event.actor_id) if event.actor_id else None,
            event.facts,
        ],
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return sha256(text.encode()).hexdigest()


def broken_link(session: Session) -> int | None:
    """The number of the first sealed event that does not fit the chain, or None when the chain is whole."""
    expected, previous = 0, GENESIS
    for event in session.exec(select(Event).where(col(Event.seq).is_not(None)).order_by(col(Event.seq))):
        expected += 1
        if event.seq != expected or event.previous != previous or event.hash != link(event):
            return expected
        previous = event.hash or ""
    head = session.exec(select(ChainHead)).one()
    return None if (head.seq, head.hash) == (expected, previous) else expected + 1


def claim(session: Session, lease: str, now: datetime, seconds: int) -> Job | None:
    """Take the oldest job that is due (or whose lease ran out) for `seconds`; None when there is none."""
    job = session.exec(
        select(Job)
        .where(col(Job.state).in_([JobState.WAITING, JobState.RUNNING]), col(Job.not_before) <= now)
        .order_by(col(Job.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if job:
        job.state, job.lease = JobState.RUNNING, lease
        job.attempts += 1
        job.not_before = now + timedelta(seconds=seconds)
    return job
