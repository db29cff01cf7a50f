"""What a decision stands on: what somebody looks at who decides, the months behind it, and what was published since."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import SYSTEM
from server.domain.deciding import OF_ITS_PERIOD, OF_THE_TIER, WAITING, DecisionKind
from server.domain.periods import Period
from server.queries import inputs, proposals, results
from server.queries.rules import rule_set
from server.storage.decisions import Decision
from server.storage.events import Event
from server.storage.inputs import VetoEvent
from server.storage.periods import PeriodRow

SOUGHT = "decision.sought"
"""The event that proposals were looked for in a period, with what `grounds_of` says of it."""


def grounds_of(connection: sa.Connection, row: PeriodRow) -> dict[str, int]:
    """What tells whether proposals are to be looked for in a period again: its round, and how often vetoes of its proposals' days
    were entered or taken back, which only grows."""
    period, vetoes = Period.read(row.code), 0
    if period.kind == "half_year":
        first = proposals.halves_of(period, rule_set(connection, row.rules_version).decisions)[0].first
        entered, taken_back = connection.execute(
            sa.select(sa.func.count(), sa.func.count(col(VetoEvent.withdrawn_at))).where(
                col(VetoEvent.day) >= first, col(VetoEvent.day) < period.after
            )
        ).one()
        vetoes = entered + taken_back
    return {"round": row.round, "vetoes": vetoes}


def vetoes_hold(connection: sa.Connection, decision: Decision) -> bool:
    """Whether as many vetoes of the outlet stand in each half-year as its proposed tier stands on."""
    if decision.evidence is None or decision.kind not in OF_THE_TIER:
        return True
    rules = rule_set(connection, decision.rules_version)
    for part in results.unpacked(decision.evidence)["parts"]:
        if part["figure"] in ("no-veto", "class-1-veto"):
            half = Period.read(part["subject"].removeprefix("period:"))
            known = inputs.vetoes(connection, SYSTEM, half.first, half.after).get(decision.outlet_id, ())
            now = proposals.half_year_of(half, "", {}, known, rules).vetoes
            if part["inputs"]["found"] != (len(now) if part["figure"] == "no-veto" else now.count(1)):
                return False
    return True


def seen(decision: Decision) -> str:
    """What somebody looks at when he decides, in short: the state, and what is proposed on which grounds.

    Sent back with each step, so that nobody decides on what has been rewritten meanwhile.
    """
    looked_at = (
        decision.kind,
        decision.before,
        decision.after,
        decision.period,
        str(decision.rules_version),
        decision.why,
    )
    digest = sha256("\n".join(looked_at).encode() + b"\n" + (decision.evidence or b"")).hexdigest()
    return f"{decision.state.value}:{digest[:32]}"


def sought(session: Session) -> list[str]:
    """The published periods in which proposals were looked for."""
    standing = [
        row.code for row in results.periods(session.connection(), SYSTEM) if row.state in results.STANDING
    ]
    said = session.exec(
        select(Event.subject_id).where(Event.name == SOUGHT, col(Event.subject_id).in_(standing)).distinct()
    )
    return sorted(said)


def since(decision: Decision, known: Sequence[str]) -> tuple[str, ...]:
    """Those of them that came after what waits: where one asks for it again, it is kept under that one."""
    if (
        not decision.by_rule
        or decision.state not in WAITING
        or decision.kind in (*OF_ITS_PERIOD, DecisionKind.ENTRY)
    ):
        return ()
    kind = Period.read(decision.period).kind
    return tuple(code for code in known if code > decision.period and Period.read(code).kind == kind)


def months_of(period: str) -> tuple[str, ...]:
    """The months of a period, itself where it is one."""
    return tuple(month.code for month in Period.read(period).split("month"))
