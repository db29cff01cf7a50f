"""The report of one visit: plain data and ready photos in, the unsigned PDF out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from server.reports import charts, gallery, pdf, photos, words
from server.reports.facts import Item, Photo, Rechecked, ReportData

ATTACHMENT = "visit.json"
FIELDS = ("signature-1", "signature-2")
"""Names of the signature fields of a visit with two reviewers, in signing order."""

TEMPLATES = Path(__file__).resolve().parent.parent / "templates" / "report"
_FIELD_WIDTH, _FIELD_HEIGHT = 226.77, 59.53
_PAGE_MM, _CARD_MM, _HALF_MM = 178.0, 168.5, 82.0


class MissingPhoto(LookupError):
    """A photo that the report shows was not handed over; a report with a hole in its evidence is not made."""


def render(data: ReportData, files: Mapping[str, bytes]) -> bytes:
    """Give the unsigned PDF/A-3a with `data.attachment` inside; the same data and files give the same bytes.

    `files` maps SHA-256 to bytes for every shown photo and every handwritten signature. JPEGs that are
    already small, upright and bare are embedded as they are, others are reduced first.
    `pdf.prepare_fonts` must have run in this process. Raises MissingPhoto, and OSError for a broken picture.
    """
    served = _served(data, files)
    return pdf.write(page(data, served), sheet(), served, _about(data), _fields(data))


def page(data: ReportData, served: Mapping[str, bytes]) -> str:
    """The report as HTML; `served` holds the ready photos and signatures, for their sizes."""
    translate = words.translator(data.language)
    pictures = _pictures(data, served)
    paired = {each.item.ref for each in data.recheck.items} if data.recheck else set()
    others = [
        picture
        for item in data.items
        if item.result != "failed" and item.ref not in paired
        for picture in pictures.get(item.ref, ())
    ]
    return (
        templates()
        .get_template("visit.html")
        .render(
            data=data,
            _=translate,
            day=lambda value: words.day(value, data.language),
            instant=words.instant,
            duration=words.duration,
            rows=lambda item: gallery.rows(pictures.get(item.ref, ()), _CARD_MM),
            others=gallery.rows(others, _PAGE_MM),
            pairs=_pairs(data, served),
            chart=_chart(data, translate),
            qr=qr(data.verify_url),
            field_names=[field.name for field in _fields(data)],
            digest=digest,
        )
    )


@lru_cache(maxsize=1)
def sheet() -> str:
    """The style sheet of all reports."""
    return (TEMPLATES / "report.css").read_text(encoding="utf-8")


def digest(sha256: str) -> Markup:
    """A hash in eight groups of eight, so that an eye can compare it; the gaps are space, not characters."""
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ValueError(f"not a SHA-256: {sha256[:80]}")
    groups = (sha256[n : n + 8] for n in range(0, 64, 8))
    return Markup("".join(f"<i>{group}</i>" for group in groups))  # noqa: S704 - hexadecimal digits alone


def _served(data: ReportData, files: Mapping[str, bytes]) -> dict[str, bytes]:
    served = {}
    try:
        for photo in data.photos:
            if photo.state == "shown":
                served[photo.sha256] = photos.ready(files[photo.sha256])
        for signature in data.signatures:
            if signature.sha256:
                served[signature.sha256] = photos.ink(files[signature.sha256])
    except KeyError as missing:
        raise MissingPhoto(str(missing.args[0])) from None
    return served


def _pictures(data: ReportData, served: Mapping[str, bytes]) -> dict[str, list[gallery.Picture]]:
    """The pictures of each item, by the item's reference."""
    numbers = {file.sha256: n for n, file in enumerate(data.evidence.files, start=1)}
    made: dict[str, list[gallery.Picture]] = {}
    for item in data.items:
        for photo in item.photos:
            width, height = photos.size(served[photo.sha256]) if photo.state == "shown" else (4, 3)
            picture = gallery.Picture(item, photo, numbers.get(photo.sha256, 0), width / height)
            made.setdefault(item.ref, []).append(picture)
    return made


def _pairs(
    data: ReportData, served: Mapping[str, bytes]
) -> list[tuple[Rechecked, list[list[gallery.Cell]], list[list[gallery.Cell]]]]:
    """Each item of a recheck with its photographs before and after, set into half the measure each."""
    if data.recheck is None:
        return []

    def rows(item: Item, taken: tuple[Photo, ...]) -> list[list[gallery.Cell]]:
        pictures = []
        for photo in taken:
            width, height = photos.size(served[photo.sha256]) if photo.state == "shown" else (4, 3)
            pictures.append(gallery.Picture(item, photo, 0, width / height))
        return gallery.rows(pictures, _HALF_MM)

    return [
        (each, rows(each.item, each.photos_before), rows(each.item, each.item.photos))
        for each in data.recheck.items
    ]


def _chart(data: ReportData, translate: words.Translate) -> Markup:
    scores = [Decimal(section.score) for section in data.sections if section.score is not None]
    lowest = min(scores, default=Decimal(100))
    rows = []
    if data.recheck:
        return Markup()
    for section in data.sections:
        if not any(Decimal(item.points) for item in section.items) and section.score is None:
            continue
        weak = section.score is not None and len(scores) > 1 and Decimal(section.score) == lowest < 100
        rows.append(
            charts.Bar(section.title, section.score, remark=translate("最低") if weak else "", weak=weak)
        )
    return charts.bars(rows, title=translate("各环节得分"), nothing=translate("无得分")) if rows else Markup()


def qr(url: str) -> Markup:
    """The QR code of an address, as a drawing."""
    drawn = segno.make(url, error="m", micro=False).svg_inline(border=0, dark="#16211f", omitsize=True)
    return Markup(drawn.replace(">", "><title>QR</title>", 1))  # noqa: S704 - segno's own drawing


def _about(data: ReportData) -> pdf.About:
    translate = words.translator(data.language)
    return pdf.About(
        identifier=f"urn:uuid:{data.report_id}",
        kind=f"{data.edition}",
        relation=f"urn:uuid:{data.supersedes.report_id}" if data.supersedes else None,
        created=data.issued_at,
        attachment=data.attachment,
        attachment_name=ATTACHMENT,
        attachment_words=translate("检查数据"),
    )


def field_names(data: ReportData) -> tuple[str, ...]:
    """The signature fields in signing order: one for each who accepted or corrected, else the issuer's."""
    return tuple(f"signature-{n}" for n in range(1, max(1, len(data.reviewers)) + 1))


def signers(data: ReportData) -> tuple[str, ...]:
    """For whom each field is signed: role, name and the instant of that review; in editions without names nobody."""
    said = tuple(f"{each.role} {each.name} {words.instant(each.at)}" for each in data.reviewers)
    return said or ("",)


def _fields(data: ReportData) -> tuple[pdf.SignatureField, ...]:
    return tuple(
        pdf.SignatureField(name=name, width=_FIELD_WIDTH, height=_FIELD_HEIGHT) for name in field_names(data)
    )


@lru_cache(maxsize=1)
def templates() -> Environment:
    """The templates of all reports."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
