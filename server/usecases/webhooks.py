"""Webhooks: set by the administrator, told what happened, sent by the worker until it is taken or given up."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import col, delete, select

from server.domain.access import Permission, Viewer
from server.domain.errors import NotFound
from server.domain.notices import code_of
from server.domain.webhooks import (
    EVENTS,
    KEPT,
    ROBOT_PACE,
    SIGNATURE,
    Format,
    Message,
    WebhookAddressWrong,
    body,
    given_up,
    pause,
    refusal,
    signature,
)
from server.gateways import webhooks as door
from server.queries import words
from server.queries.matters import Occasion
from server.queries.notices import filled, sentence
from server.storage.events import Event
from server.storage.notices import Delivery, DeliveryState, Webhook
from server.usecases.work import Office, Work

LEASE = timedelta(seconds=60)
"""So long a message that is being sent is nobody else's; a worker that dies meanwhile leaves it to the next."""
TEST = "test"
_PAGES = {"visit": "/visits/", "appeal": "/appeals/", "action": "/actions/"}
# What people are not told of, and a system may ask for.
_OTHERWISE = {"visit.accepted": "accepted", "visit.published": "published"}
# What nobody outside needs: a link in a message is enough to look.
_PLAIN = ("outlet", "outlet_code", "kind", "date", "grave", "sort", "item", "until", "count")


def make(
    work: Work, name: str, url: str, form: Format, events: Collection[str], secret: str = ""
) -> tuple[Webhook, str]:
    """Set a webhook and return it with its secret, which is not shown again. Raises NotAllowed, WebhookAddressWrong."""
    work.needs(Permission.SET_WEBHOOKS)
    if door.address_fault(url, private=work.settings.webhook_private):
        raise WebhookAddressWrong()
    made = Webhook(
        id=uuid4(),
        name=name,
        url=url,
        format=form,
        secret=secret or secrets.token_hex(32),
        events=_listed(events),
        active=True,
        next_at=work.now,
        created_at=work.now,
        changed_at=work.now,
    )
    work.session.add(made)
    work.record("webhook.set", "webhook", made.id, format=form, events=json.loads(made.events))
    return made, made.secret


def change(work: Work, webhook_id: UUID, *, active: bool, events: Collection[str]) -> Webhook:
    """Switch a webhook on or off and choose its events; off, it is told nothing and what waits stays. Raises NotFound."""
    webhook = _webhook(work, webhook_id)
    webhook.active, webhook.events, webhook.changed_at = active, _listed(events), work.now
    work.record("webhook.set", "webhook", webhook.id, active=active, events=json.loads(webhook.events))
    return webhook


def new_secret(work: Work, webhook_id: UUID) -> str:
    """Replace the secret and return the new one, which is not shown again. Raises NotFound."""
    webhook = _webhook(work, webhook_id)
    webhook.secret, webhook.changed_at = secrets.token_hex(32), work.now
    work.record("webhook.set", "webhook", webhook.id, secret=True)
    return webhook.secret


def remove(work: Work, webhook_id: UUID) -> None:
    """Take a webhook away with all that waits for it. Raises NotFound."""
    webhook = _webhook(work, webhook_id)
    work.session.execute(delete(Delivery).where(col(Delivery.webhook_id) == webhook_id))
    work.session.delete(webhook)
    work.record("webhook.removed", "webhook", webhook_id)


def send_again(work: Work, webhook_id: UUID) -> int:
    """Try everything again that was given up; returns how much. Raises NotFound."""
    webhook = _webhook(work, webhook_id)
    done = work.session.execute(
        sa.update(Delivery)
        .where(col(Delivery.webhook_id) == webhook.id, col(Delivery.state) == DeliveryState.FAILED)
        .values(state=DeliveryState.WAITING, attempts=0, not_before=work.now, made_at=work.now)
    )
    work.record("webhook.sent-again", "webhook", webhook.id)
    return int(done.rowcount)  # type: ignore[attr-defined]


def send_test(office: Office, viewer: Viewer, webhook_id: UUID) -> str | None:
    """Send one message now that says it is a test; returns why it was not taken, or None. Raises NotFound."""
    with office.work(viewer, write=False) as work:
        webhook, now = _webhook(work, webhook_id), work.now
    text = filled(words.WEBHOOK_TEST, {"name": webhook.name}, "zh")
    message = Message(str(uuid4()), TEST, now, "webhook", str(webhook.id), {}, text, "")
    return _try(office, webhook, body(webhook.format, message))


def queue(work: Work, event: Event, occasion: Occasion) -> None:
    """Lay a message about the event ready for each webhook that wants it. Doing it again adds nothing."""
    if event.name not in EVENTS:
        return
    matter = occasion.matter
    if matter.covert and (event.name == "visit.accepted" or not matter.published):
        # Who reads along in a group is unknown: of a covert visit nothing goes out before its publication.
        return
    wanted = [
        webhook
        for webhook in work.session.exec(select(Webhook).where(col(Webhook.active)))
        if event.name in json.loads(webhook.events)
    ]
    if not wanted:
        return
    message = _message(work, event, occasion)
    there = set(work.session.exec(select(Delivery.webhook_id).where(Delivery.event_id == event.id)))
    for webhook in wanted:
        if webhook.id not in there:
            work.session.add(
                Delivery(
                    id=uuid5(NAMESPACE_URL, f"xunting:delivery:{webhook.id}:{event.id}"),
                    webhook_id=webhook.id,
                    event_id=event.id or 0,
                    event=event.name,
                    body=body(webhook.format, message),
                    state=DeliveryState.WAITING,
                    not_before=work.now,
                    made_at=work.now,
                )
            )


