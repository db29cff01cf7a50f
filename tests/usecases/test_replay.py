"""A period that was computed is computed again byte for byte, whatever ordinary life brings after it."""

from __future__ import annotations

import json
import re
import zlib
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest
from sqlmodel import select

from server.domain.access import SYSTEM, Viewer
from server.domain.closing import PeriodBuiltOn
from server.domain.engine import ENGINE
from server.domain.input_sorts import Sort
from server.queries import late_corrections, reckoning
from server.storage.organisation import Tier, User
from server.storage.periods import Figure, PeriodRow, PeriodState
from server.usecases import cores, inputs, periods, replay
from server.usecases.work import Office
from server.worker import run_once
from tests import make, province
from tests.conftest import Clock
from tests.usecases.test_periods import (
    FAILED,
    LAST_HALF,
    LAST_QUARTER,
    LAST_YEAR,
    NOVEMBER,
    accepted,
    agent,
    closed,
    corrected,
    counted,
    december,
    do,
    hq,
    nobody_twice,
    shopper,
)

__all__ = ["hq", "nobody_twice", "shopper"]
FIGURES = {
    2: "0f44254a5e65a6203901ad6a8d871e68ec21bdc4fb0002a17f4442b450bd7987",
    3: "115675d5827d01703c4bbf2f8b70f9dfc3f7ecf3d0b0cdc13b067d821edee041",
    4: "b327edfcfd4a230eaa4111fd87d324cf8cdb936579dd61be34355fb46094304b",
    5: "ba959e7a6a719a3a65945729fbec13a1d601025ba16fcc643d6f3b3c7cdc954a",
    6: "177c2835d883fc1327d64c2f4c9d4a38c233e353292f53f5125eaa5548442519",
    7: "177c2835d883fc1327d64c2f4c9d4a38c233e353292f53f5125eaa5548442519",
}
"""The SHA-256 of what each engine tells of the small periods below."""


def test_what_a_month_before_had_and_a_closed_one_took_does_not_change(
    both: Office, clock: Clock, shopper: User, hq: Viewer, tmp_path: Path
) -> None:
    outlet = make.outlet(both, place=make.unit(both, "sx", "ty", "xd"), tier=Tier.VILLAGE)
    counted(both, outlet, csat_hall=(98, 100), complaints=(0, None), certified=(3, 4))
    counted(both, outlet, "2026-10", audit=(1, None))
    visit = accepted(both, shopper, outlet, answers=FAILED)
    december(clock)
    closed(both, clock, hq, NOVEMBER)
    file = tmp_path / "audit.csv"
    file.write_text(f"网点编码,月份,差错数\n{outlet.code},2026-10,5\n", encoding="utf-8")
    fates = do(both, hq, inputs.apply, Sort.AUDIT, file).fates
    assert [fault.facts for fault in fates[0].faults] == [{"month": "2026-10", "later": NOVEMBER}]
    assert do(both, SYSTEM, replay.replay, NOVEMBER).same
    # So an appeal that is upheld late is settled by what it changed, and by nothing else.
    corrected(both, visit)
    run_once(both)
    with both.work(write=False) as work:
        (late,) = late_corrections.corrections_after_close(work.connection, NOVEMBER)
    assert (late.before, late.after) == (93, 97)


