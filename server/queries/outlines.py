"""Outlines of units on the map: the hull around their outlets, kept in the process for as long as none of them moves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa
from sqlmodel import col

from server.storage.organisation import Outlet, OutletStatus

Spot = tuple[float, float]
"""Latitude and longitude in degrees of WGS-84."""
Placed = tuple[int, int, float, float]
"""Of a unit with outlets of its own: how many, how many with a position, and the sums of their degrees."""
_MOST = 20_000
_kept: dict[tuple[str, Placed], tuple[Spot, ...]] = {}


def outlines(connection: sa.Connection, places: Mapping[str, Placed]) -> dict[str, tuple[Spot, ...]]:
    """The hull of each unit with outlets of its own, by path; `places` are those that the viewer may see.

    Only units whose outlets are others, or lie elsewhere, than when they were last asked for are read.
    """
    found = {each: _kept[each] for each in places.items() if each in _kept}
    new = [each for each in places.items() if each not in found]
    spots = _spots(connection, [path for path, _ in new])
    if len(_kept) + len(new) > _MOST:
        _kept.clear()
    for each in new:
        found[each] = _kept[each] = hull(spots[each[0]])
    return {path: drawn for (path, _), drawn in found.items()}


def hull(spots: Iterable[Spot]) -> tuple[Spot, ...]:
    """The corners of the smallest convex shape around all spots, in turn; fewer than three where they lie on a line."""
    ordered = sorted(set(spots))
    if len(ordered) < 3:
        return tuple(ordered)
    return (*_half(ordered)[:-1], *_half(ordered[::-1])[:-1])


def _half(ordered: Sequence[Spot]) -> list[Spot]:
    """One side of the hull, from the first spot to the last (Andrew's monotone chain)."""
    side: list[Spot] = []
    for spot in ordered:
        while len(side) > 1 and _turn(side[-2], side[-1], spot) <= 0:
            side.pop()
        side.append(spot)
    return side


def _turn(start: Spot, middle: Spot, end: Spot) -> float:
    return (middle[0] - start[0]) * (end[1] - start[1]) - (middle[1] - start[1]) * (end[0] - start[0])


def _spots(connection: sa.Connection, paths: Sequence[str]) -> dict[str, list[Spot]]:
    found: dict[str, list[Spot]] = defaultdict(list)
    for begin in range(0, len(paths), 500):
        rows = connection.execute(
            sa.select(col(Outlet.unit_path), col(Outlet.lat), col(Outlet.lng)).where(
                col(Outlet.unit_path).in_(paths[begin : begin + 500]),
                col(Outlet.status) != OutletStatus.EXITED,
                col(Outlet.lat).is_not(None),
                col(Outlet.lng).is_not(None),
            )
        )
        for path, lat, lng in rows:
            found[path].append((lat, lng))
    return found
