"""HTML → tagged PDF/A-3a: our own fonts, and a fetcher that serves the photos it was given and nothing else."""

from __future__ import annotations

import contextlib
import gc
import os
import re
import unicodedata
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, unescape

import pydyf
from fontTools.ttLib import TTFont
from PIL import ImageFile
from weasyprint import CSS, HTML, Attachment, Document
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

# WeasyPrint lets Pillow take pictures that are cut in half, for the whole process. Evidence must be whole.
ImageFile.LOAD_TRUNCATED_IMAGES = False

FAMILY = "Noto Sans SC"
_FACES = (
    "noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf",
    "noto-sans-sc/700Bold/NotoSansSC_700Bold.ttf",
    "noto-emoji/400Regular/NotoEmoji_400Regular.ttf",
    "noto-emoji/700Bold/NotoEmoji_700Bold.ttf",
)
_POINTS_PER_PIXEL = 0.75
_PRINTED_AND_LOCKED = 4 + 128


class ForeignResource(ValueError):
    """A page asked for something that is not one of its photos: a file, an address, another scheme."""


@dataclass(frozen=True)
class Fonts:
    """The whole regular and bold faces (split web fonts print wrong characters), and where cuts of them are kept."""

    regular: Path
    bold: Path
    folder: Path


@dataclass(frozen=True, kw_only=True)
class SignatureField:
    """An empty signature field laid over the page's element with the id `name`; sizes in PDF points."""

    name: str
    width: float
    height: float


@dataclass(frozen=True, kw_only=True)
class About:
    """What the file says about itself beside its pages, and the one file attached to it."""

    identifier: str
    kind: str
    relation: str | None
    created: datetime
    attachment: bytes
    attachment_name: str
    attachment_words: str


def prepare_fonts(source: Path, folder: Path) -> Fonts:
    """Make the fonts under `source` (the folder of npm packages) the only ones that this process prints with.

    Writes a private fontconfig file and its cache into `folder`. Raises FileNotFoundError when a face is not there.
    """
    faces = [(source / face).resolve(strict=True) for face in _FACES]
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "fonts.conf"
    places = "".join(f"<dir>{escape(str(face.parent))}</dir>" for face in faces)
    cache = escape(str((folder / "cache").resolve()))
    config.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">'
        f"<fontconfig><reset-dirs/>{places}<cachedir>{cache}</cachedir></fontconfig>\n",
        encoding="utf-8",
    )
    # The environment is fontconfig's only door for this; it is read again with every FontConfiguration.
    os.environ["FONTCONFIG_FILE"] = str(config.resolve())
    return Fonts(regular=faces[0], bold=faces[1], folder=folder)


def write(
    html: str,
    css: str,
    photos: Mapping[str, bytes],
    about: About,
    fields: Sequence[SignatureField] = (),
) -> bytes:
    """Lay the page out and give the PDF; the same arguments give the same bytes.

    Emoji are drawn in outline. A character that our fonts cannot draw, such as a rare ideograph, is printed as 〓,
    the mark that Chinese printers set for it. `photos` are the only things that the page may ask for, each as `photo:<key>`.
    Raises ForeignResource when it asks for anything else.
    """
    fetcher = PhotoFetcher(photos)
    fonts = FontConfiguration()
    attachment = Attachment(
        string=about.attachment,
        name=about.attachment_name,
        description=about.attachment_words,
        created=about.created,
        modified=about.created,
        relationship="Source",
    )
    try:
        with _collector_paused():
            document = HTML(string=_drawable(html), url_fetcher=fetcher).render(
                font_config=fonts, stylesheets=[_sheet(css)], pdf_variant="pdf/a-3a"
            )
            with warnings.catch_warnings():
                # WeasyPrint leaves the file of its colour profile to the garbage collector.
                warnings.simplefilter("ignore", ResourceWarning)
                pdf: bytes = document.write_pdf(
                    pdf_variant="pdf/a-3a",
                    attachments=[attachment],
                    finisher=lambda laid_out, made: _finish(laid_out, made, about, fields),
                )
    except FatalURLFetchingError as refused:
        raise ForeignResource(str(refused)) from refused
    return pdf


class PhotoFetcher(URLFetcher):
    """Serves `photo:<key>` from memory; every other address stops the rendering."""

    def __init__(self, photos: Mapping[str, bytes]) -> None:
        super().__init__(allowed_protocols=("photo",), allow_redirects=False, fail_on_errors=True)
        self._photos = photos

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        scheme, _, key = url.partition(":")
        if scheme != "photo" or key not in self._photos:
            raise FatalURLFetchingError(f"a report may not fetch {url[:200]}")
        photo = self._photos[key]
        kind = "image/png" if photo.startswith(b"\x89PNG") else "image/jpeg"
        return URLFetcherResponse(url, photo, {"Content-Type": kind})


