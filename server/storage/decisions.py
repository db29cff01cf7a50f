"""Tables of decisions: proposals with their evidence and what people decided, and what outlets were from which day on."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from server.domain.deciding import DecisionKind, DecisionState
from server.storage.database import one_of


class Decision(SQLModel, table=True):
    """One decision about an outlet, from `before` to `after` (a tier, a class or a status; empty for a warning).

    `by_rule`: the rules proposed it from the figures of `period` (of an entry check its day); else a person did, for the
    reason `why`. `evidence` is the canonical JSON of the explanation, packed by zlib; a refused proposal is kept.
    `reason` is what was said when it was decided, `letter_id` the newest signed letter about it.
    """

    __tablename__ = "decision"
    id: UUID = Field(primary_key=True)
    outlet_id: UUID = Field(foreign_key="outlet.id", index=True)
    kind: DecisionKind = Field(sa_type=one_of(DecisionKind))  # type: ignore[call-overload]
    before: str = Field(default="", max_length=24)
    after: str = Field(default="", max_length=24)
    by_rule: bool
    period: str = Field(default="", max_length=10)
    rules_version: int
    proposed_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    proposed_at: datetime
    why: str = Field(default="", sa_type=sa.Text)
    evidence: bytes | None = Field(default=None, sa_type=sa.LargeBinary)
    state: DecisionState = Field(sa_type=one_of(DecisionState))  # type: ignore[call-overload]
    reason: str = Field(default="", sa_type=sa.Text)
    decided_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    decided_at: datetime | None = None
    effective_on: date | None = None
    letter_id: UUID | None = Field(default=None, foreign_key="report.id")
    changed_at: datetime

    __table_args__ = (sa.Index("ix_decision_state_effective_on", "state", "effective_on"),)


class DecisionStep(SQLModel, table=True):
    """One step of a decision's history: into which state, by whom (None: the rules or the system), with what words."""

    __tablename__ = "decision_step"
    decision_id: UUID = Field(primary_key=True, foreign_key="decision.id")
    number: int = Field(primary_key=True)
    state: DecisionState = Field(sa_type=one_of(DecisionState))  # type: ignore[call-overload]
    actor_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    at: datetime
    text: str = Field(default="", sa_type=sa.Text)


NOT_LISTED = ""
"""The status of an outlet before the day on which it came into the list, where no start of its cooperation was given."""


class OutletChange(SQLModel, table=True):
    """What of an outlet changed (`field`: tier, class, setting, status, star, unit as its path, since) and from which day on; another
    start of cooperation from that very day on.

    By a decision, a star by the published rating of a period, everything but a star by an import too. An import is seen on the
    outlet at once; what is reckoned follows it from `from_day` on.
    """

    __tablename__ = "outlet_history"
    id: UUID = Field(primary_key=True)
    outlet_id: UUID = Field(foreign_key="outlet.id", index=True)
    decision_id: UUID | None = Field(default=None, foreign_key="decision.id")
    period: str = Field(default="", max_length=10)
    field: str = Field(max_length=8)
    before: str = Field(max_length=200)
    after: str = Field(max_length=200)
    from_day: date
    at: datetime
