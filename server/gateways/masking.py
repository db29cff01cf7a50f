"""The masked picture: upright, small, filled where something is hidden, and nothing of the original's metadata."""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Sequence

import pillow_heif
from PIL import Image, ImageDraw, ImageOps

from server.domain.errors import PhotoUnreadable
from server.domain.masks import Mask, pixels
from server.gateways.pictures import BROKEN

LONG_SIDE = 1600
"""Pixels of the long side of what leaves the house."""
KIND = "masked"
"""Under which kind the object store keeps masked pictures."""
_FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
_FILL = {"face": (118, 128, 125), "number": (38, 44, 42)}
# Pictures of full size are decoded one after the other, so that several releases do not fill the memory.
_TURN = threading.BoundedSemaphore(1)

pillow_heif.register_heif_opener()


def masked(data: bytes, masks: Sequence[Mask]) -> bytes:
    """The picture as its outlet may see it, a JPEG made anew of its pixels. The same input gives the same bytes.

    A mask is one even colour, over whose pixels nothing can be computed back. It is drawn before the picture is made
    small, so that no pixel beside it holds a share of what it hides, and once more after that, so that its edge is
    even too. Raises PhotoUnreadable for anything that Pillow does not decode as a photograph.
    """
    try:
        with _TURN, warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
                # A large JPEG is decoded at half its size or less: each pixel then comes from a square of its own.
                scale = min(1.0, LONG_SIDE / max(opened.size))
                opened.draft("RGB", (int(opened.width * scale), int(opened.height * scale)))
                upright = ImageOps.exif_transpose(opened)
            plain = Image.new("RGB", upright.size, "white")
            clear = (
                upright.convert("RGBA")
                if "A" in upright.getbands() or "transparency" in upright.info
                else None
            )
            plain.paste(clear or upright.convert("RGB"), mask=clear and clear.getchannel("A"))
            _fill(plain, masks)
            plain.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
            _fill(plain, masks)
            out = io.BytesIO()
            plain.save(out, "JPEG", quality=82)
    except (*BROKEN, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoUnreadable() from error
    return out.getvalue()


def _fill(picture: Image.Image, masks: Sequence[Mask]) -> None:
    draw = ImageDraw.Draw(picture)
    for mask in masks:
        left, top, right, bottom = pixels(mask, *picture.size)
        draw.rectangle((left, top, right - 1, bottom - 1), fill=_FILL[mask.kind])
