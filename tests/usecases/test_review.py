"""Who may decide what about a visit, and what follows."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from server import worker
from server.domain.access import Role, Viewer
from server.domain.errors import (
    NotAllowed,
    NotFound,
    OwnVisit,
    Problem,
    ProofAwaited,
    ReasonMissing,
    RevisionOld,
    SameReviewer,
    VisitStateForbids,
    VoidingAnswer,
    WrongDocument,
)
from server.domain.review import Reason, ReturnDueWrong, RoundOver, StillChecked, Verdict
from server.domain.visit import VisitState
from server.queries.visit_reviews import looked_through
from server.storage.events import Event, Job, JobState
from server.storage.organisation import Outlet, User
from server.storage.visits import Assignment, AssignmentState, Review, Revision, Visit
from server.usecases import corrections, evidence, jobs, review
from server.usecases.work import Office
from tests import make, submitted
from tests.conftest import Clock

WHY = [Reason(item="A-01", text="照片看不清门头")]
LOW = {**submitted.GOOD, "A-01": {"value": "fail"}, "A-02": {"value": 2000}}
GRAVE = {**submitted.GOOD, "B-01": {"value": "fail"}}
PENDING = {**submitted.GOOD, "B-02": {"pending": True}}
RECOGNISED = {**submitted.GOOD, "B-03": {"value": "yes"}}


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office)


@pytest.fixture
def shopper(office: Office) -> User:
    return make.user(office, role=Role.SHOPPER)


@pytest.fixture(autouse=True)
def nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The draw has its own test; here it takes nobody."""
    monkeypatch.setattr(review, "drawn", lambda visit_id, seed, percent: False)


def decide(
    office: Office, who: Viewer, visit: Visit, decision: Any, revision: int = 1, **given: Any
) -> Visit:
    with office.work(who) as work:
        return review.decide(work, visit.id, revision, decision, **given)


def names(office: Office, subject: UUID) -> list[str]:
    with office.work(write=False) as work:
        return list(
            work.session.exec(
                select(Event.name).where(Event.subject_id == str(subject)).order_by(col(Event.id))
            )
        )


def test_opening_takes_the_visit_into_review_and_says_who_has_it(
    office: Office, hall: Outlet, shopper: User
) -> None:
    visit = submitted.visit(office, shopper, hall)
    one, other = submitted.reviewer(office), submitted.reviewer(office)
    with office.work(one) as work:
        opened = review.open_(work, visit.id)
    assert (opened.state, str(opened.claimed_by)) == (VisitState.IN_REVIEW, one.user_id)
    with office.work(other) as work:
        again = review.open_(work, visit.id)
    assert str(again.claimed_by) == one.user_id
    assert names(office, visit.id).count("visit.review-opened") == 1


def test_accepting_keeps_the_revision_and_ends_the_assignment(
    office: Office, hall: Outlet, shopper: User
) -> None:
    task = make.assignment(office, shopper, hall)
    visit = submitted.visit(office, shopper, hall, assignment_id=task.id)
    accepted = decide(office, submitted.reviewer(office), visit, "accept")
    assert (accepted.state, accepted.accepted_revision) == (VisitState.ACCEPTED, 1)
    known = ["visit.whole", "visit.flagged", "visit.review-opened", "visit.accepted"]
    assert names(office, visit.id) == known
    with office.work(write=False) as work:
        assert work.session.get_one(Assignment, task.id).state is AssignmentState.DONE
        (kept,) = work.session.exec(select(Review).where(Review.visit_id == visit.id)).all()
    assert (kept.round, kept.decision, kept.revision) == (1, "accept", 1)


def test_nobody_accepts_what_was_not_looked_through_yet(office: Office, hall: Outlet, shopper: User) -> None:
    visit = submitted.visit(office, shopper, hall, looked_through=False)
    who = submitted.reviewer(office)
    with office.work(who) as work:
        review.open_(work, visit.id)
    with pytest.raises(StillChecked):
        decide(office, who, visit, "accept")
    # Under review already, and nothing is found: then no event tells of it, but the job is done.
    worker.run_once(office)
    assert decide(office, who, visit, "accept").state is VisitState.ACCEPTED


