"""Pages a second of a signed report beside bare WeasyPrint on the same HTML, with 24 ready thumbnails.

Prints a table to stderr and JSON to stdout. Both sides run in one warm process and take turns. Ours is
everything from `ReportData` and ready photos to the signed file: template, QR code, chart, PDF/A-3a with
tags, attached data, visible signature. Bare is `weasyprint.HTML(...).write_pdf()` with WeasyPrint's defaults,
our style sheet, the same fonts and the same photos, without any of that.
"""

from __future__ import annotations

import gc
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

ROUNDS, BLOCK = 5, 4
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

            def laid_out(html: str = html, files: dict[str, bytes] = files) -> weasyprint.Document:
                return weasyprint.HTML(string=html, url_fetcher=pdf.PhotoFetcher(files)).render(
                    stylesheets=[weasyprint.CSS(string=visit.sheet())]
                )

            def bare(laid_out: Callable[[], weasyprint.Document] = laid_out) -> bytes:
                made: bytes = laid_out().write_pdf()
                return made

            results[name] = compare(ours, bare, len(laid_out().pages), len(fields))
    json.dump(
        {"benchmark": "report", "photos": PHOTOS, "rounds": ROUNDS, "block": BLOCK, **results},
        sys.stdout,
        indent=2,
    )
    sys.stdout.write("\n")


def compare(
    ours: Callable[[], bytes], bare: Callable[[], bytes], pages: int, signatures: int
) -> dict[str, float | int]:
    """Time both by turns, a block of reports each, so that each pays for its own garbage; medians over the rounds.

    `ratio` compares wall-clock times, `cpu_ratio` the processor's, which a busy machine disturbs less.
    """
    signed = ours()
    bare()
    rounds = [(_block(ours), _block(bare)) for _ in range(ROUNDS)]
    wall, cpu = (statistics.median(mine[n] for mine, _ in rounds) for n in (0, 1))
    bare_wall, bare_cpu = (statistics.median(floor[n] for _, floor in rounds) for n in (0, 1))
    print(
        f"{pages} pages, {signatures} signature(s): ours {pages / wall:.2f} pages/s, "
        f"bare {pages / bare_wall:.2f} pages/s, ratio {bare_wall / wall:.2f} (CPU {bare_cpu / cpu:.2f})",
        file=sys.stderr,
    )
    return {
        "pages": pages,
        "signatures": signatures,
        "seconds": round(wall, 3),
        "bare_seconds": round(bare_wall, 3),
        "pages_per_second": round(pages / wall, 2),
        "bare_pages_per_second": round(pages / bare_wall, 2),
        "ratio": round(bare_wall / wall, 3),
        "cpu_ratio": round(bare_cpu / cpu, 3),
        "bytes": len(signed),
    }


def _block(make: Callable[[], bytes]) -> tuple[float, float]:
    """Seconds of wall clock and of processor for one report, the mean of a block."""
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(BLOCK):
        make()
    return (time.perf_counter() - wall) / BLOCK, (time.process_time() - cpu) / BLOCK


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
