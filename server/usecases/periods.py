"""Periods: draft, five days open, publish, close; open again with a reason and four eyes."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col, select

from server.domain.access import SYSTEM, Permission, Viewer
from server.domain.appeals import last_day
from server.domain.closing import (
    FourEyes,
    PartsNotClosed,
    PeriodBuiltOn,
    PeriodComputedMeanwhile,
    PeriodNotRated,
    PeriodOutdated,
    PeriodRuns,
    PeriodStandsOpen,
    PeriodStateForbids,
    ReopeningAsked,
    VisitsUnpublished,
    builds_on,
    is_computed,
    open_until,
    read_period,
)
from server.domain.engine import ENGINE
from server.domain.errors import NotFound, ReasonMissing
from server.domain.periods import Period
from server.domain.visit import SHANGHAI, VisitState
from server.queries import period_checks, period_grounds, results
from server.queries.calendars import calendars_of
from server.queries.rules import rule_set, rules_on
from server.storage.facts import VisitFacts
from server.storage.periods import PeriodReopening, PeriodRow, PeriodState
from server.storage.visits import Visit
from server.usecases import facts as visit_facts
from server.usecases import (
    fix_counts,
    outlet_stars,
    period_corrections,
    period_rounds,
    round_portions,
    weak_items,
)
from server.usecases.period_rounds import Round
from server.usecases.round_portions import Portion
from server.usecases.work import Office, Work

S = PeriodState
_REDRAWN = (S.DRAFT, S.OPEN)
"""In these states a period is computed anew as a whole."""


def draft(office: Office, viewer: Viewer, code: str) -> None:
    """Compute a period, or compute it anew while it is a draft or stands open.

    Figures are laid down portion by portion, each in a transaction of its own, so that others go on writing; readers see
    the figures of before until all are there. Of several at once the first to end counts. Raises NotAllowed,
    PeriodUnknown, PeriodRuns, PeriodBuiltOn, PeriodStateForbids, PeriodComputedMeanwhile.
    """
    with office.work(viewer) as work:
        round_, portions = begin_draft(work, code)
    try:
        for step in round_portions.on_cores(office.settings.database, round_.frame, portions):
            with office.work() as work:
                period_rounds.keep(work, round_, step)
        with office.work(viewer) as work:
            end_draft(work, round_)
    except Exception:
        with office.work() as work:
            period_rounds.clear(work, code, round_.stage)
        raise


def draft_at_once(work: Work, code: str) -> PeriodRow:
    """The same within one transaction."""
    round_, portions = begin_draft(work, code)
    for step in round_portions.here(work.connection, round_.frame, portions):
        period_rounds.keep(work, round_, step)
    return end_draft(work, round_)


def begin_draft(work: Work, code: str) -> tuple[Round, list[Portion]]:
    """Begin to compute a period: a round of its own, and the portions to be laid down in it."""
    work.needs(Permission.CLOSE_PERIODS)
    period = read_period(code)
    today = work.now.astimezone(SHANGHAI).date()
    if period.first > today:
        raise PeriodRuns(last=period.last.isoformat())
    rules = rules_on(work.connection, period.first)
    if not is_computed(period.kind, rules.stars.period, rules.classes.period):
        raise PeriodNotRated()
    row = period_rounds.found(work, code)
    if row is not None and row.state not in _REDRAWN:
        raise PeriodStateForbids(state=row.state)
    if row is None:
        _nothing_built_on(work, period)
    for month in period_grounds.counted(period, rules):
        if month.first <= today and not results.standing(work.connection, month.code):
            fix_counts.keep(work, month)
    round_ = period_rounds.begin(work, period)
    portions = round_portions.listed(work.connection, round_.frame, round_.places)
    composites = round_portions.composites(portions)
    round_.parts = period_grounds.written(period_grounds.parts(work.connection, period, rules, composites))
    return round_, portions


def end_draft(work: Work, round_: Round) -> PeriodRow:
    """Let what was laid down be the period's figures, unless somebody else was done with it first."""
    code = round_.period.code
    row = period_rounds.found(work, code)
    # Somebody may have published it while it was computed: what stands stays.
    if row is not None and row.state not in _REDRAWN:
        raise PeriodStateForbids(state=row.state)
    if period_rounds.before_of(row) != round_.before:
        raise PeriodComputedMeanwhile()
    if row is None:
        row = PeriodRow(
            code=code,
            kind=round_.period.kind,
            state=S.DRAFT,
            rules_version=round_.rules.version,
            drafted_at=work.now,
            changed_at=work.now,
        )
        work.session.add(row)
    work.session.flush()
    period_rounds.become(work, round_, row.round)
    row.rules_version, row.engine, row.digest = round_.rules.version, ENGINE, round_.digest
    row.imports, row.parts = round_.imports, round_.parts
    row.drafted_at = round_.source.at or work.now
    row.changed_at = work.now
    work.session.flush()
    row.parts = period_grounds.parts_compared(work.connection, row)
    period_corrections.take_in(work, row)
    if row.state is S.OPEN:
        _nothing_covert(work, row)
    work.record("period.drafted", "period", code, round=row.round, figures=len(round_.hashes))
    return row