def test_a_visit_that_waits_long_for_its_flags_is_said_to_be_late_and_a_failed_check_is_left_to_the_eye(
    office: Office, hall: Outlet, shopper: User, clock: Clock
) -> None:
    visit = submitted.visit(office, shopper, hall, looked_through=False)
    clock.now += timedelta(minutes=11)
    with office.work(write=False) as work:
        assert looked_through(work.session, visit, work.now) == "late"
    jobs.seal(office, worker.JOBS)
    assert jobs.claim(office) is not None
    with office.work(write=False) as work:
        assert looked_through(work.session, visit, work.now) == "running", "the worker is at work"
    clock.now += timedelta(seconds=jobs.LEASE_SECONDS + 1)
    with office.work(write=False) as work:
        assert looked_through(work.session, visit, work.now) == "late"
    with office.work() as work:
        for job in work.session.exec(select(Job).where(Job.handler == "flag_evidence")):
            job.state = JobState.FAILED
    with office.work(write=False) as work:
        assert looked_through(work.session, visit, work.now) == "failed"
    assert decide(office, submitted.reviewer(office), visit, "accept").state is VisitState.ACCEPTED


def test_a_page_of_the_first_review_is_no_second_one(office: Office, hall: Outlet, shopper: User) -> None:
    visit = submitted.visit(office, shopper, hall, answers=LOW)
    first, stale = submitted.reviewer(office), submitted.reviewer(office)
    decide(office, first, visit, "accept", seen_round=1)
    with pytest.raises(RoundOver) as over:
        decide(office, stale, visit, "accept", seen_round=1)
    assert over.value.round == 2
    assert decide(office, stale, visit, "accept", seen_round=2).state is VisitState.ACCEPTED


def test_an_accepted_visit_cannot_be_accepted_again(office: Office, hall: Outlet, shopper: User) -> None:
    visit = submitted.visit(office, shopper, hall)
    decide(office, submitted.reviewer(office), visit, "accept")
    with pytest.raises(VisitStateForbids) as found:
        decide(office, submitted.reviewer(office), visit, "accept")
    assert found.value.state == "accepted"
    assert names(office, visit.id).count("visit.accepted") == 1


def test_returning_needs_a_reason_in_words(office: Office, hall: Outlet, shopper: User) -> None:
    visit = submitted.visit(office, shopper, hall)
    for reasons in ([], [Reason(text="  ")]):
        with pytest.raises(ReasonMissing):
            decide(office, submitted.reviewer(office), visit, "return", reasons=reasons)
    with pytest.raises(ReasonMissing):
        decide(office, submitted.reviewer(office), visit, "void")


def test_a_returned_visit_carries_reasons_due_and_note_for_the_phone(
    office: Office, hall: Outlet, shopper: User
) -> None:
    visit = submitted.visit(office, shopper, hall)
    returned = decide(office, submitted.reviewer(office), visit, "return", reasons=WHY, note="请补拍")
    assert (returned.state, returned.revision, returned.etag) == (VisitState.RETURNED, 1, visit.etag)
    assert json.loads(returned.returned or "") == {
        "reasons": [{"item": "A-01", "text": "照片看不清门头"}],
        "due": "2026-11-22T03:00:00+00:00",
        "note": "请补拍",
    }
    assert names(office, visit.id)[-1] == "visit.returned"


def test_a_due_date_is_the_reviewers_own_and_lies_ahead(office: Office, hall: Outlet, shopper: User) -> None:
    visit = submitted.visit(office, shopper, hall)
    for wrong in (datetime(2026, 11, 20, tzinfo=UTC), datetime(2027, 11, 20, tzinfo=UTC)):
        with pytest.raises(ReturnDueWrong):
            decide(office, submitted.reviewer(office), visit, "return", reasons=WHY, due=wrong)
    due = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
    returned = decide(office, submitted.reviewer(office), visit, "return", reasons=WHY, due=due)
    assert json.loads(returned.returned or "")["due"] == "2026-11-25T10:00:00+00:00"


