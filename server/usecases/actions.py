"""Corrective actions: answered by the outlet, accepted by another person, reopened or withdrawn; each change locks its action."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from server.domain.access import Permission
from server.domain.actions import (
    LEVELS,
    LIVING,
    WAITING,
    ActionEtagOld,
    ActionState,
    ActionStateForbids,
    AnswerEmpty,
    LevelAbove,
    OwnAnswer,
    RecordNotYours,
    Reply,
    Step,
    WhyMissing,
    due_problem,
    limit,
    may_move,
    reaches,
)
from server.domain.errors import EtagMissing, NotAllowed, NotFound
from server.domain.rules_visits import Fixes
from server.domain.visit import SHANGHAI
from server.queries import actions as seen
from server.queries import scope
from server.queries.rules import rules_on
from server.storage.actions import Action, ActionStep
from server.storage.visits import Visit
from server.usecases import record_files
from server.usecases.campaigns import end_of
from server.usecases.work import Work

Decision = Literal["accept", "reopen"]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of what was sent: how the action stands, and which named photos are still to come."""

    action: Action
    files_missing: list[str]


def answer(work: Work, action_id: UUID, reply: Reply, if_match: Collection[str]) -> Taken:
    """Take what the outlet says was put right; it counts when every photo that it names is here.

    The same answer again changes nothing and tells how the action stands. Another one takes the place of an answer that
    still waits for photos, which stays in the history; whoever did not know of that one is told first. Raises NotAllowed, NotFound, EtagMissing,
    ActionEtagOld (with the server's action), ActionStateForbids, AnswerEmpty; then nothing is stored.
    """
    work.needs(Permission.ANSWER_ACTIONS)
    action = locked(work, action_id)
    digest = reply.digest()
    if _heard(work, action, digest):
        return Taken(action, _missing(work, action))
    if not if_match:
        raise EtagMissing()
    if not {action.etag, "*"}.intersection(if_match):
        raise ActionEtagOld(current=current(work, action))
    if action.state not in WAITING:
        raise ActionStateForbids(state=action.state)
    if reply.empty:
        raise AnswerEmpty()
    _keep_replaced(work, action)
    action.etag, action.changed_at = uuid4().hex, work.now
    action.pending = json.dumps(
        {**reply.model_dump(mode="json"), "sha256": digest, "by": work.viewer.user_id}, ensure_ascii=False
    )
    work.session.flush()
    complete_if_whole(work, action_id)
    return Taken(action, _missing(work, action))


def may_attach(work: Work, action_id: UUID) -> None:
    """Whether the actor may add a proof to this action, which may still be on its way here.

    Raises NotAllowed, NotFound, RecordNotYours.
    """
    work.needs(Permission.ANSWER_ACTIONS)
    action = work.session.get(Action, action_id)
    if action is None:
        record_files.refuse_strangers(work, action_id)
        return
    if seen.find(work.session, work.viewer, action_id).state not in WAITING:
        raise RecordNotYours()


def complete_if_whole(work: Work, action_id: UUID) -> bool:
    """Let an answer count whose last photo has come; True when it counts now."""
    action = work.session.exec(_locking(Action.id == action_id)).first()
    if action is None or action.pending is None or action.state not in WAITING or _missing(work, action):
        return False
    said = json.loads(action.pending)
    action.answer, action.files = said["answer"].strip(), json.dumps(said["files"], ensure_ascii=False)
    action.answered_by, action.answered_at, action.pending = UUID(said["by"]), work.now, None
    move(work, action, ActionState.ANSWERED)
    note(work, action, Step.ANSWERED, action.answer, files=action.files, sent_sha256=said["sha256"])
    return True


def decide(
    work: Work,
    action_id: UUID,
    decision: Decision,
    why: str = "",
    due: date | None = None,
    *,
    etags: Collection[str] = (),
) -> Action:
    """Accept an answer, or send it back with a reason and a new date.

    Whoever stands below the level that the action has reached decides no more. Raises NotAllowed, NotFound, ActionEtagOld
    (another answer than the one that was looked at), ActionStateForbids, LevelAbove, OwnAnswer, WhyMissing, DueWrong.
    """
    work.needs(Permission.ACCEPT_ACTIONS)
    action = locked(work, action_id)
    if action.state is not ActionState.ANSWERED:
        raise ActionStateForbids(state=action.state)
    if etags and action.etag not in etags:
        raise ActionEtagOld(current=current(work, action))
    if action.answered_by == work.actor_id:
        raise OwnAnswer()
    if not reaches(work.viewer.role, action.level):
        raise LevelAbove(level=LEVELS[action.level])
    action.decided_by, action.decided_at, action.note = work.actor_id, work.now, why.strip()
    if decision == "accept":
        # What an earlier recheck found was about an earlier answer.
        action.recheck_id, action.recheck_passed = None, None
        move(work, action, ActionState.ACCEPTED)
        note(work, action, Step.ACCEPTED, action.note)
        return action
    if not why.strip():
        raise WhyMissing()
    if due is not None and (problem := due_problem(due, today(work))):
        raise problem
    reopen(work, action, action.note, end_of(due) if due else None)
    return action


def withdraw(work: Work, action_id: UUID, why: str) -> Action:
    """Take an action back, with a reason: its maker one made by hand, reviewers and head office any.

    Raises NotAllowed, NotFound, ActionStateForbids, WhyMissing.
    """
    work.needs(Permission.ACCEPT_ACTIONS)
    action = locked(work, action_id)
    if not work.viewer.may(Permission.REVIEW) and (action.visit_id or action.made_by != work.actor_id):
        raise NotAllowed()
    if action.state not in LIVING:
        raise ActionStateForbids(state=action.state)
    if not why.strip():
        raise WhyMissing()
    _withdraw(work, action, why.strip())
    return action


