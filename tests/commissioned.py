"""Makers for the commission: published months with composites, and the staff that is named for them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from server.domain.periods import Period
from server.storage.inputs import StaffMonth
from server.storage.organisation import Outlet
from server.storage.periods import Figure, PeriodOutlet, PeriodRow, PeriodState
from server.usecases.work import Office

FIRST = Period.read("2026-02")
# Three full years at the last day of each month that the tests use.
SINCE = date(2022, 12, 1)


def code_of(number: int) -> str:
    """The month so many after the first."""
    return FIRST.back(-number).code


def publish(
    office: Office,
    number: int,
    composites: Mapping[UUID, str | None],
    outlets: Sequence[Outlet],
    round_: int = 1,
    state: PeriodState = PeriodState.PUBLISHED,
) -> None:
    """Publish a month in a round: its outlets as they are, and their composites."""
    code = code_of(number)
    with office.work() as work:
        now = work.now
        row = work.session.get(PeriodRow, code)
        if row is None:
            row = PeriodRow(
                code=code, kind="month", state=state, rules_version=1, drafted_at=now, changed_at=now
            )
            row.published_at = now
        row.round, row.state = round_, state
        work.session.add(row)
        for outlet in outlets:
            work.session.add(
                PeriodOutlet(
                    period=code,
                    round=round_,
                    outlet_id=outlet.id,
                    unit_path=outlet.unit_path,
                    tier=outlet.tier,
                    class_=outlet.class_,
                    setting=outlet.setting,
                    since=SINCE,
                )
            )
            value = composites.get(outlet.id)
            work.session.add(
                Figure(
                    period=code,
                    round=round_,
                    subject=str(outlet.id),
                    code="composite",
                    value=value,
                    hundredths=None if value is None else round(float(value) * 100),
                    explanation=zlib.compress(json.dumps({"figure": "composite", "value": value}).encode()),
                )
            )


def staff_of(office: Office, outlet: Outlet, number: int, weights: Mapping[str, int]) -> None:
    """Name the staff of an outlet for a month, by number with the weight of each."""
    with office.work() as work:
        for each, weight in weights.items():
            work.session.add(
                StaffMonth(
                    outlet_id=outlet.id,
                    month=code_of(number),
                    number=each,
                    name=f"营业员{each}",
                    certified=True,
                    weight=weight,
                )
            )