def test_reasons_and_verdicts_name_items_of_the_checklist(
    office: Office, hall: Outlet, shopper: User
) -> None:
    visit = submitted.visit(office, shopper, hall)
    with pytest.raises(WrongDocument) as found:
        decide(
            office,
            submitted.reviewer(office),
            visit,
            "return",
            reasons=[*WHY, Reason(item="Z-99", text="?")],
            verdicts=[Verdict(item="Z-98", agree=True)],
        )
    assert [fault.pointer for fault in found.value.faults] == ["/reasons/1/item", "/verdicts/0/item"]


def test_nobody_reviews_the_own_visit(office: Office, hall: Outlet) -> None:
    inspector = make.user(office, role=Role.REVIEWER)
    visit = submitted.visit(office, inspector, hall, kind="announced")
    for act in (
        lambda: decide(office, submitted.viewer(inspector), visit, "accept"),
        lambda: decide(office, submitted.viewer(inspector), visit, "void", reasons=WHY),
    ):
        with pytest.raises(OwnVisit):
            act()
    with office.work(submitted.viewer(inspector)) as work, pytest.raises(OwnVisit):
        review.open_(work, visit.id)


@pytest.mark.parametrize(
    "role",
    [
        Role.AREA_MANAGER,
        Role.HALL_MANAGER,
        Role.OUTLET_OWNER,
        Role.BRANCH_MANAGER,
        Role.ADMIN,
        Role.AUDITOR,
        Role.SHOPPER,
    ],
)
def test_only_reviewer_and_hq_decide(office: Office, hall: Outlet, shopper: User, role: Role) -> None:
    visit = submitted.visit(office, shopper, hall)
    who = submitted.viewer(make.user(office, role=role, outlet_id=hall.id))
    for decision in ("accept", "return", "void"):
        with pytest.raises(NotAllowed):
            decide(office, who, visit, decision, reasons=WHY)


def test_an_unknown_visit_is_not_found(office: Office) -> None:
    with office.work(submitted.reviewer(office)) as work, pytest.raises(NotFound):
        review.decide(work, UUID(int=7), 1, "accept")


def test_a_review_of_an_older_revision_is_refused_with_the_present_state(
    office: Office, hall: Outlet, shopper: User
) -> None:
    visit = submitted.visit(office, shopper, hall)
    with pytest.raises(RevisionOld) as found:
        decide(office, submitted.reviewer(office), visit, "accept", revision=2)
    assert (found.value.revision, found.value.state) == (1, "submitted")


@pytest.mark.parametrize(
    "state",
    [
        VisitState.DRAFT,
        VisitState.RECEIVING,
        VisitState.RETURNED,
        VisitState.VOID,
        VisitState.DISCARDED,
        VisitState.PUBLISHED,
        VisitState.FINAL,
    ],
)
def test_what_does_not_wait_for_review_cannot_be_decided(
    office: Office, hall: Outlet, shopper: User, state: VisitState
) -> None:
    visit = submitted.visit(office, shopper, hall, state=state)
    with pytest.raises(VisitStateForbids) as found:
        decide(office, submitted.reviewer(office), visit, "accept")
    assert found.value.state == state


@pytest.mark.parametrize(("answers", "why"), [(LOW, ["low"]), (GRAVE, ["grave", "low"])])
def test_a_grave_fail_or_a_low_score_asks_for_a_second_person(
    office: Office, hall: Outlet, shopper: User, answers: Any, why: list[str]
) -> None:
    visit = submitted.visit(office, shopper, hall, answers=answers)
    first = submitted.reviewer(office)
    waiting = decide(office, first, visit, "accept")
    assert (waiting.state, waiting.accepted_revision) == (VisitState.SECOND_REVIEW, None)
    with pytest.raises(SameReviewer):
        decide(office, first, visit, "accept")
    accepted = decide(office, submitted.reviewer(office), visit, "accept")
    assert (accepted.state, accepted.accepted_revision) == (VisitState.ACCEPTED, 1)
    with office.work(write=False) as work:
        asked = work.session.exec(select(Event).where(Event.name == "visit.second-review-asked")).one()
    assert json.loads(asked.facts)["why"] == why


