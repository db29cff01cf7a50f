"""Photos set in rows that fill the measure, like a contact sheet: equal height in a row, nothing cropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.reports.facts import Item, Photo
from server.reports.period_parts import Finding

GAP_MM = 2.0
_HEIGHT_MM, _TALLEST_MM = 50.0, 56.0
_NARROWEST_MM = 30.0
_STEP_MM, _FINE_STEP_MM = 2.0, 0.25


@dataclass(frozen=True)
class Picture:
    """A photo to be set: what it belongs to, its number in the list of evidence (0: none), its shape."""

    item: Item | Finding
    photo: Photo
    number: int
    aspect: float

    @property
    def source(self) -> str:
        """The address by which the fetcher knows it."""
        return f"photo:{self.photo.sha256}"


@dataclass(frozen=True)
class Cell:
    """A picture in its place; millimetres. `room` is the width that it and its caption may take."""

    picture: Picture
    width: float
    height: float
    room: float


def rows(pictures: Sequence[Picture], measure: float) -> list[list[Cell]]:
    """Set the pictures in order into as few rows of `measure` millimetres as they need, of much the same width.

    Rows are then made higher, within reason, until they fill the measure.
    """
    limit = measure
    made = _broken(pictures, limit)
    while limit > measure / 2 and len(closer := _broken(pictures, limit - _STEP_MM)) == len(made):
        made, limit = closer, limit - _STEP_MM
    return [_set(row, measure) for row in made]


def _broken(pictures: Sequence[Picture], limit: float) -> list[list[Picture]]:
    made: list[list[Picture]] = []
    for picture in pictures:
        if made and _width([*made[-1], picture], _HEIGHT_MM) <= limit:
            made[-1].append(picture)
        else:
            made.append([picture])
    return made


def _set(row: Sequence[Picture], measure: float) -> list[Cell]:
    height = _HEIGHT_MM if len(row) == 1 else _TALLEST_MM
    while height > _HEIGHT_MM and _width(row, height) > measure:
        height -= _FINE_STEP_MM
    cells = []
    for picture in row:
        # A very wide picture alone in its row is as wide as the measure, and lower.
        width = min(picture.aspect * height, measure)
        room = max(width, _NARROWEST_MM)
        cells.append(Cell(picture, round(width, 2), round(width / picture.aspect, 2), round(room, 2)))
    return cells


def _width(row: Sequence[Picture], height: float) -> float:
    return sum(max(picture.aspect * height, _NARROWEST_MM) for picture in row) + GAP_MM * (len(row) - 1)
