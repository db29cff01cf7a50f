"""Smaller sizes of a visit's photographs: upright, re-encoded, without EXIF, made once and reused."""

from __future__ import annotations

import io
import warnings
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

import pillow_heif
from PIL import Image, ImageDraw, ImageOps
from sqlmodel import Session, col, select

from server.domain.access import Permission, Viewer
from server.domain.errors import NotFound
from server.domain.voice import FileExpired
from server.gateways import masking
from server.gateways.pictures import BROKEN, dhash
from server.queries import actions, rechecks, scope
from server.reports import photos as page
from server.storage import pictures as index
from server.storage.publishing import PhotoRelease
from server.storage.record_files import RecordFile
from server.storage.visits import VisitFile
from server.usecases.work import Office

SIZES = {"thumb": 320, "screen": 1280}
"""Pixels of the long side."""
PAGE = "page"
MASKED = masking.KIND
_CRACK = ((12, 1), (9, 5), (12, 7), (8, 10), (10, 14))
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
    """The file of a visit in sight, as this viewer gets it. Raises NotFound, FileExpired.

    Whole, with all that the camera wrote into it, only for head office and for who sent it; voices too.
    """
    with office.work(viewer, write=False) as work:
        row = work.session.exec(
            select(VisitFile)
            .where(VisitFile.sha256 == sha256, scope.photos(viewer))
            .order_by(
                col(VisitFile.expired_at).is_not(None), col(VisitFile.uploader_id) == UUID(viewer.user_id)
            )
            .limit(1)
        ).first() or (
            rechecks.photo(work.session, viewer, sha256)
            or actions.photo_before(work.session, viewer, sha256)
            or _of_record(work.session, viewer, sha256)
        )
        masked = row is None and _is_masked(work.session, viewer, sha256)
    if masked:
        return Look(sha256, MASKED, "image/jpeg", size or "whole")
    if row is None:
        raise NotFound()
    whole = viewer.may(Permission.SEE_COVERT) or str(row.uploader_id) == viewer.user_id
    if row.kind == "audio" and not whole:
        raise NotFound()
    if row.expired_at is not None:
        raise FileExpired()
    if row.type.startswith("image/") and (size or not whole):
        return Look(sha256, row.kind, "image/jpeg", size or "screen")
    return Look(sha256, row.kind, row.type, "whole")


def _is_masked(session: Session, viewer: Viewer, sha256: str) -> bool:
    of_name = select(PhotoRelease.expired_at).where(
        PhotoRelease.masked_sha256 == sha256, scope.released(viewer)
    )
    found = session.exec(of_name).all()
    if found and all(found):
        raise FileExpired()
    return bool(found)


def _of_record(session: Session, viewer: Viewer, sha256: str) -> RecordFile | None:
    return session.exec(
        select(RecordFile).where(RecordFile.sha256 == sha256, scope.record_files(viewer)).limit(1)
    ).first()


def read(office: Office, look: Look) -> bytes:
    """The bytes to show; a size that the worker has not made yet is made now."""
    if look.size == "whole":
        return office.files.get(look.sha256, kind=look.kind)
    made = office.files.get_named(size_name(look.size, look.sha256))
    if made is None:
        made = _shown(office.files.get(look.sha256, kind=look.kind), SIZES[look.size])
        office.files.put_named(size_name(look.size, look.sha256), made)
    return made


def for_page(office: Office, sha256: str, kind: str) -> bytes:
    """A photograph as the report prints it."""
    made = office.files.get_named(size_name(PAGE, sha256))
    return (
        made if made is not None else page.ready(_shown(office.files.get(sha256, kind=kind), page.LONG_SIDE))
    )


def make_sizes(office: Office, visit_id: UUID) -> int:
    """Make what is missing of every picture's sizes, and its difference hash; returns of how many.

    Repeating it is cheap. A picture that cannot be decoded is shown as a sign for that and gets no hash.
    """
    with office.work(write=False) as work:
        pictures = work.session.exec(
            select(VisitFile.sha256, VisitFile.kind, VisitFile.dhash)
            .where(VisitFile.visit_id == visit_id, col(VisitFile.type).startswith("image/"))
            .order_by(col(VisitFile.sha256))
        ).all()
    made = 0
    found: dict[str, str] = {}
    for sha256, kind, known in pictures:
        there = office.files.get_named(size_name(PAGE, sha256)) is not None
        if there and known is not None:
            continue
        data = office.files.get(sha256, kind=kind)
        with suppress(*BROKEN), Image.open(io.BytesIO(small(data, SIZES["thumb"]))) as opened:
            found[sha256] = dhash(opened.convert("L"))
        if not there:
            for size, pixels in SIZES.items():
                office.files.put_named(size_name(size, sha256), _shown(data, pixels))
            # The last one is the sign that all are there.
            office.files.put_named(size_name(PAGE, sha256), page.ready(_shown(data, page.LONG_SIDE)))
            made += 1
    if found:
        with office.work() as work:
            of_visit = select(VisitFile).where(VisitFile.visit_id == visit_id)
            for file in work.session.exec(of_visit.where(col(VisitFile.sha256).in_(found))):
                file.dhash = found[file.sha256]
            index.remember(work.session, found.values())
            work.record("visit.photos-read", "visit", visit_id, photos=len(found))
    return made


def small(data: bytes, pixels: int) -> bytes:
    """A picture as an upright JPEG of at most `pixels` on its long side, without any metadata.

    Raises OSError for a cut or foreign file.
    """
    try:
        opened = _opened(data, pixels)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise OSError("more pixels than any photograph has") from error
    # Shrinking comes before turning: a small picture turns faster.
    opened.thumbnail((pixels, pixels), Image.Resampling.LANCZOS)
    upright = _on_white(ImageOps.exif_transpose(opened))
    upright.info.clear()
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=80)
    return out.getvalue()


def _opened(data: bytes, pixels: int) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        opened: Image.Image = Image.open(io.BytesIO(data), formats=_FORMATS)
        # The decoder is asked for a size that both sides must reach, so the fitted one is asked for.
        scale = min(1.0, 2 * pixels / max(opened.size))
        opened.draft("RGB", (max(1, int(opened.width * scale)), max(1, int(opened.height * scale))))
        opened.load()
    return opened


def _shown(data: bytes, pixels: int) -> bytes:
    """A picture made small; in place of one that cannot be decoded the sign of a broken picture."""
    try:
        return small(data, pixels)
    except BROKEN:
        sign = Image.new("RGB", (pixels, pixels * 3 // 4), (238, 238, 235))
        ImageDraw.Draw(sign).line(
            [(x * pixels // 20, y * pixels // 20) for x, y in _CRACK],
            fill=(150, 150, 145),
            width=max(2, pixels // 100),
        )
        out = io.BytesIO()
        sign.save(out, "JPEG", quality=80)
        return out.getvalue()


def _on_white(picture: Image.Image) -> Image.Image:
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(layer, mask=layer.getchannel("A"))
    return ground
