"""The days of a week plan: which outlet on which day, and in which order of a day, so that ways are short (handbook 2.12)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from server.domain.evidence import distance_m
from server.domain.planning import Due

Position = tuple[float, float]
"""Latitude and longitude in degrees (WGS-84)."""
_FAR = 10**9
"""Metres to where nobody knows; farther than any way on earth."""


def arranged(
    dues: Sequence[Due], positions: Mapping[str, Position], workdays: Collection[date]
) -> dict[date, tuple[str, ...]]:
    """Return a proposal: the outlets to visit on each day that is left, each day in the order of a short way.

    Only working days are proposed. The visits are spread evenly; the overdue come first, then who lies nearest to them; two
    visits of a week lie on different days, with one between them where the week allows it.
    """
    days = sorted({day for due in dues if due.open for day in due.days}.intersection(workdays))
    left = {due.outlet: due.open for due in dues if due.open}
    allowed = {due.outlet: frozenset(due.days).intersection(days) for due in dues}
    urgent = [due.outlet for due in dues if due.overdue_since]
    last: dict[str, date] = {}
    found: dict[date, tuple[str, ...]] = {}
    for turn, day in enumerate(days):
        here = [outlet for outlet, number in left.items() if number and day in allowed[outlet]]
        must = [outlet for outlet in here if left[outlet] >= sum(each >= day for each in allowed[outlet])]
        rested = [outlet for outlet in here if last.get(outlet, date.min) < day - timedelta(days=1)]
        most = -(-sum(left.values()) // (len(days) - turn))
        chosen = list(must)
        waiting = [outlet for outlet in rested if outlet not in chosen]
        late = [outlet for outlet in urgent if outlet in waiting and outlet not in last]
        while waiting and len(chosen) < most:
            if late:
                next_ = late.pop(0)
            else:
                next_ = _nearest(chosen[-1], waiting, positions) if chosen else waiting[0]
            chosen.append(next_)
            waiting.remove(next_)
        for outlet in chosen:
            left[outlet] -= 1
            last[outlet] = day
        if chosen:
            found[day] = way(chosen, positions)
    return found


def way(outlets: Sequence[str], positions: Mapping[str, Position]) -> tuple[str, ...]:
    """Return the outlets in the order of going from the first of them to the nearest each time; of equal ways the first named."""
    order: list[str] = list(outlets[:1])
    rest = list(outlets[1:])
    while rest:
        nearest = _nearest(order[-1], rest, positions)
        order.append(nearest)
        rest.remove(nearest)
    return tuple(order)


def _nearest(start: str, outlets: Sequence[str], positions: Mapping[str, Position]) -> str:
    return min(outlets, key=lambda outlet: metres(start, outlet, positions))


def metres(start: str, end: str, positions: Mapping[str, Position]) -> int:
    """Return how far two outlets lie apart; very far where the place of one is not known."""
    if start not in positions or end not in positions:
        return _FAR
    return distance_m(*positions[start], *positions[end])
