"""What outlets may say to a published visit: acknowledge, appeal within the limit with ground and proof, once more."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from server.domain.access import Role, Viewer
from server.domain.actions import RecordNotYours
from server.domain.appeals import (
    AlreadyAcknowledged,
    AppealEtagOld,
    AppealLate,
    AppealRuns,
    AppealState,
    AppealStateForbids,
    AppealTwice,
    NothingLost,
    NotInForce,
    OwnInspection,
    ProofMissing,
)
from server.domain.errors import EtagMissing, NotAllowed, NotFound, ReasonMissing, WrongDocument
from server.domain.visit import VisitState
from server.queries import appeals as seen
from server.queries import scope
from server.queries.reports import report_id_of
from server.storage.appeals import Appeal
from server.storage.events import Event
from server.storage.organisation import Outlet, User
from server.storage.visits import Report, Visit
from server.usecases import appeals, record_files, review
from server.usecases.work import Office
from tests import appealed, make, submitted
from tests.conftest import Clock


@pytest.fixture(autouse=True)
def nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "drawn", lambda visit_id, seed, percent: False)


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office)


@pytest.fixture
def shopper(office: Office) -> User:
    return make.user(office, role=Role.SHOPPER)


@pytest.fixture
def owner(office: Office, hall: Outlet) -> Viewer:
    return submitted.viewer(make.user(office, role=Role.OUTLET_OWNER, outlet_id=hall.id))


@pytest.fixture
def visit(office: Office, hall: Outlet, shopper: User) -> Visit:
    """Published on Saturday 21 November 2026; the third working day after it is Wednesday the 25th."""
    return appealed.published(office, shopper, hall)[0]


def save(
    office: Office,
    who: Viewer,
    visit_id: UUID,
    item: str = "A-01",
    *,
    appeal_id: UUID | None = None,
    etag: str = "",
    **given: object,
) -> appeals.Taken:
    sent = appealed.sent(visit_id, item, **given)  # type: ignore[arg-type]
    with office.work(who) as work:
        return appeals.save(
            work, appeal_id or uuid4(), sent, if_match={etag} if etag else (), only_new=not etag
        )


def names(office: Office, subject: UUID) -> list[str]:
    with office.work(write=False) as work:
        found = select(Event.name).where(Event.subject_id == str(subject)).order_by(col(Event.id))
        return [name for name in work.session.exec(found) if name.startswith(("appeal.", "visit.ack"))]


def test_an_appeal_counts_when_its_proof_is_here_and_is_due_three_working_days_later(
    office: Office, owner: Viewer, visit: Visit
) -> None:
    taken = save(office, owner, visit.id)
    assert (taken.appeal.state, len(taken.files_missing)) == (AppealState.RECEIVING, 1)
    assert names(office, taken.appeal.id) == []
    with office.work(owner) as work:
        record_files.keep(work, "appeal", taken.appeal.id, appealed.proof(), "../../a.jpg")
        assert appeals.complete_if_whole(work, taken.appeal.id)
        found = work.session.get_one(Appeal, taken.appeal.id)
    assert found.state == AppealState.ASKED
    assert found.due_at == datetime(2026, 11, 25, 16, tzinfo=UTC)
    assert names(office, found.id) == ["appeal.made"]


def test_the_same_appeal_again_changes_nothing(office: Office, owner: Viewer, visit: Visit) -> None:
    first = save(office, owner, visit.id)
    again = save(office, owner, visit.id, appeal_id=first.appeal.id)
    assert (again.appeal.etag, again.files_missing) == (first.appeal.etag, first.files_missing)


def test_the_limit_ends_at_24_00_in_shanghai_and_a_late_appeal_hears_which_day_that_was(
    office: Office, owner: Viewer, visit: Visit, clock: Clock
) -> None:
    clock.now = datetime(2026, 11, 25, 15, 59, 59, tzinfo=UTC)
    save(office, owner, visit.id)
    clock.now = datetime(2026, 11, 25, 16, tzinfo=UTC)
    with pytest.raises(AppealLate) as late:
        save(office, owner, visit.id, "A-02")
    assert late.value.until == "2026-11-25"


def test_where_no_calendar_is_published_nobody_is_late(
    office: Office, hall: Outlet, shopper: User, owner: Viewer, clock: Clock
) -> None:
    clock.now = datetime(2026, 12, 30, 3, tzinfo=UTC)
    visit = appealed.published(office, shopper, hall)[0]
    clock.forward(days=30)
    assert appealed.made(office, owner, visit).due_at is None


def test_one_appeal_for_an_item(office: Office, owner: Viewer, visit: Visit) -> None:
    save(office, owner, visit.id)
    with pytest.raises(AppealTwice) as refused:
        save(office, owner, visit.id)
    assert (refused.value.state, refused.value.limit) == ("receiving", 1)
    assert save(office, owner, visit.id, "A-02").appeal.item_id == "A-02"


@pytest.mark.parametrize("item", ["B-01", "B-03", "B-04"])
def test_only_what_lost_points_is_appealed(office: Office, owner: Viewer, visit: Visit, item: str) -> None:
    with pytest.raises(NothingLost):
        save(office, owner, visit.id, item)


def test_an_appeal_needs_an_item_of_the_checklist_a_ground_and_a_proof(
    office: Office, owner: Viewer, visit: Visit
) -> None:
    with pytest.raises(WrongDocument):
        save(office, owner, visit.id, "Z-99")
    with pytest.raises(ReasonMissing):
        save(office, owner, visit.id, ground="  ")
    with pytest.raises(ProofMissing):
        save(office, owner, visit.id, files=[])
    taken = save(office, owner, visit.id)
    with pytest.raises(ProofMissing):
        save(office, owner, visit.id, appeal_id=taken.appeal.id, etag=taken.appeal.etag, files=[])


def test_acknowledging_ends_the_appeals_and_happens_once(office: Office, owner: Viewer, visit: Visit) -> None:
    for _ in range(2):
        with office.work(owner) as work:
            assert appeals.acknowledge(work, visit.id).revision == 1
    assert names(office, visit.id) == ["visit.acknowledged"]
    with pytest.raises(AlreadyAcknowledged):
        save(office, owner, visit.id)


def test_nobody_but_the_outlet_itself_may_appeal(
    office: Office, hall: Outlet, visit: Visit, shopper: User
) -> None:
    elsewhere = make.outlet(office)
    stranger = submitted.viewer(make.user(office, role=Role.OUTLET_OWNER, outlet_id=elsewhere.id))
    with pytest.raises(NotFound):
        save(office, stranger, visit.id)
    for role in (Role.AREA_MANAGER, Role.BRANCH_MANAGER, Role.REVIEWER, Role.HQ, Role.ADMIN, Role.AUDITOR):
        who = submitted.viewer(make.user(office, role=role, outlet_id=hall.id, unit_path="sx/"))
        with pytest.raises(NotAllowed):
            save(office, who, visit.id)
    with pytest.raises(NotAllowed):
        save(office, submitted.viewer(shopper), visit.id)


def test_a_hall_manager_does_not_appeal_his_own_patrol(office: Office, hall: Outlet) -> None:
    manager = make.user(office, role=Role.HALL_MANAGER, outlet_id=hall.id)
    visit = appealed.published(office, manager, hall, kind="patrol", signatures=submitted.SIGNED)[0]
    with pytest.raises(OwnInspection):
        save(office, submitted.viewer(manager), visit.id)


def test_what_is_void_or_not_published_is_no_result_to_appeal(
    office: Office, owner: Viewer, visit: Visit, hall: Outlet, shopper: User
) -> None:
    with office.work() as work:
        work.session.get_one(Visit, visit.id).state = VisitState.VOID
    with pytest.raises(NotInForce) as refused:
        save(office, owner, visit.id)
    assert refused.value.state == "void"
    waiting = submitted.visit(office, shopper, hall, answers=appealed.LOST)
    with pytest.raises(NotFound):
        save(office, owner, waiting.id)


@pytest.mark.parametrize("signed", [True, False])
def test_a_page_of_an_earlier_revision_takes_what_was_typed_on_it(
    office: Office, owner: Viewer, visit: Visit, *, signed: bool
) -> None:
    old = report_id_of(visit.id, 1, "outlet")
    if signed:
        with office.work() as work:
            given = {"number": "XT-2026-000001", "sha256": "0" * 64, "bytes": 1, "signed_at": work.now}
            work.session.add(Report(id=old, visit_id=visit.id, revision=1, edition="outlet", **given))
    first = appealed.made(office, owner, visit)
    appealed.answered(office, submitted.reviewer(office), first, uphold=True)
    assert save(office, owner, old, "A-02").appeal.revision == 2


def test_who_waits_for_an_answer_does_not_acknowledge(office: Office, owner: Viewer, visit: Visit) -> None:
    appeal = appealed.made(office, owner, visit)
    with office.work(owner) as work, pytest.raises(AppealRuns):
        appeals.acknowledge(work, visit.id)
    rejected = appealed.answered(office, submitted.reviewer(office), appeal)
    with office.work(owner) as work:
        appeals.acknowledge(work, visit.id)
    with pytest.raises(AlreadyAcknowledged):
        appealed.again(office, owner, rejected)
    with office.work(owner, write=False) as work:
        assert not seen.one(work.session, owner, rejected.id, office.clock()).may_ask_again


def test_an_appeal_whose_proof_never_comes_goes_to_the_desk_without_it(
    office: Office, owner: Viewer, visit: Visit, clock: Clock
) -> None:
    appeal = save(office, owner, visit.id).appeal
    assert appeals.put_unproved(office) == 0
    with office.work(write=False) as work:
        until = appeals.proof_until(work, work.session.get_one(Appeal, appeal.id))
    # Published on Saturday 21 November: three working days to appeal, and three more for what is on its way.
    assert until == datetime(2026, 11, 30, 16, tzinfo=UTC)
    clock.now = until
    with pytest.raises(AppealLate):
        save(office, owner, visit.id, appeal_id=appeal.id, etag=appeal.etag, ground="又过了很久")
    assert appeals.put_unproved(office) == 1
    assert appeals.put_unproved(office) == 0
    with office.work(owner) as work:
        put = work.session.get_one(Appeal, appeal.id)
        assert (put.state, put.due_at) == (AppealState.ASKED, datetime(2026, 12, 4, 16, tzinfo=UTC))
        with pytest.raises(RecordNotYours):
            appeals.may_attach(work, appeal.id)
        made = work.session.exec(select(Event).where(Event.name == "appeal.made")).one()
    assert json.loads(made.facts)["unproved"] == 1


def test_the_desk_sees_appeals_whose_proof_is_on_its_way(office: Office, owner: Viewer, visit: Visit) -> None:
    appeal = save(office, owner, visit.id).appeal
    for who, sees in ((submitted.reviewer(office), True), (submitted.reviewer(office, Role.AUDITOR), False)):
        with office.work(who, write=False) as work:
            found = work.session.exec(select(Appeal.id).where(scope.appeals(who))).all()
            assert (appeal.id in found) is sees


def test_a_rejected_appeal_is_asked_a_second_time_within_two_working_days(
    office: Office, owner: Viewer, visit: Visit, clock: Clock
) -> None:
    rejected = appealed.answered(office, submitted.reviewer(office), appealed.made(office, owner, visit))
    assert rejected.again_until == datetime(2026, 11, 24, 16, tzinfo=UTC)
    clock.now = datetime(2026, 11, 24, 15, 59, tzinfo=UTC)
    second = appealed.again(office, owner, rejected)
    assert second.state is AppealState.ASKED_AGAIN
    assert second.due_at == datetime(2026, 12, 1, 16, tzinfo=UTC)
    assert names(office, second.id) == ["appeal.made", "appeal.rejected", "appeal.asked-again"]
    third = appealed.sent(visit.id, turn=2, ground="第三次")
    with office.work(owner) as work, pytest.raises(AppealStateForbids):
        appeals.save(work, second.id, third, if_match={second.etag})


def test_the_second_time_has_its_limit_too(office: Office, owner: Viewer, visit: Visit, clock: Clock) -> None:
    rejected = appealed.answered(office, submitted.reviewer(office), appealed.made(office, owner, visit))
    clock.now = datetime(2026, 11, 24, 16, tzinfo=UTC)
    with pytest.raises(AppealLate):
        appealed.again(office, owner, rejected)
    with office.work(write=False) as work:
        assert not seen.running(work.session, visit.id, clock.now)


def test_who_knows_an_old_etag_hears_what_the_server_has(office: Office, owner: Viewer, visit: Visit) -> None:
    appeal = save(office, owner, visit.id).appeal
    with office.work(owner) as work, pytest.raises(EtagMissing):
        appeals.save(work, appeal.id, appealed.sent(visit.id, ground="另一个理由"))
    with pytest.raises(AppealEtagOld) as old:
        save(office, owner, visit.id, appeal_id=appeal.id, etag="older", ground="另一个理由")
    assert old.value.current["etag"] == appeal.etag
    changed = save(office, owner, visit.id, appeal_id=appeal.id, etag=appeal.etag, ground="另一个理由")
    with office.work(write=False) as work:
        assert seen.turns_of(work.session, appeal.id)[0].ground == "另一个理由"
    with pytest.raises(WrongDocument):
        save(office, owner, visit.id, "A-02", appeal_id=appeal.id, etag=changed.appeal.etag)


def test_proofs_come_from_the_outlet_and_only_while_they_are_asked_for(
    office: Office, owner: Viewer, visit: Visit
) -> None:
    appeal = appealed.made(office, owner, visit)
    with office.work(owner) as work, pytest.raises(RecordNotYours):
        appeals.may_attach(work, appeal.id)
    with office.work(submitted.reviewer(office)) as work, pytest.raises(NotAllowed):
        appeals.may_attach(work, uuid4())
