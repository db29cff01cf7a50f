"""Masks on photographs: rectangles over faces and numbers, in thousandths of the upright picture, and their Problems."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from server.domain.errors import Fault, Problem, WrongDocument

WHOLE = 1000
"""What each side of the upright picture measures in a mask's units."""
MOST = 100
"""Masks on one photograph; whoever needs more withholds it."""
LEAST = 4
"""The smallest side of a mask: what is smaller was drawn by accident, and hides nothing."""
Kind = Literal["face", "number"]


class Mask(BaseModel):
    """A rectangle that hides a part of a picture; x, y, width and height in thousandths of its sides."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    kind: Kind
    x: Annotated[int, Field(ge=0, le=WHOLE)]
    y: Annotated[int, Field(ge=0, le=WHOLE)]
    w: Annotated[int, Field(ge=LEAST, le=WHOLE)]
    h: Annotated[int, Field(ge=LEAST, le=WHOLE)]

    @model_validator(mode="after")
    def _inside(self) -> Mask:
        if self.x + self.w > WHOLE or self.y + self.h > WHOLE:
            raise ValueError("a mask lies inside its picture")
        return self


@dataclass(frozen=True, slots=True)
class Box:
    """What a detector found, in pixels of the picture that it looked at, with its confidence in thousandths."""

    left: int
    top: int
    right: int
    bottom: int
    sure: int


@dataclass(eq=False)
class PhotosNotLooked(Problem):
    """Photographs whose faces were not looked for yet cannot be released together; `count` of them."""

    count: int
    code: ClassVar[str] = "photos-not-looked"


@dataclass(eq=False)
class PhotoShown(Problem):
    """The outlet has seen the photograph: it can be withheld from now on, but its release cannot be undone."""

    code: ClassVar[str] = "photo-shown"


@dataclass(eq=False)
class PhotoNotMaskable(Problem):
    """The photograph cannot be decoded, so nothing can be hidden in it, and it stays inside."""

    code: ClassVar[str] = "photo-not-maskable"


_MASKS = TypeAdapter(Annotated[list[Mask], Field(max_length=MOST)])


def read(text: str, pointer: str = "") -> tuple[Mask, ...]:
    """Masks from JSON, each once. Raises WrongDocument with a fault at `pointer` for anything else."""
    try:
        found = _MASKS.validate_json(text, strict=True)
    except ValidationError as error:
        raise WrongDocument(faults=(Fault(pointer, "内容不对。"),)) from error
    return tuple(dict.fromkeys(found))


def written(masks: Iterable[Mask]) -> str:
    """The same as JSON, as it is stored."""
    return _MASKS.dump_json(list(masks)).decode()


def pixels(mask: Mask, width: int, height: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom (the last two excluded) of the pixels that a mask covers, rounded outwards."""
    return (
        mask.x * width // WHOLE,
        mask.y * height // WHOLE,
        -(-(mask.x + mask.w) * width // WHOLE),
        -(-(mask.y + mask.h) * height // WHOLE),
    )


def proposed(boxes: Sequence[Box], width: int, height: int) -> tuple[Mask, ...]:
    """Masks over the faces that were found in a picture of this size: each a fifth larger to every side, the surest first.

    A detector's box ends at the chin and the brow; hair and ears tell who somebody is too.
    """
    found = []
    for box in sorted(boxes, key=lambda box: -box.sure)[:MOST]:
        aside, above = (box.right - box.left) // 5, (box.bottom - box.top) // 5
        left, right = _span(box.left - aside, box.right + aside, width)
        top, bottom = _span(box.top - above, box.bottom + above, height)
        found.append(Mask(kind="face", x=left, y=top, w=right - left, h=bottom - top))
    return tuple(dict.fromkeys(found))


def _span(low: int, high: int, whole: int) -> tuple[int, int]:
    """From and to in thousandths, rounded outwards, inside the picture and wide enough for a mask."""
    begin = min(max(0, low * WHOLE // whole), WHOLE - LEAST)
    end = max(min(WHOLE, -(-high * WHOLE // whole)), begin + LEAST)
    return begin, end
