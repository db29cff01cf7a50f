"""Weak items: tracked as the published quarters say, those of counties and areas since somebody took them up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import sqlalchemy as sa
from sqlmodel import col, select

from server.domain.access import Permission
from server.domain.tracking import NothingToTrack, Step, TrackingState, Turn, state_after, turns
from server.queries import heat_map, tracked_quarters
from server.storage.weak_items import TrackedItem, TrackedStep
from server.usecases.work import Work

TURNS = (Step.OPENED, Step.CLOSED, Step.REOPENED)


def follow(work: Work, code: str) -> int:
    """Let the tracked items of all branches stand where the published quarters put them; returns how many changed.

    Called in the transaction that publishes a quarter or computes a published one anew (`code`); doing it again changes
    nothing. Those of counties and areas that somebody took up follow too.
    """
    work.session.flush()
    there: dict[tuple[str, str], TrackedItem] = {
        (item.unit_path, item.indicator): item
        for item in work.session.exec(select(TrackedItem).with_for_update())
    }
    changed = 0
    quarters = tracked_quarters.branch_quarters(work.connection)
    taken_up = {path for path, _ in there} - set(quarters)
    for path, lines in (quarters | tracked_quarters.lower_quarters(work.connection, taken_up)).items():
        wanted = {indicator for where, indicator in there if where == path}
        if path not in taken_up:
            wanted |= {line.weak for line in lines if line.weak}
        for indicator in sorted(wanted):
            found = turns(tracked_quarters.seen(work.connection, lines, indicator))
            changed += _stands(work, there.get((path, indicator)), path, indicator, found, code)
    return changed


def take_up(work: Work, path: str) -> TrackedItem:
    """Begin to track the weak item that a county or an area has in the latest published quarter; again: the same item.

    Raises NotAllowed, NotFound, NothingToTrack.
    """
    work.needs(Permission.TRACK_WEAK_ITEMS)
    heat_map.placed(work.connection, work.viewer, path)
    lines = tracked_quarters.lower_quarters(work.connection, {path}).get(path, [])
    indicator = lines[-1].weak if lines else None
    if indicator is None:
        raise NothingToTrack()
    there = work.session.exec(
        select(TrackedItem).where(TrackedItem.unit_path == path, TrackedItem.indicator == indicator)
    ).first()
    if there is not None:
        return there
    found = turns(tracked_quarters.seen(work.connection, lines, indicator))
    _stands(work, None, path, indicator, found, lines[-1].period, tells=False)
    item = work.session.get_one(TrackedItem, _id(path, indicator))
    work.record("weak-item.taken-up", "weak-item", item.id, period=item.since, unit=path, indicator=indicator)
    return item


def say(
    work: Work, item: TrackedItem, step: Step, *, period: str = "", said: dict[str, Any] | None = None
) -> None:
    """Add one step to the history of an item: of which quarter, or by the viewer with these words."""
    work.session.flush()
    last = work.session.exec(
        select(sa.func.max(TrackedStep.number)).where(TrackedStep.item_id == item.id)
    ).one()
    work.session.add(
        TrackedStep(
            item_id=item.id,
            number=(last or 0) + 1,
            step=step,
            period=period,
            actor_id=work.actor_id if step not in (*TURNS, Step.WITHDRAWN) else None,
            at=work.now,
            text=json.dumps(said, ensure_ascii=False, sort_keys=True) if said else "",
        )
    )
    work.session.flush()


def _stands(
    work: Work,
    item: TrackedItem | None,
    path: str,
    indicator: str,
    found: Sequence[Turn],
    code: str,
    *,
    tells: bool = True,
) -> bool:
    """Bring one item to where its quarters put it, and say the turns that are new, in the log too where it `tells`."""
    state, since = state_after(found), found[-1].period if found else ""
    if item is None and not found:
        return False
    if item is not None and (item.state, item.since) == (state, since):
        return False
    told: list[Turn] = []
    if item is None:
        item = TrackedItem(
            id=_id(path, indicator),
            unit_path=path,
            indicator=indicator,
            state=state,
            changed_at=work.now,
        )
        work.session.add(item)
        work.session.flush()
    else:
        steps = work.session.exec(
            select(TrackedStep)
            .where(TrackedStep.item_id == item.id, col(TrackedStep.step).in_(TURNS))
            .order_by(col(TrackedStep.number))
        )
        told = [Turn(step.period, step.step) for step in steps]
    before = item.state
    new = list(found[len(told) :]) if list(found[: len(told)]) == told else []
    if not new:
        # A quarter was computed anew: what was said of it before is put right in one step.
        step = {
            TrackingState.OPEN: Step.OPENED if before is TrackingState.WITHDRAWN else Step.REOPENED,
            TrackingState.CLOSED: Step.CLOSED,
            TrackingState.WITHDRAWN: Step.WITHDRAWN,
        }[state]
        new = [Turn(code, step)] if before is not state or not told else []
    item.state, item.since, item.changed_at = state, since, work.now
    item.revision += bool(told)
    for turn in new:
        say(work, item, turn.step, period=turn.period)
        if tells:
            work.record(
                f"weak-item.{turn.step.value}",
                "weak-item",
                item.id,
                period=turn.period,
                unit=path,
                indicator=indicator,
            )
    return True


def _id(path: str, indicator: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"xunting:weak-item:{path}:{indicator}")
