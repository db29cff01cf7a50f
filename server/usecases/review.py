"""Reviewing a visit: open, accept, return with reasons, void, publish; what is accepted by rule."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import col, select

from server.domain.access import Permission
from server.domain.answers import check_answers
from server.domain.errors import (
    Fault,
    NotFound,
    OwnVisit,
    ProofAwaited,
    ReasonMissing,
    RevisionOld,
    SameReviewer,
    VisitStateForbids,
    VoidingAnswer,
    WrongDocument,
)
from server.domain.review import (
    Outcome,
    Reason,
    RoundOver,
    StillChecked,
    Verdict,
    agree,
    awaited,
    drawn,
    only_hq_accepts,
    return_due_problem,
    second_review_for,
)
from server.domain.rules import RuleSet
from server.domain.visit import (
    ACCEPTED_BY_RULE,
    UNDER_REVIEW,
    Answer,
    VisitDocument,
    VisitState,
    may_move,
)
from server.queries import checklists, scope
from server.queries.rules import rules_on
from server.queries.visit_reviews import looked_through
from server.storage.events import Event
from server.storage.visits import Assignment, AssignmentState, Review, Visit
from server.usecases import facts, failed_items, publishing
from server.usecases.corrections import unprove
from server.usecases.work import Work


def open_(work: Work, visit_id: UUID) -> Visit:
    """Take a waiting visit into review; others see who has it. Opening it again changes nothing.

    Raises NotFound, OwnVisit, SameReviewer.
    """
    work.needs(Permission.REVIEW)
    visit = _visit(work, visit_id)
    _refuse_own(work, visit)
    if visit.state is VisitState.SUBMITTED:
        visit.claimed_by, visit.claimed_at = work.actor_id, work.now
        _move(work, visit, VisitState.IN_REVIEW, "visit.review-opened")
    elif visit.state is VisitState.SECOND_REVIEW and visit.claimed_by is None:
        _refuse_same(work, _reviews(work, visit))
        visit.claimed_by, visit.claimed_at = work.actor_id, work.now
        work.record("visit.review-opened", "visit", visit.id, revision=visit.revision, round=2)
    return visit


def decide(
    work: Work,
    visit_id: UUID,
    revision: int,
    decision: Outcome,
    reasons: Sequence[Reason] = (),
    verdicts: Sequence[Verdict] = (),
    due: datetime | None = None,
    note: str = "",
    seen_round: int | None = None,
) -> Visit:
    """Accept, return or void one revision of a visit, in whichever round it is; with `seen_round`, in that one alone.

    A first acceptance of a grave fail, a low score or a drawn visit asks for a second person; where the two
    disagree, hq decides (handbook 01, 2.14). Raises NotFound, NotAllowed, OwnVisit, SameReviewer,
    RevisionOld, RoundOver, VisitStateForbids, ReasonMissing, VoidingAnswer, ProofAwaited, StillChecked, ReturnDueWrong,
    WrongDocument.
    """
    work.needs(Permission.VOID if decision == "void" else Permission.REVIEW)
    visit = _visit(work, visit_id)
    _refuse_own(work, visit)
    if revision != visit.revision:
        raise RevisionOld(revision=visit.revision, state=visit.state)
    if visit.state not in UNDER_REVIEW:
        raise VisitStateForbids(state=visit.state)
    earlier = _reviews(work, visit)
    if seen_round not in (None, len(earlier) + 1):
        raise RoundOver(round=len(earlier) + 1)
    if decision != "accept" and not any(reason.text.strip() for reason in reasons):
        raise ReasonMissing()
    checklist = _checklist(work, visit)
    _check_items(checklist, reasons, verdicts)
    if due is not None and (problem := return_due_problem(due, work.now)):
        raise problem

    rules = rules_on(work.connection, visit.visit_date)
    if visit.state is VisitState.SECOND_REVIEW:
        _refuse_same(work, earlier)
        if len(earlier) > 1:
            work.needs(Permission.DECIDE_DISPUTE)
    elif visit.state is VisitState.SUBMITTED:
        open_(work, visit_id)
    if decision == "accept":
        _refuse_unready(work, visit, checklist)
        if only_hq_accepts(_document(visit), checklist, rules.evidence, len(earlier)):
            work.needs(Permission.DECIDE_DISPUTE)
    round_ = len(earlier) + 1
    work.session.add(
        Review(
            id=uuid4(),
            visit_id=visit.id,
            revision=visit.revision,
            round=round_,
            reviewer_id=UUID(work.viewer.user_id),
            decision=decision,
            reasons=_json([reason.model_dump() for reason in reasons]),
            verdicts=_json([verdict.model_dump() for verdict in verdicts]),
            note=note,
            at=work.now,
        )
    )
    if round_ == 1 and decision == "accept":
        why = _why_second(work, visit, rules)
        if why:
            return _ask_second(work, visit, why)
    if round_ == 2 and not agree(earlier[0].decision, decision, list(verdicts)):
        visit.claimed_by, visit.claimed_at, visit.changed_at = None, None, work.now
        work.record("visit.disputed", "visit", visit.id, revision=visit.revision)
        return visit
    return _settle(work, visit, decision, round_, reasons, due, note, rules)


def publish(work: Work, visit_id: UUID) -> Visit:
    """Show an accepted visit to its outlet. Raises NotFound, NotAllowed, VisitStateForbids."""
    return publishing.publish_one(work, visit_id)


def accept_by_rule(work: Work, visit_id: UUID) -> bool:
    """Accept a patrol or an area visit that nothing speaks against; True when it was accepted.

    Not when something is flagged, awaited, voiding or demands a second person, nor when it is drawn
    (handbook 01, Who reviews what). Doing it again changes nothing.
    """
    visit = _visit(work, visit_id)
    if visit.kind not in ACCEPTED_BY_RULE or visit.state is not VisitState.SUBMITTED:
        return False
    rules = rules_on(work.connection, visit.visit_date)
    awaited_, passed = awaited(_checklist(work, visit), _document(visit), work.now)
    seed = _seed(work)
    draw = drawn(str(visit.id), seed, rules.review.patrol_percent)
    doubts = second_review_for(visit.score, grave=visit.grave, draw=draw, rules=rules.review)
    if doubts or awaited_ or passed or visit.voided or json.loads(visit.flags):
        work.record(
            "visit.review-asked",
            "visit",
            visit.id,
            revision=visit.revision,
            why=doubts or ["flagged"],
            seed=seed,
        )
        return False
    visit.accepted_revision, visit.decided_at = visit.revision, work.now
    _move(work, visit, VisitState.ACCEPTED, "visit.accepted", by_rule=True)
    facts.keep(work, visit)
    _finish_assignment(work, visit)
    failed_items.from_visit(work, visit)
    return True


def _settle(
    work: Work,
    visit: Visit,
    decision: Outcome,
    round_: int,
    reasons: Sequence[Reason],
    due: datetime | None,
    note: str,
    rules: RuleSet,
) -> Visit:
    visit.claimed_by, visit.claimed_at = None, None
    visit.decided_at = work.now
    if decision == "accept":
        visit.accepted_revision, visit.returned = visit.revision, None
        _move(work, visit, VisitState.ACCEPTED, "visit.accepted", round=round_)
        facts.keep(work, visit)
        _finish_assignment(work, visit)
        failed_items.from_visit(work, visit)
    elif decision == "return":
        until = due or work.now + timedelta(hours=rules.review.return_hours)
        visit.returned = _json(
            {
                "reasons": [reason.model_dump() for reason in reasons if reason.text.strip()],
                "due": until.isoformat(),
                "note": note,
            }
        )
        _move(work, visit, VisitState.RETURNED, "visit.returned", round=round_)
    else:
        visit.reason = "；".join(reason.text.strip() for reason in reasons if reason.text.strip())[:1000]
        _move(work, visit, VisitState.VOID, "visit.voided", round=round_)
        plan_anew(work, visit)
    return visit


def _ask_second(work: Work, visit: Visit, why: tuple[list[str], str]) -> Visit:
    visit.claimed_by, visit.claimed_at = None, None
    codes, seed = why
    _move(work, visit, VisitState.SECOND_REVIEW, "visit.second-review-asked", why=codes, seed=seed)
    return visit


def _why_second(work: Work, visit: Visit, rules: RuleSet) -> tuple[list[str], str] | None:
    seed = _seed(work)
    draw = drawn(str(visit.id), seed, rules.review.second_percent)
    codes = second_review_for(visit.score, grave=visit.grave, draw=draw, rules=rules.review)
    return (codes, seed) if codes else None


def _seed(work: Work) -> str:
    """The seed of all draws of this installation, made once and kept as an event, so that a draw can be redone."""
    found = work.session.exec(
        select(Event).where(Event.name == "draw.seeded").order_by(col(Event.id)).limit(1)
    ).first()
    if found:
        return str(json.loads(found.facts)["seed"])
    seed = secrets.token_hex(16)
    work.record("draw.seeded", "draw", "review", seed=seed)
    return seed


def _refuse_unready(work: Work, visit: Visit, checklist: dict[str, Any]) -> None:
    if visit.voided:
        raise VoidingAnswer()
    open_items, passed = awaited(checklist, _document(visit), work.now)
    if open_items:
        raise ProofAwaited(items=tuple(open_items))
    # What five tries could not look through is left to the reviewer's own eyes; his page says so.
    if looked_through(work.session, visit, work.now) in ("running", "late"):
        raise StillChecked()
    if passed:
        unprove(work, visit, checklist, passed)


def _finish_assignment(work: Work, visit: Visit) -> None:
    assignment = work.session.get(Assignment, visit.assignment_id) if visit.assignment_id else None
    if assignment and assignment.state in (AssignmentState.ASSIGNED, AssignmentState.TAKEN):
        assignment.state, assignment.changed_at = AssignmentState.DONE, work.now
        work.record("assignment.done", "assignment", assignment.id)


def plan_anew(work: Work, visit: Visit) -> None:
    """Give the assignment back to planning, for another shopper (handbook 01, Voiding)."""
    assignment = work.session.get(Assignment, visit.assignment_id) if visit.assignment_id else None
    if assignment and assignment.state is not AssignmentState.WITHDRAWN:
        assignment.state, assignment.user_id = AssignmentState.PLANNED, None
        assignment.changed_at = work.now
        work.record("assignment.planned-anew", "assignment", assignment.id, visit=str(visit.id))


def _move(work: Work, visit: Visit, to: VisitState, event: str, **facts: Any) -> None:
    if not may_move(visit.state, to):
        raise VisitStateForbids(state=visit.state)
    visit.state, visit.changed_at = to, work.now
    work.record(event, "visit", visit.id, revision=visit.revision, **facts)


def _visit(work: Work, visit_id: UUID) -> Visit:
    visit = work.session.exec(
        select(Visit).where(Visit.id == visit_id, scope.visits(work.viewer)).with_for_update()
    ).first()
    if visit is None:
        raise NotFound()
    return visit


def _reviews(work: Work, visit: Visit) -> list[Review]:
    return list(
        work.session.exec(
            select(Review)
            .where(Review.visit_id == visit.id, Review.revision == visit.revision)
            .order_by(col(Review.round))
        )
    )


def _refuse_own(work: Work, visit: Visit) -> None:
    if visit.inspector_id == work.actor_id:
        raise OwnVisit()


def _refuse_same(work: Work, earlier: Sequence[Review]) -> None:
    if any(review.reviewer_id == work.actor_id for review in earlier):
        raise SameReviewer()


def _check_items(checklist: dict[str, Any], reasons: Sequence[Reason], verdicts: Sequence[Verdict]) -> None:
    known = {item["id"] for section in checklist["sections"] for item in section["items"]}
    named = [(f"/reasons/{n}/item", reason.item) for n, reason in enumerate(reasons) if reason.item]
    named += [(f"/verdicts/{n}/item", verdict.item) for n, verdict in enumerate(verdicts)]
    faults = tuple(Fault(pointer, "检查表里没有这一项。") for pointer, item in named if item not in known)
    if not faults:
        stated = {verdict.item: Answer(value=verdict.value) for verdict in verdicts}
        places = {verdict.item: f"/verdicts/{n}/value" for n, verdict in enumerate(verdicts)}
        faults = tuple(
            Fault(places[found.facts["item"]], found.message_key, dict(found.facts))
            for found in check_answers(checklist, stated)
        )
    if faults:
        raise WrongDocument(faults=faults)


def _checklist(work: Work, visit: Visit) -> dict[str, Any]:
    return checklists.of_visit(
        work.connection, visit.checklist_id, visit.checklist_version, visit.kind, visit.assignment_id
    )


def _document(visit: Visit) -> VisitDocument:
    return VisitDocument.model_validate_json(visit.document)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
