"""What a decision stands on: what somebody looks at who decides, the months behind it, and what was published since."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from sqlmodel import Session, col, select

from server.domain.access import SYSTEM
from server.domain.deciding import OF_ITS_PERIOD, WAITING, DecisionKind
from server.domain.periods import Period
from server.queries import results
from server.storage.decisions import Decision
from server.storage.events import Event

SOUGHT = "decision.sought"
"""The event that proposals were looked for in a period."""


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
