"""Makers of published figures, and of decisions that are proposed on them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from uuid import UUID, uuid4

from sqlmodel import select

from server.domain.access import Viewer
from server.domain.deciding import DecisionKind
from server.domain.periods import Period
from server.queries import decision_grounds
from server.storage.decisions import Decision
from server.storage.organisation import Outlet
from server.storage.periods import Figure, PeriodOutlet, PeriodRow, PeriodState
from server.usecases import decisions
from server.usecases.work import Office, Work


def month(
    office: Office,
    code: str,
    composites: Mapping[UUID, int | None],
    *,
    state: PeriodState = PeriodState.PUBLISHED,
    classes: Mapping[UUID, str] | None = None,
    round_: int = 1,
) -> None:
    """A period of these outlets with their composites, or a half-year with their classes."""
    with office.work() as work:
        now = work.now
        row = work.session.get(PeriodRow, code)
        if row is None:
            work.session.add(
                PeriodRow(
                    code=code,
                    kind=Period.read(code).kind,
                    state=state,
                    round=round_,
                    rules_version=1,
                    drafted_at=now,
                    published_at=now,
                    changed_at=now,
                )
            )
        else:
            row.round, row.state = round_, state
        for outlet_id, composite in composites.items():
            outlet = work.session.get_one(Outlet, outlet_id)
            work.session.add(
                PeriodOutlet(
                    period=code,
                    round=round_,
                    outlet_id=outlet.id,
                    unit_path=outlet.unit_path,
                    tier=outlet.tier,
                    class_=outlet.class_ or "C",
                    setting="city",
                )
            )
            if composite is not None:
                work.session.add(_figure(code, round_, outlet, "composite", str(composite), 100 * composite))
        for outlet_id, class_ in (classes or {}).items():
            outlet = work.session.get_one(Outlet, outlet_id)
            work.session.add(_figure(code, round_, outlet, "outlet-class", class_, None))


def _figure(
    code: str, round_: int, outlet: Outlet, figure: str, value: str, hundredths: int | None
) -> Figure:
    why = {
        "figure": figure,
        "value": value,
        "inputs": {"tier": str(outlet.tier), "setting": "city", "months": 6, "mean_customers": "950"},
        "thresholds": {"A": 900, "B": 500, "least_months": 3},
    }
    return Figure(
        period=code,
        round=round_,
        subject=str(outlet.id),
        code=figure,
        value=value,
        hundredths=hundredths,
        explanation=zlib.compress(
            json.dumps(why if figure == "outlet-class" else {"figure": figure}).encode()
        ),
    )


def all_of(office: Office, outlet: Outlet | None = None) -> list[Decision]:
    """The decisions that are kept, by kind and period."""
    with office.work(write=False) as work:
        found = work.session.exec(select(Decision)).all()
        return sorted(
            (each for each in found if outlet is None or each.outlet_id == outlet.id),
            key=lambda each: (each.kind, each.period),
        )


def by_hand(
    office: Office, who: Viewer, outlet: Outlet, kind: DecisionKind = DecisionKind.DOWNGRADE, wish: str = ""
) -> Decision:
    """A decision that somebody proposes for a reason."""
    with office.work(who) as work:
        return decisions.propose_by_hand(work, uuid4(), outlet.id, kind, "多次整改不到位", wish)


def seen(work: Work, decision_id: UUID) -> str:
    """What somebody sees who looks at a decision now."""
    return decision_grounds.seen(work.session.get_one(Decision, decision_id))


def again(office: Office, decision: Decision) -> Decision:
    """The decision as it is kept now."""
    with office.work(write=False) as work:
        return work.session.get_one(Decision, decision.id)


def outlet_now(office: Office, outlet: Outlet) -> Outlet:
    """The outlet as it is kept now."""
    with office.work(write=False) as work:
        return work.session.get_one(Outlet, outlet.id)