def deliver(office: Office, stop: threading.Event | None = None) -> int:
    """Send everything that is due now; returns how many tries were made.

    A message is sent at least once: who dies between sending and noting it leaves it to be sent again.
    """
    tries = 0
    while not (stop and stop.is_set()):
        claimed = _claim(office)
        if claimed is None:
            return tries
        webhook, delivery = claimed
        error = _try(office, webhook, delivery.body)
        _note(office, delivery.id, delivery.attempts, error)
        tries += 1
    return tries


def tidy(work: Work) -> None:
    """Let go what was delivered long ago."""
    work.session.execute(
        delete(Delivery).where(
            col(Delivery.state) == DeliveryState.DELIVERED, col(Delivery.delivered_at) < work.now - KEPT
        )
    )


def _claim(office: Office) -> tuple[Webhook, Delivery] | None:
    """The oldest message that is due, for as long as the lease; a webhook's next one waits for it."""
    with office.work(write=False) as work:
        if work.session.exec(_due(work.now)).first() is None:
            return None
    with office.work() as work:
        found = work.session.exec(_due(work.now).with_for_update(of=Delivery, skip_locked=True)).first()
        if found is None:
            return None
        webhook, delivery = found
        delivery.attempts += 1
        delivery.not_before = work.now + LEASE
        if webhook.format is Format.WECOM:
            webhook.next_at = work.now + ROBOT_PACE
        return webhook, delivery


def _due(now: datetime) -> Any:
    earlier = aliased(Delivery)
    return (
        select(Webhook, Delivery)
        .join(Delivery, col(Delivery.webhook_id) == col(Webhook.id))
        .where(
            col(Webhook.active),
            col(Webhook.next_at) <= now,
            col(Delivery.state) == DeliveryState.WAITING,
            col(Delivery.not_before) <= now,
            # Messages keep the order of their events: one that is paused holds up those behind it.
            sa.not_(
                sa.exists().where(
                    col(earlier.webhook_id) == col(Delivery.webhook_id),
                    col(earlier.state) == DeliveryState.WAITING,
                    col(earlier.event_id) < col(Delivery.event_id),
                )
            ),
        )
        .order_by(col(Delivery.not_before), col(Delivery.event_id))
        .limit(1)
    )


def _try(office: Office, webhook: Webhook, sent: bytes) -> str | None:
    """Why it was not taken, or None."""
    headers = {
        SIGNATURE: signature(webhook.secret, office.clock(), sent),
        "User-Agent": "xunting",
    }
    try:
        answer = door.post(webhook.url, sent, headers, private=office.settings.webhook_private)
    except door.NotSent as error:
        return str(error)
    return refusal(webhook.format, answer.status, answer.body)


def _note(office: Office, delivery_id: UUID, attempts: int, error: str | None) -> None:
    with office.work() as work:
        delivery = work.session.get(Delivery, delivery_id)
        if delivery is None or (delivery.attempts, delivery.state) != (attempts, DeliveryState.WAITING):
            # Taken away, or sent by another meanwhile, whose word is the newer one.
            return
        if error is None:
            delivery.state, delivery.delivered_at, delivery.last_error = (
                DeliveryState.DELIVERED,
                work.now,
                "",
            )
            return
        delivery.last_error = error[:200]
        if not given_up(attempts, delivery.made_at, work.now):
            delivery.not_before = work.now + pause(attempts, str(delivery.id))
            return
        first = not work.session.exec(
            select(Delivery.id).where(
                Delivery.webhook_id == delivery.webhook_id, Delivery.state == DeliveryState.FAILED
            )
        ).first()
        delivery.state = DeliveryState.FAILED
        if first:
            # Once, until somebody looks after it: a receiver that is away fails with everything.
            work.record("webhook.failed", "webhook", delivery.webhook_id, delivery=str(delivery.id))


def _message(work: Work, event: Event, occasion: Occasion) -> Message:
    code = code_of(event.name, occasion.matter) or _OTHERWISE[event.name]
    covert = occasion.matter.covert
    subject_id = occasion.outside_id if covert else occasion.subject_id
    page = _PAGES.get(occasion.subject)
    return Message(
        id=str(event.id),
        event=event.name,
        at=event.at,
        subject=occasion.subject,
        subject_id=subject_id,
        facts={name: value for name, value in occasion.facts.items() if name in _PLAIN},
        text=sentence(code, occasion.facts, "zh"),
        link=f"{work.settings.public_url}{page}{subject_id}" if page else "",
    )


def _webhook(work: Work, webhook_id: UUID) -> Webhook:
    work.needs(Permission.SET_WEBHOOKS)
    webhook = work.session.get(Webhook, webhook_id)
    if webhook is None:
        raise NotFound()
    return webhook


def _listed(events: Collection[str]) -> str:
    return json.dumps([each for each in EVENTS if each in events])
