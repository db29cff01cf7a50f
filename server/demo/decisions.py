"""What the made-up province decides: proposals of its published figures, one by hand, and some that were decided."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col, select

from server.demo.ids import named
from server.demo.organisation import Organisation
from server.domain.access import SYSTEM
from server.domain.actions import WAITING as TO_ANSWER
from server.domain.deciding import WAITING, DecisionKind
from server.queries import results
from server.storage.actions import Action
from server.storage.decisions import Decision
from server.storage.organisation import Outlet, Tier
from server.usecases import decision_proposals, decisions, people
from server.usecases.work import Work

_LOOKED_AT = 4
"""So many of the latest published periods are looked at, so that the board shows something and not everything."""


def decided(work: Work, made: Organisation, now: datetime, today: date) -> None:
    """Propose from the latest published figures; one proposal is approved, one held, and a warning asked for by hand."""
    work.viewer, work.now = SYSTEM, now
    standing = [row for row in results.periods(work.connection, SYSTEM) if row.state in results.STANDING]
    for row in sorted(standing, key=lambda row: row.code)[-_LOOKED_AT:]:
        decision_proposals.propose(work, row.code)
    found = work.session.exec(
        select(Decision).where(col(Decision.state).in_(WAITING)).order_by(col(Decision.id))
    ).all()
    work.viewer = people.viewer_of(made.user("hq1"))
    changing = [each for each in found if each.kind is not DecisionKind.WARNING]
    for each in changing[:1]:
        decisions.approve(work, each.id, each.state, today + timedelta(days=7), "材料已核对")
    for each in changing[1:2]:
        decisions.hold(work, each.id, each.state, "等本月复查结果再定")
    _by_hand(work, made, today)
    work.viewer, work.now = SYSTEM, now


def _by_hand(work: Work, made: Organisation, today: date) -> None:
    """The branch asks for a warning where most corrective actions wait; head office approves it."""
    branch = made.user("branch1")
    waiting = sa.func.count(col(Action.id))
    row = work.session.execute(
        sa.select(col(Outlet.id), waiting)
        .join(Action, col(Action.outlet_id) == col(Outlet.id))
        .where(
            col(Outlet.unit_path).startswith(branch.unit_path, autoescape=True),
            col(Outlet.tier) != Tier.OWN_HALL,
            col(Action.state).in_(TO_ANSWER),
        )
        .group_by(col(Outlet.id))
        .order_by(waiting.desc(), col(Outlet.id))
    ).first()
    if row is None:
        return
    work.viewer = people.viewer_of(branch)
    why = f"有 {row[1]} 张整改单没有办结，要求提交整改计划"
    asked = decisions.propose_by_hand(work, named("decision", "by-hand"), row[0], DecisionKind.WARNING, why)
    work.viewer = people.viewer_of(made.user("hq1"))
    decisions.approve(work, asked.id, asked.state, today)
