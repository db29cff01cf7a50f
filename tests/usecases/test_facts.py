"""Facts of accepted visits, and the figures that are read from them."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from sqlmodel import select

from server.domain.access import Role, Viewer
from server.domain.aggregates import by_outlet
from server.domain.composite import Composite
from server.domain.indicators import unpack
from server.domain.periods import Period
from server.domain.review import Reason
from server.domain.visit import Answer, VisitKind, VisitState
from server.queries.figures import Span, by_unit, counted, figures
from server.queries.reckoning import Place, composites_of, counts_of, portion, reach
from server.queries.rules import rules_on
from server.queries.unit_quarters import unit_quarters
from server.storage.facts import VisitFacts
from server.storage.organisation import Outlet, Tier, User
from server.storage.visits import Visit
from server.usecases import corrections, facts, review, voiding
from server.usecases.work import Office
from tests import make, submitted

QUARTER, MONTH = Period.read("2026-Q4"), Period.read("2026-11")
FAILED = {**submitted.GOOD, "A-01": {"value": "fail"}}
GRAVE = {**submitted.GOOD, "B-01": {"value": "fail"}}


@pytest.fixture(autouse=True)
def nobody_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """No second review: it has its own tests."""
    monkeypatch.setattr(review, "second_review_for", lambda *_, **__: [])


@pytest.fixture
def shopper(both: Office) -> User:
    return make.user(both, role=Role.SHOPPER)


def accepted(office: Office, shopper: User, where: Outlet, **given: Any) -> Visit:
    visit = submitted.visit(office, shopper, where, **given)
    with office.work(submitted.reviewer(office)) as work:
        return review.decide(work, visit.id, 1, "accept")


def kept(office: Office) -> list[VisitFacts]:
    with office.work(write=False) as work:
        return list(work.session.exec(select(VisitFacts).order_by(VisitFacts.visit_id, VisitFacts.revision)))  # type: ignore[arg-type]


def mystery(office: Office, **given: Any) -> list[Any]:
    with office.work(write=False) as work:
        return figures(work.connection, Span.of(QUARTER, [VisitKind.MYSTERY], **given))


def test_accepting_keeps_what_was_earned_of_each_indicator(both: Office, shopper: User) -> None:
    visit = accepted(both, shopper, make.outlet(both), answers=GRAVE)
    (row,) = kept(both)
    assert (row.visit_id, row.revision, row.counts_on) == (visit.id, 1, date(2026, 11, 21))
    assert (row.tier, row.kind, row.unit_path) == ("own_hall", "mystery", "sx/ty/xd/d1/a1/")
    # P1 lost its one item; A has 500 points and B's touchpoint 200, all met.
    assert unpack(row.packed) == ((0, 300_000), (500_000, 500_000), (200_000, 200_000))
    assert (row.earned, row.full, row.cap) == (600_000, 1_000_000, 60)
    assert (row.score, row.prohibition_score) == (visit.score, visit.prohibition_score) == (6000, 0)
    assert (row.touchpoints_met, row.touchpoints) == (3, 3)


def test_a_returned_visit_a_void_one_and_a_recheck_do_not_count(both: Office, shopper: User) -> None:
    hall = make.outlet(both)
    back = submitted.visit(both, shopper, hall)
    with both.work(submitted.reviewer(both)) as work:
        review.decide(work, back.id, 1, "return", reasons=[Reason(text="照片看不清")])
    gone = accepted(both, shopper, hall)
    assert [each.visit for each in mystery(both)] == [str(gone.id)]
    with both.work(submitted.reviewer(both, Role.HQ)) as work:
        voiding.void_accepted(work, gone.id, 1, "走错了网点")
    assert mystery(both) == []
    with both.work() as work:
        again = work.session.get_one(Visit, back.id)
        again.accepted_revision, again.recheck_of = 1, gone.id
        facts.keep(work, again)
    assert len(kept(both)) == 1


def test_a_corrected_visit_counts_with_its_newest_accepted_revision_on_the_day_of_before(
    both: Office, shopper: User
) -> None:
    visit = accepted(both, shopper, make.outlet(both), answers=FAILED)
    assert [each.score for each in mystery(both)] == [Fraction(70)]
    compiled = submitted.checklist(both)
    with both.work() as work:
        found = work.session.get_one(Visit, visit.id)
        corrections.correct(work, found, compiled, {"A-01": Answer(value="pass")}, "appeal")
        facts.keep(work, found)
    assert [row.revision for row in kept(both)] == [1, 2]
    assert [(each.score, each.day) for each in mystery(both)] == [(Fraction(100), date(2026, 11, 21))]


def test_visits_that_were_accepted_before_get_their_facts_once(both: Office, shopper: User) -> None:
    hall = make.outlet(both)
    for _ in range(3):
        visit = submitted.visit(both, shopper, hall, state=VisitState.PUBLISHED)
        with both.work() as work:
            work.session.get_one(Visit, visit.id).accepted_revision = 1
    submitted.visit(both, shopper, hall)
    assert kept(both) == []
    with both.work() as work:
        assert facts.fill(work, 2) == 2
    facts.fill_all(both)
    with both.work() as work:
        assert facts.fill(work, 10) == 0
    assert len(kept(both)) == len(mystery(both)) == 3


def test_a_span_keeps_to_its_days_its_unit_its_outlet_and_its_kinds(both: Office, shopper: User) -> None:
    here = make.outlet(both, place=make.unit(both, "sx", "ty", "xd"))
    near = make.outlet(both, place=make.unit(both, "sx", "ty2", "xd"))
    for where in (here, near):
        accepted(both, shopper, where)
    accepted(both, shopper, here, kind="announced")
    assert len(mystery(both)) == 2
    assert [each.outlet for each in mystery(both, unit_path="sx/ty/")] == [str(here.id)]
    assert [each.outlet for each in mystery(both, outlet=near.id)] == [str(near.id)]
    assert mystery(both, tiers=[Tier.VILLAGE.value]) == []
    with both.work(write=False) as work:
        assert figures(work.connection, Span.of(QUARTER.back(), [VisitKind.MYSTERY])) == []


def test_each_visit_counts_with_what_it_earned_of_what_was_applicable(both: Office, shopper: User) -> None:
    one, other = make.outlet(both), make.outlet(both, place=make.unit(both, "sx", "dt", "xd"))
    for where, answers in ((one, FAILED), (one, GRAVE), (one, submitted.GOOD), (other, FAILED)):
        accepted(both, shopper, where, answers=answers)
    na = {**submitted.GOOD, "A-01": {"value": "na"}, "A-02": {"value": 800}}
    accepted(both, shopper, one, answers=na)
    span = Span.of(QUARTER, [VisitKind.MYSTERY])
    with both.work(write=False) as work:
        visits = counted(work.connection, span)
        grouped = by_unit(visits, ["sx/", "sx/ty/", "sx/dt/"])
    assert [len(mine) for mine in grouped.values()] == [5, 4, 1]
    scores = {
        name: [each.score for each in mine]
        for name, mine in by_outlet(each.figure for each in visits).items()
    }
    assert sorted(scores[str(one.id)], key=str) == sorted(
        [Fraction(70), Fraction(60), Fraction(100), Fraction(600, 7)], key=str
    )


def test_before_publication_a_branch_reads_no_figure_of_covert_visits(both: Office, shopper: User) -> None:
    visit = accepted(both, shopper, make.outlet(both))
    branch = make.user(both, role=Role.BRANCH_MANAGER, unit_path="sx/ty/")
    seen: Viewer = submitted.viewer(branch)
    assert mystery(both, viewer=seen) == []
    with both.work() as work:
        work.session.get_one(Visit, visit.id).state = VisitState.PUBLISHED
    assert len(mystery(both, viewer=seen)) == 1


def test_a_branch_has_its_quarter_with_the_weak_item_and_ranks(both: Office, shopper: User) -> None:
    good, bad = (make.outlet(both, place=make.unit(both, "sx", code, "xd")) for code in ("ty", "dt"))
    for number in range(5):
        accepted(both, shopper, good)
        accepted(both, shopper, bad, answers=FAILED if number else submitted.GOOD)
    with both.work(write=False) as work:
        found = unit_quarters(work.connection, QUARTER)
        later = unit_quarters(work.connection, QUARTER.back(-1))
    assert list(found) == ["sx/dt/", "sx/ty/"]
    weak = found["sx/dt/"]
    assert weak.weakest.item is not None
    assert (weak.weakest.item.indicator.id, weak.weakest.item.ratio) == ("T-A", Fraction(1300, 2500))
    assert (weak.rank, weak.visit_rank, weak.of, weak.improvement) == (1, 2, 2, None)
    assert (weak.window.score, weak.window.level, weak.window.visit_score) == (100, "excellent", Fraction(76))
    assert found["sx/ty/"].weakest.nothing == "all_full"
    outcome = later["sx/dt/"].improvement
    assert outcome is not None
    assert (outcome.outcome, outcome.target, outcome.deduction) == ("too_few", 2, 0)
    assert (later["sx/dt/"].window.score, later["sx/dt/"].rank) == (None, None)


def test_the_composite_of_today_spreads_what_is_not_imported_and_says_so(both: Office, shopper: User) -> None:
    agent = make.outlet(both, tier=Tier.VILLAGE)
    accepted(both, shopper, agent, answers=FAILED)
    place = Place(agent.id, agent.unit_path, "village", "", "city", None, None)

    def composite(month: Period) -> Composite:
        with both.work(write=False) as work:
            rules = rules_on(work.connection, month.first)
            of = portion(work.connection, [place], *reach(month, rules))
            counts = counts_of(work.connection, month, rules, [place])
            return composites_of(month, rules, of, counts)[agent.id]

    rated, next_ = composite(MONTH), composite(MONTH.back(-1))
    assert rated.hundredths is None
    assert {"not-rated", "missing", "import-missing", "too-few-replies"} <= rated.explanation.codes()
    (mystery_part,) = [part for part in rated.explanation.parts if part.figure == "mystery"]
    assert mystery_part.value == Fraction(7, 10)
    assert "latest-taken" in next_.explanation.codes()