def open_draft(work: Work, code: str) -> PeriodRow:
    """Let a draft of a period that is over stand open to objections for as many working days as the rules say.

    From now on branches and areas see it. Raises NotAllowed, NotFound, PeriodStateForbids, PeriodRuns, PeriodBuiltOn, PeriodOutdated,
    VisitsUnpublished.
    """
    row, period = _row(work, code, S.DRAFT)
    today = work.now.astimezone(SHANGHAI).date()
    if period.after > today:
        raise PeriodRuns(last=period.last.isoformat())
    if not row.digest:
        raise PeriodStateForbids(state=row.state)
    _nothing_built_on(work, period)
    _nothing_newer(work, row)
    _nothing_covert(work, row)
    days = rule_set(work.connection, row.rules_version).stars.draft_working_days
    row.open_until = open_until(calendars_of(work.settings), today, days)
    _moved(work, row, S.OPEN, "period.opened", until=row.open_until.isoformat())
    return row


def publish(work: Work, code: str) -> PeriodRow:
    """Give a period out to the outlets once it has stood open long enough; a quarter moves the tracked weak items.

    Raises NotAllowed, NotFound, PeriodStateForbids, PeriodStandsOpen, PeriodBuiltOn, VisitsUnpublished, PeriodOutdated.
    """
    row, period = _row(work, code, S.OPEN)
    if row.open_until is not None and work.now < row.open_until:
        raise PeriodStandsOpen(until=last_day(row.open_until))
    _nothing_built_on(work, period)
    _nothing_covert(work, row)
    _nothing_newer(work, row)
    period_corrections.take_in(work, row)
    row.published_at, row.closed_at, row.closed_by = work.now, None, None
    _moved(work, row, S.PUBLISHED, "period.published")
    period_corrections.compare_parts(work, code)
    if row.kind == "quarter":
        weak_items.follow(work, code)
    outlet_stars.give(work, row)
    return row


def close(work: Work, code: str) -> PeriodRow:
    """Close a published period: from now on nothing that it was computed from counts in it any more.

    What is still open is listed by `period_checks`; visits that are accepted later count in the period of their
    acceptance, and appeals upheld later settle in the next month. So do accepted ones that are not published: they are
    carried, marked late. Published visits of a closed quarter become final.
    Raises NotAllowed, NotFound, PeriodStateForbids, PartsNotClosed, PeriodOutdated.
    """
    row, period = _row(work, code, S.PUBLISHED)
    parts = period_checks.open_parts(work.connection, period)
    if parts:
        raise PartsNotClosed(periods=" ".join(parts))
    _nothing_newer(work, row)
    left = {check.code: check.count for check in period_checks.checks(work.connection, period, row)}
    late = period_corrections.take_in(work, row)
    final = _final(work, period) if period.kind == "quarter" else 0
    row.closed_at, row.closed_by = work.now, work.actor_id
    row.reopen_asked_by, row.reopen_why = None, ""
    _moved(work, row, S.CLOSED, "period.closed", left=left, final=final)
    work.session.flush()
    for visit_id in late:
        visit = work.session.get_one(Visit, visit_id)
        visit_facts.carry(work, visit)
        period_corrections.followed(work, visit)
    return row


def ask_to_reopen(work: Work, code: str, why: str) -> PeriodRow:
    """Ask for a closed period to be opened again; somebody else has to agree. Who asked why, and who answered, is kept.

    So it is with a published one that cannot be closed, since its figures are older than what they are computed from.
    Raises NotAllowed, NotFound, PeriodStateForbids, ReopeningAsked, PeriodBuiltOn, ReasonMissing.
    """
    row, period = _reopenable(work, code)
    if row.reopen_asked_by is not None:
        raise ReopeningAsked()
    if not why.strip():
        raise ReasonMissing()
    _nothing_built_on(work, period)
    row.reopen_asked_by, row.reopen_why, row.changed_at = work.actor_id, why.strip(), work.now
    number = work.session.exec(
        select(sa.func.count()).select_from(PeriodReopening).where(PeriodReopening.period == code)
    ).one()
    made = PeriodReopening(
        period=code, number=number + 1, asked_by=row.reopen_asked_by, asked_at=work.now, why=row.reopen_why
    )
    work.session.add(made)
    work.record("period.reopen-asked", "period", code, number=made.number)
    return row


