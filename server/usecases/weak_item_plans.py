"""Weak items: planned and proved by people of the unit, told of when overdue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import col, delete, select

from server.domain.access import Permission
from server.domain.errors import NotFound
from server.domain.tracking import (
    Measure,
    OwnerElsewhere,
    Step,
    TrackingState,
    WeakItemChanged,
    WeakItemNotOpen,
    carried,
    measures,
)
from server.domain.visit import SHANGHAI
from server.queries import scope, weak_item_page
from server.queries.rules import rules_on
from server.storage.record_files import RecordFile
from server.storage.weak_items import TrackedAction, TrackedItem
from server.usecases import record_files
from server.usecases.weak_items import say
from server.usecases.work import Office, Work


def plan(
    work: Work,
    item_id: UUID,
    seen: int,
    owner_id: UUID | None,
    cause: str,
    actions: Sequence[tuple[str, date | None]],
) -> TrackedItem:
    """Say who owns an open weak item, why it is weak, and what is done about it until when.

    `seen` is the revision that the person looked at. A done action stays done while its words or its day stay; one that
    something else takes the place of is said to be undone. Raises NotAllowed,
    NotFound, WeakItemNotOpen, WeakItemChanged, OwnerElsewhere, MeasureWrong, MeasurePast, MeasureTooMany.
    """
    item = _held(work, item_id, seen=seen)
    today = work.now.astimezone(SHANGHAI).date()
    before = {
        each.number: each
        for each in work.session.exec(select(TrackedAction).where(TrackedAction.item_id == item.id))
    }
    old = [Measure(number, each.what, each.due) for number, each in sorted(before.items())]
    wanted = measures(actions, old, rules_on(work.connection, today).weak_item.actions, today)
    said: dict[str, Any] = {}
    former = item.owner_id
    if owner_id != item.owner_id:
        possible = {name for name, _, _ in weak_item_page.owners(work.session, item.unit_path)}
        if owner_id is not None and str(owner_id) not in possible:
            raise OwnerElsewhere()
        item.owner_id = owner_id
        said["owner"] = str(owner_id) if owner_id else ""
    if cause.strip() != item.cause:
        item.cause = said["cause"] = cause.strip()
    dropped: list[Measure] = []
    if [(each.what, each.due) for each in wanted] != [(each.what, each.due) for each in old]:
        same = carried(old, wanted)
        done = {number: (each.due, each.done_on, each.overdue_at) for number, each in before.items()}
        places = {each.number for each in wanted}
        dropped = [
            each
            for each in old
            if done[each.number][1] and each.number not in same.values() and each.number in places
        ]
        work.session.exec(delete(TrackedAction).where(col(TrackedAction.item_id) == item.id))
        work.session.expire_all()
        for number, each in enumerate(wanted, 1):
            due, done_on, overdue_at = done.get(same.get(each.number, 0), (None, None, None))
            work.session.add(
                TrackedAction(
                    item_id=item_id,
                    number=number,
                    what=each.what,
                    due=each.due,
                    done_on=done_on,
                    overdue_at=overdue_at if due == each.due else None,
                )
            )
        said["actions"] = [[each.what, each.due.isoformat()] for each in wanted]
    if said:
        _changed(work, item, Step.TRACKED, said)
    if said.get("owner"):
        work.record("weak-item.given", "weak-item", item.id, period=item.since)
    if "owner" in said and former:
        work.record("weak-item.released", "weak-item", item.id, period=item.since, former=str(former))
    for each in dropped:
        _changed(work, item, Step.UNDONE, {"number": each.number, "what": each.what})
    return item


def tick(work: Work, item_id: UUID, number: int, *, done: bool) -> TrackedItem:
    """Say of an action of an open weak item that it is done, or that it is not after all; by its owner too.

    Saying so twice changes nothing. Raises NotAllowed, NotFound, WeakItemNotOpen.
    """
    item = _held(work, item_id, owner=True)
    action = work.session.get(TrackedAction, (item_id, number))
    if action is None:
        raise NotFound()
    if (action.done_on is not None) is done:
        return item
    action.done_on = work.now.astimezone(SHANGHAI).date() if done else None
    _changed(work, item, Step.DONE if done else Step.UNDONE, {"number": number, "what": action.what})
    return item


def prove(work: Work, item_id: UUID, pictures: Sequence[bytes]) -> list[RecordFile]:
    """Add pictures as proof of what was done about an open weak item; the same one again changes nothing.

    Raises NotAllowed, NotFound, WeakItemNotOpen, PhotoTooLarge, PhotoUnreadable, PhotoTooManyPixels, TooManyPhotos.
    """
    item = _held(work, item_id, owner=True)
    known = set(record_files.arrived(work, item_id))
    kept = [record_files.keep(work, "weak-item", item_id, data) for data in pictures]
    new = {file.sha256 for file in kept} - known
    if new:
        _changed(work, item, Step.PROVED, {"count": len(new)})
    return kept


def find_overdue(office: Office) -> int:
    """Record once of each undone action of an open weak item that its day has passed; returns how many."""
    with office.work() as work:
        today = work.now.astimezone(SHANGHAI).date()
        late = work.session.exec(
            select(TrackedAction, TrackedItem)
            .join(TrackedItem, col(TrackedItem.id) == col(TrackedAction.item_id))
            .where(
                TrackedItem.state == TrackingState.OPEN,
                TrackedAction.due < today,
                col(TrackedAction.done_on).is_(None),
                col(TrackedAction.overdue_at).is_(None),
            )
            .order_by(col(TrackedAction.due), col(TrackedAction.item_id), col(TrackedAction.number))
            .with_for_update()
        ).all()
        for action, item in late:
            action.overdue_at = work.now
            say(work, item, Step.OVERDUE, said={"number": action.number, "what": action.what})
            work.record(
                "weak-item.overdue",
                "weak-item",
                item.id,
                number=action.number,
                due=action.due.isoformat(),
            )
        return len(late)


def _held(work: Work, item_id: UUID, *, seen: int | None = None, owner: bool = False) -> TrackedItem:
    """An open item in sight, which nobody else changes until the transaction ends."""
    item = work.session.exec(
        select(TrackedItem)
        .where(TrackedItem.id == item_id, scope.weak_items(work.viewer))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if item is None:
        raise NotFound()
    if not (owner and item.owner_id is not None and item.owner_id == work.actor_id):
        work.needs(Permission.TRACK_WEAK_ITEMS)
    if item.state is not TrackingState.OPEN:
        raise WeakItemNotOpen()
    if seen is not None and item.revision != seen:
        raise WeakItemChanged()
    return item


def _changed(work: Work, item: TrackedItem, step: Step, said: dict[str, Any]) -> None:
    item.revision += 1
    item.changed_at = work.now
    say(work, item, step, said=said)
    facts = {name: value for name, value in said.items() if isinstance(value, int)}
    work.record(f"weak-item.{step.value}", "weak-item", item.id, changed=sorted(said), **facts)
