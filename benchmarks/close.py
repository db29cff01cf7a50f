"""The close of a quarter at the size of a province: its months and the quarter drafted with every explanation, appeals, a replay.

    python -m benchmarks.close [--outlets 20000] [--months 12] [--json build/bench-close.json] [--keep FOLDER]

The database of `benchmarks/figures.py`, a fifth of its outlets own halls, with inputs of every outlet and month, and the documents
of the halls' visits, whose timers count where no log is; one accepted mystery visit of each outlet in each month. `close` is October,
November, December and the fourth quarter through the real use case, in seconds of the clock and of the processor, that of child
processes included; `half` the half-year, from months that are not published yet, and `publish` the publication of all five. `appeal_agent`
and `appeal_hall` are a corrected visit of December after that, which is in its month, its quarter and its half-year; `outdated` says how long a page asks
whether each is older than what it is computed from; `replay` is December and the quarter. `rss_mb` is the most memory of this process, `child_mb`
that of its largest child. FOLDER keeps what was filled for the next time; everything else happens in a copy.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from benchmarks import figures
from server.config import ROOT, Settings
from server.domain.access import SYSTEM
from server.domain.exact import FULL_CREDIT
from server.gateways.standards import read_standards
from server.queries import period_grounds
from server.storage import migrations
from server.storage.database import Database
from server.storage.facts import VisitFacts
from server.storage.inputs import MonthCount
from server.storage.organisation import Outlet
from server.storage.periods import Figure, PeriodRow, PeriodState
from server.storage.visits import Revision, Visit
from server.usecases import period_corrections, periods, replay
from server.usecases.work import Office

MONTHS = ("2026-10", "2026-11", "2026-12")
QUARTER, HALF = "2026-Q4", "2026-H2"
PERIODS = (*MONTHS, QUARTER, HALF)
_INPUTS = (
    ("csat_hall", 95, 100),
    ("handling_on_time", 96, 100),
    ("waiting_on_time", 97, 100),
    ("complaints", 0, None),
)
_MORE = (("audit", 1, None), ("certified", 3, 4), ("customers", 900, None))
_HALL = "own-hall-mystery"


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--outlets", type=int, default=20_000)
    asked.add_argument("--months", type=int, default=12)
    asked.add_argument("--json", type=Path)
    asked.add_argument("--keep", type=Path)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kept = (options.keep or Path(folder)) / "filled"
        if not kept.exists():
            _filled(kept, options.outlets, options.months)
        shutil.copytree(kept, Path(folder) / "run")
        result = measured(Path(folder) / "run", options.outlets, options.months)
    text = json.dumps(result, indent=1)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(text, encoding="utf-8")
    print(text)


def measured(folder: Path, outlets: int, months: int) -> dict[str, Any]:
    """All figures."""
    office = _office(folder)
    found: dict[str, Any] = {"outlets": outlets, "months": months}
    found["close"] = _timed(lambda: [periods.draft(office, SYSTEM, code) for code in (*MONTHS, QUARTER)])
    print("close", found["close"], file=sys.stderr)
    found["half"] = _timed(lambda: periods.draft(office, SYSTEM, HALF))
    found["publish"] = _timed(lambda: [_published(office, code) for code in PERIODS])
    for name, tier in (("appeal_agent", "village"), ("appeal_hall", "own_hall")):
        # The first of a process reads rules and checklists as well.
        found[name] = [_timed(_appeal(office, tier)) for _ in range(2)]
        print(name, found[name], file=sys.stderr)
    found["outdated"] = {code: _timed(lambda code=code: _outdated(office, code)) for code in PERIODS}
    found["replay"] = _timed(lambda: [_replayed(office, code) for code in (MONTHS[-1], QUARTER)])
    with office.work(write=False) as work:
        found["figures"] = work.connection.execute(sa.select(sa.func.count()).select_from(Figure)).scalar()
    found["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    found["child_mb"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    office.database.close()
    return found


def _office(folder: Path) -> Office:
    settings = Settings.from_env({"XUNTING_DATA": str(folder)})
    office = Office.of(settings, lambda: datetime(2027, 1, 5, tzinfo=UTC))
    migrations.upgrade(office.database.engine)
    return office


def _filled(folder: Path, outlets: int, months: int) -> None:
    office = _office(folder)
    figures._fill(office.database, outlets, months)
    _inputs(office.database)
    _documents(office.database)
    office.database.close()


def _timed(what: Callable[[], object]) -> dict[str, float]:
    began, used = perf_counter(), _processor()
    what()
    return {"wall": round(perf_counter() - began, 3), "cpu": round(_processor() - used, 3)}


def _processor() -> float:
    """Seconds of the processor that this process took, and its children that have ended."""
    return sum(os.times()[:4])


def _inputs(database: Database, months: Sequence[str] = ("2026-08", "2026-09", *MONTHS)) -> None:
    chance = Random(figures.SEED)
    with database.transaction(write=True) as opened:
        outlets = list(opened.connection.execute(sa.select(col(Outlet.id))).scalars())

        def rows() -> Iterator[dict[str, Any]]:
            for month in months:
                for outlet in outlets:
                    for code, part, whole in (*_INPUTS, *_MORE):
                        less = chance.randrange(3) if whole and whole > 4 else 0
                        yield {
                            "outlet_id": outlet,
                            "month": month,
                            "code": code,
                            "part": part - less,
                            "whole": whole,
                            "strict": None,
                        }

        figures._insert(opened.connection, MonthCount, rows())


def _documents(database: Database) -> None:
    """The documents of the visits to own halls, since the timers in them count among the indicators of a month."""
    compiled = read_standards(ROOT / "checklists")[_HALL, 1].compiled
    items = [item for section in compiled["sections"] for item in section["items"]]
    empty = {"pending": None, "note": None, "no_photo": None, "at": "2026-10-01T02:00:00Z", "timer": None}
    timers = [item["id"] for item in items if item["kind"] == "timer"]
    result = json.dumps({"credits": {item["id"]: FULL_CREDIT for item in items}})
    chance = Random(figures.SEED)
    with database.transaction(write=True) as opened:
        visits = sa.select(col(Visit.id), col(Visit.inspector_id), col(Visit.created_at)).where(
            col(Visit.checklist_id) == _HALL, col(Visit.visit_date) >= date(2026, 10, 1)
        )

        def rows() -> Iterator[dict[str, Any]]:
            for visit, author, at in opened.connection.execute(visits).all():
                answers = {item["id"]: {"value": "pass"} | empty for item in items}
                answers |= {item: {"value": chance.randrange(900)} | empty for item in timers}
                yield {
                    "visit_id": visit,
                    "number": 1,
                    "document": json.dumps({"answers": answers}),
                    "sha256": "0" * 64,
                    "result": result,
                    "author_id": author,
                    "created_at": at,
                }

        figures._insert(opened.connection, Revision, rows())


def _appeal(office: Office, tier: str) -> Callable[[], object]:
    """One visit of December gets a second revision of its facts, as a correction keeps them."""
    with office.work() as work:
        facts = VisitFacts.__table__  # type: ignore[attr-defined]
        row = dict(
            work.connection.execute(
                sa.select(facts)
                .where(
                    facts.c.counts_on >= date(2026, 12, 1),
                    facts.c.tier == tier,
                    facts.c.counts,
                    facts.c.revision == 1,
                )
                .limit(1)
            )
            .mappings()
            .one()
        )
        work.connection.execute(
            facts.update().where(facts.c.visit_id == row["visit_id"]).values(counts=False)
        )
        best = {"revision": 2, "earned": row["full"], "prohibition_earned": row["prohibition_full"]}
        work.connection.execute(facts.insert(), [row | best])
        visit = work.session.get_one(Visit, row["visit_id"])
        visit.revision = visit.accepted_revision = 2
        document = work.session.get(Revision, (row["visit_id"], 1))
        if document is not None:
            work.session.add(Revision(**document.model_dump() | {"number": 2}))
    return lambda: period_corrections.follow(office, row["visit_id"])


def _published(office: Office, code: str) -> None:
    with office.work() as work:
        work.session.get_one(PeriodRow, code).state = PeriodState.OPEN
        work.session.flush()
        periods.publish(work, code)


def _outdated(office: Office, code: str) -> None:
    with office.work(write=False) as work:
        assert not period_grounds.outdated(work.connection, work.session.get_one(PeriodRow, code))


def _replayed(office: Office, code: str) -> None:
    with office.work(write=False) as work:
        assert replay.replay(work, code).same


if __name__ == "__main__":
    main()