def reopen(work: Work, code: str) -> PeriodRow:
    """Agree to open a closed period again: a new round, to be computed anew; its figures of before stay readable.

    Outlets, and until it stands open again branches and areas, go on reading the round of before.
    Raises NotAllowed, NotFound, PeriodStateForbids, PeriodBuiltOn, FourEyes.
    """
    row, period = _reopenable(work, code)
    if row.reopen_asked_by is None:
        raise PeriodStateForbids(state=row.state)
    if row.reopen_asked_by == work.actor_id:
        raise FourEyes()
    _nothing_built_on(work, period)
    period_rounds.end(work, code, row.round)
    row.round += 1
    row.digest = ""
    row.open_until = None
    _answered(work, row, agreed=True)
    asked_by, row.reopen_asked_by = row.reopen_asked_by, None
    _moved(work, row, S.DRAFT, "period.reopened", asked_by=str(asked_by))
    return row


def refuse_reopening(work: Work, code: str, why: str = "") -> PeriodRow:
    """Let a closed period stay closed, for a reason; whoever asked withdraws the request and needs none.

    Raises NotAllowed, NotFound, PeriodStateForbids, ReasonMissing.
    """
    row, _ = _reopenable(work, code)
    if row.reopen_asked_by is None:
        raise PeriodStateForbids(state=row.state)
    own = row.reopen_asked_by == work.actor_id
    if not own and not why.strip():
        raise ReasonMissing()
    _answered(work, row, agreed=False, answer=why.strip())
    row.reopen_asked_by, row.reopen_why, row.changed_at = None, "", work.now
    work.record("period.reopen-withdrawn" if own else "period.reopen-refused", "period", code)
    return row


def _answered(work: Work, row: PeriodRow, *, agreed: bool, answer: str = "") -> None:
    """Keep who answered the request that waits."""
    asked = work.session.exec(
        select(PeriodReopening).where(
            PeriodReopening.period == row.code, col(PeriodReopening.answered_at).is_(None)
        )
    )
    for each in asked:
        each.agreed, each.answered_by, each.answered_at = agreed, work.actor_id, work.now
        each.answer = answer


def _row(work: Work, code: str, state: PeriodState) -> tuple[PeriodRow, Period]:
    work.needs(Permission.CLOSE_PERIODS)
    row = period_rounds.found(work, code)
    if row is None:
        raise NotFound()
    if row.state is not state:
        raise PeriodStateForbids(state=row.state)
    return row, read_period(code)


def _reopenable(work: Work, code: str) -> tuple[PeriodRow, Period]:
    row = period_rounds.found(work, code)
    late = row is not None and row.state is S.PUBLISHED and period_grounds.outdated(work.connection, row)
    return _row(work, code, S.PUBLISHED if late else S.CLOSED)


def _moved(work: Work, row: PeriodRow, state: PeriodState, event: str, **facts: object) -> None:
    row.state, row.changed_at = state, work.now
    work.record(event, "period", row.code, round=row.round, **facts)


def _nothing_covert(work: Work, row: PeriodRow) -> None:
    if waiting := period_checks.unpublished(work.connection, row):
        raise VisitsUnpublished(count=waiting)


def _nothing_newer(work: Work, row: PeriodRow) -> None:
    if newer := period_grounds.outdated(work.connection, row, work.now.astimezone(SHANGHAI).date()):
        raise PeriodOutdated(periods=" ".join(newer))


def _nothing_built_on(work: Work, period: Period) -> None:
    mine = rules_on(work.connection, period.first).stars.period
    later = [
        row.code
        for row in results.periods(work.connection, SYSTEM)
        if row.state is S.CLOSED
        and builds_on(
            Period.read(row.code), period, rule_set(work.connection, row.rules_version).stars.period, mine
        )
    ]
    if later:
        raise PeriodBuiltOn(periods=" ".join(sorted(later)))


def _final(work: Work, period: Period) -> int:
    """Let the published visits that count in a quarter be final; of those that count nowhere, the ones of its days."""
    work.session.flush()
    table = Visit.__table__  # type: ignore[attr-defined]
    day = sa.select(col(VisitFacts.counts_on)).where(col(VisitFacts.visit_id) == table.c.id).scalar_subquery()
    counted = sa.func.coalesce(day, table.c.visit_date)
    done = work.connection.execute(
        sa.update(table)
        .where(
            # What was carried counts on a later day than its own.
            table.c.visit_date < period.after,
            counted >= period.first,
            counted < period.after,
            col(Visit.state) == VisitState.PUBLISHED,
        )
        .values(state=VisitState.FINAL, changed_at=work.now)
    )
    work.session.expire_all()
    return int(done.rowcount)
