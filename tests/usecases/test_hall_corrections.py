"""A corrected own hall: units' figures come from what is stored of the others, and are what computing all anew would give."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from server.config import ROOT
from server.domain.access import SYSTEM
from server.domain.engine import ENGINE
from server.domain.exact import FULL_CREDIT
from server.domain.indicators import pack, unpack
from server.gateways.standards import read_standards
from server.storage.facts import VisitFacts
from server.storage.inputs import MonthCount
from server.storage.organisation import Outlet, Tier
from server.storage.periods import Figure, PeriodRow, PeriodState, in_round
from server.storage.visits import Revision, Visit
from server.usecases import period_corrections, periods, replay, round_corrections, round_portions
from server.usecases.work import Office
from tests import province
from tests.conftest import Clock

MONTHS, QUARTER = ("2026-09", "2026-10", "2026-11", "2026-12"), "2026-Q4"
FACTS: Any = VisitFacts.__table__  # type: ignore[attr-defined]
Row = dict[str, Any]


@pytest.fixture
def halls(both: Office, clock: Clock) -> list[Outlet]:
    """The halls of a province whose autumn is published; half of them have no log, so that timers count there."""
    found = [each for each in province.filled(both, outlets=40) if each.tier is Tier.OWN_HALL]
    compiled = read_standards(ROOT / "checklists")["own-hall-mystery", 1].compiled
    timers = [
        item["id"] for part in compiled["sections"] for item in part["items"] if item["kind"] == "timer"
    ]
    with both.work() as work:
        for outlet in found[::2]:
            logs = col(MonthCount.code).in_(["handling_on_time", "waiting_on_time"])
            work.connection.execute(sa.delete(MonthCount).where(col(MonthCount.outlet_id) == outlet.id, logs))
        visits = select(Visit).where(col(Visit.outlet_id).in_([each.id for each in found]))
        for number, visit in enumerate(work.session.exec(visits.order_by(col(Visit.id))).all()):
            work.session.add(document(visit, 1, timers, 200 + 40 * (number % 12)))
    clock.now = datetime(2027, 1, 5, 3, tzinfo=UTC)
    for code in (*MONTHS, QUARTER):
        periods.draft(both, SYSTEM, code)
    with both.work() as work:
        work.connection.execute(sa.update(PeriodRow).values(state=PeriodState.PUBLISHED))
    return found


def document(visit: Visit, number: int, timers: list[str], seconds: int) -> Revision:
    answers = {item: {"value": seconds} for item in timers}
    credits = dict.fromkeys(timers, FULL_CREDIT if seconds < 400 else 0)
    return Revision(
        visit_id=visit.id,
        number=number,
        document=json.dumps({"answers": answers}),
        sha256="0" * 64,
        result=json.dumps({"credits": credits}),
        author_id=visit.inspector_id,
        created_at=visit.created_at,
    )


def facts_of(office: Office, outlet: Outlet, month: str) -> Row:
    with office.work(write=False) as work:
        counted = sa.select(FACTS).where(FACTS.c.outlet_id == outlet.id, FACTS.c.counts)
        rows = work.connection.execute(counted.order_by(FACTS.c.counts_on)).mappings().all()
    return next(dict(row) for row in rows if row["counts_on"].isoformat().startswith(month))


def corrected(office: Office, row: Row, change: Row | None) -> int:
    """The visit gets a second revision with other facts and timers, as a correction keeps them, or is voided; followed."""
    with office.work() as work:
        visit = work.session.get_one(Visit, row["visit_id"])
        visit.revision = visit.accepted_revision = row["revision"] + 1
        work.connection.execute(FACTS.update().where(FACTS.c.visit_id == visit.id).values(counts=False))
        if change is not None:
            work.connection.execute(FACTS.insert(), [row | change | {"revision": visit.revision}])
            first = work.session.get_one(Revision, (visit.id, 1))
            work.session.add(document(visit, visit.revision, list(json.loads(first.document)["answers"]), 10))
    return period_corrections.follow(office, row["visit_id"])


def same(office: Office) -> dict[str, bool]:
    with office.work(write=False) as work:
        return {code: replay.replay(work, code).same for code in (*MONTHS, QUARTER)}


def better(row: Row) -> Row:
    samples = unpack(row["packed"])
    return {
        "earned": row["full"],
        "prohibition_earned": row["prohibition_full"],
        "touchpoints_met": 10,
        "packed": pack([(full, full) for _, full in samples]),
    }


def worse(row: Row) -> Row:
    samples = unpack(row["packed"])
    return {
        "earned": row["earned"] // 7,
        "prohibition_earned": row["prohibition_earned"] // 3,
        "touchpoints_met": 2,
        "touchpoints": 9,
        "packed": pack([(0, full) if number % 3 else (0, 0) for number, (_, full) in enumerate(samples)]),
    }


def without_prohibitions(row: Row) -> Row:
    """Visits of which a prohibition's item was never applicable are not told apart in what is stored."""
    return {"prohibition_earned": 0, "prohibition_full": 0}


