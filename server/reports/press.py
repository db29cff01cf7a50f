"""The press: a manuscript in, its signed PDF out; a draft without signatures.

The floor that lays out and signs is loaded when it is first needed: it costs a second and a hundred megabytes, and a
process that takes visits seldom needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from server.config import Settings
from server.reports.facts import Language, ReportData
from server.reports.letter_facts import Letter
from server.reports.letter_facts import fields as fields_of
from server.reports.period_facts import PeriodData

if TYPE_CHECKING:
    from server.reports.authority import Authority
    from server.reports.pdf import Fonts

FONTS = "pwa/node_modules/@expo-google-fonts"


@dataclass(frozen=True, slots=True)
class Manuscript:
    """All that a report is made from, so that it can be made in any process; `files` are its pictures by SHA-256."""

    settings: Settings
    data: ReportData | PeriodData | Letter
    files: Mapping[str, bytes]


def printed(manuscript: Manuscript) -> bytes:
    """Lay out the pages and sign every field, with a time stamp where an authority is configured."""
    settings = manuscript.settings
    fonts(settings)
    pdf, fields, at, language = _laid_out(manuscript)
    signers = _signers(manuscript)
    if not fields:
        return pdf
    from server.reports import sign

    key = authority(settings, at)
    stamper = sign.timestamper(settings.timestamp_url) if settings.timestamp_url else None
    for field, signer in zip(fields, signers or ("",) * len(fields), strict=True):
        pdf = sign.sign(
            pdf,
            key,
            field=field,
            at=at,
            fonts=fonts(settings),
            language=language,
            timestamper=stamper,
            signer=signer,
        )
    return pdf


def authority(settings: Settings, now: datetime) -> Authority:
    """The key that signs: the organisation's own, or in the demonstration a made-up one."""
    from server.reports.authority import demonstration

    return _configured(settings) or demonstration(settings.data / "authority", now=now)


@lru_cache(maxsize=4)
def fonts(settings: Settings) -> Fonts:
    """The fonts that reports are printed with, made ready once in a process."""
    from server.reports import pdf

    return pdf.prepare_fonts(settings.root / FONTS, settings.data / "fonts")


def _laid_out(manuscript: Manuscript) -> tuple[bytes, tuple[str, ...], datetime, Language]:
    """The unsigned pages, the fields to be signed in order, the instant and the language of the signatures."""
    data, files = manuscript.data, manuscript.files
    if isinstance(data, ReportData):
        from server.reports import visit

        return visit.render(data, files), visit.field_names(data), data.issued_at, data.language
    if isinstance(data, Letter):
        from server.reports import letter

        return letter.render(data), fields_of(data), data.issued_at, data.language
    from server.reports import period

    fields = () if data.head.draft else (period.FIELD,)
    return period.render(data, files), fields, data.head.issued_at, data.head.language


def _signers(manuscript: Manuscript) -> tuple[str, ...]:
    """For whom each field is signed; empty where the issuer alone signs."""
    data = manuscript.data
    if not isinstance(data, ReportData):
        return ()
    from server.reports import visit

    return visit.signers(data)


@lru_cache(maxsize=4)
def _configured(settings: Settings) -> Authority | None:
    from server.reports.authority import from_pkcs12

    return from_pkcs12(settings.pkcs12, settings.pkcs12_password) if settings.pkcs12 else None
