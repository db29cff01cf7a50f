"""Weak items: tracked as the published quarters say, those of counties and areas since somebody took them up."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import sqlalchemy as sa
from sqlmodel import col, select

from server.domain.access import Permission
from server.domain.tracking import (
    NothingToTrack,
    Seen,
    Step,
    TrackingState,
    Turn,
    misses,
    moves,
    since,
    state_after,
    turns,
)
from server.queries import heat_map, tracked_quarters
from server.storage.weak_items import TrackedItem, TrackedStep
from server.usecases.work import Work

TURNS = (Step.OPENED, Step.CLOSED, Step.REOPENED)
MISSES = (Step.MISSED, Step.MISS_CORRECTED)


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
    changed, told = 0, _told(work)
    quarters = tracked_quarters.branch_quarters(work.connection)
    taken_up = {path for path, _ in there} - set(quarters)
    for path, lines in (quarters | tracked_quarters.lower_quarters(work.connection, taken_up)).items():
        wanted = {indicator for where, indicator in there if where == path}
        if path not in taken_up:
            wanted |= {line.weak for line in lines if line.weak}
        for indicator in sorted(wanted):
            seen = tracked_quarters.seen(work.connection, lines, indicator)
            key = _id(path, indicator)
            changed += _stands(work, there.get((path, indicator)), told[key], path, indicator, seen, code)
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
    seen = tracked_quarters.seen(work.connection, lines, indicator)
    _stands(work, None, [], path, indicator, seen, lines[-1].period, tells=False)
    item = work.session.get_one(TrackedItem, _id(path, indicator))
    say(work, item, Step.TAKEN_UP)
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
            actor_id=work.actor_id if step not in (*TURNS, *MISSES, Step.WITHDRAWN) else None,
            at=work.now,
            text=json.dumps(said, ensure_ascii=False, sort_keys=True) if said else "",
        )
    )
    work.session.flush()


def _stands(
    work: Work,
    item: TrackedItem | None,
    told: Sequence[Turn],
    path: str,
    indicator: str,
    seen: Sequence[Seen],
    code: str,
    *,
    tells: bool = True,
) -> bool:
    """Bring one item to where its quarters put it, and say the turns that are new, in the log too where it `tells`."""
    found = turns(seen)
    if item is None and not found:
        return False
    state, quarter = state_after(found), since(found)
    news = misses(told, found)
    if item is None or (item.state, item.since) != (state, quarter):
        before = [turn for turn in told if turn.step in TURNS]
        missed = any(turn.step is Step.MISSED for turn in news)
        news += _moved(item.state if item else state, before, state, moves(found), code, missed=missed)
        if item is None:
            item = TrackedItem(
                id=_id(path, indicator),
                unit_path=path,
                indicator=indicator,
                state=state,
                changed_at=work.now,
            )
            work.session.add(item)
        item.state, item.since, item.changed_at = state, quarter, work.now
        item.revision += bool(before)
    elif not news:
        return False
    outcomes = {each.period: each.outcome for each in seen}
    for turn in sorted(news, key=lambda turn: turn.period):
        facts: dict[str, Any] = {}
        if turn.step is Step.MISS_CORRECTED:
            # Where the item was not open in that quarter after all, it had no target to reach.
            became = outcomes.get(turn.period)
            facts = {"outcome": became if became in ("met", "too_few") else "none"}
        say(work, item, turn.step, period=turn.period, said=facts)
        if tells:
            event = f"weak-item.{turn.step.value}"
            facts |= {"period": turn.period, "unit": path, "indicator": indicator}
            work.record(event, "weak-item", item.id, **facts)
    return True


def _moved(
    was: TrackingState,
    told: Sequence[Turn],
    state: TrackingState,
    found: Sequence[Turn],
    code: str,
    *,
    missed: bool,
) -> list[Turn]:
    """The moves that were not told yet. Where a quarter was computed anew, one puts right what was told before."""
    new = list(found[len(told) :]) if list(found[: len(told)]) == list(told) else []
    if new:
        return new
    if state is TrackingState.CLOSED:
        return [found[-1]] if was is not state or found[-1] not in told else []
    if missed and (was, state) == (TrackingState.CLOSED, TrackingState.OPEN):
        # It was not weak again: that its target was missed says that it should never have been closed.
        return []
    step = {
        TrackingState.OPEN: Step.OPENED if was is TrackingState.WITHDRAWN else Step.REOPENED,
        TrackingState.WITHDRAWN: Step.WITHDRAWN,
    }[state]
    return [Turn(code, step)] if was is not state or not told else []


def _told(work: Work) -> dict[UUID, list[Turn]]:
    """What the histories of all items have of their quarters, in its order."""
    found: defaultdict[UUID, list[Turn]] = defaultdict(list)
    for step in work.session.exec(
        select(TrackedStep)
        .where(col(TrackedStep.step).in_((*TURNS, *MISSES)))
        .order_by(col(TrackedStep.item_id), col(TrackedStep.number))
    ):
        found[step.item_id].append(Turn(step.period, step.step))
    return found


def _id(path: str, indicator: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"xunting:weak-item:{path}:{indicator}")
