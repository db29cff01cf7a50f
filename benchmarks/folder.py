"""A folder of signed visit reports in the background: reports a second, and whether memory stays flat on the way.

Prints a table to stderr and JSON to stdout. Reports are what `report.py` calls a whole visit, made by the real use
case from visits in a database, each with its photographs; `FOLDER_REPORTS` says how many (500 unless told otherwise).
Memory is what this process and its press hold together (the resident sets), read after every report; flat means that
the second half of the reports adds less than 5 % to what the first half reached.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from server.config import Settings
from server.domain.access import Role
from server.queries.report_folders import Filter
from server.reports.warm_press import WarmPress
from server.storage import migrations
from server.storage.report_folders import FolderState, ReportFolder
from server.usecases import photos, report_folders, review
from server.usecases.work import Office
from tests import make, submitted

REPORTS = int(os.environ.get("FOLDER_REPORTS", "500"))
PHOTOS = 6
FLAT = 1.05
_PAGE = os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Make the visits, ask for their folder, work it off, measure."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.from_env({"XUNTING_DATA": folder, "XUNTING_SECRET": "s" * 32})
        office, press = Office.of(settings, lambda: datetime(2026, 11, 21, 3, 0, tzinfo=UTC)), WarmPress()
        office.press = press
        migrations.upgrade(office.database.engine)
        make.rules(office.database.engine)
        viewer = visits(office)
        with office.work(viewer) as work:
            asked = report_folders.ask(work, Filter()).id
        memory, seconds = [], []
        begun = time.perf_counter()
        for _ in steps(office, asked):
            memory.append(resident(press))
            seconds.append(time.perf_counter() - begun)
        whole = seconds[-1]
        path = settings.files.removeprefix("folder://")
        zipped = next(Path(path).rglob("*.zip"))
        with zipfile.ZipFile(zipped) as archive:
            packed = len(archive.namelist()) - 1
        half = REPORTS // 2
        first, last = max(memory[: half + 1]), max(memory)
        press.close()
        office.database.close()
    print(
        f"{packed} reports in {whole:.1f} s, {packed / whole:.2f} reports/s; memory after one "
        f"{memory[0] >> 20} MB, highest in the first half {first >> 20} MB, in all {last >> 20} MB",
        file=sys.stderr,
    )
    json.dump(
        {
            "benchmark": "folder",
            "reports": packed,
            "photos_each": PHOTOS,
            "seconds": round(whole, 1),
            "reports_per_second": round(packed / whole, 2),
            "mb_after_one": memory[0] >> 20,
            "mb_first_half": first >> 20,
            "mb_highest": last >> 20,
            "mb_over_time": [each >> 20 for each in memory[:: max(1, len(memory) // 20)]],
            "flat": last <= first * FLAT,
        },
        sys.stdout,
        indent=2,
    )
    sys.stdout.write("\n")
    if packed != REPORTS:
        sys.exit(f"{packed} of {REPORTS} reports are in the zip")


def visits(office: Office) -> submitted.Viewer:
    """Accepted visits with photographs, and who asks for their reports."""
    hall = make.outlet(office)
    reader = submitted.reviewer(office, Role.HQ)
    shopper = make.user(office, role=Role.SHOPPER)
    review.drawn = lambda visit_id, seed, percent: False
    for number in range(REPORTS):
        pictures = [make.picture(number * PHOTOS + n, (1280, 960)) for n in range(PHOTOS)]
        visit = submitted.visit(office, shopper, hall, photos=pictures)
        photos.make_sizes(office, visit.id)
        with office.work(reader) as work:
            review.decide(work, visit.id, 1, "accept")
    return reader


def steps(office: Office, asked: object) -> Iterator[None]:
    """Work the folder off; yields after each step."""
    while report_folders.step(office):
        yield
    with office.work(write=False) as work:
        state = work.session.get_one(ReportFolder, asked).state
    if state is not FolderState.READY:
        sys.exit(f"the folder is {state}")


def resident(press: WarmPress) -> int:
    """Bytes of this process and of its press that are in memory now."""
    pages = 0
    for pid in ("self", press.pid):
        with suppress(FileNotFoundError):
            pages += int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * _PAGE


if __name__ == "__main__":
    main()
