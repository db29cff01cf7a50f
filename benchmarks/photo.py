"""A photograph of 12 megapixels, stored by the app beside the bare decoding and encoding of the same file in the same page.

    python -m benchmarks.photo [--photos 7] [--json build/bench-photo.json]

In the page of a visit with 240 items, in turn for each photograph: by hand, a worker of its own decodes the file and encodes it
once as a JPEG of 1600 pixels at the app's first quality; and the app takes it, which is shrinking it to its size on the disk,
hash, small picture, storing the bytes, reading them back and storing the row. While the app does that, answers are tapped.

Milliseconds are medians; the longest task is that of the page's own thread while photographs were made.
"""

from __future__ import annotations

import argparse
import base64
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.phone import LONG, READY, Server, built, longest, served, tap
from tests import photographs
from tests.e2e.phone import CHROMIUM, FLAGS, LOOK

ITEMS = 240
FILE = """(text) => { window.file = new Blob([Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))], { type: "image/jpeg" }); }"""
BARE = """async () => {
    window.bare ??= new Worker(URL.createObjectURL(new Blob([`onmessage = async ({ data }) => {
        const bitmap = await createImageBitmap(data, { imageOrientation: "from-image" });
        const scale = Math.min(1, 1600 / Math.max(bitmap.width, bitmap.height));
        const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
        canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
        const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.82 });
        bitmap.close();
        postMessage(blob.size);
    }`])));
    const began = performance.now();
    await new Promise((done, no) => { window.bare.onmessage = done; window.bare.onerror = no; window.bare.postMessage(window.file); });
    return performance.now() - began;
}"""
STORED = "(item) => window.bench.photograph(item, window.file)"
BEGIN = (
    "(item) => { window.stored = window.bench.photograph(item, window.file).then(() => performance.now()); }"
)


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--photos", type=int, default=7)
    asked.add_argument("--json", type=Path)
    options = asked.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        served(built(Path(folder))) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(**LOOK).new_page()
        result = measured(page, server, options.photos)
        browser.close()
    text = json.dumps(result, indent=1)
    print(
        f"stored {result['app_ms']} ms, bare {result['bare_ms']} ms, ratio {result['ratio']} (goal 1.5); longest task of the page"
        f" {result['longest_task_ms']} ms; a tap meanwhile {result['tap_meanwhile_ms']} ms, otherwise {result['tap_ms']} ms",
        file=sys.stderr,
    )
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(text, encoding="utf-8")
    print(text)


def measured(page: Page, server: Server, photos: int) -> dict[str, Any]:
    """All figures; the first photograph, which also starts both workers, is not counted."""
    page.add_init_script(READY)
    page.add_init_script(LONG)
    page.goto(f"{server.address}/app/bench/app/?n={ITEMS}")
    page.wait_for_function("window.readyAt")
    cdp = page.context.new_cdp_session(page)
    times: dict[str, list[float]] = {"bare": [], "app": [], "tap": [], "meanwhile": []}
    bytes_: list[int] = []
    tasks: list[float] = []
    for number in range(photos + 1):
        page.evaluate(FILE, base64.b64encode(photographs.photograph(number + 1)).decode())
        bare = page.evaluate(BARE)
        longest(cdp)
        stored, size = page.evaluate(STORED, number)
        task = longest(cdp)
        if number:
            tasks.append(task)
            times["bare"].append(bare)
            times["app"].append(stored)
            bytes_.append(size)
    # Another round for the taps, so that they do not count in the times above: one a photograph, while it is made.
    for number in range(photos):
        times["tap"].append(tap(cdp, 2 * number))
        page.evaluate("(item) => window.bench.show(item)", 2 * number + 1)
        page.evaluate(FILE, base64.b64encode(photographs.photograph(photos + number + 2)).decode())
        # Decoding the text that the file came as is no task of the app.
        longest(cdp)
        page.evaluate(BEGIN, 200)
        times["meanwhile"].append(tap(cdp, 2 * number + 1))
        page.evaluate("window.stored")
        tasks.append(longest(cdp))
    app, bare = statistics.median(times["app"]), statistics.median(times["bare"])
    return {
        "app_ms": round(app),
        "bare_ms": round(bare),
        "ratio": round(app / bare, 2),
        "bytes": round(statistics.median(bytes_)),
        "longest_task_ms": round(max(tasks)),
        "tap_ms": round(statistics.median(times["tap"]), 1),
        "tap_meanwhile_ms": round(statistics.median(times["meanwhile"]), 1),
    }


if __name__ == "__main__":
    main()
