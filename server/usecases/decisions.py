"""Decisions: proposed by the rules or by hand, decided by people, applied on their day; earlier periods stay as they are."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from server.domain.access import SYSTEM, Permission
from server.domain.deciding import (
    FIELDS,
    WAITING,
    DecisionImpossible,
    DecisionKind,
    DecisionOutdated,
    DecisionPeriodReopened,
    DecisionRewritten,
    DecisionState,
    DecisionStateForbids,
    DecisionVetoesChanged,
    ProposerDecides,
    Standing,
    change,
    check_day,
    is_given,
    may_move,
    needs_words,
    stands,
)
from server.domain.errors import NotFound, ReasonMissing
from server.domain.visit import SHANGHAI
from server.queries import decision_grounds, incentives, results, scope
from server.queries.rules import rules_on
from server.storage.decisions import Decision, DecisionStep, OutletChange
from server.storage.organisation import Outlet, OutletStatus, Tier
from server.usecases.work import Office, Work

S = DecisionState
OUTLET_CHANGED = "outlet-changed"
"""What the system writes as the reason of sending one back."""


def propose_by_hand(
    work: Work, decision_id: UUID, outlet_id: UUID, kind: DecisionKind, why: str, wish: str = ""
) -> Decision:
    """Propose a decision for a reason; somebody else approves it. The same id again gives the one that is there.

    `wish` is the new class. Raises NotAllowed, NotFound, ReasonMissing, DecisionImpossible.
    """
    work.needs(Permission.PROPOSE_DECISIONS)
    outlet = work.session.exec(
        select(Outlet).where(Outlet.id == outlet_id, scope.outlets(work.viewer))
    ).first()
    if outlet is None:
        raise NotFound()
    there = work.session.get(Decision, decision_id)
    if there is not None:
        if there.proposed_by != work.actor_id or there.outlet_id != outlet_id:
            raise NotFound()
        return there
    if not why.strip():
        raise ReasonMissing()
    rules = rules_on(work.connection, today(work))
    possible = change(kind, standing_of(outlet), rules.decisions.ladder, wish)
    if possible is None:
        raise DecisionImpossible()
    decision = Decision(
        id=decision_id,
        outlet_id=outlet_id,
        kind=kind,
        before=possible[0],
        after=possible[1],
        by_rule=False,
        rules_version=rules.version,
        proposed_by=work.actor_id,
        proposed_at=work.now,
        why=why.strip(),
        state=S.PROPOSED,
        changed_at=work.now,
    )
    begin(work, decision, why.strip())
    return decision


def approve(
    work: Work, decision_id: UUID, seen: str, effective_on: date | None, reason: str = ""
) -> Decision:
    """Approve a decision from a day on; a letter tells the outlet. Whoever proposed it by hand may not.

    Of an incentive `reason` says what is given, to whom and how much; of a warning, until when the correction plan is due.

    `seen` is what the person looked at (`queries/decision_grounds.seen`): where somebody else decided meanwhile, or newer figures
    rewrote what is proposed, nothing happens. Raises NotAllowed, NotFound, DecisionStateForbids, DecisionRewritten,
    ProposerDecides, EffectiveDayWrong, EffectiveDayWithin, DecisionOutdated, DecisionPeriodReopened, DecisionVetoesChanged,
    ReasonMissing.
    """
    decision = _decided(work, decision_id, seen, S.APPROVED)
    check_day(decision.kind, effective_on or date.min, today(work))
    now = standing_of(work.session.get_one(Outlet, decision.outlet_id))
    if not stands(decision.kind, now, decision.before):
        raise DecisionOutdated(now=now.of(FIELDS[decision.kind]))
    for code in _stands_on(decision):
        row = results.period(work.connection, SYSTEM, code)
        if row is not None and row.state not in results.STANDING:
            raise DecisionPeriodReopened(period=code)
    if not decision_grounds.vetoes_hold(work.connection, decision):
        raise DecisionVetoesChanged()
    if needs_words(decision.kind) and not reason.strip():
        raise ReasonMissing()
    decision.effective_on = effective_on
    return _decide(work, decision, S.APPROVED, reason)


def hold(work: Work, decision_id: UUID, seen: str, reason: str) -> Decision:
    """Leave a decision open for now, for a reason. Raises as `approve`, and ReasonMissing."""
    return _with_reason(work, decision_id, seen, S.HELD, reason)


def reject(work: Work, decision_id: UUID, seen: str, reason: str) -> Decision:
    """Refuse what is proposed, for a reason. Raises as `approve`, and ReasonMissing."""
    return _with_reason(work, decision_id, seen, S.REJECTED, reason)


def withdraw(work: Work, decision_id: UUID, seen: str, reason: str) -> Decision:
    """Take a decision back before it takes effect: head office any, others what they proposed and nobody decided.

    Its letter is replaced by one that says so. Raises NotAllowed, NotFound, DecisionStateForbids, ReasonMissing.
    """
    work.needs(Permission.PROPOSE_DECISIONS)
    decision = locked(work, decision_id)
    own = decision.proposed_by == work.actor_id and decision.state in WAITING
    if not own:
        work.needs(Permission.DECIDE)
    _check(decision, seen, S.WITHDRAWN)
    if not reason.strip():
        raise ReasonMissing()
    return _decide(work, decision, S.WITHDRAWN, reason)


def give(work: Work, decision_id: UUID, seen: str, what: str) -> Decision:
    """Note that what was decided has been given, and what it was; head office or the branch in whose part it lies.

    Raises NotAllowed, NotFound, DecisionStateForbids, ReasonMissing.
    """
    work.needs(Permission.PROPOSE_DECISIONS)
    decision = locked(work, decision_id)
    _check(decision, seen, S.GIVEN)
    if not is_given(decision.kind):
        raise DecisionStateForbids(state=decision.state)
    if not what.strip():
        raise ReasonMissing()
    move(work, decision, S.GIVEN, what.strip())
    return decision


def take_effect(office: Office) -> int:
    """Apply each approved decision whose day has come; returns how many.

    An outlet that is not what it was then is left alone, and its decision goes back to people.
    """
    with office.work(write=False) as work:
        due = work.session.exec(
            select(Decision.id)
            .where(Decision.state == S.APPROVED, col(Decision.effective_on) <= today(work))
            .order_by(col(Decision.effective_on), col(Decision.decided_at), col(Decision.id))
        ).all()
    done = 0
    for decision_id in due:
        with office.work() as work:
            done += apply(work, decision_id)
    return done


def take_effect_now(office: Office, decision_id: UUID) -> None:
    """Apply a decision that was approved for today, or whose day has come, without waiting for the hour."""
    with office.work() as work:
        apply(work, decision_id)


def apply(work: Work, decision_id: UUID) -> bool:
    """Let an approved decision take effect, if its day has come; False where it does not."""
    decision = locked(work, decision_id)
    day = decision.effective_on
    if decision.state is not S.APPROVED or day is None or day > today(work):
        return False
    outlet = work.session.exec(select(Outlet).where(Outlet.id == decision.outlet_id).with_for_update()).one()
    work.session.refresh(outlet)
    field = FIELDS[decision.kind]
    if not stands(decision.kind, standing_of(outlet), decision.before):
        move(work, decision, S.HELD, OUTLET_CHANGED)
        return False
    if field == "tier":
        outlet.tier = Tier(decision.after)
    elif field == "class":
        outlet.class_ = decision.after
    elif field == "status":
        outlet.status = OutletStatus(decision.after)
        if decision.kind is DecisionKind.ENTRY and outlet.cooperation_since is None:
            # From here its first three months without stars are counted, and its years of cooperation.
            work.session.add(other_start(work, outlet, day))
            outlet.cooperation_since = day
    if field:
        outlet.changed_at = work.now
        work.session.add(
            OutletChange(
                id=decision.id,
                outlet_id=outlet.id,
                decision_id=decision.id,
                period=decision.period,
                field=field,
                before=decision.before,
                after=decision.after,
                from_day=day,
                at=work.now,
            )
        )
        work.record("outlet.changed", "outlet", outlet.id, by_decision=str(decision.id))
    move(work, decision, S.EFFECTIVE)
    return True


def locked(work: Work, decision_id: UUID) -> Decision:
    """A decision in sight, which nobody else changes until the transaction ends. Raises NotFound."""
    wanted = select(Decision).where(Decision.id == decision_id, scope.decisions(work.viewer))
    decision = work.session.exec(locking(wanted)).first()
    if decision is None:
        raise NotFound()
    return decision


def begin(work: Work, decision: Decision, text: str = "") -> None:
    """Keep a new proposal and say so."""
    work.session.add(decision)
    # The step names the decision, and the mapper knows no order between them.
    work.session.flush()
    say(work, decision, text)


def move(work: Work, decision: Decision, to: DecisionState, text: str = "") -> None:
    """Change the state and say so. Raises DecisionStateForbids."""
    if not may_move(decision.state, to):
        raise DecisionStateForbids(state=decision.state)
    decision.state, decision.changed_at = to, work.now
    say(work, decision, text)


def say(work: Work, decision: Decision, text: str = "") -> None:
    """Add the state that a decision is in to its history, and record it."""
    work.session.flush()
    last = work.session.exec(
        select(sa.func.max(DecisionStep.number)).where(DecisionStep.decision_id == decision.id)
    ).one()
    work.session.add(
        DecisionStep(
            decision_id=decision.id,
            number=(last or 0) + 1,
            state=decision.state,
            actor_id=work.actor_id,
            at=work.now,
            text=text,
        )
    )
    work.session.flush()
    work.record(
        f"decision.{decision.state.value}",
        "decision",
        decision.id,
        outlet=str(decision.outlet_id),
        kind=decision.kind.value,
        by_rule=decision.by_rule,
    )


def locking(wanted: SelectOfScalar[Decision]) -> SelectOfScalar[Decision]:
    """The same question, whose rows nobody else changes meanwhile."""
    return wanted.with_for_update().execution_options(populate_existing=True)


def standing_of(outlet: Outlet) -> Standing:
    """An outlet as far as decisions change it."""
    return Standing(Tier(outlet.tier).value, outlet.class_, OutletStatus(outlet.status).value)


def today(work: Work) -> date:
    """The day in Asia/Shanghai."""
    return work.now.astimezone(SHANGHAI).date()


def _stands_on(decision: Decision) -> tuple[str, ...]:
    """The codes of the periods whose figures ask for a decision; a proposal by hand has none."""
    if not decision.by_rule:
        return ()
    return incentives.periods_of(decision.period) if is_given(decision.kind) else (decision.period,)


def _with_reason(work: Work, decision_id: UUID, seen: str, to: DecisionState, reason: str) -> Decision:
    decision = _decided(work, decision_id, seen, to)
    if not reason.strip():
        raise ReasonMissing()
    return _decide(work, decision, to, reason)


def _decided(work: Work, decision_id: UUID, seen: str, to: DecisionState) -> Decision:
    work.needs(Permission.DECIDE)
    decision = locked(work, decision_id)
    _check(decision, seen, to)
    # An approved one goes back only by being withdrawn, so that its letter is taken back with it.
    if decision.state not in WAITING:
        raise DecisionStateForbids(state=decision.state)
    if decision.proposed_by is not None and decision.proposed_by == work.actor_id:
        raise ProposerDecides()
    return decision


def _check(decision: Decision, seen: str, to: DecisionState) -> None:
    if not may_move(decision.state, to):
        raise DecisionStateForbids(state=decision.state)
    if decision_grounds.seen(decision) != seen:
        same_state = seen.partition(":")[0] == decision.state.value
        raise DecisionRewritten() if same_state else DecisionStateForbids(state=decision.state)


def _decide(work: Work, decision: Decision, to: DecisionState, reason: str) -> Decision:
    decision.reason, decision.decided_by, decision.decided_at = reason.strip(), work.actor_id, work.now
    move(work, decision, to, decision.reason)
    return decision


def other_start(work: Work, outlet: Outlet, after: date) -> OutletChange:
    """What an outlet's history keeps of another start of cooperation: it holds from itself on."""
    before = outlet.cooperation_since
    return OutletChange(
        id=uuid4(),
        outlet_id=outlet.id,
        field="since",
        before=before.isoformat() if before else "",
        after=after.isoformat(),
        from_day=after,
        at=work.now,
    )