def test_a_drawn_visit_asks_for_a_second_person_and_the_seed_is_kept(
    office: Office, hall: Outlet, shopper: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str, int]] = []
    monkeypatch.setattr(review, "drawn", lambda *given: asked.append(given) or True)
    one, two = submitted.visit(office, shopper, hall), submitted.visit(office, shopper, hall)
    who = submitted.reviewer(office)
    assert decide(office, who, one, "accept").state is VisitState.SECOND_REVIEW
    assert decide(office, who, two, "accept").state is VisitState.SECOND_REVIEW
    assert [(visit, percent) for visit, _, percent in asked] == [(str(one.id), 10), (str(two.id), 10)]
    assert asked[0][1] == asked[1][1] != ""
    with office.work(write=False) as work:
        (seeded,) = work.session.exec(select(Event).where(Event.name == "draw.seeded")).all()
    assert json.loads(seeded.facts)["seed"] == asked[0][1]


@pytest.mark.parametrize(
    "given",
    [
        {"decision": "return"},
        {"decision": "void"},
        {"decision": "accept", "verdicts": [Verdict(item="B-01", agree=False, value="pass")]},
    ],
)
def test_where_two_readers_disagree_hq_decides(
    office: Office, hall: Outlet, shopper: User, given: dict[str, Any]
) -> None:
    visit = submitted.visit(office, shopper, hall, answers=GRAVE)
    first, second, third = (submitted.reviewer(office) for _ in range(3))
    decide(office, first, visit, "accept")
    open_still = decide(office, second, visit, reasons=WHY, **given)
    assert (open_still.state, open_still.accepted_revision) == (VisitState.SECOND_REVIEW, None)
    assert names(office, visit.id)[-1] == "visit.disputed"
    with pytest.raises(NotAllowed):
        decide(office, third, visit, "accept")
    for earlier in (first, second):
        with pytest.raises(SameReviewer):
            decide(office, earlier, visit, "accept")
    hq = submitted.reviewer(office, Role.HQ)
    assert decide(office, hq, visit, "accept").state is VisitState.ACCEPTED


def test_hq_may_also_return_or_void_a_disputed_visit(office: Office, hall: Outlet, shopper: User) -> None:
    for decision, state in (("return", VisitState.RETURNED), ("void", VisitState.VOID)):
        visit = submitted.visit(office, shopper, hall, answers=GRAVE)
        decide(office, submitted.reviewer(office), visit, "accept")
        decide(office, submitted.reviewer(office), visit, "return", reasons=WHY)
        done = decide(office, submitted.reviewer(office, Role.HQ), visit, decision, reasons=WHY)
        assert done.state is state


def test_while_a_second_review_is_open_there_is_no_event_of_acceptance(
    office: Office, hall: Outlet, shopper: User
) -> None:
    visit = submitted.visit(office, shopper, hall, answers=GRAVE)
    decide(office, submitted.reviewer(office), visit, "accept")
    assert "visit.accepted" not in names(office, visit.id)


def test_a_voiding_answer_can_only_be_voided_or_returned(office: Office, hall: Outlet, shopper: User) -> None:
    visit = submitted.visit(office, shopper, hall, answers=RECOGNISED)
    assert visit.score is None
    assert visit.voided
    with pytest.raises(VoidingAnswer):
        decide(office, submitted.reviewer(office), visit, "accept")
    assert (
        decide(office, submitted.reviewer(office), visit, "return", reasons=WHY).state is VisitState.RETURNED
    )


def test_voiding_plans_the_assignment_anew_for_another_shopper(
    office: Office, hall: Outlet, shopper: User
) -> None:
    task = make.assignment(office, shopper, hall, state=AssignmentState.TAKEN)
    visit = submitted.visit(office, shopper, hall, answers=RECOGNISED, assignment_id=task.id)
    voided = decide(office, submitted.reviewer(office), visit, "void", reasons=[Reason(text="被营业员认出")])
    assert (voided.state, voided.reason) == (VisitState.VOID, "被营业员认出")
    with office.work(write=False) as work:
        again = work.session.get_one(Assignment, task.id)
        assert (again.state, again.user_id) == (AssignmentState.PLANNED, None)
    assert names(office, task.id) == ["assignment.planned-anew"]
    with pytest.raises(VisitStateForbids):
        decide(office, submitted.reviewer(office), visit, "accept")


