"""What the made-up branches do about their weak items: most have a plan, of some an action is done or overdue, some have none yet."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import col, select

from server.demo.organisation import Organisation
from server.domain.access import SYSTEM
from server.domain.tracking import TrackingState
from server.queries import weak_item_page
from server.storage.weak_items import TrackedItem
from server.usecases import people, weak_item_plans
from server.usecases.work import Work

CAUSES = (
    "换季后新员工占三成，岗前培训没有覆盖这一环节",
    "高峰时段人手不够，分流引导和业务办理由同一人兼任",
    "各厅做法不一，没有统一的班前检查",
)
MEASURES = (
    "本季重点项目列入班前会，值班经理每日检查",
    "组织一次专项培训并考核",
    "分公司每月抽查一次，结果通报到厅",
)
WITHOUT_PLAN = 3
"""So many branches have not planned anything yet."""


def tracked(work: Work, made: Organisation, now: datetime, today: date) -> None:
    """Plans of the open weak items, made by head office with an owner of the branch; the first of them runs late."""
    work.viewer = people.viewer_of(made.user("hq1"))
    items = work.session.exec(
        select(TrackedItem)
        .where(TrackedItem.state == TrackingState.OPEN)
        .order_by(col(TrackedItem.unit_path), col(TrackedItem.indicator))
    ).all()
    for turn, item in enumerate(items[: max(0, len(items) - WITHOUT_PLAN)]):
        owners = weak_item_page.owners(work.session, item.unit_path)
        if not owners:
            continue
        work.now = max(item.changed_at, now - timedelta(days=12))
        first = today - timedelta(days=3) if turn % 4 == 0 else today + timedelta(days=7)
        actions = [
            (what, first + timedelta(days=21 * number))
            for number, what in enumerate(MEASURES[: 2 + turn % 2])
        ]
        manager = str(made.user("manager1").id)
        # The one that can be looked at from both sides, with the password that everybody knows.
        known = next((each for each, _, _ in owners if each == manager), None)
        owner = UUID(known or owners[turn % len(owners)][0])
        weak_item_plans.plan(work, item.id, item.revision, owner, CAUSES[turn % 3], actions)
        if turn % 4 == 1:
            weak_item_plans.tick(work, item.id, 1, done=True)
    work.viewer, work.now = SYSTEM, now
