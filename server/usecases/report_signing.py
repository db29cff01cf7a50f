"""Signing reports: the organisation's key, the fonts, the next number, and a PDF with every field signed.

The floor that prints and signs is loaded when it is first needed: it costs seconds and a hundred megabytes,
and a web process that takes visits seldom needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlmodel import Session, col, select

from server.config import Settings
from server.domain.visit import SHANGHAI
from server.reports.facts import Language
from server.storage.visits import Report

if TYPE_CHECKING:
    from server.reports.authority import Authority
    from server.reports.pdf import Fonts

FONTS = "pwa/node_modules/@expo-google-fonts/noto-sans-sc"


def signed(settings: Settings, pdf: bytes, fields: Sequence[str], at: datetime, language: Language) -> bytes:
    """The PDF with every field signed in order, with a time stamp where an authority is configured."""
    from server.reports import sign

    key = authority(settings, at)
    stamper = sign.timestamper(settings.timestamp_url) if settings.timestamp_url else None
    for field in fields:
        pdf = sign.sign(
            pdf,
            key,
            field=field,
            at=at,
            fonts=fonts(settings),
            language=language,
            timestamper=stamper,
        )
    return pdf


def authority(settings: Settings, now: datetime) -> Authority:
    """The key that signs: the organisation's own, or in the demonstration a made-up one."""
    from server.reports.authority import demonstration

    return _configured(settings) or demonstration(settings.data / "authority", now=now)


def next_number(session: Session, now: datetime) -> str:
    """The next number of the year, as people read it: XT-2026-000001."""
    prefix = f"XT-{now.astimezone(SHANGHAI).year}-"
    last = session.exec(
        select(Report.number).where(col(Report.number).startswith(prefix)).order_by(col(Report.number).desc())
    ).first()
    return f"{prefix}{int(last.removeprefix(prefix)) + 1 if last else 1:06d}"


@lru_cache(maxsize=4)
def fonts(settings: Settings) -> Fonts:
    """The fonts that reports are printed with, made ready once in a process."""
    from server.reports import pdf

    return pdf.prepare_fonts(settings.root / FONTS, settings.data / "fonts")


@lru_cache(maxsize=4)
def _configured(settings: Settings) -> Authority | None:
    from server.reports.authority import from_pkcs12

    return from_pkcs12(settings.pkcs12, settings.pkcs12_password) if settings.pkcs12 else None
