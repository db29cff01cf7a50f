"""Visits that are accepted while their period is drafted, stands open, is published: they count in it, or are carried."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction

from sqlmodel import select

from server.domain.access import SYSTEM, Role, Viewer
from server.domain.periods import Period
from server.domain.visit import VisitState
from server.queries import period_checks, results
from server.storage.facts import VisitFacts
from server.storage.organisation import User
from server.storage.periods import PeriodRow, PeriodState
from server.storage.visits import Visit
from server.usecases import periods, replay, review
from server.usecases.work import Office
from server.worker import run_once
from tests import make, submitted
from tests.conftest import Clock
from tests.usecases.test_periods import (
    FAILED,
    LAST_YEAR,
    NOVEMBER,
    accepted,
    agent,
    closed,
    december,
    do,
    figure,
    hq,
    nobody_twice,
    shopper,
    state,
)

__all__ = ["hq", "nobody_twice", "shopper"]
DECEMBER = "2026-12"


def accept(office: Office, visit: Visit, *, published: bool = True) -> None:
    with office.work(submitted.reviewer(office)) as work:
        review.decide(work, visit.id, 1, "accept")
    if published:
        publish(office, visit)


def publish(office: Office, visit: Visit) -> None:
    with office.work() as work:
        found = work.session.get_one(Visit, visit.id)
        found.state, found.published_at = VisitState.PUBLISHED, work.now
        work.record("visit.published", "visit", visit.id, revision=found.revision)


def facts_of(office: Office, visit: Visit) -> VisitFacts:
    with office.work(write=False) as work:
        return work.session.exec(select(VisitFacts).where(VisitFacts.visit_id == visit.id)).one()


def checked(office: Office, code: str) -> dict[str, int]:
    with office.work(write=False) as work:
        row = work.session.get(PeriodRow, code)
        found = period_checks.checks(work.connection, Period.read(code), row)
    return {check.code: check.count for check in found}


def test_a_visit_accepted_while_its_month_is_a_draft_or_stands_open_counts_in_it(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    outlet, other = agent(both), agent(both)
    first, second = submitted.visit(both, shopper, outlet), submitted.visit(both, shopper, other)
    periods.draft(both, hq, NOVEMBER)
    accept(both, first)
    run_once(both)
    assert figure(both, NOVEMBER, "composite", outlet.id).exact == Fraction("97.00")
    december(clock)
    periods.draft(both, hq, NOVEMBER)
    do(both, hq, periods.open_draft, NOVEMBER)
    accept(both, second)
    run_once(both)
    assert figure(both, NOVEMBER, "composite", other.id).exact == Fraction("97.00")
    assert do(both, SYSTEM, replay.replay, NOVEMBER).same
    assert state(both, NOVEMBER).round == 1


def test_publishing_takes_in_what_was_accepted_and_not_yet_followed(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    outlet = agent(both)
    waits = submitted.visit(both, shopper, outlet, answers=FAILED)
    december(clock)
    periods.draft(both, hq, NOVEMBER)
    do(both, hq, periods.open_draft, NOVEMBER)
    accept(both, waits)
    clock.forward(days=9)
    assert checked(both, NOVEMBER)["visits-coming"] == 1
    do(both, hq, periods.publish, NOVEMBER)
    assert figure(both, NOVEMBER, "composite", outlet.id).exact == Fraction("93.00")
    assert "visits-coming" not in checked(both, NOVEMBER)
    assert do(both, SYSTEM, replay.replay, NOVEMBER).same


def test_a_visit_accepted_between_publication_and_close_counts_as_a_round_of_its_own(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    outlet = agent(both)
    waits = submitted.visit(both, shopper, outlet, answers=FAILED)
    december(clock)
    periods.draft(both, hq, NOVEMBER)
    do(both, hq, periods.open_draft, NOVEMBER)
    clock.forward(days=9)
    do(both, hq, periods.publish, NOVEMBER)
    before = figure(both, NOVEMBER, "composite", outlet.id).exact
    accept(both, waits)
    do(both, hq, periods.close, NOVEMBER)
    assert figure(both, NOVEMBER, "composite", outlet.id).exact == Fraction("93.00")
    assert figure(both, NOVEMBER, "composite", outlet.id, round_=1).exact == before
    assert facts_of(both, waits).counts_on == date(2026, 11, 21)
    assert do(both, SYSTEM, replay.replay, NOVEMBER).same


def test_a_covert_visit_enters_an_open_month_only_when_it_is_published(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    outlet = agent(both)
    waits = submitted.visit(both, shopper, outlet, answers=FAILED)
    december(clock)
    periods.draft(both, hq, NOVEMBER)
    do(both, hq, periods.open_draft, NOVEMBER)
    before = state(both, NOVEMBER).digest
    accept(both, waits, published=False)
    run_once(both)
    assert state(both, NOVEMBER).digest == before
    assert checked(both, NOVEMBER)["visits-carried"] == 1
    publish(both, waits)
    run_once(both)
    assert figure(both, NOVEMBER, "composite", outlet.id).exact == Fraction("93.00")


def test_a_covert_visit_that_the_close_does_not_wait_for_is_carried_and_marked_late(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    outlet = agent(both)
    waits = submitted.visit(both, shopper, outlet, answers=FAILED)
    december(clock)
    periods.draft(both, hq, NOVEMBER)
    do(both, hq, periods.open_draft, NOVEMBER)
    clock.forward(days=9)
    accept(both, waits, published=False)
    do(both, hq, periods.publish, NOVEMBER)
    do(both, hq, periods.close, NOVEMBER)
    assert facts_of(both, waits).counts_on == date(2026, 12, 10)
    periods.draft(both, hq, DECEMBER)
    with both.work(write=False) as work:
        told = results.explanation(work.connection, SYSTEM, DECEMBER, str(outlet.id), "composite")
    (mystery,) = [part for part in told["parts"] if part["figure"] == "mystery"]
    assert mystery["parts"][0]["notes"] == [{"code": "counts-late"}]
    assert do(both, SYSTEM, replay.replay, NOVEMBER).same


def test_a_reopened_month_takes_in_its_visit_although_a_later_month_is_closed(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    outlet = agent(both)
    missed = submitted.visit(both, shopper, outlet, answers=FAILED)
    december(clock)
    closed(both, clock, hq, NOVEMBER)
    with both.work() as work:
        work.session.add(
            PeriodRow(
                code=DECEMBER,
                kind="month",
                state=PeriodState.CLOSED,
                rules_version=1,
                drafted_at=work.now,
                changed_at=work.now,
            )
        )
    clock.now = datetime(2027, 1, 5, 3, tzinfo=UTC)
    do(both, hq, periods.ask_to_reopen, NOVEMBER, "漏了一次检查")
    other = submitted.viewer(make.user(both, role=Role.HQ))
    do(both, other, periods.reopen, NOVEMBER)
    accept(both, missed)
    assert facts_of(both, missed).counts_on == date(2026, 11, 21)
    periods.draft(both, hq, NOVEMBER)
    assert figure(both, NOVEMBER, "composite", outlet.id).exact == Fraction("93.00")


def test_a_visit_of_a_published_quarter_counts_in_it_when_it_is_accepted_late(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    hall = make.outlet(both, place=make.unit(both, "sx", "ty", "xd"))
    accepted(both, shopper, hall, **LAST_YEAR)
    late = submitted.visit(both, shopper, hall, answers=FAILED, **LAST_YEAR)
    clock.now = datetime(2026, 1, 5, 3, tzinfo=UTC)
    periods.draft(both, hq, "2025-Q4")
    do(both, hq, periods.open_draft, "2025-Q4")
    clock.forward(days=9)
    do(both, hq, periods.publish, "2025-Q4")
    assert figure(both, "2025-Q4", "visit-mean", "sx/ty/").exact == 100
    accept(both, late)
    run_once(both)
    assert figure(both, "2025-Q4", "visit-mean", "sx/ty/").exact == 85
    assert do(both, SYSTEM, replay.replay, "2025-Q4").same


def test_a_visit_that_was_carried_becomes_final_with_the_quarter_in_which_it_counts(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    hall = make.outlet(both, place=make.unit(both, "sx", "ty", "xd"))
    first = accepted(both, shopper, hall, **LAST_YEAR)
    late = submitted.visit(both, shopper, hall, answers=FAILED, **LAST_YEAR)
    clock.now = datetime(2026, 1, 5, 3, tzinfo=UTC)
    closed(both, clock, hq, "2025-Q4")
    accept(both, late)
    assert facts_of(both, late).counts_on == date(2026, 1, 14)
    clock.now = datetime(2026, 4, 2, 3, tzinfo=UTC)
    closed(both, clock, hq, "2026-Q1")
    with both.work(write=False) as work:
        states = [work.session.get_one(Visit, each.id).state for each in (first, late)]
    assert states == [VisitState.FINAL, VisitState.FINAL]
