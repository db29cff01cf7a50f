"""The month of an outlet as facts for its report: its visits, failed items, actions, appeals, the composite of an agent."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa
from sqlmodel import col, select

from server.domain.access import Role
from server.domain.actions import LIVING, WAITING, ActionState
from server.domain.aggregates import mean
from server.domain.appeals import AppealState
from server.domain.review import is_covert
from server.domain.units import paths_of
from server.domain.visit import SHANGHAI, VisitDocument, corrected
from server.domain.window import level_of
from server.queries import scope, words
from server.queries.figures import summed
from server.queries.period_reports import visits_of
from server.reports import period_facts as facts
from server.reports import period_parts as parts
from server.reports.facts import Level, Outlet
from server.storage.actions import Action
from server.storage.appeals import Appeal
from server.storage.organisation import Unit, UnitKind, User
from server.storage.visits import Revision, Visit
from server.usecases import composite_data, period_explained, period_read
from server.usecases.period_findings import Pictures, failures, findings, results_of
from server.usecases.period_followup import appeal_line, within
from server.usecases.period_read import Read, Taken, level_words, percent, score
from server.usecases.work import Work

TREND = 6
"""Months in the trend, the report's own included."""
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
    told = composite_data.told_of(work, read)
    grave = {visit for visit, result in results_of(work, read).items() if result["grave"]}
    rated = period_explained.rating(work, read)
    outlet = _outlet(work, read)
    data = facts.OutletMonth(
        head=head,
        outlet=replace(outlet, star=rated[1]) if rated else outlet,
        star_period=rated[0].code if rated else None,
        visits=tuple(
            _visit(
                work,
                read,
                each,
                failed[each.visit.id],
                numbers[(each.visit.visit_date, each.answers_sha256)],
                grave=each.visit.id in grave,
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
        composite=composite_data.composite(work, read, told) if told else None,
        no_composite="" if told else composite_data.without(work, read),
        corrected=composite_data.corrected(read),
        evidence=period_read.basis(work, read),
        opened=period_explained.of_month(work, read, sums, told, rated[0] if rated else None),
    )
    return data, pictures


def _visit(
    work: Work, read: Read, each: Taken, failed: int, number: str | None, *, grave: bool
) -> facts.MonthVisit:
    visit = each.visit
    found: Level = "none"
    text = read.say("无得分")
    if grave:
        found, text = "grave", read.say("有重大不合格项")
    elif each.counted.figure.score is not None:
        found, text = level_words(read, level_of(each.counted.figure.score, read.rules.window))
    inspector = work.session.get_one(User, visit.inspector_id)
    covert = is_covert(visit.kind, Role(inspector.role))
    revision = work.session.get_one(Revision, (visit.id, each.revision))
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
        counted = visits_of(work.connection, read.wanted.kind, read.where, month, read.wanted.edition)
        value = mean(each.figure.score for each in counted)
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


def _outlet(work: Work, read: Read) -> Outlet:
    outlet = read.where.outlet
    assert outlet is not None
    then = read.then
    path = then.unit_path if then else outlet.unit_path
    names = {
        unit.kind: unit.name
        for unit in work.session.exec(select(Unit).where(col(Unit.path).in_(paths_of(path))))
    }
    return Outlet(
        name=outlet.name,
        code=outlet.code,
        tier=read.say(words.TIERS[then.tier if then else outlet.tier.value]),
        outlet_class=(then.class_ if then else outlet.class_) or None,
        star=outlet.star,
        branch=names.get(UnitKind.BRANCH, ""),
        county=names.get(UnitKind.COUNTY, ""),
        area=names.get(UnitKind.AREA, ""),
    )
