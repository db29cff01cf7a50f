"""Who answers an appeal, what an upheld one changes, and that silence moves it up and never loses it."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from server import worker
from server.domain.access import Role, Viewer
from server.domain.appeals import (
    AppealState,
    AppealStateForbids,
    NothingGained,
    NotInForce,
    OwnJudgement,
)
from server.domain.errors import NotAllowed, NotFound, Problem, ReasonMissing, ReportNotReady, WrongDocument
from server.domain.visit import VisitDocument, VisitState
from server.queries import appeals as seen
from server.queries.reports import current, report_id_of
from server.storage.actions import Action
from server.storage.appeals import Appeal
from server.storage.events import Event
from server.storage.facts import VisitFacts
from server.storage.organisation import Outlet, User
from server.storage.visits import Report, Revision, Visit, VisitFile
from server.usecases import appeal_answers, expiry, review
from server.usecases.work import Office
from tests import appealed, make, sounds, submitted
from tests.conftest import Clock


@pytest.fixture(autouse=True)
def nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "drawn", lambda visit_id, seed, percent: False)


class Story:
    """A published visit, those who judged it, and its owner's appeal about A-01."""

    def __init__(self, office: Office, **given: Any) -> None:
        self.office = office
        self.hall: Outlet = make.outlet(office)
        self.shopper: User = make.user(office, role=Role.SHOPPER)
        self.owner = submitted.viewer(make.user(office, role=Role.OUTLET_OWNER, outlet_id=self.hall.id))
        self.visit, self.first, self.second = appealed.published(office, self.shopper, self.hall, **given)
        self.appeal = appealed.made(office, self.owner, self.visit)
        self.other = submitted.reviewer(office)
        self.hq = submitted.reviewer(office, Role.HQ)

    def answer(self, who: Viewer, **given: Any) -> Appeal:
        return appealed.answered(self.office, who, self.appeal, **given)

    def now(self) -> Appeal:
        with self.office.work(write=False) as work:
            return work.session.get_one(Appeal, self.appeal.id)

    def names(self, subject: UUID | None = None) -> list[str]:
        with self.office.work(write=False) as work:
            return list(
                work.session.exec(
                    select(Event.name)
                    .where(Event.subject_id == str(subject or self.appeal.id))
                    .order_by(col(Event.id))
                )
            )


@pytest.fixture
def story(both: Office) -> Story:
    """On Saturday 21 November 2026; the answer is due until Wednesday 25, 24:00."""
    return Story(both)


def test_an_upheld_appeal_corrects_the_score_in_a_new_revision_of_the_decider(story: Story) -> None:
    appeal = story.answer(story.other, uphold=True)
    assert (appeal.state, appeal.score_before, appeal.score_after) == (AppealState.UPHELD, 6000, 9000)
    with story.office.work(write=False) as work:
        visit = work.session.get_one(Visit, story.visit.id)
        old, new = work.session.exec(
            select(Revision).where(Revision.visit_id == visit.id).order_by(col(Revision.number))
        ).all()
        facts = work.session.exec(
            select(VisitFacts.revision)
            .where(VisitFacts.visit_id == visit.id)
            .order_by(col(VisitFacts.revision))
        ).all()
        event = work.session.exec(select(Event).where(Event.name == "visit.corrected")).one()
    assert (visit.state, visit.score, visit.revision, visit.accepted_revision) == (
        VisitState.PUBLISHED,
        9000,
        2,
        2,
    )
    assert str(new.author_id) == story.other.user_id
    assert json.loads(old.result)["score"] == "60.00"
    assert VisitDocument.model_validate_json(old.document).answers["A-01"].value == "fail"
    right = VisitDocument.model_validate_json(new.document).answers["A-01"]
    assert (right.value, right.note) == ("pass", "申诉改判：照片显示当时亮着。")
    assert facts == [1, 2]
    told = json.loads(event.facts)
    assert (told["by"], told["items"], told["appeal"]) == ("appeal", ["A-01"], str(appeal.id))
    assert story.names() == ["photo.arrived", "appeal.made", "appeal.upheld"]


