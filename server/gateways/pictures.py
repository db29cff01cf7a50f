"""Judging what was uploaded by its content: pictures by decoding them whole, sound and PDF by their first bytes."""

from __future__ import annotations

import struct
import threading
import warnings
from dataclasses import dataclass
from pathlib import Path

import pillow_heif
from PIL import Image

from server.domain.errors import PhotoTooManyPixels, PhotoUnreadable

pillow_heif.register_heif_opener()
# What Pillow only warns of is refused here (a 100-megapixel PNG can be 11 kB long).
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

# "MPO" is what Pillow calls a JPEG whose index (MPF) names more pictures behind the first: many phones write it.
PICTURES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "HEIF": "image/heic",
}
_OPENED = ("JPEG", "PNG", "WEBP", "HEIF")
_JPEGS = frozenset({"JPEG", "MPO"})
_HASH_SIZE = 64
_LARGE = 8_000_000
# Pictures that must be decoded in full size take turns, so that sixteen of them at once do not fill the memory.
_TURN = threading.BoundedSemaphore(1)
# EXIF orientation → how the stored picture is turned upright.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class Judged:
    """What a file turned out to be; sizes in pixels as stored, `dhash` 16 hexadecimal digits, pictures only."""

    type: str
    width: int | None = None
    height: int | None = None
    dhash: str | None = None


def picture(path: Path, megapixels: int) -> Judged:
    """Decode a picture to its last byte.

    A JPEG is decoded at an eighth of its size: that reads every byte, so a cut one is found, and skips most of
    the arithmetic. Raises PhotoUnreadable, PhotoTooManyPixels.
    """
    try:
        if _head(path).startswith(b"\x89PNG"):
            # Decoding stops at the last pixel; only this reads the sums behind it.
            with path.open("rb") as file:
                Image.open(file, formats=["PNG"]).verify()
        with Image.open(path, formats=_OPENED) as opened:
            width, height = opened.size
            if width * height > megapixels * 1_000_000:
                raise PhotoTooManyPixels(megapixels=megapixels)
            kind = PICTURES[opened.format or ""]
            small = _small(opened)
            turn = _TURNS.get(opened.getexif().get(274, 1))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoTooManyPixels(megapixels=megapixels) from error
    # Broken files make Pillow's parsers raise almost anything; whatever it is, this is no picture to us.
    except (
        OSError,
        SyntaxError,
        ValueError,
        ArithmeticError,
        LookupError,
        TypeError,
        EOFError,
        struct.error,
    ) as error:
        raise PhotoUnreadable() from error
    return Judged(kind, width, height, dhash(small.transpose(turn) if turn is not None else small))


def sound(path: Path) -> Judged:
    """AAC (bare or in MP4) or Opus, by its first bytes. Raises PhotoUnreadable."""
    head = _head(path)
    if (head[0] == 0xFF and head[1] & 0xF6 == 0xF0) or head[4:8] == b"ftyp":
        return Judged("audio/aac")
    if head.startswith(b"OggS") and b"OpusHead" in head:
        return Judged("audio/ogg")
    raise PhotoUnreadable()


def is_pdf(path: Path) -> bool:
    """Whether the file says that it is a PDF."""
    return _head(path).startswith(b"%PDF-")


def dhash(upright: Image.Image) -> str:
    """The difference hash: in a 9 x 8 grey picture, whether each pixel is lighter than its left neighbour."""
    pixels = upright.resize((9, 8), Image.Resampling.BOX).tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            bits = bits << 1 | (pixels[row * 9 + column] < pixels[row * 9 + column + 1])
    return f"{bits:016x}"


def _small(opened: Image.Image) -> Image.Image:
    width, height = opened.size
    if opened.format in _JPEGS and (width * height <= _LARGE or not opened.info.get("progressive")):
        opened.draft("L", (max(1, width // 8), max(1, height // 8)))
        opened.load()
        return opened.convert("L")
    with _TURN:
        if opened.format in _JPEGS:
            opened.draft("L", (max(1, width // 8), max(1, height // 8)))
        opened.load()
        if opened.mode in ("RGBA", "LA", "P", "PA"):
            opened = opened.convert("RGBA")
        opened.thumbnail((_HASH_SIZE, _HASH_SIZE))
        return opened.convert("L")


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(64)
    if len(head) < 16:
        raise PhotoUnreadable()
    return head
