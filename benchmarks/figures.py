"""Figures of a province: month composites, branch quarters with the weak item, the last of each area, the year's ranking.

    python -m benchmarks.figures [--outlets 20000] [--months 12] [--json build/bench-figures.json] [--keep FOLDER]

A SQLite database of ours holds one accepted mystery visit of each outlet in each month (seeded), with its facts as
`usecases/facts.py` keeps them. The last month and the last quarter are asked for, each question once, in seconds of the clock
and of the processor. The four sums show what the shape of the store allows; pages read stored figures instead, and
`benchmarks/close.py` measures how those come about. `floor` reads a quarter's rows and adds nothing; the two explained ones build the explanation of every
outlet and every branch down to the visits (here of all tiers, so of far more halls than there are). `rss_mb` is the most
memory that the process took.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col

from server.config import ROOT
from server.domain.aggregates import total
from server.domain.checklist import canonical
from server.domain.exact import FULL_CREDIT, hundredths
from server.domain.indicators import capped, catalogue, pack, sums, together
from server.domain.periods import Period
from server.domain.ranks import among_last, ranks
from server.domain.rules import RuleSet
from server.domain.rules import canonical as rules_text
from server.domain.visit import VisitKind, VisitState
from server.domain.weak_items import weakest
from server.domain.window import window
from server.gateways.rules import read_rule_files
from server.gateways.standards import read_standards
from server.queries import checklists, indicator_tally, outlets_then, reckoning
from server.queries.figures import Span, by_unit, counted, summed, units
from server.queries.period_visits import COMPOSITE
from server.queries.rules import rules_on
from server.storage import migrations
from server.storage.database import Database
from server.storage.facts import VisitFacts
from server.storage.organisation import Outlet, OutletStatus, Setting, Tier, Unit, UnitKind, User
from server.storage.standards import ChecklistVersion
from server.storage.standards import RuleSet as Published
from server.storage.visits import Visit

BRANCHES, COUNTIES, AREAS = 11, 10, 6
YEAR, SEED = 2026, 20130313
NOW = datetime(2027, 1, 5, tzinfo=UTC)
AT_ONCE = 5_000
_COLUMNS = VisitFacts.__table__.c  # type: ignore[attr-defined]


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--outlets", type=int, default=20_000)
    asked.add_argument("--months", type=int, default=12)
    asked.add_argument("--json", type=Path)
    asked.add_argument("--keep", type=Path)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measured((options.keep or Path(folder)) / "bench.sqlite", options.outlets, options.months)
    text = json.dumps(result, indent=1)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(text, encoding="utf-8")
    print(text)


def measured(file: Path, outlets: int, months: int) -> dict[str, Any]:
    """All figures."""
    database = Database(f"sqlite:///{file}")
    filled = 0.0
    if not file.exists() or file.stat().st_size == 0:
        migrations.upgrade(database.engine)
        began = perf_counter()
        _fill(database, outlets, months)
        filled = perf_counter() - began
    month, quarter = Period("month", YEAR, 12), Period("quarter", YEAR, 4)
    found: dict[str, Any] = {"outlets": outlets, "months": months, "fill_s": round(filled, 1)}
    for name, question in (
        ("floor", lambda connection: _floor(connection, quarter)),
        ("month_means", lambda connection: _means(connection, month)),
        ("branch_weakest", lambda connection: _weakest(connection, quarter)),
        ("last_ten_of_areas", lambda connection: _last(connection, quarter)),
        ("year_ranking", _year),
        ("explained_composites", lambda connection: _composites(connection, month)),
        ("explained_windows", lambda connection: _branches(connection, quarter)),
    ):
        found[name] = _timed(database, question)
        print(name, found[name], file=sys.stderr)
    found["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    found["file_mb"] = file.stat().st_size // 2**20
    database.close()
    return found


def _timed(database: Database, question: Callable[[sa.Connection], object]) -> dict[str, float]:
    began, used = perf_counter(), process_time()
    with database.transaction(write=False) as opened:
        question(opened.connection)
    return {"wall": round(perf_counter() - began, 2), "cpu": round(process_time() - used, 2)}


def _span(period: Period) -> Span:
    return Span.of(period, [VisitKind.MYSTERY])


def _floor(connection: sa.Connection, quarter: Period) -> None:
    """The facts of a quarter, read and left alone."""
    columns = (_COLUMNS.visit_id, _COLUMNS.unit_path, _COLUMNS.earned, _COLUMNS.full, _COLUMNS.packed)
    list(connection.execute(_facts(quarter, *columns)))


def _composites(connection: sa.Connection, month: Period) -> None:
    """The composite of each agent, ranked, with its explanation."""
    rules, places = rules_on(connection, month.first), outlets_then.places(connection, month.last)
    tally = indicator_tally.empty(reckoning.units_of(places))
    for some in reckoning.portions(connection, places):
        of = reckoning.portion(connection, some, *reckoning.reach(month, rules), COMPOSITE)
        for each in reckoning.month_portion(connection, month, rules, of, tally):
            each.explanation.as_json()


def _branches(connection: sa.Connection, quarter: Period) -> None:
    """Window score and weak item of each branch, with all explanations."""
    rules = rules_on(connection, quarter.first)
    for mine in by_unit(counted(connection, _span(quarter)), units(connection, UnitKind.BRANCH)).values():
        window([each.figure for each in mine], rules.window, rules.aggregates, rules.version)
        weakest(summed(connection, mine), rules.weak_item, rules.version)


def _facts(quarter: Period, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """The facts of all mystery visits that count in a period."""
    return sa.select(*columns).where(
        _COLUMNS.counts == sa.true(),
        _COLUMNS.kind == VisitKind.MYSTERY.value,
        _COLUMNS.counts_on >= quarter.first,
        _COLUMNS.counts_on < quarter.after,
    )


def _means(connection: sa.Connection, period: Period) -> dict[UUID, Fraction]:
    """The mean visit score of each outlet, exactly; the database adds."""
    outlet, full = _COLUMNS.outlet_id, _COLUMNS.full
    columns = (outlet, full, sa.func.sum(_COLUMNS.earned), sa.func.count())
    found: dict[UUID, list[tuple[int, int, int]]] = {}
    statement = _facts(period, *columns).where(full > 0).group_by(outlet, full)
    for place, whole, earned, visits in connection.execute(statement):
        found.setdefault(place, []).append((int(earned), whole, visits))
    return {
        place: total(Fraction(100 * earned, whole) for earned, whole, _ in rows)
        / sum(visits for *_, visits in rows)
        for place, rows in found.items()
    }


def _weakest(connection: sa.Connection, quarter: Period) -> None:
    """The weak item of each branch, without its visits."""
    rules = rules_on(connection, quarter.first)
    columns = (_COLUMNS.unit_path, _COLUMNS.checklist_id, _COLUMNS.checklist_version, _COLUMNS.packed)
    of_branch: dict[str, dict[tuple[str, int], list[bytes]]] = {}
    for path, checklist, version, packed in connection.execute(_facts(quarter, *columns)):
        branch = "/".join(path.split("/")[:2])
        of_branch.setdefault(branch, {}).setdefault((checklist, version), []).append(packed)
    for mine in of_branch.values():
        made = (sums(catalogue(checklists.compiled(connection, *key)), mine[key]) for key in sorted(mine))
        weakest(together(made), rules.weak_item, rules.version)


def _last(connection: sa.Connection, quarter: Period) -> None:
    """The last ten of each area by the quarter's mean."""
    means = _means(connection, quarter)
    places = connection.execute(sa.select(col(Outlet.id), col(Outlet.unit_path)))
    of_area: dict[str, dict[str, Fraction | None]] = {}
    for outlet, path in places:
        if outlet in means:
            of_area.setdefault(path, {})[str(outlet)] = means[outlet]
    for scores in of_area.values():
        among_last(scores, 10)


