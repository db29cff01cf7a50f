"""A trial of rules over a half-year at the size of a province: what it takes by what is changed, from pay bands to weights.

    python -m benchmarks.what_if [--outlets 20000] [--json build/bench-what-if.json] [--keep FOLDER]

The database of `benchmarks/figures.py` with inputs of every outlet and month; the second half-year is computed and published, with
its commission, as it is in use. Each trial is asked for and reckoned by what the worker runs, in seconds of the clock and of the
processor, with those of the child processes: `pay` changes a pay band, `decisions` the line of a warning, `stars` a line of the stars,
`weights` the weights of a tier, `line` the perception line (which moves every composite), `facts` that less fills in for missing
parts (which stored explanations tell), `further` that more does (so that visits and inputs are read anew). `page` opens the result with its filters. `rss_mb` is the most memory of the process
and of the largest child.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from benchmarks import close, figures
from server.config import Settings
from server.domain.access import SYSTEM
from server.queries import trials as shown
from server.storage import migrations
from server.storage.commission import CommissionRun
from server.storage.periods import PeriodRow, PeriodState
from server.usecases import commission, periods, trials
from server.usecases.work import Office

HALF = "2026-H2"
MONTHS = tuple(f"2026-{month:02}" for month in range(7, 13))
CHANGES: dict[str, dict[str, Any]] = {
    "pay": {"/commission/pay_factors/1/factor": "1.1"},
    "decisions": {"/decisions/warning/composite_below": 84},
    "stars": {"/stars/gates/1/score": 91},
    "weights": {"/composite/weights/village/perception": 30, "/composite/weights/village/mystery": 20},
    "line": {"/composite/perception/full_at": 96},
    "facts": {"/composite/missing/months_before": 1},
    "further": {"/composite/missing/months_before": 3},
}


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--outlets", type=int, default=20_000)
    asked.add_argument("--json", type=Path)
    asked.add_argument("--keep", type=Path)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measured((options.keep or Path(folder)), options.outlets)
    text = json.dumps(result, indent=1)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(text, encoding="utf-8")
    print(text)


def measured(folder: Path, outlets: int) -> dict[str, Any]:
    """All figures."""
    folder.mkdir(parents=True, exist_ok=True)
    office = Office.of(
        Settings.from_env({"XUNTING_DATA": str(folder)}), lambda: datetime(2027, 1, 5, tzinfo=UTC)
    )
    with office.work(write=False) as work:
        filled = work.connection.dialect.has_table(work.connection, "period")
    if not filled:
        migrations.upgrade(office.database.engine)
        figures._fill(office.database, outlets, 12)
        close._inputs(office.database, ("2026-05", "2026-06", *MONTHS))
    with office.work(write=False) as work:
        done = work.session.get(PeriodRow, HALF) is not None
    if not done:
        for code in (*MONTHS, "2026-Q3", "2026-Q4", HALF):
            periods.draft(office, SYSTEM, code)
            with office.work() as work:
                work.session.get_one(PeriodRow, code).state = PeriodState.PUBLISHED
            print("published", code, file=sys.stderr)
    with office.work(write=False) as work:
        paid = work.session.get(CommissionRun, MONTHS[-1]) is not None
    if not paid:
        for code in MONTHS:
            with office.work() as work:
                commission.compute(work, code)
            print("commission", code, file=sys.stderr)
    found: dict[str, Any] = {"outlets": outlets}
    for name, values in CHANGES.items():
        with office.work() as work:
            trial = trials.ask(work, "v1", HALF, values)
        found[name] = _timed(lambda trial=trial: trials.make(office, trial))
        result = shown.kept(office.files, trial)
        assert result is not None
        found[name] |= {
            aspect: count for aspect, count in shown.counts(result).items() if count and aspect != "near"
        }
        print(name, found[name], file=sys.stderr)
    filters = shown.Filters(show="near", search="7", sort="-composite")
    found["page"] = _timed(
        lambda: [shown.near_lines(result), shown.counts(result), shown.lines(result, filters)]
    )
    found["rss_mb"] = [
        resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    office.database.close()
    return found


def _timed(what: Callable[[], object]) -> dict[str, float]:
    began, used = perf_counter(), process_time() + _children()
    what()
    return {
        "wall": round(perf_counter() - began, 2),
        "cpu": round(process_time() + _children() - used, 2),
    }


def _children() -> float:
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


if __name__ == "__main__":
    main()
