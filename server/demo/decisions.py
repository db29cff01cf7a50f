"""What the made-up province decides: proposals of its published figures, two by hand, and some that were decided."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from server.demo.ids import named
from server.demo.organisation import Organisation
from server.domain.access import SYSTEM
from server.domain.actions import WAITING as TO_ANSWER
from server.domain.deciding import WAITING, DecisionKind, possible_day
from server.queries import coaching, decision_grounds, results
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
    standing.sort(key=lambda row: row.code)
    for number, row in enumerate(standing, _LOOKED_AT - len(standing)):
        proposed = decision_proposals.propose(work, row.code) if number >= 0 else 0
        # The worker looks at no period again, else the board would fill with what older ones asked for.
        grounds = decision_grounds.grounds_of(work.connection, row)
        work.record(decision_grounds.SOUGHT, "period", row.code, **grounds, proposed=proposed)
    found = work.session.exec(
        select(Decision).where(col(Decision.state).in_(WAITING)).order_by(col(Decision.id))
    ).all()
    work.viewer = people.viewer_of(made.user("hq1"))
    changing = [each for each in found if each.kind is not DecisionKind.WARNING]
    for each in changing[:1]:
        day = possible_day(each.kind, today + timedelta(days=7))
        decisions.approve(work, each.id, decision_grounds.seen(each), day, "材料已核对")
    for each in changing[1:2]:
        decisions.hold(work, each.id, decision_grounds.seen(each), "等本月复查结果再定")
    _by_hand(work, made, today)
    _honoured(work, made, today)
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
    due = today + timedelta(days=14)
    decisions.approve(
        work,
        asked.id,
        decision_grounds.seen(asked),
        today,
        f"整改计划请在 {due:%Y-%m-%d} 前交片区经理，逐张写明责任人和完成日期",
    )


def _honoured(work: Work, made: Organisation, today: date) -> None:
    """The branch asks for an incentive where an outlet rose most in its area; it is approved, and noted as given.

    The made-up areas are too small for a rise by as many ranks as the rules propose one for.
    """
    branch = made.user("branch1")
    who = people.viewer_of(branch)
    for quarter in coaching.quarters(work.session, who)[:1]:
        rows = coaching.of_quarter(work.session, who, quarter, proposed_only=False, most=1).rows
        if not rows or not rows[0].effect.up or rows[0].effect.up < 0:
            return
        rose = rows[0]
        work.viewer = who
        why = f"{quarter.code} 在{rose.area}由第 {rose.effect.before} 名升到第 {rose.effect.now} 名，进步最大"
        asked = decisions.propose_by_hand(
            work, named("decision", "honoured"), UUID(rose.outlet), DecisionKind.INCENTIVE, why
        )
        work.viewer = people.viewer_of(made.user("hq1"))
        decisions.approve(
            work,
            asked.id,
            decision_grounds.seen(asked),
            today,
            "片区经理和代办业主各奖励 300 元，辅导记录已核对",
        )
        work.viewer = SYSTEM
        decisions.apply(work, asked.id)
        work.viewer = who
        decisions.give(
            work, asked.id, decision_grounds.seen(asked), "片区经理和代办业主各 300 元，例会上发放"
        )
