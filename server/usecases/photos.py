"""Smaller sizes of a visit's photographs: upright, re-encoded, without EXIF, made once and reused."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from uuid import UUID

import pillow_heif
from PIL import Image, ImageOps
from sqlmodel import col, select

from server.domain.access import Permission, Viewer
from server.domain.errors import NotFound
from server.queries import scope
from server.reports import photos as page
from server.storage.visits import VisitFile
from server.usecases.work import Office

SIZES = {"thumb": 320, "screen": 1280}
"""Pixels of the long side."""
PAGE = "page"
_FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")

pillow_heif.register_heif_opener()


def size_name(size: str, sha256: str) -> str:
    """Under which name the file store keeps a size of a picture."""
    return f"sizes/{size}/{sha256[:2]}/{sha256}.jpg"


@dataclass(frozen=True, slots=True)
class Look:
    """A file that somebody may look at: where it lies, what it is, and in which size it is shown."""

    sha256: str
    kind: str
    type: str
    size: str


def find(office: Office, viewer: Viewer, sha256: str, size: str | None) -> Look:
    """The file of a visit in sight, as this viewer gets it. Raises NotFound.

    Whole, with all that the camera wrote into it, only for head office and for who sent it.
    """
    with office.work(viewer, write=False) as work:
        row = work.session.exec(
            select(VisitFile)
            .where(VisitFile.sha256 == sha256, scope.photos(viewer))
            .order_by(col(VisitFile.uploader_id) == UUID(viewer.user_id))
            .limit(1)
        ).first()
    if row is None:
        raise NotFound()
    whole = viewer.may(Permission.SEE_COVERT) or str(row.uploader_id) == viewer.user_id
    if row.type.startswith("image/") and (size or not whole):
        return Look(sha256, row.kind, "image/jpeg", size or "screen")
    return Look(sha256, row.kind, row.type, "whole")


def read(office: Office, look: Look) -> bytes:
    """The bytes to show; a size that the worker has not made yet is made now."""
    if look.size == "whole":
        return office.files.get(look.sha256, kind=look.kind)
    name = size_name(look.size, look.sha256)
    made = office.files.get_named(name)
    if made is None:
        made = small(office.files.get(look.sha256, kind=look.kind), SIZES[look.size])
        office.files.put_named(name, made)
    return made


def make_sizes(office: Office, visit_id: UUID) -> int:
    """Make what is missing of every picture's sizes; returns how many were made. Repeating it is cheap."""
    with office.work(write=False) as work:
        names = work.session.exec(
            select(VisitFile.sha256, VisitFile.kind)
            .where(VisitFile.visit_id == visit_id, col(VisitFile.type).startswith("image/"))
            .order_by(col(VisitFile.sha256))
        ).all()
    made = 0
    for sha256, kind in names:
        if office.files.get_named(size_name(PAGE, sha256)) is not None:
            continue
        data = office.files.get(sha256, kind=kind)
        for size, pixels in SIZES.items():
            office.files.put_named(size_name(size, sha256), small(data, pixels))
        # The last one is the sign that all are there.
        office.files.put_named(size_name(PAGE, sha256), page.ready(small(data, page.LONG_SIDE)))
        made += 1
    return made


def small(data: bytes, pixels: int) -> bytes:
    """A picture as an upright JPEG of at most `pixels` on its long side, without any metadata.

    Raises OSError for a cut or foreign file.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        opened: Image.Image = Image.open(io.BytesIO(data), formats=_FORMATS)
        # The decoder is asked for a size that both sides must reach, so the fitted one is asked for.
        scale = min(1.0, 2 * pixels / max(opened.size))
        opened.draft("RGB", (max(1, int(opened.width * scale)), max(1, int(opened.height * scale))))
        opened.load()
    # Shrinking comes before turning: a small picture turns faster.
    opened.thumbnail((pixels, pixels), Image.Resampling.LANCZOS)
    upright = _on_white(ImageOps.exif_transpose(opened))
    upright.info.clear()
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=80)
    return out.getvalue()


def _on_white(picture: Image.Image) -> Image.Image:
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(layer, mask=layer.getchannel("A"))
    return ground
