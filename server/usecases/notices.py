"""Telling people: notices made from the event log, once for each person and event, and marked as read."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

import sqlalchemy as sa
from sqlmodel import col, delete, select

from server.domain import webhooks as hooks
from server.domain.notices import EVENTS as TOLD
from server.domain.notices import FRESH, KEPT, told
from server.domain.visit import UNDER_REVIEW
from server.queries.matters import Occasion, occasion_of, people_for
from server.queries.rules import rules_on
from server.storage.events import Event
from server.storage.notices import Notice
from server.storage.visits import Visit
from server.usecases import webhooks
from server.usecases.work import Office, Work

EVENTS = TOLD | frozenset(hooks.EVENTS)
"""The events of which somebody is told."""
OVERDUE = "visit.review-overdue"
_AT_ONCE = 500


def tell(office: Office, event_id: int) -> None:
    """Make what follows from one event: notices and messages to webhooks. Doing it again adds nothing."""
    with office.work() as work:
        event = work.session.get(Event, event_id)
        if event is None or event.at < work.now - FRESH:
            return
        occasion = occasion_of(work.session, event)
        if occasion is None:
            return
        _tell_people(work, event, occasion)
        webhooks.queue(work, event, occasion)


def read(work: Work, notices: Collection[UUID] | None = None) -> int:
    """Mark the viewer's own notices as read, all of them unless some are named; returns how many were unread."""
    wanted = [col(Notice.user_id) == work.actor_id, col(Notice.read_at).is_(None)]
    if notices is not None:
        wanted.append(col(Notice.id).in_(notices))
    done = work.session.execute(sa.update(Notice).where(*wanted).values(read_at=work.now))
    return int(done.rowcount)  # type: ignore[attr-defined]


def find_overdue(office: Office) -> int:
    """Record each visit whose review takes longer than the rules allow, once for each revision; returns how many."""
    with office.work(write=False) as work:
        waiting = work.session.execute(
            sa.select(
                col(Visit.id), col(Visit.revision), col(Visit.visit_date), col(Visit.submitted_at)
            ).where(col(Visit.state).in_(UNDER_REVIEW), col(Visit.submitted_at).is_not(None))
        ).all()
        limits = {day: _limit(work, day) for day in {day for _, _, day, _ in waiting}}
        late = [(str(one), number) for one, number, day, at in waiting if work.now - at > limits[day]]
        known: set[tuple[str, int]] = set()
        for begin in range(0, len(late), _AT_ONCE):
            names = [name for name, _ in late[begin : begin + _AT_ONCE]]
            said = select(Event.subject_id, Event.facts).where(
                Event.name == OVERDUE, col(Event.subject_id).in_(names)
            )
            known |= {(name, json.loads(facts)["revision"]) for name, facts in work.session.exec(said)}
    new = [one for one in late if one not in known]
    for begin in range(0, len(new), _AT_ONCE):
        with office.work() as work:
            for name, number in new[begin : begin + _AT_ONCE]:
                work.record(OVERDUE, "visit", name, revision=number)
    return len(new)


def tidy(office: Office) -> None:
    """Let notices go that are half a year old, and what was delivered a month ago."""
    with office.work() as work:
        work.session.execute(delete(Notice).where(col(Notice.created_at) < work.now - KEPT))
        webhooks.tidy(work)


def _tell_people(work: Work, event: Event, occasion: Occasion) -> None:
    people = people_for(work.session, occasion)
    actor = str(event.actor_id) if event.actor_id else None
    codes = told(event.name, occasion.matter, people, actor)
    there = set(work.session.exec(select(Notice.user_id).where(Notice.event_id == event.id)))
    facts = json.dumps(occasion.facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    for person in people:
        code, user_id = codes.get(person.user_id), UUID(person.user_id)
        if code is None or user_id in there:
            continue
        work.session.add(
            Notice(
                id=uuid5(NAMESPACE_URL, f"xunting:notice:{event.id}:{user_id}"),
                user_id=user_id,
                event_id=event.id or 0,
                code=code,
                subject=occasion.subject,
                subject_id=occasion.id_for(person.role),
                facts=facts,
                created_at=event.at,
            )
        )


def _limit(work: Work, day: date) -> timedelta:
    return timedelta(hours=rules_on(work.connection, day).review.within_hours)
