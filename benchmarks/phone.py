"""The phone app beside a page written by hand: start, tap to painted total, restore, bytes; at 60, 240 and 960 items.

    python -m benchmarks.phone [--rounds 5] [--items 60,240,960] [--json build/bench-phone.json]

Both pages (pwa/src/bench.tsx, the app's own start, screens and stores, and pwa/src/bench_plain.ts, the same screen by hand)
are driven by the same touches in the same Chromium, round by round in turn, at full speed and with the processor four
times slower. Each is loaded once with network, so that its service worker keeps it; then the network is off and the server
answers nobody, the page is used once more and closed, started anew in a new tab, and everything is measured there:

    start    from the navigation to the section on screen, and the tap of the first answer until it is painted
    tap      from the touch to the frame after the one in which choice and total stand on the screen
    restore  of a half-filled draft, from the closed database to the frame after the one that shows the place that was left

    task     the longest task of the page's own thread at the start, on the way to an item's section, in a tap, in a restore;
             the longest of all rounds, 0 where none took 50 ms, which no task may at 240 items with the slow processor

Times are milliseconds, medians of all rounds; the ratios count.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, sync_playwright

from server.config import ROOT
from tests.e2e.phone import CHROMIUM, FLAGS, LOOK

PAGES = ("app", "plain")
SLOWDOWNS = (1, 4)
TAPS = 12
RESTORES = 3
TASKS = ("task at the start", "task of a section", "task of a tap", "task of a restore")
LIMITS = {"visit path, script": 60_000, "all scripts": 100_000}
"""Bytes of script as they are sent, which is Brotli (handbook 04)."""

# Notes when the page says that its first section is on screen, however late somebody asks.
READY = """window.isReady = new Promise((ready) => Object.defineProperty(window, "bench", { configurable: true, set(bench) {
    Object.defineProperty(window, "bench", { value: bench });
    void bench.ready().then(() => { window.readyAt = performance.now(); ready(window.readyAt); });
} }))"""

# Notes the page's tasks of 50 ms and more, with when they began.
LONG = """window.tasks = [];
new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map(({ startTime, duration }) => [startTime, duration]))).observe({ type: "longtask", buffered: true });"""

# Resolves with the milliseconds from the finger's touch to the frame after the one in which choice and total stood there.
WATCH = """([item, value]) => {
    const total = () => document.querySelector(".left-over b, #left")?.textContent;
    const before = total();
    window.tapped = new Promise((resolve) => {
        document.addEventListener("touchstart", (event) => {
            const began = event.timeStamp;
            const look = () => {
                const stands = window.bench.target(item, value)?.getAttribute("aria-checked") === "true" && total() !== before;
                if (!stands) requestAnimationFrame(look);
                else requestAnimationFrame(() => { const { port1, port2 } = new MessageChannel(); port1.onmessage = () => resolve(performance.now() - began); port2.postMessage(null); });
            };
            requestAnimationFrame(look);
        }, { once: true, capture: true, passive: true });
    });
    const box = window.bench.target(item, value).getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
}"""

# Cards above may still find their height: wait until the target stands still, and say whether it stands on the screen.
STANDS = """async ([item, value]) => {
    const frame = () => new Promise(requestAnimationFrame);
    const place = () => window.bench.target(item, value)?.getBoundingClientRect().y;
    for (let still = 0, last = place(); still < 5;) { await frame(); const now = place(); still = now === last ? still + 1 : 0; last = now; }
    const target = window.bench.target(item, value);
    const { x, y, width, height } = target.getBoundingClientRect();
    const seen = target.contains(document.elementFromPoint(x + width / 2, y + height / 2));
    if (!seen) { target.scrollIntoView({ block: "center" }); await frame(); await frame(); }
    return seen;
}"""


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--items", default="60,240,960")
    asked.add_argument("--json", type=Path)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder, served(built(Path(folder))) as server:
        result: dict[str, Any] = {"bytes": sizes(server.build), "times": []}
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for items in map(int, options.items.split(",")):
                for slowdown in SLOWDOWNS:
                    result["times"] += compared(browser, server, items, slowdown, options.rounds)
            browser.close()
    show(result)
    text = json.dumps(result, indent=1)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(text, encoding="utf-8")
    print(text)


def built(folder: Path) -> Path:
    """The phone app with its bench pages, built beside the checkout so that a running server keeps its own."""
    pwa = folder / "pwa"
    pwa.mkdir()
    for name in ("src", "static"):
        shutil.copytree(ROOT / "pwa" / name, pwa / name)
    for name in ("index.html", "build.mjs", "parts.mjs", "texts.mjs", "package.json", "package-lock.json"):
        shutil.copy(ROOT / "pwa" / name, pwa / name)
    (pwa / "node_modules").symlink_to(ROOT / "pwa" / "node_modules")
    subprocess.run(["node", "build.mjs", "--bench"], cwd=pwa, check=True, stdout=subprocess.DEVNULL)
    return pwa / "build"


class Files(SimpleHTTPRequestHandler):
    """The built files under the addresses that they have on the server."""

    server: Server

    def do_GET(self) -> None:
        if self.server.reachable:
            super().do_GET()
        else:
            self.server.asked_in_vain.append(self.path)
            self.close_connection = True

    def translate_path(self, path: str) -> str:
        return super().translate_path(path.split("?")[0].removeprefix("/app").removeprefix("/build"))

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """The build on a free loopback port; out of reach it answers nobody and remembers who asked."""

    def __init__(self, build: Path) -> None:
        super().__init__(("127.0.0.1", 0), partial(Files, directory=str(build)))
        self.build = build
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.reachable = True
        self.asked_in_vain: list[str] = []


@contextmanager
def served(build: Path) -> Iterator[Server]:
    """The build, served until the block ends."""
    server = Server(build)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def sizes(build: Path) -> dict[str, dict[str, int]]:
    """Bytes of the visit path (what the first screen needs), of everything that each phone keeps, and of each part that only some keep."""
    assets = json.loads((build / "assets.json").read_text(encoding="utf-8"))
    bytes_ = assets["bytes"]
    name_of = {path.rsplit("/", 1)[1]: logical for logical, path in assets["files"].items()}

    shell = (build / "index.html").read_text(encoding="utf-8")
    path = set(re.findall(r'="/app/build/([\w-]+\.js)"', shell))
    worker = (build / "sw_classic.js").read_text(encoding="utf-8")
    lists = re.findall(r'\["/app/[^]]*\]', worker)
    kept, rare = (set(re.findall(r"/app/build/([\w-]+\.js)", one)) for one in lists)
    every = {*kept, "sw_classic.js"}
    style = assets["files"]["app.css"].rsplit("/", 1)[1]

    def sum_of(names: set[str]) -> dict[str, int]:
        return {
            kind: sum(bytes_[name_of.get(name, name)][kind] for name in names) for kind in ("raw", "gz", "br")
        }

    found = {"visit path, script": sum_of(path), "all scripts": sum_of(every), "style": sum_of({style})}
    return found | {f"also {name.split('-')[0]}, where it is used": sum_of({name}) for name in sorted(rare)}


def compared(
    browser: Browser, server: Server, items: int, slowdown: int, rounds: int
) -> list[dict[str, Any]]:
    """All measures of one size and one speed, the pages taking turns."""
    times: dict[str, dict[str, list[float]]] = {
        page: {"start": [], "tap": [], "restore": [], **{task: [] for task in TASKS}} for page in PAGES
    }
    for number in range(rounds):
        for page in sorted(PAGES, reverse=bool(number % 2)):
            one_round(browser, server, f"/app/bench/{page}/?n={items}", slowdown, times[page])
    lines = []
    for measure in ("start", "tap", "restore"):
        app, plain = (statistics.median(times[page][measure]) for page in ("app", "plain"))
        worst = sorted(times["app"][measure])[-max(1, len(times["app"][measure]) // 20)]
        lines.append(
            {
                "items": items,
                "slowdown": slowdown,
                "measure": measure,
                "app_ms": round(app, 1),
                "plain_ms": round(plain, 1),
                "ratio": round(app / plain, 2),
                "app_p95_ms": round(worst, 1),
            }
        )
    for measure in TASKS:
        app, plain = (max(times[page][measure]) for page in ("app", "plain"))
        lines.append(
            {
                "items": items,
                "slowdown": slowdown,
                "measure": measure,
                "app_ms": round(app),
                "plain_ms": round(plain),
            }
        )
    return lines


def one_round(
    browser: Browser, server: Server, path: str, slowdown: int, times: dict[str, list[float]]
) -> None:
    """Install the page, then without network: start it anew, tap through it, fill half of it, and restore that."""
    context = browser.new_context(**LOOK)
    context.add_init_script(READY)
    context.add_init_script(LONG)
    earlier = context.new_page()
    earlier.goto(server.address + path)
    earlier.evaluate("window.bench.ready().then(() => navigator.serviceWorker.ready)")
    context.set_offline(True)
    server.reachable = False
    # The browser keeps the compiled script of an app that was used before.
    earlier.goto(server.address + path)
    earlier.wait_for_function("window.readyAt")
    earlier.close()
    page = context.new_page()
    cdp = context.new_cdp_session(page)
    cdp.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    page.goto(server.address + path)
    ready: float = inside(cdp, "() => window.isReady")
    times["start"].append(ready + tap(cdp, 0))
    times["task at the start"].append(longest(cdp))
    total = inside(cdp, "() => window.bench.total()")
    for at in range(1, TAPS + 1):
        times["tap"].append(tap(cdp, at * (total // 2) // TAPS, times))
    inside(
        cdp,
        "async (until) => { for (let i = 0; i < until; i += 1) await window.bench.answer(i, 'pass') }",
        total // 2,
    )
    # The place to come back to.
    tap(cdp, total // 2 + 1)
    longest(cdp)
    for _ in range(RESTORES):
        inside(cdp, "() => window.bench.leave()")
        milliseconds, answers = inside(
            cdp,
            "async () => { const began = performance.now(); const found = await window.bench.restore(); return [performance.now() - began, found] }",
        )
        assert answers >= total // 2, f"{answers} of {total // 2} answers were restored"
        times["restore"].append(milliseconds)
    times["task of a restore"].append(longest(cdp))
    context.close()
    # The browser itself looks for a newer worker after each start; nothing else may need the server.
    assert all(asked.endswith("/sw.js") for asked in server.asked_in_vain), server.asked_in_vain
    server.asked_in_vain.clear()
    server.reachable = True


def inside(cdp: CDPSession, function: str, *given: object) -> Any:
    """What the function gives in the page. The driver's own way would first read its library there, which is a long task of a slow page."""
    asked = {
        "expression": f"({function})({', '.join(map(json.dumps, given))})",
        "awaitPromise": True,
        "returnByValue": True,
    }
    answer = cdp.send("Runtime.evaluate", asked)
    if "exceptionDetails" in answer:
        raise SystemExit(f"{function}: {answer['exceptionDetails']}")
    return answer["result"].get("value")