def _year(connection: sa.Connection) -> None:
    ranks({str(outlet): value for outlet, value in _means(connection, Period("year", YEAR, 1)).items()})


def _fill(database: Database, many: int, months: int) -> None:
    chance = Random(SEED)
    compiled = {
        key[0]: each.compiled for key, each in read_standards(ROOT / "checklists").items() if each.published
    }
    of_tier = {
        Tier.OWN_HALL: "own-hall-mystery",
        **{tier: tier.value for tier in Tier if tier is not Tier.OWN_HALL},
    }
    with database.transaction(write=True) as opened:
        shopper = _organisation(opened.session, compiled)
        areas = _units(opened.session)
        opened.session.flush()
        outlets = list(_outlets(chance, areas, many))
        _insert(opened.connection, Outlet, iter(outlets))
    for month in range(months):
        first = date(YEAR, month + 1, 1)
        rows = [
            _visit(
                chance,
                outlet,
                shopper,
                of_tier[outlet["tier"]],
                compiled,
                first + timedelta(days=chance.randrange(28)),
            )
            for outlet in outlets
        ]
        with database.transaction(write=True) as opened:
            _insert(opened.connection, Visit, (row for row, _ in rows))
            _insert(opened.connection, VisitFacts, (row for _, row in rows))


def _organisation(session: Session, compiled: dict[str, Any]) -> UUID:
    for file in read_rule_files(ROOT / "checklists").values():
        if file.published and isinstance(file.content, RuleSet):
            session.add(
                Published(
                    version=file.content.version,
                    valid_from=file.content.valid_from,
                    sha256=file.sha256,
                    written=rules_text(file.content).decode(),
                    published_at=NOW,
                )
            )
    for name, each in compiled.items():
        text = canonical(each).decode()
        session.add(
            ChecklistVersion(
                id=name, version=each["version"], sha256="0" * 64, compiled=text, published_at=NOW
            )
        )
    shopper = User(
        id=UUID(int=1),
        username="s",
        name="s",
        role="shopper",
        unit_path="p/",
        password_hash="-",
        created_at=NOW,
    )
    session.add(shopper)
    return shopper.id


