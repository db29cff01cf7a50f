"""Facts: what aggregates need of an accepted visit is kept in the transaction that accepts or corrects it."""

from __future__ import annotations

import json
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from server.domain.exact import hundredths
from server.domain.indicators import measured, pack
from server.domain.periods import counts_on
from server.domain.visit import COUNTED, SHANGHAI, VisitKind
from server.queries import checklists
from server.queries.answers import facts_at
from server.queries.period_checks import closed_to
from server.queries.rules import rules_on
from server.storage.facts import VisitFacts
from server.storage.organisation import Outlet, Tier
from server.storage.visits import Revision, Visit
from server.usecases.work import Office, Work

_AT_ONCE = 500


def keep(work: Work, visit: Visit) -> None:
    """Keep the facts of a visit's accepted revision; those of earlier ones stay, for periods that were closed on them.

    Nothing for a recheck, which enters no aggregate (handbook 2.3), and nothing twice. A visit of a closed period counts on
    the day of its acceptance, a correction on the day on which the visit counted before.
    """
    number = visit.accepted_revision
    if number is None or visit.kind is VisitKind.RECHECK or visit.recheck_of is not None:
        return
    kept = work.session.exec(
        select(VisitFacts).where(VisitFacts.visit_id == visit.id).order_by(col(VisitFacts.revision).desc())
    ).first()
    if kept and kept.revision >= number:
        mark(work, visit)
        return
    revision = work.session.get_one(Revision, (visit.id, number))
    outlet = work.session.get_one(Outlet, visit.outlet_id)
    compiled = checklists.compiled(work.connection, visit.checklist_id, visit.checklist_version)
    found = measured(compiled, json.loads(revision.result))
    place = facts_at(revision, visit, outlet)
    work.session.add(
        VisitFacts(
            visit_id=visit.id,
            revision=number,
            outlet_id=visit.outlet_id,
            unit_path=kept.unit_path if kept else outlet.unit_path,
            tier=place["tier"],
            class_=place["class"],
            setting=place["setting"],
            kind=visit.kind.value,
            part=visit.part,
            visit_date=visit.visit_date,
            counts_on=kept.counts_on if kept else _day(work, visit, place["tier"]),
            checklist_id=visit.checklist_id,
            checklist_version=visit.checklist_version,
            rules_version=rules_on(work.connection, visit.visit_date).version,
            earned=found.earned,
            full=found.full,
            prohibition_earned=found.prohibition_earned,
            prohibition_full=found.prohibition_full,
            cap=found.cap,
            score=None if found.score is None else hundredths(found.score),
            prohibition_score=None
            if found.prohibition_score is None
            else hundredths(found.prohibition_score),
            touchpoints_met=found.touchpoints_met,
            touchpoints=found.touchpoints,
            packed=pack(found.samples),
            counts=visit.state in COUNTED,
        )
    )
    mark(work, visit)


def mark(work: Work, visit: Visit) -> None:
    """Say of each of a visit's facts whether it counts now; wherever a visit is accepted, corrected or voided."""
    for each in work.session.exec(select(VisitFacts).where(VisitFacts.visit_id == visit.id)):
        each.counts = visit.state in COUNTED and each.revision == visit.accepted_revision
    work.session.flush()


def marked_wrong(work: Work) -> list[UUID]:
    """The visits whose facts say otherwise whether they count than the visits themselves do, in the order of their ids."""
    counts = sa.and_(col(Visit.state).in_(COUNTED), col(Visit.accepted_revision) == col(VisitFacts.revision))
    differ = sa.case((counts, True), else_=False) != col(VisitFacts.counts)
    rows = work.session.exec(
        select(VisitFacts.visit_id)
        .join(Visit, col(Visit.id) == col(VisitFacts.visit_id))
        .where(differ)
        .order_by(col(VisitFacts.visit_id))
        .distinct()
    )
    return list(rows)


def carry(work: Work, visit: Visit) -> None:
    """Let a visit that is in no round of a period that is closed now count on the first day that is open to it."""
    kept = work.session.exec(select(VisitFacts).where(VisitFacts.visit_id == visit.id)).all()
    for each in kept:
        each.counts_on = _day(work, visit, each.tier)
    work.session.flush()


def _day(work: Work, visit: Visit, tier: str) -> date:
    accepted_on = (visit.decided_at or work.now).astimezone(SHANGHAI).date()
    closed = closed_to(work.connection, visit.visit_date, own_hall=tier == Tier.OWN_HALL)
    return counts_on(visit.visit_date, accepted_on, closed)


def fill(work: Work, limit: int) -> int:
    """Keep the facts of visits that were accepted before there were facts; returns of how many, at most `limit`."""
    has = sa.exists().where(
        col(VisitFacts.visit_id) == col(Visit.id), col(VisitFacts.revision) == col(Visit.accepted_revision)
    )
    waiting = work.session.exec(
        select(Visit)
        .where(
            col(Visit.state).in_(COUNTED),
            col(Visit.accepted_revision).is_not(None),
            Visit.kind != VisitKind.RECHECK,
            col(Visit.recheck_of).is_(None),
            ~has,
        )
        .order_by(col(Visit.id))
        .limit(limit)
    ).all()
    for visit in waiting:
        keep(work, visit)
    return len(waiting)


def fill_all(office: Office) -> None:
    """Keep all facts that are missing, in small transactions; at each start, where nothing is missing but once."""
    while True:
        with office.work() as work:
            if fill(work, _AT_ONCE) < _AT_ONCE:
                return
