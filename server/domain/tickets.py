"""Tickets of queue machines and business systems: which transactions and waits were on time (handbook 2.4, S3 4.3.2.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.domain.input_sorts import alike
from server.domain.rules_ratings import Indicators
from server.domain.service_indicators import Counted


@dataclass(frozen=True, slots=True)
class Ticket:
    """One customer's turn, in local time; without `begun` nobody was served, without `ended` nothing was done."""

    business: str
    class_: str
    taken: datetime
    begun: datetime | None
    ended: datetime | None


def limit_of(business: str, rules: Indicators) -> int:
    """So many minutes a transaction may take: the long limit for those whose names the rules list (S3 4.3.2.1)."""
    handling = rules.handling_on_time
    long = alike(business) in map(alike, handling.long_business)
    return handling.long_limit_minutes if long else handling.limit_minutes


def counted(tickets: Iterable[tuple[Ticket, Indicators]]) -> tuple[Counted, Counted]:
    """Return handling and waiting on time over tickets, each judged by the rules of its own day.

    Handling: from begun to ended within the transaction's own limit; beside it the strict one for all. Waiting: from
    taking the ticket to being served within the plain limit; beside it that of the customer's class.
    """
    sums = ([0, 0, 0], [0, 0, 0])
    for ticket, rules in tickets:
        if ticket.begun is None:
            continue
        waited = ticket.begun - ticket.taken
        waiting = rules.waiting_on_time
        _add(sums[1], waited, waiting.limit_minutes, getattr(waiting.by_class, ticket.class_))
        if ticket.ended is not None:
            _add(
                sums[0],
                ticket.ended - ticket.begun,
                limit_of(ticket.business, rules),
                rules.handling_on_time.limit_minutes,
            )
    handled, waits = (
        Counted(code, "log", part, whole, strict)
        for code, (part, whole, strict) in zip(("handling_on_time", "waiting_on_time"), sums, strict=True)
    )
    return handled, waits


def _add(sums: list[int], took: timedelta, limit: int, beside: int) -> None:
    sums[0] += took <= timedelta(minutes=limit)
    sums[1] += 1
    sums[2] += took <= timedelta(minutes=beside)