def withdraw_for(work: Work, visit: Visit, item: str | None, why: str) -> int:
    """Withdraw what a visit asked for that does not hold any more: of one item or (None) of all; returns how many."""
    of_visit: list[sa.ColumnElement[bool] | bool] = [
        col(Action.visit_id) == visit.id,
        Action.state != ActionState.WITHDRAWN,
    ]
    if item is not None:
        of_visit.append(col(Action.item) == item)
    actions = work.session.exec(_locking(*of_visit).order_by(col(Action.id))).all()
    for action in actions:
        _withdraw(work, action, why)
    return len(actions)


def locked(work: Work, action_id: UUID) -> Action:
    """An action in sight, which nobody else changes until the transaction ends. Raises NotFound."""
    action = work.session.exec(_locking(Action.id == action_id, scope.actions(work.viewer))).first()
    if action is None:
        raise NotFound()
    return action


def begin(work: Work, action: Action) -> None:
    """Keep a new action and say so."""
    work.session.add(action)
    # The step names the action, and the mapper knows no order between them.
    work.session.flush()
    work.session.add(_step(work, action, 1, Step.MADE, action.what))
    work.record(
        "action.made",
        "action",
        action.id,
        outlet=str(action.outlet_id),
        item=action.item,
        sort=action.sort.value,
        level=action.level,
        by_hand=action.made_by is not None,
    )


def reopen(work: Work, action: Action, why: str, due_at: datetime | None = None) -> None:
    """Send an action back to its outlet, with the reason and a new date: by default the time of its sort from now."""
    action.note = why
    action.due_at, action.overdue_at = due_at or work.now + limit(action.sort, fixes(work)), None
    move(work, action, ActionState.REOPENED)
    note(work, action, Step.REOPENED, why)


def raise_level(work: Work, action: Action, level: int, why: str, text: str = "") -> None:
    """Make an action the business of a higher level; nothing where it is that already.

    What is asked stays the same, and with it the etag that an answer on its way rests on.
    """
    if level > action.level:
        action.level, action.changed_at = level, work.now
        note(work, action, Step.ESCALATED, text)
        work.record("action.escalated", "action", action.id, level=level, why=why)


def move(work: Work, action: Action, to: ActionState) -> None:
    """Change the state and say so. Raises ActionStateForbids."""
    if not may_move(action.state, to):
        raise ActionStateForbids(state=action.state)
    action.state, action.etag, action.changed_at = to, uuid4().hex, work.now
    work.record(f"action.{to.value}", "action", action.id, outlet=str(action.outlet_id))


def note(
    work: Work,
    action: Action,
    step: Step,
    text: str = "",
    *,
    files: str = "[]",
    sent_sha256: str = "",
    by: UUID | None = None,
) -> None:
    """Add to the history of an action."""
    work.session.flush()
    last = work.session.exec(
        select(sa.func.max(ActionStep.number)).where(ActionStep.action_id == action.id)
    ).one()
    added = _step(work, action, (last or 0) + 1, step, text)
    added.files, added.sent_sha256 = files, sent_sha256
    added.actor_id = by or added.actor_id
    work.session.add(added)
    work.session.flush()


def _step(work: Work, action: Action, number: int, step: Step, text: str) -> ActionStep:
    return ActionStep(
        action_id=action.id,
        number=number,
        step=step,
        actor_id=action.answered_by if step is Step.ANSWERED else work.actor_id,
        at=work.now,
        text=text,
        due_at=action.due_at,
        level=action.level,
    )


def fixes(work: Work) -> Fixes:
    """The rules of corrective actions that hold now."""
    return rules_on(work.connection, today(work)).fixes


def today(work: Work) -> date:
    """The day in Asia/Shanghai."""
    return work.now.astimezone(SHANGHAI).date()


def _locking(*where: sa.ColumnElement[bool] | bool) -> SelectOfScalar[Action]:
    return select(Action).where(*where).with_for_update().execution_options(populate_existing=True)


def _withdraw(work: Work, action: Action, why: str) -> None:
    _keep_replaced(work, action)
    action.note, action.pending = why, None
    move(work, action, ActionState.WITHDRAWN)
    note(work, action, Step.WITHDRAWN, why)


def _keep_replaced(work: Work, action: Action) -> None:
    """Leave an answer that never counted, as photos were missing, in the history before another takes its place."""
    if action.pending is not None:
        said = json.loads(action.pending)
        files = json.dumps(said["files"], ensure_ascii=False)
        note(work, action, Step.ANSWERED, said["answer"].strip(), files=files, by=UUID(said["by"]))


def _heard(work: Work, action: Action, digest: str) -> bool:
    """Whether this very answer has come before: it waits for photos, or it is part of the history."""
    if action.pending is not None and json.loads(action.pending)["sha256"] == digest:
        return True
    found = work.session.exec(
        select(ActionStep.number).where(
            ActionStep.action_id == action.id,
            ActionStep.step == Step.ANSWERED,
            ActionStep.sent_sha256 == digest,
            ActionStep.actor_id == work.actor_id,
        )
    ).first()
    return found is not None


def _missing(work: Work, action: Action) -> list[str]:
    if action.pending is None:
        return []
    here = record_files.arrived(work, action.id)
    return [file["sha256"] for file in json.loads(action.pending)["files"] if file["sha256"] not in here]


def current(work: Work, action: Action) -> dict[str, object]:
    """The action as the server has it, for whoever knew an older one; nothing of one out of sight."""
    if work.session.exec(select(Action.id).where(Action.id == action.id, scope.actions(work.viewer))).first():
        return seen.shown(work.session, work.viewer, action)
    return {}