@lru_cache(maxsize=4)
def _sheet(css: str) -> CSS:
    """The style sheet, read once: it names no font file and fetches nothing."""
    return CSS(string=css, url_fetcher=PhotoFetcher({}))


@contextlib.contextmanager
def _collector_paused() -> Iterator[None]:
    """Lay out without the cyclic collector: it walks the growing tree of boxes again and again, a quarter of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _drawable(html: str) -> str:
    """Replace what the font lacks: a box with a cross would say nothing, and PDF/A forbids it."""
    text, emoji = (_glyphs(_faces(family)) for family in ("noto-sans-sc", "noto-emoji"))
    missing = {c for c in set(html) if ord(c) >= ord(" ") and ord(c) not in text}
    invisible = {c for c in missing if unicodedata.category(c) in ("Cf", "Mn", "Cc")}
    rare = {c for c in missing - invisible if ord(c) not in emoji}
    return html.translate({ord(c): "" for c in invisible} | {ord(c): "〓" for c in rare})


def _faces(family: str) -> frozenset[Path]:
    """The files of a family among the fonts that this process prints with."""
    config = os.environ["FONTCONFIG_FILE"]
    folders = re.findall(r"<dir>([^<]*)</dir>", Path(config).read_text(encoding="utf-8"))
    mine = [Path(unescape(folder)) for folder in folders if f"/{family}/" in folder]
    return frozenset(face for folder in mine for face in folder.glob("*.ttf"))


@lru_cache(maxsize=2)
def _glyphs(faces: frozenset[Path]) -> frozenset[int]:
    """What all these faces can draw."""
    drawn = []
    for face in faces:
        with TTFont(face, lazy=True) as font:
            drawn.append(frozenset(font.getBestCmap()))
    return frozenset.intersection(*drawn)


def _finish(document: Document, pdf: pydyf.PDF, about: About, fields: Sequence[SignatureField]) -> None:
    _say_what_it_is(pdf, about)
    if fields:
        _add_signature_fields(document, pdf, fields)


def _say_what_it_is(pdf: pydyf.PDF, about: About) -> None:
    """Add identifier, edition and relation to the XMP packet in Dublin Core, which PDF/A knows without a schema."""
    parts = [
        f"<dc:identifier>{escape(about.identifier)}</dc:identifier>",
        f"<dc:type><rdf:Bag><rdf:li>{escape(about.kind)}</rdf:li></rdf:Bag></dc:type>",
    ]
    if about.relation:
        parts.append(
            f"<dc:relation><rdf:Bag><rdf:li>{escape(about.relation)}</rdf:li></rdf:Bag></dc:relation>"
        )
    words = (
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        + "".join(parts)
        + "</rdf:Description></rdf:RDF>"
    )
    stream = _object(pdf, pdf.catalog["Metadata"])
    stream.stream = [b"".join(stream.stream).replace(b"</rdf:RDF>", words.encode())]


def _add_signature_fields(document: Document, pdf: pydyf.PDF, fields: Sequence[SignatureField]) -> None:
    """Make every field before the first signature, so that the second one is no change to what the first signed."""
    made = pydyf.Array()
    for field in fields:
        number, (left, top, *_) = next(
            (i, page.anchors[field.name])
            for i, page in enumerate(document.pages)
            if field.name in page.anchors
        )
        left, top = left * _POINTS_PER_PIXEL, (document.pages[number].height - top) * _POINTS_PER_PIXEL
        reference = pdf.page_references[number]
        blank = pydyf.Stream(
            [],
            {"Type": "/XObject", "Subtype": "/Form", "BBox": pydyf.Array([0, 0, field.width, field.height])},
        )
        pdf.add_object(blank)
        widget = pydyf.Dictionary(
            {
                "Type": "/Annot",
                "Subtype": "/Widget",
                "FT": "/Sig",
                "T": pydyf.String(field.name),
                "F": _PRINTED_AND_LOCKED,
                "Rect": pydyf.Array([_short(n) for n in (left, top - field.height, left + field.width, top)]),
                "P": reference,
                "AP": pydyf.Dictionary({"N": blank.reference}),
            }
        )
        pdf.add_object(widget)
        page = _object(pdf, reference)
        page.setdefault("Annots", pydyf.Array()).append(widget.reference)
        made.append(widget.reference)
    pdf.catalog["AcroForm"] = pydyf.Dictionary({"Fields": made, "SigFlags": 3})


def _object(pdf: pydyf.PDF, reference: bytes | str) -> Any:
    return pdf.objects[int(reference.split()[0])]


def _short(number: float) -> float:
    return round(number, 3)
