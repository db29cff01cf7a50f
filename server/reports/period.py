"""The report of an outlet's month or of a unit's quarter: plain data and ready photos in, the unsigned PDF out."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from markupsafe import Markup

from server.reports import advice, charts, gallery, layout, pdf, period_charts, photos, words
from server.reports.facts import Photo
from server.reports.period_facts import OutletMonth, PeriodData, attachment
from server.reports.period_parts import Finding, Mean
from server.reports.quarter_facts import Quarter
from server.reports.visit import MissingPhoto

FIELD = "signature-1"
_CARD_MM = 168.5


def render(data: PeriodData, files: Mapping[str, bytes]) -> bytes:
    """Give the PDF/A-3a with the report's data inside, unsigned; the same data and files give the same bytes.

    `files` maps SHA-256 to bytes for every shown photo. A draft has no signature field. `pdf.prepare_fonts` must
    have run in this process. Raises MissingPhoto, and OSError for a broken picture.
    """
    served = _served(data, files)
    fields = () if data.head.draft else layout.signature_fields((FIELD,))
    return pdf.write(page(data, served), layout.sheet(), served, _about(data), fields)


def page(data: PeriodData, served: Mapping[str, bytes]) -> str:
    """The report as HTML; `served` holds the ready photos, for their sizes."""
    head = data.head
    translate = words.translator(head.language)
    numbers = {photo.sha256: n for n, photo in enumerate(_photos(data), start=1)}

    def rows(finding: Finding) -> object:
        pictures = []
        for photo in finding.photos:
            width, height = photos.size(served[photo.sha256]) if photo.state == "shown" else (4, 3)
            pictures.append(gallery.Picture(finding, photo, numbers[photo.sha256], width / height))
        return gallery.rows(pictures, _CARD_MM)

    given: dict[str, object] = {
        "head": head,
        "data": data,
        "rows": rows,
        "numbers": numbers,
        "field": FIELD,
        "attachment_name": attachment_name(data),
        "sections": _bars(data.sections, translate),
        "trend": period_charts.lines(data.trend, title=translate("走势")),
    }
    if isinstance(data, OutletMonth):
        mystery = next((kind for kind in data.kinds if kind.name == translate("暗访")), None)
        main = mystery or next((kind for kind in data.kinds if kind.mean is not None), None)
        given |= {
            "checklists": (),
            "mystery": mystery is not None,
            "main": main.mean if main else None,
            "level": _worst(data),
            "advice": advice.of_month(data),
        }
        return layout.filled("outlet_month.html", head.language, head.verify_url, **given)
    names = _names(translate)
    given |= {
        "checklists": data.checklists,
        "names": names,
        "parts": tuple(names.items()),
        "spread": period_charts.spread(data.spread, title=translate("检查得分分布")),
        "heat": period_charts.heat(
            data.heat, title=translate("各单位各指标得分率"), weak=translate("服务弱项")
        )
        if data.heat
        else Markup(),
        "weak_marked": data.heat is not None
        and any(cell.weak for row in data.heat.rows for cell in row.cells),
        "summary": advice.summary(data),
        "advice": advice.of_quarter(data),
    }
    return layout.filled("quarter.html", head.language, head.verify_url, **given)


def attachment_name(data: PeriodData) -> str:
    """What the attached JSON is called."""
    return "quarter.json" if isinstance(data, Quarter) else "month.json"


def _names(translate: words.Translate) -> dict[str, str]:
    return {
        "method": translate("一、测评方法"),
        "samples": translate("二、样本"),
        "results": translate("三、测评结果"),
        "weak": translate("四、服务弱项"),
        "findings": translate("五、主要问题"),
        "after": translate("六、整改与申诉"),
        "advice": translate("七、建议"),
        "evidence": translate("附录一：依据与签发"),
        "opened": translate("附录二：数字怎么来的"),
    }


def _worst(data: OutletMonth) -> str:
    order = ("grave", "below", "meets", "excellent")
    found = {visit.level for visit in data.visits}
    return next((level for level in order if level in found), "none")


def _bars(means: tuple[Mean, ...], translate: words.Translate) -> Markup:
    scores = [Decimal(mean.score) for mean in means if mean.score is not None]
    if not scores:
        return Markup()
    lowest = min(scores)
    rows = []
    for mean in means:
        weak = mean.score is not None and len(scores) > 1 and Decimal(mean.score) == lowest < 100
        rows.append(charts.Bar(mean.title, mean.score, remark=translate("最低") if weak else "", weak=weak))
    return charts.bars(rows, title=translate("各指标得分率"), nothing=translate("无得分"))


def _photos(data: PeriodData) -> tuple[Photo, ...]:
    return tuple(photo for finding in data.findings for photo in finding.photos)


def _served(data: PeriodData, files: Mapping[str, bytes]) -> dict[str, bytes]:
    try:
        return {p.sha256: photos.ready(files[p.sha256]) for p in _photos(data) if p.state == "shown"}
    except KeyError as missing:
        raise MissingPhoto(str(missing.args[0])) from None


def _about(data: PeriodData) -> pdf.About:
    head = data.head
    return pdf.About(
        identifier=f"urn:uuid:{head.report_id}",
        kind=head.edition,
        relation=f"urn:uuid:{head.supersedes.report_id}" if head.supersedes else None,
        created=head.issued_at,
        attachment=attachment(data),
        attachment_name=attachment_name(data),
        attachment_words=words.translator(head.language)("检查数据"),
    )
