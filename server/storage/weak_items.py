"""Tables of tracked weak items: whose, where each stands, who owns it, its actions with dates, and every step of it."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from server.domain.tracking import Step, TrackingState
from server.storage.database import one_of


class TrackedItem(SQLModel, table=True):
    """An indicator that is or was the weak item of a branch (`unit_path`).

    `since` is the quarter that opened or closed it last, `revision` rises with each change by people, who say which one they saw.
    """

    __tablename__ = "weak_item"
    id: UUID = Field(primary_key=True)
    unit_path: str = Field(max_length=200)
    indicator: str = Field(max_length=64)
    state: TrackingState = Field(sa_type=one_of(TrackingState))  # type: ignore[call-overload]
    since: str = Field(default="", max_length=7)
    owner_id: UUID | None = Field(default=None, foreign_key="user_account.id", index=True)
    cause: str = Field(default="", sa_type=sa.Text)
    revision: int = 1
    changed_at: datetime

    __table_args__ = (sa.UniqueConstraint("unit_path", "indicator"),)


class TrackedAction(SQLModel, table=True):
    """One of the actions about a weak item; `overdue_at` is when it was said that its day passed undone."""

    __tablename__ = "weak_item_action"
    item_id: UUID = Field(primary_key=True, foreign_key="weak_item.id")
    number: int = Field(primary_key=True)
    what: str = Field(sa_type=sa.Text)
    due: date = Field(index=True)
    done_on: date | None = None
    overdue_at: datetime | None = None


class TrackedStep(SQLModel, table=True):
    """One step of a weak item's history: of which quarter or which action, by whom (None: the system), with what words."""

    __tablename__ = "weak_item_step"
    item_id: UUID = Field(primary_key=True, foreign_key="weak_item.id")
    number: int = Field(primary_key=True)
    step: Step = Field(sa_type=one_of(Step))  # type: ignore[call-overload]
    period: str = Field(default="", max_length=7)
    actor_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    at: datetime
    text: str = Field(default="", sa_type=sa.Text)
