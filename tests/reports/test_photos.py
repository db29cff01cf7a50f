"""Photos on the page: upright, small, and without anything that the camera wrote about itself."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageStat
from PIL.ExifTags import GPS, IFD, Base

from server.reports import photos, visit
from server.reports.pdf import Fonts
from tests.reports import sample

GPS_TRACE = b"GPSTRACE-37.8700"


def _with_position(picture: Image.Image, *, orientation: int = 1, quality: int = 90) -> bytes:
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    exif[Base.Make] = GPS_TRACE.decode()
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitudeRef] = "N"
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (37.0, 52.0, 12.0)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, exif=exif)
    return out.getvalue()


def test_the_position_of_a_real_photograph_does_not_reach_the_page() -> None:
    original = sample.PHOTOGRAPH.read_bytes()
    with Image.open(io.BytesIO(original)) as picture:
        assert picture.getexif().get_ifd(IFD.GPSInfo)
    made = photos.ready(original)
    with Image.open(io.BytesIO(made)) as picture:
        assert not picture.getexif()
        assert max(picture.size) <= photos.LONG_SIDE
    assert b"Exif" not in made
    assert b"Nokia" not in made


def test_the_position_of_a_photo_does_not_reach_the_pdf(fonts: Fonts) -> None:
    with Image.open(io.BytesIO(sample.photographs(1)[0])) as picture:
        content = _with_position(picture)
    assert GPS_TRACE in content
    data, files = sample.mystery([content])
    made = visit.render(data, files)
    assert GPS_TRACE not in made
    assert b"Exif\0" not in made


def test_a_ready_photo_stays_byte_for_byte() -> None:
    (photo,) = sample.photographs(1)
    assert photos.is_ready(photo)
    assert photos.ready(photo) is photo


@pytest.mark.parametrize("tail", [b"\0", b"\xff\xd8\xff\xe1", b"ftypmp42"])
def test_what_hangs_behind_the_picture_is_cut_off(tail: bytes) -> None:
    (photo,) = sample.photographs(1)
    made = photos.ready(photo + tail)
    assert not photos.is_ready(photo + tail)
    assert photos.is_ready(made)


def test_a_photo_is_turned_upright() -> None:
    lying = Image.new("RGB", (400, 200), "white")
    lying.paste("red", (0, 0, 200, 200))
    with Image.open(io.BytesIO(photos.ready(_with_position(lying, orientation=6)))) as upright:
        assert upright.size == (200, 400)
        top = ImageStat.Stat(upright.crop((20, 20, 180, 180))).mean
        assert top[0] > 200
        assert top[1] < 60


def test_a_large_photo_is_made_small() -> None:
    with Image.open(sample.PHOTOGRAPH) as picture:
        large = picture.resize((4032, 3024))
    made = photos.ready(_with_position(large, quality=60))
    assert max(photos.size(made)) == photos.LONG_SIDE
    assert photos.is_ready(made)


def test_a_cut_photo_and_a_foreign_file_are_refused(tmp_path: Path) -> None:
    (photo,) = sample.photographs(1)
    for broken in (photo[: len(photo) // 2], b"GIF89a" + b"\0" * 50, b"<svg/>", b""):
        with pytest.raises(OSError, match=r".+"):
            photos.ready(broken)


def test_a_giant_picture_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    out = io.BytesIO()
    Image.new("L", (150, 100)).save(out, "PNG")
    with pytest.raises(Image.DecompressionBombWarning):
        photos.ready(out.getvalue())


def test_ink_on_glass_is_printed_on_white() -> None:
    with Image.open(io.BytesIO(photos.ink(sample.signature(3)))) as made:
        assert made.mode == "L"
        assert made.getpixel((0, 0)) == 255
        assert made.getextrema()[0] < 60
