"""Timers of mystery visits as counts of the on-time indicators, for outlets without a log (handbook 2.4)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.domain import service_indicators
from server.domain.rules import RuleSet
from server.queries import checklists
from server.queries.figures import Counted
from server.storage.visits import Revision

_AT_ONCE = 400


def timed(
    connection: sa.Connection, visits: Iterable[Counted], rules: RuleSet
) -> dict[UUID, list[service_indicators.Counted]]:
    """What the timers of these visits say, by outlet, each visit in the revision that counts."""
    found: defaultdict[UUID, list[service_indicators.Counted]] = defaultdict(list)
    listed = sorted(visits, key=lambda visit: (visit.figure.day, visit.figure.visit))
    measured = {
        key: service_indicators.timers(checklists.compiled(connection, *key))
        for key in sorted({visit.checklist for visit in listed})
    }
    asked = [visit for visit in listed if measured[visit.checklist]]
    for begin in range(0, len(asked), _AT_ONCE):
        some = {UUID(visit.figure.visit): visit for visit in asked[begin : begin + _AT_ONCE]}
        rows = connection.execute(
            sa.select(
                col(Revision.visit_id), col(Revision.number), col(Revision.document), col(Revision.result)
            ).where(col(Revision.visit_id).in_(list(some)))
        )
        for visit_id, number, document, result in rows:
            visit = some[visit_id]
            if number != visit.revision:
                continue
            answers = json.loads(document)["answers"]
            items = measured[visit.checklist]
            seconds = {item: answers.get(item, {}).get("value") for item in items}
            credits = json.loads(result)["credits"]
            found[UUID(visit.figure.outlet)] += (
                replace(each, visit=visit.figure)
                for each in service_indicators.timed(items, seconds, credits, rules.indicators)
            )
    return dict(found)
