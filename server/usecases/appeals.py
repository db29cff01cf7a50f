"""What an outlet says to a published visit: it acknowledges, or appeals per item with a ground and proof, once more if rejected."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import col, select

from server.domain.access import Permission
from server.domain.actions import RecordNotYours
from server.domain.appeals import (
    AlreadyAcknowledged,
    AppealEtagOld,
    AppealLate,
    AppealRuns,
    AppealSent,
    AppealState,
    AppealStateForbids,
    AppealTwice,
    NothingLost,
    NotInForce,
    OwnInspection,
    ProofMissing,
    answer_limit,
    first_limit,
    items_of,
    last_day,
    lost,
    proof_limit,
)
from server.domain.errors import EtagMissing, Fault, NotFound, ReasonMissing, WrongDocument
from server.domain.rules_visits import Appeals
from server.domain.visit import VisitState, digest
from server.queries import appeals as seen
from server.queries import scope
from server.queries.calendars import calendars_of
from server.queries.rules import rules_on
from server.storage.appeals import Acknowledgement, Appeal, AppealTurn
from server.storage.database import hold
from server.storage.visits import Visit
from server.usecases import record_files
from server.usecases.work import Office, Work


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an appeal that was sent: how it stands, and which of its files are still to come."""

    appeal: Appeal
    files_missing: list[str]


def acknowledge(work: Work, page_id: UUID) -> Acknowledgement:
    """Say that the outlet agrees with a published visit; after that nothing of it is appealed, for the first or second time.

    Doing it again changes nothing. Raises NotAllowed, NotFound, NotInForce, AppealRuns.
    """
    work.needs(Permission.APPEAL)
    visit = _locked(work, seen.visit_behind(work.session, work.viewer, page_id).id)
    known = work.session.get(Acknowledgement, visit.id)
    if known is not None:
        return known
    if seen.unanswered(work.session, visit.id):
        raise AppealRuns()
    made = Acknowledgement(
        visit_id=visit.id,
        revision=visit.accepted_revision or visit.revision,
        user_id=UUID(work.viewer.user_id),
        at=work.now,
    )
    work.session.add(made)
    work.session.flush()
    work.record("visit.acknowledged", "visit", visit.id, revision=made.revision)
    return made


def save(
    work: Work, appeal_id: UUID, sent: AppealSent, *, if_match: Collection[str] = (), only_new: bool = False
) -> Taken:
    """Take an appeal, or the second time of one that was rejected; the same again changes nothing.

    It counts once all its files are here. Raises NotAllowed, NotFound, NotInForce, OwnInspection, AlreadyAcknowledged,
    AppealLate, AppealTwice, NothingLost, ReasonMissing, ProofMissing, EtagMissing, AppealEtagOld, AppealStateForbids,
    WrongDocument, RecordNotYours.
    """
    work.needs(Permission.APPEAL)
    sha256 = digest(sent.model_dump_json())
    hold(work.connection, appeal_id)
    known = work.session.get(Appeal, appeal_id)
    if known is None:
        return _first(work, appeal_id, sent, sha256, only_new=only_new, knows=bool(if_match))
    _locked(work, known.visit_id)
    appeal = locked(work, appeal_id)
    turns = seen.turns_of(work.session, appeal_id)
    if any(turn.sent_sha256 == sha256 for turn in turns):
        return _taken(work, appeal)
    if not if_match and not only_new:
        raise EtagMissing()
    if not {appeal.etag, "*"}.intersection(if_match):
        raise AppealEtagOld(current=seen.one(work.session, work.viewer, appeal_id, work.now).as_json())
    _refuse_other(work, appeal, sent)
    if not sent.ground.strip():
        raise ReasonMissing()
    if sent.turn == 1 and not sent.files:
        raise ProofMissing()
    if appeal.state is AppealState.RECEIVING and sent.turn == appeal.turn:
        until = proof_until(work, appeal)
        if until is not None and work.now >= until:
            raise AppealLate(until=last_day(until))
        _replace(turns[-1], sent, sha256)
    elif appeal.state is AppealState.REJECTED and sent.turn == 2:
        if work.session.get(Acknowledgement, appeal.visit_id) is not None:
            raise AlreadyAcknowledged()
        until = appeal.again_until
        if until is not None and work.now >= until:
            raise AppealLate(until=last_day(until))
        appeal.state, appeal.turn, appeal.since = AppealState.RECEIVING, 2, work.now
        _ask(work, appeal, sent, sha256)
    else:
        raise AppealStateForbids(state=appeal.state)
    appeal.etag, appeal.changed_at = uuid4().hex, work.now
    complete_if_whole(work, appeal_id)
    return _taken(work, appeal)