def test_both_editions_are_signed_again_and_the_older_are_handed_out_as_current_no_more(
    office: Office,
) -> None:
    story = Story(office)
    with office.work() as work:
        for number, edition in enumerate(("inner", "outlet")):
            work.session.add(
                Report(
                    id=report_id_of(story.visit.id, 1, edition),
                    visit_id=story.visit.id,
                    revision=1,
                    edition=edition,
                    number=f"XT-2026-00000{number}",
                    sha256="0" * 64,
                    bytes=1,
                    signed_at=work.now,
                )
            )
    story.answer(story.other, uphold=True)
    with office.work(story.hq, write=False) as work, pytest.raises(ReportNotReady):
        current(work.session, story.hq, story.visit.id)
    worker.run_once(office)
    with office.work(story.hq, write=False) as work:
        reports = list(work.session.exec(select(Report).where(Report.visit_id == story.visit.id)))
        by_name = {(report.edition, report.revision): report for report in reports}
        for edition in ("inner", "outlet"):
            assert by_name[edition, 1].superseded_by == by_name[edition, 2].id
            assert by_name[edition, 2].superseded_by is None
        assert current(work.session, story.owner, story.visit.id).id == by_name["outlet", 2].id


@pytest.mark.parametrize("uphold", [True, False])
def test_the_action_of_a_corrected_item_is_withdrawn_and_those_of_others_stay(
    office: Office, *, uphold: bool
) -> None:
    story = Story(office, answers={**appealed.LOST, "B-02": {"value": "fail"}})
    story.answer(story.other, uphold=uphold)
    with office.work(write=False) as work:
        found = work.session.exec(select(Action).where(Action.visit_id == story.visit.id))
        states = {action.item: action.state.value for action in found}
    assert states == {"A-01": "withdrawn" if uphold else "open", "B-02": "open"}


def test_a_rejected_appeal_changes_nothing_of_the_visit(story: Story) -> None:
    appeal = story.answer(story.other)
    assert (appeal.state, appeal.due_at) == (AppealState.REJECTED, None)
    with story.office.work(write=False) as work:
        visit = work.session.get_one(Visit, story.visit.id)
    assert (visit.score, visit.accepted_revision) == (6000, 1)


def test_neither_reviewer_nor_the_inspector_answers(both: Office) -> None:
    story = Story(both)
    for who in (story.first, story.second):
        with pytest.raises(OwnJudgement):
            story.answer(who)
    inspector = make.user(both, role=Role.REVIEWER)
    own = appealed.published(both, inspector, story.hall, kind="announced", signatures=submitted.SIGNED)[0]
    story.appeal = appealed.made(both, story.owner, own)
    with pytest.raises(OwnJudgement):
        story.answer(submitted.viewer(inspector))
    assert story.now().state == AppealState.ASKED


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.REVIEWER, Role.HQ)])
def test_only_reviewers_and_the_province_answer(office: Office, role: Role) -> None:
    story = Story(office)
    who = make.user(office, role=role, outlet_id=story.hall.id, unit_path="sx/")
    with pytest.raises((NotAllowed, NotFound)):
        story.answer(submitted.viewer(who))


def test_the_second_time_the_province_answers_and_not_who_answered_before(story: Story) -> None:
    story.appeal = story.answer(story.hq)
    story.appeal = appealed.again(story.office, story.owner, story.appeal)
    with pytest.raises(NotAllowed):
        story.answer(story.other, turn=2)
    with pytest.raises(OwnJudgement):
        story.answer(story.hq, turn=2)
    another = submitted.reviewer(story.office, Role.HQ)
    assert story.answer(another, turn=2).state is AppealState.DISMISSED
    assert story.names()[-1] == "appeal.rejected"
    with story.office.work(write=False) as work:
        assert not seen.running(work.session, story.visit.id, work.now)


