"""The event log: chained once, never changed, and broken links are found."""

from __future__ import annotations

from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlmodel import select

from server.storage import events
from server.storage.events import Event, Job
from server.usecases.work import Office


def write(office: Office, count: int) -> None:
    for number in range(count):
        with office.work() as work:
            work.record("thing.done", "thing", uuid4(), number=number)


def test_committed_events_are_chained_in_order_and_each_once(both: Office) -> None:
    write(both, 5)
    for sealed in (3, 2, 0):
        with both.work() as work:
            assert events.seal(work.session, {}, work.now, limit=3) == sealed
    with both.work(write=False) as work:
        found = work.session.exec(select(Event).order_by(Event.id)).all()
        assert [each.seq for each in found] == [1, 2, 3, 4, 5]
        assert events.broken_link(work.session) is None


def test_jobs_follow_from_events_in_the_same_transaction(both: Office) -> None:
    write(both, 2)
    with both.work() as work:
        events.seal(work.session, {"thing.done": ("one", "two")}, work.now)
    with both.work(write=False) as work:
        assert len(work.session.exec(select(Job)).all()) == 4


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET facts = '{}' WHERE id = 1",
        "UPDATE event SET name = 'other' WHERE id = 1",
        "UPDATE event SET actor_id = NULL, at = '2020-01-01 00:00:00' WHERE id = 1",
        "UPDATE event SET hash = 'x' WHERE id = 1",
        "DELETE FROM event WHERE id = 1",
    ],
)
def test_the_database_itself_refuses_to_change_a_sealed_event(both: Office, statement: str) -> None:
    write(both, 1)
    with both.work() as work:
        events.seal(work.session, {}, work.now)
    with pytest.raises(DatabaseError), both.work() as work:
        work.session.execute(sa.text(statement))
    with both.work(write=False) as work:
        assert events.broken_link(work.session) is None


def test_a_change_past_the_triggers_is_found(office: Office) -> None:
    write(office, 3)
    with office.work() as work:
        events.seal(work.session, {}, work.now)
    with office.work() as work:
        work.session.execute(sa.text("DROP TRIGGER event_kept"))
        work.session.execute(sa.text("UPDATE event SET facts = '{}' WHERE seq = 2"))
    with office.work(write=False) as work:
        assert events.broken_link(work.session) == 2


def test_an_event_of_a_transaction_that_failed_was_never_there(both: Office) -> None:
    def fail() -> None:
        with both.work() as work:
            work.record("thing.done", "thing", uuid4())
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with both.work(write=False) as work:
        assert work.session.exec(select(Event)).all() == []
