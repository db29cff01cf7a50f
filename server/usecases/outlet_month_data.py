"""The month of an outlet as facts for its report: its visits, failed items, actions, appeals, the composite of an agent."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import sqlalchemy as sa
from sqlmodel import col, select

from server.domain.access import Role
from server.domain.actions import LIVING, WAITING, ActionState
from server.domain.aggregates import mean
from server.domain.appeals import AppealState
from server.domain.composite import PARTS, Composite
from server.domain.exact import two_decimals
from server.domain.explain import Explanation
from server.domain.review import is_covert
from server.domain.units import paths_of
from server.domain.visit import SHANGHAI, VisitDocument, corrected
from server.domain.window import level_of
from server.queries import scope, words
from server.queries.figures import Span, figures, summed
from server.queries.outlet_months import outlet_months
from server.queries.period_reports import COUNTS
from server.reports import period_facts as facts
from server.reports import period_parts as parts
from server.reports.facts import Level, Outlet
from server.storage.actions import Action
from server.storage.appeals import Appeal
from server.storage.organisation import Unit, UnitKind, User
from server.storage.visits import Revision, Visit
from server.usecases import period_explained, period_read
from server.usecases.period_findings import Pictures, failures, findings
from server.usecases.period_followup import appeal_line, within
from server.usecases.period_read import Read, Taken, level_words, percent, score
from server.usecases.work import Work

TREND = 6
"""Months in the trend, the report's own included."""
_PARTS = ("C1 客户感知", "C2 暗访", "C3 片区经理检查", "C4 服务投诉", "C5 业务稽核", "C6 持证上岗")
_STATES = {
    ActionState.OPEN: "待完成",
    ActionState.REOPENED: "重新打开",
    ActionState.ANSWERED: "待验收",
    ActionState.ACCEPTED: "已通过",
}


def outlet_month(work: Work, read: Read, head: parts.Head) -> tuple[facts.OutletMonth, Pictures]:
    """Everything that the month's report shows, and the files of its photographs."""
    shown, pictures = findings(work, read, most=None)
    failed = failures(work, read)
    numbers = {(each.day, each.answers_sha256): each.report for each in period_read.basis(work, read)}
    sums = summed(work.connection, [one.counted for one in read.taken])
    composite = _reckoned(work, read)
    rated = period_explained.rating(work, read)
    outlet = _outlet(work, read)
    data = facts.OutletMonth(
        head=head,
        outlet=replace(outlet, star=rated[1]) if rated else outlet,
        star_period=rated[0].code if rated else None,
        visits=tuple(
            _visit(
                work, read, each, failed[each.visit.id], numbers[(each.visit.visit_date, each.answers_sha256)]
            )
            for each in read.taken
        ),
        kinds=period_read.by_kind(read),
        sections=tuple(
            parts.Mean(
                title=each.indicator.zh if read.wanted.language == "zh" else each.indicator.en,
                score=percent(each.ratio),
                n=each.visits,
            )
            for each in sums
        ),
        trend=_trend(work, read),
        findings=shown,
        actions=_actions(work, read),
        appeals=_appeals(work, read),
        composite=_composite(read, composite) if composite else None,
        evidence=period_read.basis(work, read),
        opened=period_explained.of_month(
            work, read, sums, composite.explanation if composite else None, rated[0] if rated else None
        ),
    )
    return data, pictures


def _visit(work: Work, read: Read, each: Taken, failed: int, number: str | None) -> facts.MonthVisit:
    visit = each.visit
    found: Level = "none"
    text = read.say("无得分")
    if visit.grave:
        found, text = "grave", read.say("有重大不合格项")
    elif each.counted.figure.score is not None:
        found, text = level_words(read, level_of(each.counted.figure.score, read.rules.window))
    inspector = work.session.get_one(User, visit.inspector_id)
    covert = is_covert(visit.kind, Role(inspector.role))
    revision = work.session.get_one(Revision, (visit.id, visit.accepted_revision))
    document = VisitDocument.model_validate_json(revision.document)
    started = corrected(document.started_at, document.clock_offset_ms).astimezone(SHANGHAI)
    return facts.MonthVisit(
        day=visit.visit_date,
        kind=read.say(words.KINDS[visit.kind.value]),
        score=score(each.counted.figure.score),
        level=found,
        verdict=text,
        failed=failed,
        half_day=("morning" if started.hour < 12 else "afternoon") if covert else None,
        report=number,
    )


def _trend(work: Work, read: Read) -> tuple[parts.Line, ...]:
    points = []
    for back in range(TREND - 1, -1, -1):
        month = read.wanted.period.back(back)
        span = Span.of(month, COUNTS, outlet=read.where.id, viewer=read.viewer)
        value = mean(each.score for each in figures(work.connection, span))
        points.append(parts.Point(label=month.code, value=score(value)))
    return (parts.Line(name=read.say("检查均分"), points=tuple(points)),)


