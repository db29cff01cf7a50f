"""Photographs of 12 megapixels as a phone's camera writes them, with position and orientation in their EXIF.

No free package ships pictures of that size, so a real photograph (1278 × 720, from the MIT-licensed exif-parser)
is cut and enlarged to 4032 × 3024 and gets the correlated noise of a sensor, which makes it compress like a
photograph of 12 megapixels (2–5 MB). The same seed gives the same bytes on every machine with the same Pillow.
"""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from random import Random

from PIL import Image, ImageChops

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "pwa/node_modules/exif-parser/test/starfish.jpg"
KEPT = ROOT / "build" / "photographs"
SIZE = (4032, 3024)
SHANGHAI = timezone(timedelta(hours=8))
MODEL = "KJH-AN90"
"""The made-up camera model that must not stay in what the phone sends."""
TAKEN = datetime(2026, 11, 21, 2, 15, tzinfo=UTC)
_TURNED = {
    1: None,
    6: Image.Transpose.ROTATE_90,
    8: Image.Transpose.ROTATE_270,
    3: Image.Transpose.ROTATE_180,
}


def photograph(
    seed: int,
    *,
    orientation: int = 1,
    taken: datetime = TAKEN,
    position: tuple[float, float] = (37.86, 112.56),
) -> bytes:
    """A JPEG of its own for each seed; shown upright it is 4032 × 3024, or 3024 × 4032 where `orientation` is 6 or 8.

    `taken` is an instant (written as Shanghai time, with its offset), `position` is WGS-84 latitude and longitude.
    """
    plain = _pixels(seed, orientation)
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "XUNTING", MODEL
    exif[0x0112] = orientation
    local = taken.astimezone(SHANGHAI)
    exif[0x0132] = f"{local:%Y:%m:%d %H:%M:%S}"
    exif.get_ifd(0x8769).update(
        {
            0x9003: f"{local:%Y:%m:%d %H:%M:%S}",
            0x9011: "+08:00",
            0x9291: "120",
            0xA002: SIZE[0],
            0xA003: SIZE[1],
        }
    )
    latitude, longitude = position
    exif.get_ifd(0x8825).update(
        {
            1: "N",
            2: _degrees(latitude),
            3: "E",
            4: _degrees(longitude),
            5: b"\x00",
            6: 789.5,
            16: "T",
            17: 211.5,
        }
    )
    block = exif.tobytes()
    assert plain[:2] == b"\xff\xd8"
    return plain[:2] + b"\xff\xe1" + (len(block) + 2).to_bytes(2) + block + plain[2:]


def file(seed: int, **given: object) -> Path:
    """The same as a file, for a browser's file input."""
    data = photograph(seed, **given)  # type: ignore[arg-type]
    name = "-".join([str(seed), *(f"{key}{value}" for key, value in sorted(given.items()))])
    return _keep(KEPT / f"IMG_{''.join(sign if sign.isalnum() else '_' for sign in name)}.jpg", data)


@cache
def _pixels(seed: int, orientation: int) -> bytes:
    """The encoded picture without EXIF, as the sensor lies: a turned phone writes its pixels unturned."""
    kept = KEPT / f"pixels_{seed}_{orientation}.jpg"
    if kept.is_file():
        return kept.read_bytes()
    chance = Random(f"photograph {seed}")
    with Image.open(SOURCE) as source:
        width, height = source.size
        wide = chance.randrange(480, 900)
        high = wide * 3 // 4
        left, top = chance.randrange(width - wide), chance.randrange(height - high)
        cut = source.convert("RGB").crop((left, top, left + wide, top + high))
    if chance.random() < 0.5:
        cut = cut.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    # Another hue for each, so that pictures of different seeds are not similar to the server's eye either.
    bands = list(cut.split())
    chance.shuffle(bands)
    picture = Image.merge("RGB", bands)
    turned = orientation in (6, 8)
    picture = picture.resize(SIZE[::-1] if turned else SIZE, Image.Resampling.BICUBIC)
    noise = [_noise(picture.size, chance) for _ in range(3)]
    picture = ImageChops.add(picture, Image.merge("RGB", noise), 1, -_SWING)
    if turn := _TURNED[orientation]:
        picture = picture.transpose(turn)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88, subsampling=2)
    return _keep(kept, out.getvalue()).read_bytes()


_SWING = 14


def _noise(size: tuple[int, int], chance: Random) -> Image.Image:
    """Noise whose grains are a little larger than a pixel, as the colour filter of a sensor leaves it."""
    width, height = size[0] * 2 // 3, size[1] * 2 // 3
    grains = Image.frombytes("L", (width, height), chance.randbytes(width * height))
    return grains.point([value * 2 * _SWING // 255 for value in range(256)]).resize(
        size, Image.Resampling.BILINEAR
    )


def _degrees(value: float) -> tuple[float, float, float]:
    minutes = value % 1 * 60
    return float(int(value)), float(int(minutes)), round(minutes % 1 * 60, 3)


def _keep(path: Path, data: bytes) -> Path:
    """Write once, whole, also when two test processes do it at the same time."""
    if not path.is_file() or path.stat().st_size != len(data):
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        unfinished.write_bytes(data)
        unfinished.replace(path)
    return path
