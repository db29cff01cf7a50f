"""Masks: what is one, which pixels it covers, and how the boxes of a detector become masks."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain import masks
from server.domain.errors import WrongDocument
from server.domain.masks import Box, Mask

FACE = {"kind": "face", "x": 100, "y": 200, "w": 300, "h": 400}
units = st.integers(0, masks.WHOLE)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "{}",
        "[1]",
        json.dumps([{**FACE, "kind": "hat"}]),
        json.dumps([{**FACE, "x": -1}]),
        json.dumps([{**FACE, "x": 1.5}]),
        json.dumps([{**FACE, "x": "100"}]),
        json.dumps([{**FACE, "w": 901}]),
        json.dumps([{**FACE, "h": 3}]),
        json.dumps([{**FACE, "script": "<script>"}]),
        json.dumps([{**FACE, "x": n} for n in range(101)]),
    ],
)
def test_what_is_no_mask_inside_its_picture_is_refused(wrong: str) -> None:
    with pytest.raises(WrongDocument) as refused:
        masks.read(wrong, "/shapes")
    assert refused.value.faults[0].pointer == "/shapes"


def test_masks_come_back_as_they_were_written_each_once() -> None:
    read = masks.read(json.dumps([FACE, FACE]))
    assert read == (Mask(kind="face", x=100, y=200, w=300, h=400),)
    assert masks.read(masks.written(read)) == read


@given(units, units, units, units, st.integers(1, 9000), st.integers(1, 9000))
def test_a_mask_covers_every_pixel_that_it_touches(
    x: int, y: int, w: int, h: int, width: int, height: int
) -> None:
    x, y = min(x, masks.WHOLE - masks.LEAST), min(y, masks.WHOLE - masks.LEAST)
    w, h = (max(masks.LEAST, min(side, masks.WHOLE - at)) for side, at in ((w, x), (h, y)))
    left, top, right, bottom = masks.pixels(Mask(kind="face", x=x, y=y, w=w, h=h), width, height)
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    assert left * masks.WHOLE <= x * width
    assert right * masks.WHOLE >= (x + w) * width
    assert bottom * masks.WHOLE >= (y + h) * height


@given(
    st.lists(st.tuples(*[st.integers(0, 640)] * 4, st.integers(0, 1000)), max_size=150),
    st.integers(1, 640),
    st.integers(1, 640),
)
def test_whatever_a_detector_finds_becomes_masks_inside_the_picture(
    found: list[tuple[int, ...]], width: int, height: int
) -> None:
    boxes = [Box(min(a, c), min(b, d), max(a, c), max(b, d), sure) for a, b, c, d, sure in found]
    proposed = masks.proposed(boxes, width, height)
    assert len(proposed) <= masks.MOST
    assert masks.read(masks.written(proposed)) == proposed


def test_a_proposal_is_larger_than_what_was_found_so_that_hair_and_chin_are_under_it() -> None:
    (mask,) = masks.proposed([Box(400, 400, 600, 600, 900)], 1000, 1000)
    assert mask == Mask(kind="face", x=360, y=360, w=280, h=280)