def longest(cdp: CDPSession) -> float:
    """The longest of the tasks noted by now, in milliseconds, 0 where none reached 50; they are forgotten."""
    # The browser tells of a task in a later one.
    inside(cdp, "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    found: float = inside(cdp, "() => Math.max(0, ...window.tasks.splice(0).map(([, duration]) => duration))")
    return found


def tap(cdp: CDPSession, item: int, tasks: dict[str, list[float]] | None = None) -> float:
    """A finger on "pass" of an item that has no answer; milliseconds until the total that follows is painted.

    With `tasks`, the longest of going to the item's section and of the tap are added there.
    """
    inside(cdp, "(item) => window.bench.show(item)", item)
    if not inside(cdp, STANDS, [item, "pass"]):
        print(f"item {item} was shown outside the screen", file=sys.stderr)
    if tasks:
        tasks["task of a section"].append(longest(cdp))
    x, y = inside(cdp, WATCH, [item, "pass"])
    cdp.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    waited: float | None = inside(
        cdp, "() => Promise.race([window.tapped, new Promise((late) => setTimeout(() => late(null), 10000))])"
    )
    if waited is None:
        raise SystemExit(f"a tap on item {item} at {x:.0f}, {y:.0f} had no effect")
    if tasks:
        tasks["task of a tap"].append(longest(cdp))
    return waited


def show(result: dict[str, Any]) -> None:
    """A table for people, on standard error."""
    for name, kinds in result["bytes"].items():
        print(f"{name:<30} {kinds['raw']:>8} raw {kinds['gz']:>7} gz {kinds['br']:>7} br", file=sys.stderr)
    for name, limit in LIMITS.items():
        print(f"{name:<30} {limit:>31} br at most", file=sys.stderr)
    print(
        f"{'items':>5} {'cpu':>4} {'measure':<18} {'app':>8} {'plain':>8} {'ratio':>6} {'app p95':>8}",
        file=sys.stderr,
    )
    for line in result["times"]:
        print(
            f"{line['items']:>5} {'1/' + str(line['slowdown']):>4} {line['measure']:<18} {line['app_ms']:>8} {line['plain_ms']:>8} "
            f"{line.get('ratio', ''):>6} {line.get('app_p95_ms', ''):>8}",
            file=sys.stderr,
        )


if __name__ == "__main__":
    main()
