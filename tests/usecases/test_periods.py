"""Periods: draft, open, publish, close, reopen; late visits, corrections, replay."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from server.domain.access import SYSTEM, Role, Viewer
from server.domain.closing import (
    FourEyes,
    PartsNotClosed,
    PeriodBuiltOn,
    PeriodOutdated,
    PeriodRuns,
    PeriodStandsOpen,
    PeriodStateForbids,
    VisitsUnpublished,
)
from server.domain.errors import NotAllowed, ReasonMissing
from server.domain.visit import Answer, VisitState
from server.queries import late_corrections, period_checks, results
from server.storage.events import Event
from server.storage.facts import VisitFacts
from server.storage.inputs import MonthCount, VetoEvent
from server.storage.organisation import Outlet, Tier, User
from server.storage.periods import LATEST, Figure, PeriodOutlet, PeriodRow, PeriodState, PeriodVisit
from server.storage.visits import Visit
from server.usecases import corrections, period_corrections, period_rounds, periods, replay, review
from server.usecases.work import Office
from server.worker import run_once
from tests import make, submitted
from tests.conftest import Clock

NOVEMBER, QUARTER, HALF = "2026-11", "2026-Q4", "2026-H2"
# Halves and quarters that end with a year of which the next one's calendar is published.
LAST_QUARTER, LAST_HALF = "2025-Q4", "2025-H2"
LAST_YEAR = {
    "started_at": "2025-11-21T01:10:05Z",
    "left_at": "2025-11-21T01:40:05Z",
    "finished_at": "2025-11-21T01:50:00Z",
}
FAILED = {**submitted.GOOD, "A-01": {"value": "fail"}}


@pytest.fixture(autouse=True)
def nobody_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """No second review: it has its own tests."""
    monkeypatch.setattr(review, "second_review_for", lambda *_, **__: [])


@pytest.fixture
def shopper(both: Office) -> User:
    return make.user(both, role=Role.SHOPPER)


@pytest.fixture
def hq(both: Office) -> Viewer:
    return submitted.viewer(make.user(both, role=Role.HQ))


def accepted(office: Office, shopper: User, where: Outlet, *, published: bool = True, **given: Any) -> Visit:
    visit = submitted.visit(office, shopper, where, **given)
    with office.work(submitted.reviewer(office)) as work:
        visit = review.decide(work, visit.id, 1, "accept")
    if published:
        with office.work() as work:
            found = work.session.get_one(Visit, visit.id)
            found.state, found.published_at = VisitState.PUBLISHED, work.now
    return visit


def counted(office: Office, outlet: Outlet, month: str = NOVEMBER, **codes: tuple[int, int | None]) -> None:
    with office.work() as work:
        for code, (part, whole) in codes.items():
            row = MonthCount(
                outlet_id=outlet.id, month=month, code=code, part=part, whole=whole, import_number=7
            )
            work.session.add(row)


def agent(office: Office, place: str = "ty", **given: Any) -> Outlet:
    """A village outlet with all inputs of November."""
    made = make.outlet(office, place=make.unit(office, "sx", place, "xd"), tier=Tier.VILLAGE, **given)
    counted(
        office,
        made,
        csat_hall=(98, 100),
        complaints=(0, None),
        audit=(1, None),
        certified=(3, 4),
        customers=(800, None),
    )
    return made


def figure(office: Office, code: str, name: str, subject: object, **given: Any) -> results.Result:
    with office.work(write=False) as work:
        return results.by_subject(work.connection, SYSTEM, code, name, subjects=[str(subject)], **given)[
            str(subject)
        ]


def state(office: Office, code: str) -> PeriodRow:
    with office.work(write=False) as work:
        return work.session.get_one(PeriodRow, code)


def do(office: Office, viewer: Viewer, what: Callable[..., Any], *given: Any) -> Any:
    with office.work(viewer) as work:
        return what(work, *given)


def closed(office: Office, clock: Clock, hq: Viewer, *codes: str) -> None:
    for code in codes:
        periods.draft(office, hq, code)
        do(office, hq, periods.open_draft, code)
    clock.forward(days=9)
    for code in codes:
        do(office, hq, periods.publish, code)
        do(office, hq, periods.close, code)


def december(clock: Clock, month: int = 12, day: int = 1) -> None:
    clock.now = datetime(2026, month, day, 3, tzinfo=UTC)


def corrected(office: Office, visit: Visit, item: str = "A-01", value: str = "pass") -> None:
    compiled = submitted.checklist(office)
    with office.work() as work:
        found = work.session.get_one(Visit, visit.id)
        corrections.correct(work, found, compiled, {item: Answer(value=value)}, "appeal")


def test_a_draft_keeps_each_figure_with_its_explanation_its_rank_and_its_visits(
    both: Office, shopper: User, hq: Viewer
) -> None:
    good, bad = agent(both), agent(both)
    visits = [accepted(both, shopper, good), accepted(both, shopper, bad, answers=FAILED)]
    periods.draft(both, hq, NOVEMBER)
    row = state(both, NOVEMBER)
    assert (row.state, row.round, row.rules_version, len(row.digest)) == (PeriodState.DRAFT, 1, 1, 64)
    best, worst = (figure(both, NOVEMBER, "composite", each.id) for each in (good, bad))
    # C1 98 % is full, C2 100 or 70 %, C3 is missing and spread over 75, C4 full, C5 4 of 5, C6 3 of 4.
    of_75 = Fraction(40 + 10 + 15 + 4, 1) + Fraction(15, 4)
    assert best.exact == Fraction(round(of_75 * 100 / 75 * 100), 100) == Fraction("97.00")
    assert (best.rank, worst.rank, best.of) == (1, 2, 2)
    with both.work(write=False) as work:
        told = results.explanation(work.connection, SYSTEM, NOVEMBER, str(bad.id), "composite")
        kept = set(work.session.exec(select(PeriodVisit.visit_id, PeriodVisit.revision, PeriodVisit.round)))
    (mystery,) = [part for part in told["parts"] if part["figure"] == "mystery"]
    assert mystery["parts"][0]["subject"] == f"visit:{visits[1].id}"
    assert kept == {(visit.id, 1, 1) for visit in visits}


def test_a_draft_is_computed_anew_in_place_and_only_by_head_office(
    both: Office, shopper: User, hq: Viewer
) -> None:
    outlet = agent(both)
    accepted(both, shopper, outlet)
    periods.draft(both, hq, NOVEMBER)
    before = state(both, NOVEMBER).digest
    accepted(both, shopper, outlet, answers=FAILED)
    periods.draft(both, hq, NOVEMBER)
    after = state(both, NOVEMBER)
    assert after.round == 1
    assert after.digest != before
    assert figure(both, NOVEMBER, "composite", outlet.id).exact == Fraction("95.00")
    with both.work(write=False) as work:
        assert set(work.session.exec(select(Figure.round))) == {1}
    with pytest.raises(NotAllowed):
        periods.draft(both, submitted.viewer(make.user(both, role=Role.AUDITOR)), NOVEMBER)
    with pytest.raises(PeriodRuns):
        periods.draft(both, hq, "2027-01")


def test_a_period_goes_from_draft_over_five_working_days_to_published_and_closed(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    accepted(both, shopper, agent(both))
    periods.draft(both, hq, NOVEMBER)
    with pytest.raises(PeriodRuns):
        do(both, hq, periods.open_draft, NOVEMBER)
    december(clock)
    with pytest.raises(PeriodOutdated):
        do(both, hq, periods.open_draft, NOVEMBER)
    periods.draft(both, hq, NOVEMBER)
    row = do(both, hq, periods.open_draft, NOVEMBER)
    # The first is a Tuesday: five working days after it end on the 8th, at midnight in Shanghai.
    assert row.open_until == datetime(2026, 12, 8, 16, tzinfo=UTC)
    with pytest.raises(PeriodStandsOpen):
        do(both, hq, periods.publish, NOVEMBER)
    clock.now = datetime(2026, 12, 8, 16, tzinfo=UTC)
    do(both, hq, periods.publish, NOVEMBER)
    with pytest.raises(PeriodStateForbids):
        periods.draft(both, hq, NOVEMBER)
    do(both, hq, periods.close, NOVEMBER)
    row = state(both, NOVEMBER)
    assert (row.state, str(row.closed_by)) == (PeriodState.CLOSED, hq.user_id)
    with both.work(write=False) as work:
        assert results.closed(work.connection, NOVEMBER)
        told = [each for each in work.session.exec(select(Event.name)) if each.startswith("period.")]
    assert sorted(told) == ["period.closed", *["period.drafted"] * 2, "period.opened", "period.published"]


def test_nothing_is_opened_that_would_tell_of_a_covert_visit_before_its_publication(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    visit = accepted(both, shopper, agent(both), published=False)
    december(clock)
    periods.draft(both, hq, NOVEMBER)
    with pytest.raises(VisitsUnpublished):
        do(both, hq, periods.open_draft, NOVEMBER)
    with both.work() as work:
        work.session.get_one(Visit, visit.id).state = VisitState.PUBLISHED
    do(both, hq, periods.open_draft, NOVEMBER)


def test_what_is_still_open_is_listed(both: Office, shopper: User, hq: Viewer) -> None:
    outlet = agent(both)
    submitted.visit(both, shopper, outlet)
    accepted(both, shopper, outlet, published=False)
    periods.draft(both, hq, NOVEMBER)
    with both.work(write=False) as work:
        lines = {line.period.code: line for line in period_checks.board(work.connection, date(2026, 11, 21))}
    found = {check.code: check for check in lines[NOVEMBER].checks}
    assert (found["visits-not-accepted"].count, found["visits-unpublished"].count) == (1, 1)
    assert "inputs-missing" not in found
    assert "complaints:2026-10" in lines["2026-10"].checks[-1].named
    assert {check.code for check in lines[HALF].checks} >= {"parts-not-closed"}
    assert lines[NOVEMBER].over is False


def test_a_visit_that_is_accepted_after_the_close_counts_in_the_month_of_its_acceptance(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    outlet = agent(both)
    late = submitted.visit(both, shopper, outlet, answers=FAILED)
    december(clock)
    closed(both, clock, hq, NOVEMBER)
    with both.work(submitted.reviewer(both)) as work:
        review.decide(work, late.id, 1, "accept")
    with both.work(write=False) as work:
        (facts,) = work.session.exec(select(VisitFacts)).all()
        assert (facts.visit_date, facts.counts_on) == (date(2026, 11, 21), date(2026, 12, 10))
    periods.draft(both, hq, "2026-12")
    with both.work(write=False) as work:
        told = results.explanation(work.connection, SYSTEM, "2026-12", str(outlet.id), "composite")
    (part,) = [part for part in told["parts"] if part["figure"] == "mystery"]
    assert part["parts"][0]["notes"] == [{"code": "counts-late"}]
    assert do(both, SYSTEM, replay.replay, NOVEMBER).same


def test_an_appeal_before_the_close_recomputes_and_what_was_published_stays_a_round_of_its_own(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    mine, peer = agent(both), agent(both)
    visit = accepted(both, shopper, mine, answers=FAILED)
    accepted(both, shopper, peer, answers={**FAILED, "A-02": {"value": 700}})
    accepted(both, shopper, peer)
    december(clock)
    periods.draft(both, hq, NOVEMBER)
    do(both, hq, periods.open_draft, NOVEMBER)
    clock.forward(days=9)
    do(both, hq, periods.publish, NOVEMBER)
    assert figure(both, NOVEMBER, "composite", mine.id).rank == 2
    digest = state(both, NOVEMBER).digest
    corrected(both, visit)
    run_once(both)
    row = state(both, NOVEMBER)
    with both.work(write=False) as work:
        first = period_rounds.stored_hashes(work.connection, NOVEMBER, 1)
        assert (period_rounds.digest_of(first), row.digest != digest) == (digest, True)
    assert (row.state, row.round) == (PeriodState.PUBLISHED, 2)
    now, other = (figure(both, NOVEMBER, "composite", each.id) for each in (mine, peer))
    assert (now.exact, now.rank, other.rank) == (Fraction("97.00"), 1, 2)
    assert figure(both, NOVEMBER, "composite", mine.id, round_=1).exact == Fraction("93.00")
    found = do(both, SYSTEM, replay.replay, NOVEMBER)
    assert found.same, found
    assert period_corrections.follow(both, visit.id) == 0


def test_a_round_that_a_correction_begins_keeps_only_what_became_different(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    mine, others = agent(both), [make.outlet(both, tier=Tier.VILLAGE) for _ in range(3)]
    visit = accepted(both, shopper, mine, answers=FAILED)
    december(clock)
    periods.draft(both, hq, NOVEMBER)
    do(both, hq, periods.open_draft, NOVEMBER)
    clock.forward(days=9)
    do(both, hq, periods.publish, NOVEMBER)
    corrected(both, visit)
    run_once(both)
    with both.work(write=False) as work:
        rows = work.connection.execute(sa.select(col(Figure.subject), col(Figure.round), col(Figure.until)))
        spans = {(subject, first, until) for subject, first, until in rows}
        visits = work.session.exec(select(PeriodVisit.revision, PeriodVisit.round, PeriodVisit.until)).all()
        outlets = set(work.session.exec(select(PeriodOutlet.round, PeriodOutlet.until)))
    assert {(str(each.id), 1, LATEST) for each in others} <= spans
    assert {(str(mine.id), 1, 1), (str(mine.id), 2, LATEST)} <= spans
    assert sorted(visits) == [(1, 1, 1), (2, 2, LATEST)]
    assert outlets == {(1, LATEST)}


def test_a_corrected_hall_leaves_the_figures_of_other_branches_in_their_round(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    halls = [make.outlet(both, place=make.unit(both, "sx", code, "xd")) for code in ("ty", "dt")]
    visits = [accepted(both, shopper, hall, answers=FAILED) for hall in halls]
    december(clock)
    periods.draft(both, hq, NOVEMBER)
    do(both, hq, periods.open_draft, NOVEMBER)
    clock.forward(days=9)
    do(both, hq, periods.publish, NOVEMBER)
    corrected(both, visits[0])
    run_once(both)
    assert state(both, NOVEMBER).round == 2
    with both.work(write=False) as work:
        rows = work.connection.execute(sa.select(col(Figure.subject), col(Figure.round), col(Figure.until)))
        spans = {(first, until) for subject, first, until in rows if subject.startswith("sx/dt/")}
    assert spans == {(1, LATEST)}


def test_a_correction_changes_nothing_in_a_closed_period_and_is_left_for_the_next_month(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    outlet = agent(both)
    visit = accepted(both, shopper, outlet, answers=FAILED)
    december(clock)
    closed(both, clock, hq, NOVEMBER)
    before = figure(both, NOVEMBER, "composite", outlet.id)
    corrected(both, visit)
    run_once(both)
    assert figure(both, NOVEMBER, "composite", outlet.id) == before
    assert do(both, SYSTEM, replay.replay, NOVEMBER).same
    with both.work(write=False) as work:
        assert late_corrections.corrections_after_close(work.connection, NOVEMBER) == [
            late_corrections.LateCorrection(outlet.id, Fraction(93), Fraction(97), (visit.id,))
        ]
        assert late_corrections.corrections_after_close(work.connection, "2026-10") == []


def test_replay_names_the_figure_of_which_a_byte_was_changed(both: Office, shopper: User, hq: Viewer) -> None:
    outlets = [agent(both), agent(both)]
    for outlet in outlets:
        accepted(both, shopper, outlet)
    periods.draft(both, hq, NOVEMBER)
    table = Figure.__table__  # type: ignore[attr-defined]
    mine = sa.and_(table.c.subject == str(outlets[0].id), table.c.code == "composite")
    with both.work() as work:
        told = work.connection.execute(sa.select(table.c.explanation).where(mine)).scalar_one()
        forged = zlib.compress(zlib.decompress(told).replace(b'"replies":100', b'"replies":101'))
        work.connection.execute(table.update().where(mine).values(explanation=forged))
    found = do(both, SYSTEM, replay.replay, NOVEMBER)
    assert not found.same
    assert [(each.subject, each.code, each.what) for each in found.differences] == [
        (str(outlets[0].id), "composite", "explanation")
    ]
    assert found.stored != found.digest == found.replayed
    with both.work() as work:
        work.connection.execute(table.update().where(mine).values(explanation=told, value="99.99"))
    (difference,) = do(both, SYSTEM, replay.replay, NOVEMBER).differences
    assert (difference.what, difference.stored, difference.replayed) == ("value", "99.99", "97")


def test_a_closed_period_is_opened_again_by_two_with_a_reason_and_its_figures_stay(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    outlet = agent(both)
    visit = accepted(both, shopper, outlet, answers=FAILED)
    december(clock)
    closed(both, clock, hq, NOVEMBER)
    corrected(both, visit)
    with pytest.raises(ReasonMissing):
        do(both, hq, periods.ask_to_reopen, NOVEMBER, " ")
    with pytest.raises(PeriodStateForbids):
        do(both, hq, periods.reopen, NOVEMBER)
    do(both, hq, periods.ask_to_reopen, NOVEMBER, "漏了一次申诉")
    with pytest.raises(FourEyes):
        do(both, hq, periods.reopen, NOVEMBER)
    other = submitted.viewer(make.user(both, role=Role.HQ))
    do(both, other, periods.reopen, NOVEMBER)
    periods.draft(both, other, NOVEMBER)
    row = state(both, NOVEMBER)
    assert (row.state, row.round) == (PeriodState.DRAFT, 2)
    assert figure(both, NOVEMBER, "composite", outlet.id).exact == Fraction("97.00")
    assert figure(both, NOVEMBER, "composite", outlet.id, round_=1).exact == Fraction("93.00")


def test_a_quarter_has_its_branches_and_closing_it_makes_its_published_visits_final(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    halls = [make.outlet(both, place=make.unit(both, "sx", code, "xd")) for code in ("ty", "dt")]
    visits = [
        accepted(both, shopper, hall, answers=FAILED if n else submitted.GOOD, **LAST_YEAR)
        for n, hall in enumerate(halls)
    ]
    clock.now = datetime(2026, 1, 5, 3, tzinfo=UTC)
    closed(both, clock, hq, LAST_QUARTER)
    assert state(both, LAST_QUARTER).closed_at == clock.now
    assert figure(both, LAST_QUARTER, "window", "sx/ty/").rank == 1
    assert figure(both, LAST_QUARTER, "visit-mean", "sx/dt/").exact == 70
    assert figure(both, LAST_QUARTER, "visit-mean", "sx/").exact == 85
    with both.work(write=False) as work:
        assert {each.state for each in work.session.exec(select(Visit))} == {VisitState.FINAL}
    # A correction after the close changes the visit and leaves the quarter.
    corrected(both, visits[1])
    assert do(both, SYSTEM, replay.replay, LAST_QUARTER).same


def test_stars_of_a_half_year_follow_from_published_months_and_are_replayed(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    outlet, hall = agent(both), make.outlet(both)
    for month in (10, 11, 12):
        counted(
            both,
            outlet,
            f"2025-{month}",
            csat_hall=(98, 100),
            complaints=(0, None),
            audit=(1, None),
            certified=(3, 4),
            customers=(700, None),
        )
    counted(both, hall, "2025-11", csat_hall=(97, 100), complaints=(0, None))
    accepted(both, shopper, outlet, **LAST_YEAR)
    visit = accepted(both, shopper, hall, **LAST_YEAR)
    with both.work() as work:
        work.session.add(
            VetoEvent(
                id=uuid4(),
                outlet_id=hall.id,
                code="V5",
                day=date(2025, 11, 2),
                at=datetime(2025, 11, 3, tzinfo=UTC),
            )
        )
    clock.now = datetime(2026, 1, 5, 3, tzinfo=UTC)
    months = [f"2025-{month:02d}" for month in range(7, 13)]
    closed(both, clock, hq, *months[:5])
    periods.draft(both, hq, LAST_HALF)
    stars = figure(both, LAST_HALF, "star", outlet.id)
    basis = figure(both, LAST_HALF, "star-basis", outlet.id)
    # October has no visit: 62.75 of 65 are 96.54; November and December, which takes its visit, have 97.00.
    assert (stars.value, basis.exact, basis.rank, basis.of) == ("3", Fraction("96.85"), 1, 1)
    # 50 of 50, 20 of 20, on time by the visit's timer 10 of 10, complaints 10 of 10; patrol and actions are spread.
    assert figure(both, LAST_HALF, "star-basis", hall.id).exact == 100
    assert figure(both, LAST_HALF, "star", hall.id).value == "0"
    assert figure(both, LAST_HALF, "outlet-class", outlet.id).value in ("A", "B", "C")
    with both.work(write=False) as work:
        told = results.explanation(work.connection, SYSTEM, LAST_HALF, str(hall.id), "star")
    assert {part["figure"] for part in told["parts"]} >= {
        "star-basis-hall",
        "gates",
        "veto",
        "prohibition-mean",
    }
    # Each quarter opens as the basis does, or says why it has no figure.
    before, quarter = (part for part in told["parts"] if part["figure"] == "spell")
    assert (before["value"], quarter["value"]) == (None, 100)
    assert [note["code"] for note in before["notes"]] == ["not-rated"]
    assert [part["figure"] for part in quarter["parts"]] == [
        "mystery",
        "perception",
        "on_time",
        "complaints",
        "patrol",
        "corrective_actions",
    ]
    assert [each["subject"] for each in quarter["parts"][0]["parts"]] == [f"visit:{visit.id}"]
    corrected(both, visit, "A-01", "fail")
    run_once(both)
    assert figure(both, LAST_HALF, "star-basis", hall.id).exact < 100  # type: ignore[operator]
    assert do(both, SYSTEM, replay.replay, LAST_HALF).same
    do(both, hq, periods.open_draft, LAST_HALF)
    clock.forward(days=9)
    do(both, hq, periods.publish, LAST_HALF)
    with pytest.raises(PartsNotClosed):
        do(both, hq, periods.close, LAST_HALF)
    closed(both, clock, hq, months[5])
    do(both, hq, periods.close, LAST_HALF)
    with pytest.raises(PeriodBuiltOn):
        do(both, hq, periods.ask_to_reopen, "2025-11", "再算一次")
    with both.work() as work:
        veto = work.session.exec(select(VetoEvent)).one()
        veto.withdrawn_at, veto.withdrawn_why = work.now, "查无实据"
    # What was known at the draft counts in what was closed on it.
    assert do(both, SYSTEM, replay.replay, LAST_HALF).same


@pytest.mark.parametrize(
    ("code", "entered", "left"), [("V1", 5, "0"), ("V1", 20, "0"), ("V5", 5, "4"), ("V5", 20, "3")]
)
def test_the_stars_of_a_veto_are_taken_once_also_when_it_is_proven_after_its_period_was_published(
    both: Office, clock: Clock, shopper: User, hq: Viewer, code: str, entered: int, left: str
) -> None:
    hall = make.outlet(both, star=4)
    for month in range(7, 13):
        counted(both, hall, f"2025-{month:02d}", csat_hall=(98, 100), complaints=(0, None))
    accepted(both, shopper, hall, **LAST_YEAR)
    published = datetime(2025, 7, 10, tzinfo=UTC)
    with both.work() as work:
        work.session.add(
            PeriodRow(
                code="2025-H1",
                kind="half_year",
                state=PeriodState.CLOSED,
                rules_version=1,
                drafted_at=published,
                published_at=published,
                changed_at=published,
            )
        )
        work.session.add(
            VetoEvent(
                id=uuid4(),
                outlet_id=hall.id,
                code=code,
                day=date(2025, 6, 30),
                at=datetime(2025, 7, entered, tzinfo=UTC),
            )
        )
    clock.now = datetime(2026, 1, 5, 3, tzinfo=UTC)
    periods.draft(both, hq, LAST_HALF)
    assert figure(both, LAST_HALF, "star", hall.id).value == left
