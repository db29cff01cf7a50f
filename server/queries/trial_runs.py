"""Runs of trials of rules: which were asked for last, whether one is under way, how far it is, and who cancelled it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.storage.events import Event, Job, JobState
from server.storage.organisation import User

ASKED, PROGRESS = "trial-asked", "trial-progress"
"""Under which names the object store keeps what was asked for, and how far it is."""
HANDLER, TRIED, CANCELLED = "try_rules", "rules.tried", "trial.cancelled"
RECENT = 8


class Store(Protocol):
    """As much of the object store as is asked here."""

    def get_named(self, name: str) -> bytes | None:
        """Bytes by name, or None."""


@dataclass(frozen=True, slots=True)
class Recent:
    """A trial of the last days: what was tried on which period, by whom, when; `cancelled`: nothing came of that."""

    id: UUID
    period: str
    base: str
    by: str
    at: datetime
    cancelled: bool


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Who cancelled a trial, and when."""

    by: str
    at: datetime


def progress(store: Store, trial: UUID) -> tuple[int, int] | None:
    """How many outlets are done, of how many; None before the worker has begun."""
    packed = store.get_named(f"{PROGRESS}/{trial}")
    if packed is None:
        return None
    found = json.loads(zlib.decompress(packed))
    return found["done"], found["of"]


def waits(session: Session, trial: UUID) -> bool:
    """Whether the worker has still to reckon a trial: its event is not sealed yet, or its job not at an end."""
    last = _last(session, trial)
    if last is None or last.name != TRIED:
        return False
    running = sa.exists().where(
        col(Job.event_id) == last.id,
        col(Job.handler) == HANDLER,
        col(Job.state).in_([JobState.WAITING, JobState.RUNNING]),
    )
    return last.seq is None or bool(session.exec(select(running)).one())


def stands(session: Session, trial: UUID, at: datetime) -> bool:
    """Whether what was asked for at this instant is still wanted: not cancelled, nor asked for anew since."""
    last = _last(session, trial)
    return last is not None and (last.name, last.at) == (TRIED, at)


def cancelled(session: Session, trial: UUID) -> Cancelled | None:
    """Who cancelled a trial that was not asked for again since; None where nobody did."""
    last = _last(session, trial)
    if last is None or last.name != CANCELLED:
        return None
    name = session.exec(select(User.name).where(col(User.id) == last.actor_id)).first()
    return Cancelled(name or "", last.at)


def recent(session: Session, store: Store) -> list[Recent]:
    """The trials that were asked for last, each once, as far as they are kept."""
    rows = session.exec(
        select(Event, User.name)
        .join(User, col(User.id) == col(Event.actor_id), isouter=True)
        .where(Event.name == TRIED)
        .order_by(col(Event.id).desc())
        .limit(4 * RECENT)
    )
    found: dict[UUID, Recent] = {}
    for event, name in rows:
        trial, facts = UUID(event.subject_id), _facts(event)
        if trial not in found and len(found) < RECENT and store.get_named(f"{ASKED}/{trial}") is not None:
            gone = cancelled(session, trial) is not None
            found[trial] = Recent(trial, facts["period"], facts["base"], name or "", event.at, gone)
    return list(found.values())


def _last(session: Session, trial: UUID) -> Event | None:
    """What happened to a trial last, read anew."""
    return session.exec(
        select(Event)
        .where(col(Event.subject_id) == str(trial), col(Event.name).in_([TRIED, CANCELLED]))
        .order_by(col(Event.id).desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).first()


def _facts(event: Event) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(event.facts)
    return found
