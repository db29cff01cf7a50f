"""The review page of a visit with 69 items and 30 photos, until it can be worked with, beside a bare page with the same photos.

    python -m benchmarks.review [--rounds 7] [--json build/bench-review.json]

A real server with its own data, a real Chromium, a new profile for each round so that nothing is cached. Interactive means: the
script has run, `J` moves to the first item, and the next frame is painted. The bare page is a list of the same thumbnails from the
same server, without a script; its photos load lazily as ours do. Milliseconds from the start of the navigation, medians of all
rounds; `html_ms` is the server's answer alone, `photos_ms` when every photo that begins on the screen is decoded.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any
from uuid import UUID

from playwright.sync_api import Browser, sync_playwright
from sqlmodel import select

from server.demo.answers import fill
from server.domain.access import Role
from server.domain.visit import VisitDocument, VisitKind, VisitState, digest, facts_of, visit_date
from server.queries import checklists
from server.queries.answers import scored
from server.storage.organisation import Outlet, User
from server.storage.visits import Revision, Visit, VisitFile
from server.usecases import evidence, photos
from server.usecases.work import Office
from tests import gunicorn, make, photographs
from tests.e2e.phone import CHROMIUM, FLAGS

ITEMS, PHOTOS, GOAL_MS = 69, 30, 1_000
READY = """
addEventListener("DOMContentLoaded", () => {
  document.dispatchEvent(new KeyboardEvent("keydown", { key: "j", bubbles: true }));
  requestAnimationFrame(() => requestAnimationFrame(() => (window.readyAt = performance.now())));
});
"""
MOVED = "() => document.activeElement?.classList.contains('item') ?? false"
SEEN = """async () => {
  const images = [...document.images].filter((image) => image.getBoundingClientRect().top < innerHeight && image.offsetParent);
  await Promise.all(images.map((image) => image.decode().catch(() => 0)));
  return performance.now();
}"""


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rounds", type=int, default=7)
    asked.add_argument("--json", type=Path)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder, gunicorn.running(Path(folder), processes=None) as server:
        office = Office.of(server.settings)
        visit, shown = stored(office)
        assert shown == ITEMS
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            result = measured(browser, server.address, office, visit, shown, options.rounds)
            browser.close()
        office.database.close()
    text = json.dumps(result, indent=1)
    print(
        f"{result['items']} items, {result['photos']} photos: interactive after {result['page']['ready_ms']} ms (goal {GOAL_MS}), bare"
        f" {result['bare']['ready_ms']} ms; html {result['html_ms']} ms, {result['html_kb']} kB; photos on the screen"
        f" {result['page']['photos_ms']} ms, bare {result['bare']['photos_ms']} ms",
        file=sys.stderr,
    )
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(text, encoding="utf-8")
    print(text)


def stored(office: Office) -> tuple[UUID, int]:
    """A visit of the longest checklist that waits for its review, with its photos and their sizes; and how many items it shows."""
    hall, shopper = make.outlet(office), make.user(office, role=Role.SHOPPER)
    make.user(office, role=Role.REVIEWER, username="reviewer")
    # Enough others that the list and the queue of a busy day are not empty.
    visit, shown = _visit(office, hall, shopper)
    for _ in range(200):
        _visit(office, hall, shopper, photos_=0)
    photos.make_sizes(office, visit)
    with office.work() as work:
        evidence.flag(work, visit)
    return visit, shown


def _visit(office: Office, hall: Outlet, shopper: User, *, photos_: int = PHOTOS) -> tuple[UUID, int]:
    now = datetime.now(UTC).replace(microsecond=0)
    begun, chance = now - timedelta(hours=3), Random(photos_)
    with office.work(write=False) as work:
        form = checklists.compiled(work.connection, "own-hall-mystery", 1)
    place = {"tier": hall.tier.value, "class": hall.class_, "setting": hall.setting.value}
    facts = facts_of("mystery", None, place)
    answers = fill(form, facts, 0.85, begun, chance)
    pictures = [
        photos.small(photographs.photograph(n % 6 + 1), 1600) + str(n).encode() for n in range(photos_)
    ]
    names = list(answers)
    read = VisitDocument.model_validate_json(
        json.dumps(
            make.document(
                hall,
                checklist={"id": "own-hall-mystery", "version": 1},
                intent="submit",
                started_at=begun.isoformat(),
                left_at=(begun + timedelta(minutes=50)).isoformat(),
                finished_at=(begun + timedelta(hours=1)).isoformat(),
                answers=answers,
                files=[
                    make.file_entry(data, names[(n * 2) % len(names)], caption=f"照片 {n}")
                    for n, data in enumerate(pictures)
                ],
            )
        )
    )
    result, text = scored(form, facts, read), read.canonical()
    visit = Visit(
        id=UUID(read.id),
        outlet_id=hall.id,
        inspector_id=shopper.id,
        kind=VisitKind.MYSTERY,
        checklist_id="own-hall-mystery",
        checklist_version=1,
        state=VisitState.SUBMITTED,
        etag="bench",
        revision=1,
        document=text,
        document_sha256=digest(text),
        visit_date=visit_date(begun, 0),
        started_at=begun,
        score=8_000,
        created_at=now,
        submitted_at=now,
        whole_at=now,
        changed_at=now,
    )
    with office.work() as work:
        work.session.add(visit)
        work.session.flush()
        work.session.add(
            Revision(
                visit_id=visit.id,
                number=1,
                document=text,
                sha256=digest(text),
                result=json.dumps({**result.as_json(), "facts": facts}),
                author_id=shopper.id,
                created_at=now,
                whole_at=now,
            )
        )
        for data in pictures:
            work.files.put(data)
            work.session.add(
                VisitFile(
                    visit_id=visit.id,
                    sha256=sha256(data).hexdigest(),
                    kind="photo",
                    type="image/jpeg",
                    bytes=len(data),
                    uploader_id=shopper.id,
                    arrived_at=now,
                )
            )
        work.record("visit.whole", "visit", visit.id, revision=1)
    return visit.id, len(result.visible)


def measured(
    browser: Browser, address: str, office: Office, visit: UUID, shown: int, rounds: int
) -> dict[str, Any]:
    """All figures; the first round, which also warms the server, is not counted."""
    with office.work(write=False) as work:
        names = work.session.exec(select(VisitFile.sha256).where(VisitFile.visit_id == visit)).all()
    bare = "".join(
        f'<li><img src="/api/v1/photos/{name}?size=thumb" loading="lazy" width="132" height="99"></li>'
        for name in names
    )
    found: dict[str, dict[str, list[float]]] = {
        which: {"ready_ms": [], "photos_ms": []} for which in ("page", "bare")
    }
    html: list[float] = []
    size = 0
    for number in range(rounds + 1):
        for which in found:
            context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=address)
            signed = context.request.post(
                "/api/v1/session", data={"username": "reviewer", "password": make.PASSWORD}
            )
            assert signed.ok, signed.text()
            began = perf_counter()
            answer = context.request.get(f"/visits/{visit}")
            took = (perf_counter() - began) * 1000
            size = len(answer.body())
            page = context.new_page()
            page.add_init_script(READY)
            page.route(
                "**/bare",
                lambda route: route.fulfill(
                    content_type="text/html", body=f"<!doctype html><title>-</title><ul>{bare}</ul>"
                ),
            )
            page.goto(f"/visits/{visit}" if which == "page" else "/bare")
            page.wait_for_function("window.readyAt")
            ready, seen = page.evaluate("window.readyAt"), page.evaluate(SEEN)
            if which == "page":
                assert page.evaluate(MOVED), "the keys answer"
            if number:
                html.append(took)
                found[which]["ready_ms"].append(ready)
                found[which]["photos_ms"].append(seen)
            context.close()
    return {
        "items": shown,
        "photos": len(names),
        "html_ms": round(statistics.median(html)),
        "html_kb": round(size / 1000),
        **{
            which: {name: round(statistics.median(times)) for name, times in each.items()}
            for which, each in found.items()
        },
    }


if __name__ == "__main__":
    main()
