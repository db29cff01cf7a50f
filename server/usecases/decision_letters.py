"""The letter of a decision: signed when it is approved, replaced by one that says so when it is withdrawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlmodel import col, select

from server.domain import dates
from server.domain.deciding import DECIDED, FIELDS, DecisionState, is_adverse, is_given
from server.domain.periods import Period
from server.domain.rules import fingerprint
from server.domain.units import paths_of
from server.domain.visit import SHANGHAI
from server.queries import decision_words, decisions, words
from server.queries.rules import rule_set
from server.reports.facts import Outlet as Told
from server.reports.facts import Reviewer, Standard, Superseded
from server.reports.letter_facts import Ground, Letter
from server.storage.decisions import Decision
from server.storage.organisation import Outlet, Unit, UnitKind, User
from server.usecases import letters
from server.usecases.work import Office, Work

_OBJECTION = "对本决定有异议的，可以书面向{issuer}提出，并附证据；异议由未参与本决定的人员答复。"


def issue(office: Office, decision_id: UUID) -> None:
    """Sign the letter of an approved decision, or the one that takes a letter back; doing it again changes nothing."""
    with office.work(write=False) as work:
        decision = work.session.get(Decision, decision_id)
        if decision is None or decision.effective_on is None:
            return
        taken_back = decision.state is DecisionState.WITHDRAWN
        # A decision that was withdrawn before its letter was signed was never told to anybody.
        if taken_back and decision.letter_id is None:
            return
        if not taken_back and decision.state not in DECIDED:
            return
        letter = _written(work, decision, decision.effective_on, taken_back=taken_back)

    def write(report_id: str, number: str, verify_url: str, older: Superseded | None) -> Letter:
        return replace(letter, report_id=report_id, number=number, verify_url=verify_url, supersedes=older)

    report = letters.issue(office, decision.outlet_id, decision.effective_on, write, decision.id)
    with office.work() as work:
        kept = work.session.get_one(Decision, decision_id)
        kept.letter_id = report.id


def _written(work: Work, decision: Decision, effective_on: date, *, taken_back: bool) -> Letter:
    """What it says, of the outlet as it was before: the same whenever it is written."""
    outlet = work.session.get_one(Outlet, decision.outlet_id)
    kind, rules = decision.kind.value, rule_set(work.connection, decision.rules_version)
    units, field = _above(work, outlet), FIELDS[decision.kind]
    issuer = units.get(UnitKind.PROVINCE, "省公司") + "客户服务部"
    what = decision_words.decided(kind, decision.before, decision.after, str)
    grounds = [
        Ground(text=each.fact, rule=each.rule, evidence=_period(each.period or decision.period))
        for each in decision_words.grounds(kind, decisions.unpacked(decision), str)
        if each.holds is not False
    ]
    if not decision.by_rule:
        grounds = [Ground(text=decision.why, rule="人工提出", evidence="—")]
    return Letter(
        report_id="",
        number="",
        verify_url="",
        language="zh",
        issuer=issuer,
        issued_at=decision.decided_at or work.now,
        outlet=Told(
            name=outlet.name,
            code=outlet.code,
            tier=words.TIERS[decision.before if field == "tier" else outlet.tier.value],
            outlet_class=(decision.before if field == "class" else outlet.class_) or None,
            branch=units.get(UnitKind.BRANCH, ""),
            county=units.get(UnitKind.COUNTY, ""),
            area=units.get(UnitKind.AREA, ""),
        ),
        decision=f"撤回原决定（{what}），该决定不再生效" if taken_back else what,
        adverse=not taken_back and is_adverse(decision.kind, decision.before, decision.after),
        period=_period(decision.period) if decision.by_rule else _period(_day_of(decision)[:7]),
        effective=effective_on,
        grounds=tuple(grounds),
        objection=_OBJECTION.format(issuer=issuer),
        rules=Standard(title="规则集", version=rules.version, sha256=fingerprint(rules)),
        reason=decision.reason,
        signers=tuple(_signers(work, decision)),
        incentive=is_given(decision.kind),
    )


def _signers(work: Work, decision: Decision) -> list[Reviewer]:
    """Who proposed it by hand, and who approved it or took it back."""
    found = []
    for user_id, role, at in (
        (decision.proposed_by, "提出", decision.proposed_at),
        (decision.decided_by, "决定", decision.decided_at),
    ):
        user = work.session.get(User, user_id) if user_id else None
        if user is not None and at is not None:
            found.append(Reviewer(role=role, name=user.name, at=at))
    return found


def _above(work: Work, outlet: Outlet) -> dict[UnitKind, str]:
    rows = work.session.exec(
        select(Unit.kind, Unit.name).where(col(Unit.path).in_(paths_of(outlet.unit_path)))
    )
    return {UnitKind(kind): name for kind, name in rows}


def _day_of(decision: Decision) -> str:
    return decision.proposed_at.astimezone(SHANGHAI).date().isoformat()


def _period(code: str) -> str:
    """A period, or a day, as a letter writes it."""
    if code.count("-") == 2:
        return dates.day(date.fromisoformat(code), "zh")
    return dates.period(Period.read(code), "zh")
