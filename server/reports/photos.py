"""Photos made ready for the page: upright JPEGs of evidence size without EXIF, position or trailing data."""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps

LONG_SIDE = 1000
"""Pixels: 54 mm of height hold about 350 dpi, and a reader can zoom to twice the size."""

_QUALITY = 82
_FORMATS = ("JPEG", "PNG", "WEBP")
_START_OF_SCAN, _APP_JFIF, _APP_ICC, _COMMENT = 0xDA, 0xE0, 0xE2, 0xFE


def ready(photo: bytes) -> bytes:
    """Give the photo as a bare upright JPEG of at most `LONG_SIDE` pixels; one that is so already stays as it is.

    Raises OSError for a cut or foreign file, and DecompressionBombWarning as an error for a giant one.
    """
    if is_ready(photo):
        return photo
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        picture: Image.Image = Image.open(io.BytesIO(photo), formats=_FORMATS)
        _shrink_while_decoding(picture)
        picture.load()
    # Turning comes last: a small picture turns four times faster than a large one.
    picture = _on_white(picture)
    picture.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    picture = ImageOps.exif_transpose(picture)
    out = io.BytesIO()
    picture.info.clear()
    picture.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def is_ready(photo: bytes) -> bool:
    """Whether the bytes are a small JPEG that carries pixels and a colour profile and nothing else."""
    if not photo.startswith(b"\xff\xd8\xff"):
        return False
    place = 2
    while place + 4 <= len(photo) and photo[place] == 0xFF:
        marker = photo[place + 1]
        if marker == _COMMENT or (_APP_JFIF < marker <= 0xEF and marker != _APP_ICC):
            return False
        if marker == _APP_ICC and photo[place + 4 : place + 16] != b"ICC_PROFILE\0":
            return False
        if marker == _START_OF_SCAN:
            # Whatever follows the end of the picture (a motion photo's film, a second picture) has no place here.
            return photo.find(b"\xff\xd9", place) == len(photo) - 2 and max(size(photo)) <= LONG_SIDE
        place += 2 + int.from_bytes(photo[place + 2 : place + 4])
    return False


def size(photo: bytes) -> tuple[int, int]:
    """Width and height in pixels, read from the head of the file alone."""
    with Image.open(io.BytesIO(photo), formats=_FORMATS) as picture:
        return picture.size


def ink(signature: bytes) -> bytes:
    """A signature on glass as a grey PNG on white: no soft mask, no metadata, 600 pixels wide at most."""
    picture: Image.Image = Image.open(io.BytesIO(signature), formats=_FORMATS)
    picture = _on_white(picture).convert("L")
    picture.thumbnail((600, 240), Image.Resampling.LANCZOS)
    picture.info.clear()
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _shrink_while_decoding(picture: Image.Image) -> None:
    """Let the JPEG decoder skip pixels; it wants a size that both sides must reach."""
    width, height = picture.size
    scale = min(1.0, 2 * LONG_SIDE / max(width, height))
    picture.draft("RGB", (max(1, int(width * scale)), max(1, int(height * scale))))


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode in ("RGB", "L"):
        return picture
    if "A" in picture.getbands() or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        ground = Image.new("RGB", picture.size, "white")
        ground.paste(layer, mask=layer.getchannel("A"))
        return ground
    return picture.convert("RGB")
