"""Pages a second of a signed report beside bare WeasyPrint on the same HTML, with 24 ready thumbnails.

Prints a table to stderr and JSON to stdout. Both sides run in one warm process and take turns. Ours is
everything from `ReportData` and ready photos to the signed file: template, QR code, chart, PDF/A-3a with
tags, attached data, visible signature. Bare is `weasyprint.HTML(...).write_pdf()` with WeasyPrint's defaults,
our style sheet, the same fonts and the same photos, without any of that.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import weasyprint

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from server.reports import authority, pdf, sign, visit
from server.reports.facts import ReportData
from tests.reports import sample

ROUNDS = 9
PAGES, PHOTOS = 4, 24


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        fonts = pdf.prepare_fonts(sample.FONTS, Path(folder) / "fonts")
        key = authority.demonstration(Path(folder) / "authority", now=sample.NOON)
        results = {}
        for name, (data, files) in {"four_pages": four_pages(), "whole_visit": whole_visit()}.items():
            fields = visit.FIELDS[: 2 if len(data.reviewers) > 1 else 1]

            def ours(
                data: ReportData = data, files: dict[str, bytes] = files, fields: tuple[str, ...] = fields
            ) -> bytes:
                made = visit.render(data, files)
                for field in fields:
                    made = sign.sign(made, key, field=field, at=data.issued_at, fonts=fonts)
                return made

            html = visit.page(data, files)

            def bare(html: str = html, files: dict[str, bytes] = files) -> bytes:
                made: bytes = weasyprint.HTML(string=html, url_fetcher=pdf.PhotoFetcher(files)).write_pdf(
                    stylesheets=[weasyprint.CSS(string=visit.sheet())]
                )
                return made

            results[name] = compare(
                ours,
                bare,
                len(
                    weasyprint.HTML(string=html, url_fetcher=pdf.PhotoFetcher(files))
                    .render(stylesheets=[weasyprint.CSS(string=visit.sheet())])
                    .pages
                ),
                len(fields),
            )
    json.dump({"benchmark": "report", "photos": PHOTOS, "rounds": ROUNDS, **results}, sys.stdout, indent=2)
    sys.stdout.write("\n")


def compare(
    ours: Callable[[], bytes], bare: Callable[[], bytes], pages: int, signatures: int
) -> dict[str, float | int]:
    """Run both by turns, the first round unmeasured; medians, and the median of the rounds' ratios."""
    ours(), bare()
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        signed = ours()
        between = time.perf_counter()
        bare()
        times.append((between - began, time.perf_counter() - between))
    mine, floor = (statistics.median(column) for column in zip(*times, strict=True))
    ratio = statistics.median(b / a for a, b in times)
    print(
        f"{pages} pages, {signatures} signature(s): ours {pages / mine:.2f} pages/s, bare {pages / floor:.2f} pages/s, ratio {ratio:.2f}",
        file=sys.stderr,
    )
    return {
        "pages": pages,
        "signatures": signatures,
        "seconds": round(mine, 3),
        "bare_seconds": round(floor, 3),
        "pages_per_second": round(pages / mine, 2),
        "bare_pages_per_second": round(pages / floor, 2),
        "ratio": round(ratio, 3),
        "bytes": len(signed),
    }


def four_pages() -> tuple[ReportData, dict[str, bytes]]:
    """A short visit that went well: 24 photos of one section on four pages, one signature."""
    data, files = sample.mystery(sample.photographs(PHOTOS, width=405), edition="outlet", failed=False)
    section = data.sections[1]
    shots = tuple(replace(photo, caption="") for photo in data.photos)
    items = tuple(
        replace(item, text=item.text[:2], photos=shots[n::3]) for n, item in enumerate(section.items)
    )
    section = replace(section, items=items)
    return replace(data, sections=(section,), timers=(), rules=None), files


def whole_visit() -> tuple[ReportData, dict[str, bytes]]:
    """The inner edition with both reviewers' signatures."""
    return sample.mystery(sample.photographs(PHOTOS))


if __name__ == "__main__":
    main()
