"""The overview page of a province with 20,000 outlets and twelve published months, from request to whole answer.

    python -m benchmarks.overview [--outlets 20000] [--months 12] [--rounds 9] [--json build/bench-overview.json] [--keep FOLDER]

The database of `benchmarks/figures.py` (one accepted mystery visit of each outlet in each month), and in it what closing and
paying leave behind: composites, stars, the means and indicators of every unit, commission, and one in a hundred visits appealed.
Asked are the pages of head office, a branch and an area, in process through the whole application, signed in: `first` is the
first one ever, then medians of the clock and of the processor in milliseconds. `floor` reads the stored figures of the province
by plain SQL and nothing else. `load` is the machine's at the time: on a busy one the processor's time counts.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from benchmarks import figures
from server.app import create_app
from server.config import Settings
from server.domain.access import Role
from server.domain.appeals import AppealState
from server.domain.periods import Period
from server.domain.service_indicators import CODES
from server.domain.unit_means import Rated
from server.queries import unit_tally
from server.queries.reckoning import AGENTS
from server.storage import migrations
from server.storage.appeals import Appeal, AppealTurn
from server.storage.commission import CommissionMonth, CommissionRun
from server.storage.database import Database
from server.storage.organisation import Outlet, Unit
from server.storage.periods import Figure, PeriodRow, PeriodState
from server.storage.visits import Visit
from server.usecases.work import Office
from tests import make

GOAL_MS = 300
NOW = datetime(2027, 1, 20, tzinfo=UTC)
_ABOUT = bytes(Random(figures.SEED).randrange(256) for _ in range(700))
"""As long as the packed explanation of a composite."""
_SHORT = zlib.compress(b'{"figure":"csat_hall","value":"0.95","rules":1}')


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--outlets", type=int, default=20_000)
    asked.add_argument("--months", type=int, default=12)
    asked.add_argument("--rounds", type=int, default=9)
    asked.add_argument("--json", type=Path)
    asked.add_argument("--keep", type=Path)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measured(options.keep or Path(folder), options.outlets, options.months, options.rounds)
    text = json.dumps(result, indent=1)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(text, encoding="utf-8")
    print(text)


def measured(folder: Path, outlets: int, months: int, rounds: int) -> dict[str, Any]:
    """All figures."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = Settings.from_env({"XUNTING_DATA": str(folder), "XUNTING_SECRET": "s" * 32})
    office = Office.of(settings, lambda: NOW)
    migrations.upgrade(office.database.engine)
    with office.work(write=False) as work:
        empty = work.session.get(PeriodRow, f"{figures.YEAR}-12") is None
    if empty:
        _filled(office.database, outlets, months)
    app = create_app(settings, lambda: NOW)
    found: dict[str, Any] = {
        "outlets": outlets,
        "months": months,
        "goal_ms": GOAL_MS,
        "load": round(os.getloadavg()[0], 1),
    }
    found["floor"] = _timed(lambda: _floor(office), rounds)
    people = {
        "hq": (Role.HQ, ""),
        "branch": (Role.BRANCH_MANAGER, "p/0/"),
        "area": (Role.AREA_MANAGER, "p/0/0/0/"),
    }
    for name, (role, path) in people.items():
        user = make.user(office, role=role, username=f"{name}-{datetime.now(UTC):%H%M%S}", unit_path=path)
        caller = make.Caller.sign_in(app.test_client(), user)

        def ask(caller: make.Caller = caller) -> None:
            answer = caller.get("/overview")
            assert answer.status_code == 200, answer.get_data(as_text=True)

        began = perf_counter()
        ask()
        first = round((perf_counter() - began) * 1000)
        found[name] = {"first": first, **_timed(ask, rounds)}
        print(name, found[name], file=sys.stderr)
    found["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    app.extensions["office"].database.close()
    office.database.close()
    return found


def _timed(what: Callable[[], object], rounds: int) -> dict[str, float]:
    wall, cpu = [], []
    for _ in range(rounds):
        began, used = perf_counter(), process_time()
        what()
        wall.append((perf_counter() - began) * 1000)
        cpu.append((process_time() - used) * 1000)
    return {"wall": round(statistics.median(wall), 1), "cpu": round(statistics.median(cpu), 1)}


def _floor(office: Office) -> None:
    with office.work(write=False) as work:
        list(
            work.connection.execute(
                sa.select(col(Figure.period), col(Figure.code), col(Figure.value)).where(
                    col(Figure.subject) == "p/"
                )
            )
        )


def _filled(database: Database, outlets: int, months: int) -> None:
    figures._fill(database, outlets, months)
    chance = Random(figures.SEED)
    with database.transaction(write=True) as opened:
        places = list(
            opened.connection.execute(sa.select(col(Outlet.id), col(Outlet.unit_path), col(Outlet.tier)))
        )
        units = list(opened.connection.execute(sa.select(col(Unit.path))).scalars())
        table = Outlet.__table__  # type: ignore[attr-defined]
        opened.connection.execute(
            table.update().where(table.c.id == sa.bindparam("which")),
            [
                {"which": place[0], "lat": 34.6 + 6 * chance.random(), "lng": 110.2 + 4 * chance.random()}
                for place in places
            ],
        )
    last = Period("month", figures.YEAR, 12)
    for turn in range(months - 1, -1, -1):
        _month(database, chance, last.back(turn).code, places, units)
    for number in (1, 2, 3, 4):
        _period(database, f"{figures.YEAR}-Q{number}", "quarter", _quarter(chance, units))
    for number in (1, 2):
        _period(database, f"{figures.YEAR}-H{number}", "half_year", _stars(chance, places, units))
    _appeals(database, chance)


def _tally(
    figure: str, units: list[str], paths: dict[str, str], figures: Mapping[str, int | None]
) -> unit_tally.Tally:
    """Figures of outlets, by the unit right in which each lies."""
    rated: defaultdict[str, Rated] = defaultdict(Rated)
    right_in: defaultdict[str, dict[str, int | None]] = defaultdict(dict)
    for outlet, hundredths in figures.items():
        rated[paths[outlet]].add(hundredths)
        right_in[paths[outlet]][outlet] = hundredths
    return unit_tally.stored(figure, units, rated, right_in)


def _month(database: Database, chance: Random, code: str, places: list[Any], units: list[str]) -> None:
    agents = [place for place in places if place[2] in AGENTS]
    composites = {str(place[0]): chance.randrange(6000, 10_000) for place in agents}

    def rows() -> Iterator[dict[str, Any]]:
        yield from (_figure(outlet, "composite", value, _ABOUT) for outlet, value in composites.items())
        paths = {str(place[0]): place[1] for place in agents}
        for each in unit_tally.means(_tally("composite", units, paths, composites), "composite", 1):
            yield _figure(each.subject, each.code, each.hundredths or 0, _SHORT)
        for unit in units:
            for figure in (*CODES, "corrective_actions"):
                yield _figure(unit, figure, chance.randrange(90, 100), _SHORT)

    _period(database, code, "month", rows())
    with database.transaction(write=True) as opened:
        opened.session.add(
            CommissionRun(
                month=code,
                state="closed",
                round=1,
                rules_version=1,
                digest="d",
                computed_at=figures.NOW,
                closed_at=figures.NOW,
            )
        )
        figures._insert(
            opened.connection, CommissionMonth, (_commission(code, place, chance) for place in agents)
        )


def _commission(month: str, place: Any, chance: Random) -> dict[str, Any]:
    fen = chance.randrange(10_000, 300_000)
    zero = dict.fromkeys(
        ("withheld_fen", "staff_fen", "refunded_fen", "settled_fen", "carried_in_fen", "carried_on_fen"), 0
    )
    return {
        "month": month,
        "outlet_id": place[0],
        "unit_path": place[1],
        "tier": place[2].value,
        "class": "A",
        "setting": "city",
        "base_fen": fen,
        "years_factor": "1",
        "pay_factor": "1",
        "composite": 9000,
        "veto": False,
        "amount_fen": fen,
        "paid_fen": fen,
        "explanation": _ABOUT,
        **zero,
    }


def _quarter(chance: Random, units: list[str]) -> Iterator[dict[str, Any]]:
    for unit in units:
        if unit.count("/") <= 3:
            for figure in ("window", "visit-mean"):
                yield _figure(unit, figure, chance.randrange(8000, 10_000), _ABOUT)
            yield _figure(unit, "weak-item-improvement", None, _ABOUT) | {
                "value": chance.choice(("met", "missed"))
            }


def _stars(chance: Random, places: list[Any], units: list[str]) -> Iterator[dict[str, Any]]:
    stars = {str(place[0]): 100 * chance.randrange(6) for place in places}
    paths = {str(place[0]): place[1] for place in places}
    for outlet, star in stars.items():
        yield _figure(outlet, "star", star, _ABOUT)
        yield _figure(outlet, "star-basis", chance.randrange(6000, 10_000), _ABOUT)
    for each in unit_tally.means(_tally("star", units, paths, stars), "star", 1):
        yield _figure(each.subject, each.code, each.hundredths or 0, _SHORT)


def _figure(subject: str, code: str, hundredths: int | None, about: bytes) -> dict[str, Any]:
    return {
        "subject": subject,
        "code": code,
        "value": None if hundredths is None else f"{hundredths / 100:.2f}",
        "hundredths": hundredths,
        "explanation": about,
    }


def _period(database: Database, code: str, kind: str, rows: Iterator[dict[str, Any]]) -> None:
    with database.transaction(write=True) as opened:
        opened.session.add(
            PeriodRow(
                code=code,
                kind=kind,
                state=PeriodState.CLOSED,
                rules_version=1,
                digest="d",
                drafted_at=figures.NOW,
                published_at=figures.NOW,
                closed_at=figures.NOW,
                changed_at=figures.NOW,
            )
        )
        opened.session.flush()
        figures._insert(opened.connection, Figure, ({"period": code, "round": 1, **row} for row in rows))


def _appeals(database: Database, chance: Random) -> None:
    """One in a hundred visits was appealed, and a third of the appeals upheld."""
    with database.transaction(write=True) as opened:
        visits = list(opened.connection.execute(sa.select(col(Visit.id), col(Visit.started_at))))
        some = chance.sample(visits, len(visits) // 100)
        appeals, turns = [], []
        for visit, begun in some:
            name, at, upheld = (
                UUID(int=chance.getrandbits(128)),
                begun + timedelta(days=9),
                chance.random() < 0.3,
            )
            appeals.append(
                {
                    "id": name,
                    "visit_id": visit,
                    "item_id": "A-01",
                    "revision": 1,
                    "state": AppealState.UPHELD if upheld else AppealState.DISMISSED,
                    "etag": "e",
                    "turn": 1,
                    "since": at,
                    "made_at": begun,
                    "changed_at": at,
                }
            )
            turns.append(
                {
                    "appeal_id": name,
                    "number": 1,
                    "ground": "",
                    "files": "[]",
                    "sent_sha256": "0" * 64,
                    "asked_by": UUID(int=1),
                    "asked_at": begun,
                    "upheld": upheld,
                    "why": "",
                    "answered_at": at,
                }
            )
        figures._insert(opened.connection, Appeal, iter(appeals))
        figures._insert(opened.connection, AppealTurn, iter(turns))


if __name__ == "__main__":
    main()