def may_attach(work: Work, appeal_id: UUID) -> None:
    """Whether the actor may add a proof to this appeal, which may still be on its way here.

    Raises NotAllowed, NotFound, RecordNotYours.
    """
    work.needs(Permission.APPEAL)
    appeal = work.session.get(Appeal, appeal_id)
    if appeal is None:
        record_files.refuse_strangers(work, appeal_id)
        return
    found = work.session.exec(
        select(Appeal.id).where(Appeal.id == appeal_id, scope.appeals(work.viewer))
    ).first()
    if found is None:
        raise NotFound()
    if appeal.state not in (AppealState.RECEIVING, AppealState.REJECTED):
        raise RecordNotYours()


def complete_if_whole(work: Work, appeal_id: UUID) -> bool:
    """Let an appeal count whose last file has come; True when it counts now."""
    appeal = work.session.get(Appeal, appeal_id)
    if appeal is None or appeal.state is not AppealState.RECEIVING:
        return False
    turn = seen.turns_of(work.session, appeal_id)[-1]
    if _missing(work, turn):
        return False
    _count(work, appeal, turn)
    return True


def put_unproved(office: Office) -> int:
    """Put every appeal to the desk whose proof has not come within its limit, as it is; returns how many.

    None is ever dropped. Run by the worker; repeating it changes nothing.
    """
    with office.work(write=False) as work:
        receiving = work.session.exec(
            select(Appeal.id).where(Appeal.state == AppealState.RECEIVING).order_by(col(Appeal.made_at))
        ).all()
    put = 0
    for appeal_id in receiving:
        with office.work() as work:
            hold(work.connection, appeal_id)
            appeal = locked(work, appeal_id)
            until = proof_until(work, appeal)
            if appeal.state is not AppealState.RECEIVING or until is None or work.now < until:
                continue
            turn = seen.turns_of(work.session, appeal_id)[-1]
            _count(work, appeal, turn, unproved=len(_missing(work, turn)))
            put += 1
    return put


def proof_until(work: Work, appeal: Appeal) -> datetime | None:
    """Until when the proof of an appeal may arrive; None while no calendar says so."""
    visit = work.session.get_one(Visit, appeal.visit_id)
    return proof_limit(
        rules(work, visit),
        calendars_of(work.settings),
        turn=appeal.turn,
        published=visit.published_at or appeal.made_at,
        asked=appeal.since,
    )


def _count(work: Work, appeal: Appeal, turn: AppealTurn, **facts: int) -> None:
    """From now on the appeal waits for its answer; `facts` say what of its proof has not come."""
    visit = work.session.get_one(Visit, appeal.visit_id)
    turn.whole_at = work.now
    appeal.state = AppealState.ASKED if appeal.turn == 1 else AppealState.ASKED_AGAIN
    wait(work, visit, appeal)
    appeal.etag = uuid4().hex
    work.session.flush()
    event = "appeal.made" if appeal.turn == 1 else "appeal.asked-again"
    work.record(event, "appeal", appeal.id, visit=str(visit.id), item=appeal.item_id, **facts)


def wait(work: Work, visit: Visit, appeal: Appeal) -> None:
    """Begin the time in which an answer is due; until when, the rules and the calendar say."""
    appeal.since = appeal.changed_at = work.now
    appeal.due_at = answer_limit(
        rules(work, visit), calendars_of(work.settings), AppealState(appeal.state), appeal.since
    )
    appeal.next_at, appeal.again_until = appeal.due_at, None


def rules(work: Work, visit: Visit) -> Appeals:
    """The rules of appeals for a visit: those of its day."""
    return rules_on(work.connection, visit.visit_date).appeals


