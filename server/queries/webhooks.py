"""The webhooks as the administrator sees them: without secrets and keys, with what waits, failed and came through."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.webhooks import masked
from server.storage.notices import Delivery, DeliveryState, Webhook

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Told:
    """One message: its event, how it stands, after how many tries, and why it was not taken."""

    event: str
    state: str
    attempts: int
    error: str
    made_at: datetime
    next_at: datetime | None
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Line:
    """One webhook; the address is shown without its query."""

    id: UUID
    name: str
    address: str
    format: str
    active: bool
    events: tuple[str, ...]
    waiting: int
    failed: int
    last: tuple[Told, ...]


def lines(session: Session) -> list[Line]:
    """All webhooks, those that are on first."""
    counts: dict[UUID, dict[str, int]] = {}
    for webhook_id, state, number in session.exec(
        select(Delivery.webhook_id, Delivery.state, sa.func.count()).group_by(
            col(Delivery.webhook_id), col(Delivery.state)
        )
    ):
        counts.setdefault(webhook_id, {})[state] = number
    found = session.exec(
        select(Webhook).order_by(col(Webhook.active).desc(), col(Webhook.created_at), col(Webhook.id))
    )
    return [
        Line(
            id=webhook.id,
            name=webhook.name,
            address=masked(webhook.url),
            format=webhook.format.value,
            active=webhook.active,
            events=tuple(json.loads(webhook.events)),
            waiting=counts.get(webhook.id, {}).get(DeliveryState.WAITING, 0),
            failed=counts.get(webhook.id, {}).get(DeliveryState.FAILED, 0),
            last=_last(session, webhook.id),
        )
        for webhook in found
    ]


def failed(session: Session) -> int:
    """How many messages were given up and wait for somebody to send them again."""
    return session.exec(
        select(sa.func.count()).select_from(Delivery).where(Delivery.state == DeliveryState.FAILED)
    ).one()


def _last(session: Session, webhook_id: UUID) -> tuple[Told, ...]:
    found = session.exec(
        select(Delivery)
        .where(Delivery.webhook_id == webhook_id)
        .order_by(col(Delivery.event_id).desc())
        .limit(SHOWN)
    )
    return tuple(
        Told(
            event=each.event,
            state=each.state.value,
            attempts=each.attempts,
            error=each.last_error,
            made_at=each.made_at,
            next_at=each.not_before if each.state is DeliveryState.WAITING and each.attempts else None,
            delivered_at=each.delivered_at,
        )
        for each in found
    )
