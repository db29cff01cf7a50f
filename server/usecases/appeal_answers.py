"""Answering appeals: reject, or uphold with the answer that is right; what nobody answers in time goes up one level."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import col, select

from server.domain.access import Permission
from server.domain.answers import check_answers
from server.domain.appeals import (
    WAITING,
    AnswerSent,
    AppealState,
    AppealStateForbids,
    NothingGained,
    NotInForce,
    OwnJudgement,
    again_limit,
    answer_limit,
    answered,
    corrected_note,
    gained,
    impartial,
    may_answer,
)
from server.domain.errors import Fault, NotAllowed, NotFound, ReasonMissing, WrongDocument
from server.domain.visit import Answer
from server.queries import appeals as seen
from server.queries import scope
from server.queries.calendars import calendars_of
from server.storage.appeals import Appeal, AppealTurn
from server.storage.visits import Visit
from server.usecases import corrections
from server.usecases.appeals import locked, rules
from server.usecases.work import Office, Work


def answer(work: Work, appeal_id: UUID, given: AnswerSent) -> Appeal:
    """Reject an appeal, or uphold it with the value that the item's answer should have had.

    An upheld one corrects the visit in a new revision whose author is the decider. Raises NotAllowed, NotFound,
    AppealStateForbids (somebody was faster), OwnJudgement, ReasonMissing, NotInForce, WrongDocument, NothingGained.
    """
    work.needs(Permission.ANSWER_APPEALS)
    visit_id = work.session.exec(
        select(Appeal.visit_id).where(Appeal.id == appeal_id, scope.appeals(work.viewer))
    ).first()
    if visit_id is None:
        raise NotFound()
    visit = _visit(work, visit_id)
    appeal = locked(work, appeal_id)
    if appeal.state not in WAITING or given.turn != appeal.turn:
        raise AppealStateForbids(state=appeal.state)
    if not may_answer(work.viewer, appeal.state):
        raise NotAllowed()
    if not impartial(work.viewer, seen.involved(work.session, visit, appeal)):
        raise OwnJudgement()
    if visit.state not in scope.SHOWN:
        raise NotInForce(state=visit.state)
    if not given.why.strip():
        raise ReasonMissing()
    turn = seen.turns_of(work.session, appeal.id)[-1]
    upheld = given.decision == "uphold"
    if upheld:
        _correct(work, visit, appeal, turn, given)
    appeal.state = answered(appeal.state, upheld=upheld)
    appeal.due_at = appeal.next_at = None
    if appeal.state is AppealState.REJECTED:
        appeal.again_until = again_limit(rules(work, visit), calendars_of(work.settings), work.now)
    turn.upheld, turn.why = upheld, given.why.strip()
    turn.answered_by, turn.answered_at = UUID(work.viewer.user_id), work.now
    appeal.etag, appeal.since, appeal.changed_at = uuid4().hex, work.now, work.now
    work.session.flush()
    work.record(
        "appeal.upheld" if upheld else "appeal.rejected",
        "appeal",
        appeal.id,
        visit=str(visit.id),
        item=appeal.item_id,
        turn=appeal.turn,
        last=appeal.state is not AppealState.REJECTED,
    )
    return appeal


def go_up(office: Office) -> int:
    """Raise every appeal whose answer is overdue to the province, or tell of it again there; returns how many.

    None is ever closed here. Run by the worker; repeating it changes nothing before the next limit passes.
    """
    with office.work(write=False) as work:
        due = sa.or_(col(Appeal.next_at).is_(None), col(Appeal.next_at) <= work.now)
        late = work.session.exec(
            select(Appeal.id).where(col(Appeal.state).in_(WAITING), due).order_by(col(Appeal.made_at))
        ).all()
    raised = 0
    for appeal_id in late:
        with office.work() as work:
            raised += rise(work, appeal_id)
    return raised


def rise(work: Work, appeal_id: UUID) -> bool:
    """Raise an appeal whose limit has passed by now, or tell of it again; whether there was anything to do."""
    visit = _visit(work, work.session.get_one(Appeal, appeal_id).visit_id)
    appeal = locked(work, appeal_id)
    if appeal.state not in WAITING or visit.state not in scope.SHOWN:
        return False
    if appeal.due_at is None or appeal.next_at is None:
        # Its limit was unknown for want of a calendar, which may have come since.
        state, since = AppealState(appeal.state), appeal.since
        appeal.due_at = answer_limit(rules(work, visit), calendars_of(work.settings), state, since)
        appeal.next_at = appeal.due_at
    if appeal.next_at is None or appeal.next_at > work.now:
        return False
    # The next limit runs from the one that passed, not from whenever this was run.
    passed = appeal.next_at - timedelta(microseconds=1)
    if appeal.state is AppealState.ASKED:
        appeal.state, appeal.since = AppealState.RAISED, passed
        appeal.due_at = answer_limit(
            rules(work, visit), calendars_of(work.settings), AppealState.RAISED, passed
        )
        appeal.next_at = appeal.due_at
        seen.turns_of(work.session, appeal.id)[-1].escalated_at = work.now
    else:
        appeal.next_at = answer_limit(
            rules(work, visit), calendars_of(work.settings), AppealState(appeal.state), passed
        )
    appeal.etag, appeal.changed_at = uuid4().hex, work.now
    work.session.flush()
    late = appeal.due_at is not None and appeal.due_at <= work.now
    work.record(
        "appeal.escalated", "appeal", appeal.id, visit=str(visit.id), item=appeal.item_id, overdue=late
    )
    return True


def _correct(work: Work, visit: Visit, appeal: Appeal, turn: AppealTurn, given: AnswerSent) -> None:
    if given.value is None:
        raise WrongDocument(faults=(Fault("/value", "missing"),))
    checklist = seen.checklist_of(work.session, visit)
    item = appeal.item_id
    right = Answer(value=given.value, note=corrected_note(given.why))
    faults = [
        Fault("/value", each.message_key, dict(each.facts))
        for each in check_answers(checklist, {item: right})
    ]
    if faults:
        raise WrongDocument(faults=tuple(faults))
    before = seen.result_of(work.session, visit)
    after = seen.result_of(work.session, visit, {item: right})
    if not gained(before, after, item):
        raise NothingGained(item=item)
    appeal.score_before = visit.score
    revision = corrections.correct(work, visit, checklist, {item: right}, "appeal", appeal=str(appeal.id))
    appeal.score_after, appeal.corrected_revision = visit.score, revision.number
    turn.value = json.dumps(right.model_dump(mode="json")["value"], ensure_ascii=False)


def _visit(work: Work, visit_id: UUID) -> Visit:
    return work.session.exec(
        select(Visit).where(Visit.id == visit_id).with_for_update().execution_options(populate_existing=True)
    ).one()
