"""Judging what was uploaded by its content: pictures to their last byte, PDF by its two ends."""

from __future__ import annotations

import os
import re
import struct
import threading
import warnings
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path

import pillow_heif
from PIL import Image

from server.domain.errors import PhotoTooManyPixels, PhotoUnreadable
from server.domain.visit import Picture

pillow_heif.register_heif_opener()
# What Pillow only warns of is refused here (a 100-megapixel PNG can be 11 kB long).
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

# "MPO" is what Pillow calls a JPEG whose index (MPF) names more pictures behind the first: many phones write it.
PICTURES: dict[str, Picture] = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "HEIF": "image/heic",
}
_OPENED = ("JPEG", "PNG", "WEBP", "HEIF")
_SCAN = 0xDA
_PDF_TAIL = 2048
_PDF_END = re.compile(rb"startxref\s+(\d{1,12})\s+%%EOF")
_PDF_TABLE = re.compile(rb"\s*(xref\b|\d+\s+\d+\s+obj\b)")
BROKEN = (OSError, SyntaxError, ValueError, ArithmeticError, LookupError, TypeError, EOFError, struct.error)
"""What Pillow's parsers raise over broken files: almost anything; whatever it is, it is no picture to us."""
# Pictures that must be decoded in full size take turns, so that sixteen of them at once do not fill the memory.
_TURN = threading.BoundedSemaphore(1)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a file turned out to be; sizes in pixels as stored, pictures only."""

    type: str
    width: int | None = None
    height: int | None = None


def picture(path: Path, megapixels: int) -> Judged:
    """Read a picture to its last byte.

    A JPEG is not decoded here: whoever looks at it gets what the worker decoded, and decoding finds little that
    the walk to its end does not, because a decoder guesses over damaged bytes. Raises PhotoUnreadable,
    PhotoTooManyPixels.
    """
    try:
        with Image.open(path, formats=_OPENED) as opened:
            width, height = opened.size
            if width * height > megapixels * 1_000_000:
                raise PhotoTooManyPixels(megapixels=megapixels)
            kind = PICTURES[opened.format or ""]
            if kind == "image/jpeg":
                # Mapped, so that the bytes of sixteen photos at once are not in the memory of the process as well.
                with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as jpeg:
                    if not _ends(jpeg):
                        raise PhotoUnreadable()
            elif kind == "image/png":
                # Decoding stops at the last pixel; only this reads the sums behind it.
                opened.verify()
        if kind != "image/jpeg":
            with _TURN, Image.open(path, formats=_OPENED) as opened:
                opened.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoTooManyPixels(megapixels=megapixels) from error
    except BROKEN as error:
        raise PhotoUnreadable() from error
    return Judged(kind, width, height)


def is_pdf(path: Path) -> bool:
    """Whether the file is a PDF by its two ends: its head says so, and its tail leads to a table of objects in it.

    Nothing of it is unpacked or run, so that no file can make this slow.
    """
    if not _head(path).startswith(b"%PDF-"):
        return False
    with path.open("rb") as file:
        length = file.seek(0, os.SEEK_END)
        file.seek(max(0, length - _PDF_TAIL))
        ends = _PDF_END.findall(file.read())
        if not ends or not 0 < int(ends[-1]) < length:
            return False
        file.seek(int(ends[-1]))
        return _PDF_TABLE.match(file.read(64)) is not None


def dhash(upright: Image.Image) -> str:
    """The difference hash: in a 9 x 8 grey picture, whether each pixel is lighter than its left neighbour."""
    pixels = upright.resize((9, 8), Image.Resampling.BOX).tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            bits = bits << 1 | (pixels[row * 9 + column] < pixels[row * 9 + column + 1])
    return f"{bits:016x}"


def _ends(jpeg: mmap) -> bool:
    """Whether a JPEG goes on to its end: in its scan, where FF is written FF 00, FF D9 can be nothing else.

    It is looked for from behind, where it mostly is.
    """
    at = 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF:
        marker = jpeg[at + 1]
        if marker == _SCAN:
            return jpeg.rfind(b"\xff\xd9", at) >= 0
        # A second FF is a filler; every other segment before the scan says how long it is.
        at += 1 if marker == 0xFF else 2 + int.from_bytes(jpeg[at + 2 : at + 4])
    return False


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(64)
    if len(head) < 16:
        raise PhotoUnreadable()
    return head
