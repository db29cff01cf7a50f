"""Tables of what an outlet says to a published visit: acknowledgements, appeals, and each time that one was asked."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from server.domain.appeals import AppealState
from server.storage.database import one_of


class Acknowledgement(SQLModel, table=True):
    """The outlet agrees with a visit, as it stood in this revision."""

    __tablename__ = "acknowledgement"
    visit_id: UUID = Field(primary_key=True, foreign_key="visit.id")
    revision: int
    user_id: UUID = Field(foreign_key="user_account.id")
    at: datetime


class Appeal(SQLModel, table=True):
    """An appeal about one item of one visit, as it stands.

    `revision` is the one that it is about, `corrected_revision` the one that it led to; scores are hundredths of a point.
    `due_at`: until when it must be answered; `next_at`: when it goes up, or is told of again; both are None while no
    calendar says so. `again_until`: until when it may be asked a second time.
    """

    __tablename__ = "appeal"
    id: UUID = Field(primary_key=True)
    visit_id: UUID = Field(foreign_key="visit.id", index=True)
    item_id: str = Field(max_length=64)
    revision: int
    state: AppealState = Field(sa_type=one_of(AppealState))  # type: ignore[call-overload]
    etag: str = Field(max_length=40)
    turn: int = 1
    since: datetime
    due_at: datetime | None = None
    next_at: datetime | None = None
    again_until: datetime | None = None
    score_before: int | None = None
    score_after: int | None = None
    corrected_revision: int | None = None
    made_at: datetime
    changed_at: datetime

    __table_args__ = (sa.Index("ix_appeal_state_due_at", "state", "due_at"),)


class AppealTurn(SQLModel, table=True):
    """One time of asking, the first or the second: ground and named files (JSON), and the answer to it.

    `value` is the corrected answer's as JSON. `escalated_at`: when it went up because nobody had answered.
    """

    __tablename__ = "appeal_turn"
    appeal_id: UUID = Field(primary_key=True, foreign_key="appeal.id")
    number: int = Field(primary_key=True)
    ground: str = Field(sa_type=sa.Text)
    files: str = Field(default="[]", sa_type=sa.Text)
    sent_sha256: str = Field(max_length=64)
    asked_by: UUID = Field(foreign_key="user_account.id")
    asked_at: datetime
    whole_at: datetime | None = None
    escalated_at: datetime | None = None
    upheld: bool | None = None
    value: str | None = Field(default=None, sa_type=sa.Text)
    why: str = Field(default="", sa_type=sa.Text)
    answered_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    answered_at: datetime | None = None
