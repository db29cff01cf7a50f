"""Lighthouse with its mobile profile over the built phone app, served by the real server: the log-in, and Today of somebody signed in.

    python -m benchmarks.lighthouse [--rounds 3] [--json build/bench-lighthouse.json]

Lighthouse (benchmarks/package.json, installed by `make bench`) drives Debian's Chromium. Both screens are loaded on a phone that has
the app already and one that has not; Today on one that was signed in before. Scores are medians of all rounds, of 100;
goals: accessibility 100, best practices 100, performance 95.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, expect, sync_playwright

from server.config import ROOT
from tests import make
from tests.e2e.organisation import made_up
from tests.e2e.phone import CHROMIUM, FLAGS, LOOK
from tests.e2e.server import APPLICATION, own_root, records
from tests.gunicorn import Server, free_port, running

LIGHTHOUSE = ROOT / "benchmarks" / "node_modules" / ".bin" / "lighthouse"
CATEGORIES = {"performance": 95, "accessibility": 100, "best-practices": 100}


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--json", type=Path)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root = own_root(folder / "root", ROOT / "pwa" / "build")
        extra = {"XUNTING_TEST_ROOT": str(root)}
        with running(folder / "data", threads=8, extra=extra, application=APPLICATION) as server:
            result = measured(server, folder, options.rounds)
    for screen, found in result.items():
        print(f"{screen:<24} {found['scores']}  {found['times']}", file=sys.stderr)
        for each in found["findings"]:
            print(f"    {each}", file=sys.stderr)
    text = json.dumps(result, indent=1)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(text, encoding="utf-8")
    print(text)


def measured(server: Server, folder: Path, rounds: int) -> dict[str, Any]:
    """Each screen on a new phone, `rounds` times."""
    with records(server) as office:
        user = made_up(office).user("shopper1")
    found: dict[str, list[dict[str, Any]]] = {"log-in": [], "Today": []}
    with sync_playwright() as playwright:
        for number in range(rounds):
            for screen, reports in found.items():
                port = free_port()
                # The look of the phone is Lighthouse's to set: size, speed of the line and of the processor.
                context = playwright.chromium.launch_persistent_context(
                    folder / f"{screen}{number}",
                    executable_path=CHROMIUM,
                    args=[*FLAGS, f"--remote-debugging-port={port}"],
                    locale=LOOK["locale"],
                )
                if screen == "Today":
                    signed_in(context, f"{server.address}/app/", user.username)
                reports.append(report(f"{server.address}/app/", port, folder / "report.json"))
                context.close()
    return {screen: summed(reports) for screen, reports in found.items()}


def signed_in(context: BrowserContext, address: str, username: str) -> None:
    """Log in by the app's own screen, and wait until the app is kept by its service worker."""
    page = context.pages[0]
    page.goto(address)
    page.get_by_test_id("username").fill(username)
    page.get_by_test_id("password").fill(make.PASSWORD)
    page.get_by_test_id("log-in").click()
    expect(page.get_by_test_id("screen-today")).to_be_visible()
    page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    page.goto("about:blank")


def report(address: str, port: int, file: Path) -> dict[str, Any]:
    """What Lighthouse finds in this browser, as it stands."""
    subprocess.run(
        [
            *(LIGHTHOUSE, address, f"--port={port}", "--disable-storage-reset", "--quiet", "--output=json"),
            *(f"--output-path={file}", f"--only-categories={','.join(CATEGORIES)}"),
        ],
        check=True,
        env={"PATH": f"{Path(shutil.which('node') or 'node').parent}:/usr/bin:/bin", "CHROME_PATH": CHROMIUM},
        cwd=file.parent,
    )
    read: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return read


def summed(reports: list[dict[str, Any]]) -> dict[str, Any]:
    """Median scores and times, and every audit of the last report that costs points."""
    last = reports[-1]
    scores = {
        name: round(100 * statistics.median(one["categories"][name]["score"] for one in reports))
        for name in CATEGORIES
    }
    times = {
        name: round(statistics.median(one["audits"][name]["numericValue"] for one in reports), 3)
        for name in (
            "first-contentful-paint",
            "largest-contentful-paint",
            "total-blocking-time",
            "cumulative-layout-shift",
            "speed-index",
        )
    }
    costs = [
        f"{category}: {last['audits'][audit['id']]['title']} ({last['audits'][audit['id']]['score']})"
        for category in CATEGORIES
        for audit in last["categories"][category]["auditRefs"]
        if audit["weight"] and (last["audits"][audit["id"]]["score"] or 0) < 1
        if last["audits"][audit["id"]]["scoreDisplayMode"] not in ("notApplicable", "manual", "informative")
    ]
    return {"scores": scores, "goals": CATEGORIES, "times": times, "findings": costs}


if __name__ == "__main__":
    main()
