"""Table of orders for period reports: who asked for which, as a draft or signed, and what came of it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from server.storage.database import one_of


class OrderState(StrEnum):
    """The life of an order; `refused`: it cannot be made, and trying again would not help."""

    WAITING = "waiting"
    READY = "ready"
    REFUSED = "refused"
    EXPIRED = "expired"


class PeriodOrder(SQLModel, table=True):
    """One asked-for period report. A draft's PDF is kept some days; a signed one is the report `report_id`.

    `refused` is the code of the Problem that stood against it.
    """

    __tablename__ = "period_order"
    id: UUID = Field(primary_key=True)
    asked_by: UUID = Field(foreign_key="user_account.id", index=True)
    asked_at: datetime
    kind: str = Field(max_length=16)
    subject: UUID
    period: str = Field(max_length=10)
    edition: str = Field(max_length=8)
    language: str = Field(max_length=2)
    remarks: str = Field(default="", sa_type=sa.Text)
    draft: bool
    state: OrderState = Field(sa_type=one_of(OrderState), default=OrderState.WAITING)  # type: ignore[call-overload]
    refused: str = Field(default="", max_length=40)
    report_id: UUID | None = Field(default=None, foreign_key="report.id")
    expires_at: datetime | None = Field(default=None, index=True)
