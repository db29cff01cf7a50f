"""What period reports and letters are laid out with: their templates, style sheet, QR code and signature fields."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from server.reports import pdf, visit, words
from server.reports.facts import Language

FIELD_WIDTH, FIELD_HEIGHT = 226.77, 59.53


def filled(template: str, language: Language, verify_url: str, **given: Any) -> str:
    """The template as HTML, with the words of the language and what all reports say alike."""
    return (
        visit.templates()
        .get_template(template)
        .render(
            _=words.translator(language),
            day=lambda value: words.day(value, language),
            instant=words.instant,
            qr=visit.qr(verify_url),
            digest=visit.digest,
            **given,
        )
    )


@lru_cache(maxsize=1)
def sheet() -> str:
    """The style sheet of all reports, and what period reports and letters add to it."""
    return visit.sheet() + (visit.TEMPLATES / "period.css").read_text(encoding="utf-8")


def signature_fields(names: Sequence[str]) -> tuple[pdf.SignatureField, ...]:
    """Empty signature fields, as large as on a visit's report."""
    return tuple(pdf.SignatureField(name=name, width=FIELD_WIDTH, height=FIELD_HEIGHT) for name in names)