def test_a_visit_whose_proof_is_awaited_is_not_accepted_within_72_hours(
    office: Office, hall: Outlet, shopper: User, clock: Clock
) -> None:
    visit = submitted.visit(office, shopper, hall, answers=PENDING)
    with pytest.raises(ProofAwaited) as found:
        decide(office, submitted.reviewer(office), visit, "accept")
    assert found.value.items == ("B-02",)
    clock.now = datetime(2026, 11, 24, 1, 40, 4, tzinfo=UTC)
    with pytest.raises(ProofAwaited):
        decide(office, submitted.reviewer(office), visit, "accept")
    assert names(office, visit.id) == ["visit.whole", "visit.flagged"]


def test_after_72_hours_what_was_never_proved_is_na_in_a_revision_of_its_own(
    office: Office, hall: Outlet, shopper: User, clock: Clock
) -> None:
    answers = {**PENDING, "B-06": {"value": "2026-11-21T01:40:05Z"}}
    visit = submitted.visit(office, shopper, hall, left_at=None, answers=answers)
    clock.now = datetime(2026, 11, 24, 1, 41, tzinfo=UTC)
    accepted = decide(office, submitted.reviewer(office), visit, "accept")
    assert (accepted.state, accepted.revision, accepted.accepted_revision) == (VisitState.ACCEPTED, 2, 2)
    with office.work(write=False) as work:
        before, after = (work.session.get_one(Revision, (visit.id, number)) for number in (1, 2))
    assert json.loads(before.document)["answers"]["B-02"]["pending"] is True
    assert json.loads(after.document)["answers"]["B-02"]["value"] == "na"
    assert json.loads(after.document)["answers"]["B-02"]["note"] == corrections.NOT_PROVED
    assert "visit.corrected" in names(office, visit.id)


@pytest.mark.parametrize(
    "left",
    [
        {},
        {"left_at": None, "answers": {**submitted.GOOD, "B-06": {"value": "2026-11-21T01:40:05Z"}}},
    ],
)
def test_what_was_finished_after_48_hours_counts_only_when_hq_says_so(
    office: Office, hall: Outlet, shopper: User, left: dict[str, Any]
) -> None:
    visit = submitted.visit(office, shopper, hall, finished_at="2026-11-23T02:00:00Z", **left)
    with office.work() as work:
        assert "very_late" in [flag.code for flag in evidence.flag(work, visit.id)]
    with pytest.raises(NotAllowed):
        decide(office, submitted.reviewer(office), visit, "accept")
    assert decide(office, submitted.reviewer(office, Role.HQ), visit, "accept").state is VisitState.ACCEPTED


def test_a_second_reader_may_follow_hq_on_a_late_visit_with_a_grave_fail(
    office: Office, hall: Outlet, shopper: User
) -> None:
    visit = submitted.visit(office, shopper, hall, finished_at="2026-11-23T02:00:00Z", answers=GRAVE)
    hq = submitted.reviewer(office, Role.HQ)
    assert decide(office, hq, visit, "accept").state is VisitState.SECOND_REVIEW
    with pytest.raises(SameReviewer):
        decide(office, hq, visit, "accept")
    assert decide(office, submitted.reviewer(office), visit, "accept").state is VisitState.ACCEPTED


def flagged(office: Office, visit: Visit) -> bool:
    with office.work() as work:
        evidence.flag(work, visit.id)
    with office.work() as work:
        return review.accept_by_rule(work, visit.id)


def patrol(office: Office, hall: Outlet, **given: Any) -> Visit:
    manager = make.user(office, role=Role.HALL_MANAGER, outlet_id=hall.id)
    return submitted.visit(office, manager, hall, kind="patrol", part="round", **given)


