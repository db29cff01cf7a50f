"""The land of units on the map: the hull around their outlets, kept in the process for as long as none of them moves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import cos, hypot, radians
from statistics import median_low

import sqlalchemy as sa
from sqlmodel import col

from server.storage.organisation import Outlet, OutletStatus

Spot = tuple[float, float]
"""Latitude and longitude in degrees of WGS-84."""
Placed = tuple[int, int, float, float]
"""Of a unit with outlets of its own: how many, how many with a position, and the sums of their degrees."""
Key = tuple[tuple[str, Placed], ...]
_MOST = 2_000
_AWAY, _TIMES = 0.5, 2
"""By so many degrees, and so many times, a spot lies farther than all nearer ones where it is astray: some sixty kilometres."""
_FEW = 4
"""At most one in so many spots is astray: of fewer nobody can tell which of them are wrong."""


@dataclass(frozen=True, slots=True)
class Land:
    """Where a unit lies: the middle of its outlets, the corners of the hull around them, and how many lie astray of it."""

    middle: Spot | None
    outline: tuple[Spot, ...]
    astray: int


_kept: dict[Key, Land] = {}


def lands(connection: sa.Connection, places: Mapping[str, Placed], members: Sequence[str]) -> dict[str, Land]:
    """The land of each member, by its path; `places` are the units with outlets of their own that the viewer may see.

    Only members whose outlets are others, or lie elsewhere, than when they were last asked for are read.
    """
    keys: dict[str, Key] = {
        member: tuple(sorted(each for each in places.items() if each[0].startswith(member)))
        for member in members
    }
    new = {member: key for member, key in keys.items() if key not in _kept}
    spots = _spots(connection, [path for key in new.values() for path, _ in key])
    if len(_kept) + len(new) > _MOST:
        _kept.clear()
    found = {member: _kept[key] for member, key in keys.items() if member not in new}
    for member, key in new.items():
        found[member] = _kept[key] = _land([spot for path, _ in key for spot in spots[path]])
    return found


def _land(spots: Sequence[Spot]) -> Land:
    there = near(spots)
    middle = (
        (sum(lat for lat, _ in there) / len(there), sum(lng for _, lng in there) / len(there))
        if there
        else None
    )
    return Land(middle, hull(there), len(spots) - len(there))


def near(spots: Sequence[Spot]) -> list[Spot]:
    """The spots without those that are astray: a few, with a wide gap between them and all that lie nearer to the middle."""
    if not spots:
        return []
    lat, lng = (median_low(each) for each in zip(*spots, strict=True))
    away = [hypot(each[0] - lat, (each[1] - lng) * cos(radians(lat))) for each in spots]
    ordered = sorted(away)
    begin = len(ordered) - len(ordered) // _FEW
    edge = next(
        (ordered[n - 1] for n in range(begin, len(ordered)) if ordered[n] > _AWAY + _TIMES * ordered[n - 1]),
        ordered[-1],
    )
    return [spot for spot, each in zip(spots, away, strict=True) if each <= edge]


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