def locked(work: Work, appeal_id: UUID) -> Appeal:
    """An appeal in sight, which nobody else changes until the transaction ends. Raises NotFound."""
    appeal = work.session.exec(
        select(Appeal)
        .where(Appeal.id == appeal_id, scope.appeals(work.viewer))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if appeal is None:
        raise NotFound()
    return appeal


def _first(
    work: Work, appeal_id: UUID, sent: AppealSent, sha256: str, *, only_new: bool, knows: bool
) -> Taken:
    if not only_new:
        raise NotFound() if knows else EtagMissing()
    visit = _locked(work, seen.visit_behind(work.session, work.viewer, UUID(sent.visit_id)).id)
    _refuse_unfit(work, visit, sent)
    record_files.refuse_strangers(work, appeal_id)
    appeal = Appeal(
        id=appeal_id,
        visit_id=visit.id,
        item_id=sent.item,
        revision=visit.accepted_revision or visit.revision,
        state=AppealState.RECEIVING,
        etag=uuid4().hex,
        since=work.now,
        made_at=work.now,
        changed_at=work.now,
    )
    work.session.add(appeal)
    work.session.flush()
    _ask(work, appeal, sent, sha256)
    complete_if_whole(work, appeal_id)
    return _taken(work, appeal)


def _refuse_unfit(work: Work, visit: Visit, sent: AppealSent) -> None:
    """Whether this item of this visit may be appealed now, and by the actor."""
    if visit.state is not VisitState.PUBLISHED or visit.published_at is None:
        raise NotInForce(state=visit.state)
    if visit.inspector_id == work.actor_id:
        raise OwnInspection()
    if sent.turn != 1:
        raise WrongDocument(faults=(Fault("/turn", "not_for_visit"),))
    checklist = seen.checklist_of(work.session, visit)
    if sent.item not in items_of(checklist):
        raise WrongDocument(faults=(Fault("/item", "answer_unknown_item", {"item": sent.item}),))
    limits = rules(work, visit)
    earlier = work.session.exec(
        select(Appeal.state)
        .where(Appeal.visit_id == visit.id, Appeal.item_id == sent.item)
        .order_by(col(Appeal.made_at).desc())
    ).all()
    if len(earlier) >= limits.per_item:
        raise AppealTwice(state=earlier[0], limit=limits.per_item)
    if work.session.get(Acknowledgement, visit.id) is not None:
        raise AlreadyAcknowledged()
    until = first_limit(limits, calendars_of(work.settings), visit.published_at)
    if until is not None and work.now >= until:
        raise AppealLate(until=last_day(until))
    if not lost(seen.result_of(work.session, visit), sent.item):
        raise NothingLost(item=sent.item)
    if not sent.ground.strip():
        raise ReasonMissing()
    if not sent.files:
        raise ProofMissing()


def _refuse_other(work: Work, appeal: Appeal, sent: AppealSent) -> None:
    """An appeal stays about the item of the visit that it was made about."""
    faults = []
    if sent.item != appeal.item_id:
        faults.append(Fault("/item", "never_changes"))
    if not seen.is_page_of(work.session, UUID(sent.visit_id), appeal.visit_id):
        faults.append(Fault("/visit_id", "never_changes"))
    if faults:
        raise WrongDocument(faults=tuple(faults))


def _ask(work: Work, appeal: Appeal, sent: AppealSent, sha256: str) -> None:
    turn = AppealTurn(
        appeal_id=appeal.id,
        number=appeal.turn,
        ground="",
        sent_sha256="",
        asked_by=UUID(work.viewer.user_id),
        asked_at=work.now,
    )
    _replace(turn, sent, sha256)
    work.session.add(turn)
    work.session.flush()


def _replace(turn: AppealTurn, sent: AppealSent, sha256: str) -> None:
    turn.ground, turn.sent_sha256 = sent.ground.strip(), sha256
    turn.files = json.dumps([file.model_dump(mode="json") for file in sent.files])


def _missing(work: Work, turn: AppealTurn) -> list[str]:
    here = record_files.arrived(work, turn.appeal_id)
    return [file["sha256"] for file in json.loads(turn.files) if file["sha256"] not in here]


def _taken(work: Work, appeal: Appeal) -> Taken:
    work.session.flush()
    waits = appeal.state is AppealState.RECEIVING
    turn = seen.turns_of(work.session, appeal.id)[-1]
    return Taken(appeal, _missing(work, turn) if waits else [])


def _locked(work: Work, visit_id: UUID) -> Visit:
    """The visit, which nobody else decides about until the transaction ends."""
    return work.session.exec(
        select(Visit).where(Visit.id == visit_id).with_for_update().execution_options(populate_existing=True)
    ).one()