def test_whatever_is_corrected_every_figure_is_what_computing_all_anew_gives(
    both: Office, halls: list[Outlet]
) -> None:
    assert all(same(both).values())
    changes: list[Callable[[Row], Row] | None] = [better, worse, None, without_prohibitions, better, worse]
    for hall, month, change in zip(halls, (*MONTHS[1:], *MONTHS[1:]), changes, strict=False):
        row = facts_of(both, hall, month)
        assert corrected(both, row, change and change(row)) >= 2
        assert same(both) == dict.fromkeys((*MONTHS, QUARTER), True), (month, change)
    # The quarter's weak items were found by the visits of the one before.
    row = facts_of(both, halls[0], MONTHS[0])
    corrected(both, row, worse(row))
    assert all(same(both).values())


def test_where_the_weak_item_of_the_quarter_before_falls_away_nothing_that_became_of_it_stays(
    both: Office, halls: list[Outlet]
) -> None:
    branch = halls[0].unit_path.split("/")[:2]
    assert became_of(both, "/".join(branch) + "/") == {"weak-item-improvement", "window-after-deduction"}
    for hall in halls:
        if hall.unit_path.split("/")[:2] == branch:
            for month in ("2026-07", "2026-08", "2026-09"):
                corrected(both, facts_of(both, hall, month), None)
    assert not became_of(both, "/".join(branch) + "/")
    assert all(same(both).values())


def became_of(office: Office, path: str) -> set[str]:
    """The figures about an earlier weak item that the quarter's present round has of a unit."""
    with office.work(write=False) as work:
        number = work.session.get_one(PeriodRow, QUARTER).round
        found = work.session.exec(
            select(Figure.code).where(
                Figure.period == QUARTER, Figure.subject == path, in_round(Figure, number)
            )
        )
        return set(found) & {"weak-item-improvement", "window-after-deduction"}


def test_the_others_are_not_read_anew(
    both: Office, halls: list[Outlet], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("all halls of the province")

    monkeypatch.setattr(round_portions, "quarter", refused)
    monkeypatch.setattr(round_corrections, "stored_round", refused)
    row = facts_of(both, halls[0], "2026-11")
    assert corrected(both, row, better(row)) == 3
    row = facts_of(both, halls[1], "2026-12")
    assert corrected(both, row, worse(row)) == 2
    monkeypatch.undo()
    assert all(same(both).values())


def test_what_an_engine_before_that_told_otherwise_computed_is_not_read(
    both: Office, halls: list[Outlet]
) -> None:
    with both.work() as work:
        work.connection.execute(sa.update(PeriodRow).values(engine=4))
        work.connection.execute(
            sa.update(Figure).where(col(Figure.code) == "window").values(explanation=b"", sha256=b"")
        )
    row = facts_of(both, halls[0], "2026-11")
    corrected(both, row, better(row))
    with both.work() as work:
        work.connection.execute(sa.update(PeriodRow).values(engine=ENGINE))
    assert same(both)[QUARTER]
