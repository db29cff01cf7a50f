"""Masked pictures: nothing of what lies under a mask, nothing of the camera's words, and no harm from odd files."""

from __future__ import annotations

import io
import struct
import zlib
from random import Random

import pytest
from PIL import Image

from server.domain.errors import PhotoUnreadable
from server.domain.masks import Mask, pixels
from server.gateways.masking import LONG_SIDE, masked
from tests import make, photographs

FACE = Mask(kind="face", x=250, y=250, w=300, h=400)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def noise(seed: int, size: tuple[int, int] = (800, 600), **given: object) -> bytes:
    image = Image.frombytes("RGB", size, Random(seed).randbytes(size[0] * size[1] * 3))
    out = io.BytesIO()
    image.save(out, "PNG", **given)
    return out.getvalue()


def test_two_pictures_that_differ_under_the_mask_alone_come_out_the_same() -> None:
    plain = opened(noise(1)).convert("RGB")
    left, top, right, bottom = pixels(FACE, *plain.size)
    other = plain.copy()
    other.paste(opened(noise(2)).crop((left, top, right, bottom)), (left, top))
    made = []
    for picture in (plain, other):
        out = io.BytesIO()
        picture.save(out, "PNG")
        made.append(masked(out.getvalue(), [FACE]))
    assert made[0] == made[1]
    assert masked(noise(1), []) != made[0]


def test_what_is_masked_is_one_colour_also_in_a_picture_that_is_made_small() -> None:
    picture = opened(masked(noise(3, (3200, 2400)), [FACE])).convert("RGB")
    assert picture.size == (LONG_SIDE, LONG_SIDE * 3 // 4)
    left, top, right, bottom = pixels(FACE, *picture.size)
    inside = picture.crop((left + 16, top + 16, right - 16, bottom - 16))
    assert all(low == high for low, high in inside.getextrema())


def test_a_mask_lies_where_the_picture_is_upright_and_no_word_of_the_camera_stays() -> None:
    taken = photographs.photograph(5, orientation=6)
    assert photographs.MODEL.encode() in taken
    corner = Mask(kind="number", x=0, y=0, w=200, h=100)
    data = masked(taken, [corner])
    picture = opened(data)
    assert picture.height > picture.width
    assert not picture.getexif()
    assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not any(
        word in data for word in (photographs.MODEL.encode(), b"Exif", b"XUNTING", b"GPS", b"http")
    )
    grey = picture.convert("RGB").crop((20, 20, 180, 120)).getextrema()
    assert all(high - low <= 2 for low, high in grey)


def test_the_same_picture_and_masks_give_the_same_bytes() -> None:
    assert masked(make.picture(7), [FACE]) == masked(make.picture(7), [FACE])


def test_a_transparent_picture_keeps_nothing_under_its_transparency() -> None:
    layer = Image.new("RGBA", (200, 100), (200, 10, 10, 0))
    out = io.BytesIO()
    layer.save(out, "PNG")
    assert opened(masked(out.getvalue(), [])).convert("RGB").getpixel((50, 50)) == (255, 255, 255)


def bomb() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100_000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "odd",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"GIF89a" + bytes(64),
        make.picture(8)[:400],
        bomb(),
    ],
    ids=["empty", "svg", "html", "pdf", "gif", "cut", "bomb"],
)
def test_what_is_no_whole_photograph_is_refused(odd: bytes) -> None:
    with pytest.raises(PhotoUnreadable):
        masked(odd, [FACE])
