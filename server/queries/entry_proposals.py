"""Entries that accepted checks propose: of outlets that are still to begin, the latest check of each (handbook 2.9)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.domain import decisions
from server.domain.deciding import Standing
from server.domain.rules import RuleSet
from server.domain.visit import COUNTED, VisitKind
from server.queries import checklists
from server.queries.proposals import Found, holding, standing_of
from server.queries.rules import rules_on
from server.storage.organisation import Outlet, OutletStatus
from server.storage.visits import Revision, Visit

PAPERS = "papers"
"""The section of the entry check that holds all papers and certificates."""


@dataclass(frozen=True, slots=True)
class Check:
    """An outlet's latest accepted entry check, and the outlet as decisions look at it now.

    `papers`: all papers and certificates were there.
    """

    outlet: UUID
    standing: Standing
    day: date
    score: Fraction | None
    violated: tuple[str, ...]
    papers: bool


def of_checks(connection: sa.Connection) -> list[Found]:
    """What the accepted entry checks of outlets that are still to begin propose."""
    return [
        found
        for check in checks(connection, col(Outlet.status) == OutletStatus.ONBOARDING)
        for found in of_check(check, rules_on(connection, check.day))
    ]


def of_check(check: Check, rules: RuleSet) -> Iterator[Found]:
    """What a check proposes under a rule set."""
    proposal = decisions.entry(
        check.score, check.violated, rules.decisions, rules.version, papers=check.papers
    )
    return holding(check.outlet, check.standing, proposal, check.day.isoformat(), rules)


def checks(connection: sa.Connection, *of: sa.ColumnElement[bool]) -> list[Check]:
    """The latest accepted entry check of each outlet, of the outlets and visits that are asked for."""
    statement = (
        sa.select(
            col(Visit.checklist_id),
            col(Visit.checklist_version),
            col(Visit.visit_date),
            col(Revision.result),
            col(Outlet.id),
            col(Outlet.tier),
            col(Outlet.class_),
            col(Outlet.status),
        )
        .select_from(Visit)
        .join(
            Revision,
            sa.and_(
                col(Revision.visit_id) == col(Visit.id), col(Revision.number) == col(Visit.accepted_revision)
            ),
        )
        .join(Outlet, col(Outlet.id) == col(Visit.outlet_id))
        .where(col(Visit.kind) == VisitKind.ONBOARDING, col(Visit.state).in_(COUNTED), *of)
        .order_by(col(Visit.visit_date), col(Visit.id))
    )
    found: dict[UUID, Check] = {}
    for checklist, version, day, result, outlet, *standing in connection.execute(statement):
        scored = json.loads(result)
        form = checklists.compiled(connection, checklist, version)
        asked = [
            item["id"]
            for section in form["sections"]
            if section["id"] == PAPERS
            for item in section["items"]
            if item["id"] in scored["counted"]
        ]
        score = Fraction(scored["score"]) if scored["score"] is not None else None
        papers = bool(asked) and not set(asked) & set(scored["failed"])
        # The latest check of an outlet is the one that counts.
        found.pop(outlet, None)
        found[outlet] = Check(outlet, standing_of(*standing), day, score, tuple(scored["violated"]), papers)
    return list(found.values())
