"""The letter that tells an outlet of a decision about its tier: plain data in, the unsigned PDF out."""

from __future__ import annotations

from server.reports import layout, pdf, words
from server.reports.letter_facts import Letter, attachment, fields

ATTACHMENT = "decision.json"


def render(data: Letter) -> bytes:
    """Give the unsigned PDF/A-3a with the decision as JSON inside; the same data give the same bytes."""
    translate = words.translator(data.language)
    html = layout.filled(
        "letter.html",
        data.language,
        data.verify_url,
        data=data,
        head=data,
        field_names=fields(data),
        attachment_name=ATTACHMENT,
    )
    about = pdf.About(
        identifier=f"urn:uuid:{data.report_id}",
        kind="outlet",
        relation=f"urn:uuid:{data.supersedes.report_id}" if data.supersedes else None,
        created=data.issued_at,
        attachment=attachment(data),
        attachment_name=ATTACHMENT,
        attachment_words=translate("检查数据"),
    )
    return pdf.write(html, layout.sheet(), {}, about, layout.signature_fields(fields(data)))