def _actions(work: Work, read: Read) -> tuple[facts.ActionLine, ...]:
    """Those that were made or fell due in the month, and those that are still open."""
    first, after = within(read.wanted.period)
    rows = work.session.exec(
        select(Action)
        .where(
            scope.actions(read.viewer),
            Action.outlet_id == read.where.id,
            Action.state != ActionState.WITHDRAWN,
            col(Action.made_at) < after,
            sa.or_(col(Action.made_at) >= first, col(Action.due_at) >= first, col(Action.state).in_(LIVING)),
        )
        .order_by(col(Action.due_at), col(Action.id))
    )
    found = []
    for row in rows:
        waiting = row.state in WAITING
        late = row.due_at < work.now if waiting else bool(row.answered_at and row.answered_at > row.due_at)
        found.append(
            facts.ActionLine(
                item=row.item or "—",
                what=row.what,
                due=row.due_at.astimezone(SHANGHAI).date(),
                state=read.say(_STATES[row.state]),
                late=late,
                open=waiting,
            )
        )
    return tuple(found)


def _appeals(work: Work, read: Read) -> tuple[parts.AppealLine, ...]:
    ids = [each.visit.id for each in read.taken]
    rows = work.session.exec(
        select(Appeal, Visit)
        .join(Visit, col(Visit.id) == col(Appeal.visit_id))
        .where(col(Visit.id).in_(ids), Appeal.state != AppealState.RECEIVING)
        .order_by(col(Appeal.made_at))
    ).all()
    assert read.where.outlet is not None
    return tuple(appeal_line(work, read, appeal, visit, read.where.outlet) for appeal, visit in rows)


def _reckoned(work: Work, read: Read) -> Composite | None:
    months = outlet_months(
        work.connection, read.wanted.period, outlet=read.where.id, rules=read.rules, viewer=read.viewer
    )
    return months[read.where.id].composite


def _composite(read: Read, found: Composite) -> facts.Composite:
    said = []
    missing = []
    parts = []
    names = dict(zip(PARTS, _PARTS, strict=True))
    for part in found.explanation.parts:
        name = read.say(names[part.figure])
        weight = dict(part.inputs).get("weight_taken")
        taken = Fraction(weight) if isinstance(weight, Fraction | int) else Fraction(0)
        value = Fraction(part.value) if isinstance(part.value, Fraction | int) else None
        if value is None:
            missing.append(name)
        parts.append(
            facts.CompositePart(
                name=name,
                weight=score(taken) or "0.00",
                value=score(value),
                points=score(taken * (value or 0)) or "0.00",
                how=_how(read, part),
            )
        )
    if missing:
        said.append(
            read.say("没有数据的部分：{names}。它们的权重按比例摊给有数据的部分。").format(
                names=read.say("、").join(missing)
            )
        )
    if found.hundredths is None:
        said.append(read.say("有数据的权重不到规则要求，本月不评。"))
    bonus = dict(found.explanation.inputs)["bonus"]
    return facts.Composite(
        score=two_decimals(found.hundredths) if found.hundredths is not None else None,
        parts=tuple(parts),
        bonus=score(Fraction(bonus)) or "0.00" if isinstance(bonus, Fraction | int) else "0.00",
        said=tuple(said),
    )


def _how(read: Read, part: Explanation) -> str:
    """Where a part's figure came from: how many visits, and from when where the month itself has none."""
    if part.value is None:
        return read.say("没有数据")
    visits = dict(part.inputs).get("visits")
    said = read.say("{n} 次检查").format(n=visits) if visits is not None else ""
    for note in part.notes:
        noted = dict(note.facts)
        if note.code == "latest-taken":
            said += read.say("，取自 {when}").format(when=noted["day"])
        elif note.code == "month-taken":
            said += read.say("，取自 {when}").format(when=noted["month"])
    return said


def _outlet(work: Work, read: Read) -> Outlet:
    outlet = read.where.outlet
    assert outlet is not None
    names = {
        unit.kind: unit.name
        for unit in work.session.exec(select(Unit).where(col(Unit.path).in_(paths_of(outlet.unit_path))))
    }
    return Outlet(
        name=outlet.name,
        code=outlet.code,
        tier=read.say(words.TIERS[outlet.tier.value]),
        outlet_class=outlet.class_ or None,
        star=outlet.star,
        branch=names.get(UnitKind.BRANCH, ""),
        county=names.get(UnitKind.COUNTY, ""),
        area=names.get(UnitKind.AREA, ""),
    )