def state_of(office: Office, visit: Visit) -> VisitState:
    with office.work(write=False) as work:
        return work.session.get_one(Visit, visit.id).state


def test_a_patrol_without_flags_is_accepted_by_rule(office: Office, hall: Outlet) -> None:
    visit = patrol(office, hall)
    assert flagged(office, visit)
    assert state_of(office, visit) is VisitState.ACCEPTED
    with office.work() as work:
        assert not review.accept_by_rule(work, visit.id)
    assert names(office, visit.id).count("visit.accepted") == 1


@pytest.mark.parametrize(
    "given",
    [
        {"position": None},
        {"answers": GRAVE},
        {"answers": LOW},
        {"answers": PENDING},
        {"answers": RECOGNISED},
    ],
)
def test_a_patrol_that_something_speaks_against_waits_for_a_person(
    office: Office, hall: Outlet, given: dict[str, Any]
) -> None:
    visit = patrol(office, hall, **given)
    assert not flagged(office, visit)
    assert state_of(office, visit) is VisitState.SUBMITTED
    assert names(office, visit.id)[-1] == "visit.review-asked"


def test_a_drawn_patrol_waits_for_a_person(
    office: Office, hall: Outlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "drawn", lambda *_: True)
    visit = patrol(office, hall)
    assert not flagged(office, visit)


def test_a_mystery_visit_is_never_accepted_by_rule(office: Office, hall: Outlet, shopper: User) -> None:
    visit = submitted.visit(office, shopper, hall)
    assert not flagged(office, visit)
    assert state_of(office, visit) is VisitState.SUBMITTED


def test_publishing_is_for_hq_and_for_accepted_visits(office: Office, hall: Outlet, shopper: User) -> None:
    visit = submitted.visit(office, shopper, hall)
    hq = submitted.reviewer(office, Role.HQ)
    with office.work(hq) as work, pytest.raises(VisitStateForbids):
        review.publish(work, visit.id)
    who = submitted.reviewer(office)
    decide(office, who, visit, "accept")
    with office.work(who) as work, pytest.raises(NotAllowed):
        review.publish(work, visit.id)
    with office.work(hq) as work:
        published = review.publish(work, visit.id)
    assert (published.state, published.published_at) == (VisitState.PUBLISHED, office.clock())
    assert names(office, visit.id)[-1] == "visit.published"


def test_flagging_twice_keeps_the_same_flags(office: Office, hall: Outlet, shopper: User) -> None:
    shared = make.picture(3)
    first = submitted.visit(office, shopper, hall, photos=[shared])
    other = make.user(office, role=Role.SHOPPER)
    second = submitted.visit(office, other, hall, photos=[shared])
    with office.work() as work:
        once = evidence.flag(work, second.id)
    with office.work() as work:
        assert evidence.flag(work, second.id) == once
    assert [(flag.code, flag.item) for flag in once] == [("photo_repeated", "A-01")]
    assert once[0].facts["visit"] == str(first.id)


def test_the_same_words_in_two_visits_of_one_inspector_are_flagged(
    office: Office, hall: Outlet, shopper: User
) -> None:
    words = "一进门就有人迎接，询问要办什么，取号后等了不到七分钟。"
    answers = {**submitted.GOOD, "B-04": {"value": words}}
    submitted.visit(office, shopper, hall, answers=answers)
    second = submitted.visit(office, shopper, hall, answers=answers)
    stranger = submitted.visit(office, make.user(office, role=Role.SHOPPER), hall, answers=answers)
    with office.work() as work:
        assert [(flag.code, flag.item) for flag in evidence.flag(work, second.id)] == [("same_text", "B-04")]
        assert evidence.flag(work, stranger.id) == []


def test_a_refused_decision_leaves_nothing_behind(office: Office, hall: Outlet, shopper: User) -> None:
    visit = submitted.visit(office, shopper, hall, answers=PENDING)
    with pytest.raises(Problem):
        decide(office, submitted.reviewer(office), visit, "accept")
    with office.work(write=False) as work:
        assert work.session.exec(select(Review)).all() == []
    assert state_of(office, visit) is VisitState.SUBMITTED