def test_two_answers_at_once_one_wins_and_the_other_hears_the_state(story: Story) -> None:
    ready, outcomes = threading.Barrier(2), []

    def act(who: Viewer, uphold: bool) -> None:
        ready.wait()
        try:
            outcomes.append(story.answer(who, uphold=uphold).state)
        except Problem as problem:
            outcomes.append(problem)

    threads = [
        threading.Thread(target=act, args=(who, uphold))
        for who, uphold in ((story.other, True), (story.hq, False))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (lost,) = [each for each in outcomes if isinstance(each, Problem)]
    (won,) = [each for each in outcomes if not isinstance(each, Problem)]
    assert isinstance(lost, AppealStateForbids)
    assert lost.state == won == story.now().state
    with story.office.work(write=False) as work:
        revisions = work.session.exec(select(Revision).where(Revision.visit_id == story.visit.id)).all()
    assert len(revisions) == (2 if won == AppealState.UPHELD else 1)


def test_two_appeals_of_one_visit_add_up(story: Story) -> None:
    other = appealed.made(story.office, story.owner, story.visit, "A-02")
    story.answer(story.other, uphold=True)
    second = appealed.answered(story.office, story.hq, other, uphold=True, value=500)
    assert (second.score_before, second.score_after, second.corrected_revision) == (9000, 10000, 3)


@pytest.mark.parametrize(
    ("value", "problem"), [(None, WrongDocument), ("maybe", WrongDocument), (7, WrongDocument)]
)
def test_the_value_must_be_one_that_the_checklist_allows(
    office: Office, value: Any, problem: type[Problem]
) -> None:
    story = Story(office)
    with pytest.raises(problem) as refused:
        story.answer(story.other, uphold=True, value=value)
    assert refused.value.faults[0].pointer == "/value"  # type: ignore[attr-defined]
    assert story.now().state == AppealState.ASKED


def test_a_correction_must_leave_the_outlet_better_off(office: Office) -> None:
    story = Story(office)
    with pytest.raises(NothingGained):
        story.answer(story.other, uphold=True, value="fail")
    assert story.answer(story.other, uphold=True, value="na").score_after == 8571


def test_an_answer_needs_a_reason_in_words(office: Office) -> None:
    story = Story(office)
    given = appeal_answers.AnswerSent(turn=1, decision="reject", why=" ")
    with office.work(story.other) as work, pytest.raises(ReasonMissing):
        appeal_answers.answer(work, story.appeal.id, given)


def test_an_appeal_of_a_visit_that_was_voided_since_is_not_answered(office: Office) -> None:
    story = Story(office)
    with office.work() as work:
        work.session.get_one(Visit, story.visit.id).state = VisitState.VOID
    with pytest.raises(NotInForce):
        story.answer(story.other)


def test_silence_moves_an_appeal_up_to_the_province_and_there_it_stays_overdue(
    story: Story, clock: Clock
) -> None:
    clock.now = datetime(2026, 11, 25, 15, 59, tzinfo=UTC)
    assert appeal_answers.go_up(story.office) == 0
    clock.now = datetime(2026, 11, 27, 5, tzinfo=UTC)
    assert appeal_answers.go_up(story.office) == 1
    raised = story.now()
    assert raised.state == AppealState.RAISED
    # The province has five working days from the limit that passed, however late the worker was.
    assert raised.due_at == datetime(2026, 12, 2, 16, tzinfo=UTC)
    assert appeal_answers.go_up(story.office) == 0
    with pytest.raises(NotAllowed):
        story.answer(story.other)
    clock.now = datetime(2026, 12, 3, 5, tzinfo=UTC)
    assert appeal_answers.go_up(story.office) == 1
    overdue = story.now()
    assert (overdue.state, overdue.due_at) == (AppealState.RAISED, raised.due_at)
    assert overdue.next_at == datetime(2026, 12, 9, 16, tzinfo=UTC)
    assert story.names()[-2:] == ["appeal.escalated", "appeal.escalated"]
    assert story.answer(story.hq).state is AppealState.DISMISSED


def test_an_appeal_without_a_calendar_waits_and_gets_its_limit_with_it(office: Office, clock: Clock) -> None:
    story = Story(office)
    with office.work() as work:
        row = work.session.get_one(Appeal, story.appeal.id)
        row.due_at = row.next_at = None
    assert appeal_answers.go_up(office) == 0
    assert story.now().due_at == datetime(2026, 11, 25, 16, tzinfo=UTC)


def test_nothing_of_a_visit_expires_while_an_appeal_runs(story: Story, clock: Clock) -> None:
    story.office.files.put(sounds.WEBM, kind="audio")
    with story.office.work() as work:
        work.session.add(
            VisitFile(
                visit_id=story.visit.id,
                sha256="e" * 64,
                kind="audio",
                type="audio/webm",
                bytes=1,
                uploader_id=story.shopper.id,
                arrived_at=work.now - timedelta(days=40),
            )
        )
    assert expiry.expire_voice(story.office, story.visit.id) == 0
    assert expiry.expire_left_voice(story.office) == 0
    story.answer(story.other)
    assert expiry.expire_left_voice(story.office) == 0
    clock.forward(days=10)
    assert expiry.expire_left_voice(story.office) == 1