def test_a_unit_that_is_founded_later_has_no_part_in_a_period(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    accepted(both, shopper, agent(both))
    accepted(both, shopper, make.outlet(both, place=make.unit(both, "sx", "ty", "xd")), **LAST_YEAR)
    clock.now = datetime(2026, 12, 1, 3, tzinfo=UTC)
    for code in (NOVEMBER, LAST_QUARTER):
        periods.draft(both, hq, code)
    make.unit(both, "sx", "dt", "yy")
    for code in (NOVEMBER, LAST_QUARTER):
        found = do(both, SYSTEM, replay.replay, code)
        assert found.same, found


def test_what_another_engine_computed_is_said_not_to_be_comparable(
    both: Office, shopper: User, hq: Viewer
) -> None:
    accepted(both, shopper, agent(both))
    periods.draft(both, hq, NOVEMBER)
    with both.work() as work:
        row = work.session.get_one(PeriodRow, NOVEMBER)
        assert row.engine == ENGINE
        row.engine = 1
    found = do(both, SYSTEM, replay.replay, NOVEMBER)
    assert (found.comparable, found.same, found.differences) == (False, False, ())
    assert found.stored == found.digest


def test_a_period_that_a_closed_one_was_made_from_is_not_computed_for_the_first_time_after_it(
    both: Office, clock: Clock, hq: Viewer
) -> None:
    with both.work() as work:
        work.session.add(
            PeriodRow(
                code=LAST_HALF,
                kind="half_year",
                state=PeriodState.CLOSED,
                rules_version=1,
                drafted_at=work.now,
                changed_at=work.now,
            )
        )
    with pytest.raises(PeriodBuiltOn):
        periods.draft(both, hq, "2025-H1")


def test_the_engine_has_another_number_when_its_figures_change(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    """Where this fails on purpose: raise `domain/engine.py` ENGINE by one and write down the new digest."""
    names: dict[str, str] = {}
    for number, place in enumerate(("ty", "dt")):
        # Visits of one day would be told in the order of their ids, which chance makes.
        days = [
            {name: at.replace("-21T", f"-{day}T") for name, at in LAST_YEAR.items()}
            for day in (21 + number, 23 + number)
        ]
        outlet = agent(both, place)
        counted(both, outlet, "2025-11", csat_hall=(97, 100), complaints=(1, None), audit=(2, None))
        counted(both, outlet, "2025-12", csat_hall=(95, 100), certified=(2, 4), customers=(700, None))
        visit = accepted(both, shopper, outlet, **({"answers": FAILED} if place == "dt" else {}), **days[0])
        names |= {str(outlet.id): f"agent-{place}", str(visit.id): f"visit-agent-{place}"}
        hall = make.outlet(both, place=make.unit(both, "sx", place, "hall"), tier=Tier.OWN_HALL)
        counted(both, hall, "2025-11", csat_hall=(97, 100), complaints=(0, None), handling_on_time=(98, 100))
        visit = accepted(both, shopper, hall, **({"answers": FAILED} if place == "ty" else {}), **days[1])
        names |= {str(hall.id): f"hall-{place}", str(visit.id): f"visit-hall-{place}"}
    clock.now = datetime(2026, 1, 5, 3, tzinfo=UTC)
    told = []
    for code in ("2025-11", "2025-12", LAST_QUARTER, LAST_HALF):
        periods.draft(both, hq, code)
        with both.work(write=False) as work:
            for each in work.session.exec(select(Figure).where(Figure.period == code)):
                line = [each.subject, each.code, each.value, each.rank, each.of]
                why = json.loads(zlib.decompress(each.explanation))
                text = json.dumps([code, *line, why], ensure_ascii=False)
                for name, short in names.items():
                    text = text.replace(name, short)
                told.append(text)
    assert not [text for text in told if re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", text)]
    assert FIGURES.get(ENGINE) == sha256("\n".join(sorted(told)).encode()).hexdigest()


def test_a_period_comes_out_the_same_on_one_core_and_on_several(
    both: Office, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    province.filled(both, outlets=24)
    clock.now = datetime(2027, 1, 5, 3, tzinfo=UTC)
    monkeypatch.setattr(reckoning, "portions", partial(reckoning.portions, size=1))
    digests = []
    for many in (1, 2):
        monkeypatch.setattr(cores, "there", lambda many=many: many)
        for code in ("2026-11", "2026-12", "2026-Q4", "2026-H2"):
            periods.draft(both, SYSTEM, code)
        with both.work(write=False) as work:
            digests.append({row.code: row.digest for row in work.session.exec(select(PeriodRow))})
    assert digests[0] == digests[1]
    assert len(set(digests[0].values())) == 4