def _units(session: Session) -> list[Unit]:
    """A province down to its areas; returns the areas."""
    made = [Unit(id=UUID(int=2), kind=UnitKind.PROVINCE, code="p", name="p", path="p/")]
    levels = [made]
    for kind, count in ((UnitKind.BRANCH, BRANCHES), (UnitKind.COUNTY, COUNTIES), (UnitKind.AREA, AREAS)):
        levels.append(
            [
                Unit(
                    id=UUID(int=(len(levels) << 32) + number * 1_000 + turn),
                    parent_id=above.id,
                    kind=kind,
                    code=f"{above.code}-{turn}",
                    name=f"{above.code}-{turn}",
                    path=f"{above.path}{turn}/",
                )
                for number, above in enumerate(levels[-1])
                for turn in range(count)
            ]
        )
    for level in levels:
        session.add_all(level)
        session.flush()
    return levels[-1]


def _outlets(chance: Random, areas: list[Unit], many: int) -> Iterator[dict[str, Any]]:
    for number in range(many):
        area = areas[number % len(areas)]
        yield {
            "id": UUID(int=chance.getrandbits(128)),
            "code": f"o{number}",
            "name": f"o{number}",
            "pinyin": "",
            "unit_id": area.id,
            "unit_path": area.path,
            "tier": list(Tier)[number % 5],
            "class": "ABC"[number % 3],
            "setting": Setting.CITY,
            "status": OutletStatus.ACTIVE,
            "address": "",
            "phone": "",
            "changed_at": NOW,
        }


def _visit(
    chance: Random, outlet: dict[str, Any], shopper: UUID, checklist: str, compiled: dict[str, Any], day: date
) -> tuple[dict[str, Any], dict[str, Any]]:
    listed = catalogue(compiled[checklist])
    quality = chance.choice((0.7, 0.85, 0.95))
    samples = []
    for each in listed:
        full = each.points * FULL_CREDIT
        samples.append((full if chance.random() < quality else full // 2, full))
    earned, full = (sum(sample[n] for sample in samples) for n in (0, 1))
    of_prohibitions = [
        sample for sample, each in zip(samples, listed, strict=True) if each.kind == "prohibition"
    ]
    bad, whole = (sum(sample[n] for sample in of_prohibitions) for n in (0, 1))
    name = UUID(int=chance.getrandbits(128))
    at = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
    score = hundredths(capped(earned, full, None) or 0)  # type: ignore[arg-type]
    visit = {
        "id": name,
        "outlet_id": outlet["id"],
        "inspector_id": shopper,
        "kind": VisitKind.MYSTERY,
        "checklist_id": checklist,
        "checklist_version": 1,
        "state": VisitState.FINAL,
        "etag": "e",
        "revision": 1,
        "accepted_revision": 1,
        "document": "{}",
        "document_sha256": "0" * 64,
        "visit_date": day,
        "started_at": at,
        "score": score,
        "grave": False,
        "voided": False,
        "flags": "[]",
        "created_at": at,
        "changed_at": at,
    }
    facts = {
        "visit_id": name,
        "revision": 1,
        "outlet_id": outlet["id"],
        "unit_path": outlet["unit_path"],
        "tier": outlet["tier"].value,
        "class": outlet["class"],
        "setting": "city",
        "kind": "mystery",
        "visit_date": day,
        "counts_on": day,
        "checklist_id": checklist,
        "checklist_version": 1,
        "rules_version": 1,
        "earned": earned,
        "full": full,
        "prohibition_earned": bad,
        "prohibition_full": whole,
        "score": score,
        "touchpoints_met": 9,
        "touchpoints": 10,
        "packed": pack(samples),
        "counts": True,
    }
    return visit, facts


def _insert(connection: sa.Connection, model: type[SQLModel], rows: Iterator[dict[str, Any]]) -> None:
    table = SQLModel.metadata.tables[str(model.__tablename__)]
    some = list(rows)
    for begin in range(0, len(some), AT_ONCE):
        connection.execute(table.insert(), some[begin : begin + AT_ONCE])


if __name__ == "__main__":
    main()
