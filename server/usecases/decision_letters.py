"""The letter of a decision: signed when it is approved, replaced by one that says so when it is withdrawn, held or refused after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from sqlmodel import col, select

from server.domain import dates
from server.domain.deciding import DECIDED, FIELDS, DecisionState, is_adverse, is_given
from server.domain.periods import Period
from server.domain.rules import fingerprint
from server.domain.units import paths_of
from server.domain.visit import SHANGHAI
from server.queries import decision_words, decisions, outlets_then, words
from server.queries.rules import rule_set
from server.reports.facts import Outlet as Told
from server.reports.facts import Reviewer, Standard, Superseded
from server.reports.letter_facts import Ground, Letter, Notice
from server.storage.decisions import Decision, DecisionStep
from server.storage.organisation import Outlet, Unit, UnitKind, User
from server.usecases import letters
from server.usecases.work import Office, Work

_NOTICES: dict[DecisionState, Notice] = {
    DecisionState.WITHDRAWN: "withdrawn",
    DecisionState.REJECTED: "withdrawn",
    DecisionState.HELD: "held",
}
_TAKEN_BACK: dict[Notice, str] = {
    "withdrawn": "撤回原决定（{what}，原定 {day} 起生效）",
    "held": "暂缓执行原决定（{what}，原定 {day} 起生效）",
}
_OBJECTION = "对本决定有异议的，可以书面向{issuer}提出，并附证据；异议由未参与本决定的人员答复。"


def issue(office: Office, decision_id: UUID) -> None:
    """Sign the letter of an approved decision, or the one that takes a letter back; doing it again changes nothing.

    An approved decision is also taken back where the system held it, since its outlet changed before its day.
    """
    with office.work(write=False) as work:
        decision = work.session.get(Decision, decision_id)
        if decision is None or decision.effective_on is None:
            return
        notice = _NOTICES.get(decision.state)
        # A decision that was taken back before its letter was signed was never told to anybody.
        if notice and decision.letter_id is None:
            return
        if notice:
            letter = _taken_back(work, decision, decision.effective_on, notice)
        elif decision.state in DECIDED:
            at = decision.decided_at or work.now
            letter = _written(work, decision, decision.effective_on, at)
        else:
            return

    def write(report_id: str, number: str, verify_url: str, older: Superseded | None) -> Letter:
        return replace(letter, report_id=report_id, number=number, verify_url=verify_url, supersedes=older)

    report = letters.issue(
        office, decision.outlet_id, letter.effective, write, decision.id, decision.letter_id
    )
    with office.work() as work:
        kept = work.session.get_one(Decision, decision_id)
        kept.letter_id = report.id
        moved = _NOTICES.get(kept.state) != notice
    if moved:
        # It was taken back, or decided again, while its letter was printed.
        issue(office, decision_id)


def _taken_back(work: Work, decision: Decision, effective_on: date, notice: Notice) -> Letter:
    """The letter that takes an approved one back: for the reason and from the day on which that was done."""
    step = work.session.exec(
        select(DecisionStep)
        .where(DecisionStep.decision_id == decision.id, DecisionStep.state == decision.state)
        .order_by(col(DecisionStep.number).desc())
    ).first()
    if step is None:
        raise LookupError(f"decision {decision.id} is {decision.state} without a step that says so")
    letter = _written(work, decision, effective_on, step.at)
    day = dates.day(effective_on, "zh")
    return replace(
        letter,
        decision=_TAKEN_BACK[notice].format(what=letter.decision, day=day),
        adverse=False,
        period="",
        effective=step.at.astimezone(SHANGHAI).date(),
        grounds=(),
        reason=decision_words.reason(step.text, str),
        signers=tuple(_signers(work, (step.actor_id, "决定", step.at))),
        notice=notice,
    )


def _written(work: Work, decision: Decision, effective_on: date, at: datetime) -> Letter:
    """What it says, of the outlet as it was when that was decided: but for the instant of signing the same whenever it is written."""
    outlet = work.session.get_one(Outlet, decision.outlet_id)
    was = outlets_then.standing_at(work.connection, outlet.id, at)
    kind, rules = decision.kind.value, rule_set(work.connection, decision.rules_version)
    units, field = _above(work, was.get("unit", outlet.unit_path)), FIELDS[decision.kind]
    issuer = units.get(UnitKind.PROVINCE, "省公司") + "客户服务部"
    grounds = [
        Ground(text=each.fact, rule=each.rule, evidence=_period(each.period or decision.period))
        for each in decision_words.grounds(kind, decisions.unpacked(decision), str)
        if each.holds is not False
    ]
    if not decision.by_rule:
        grounds = [Ground(text=decision.why, rule="人工提出", evidence="—")]
    proposed = (decision.proposed_by, "提出", decision.proposed_at)
    approved = (decision.decided_by, "决定", decision.decided_at)
    return Letter(
        report_id="",
        number="",
        verify_url="",
        language="zh",
        issuer=issuer,
        issued_at=work.now,
        outlet=Told(
            name=outlet.name,
            code=outlet.code,
            tier=words.TIERS[decision.before if field == "tier" else was.get("tier", outlet.tier.value)],
            outlet_class=(decision.before if field == "class" else was.get("class", outlet.class_)) or None,
            branch=units.get(UnitKind.BRANCH, ""),
            county=units.get(UnitKind.COUNTY, ""),
            area=units.get(UnitKind.AREA, ""),
        ),
        decision=decision_words.decided(kind, decision.before, decision.after, str),
        adverse=is_adverse(decision.kind, decision.before, decision.after),
        # Whoever proposed by hand named grounds and no period.
        period=_period(decision.period) if decision.by_rule else "",
        effective=effective_on,
        grounds=tuple(grounds),
        objection=_OBJECTION.format(issuer=issuer),
        rules=Standard(title="规则集", version=rules.version, sha256=fingerprint(rules)),
        reason=decision.reason,
        signers=tuple(_signers(work, proposed, approved)),
        incentive=is_given(decision.kind),
    )


def _signers(work: Work, *acts: tuple[UUID | None, str, datetime | None]) -> Iterator[Reviewer]:
    """People and what they did; the rules and the system sign nothing."""
    for user_id, role, at in acts:
        user = work.session.get(User, user_id) if user_id else None
        if user is not None and at is not None:
            yield Reviewer(role=role, name=user.name, at=at)


def _above(work: Work, path: str) -> dict[UnitKind, str]:
    rows = work.session.exec(select(Unit.kind, Unit.name).where(col(Unit.path).in_(paths_of(path))))
    return {UnitKind(kind): name for kind, name in rows}


def _period(code: str) -> str:
    """A period, or a day, as a letter writes it."""
    if code.count("-") == 2:
        return dates.day(date.fromisoformat(code), "zh")
    return dates.period(Period.read(code), "zh")
