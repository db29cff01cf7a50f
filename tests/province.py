"""A small made-up province with the facts of a year's visits and all inputs, straight into the tables, the same for a seed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from random import Random
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from server.config import ROOT
from server.domain.access import Role
from server.domain.checklist import canonical
from server.domain.exact import FULL_CREDIT, hundredths
from server.domain.indicators import capped, catalogue, pack
from server.domain.visit import VisitState
from server.gateways.standards import read_standards
from server.storage.facts import VisitFacts
from server.storage.inputs import MonthCount, StaffMonth
from server.storage.organisation import Outlet, Tier
from server.storage.standards import ChecklistVersion
from server.storage.visits import Visit
from server.usecases.work import Office
from tests import make

COUNTS = (
    ("csat_hall", 80, 100, 20),
    ("handling_on_time", 92, 100, 8),
    ("waiting_on_time", 92, 100, 8),
    ("complaints", 0, None, 3),
    ("audit", 0, None, 4),
    ("certified", 2, 4, 2),
    ("customers", 300, None, 900),
)


def filled(
    office: Office, *, outlets: int = 20, year: int = 2026, months: int = 12, seed: int = 7
) -> list[Outlet]:
    """Outlets of every tier in two counties of two branches, a mystery visit of each in each month, and inputs."""
    chance = Random(seed)
    places = [
        make.unit(office, "sx", branch, county, "d1", "a1")
        for branch in ("ty", "dt")
        for county in ("c1", "c2")
    ]
    made = [
        make.outlet(
            office,
            place=places[number % 4],
            id=UUID(int=chance.getrandbits(128)),
            code=f"P{number:03}",
            name=f"网点{number:03}",
            tier=list(Tier)[number % 5],
            class_="ABC"[number % 3],
            cooperation_since=date(2019 + number % 6, 3, 1),
            star=(None, 1, 2, 3)[number % 4],
        )
        for number in range(outlets)
    ]
    shopper = make.user(office, role=Role.SHOPPER)
    compiled = {
        key[0]: each.compiled for key, each in read_standards(ROOT / "checklists").items() if each.published
    }
    with office.work() as work:
        for name, each in compiled.items():
            work.session.merge(
                ChecklistVersion(
                    id=name,
                    version=each["version"],
                    sha256="0" * 64,
                    compiled=canonical(each).decode(),
                    published_at=office.clock(),
                )
            )
    visits, facts, counts, staff = [], [], [], []
    for month in range(1, months + 1):
        for outlet in made:
            form = "own-hall-mystery" if outlet.tier is Tier.OWN_HALL else outlet.tier.value
            visit, fact = _visit(
                chance, outlet, shopper.id, form, compiled[form], date(year, month, chance.randrange(1, 28))
            )
            visits.append(visit)
            facts.append(fact)
            code = f"{year}-{month:02}"
            for name, least, whole, more in COUNTS:
                counts.append(
                    {
                        "outlet_id": outlet.id,
                        "month": code,
                        "code": name,
                        "part": least + chance.randrange(more + 1),
                        "whole": whole,
                        "strict": None,
                    }
                )
            staff += [
                {
                    "outlet_id": outlet.id,
                    "month": code,
                    "number": f"{n}",
                    "name": f"店员{n}",
                    "certified": True,
                    "weight": n,
                }
                for n in (1, 2)
            ]
    with office.work() as work:
        for model, rows in ((Visit, visits), (VisitFacts, facts), (MonthCount, counts), (StaffMonth, staff)):
            work.connection.execute(SQLModel.metadata.tables[str(model.__tablename__)].insert(), rows)
    return made


def _visit(
    chance: Random, outlet: Outlet, shopper: UUID, form: str, compiled: dict[str, Any], day: date
) -> tuple[dict[str, Any], dict[str, Any]]:
    quality = chance.choice((0.5, 0.8, 0.95, 1.0))
    listed = catalogue(compiled)
    samples = []
    for each in listed:
        full = each.points * FULL_CREDIT
        samples.append((full if chance.random() < quality else full // 3, full))
    bad = [sample for sample, each in zip(samples, listed, strict=True) if each.kind == "prohibition"]
    earned, full = (sum(sample[n] for sample in samples) for n in (0, 1))
    at = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
    score = hundredths(capped(earned, full, None) or 0)  # type: ignore[arg-type]
    name = UUID(int=chance.getrandbits(128))
    shared = {"outlet_id": outlet.id, "kind": "mystery", "visit_date": day, "score": score, "revision": 1}
    shared |= {"checklist_id": form, "checklist_version": compiled["version"]}
    visit = {
        **shared,
        "id": name,
        "inspector_id": shopper,
        "state": VisitState.PUBLISHED,
        "etag": "e",
        "accepted_revision": 1,
        "document": "{}",
        "document_sha256": "0" * 64,
        "started_at": at,
        "grave": False,
        "voided": False,
        "flags": "[]",
        "created_at": at,
        "changed_at": at,
    }
    fact = {
        **shared,
        "visit_id": name,
        "unit_path": outlet.unit_path,
        "tier": outlet.tier.value,
        "class": outlet.class_,
        "setting": outlet.setting,
        "counts_on": day,
        "rules_version": 1,
        "earned": earned,
        "full": full,
        "prohibition_earned": sum(sample[0] for sample in bad),
        "prohibition_full": sum(sample[1] for sample in bad),
        "touchpoints_met": 9,
        "touchpoints": 10,
        "packed": pack(samples),
        "counts": True,
    }
    return visit, fact
