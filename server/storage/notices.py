"""Tables of what is told: notices to people, webhooks, and what is to be delivered to them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from server.domain.webhooks import Format
from server.storage.database import one_of


class Notice(SQLModel, table=True):
    """What one person is told about one event; `subject_id` is the id under which that person may open it.

    `facts` fill the braces of the sentence that belongs to `code`.
    """

    __tablename__ = "notice"
    id: UUID = Field(primary_key=True)
    user_id: UUID = Field(foreign_key="user_account.id")
    event_id: int = Field(sa_type=sa.BigInteger, foreign_key="event.id")
    code: str = Field(max_length=40)
    subject: str = Field(max_length=40)
    subject_id: str = Field(max_length=64)
    facts: str = Field(default="{}", sa_type=sa.Text)
    created_at: datetime = Field(index=True)
    read_at: datetime | None = None

    __table_args__ = (
        sa.UniqueConstraint("event_id", "user_id", "code"),
        sa.Index("ix_notice_user", "user_id", "created_at"),
        sa.Index(
            "ix_notice_unread",
            "user_id",
            sqlite_where=sa.text("read_at IS NULL"),
            postgresql_where=sa.text("read_at IS NULL"),
        ),
    )


class Webhook(SQLModel, table=True):
    """An address that is told; `events` is a JSON list of their names. Nothing is sent to it before `next_at`."""

    __tablename__ = "webhook"
    id: UUID = Field(primary_key=True)
    name: str = Field(max_length=80)
    url: str = Field(max_length=500)
    format: Format = Field(sa_type=one_of(Format))
    secret: str = Field(max_length=64)
    events: str = Field(default="[]", sa_type=sa.Text)
    active: bool = True
    next_at: datetime
    created_at: datetime
    changed_at: datetime


class DeliveryState(StrEnum):
    """A delivery's state."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class Delivery(SQLModel, table=True):
    """One message to one webhook, kept until it is taken or given up; at least once, in the order of events."""

    __tablename__ = "delivery"
    id: UUID = Field(primary_key=True)
    webhook_id: UUID = Field(foreign_key="webhook.id")
    event_id: int = Field(sa_type=sa.BigInteger, foreign_key="event.id")
    event: str = Field(max_length=60)
    body: bytes = Field(sa_type=sa.LargeBinary)
    state: DeliveryState = Field(sa_type=one_of(DeliveryState))
    attempts: int = 0
    not_before: datetime
    last_error: str = Field(default="", max_length=200)
    made_at: datetime
    delivered_at: datetime | None = None

    __table_args__ = (
        sa.UniqueConstraint("webhook_id", "event_id"),
        sa.Index("ix_delivery_state", "state", "webhook_id", "event_id"),
    )
