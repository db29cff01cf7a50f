"""What a quarter's report rests on: which checklists, how each tier was sampled against its rule, what is not counted yet."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import sqlalchemy as sa
from sqlmodel import col, select

from server.domain.rules_visits import TierVisits
from server.domain.visit import VisitKind, VisitState
from server.queries import checklists, words
from server.reports import quarter_facts as quarters
from server.reports.facts import Standard
from server.storage.organisation import Outlet, OutletStatus
from server.storage.standards import ChecklistVersion
from server.storage.visits import Visit
from server.usecases.period_read import Read, percent
from server.usecases.work import Work

_WAITING_REVIEW = (
    VisitState.SUBMITTED,
    VisitState.IN_REVIEW,
    VisitState.SECOND_REVIEW,
    VisitState.RETURNED,
)
_OCCASIONS = {"busy": "忙时", "idle": "闲时", "weekend": "周末"}
_PER = {"month": "每月", "quarter": "每季度", "half_year": "每半年", "year": "每年"}


def checklists_used(work: Work, read: Read) -> tuple[quarters.Used, ...]:
    """Each checklist version with how many of the visits were made with it."""
    used = Counter((each.visit.checklist_id, each.visit.checklist_version) for each in read.taken)
    found = []
    for key, n in sorted(used.items()):
        version = work.session.get_one(ChecklistVersion, key)
        title = checklists.compiled(work.connection, *key)["title"][read.wanted.language]
        standard = Standard(title=title, version=version.version, sha256=version.sha256)
        found.append(quarters.Used(checklist=standard, visits=n))
    return tuple(found)


def sampling(work: Work, read: Read) -> tuple[quarters.Sampling, ...]:
    """Tier by tier: how many outlets, how many of them were visited as the rule asks (its own kind of visit alone)."""
    outlets = work.session.exec(
        select(Outlet).where(
            col(Outlet.unit_path).startswith(read.where.path, autoescape=True),
            col(Outlet.status).in_((OutletStatus.ACTIVE, OutletStatus.PROBATION)),
        )
    ).all()
    found = []
    for tier, rule in read.rules.visits.tiers.items():
        mine = [outlet for outlet in outlets if outlet.tier == tier]
        kind = VisitKind.MYSTERY if rule.by == "shopper" else VisitKind.AREA_VISIT
        visits = Counter(each.outlet.id for each in read.taken if each.visit.kind is kind)
        done = sum(visits[outlet.id] for outlet in mine)
        visited = sum(visits[outlet.id] > 0 for outlet in mine)
        asked = _asked(rule)
        required = reached = None
        if asked is not None and mine:
            due = [asked * rule.visits[outlet.class_ or "C"] for outlet in mine]
            required = sum(due)
            enough = sum(visits[outlet.id] >= n for outlet, n in zip(mine, due, strict=True))
            reached = percent(Fraction(enough, len(mine)))
        if mine:
            found.append(
                quarters.Sampling(
                    tier=read.say(words.TIERS[tier]),
                    rule=_rule(read, rule),
                    outlets=len(mine),
                    visited=visited,
                    visits=done,
                    required=required,
                    reached=reached,
                )
            )
    return tuple(found)


def _asked(rule: TierVisits) -> int | None:
    """How often the rule's count is due in one quarter; None where its period is longer."""
    return {"month": 3, "quarter": 1}.get(rule.per)


def _rule(read: Read, rule: TierVisits) -> str:
    counts = sorted({n for _, n in rule.visits.items()}, reverse=True)
    said = read.say("{per} {n} 次").format(
        per=read.say(_PER[rule.per]), n="/".join(str(count) for count in counts)
    )
    if rule.occasions:
        said += read.say("（{names}）").format(
            names=read.say("、").join(read.say(_OCCASIONS[name]) for name in rule.occasions)
        )
    return said


def waiting(work: Work, read: Read) -> int:
    """How many visits of the quarter are sent in and not accepted yet."""
    period = read.wanted.period
    return int(
        work.session.execute(
            sa.select(sa.func.count())
            .select_from(Visit)
            .join(Outlet, col(Outlet.id) == col(Visit.outlet_id))
            .where(
                col(Visit.state).in_(_WAITING_REVIEW),
                col(Visit.visit_date) >= period.first,
                col(Visit.visit_date) < period.after,
                col(Outlet.unit_path).startswith(read.where.path, autoescape=True),
            )
        ).scalar_one()
    )
