"""A photograph that is withheld after its publication leaves the signed reports too, and no outlet gets the old ones."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest
from sqlmodel import col, select

from server import worker
from server.domain.access import Role
from server.queries.releases import released
from server.queries.reports import report_id_of
from server.reports import sign
from server.storage.events import Event
from server.storage.organisation import Outlet
from server.storage.visits import Report, Visit
from server.usecases import period_reports, publishing, releases, reports, review
from server.usecases.releases import RELEASE, WITHHOLD, Choice
from server.usecases.work import Office
from tests import make, submitted
from tests.conftest import Clock
from tests.usecases.test_period_reports import BAD, hq, month

PICTURE = make.picture(5)
NAME = sha256(PICTURE).hexdigest()


@pytest.fixture(autouse=True)
def nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "drawn", lambda visit_id, seed, percent: False)
    monkeypatch.setattr(worker, "SWEEPS", ())


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office)


@pytest.fixture
def visit(office: Office, hall: Outlet) -> Visit:
    """A published covert visit whose only photograph is out, with its signed reports."""
    shopper = make.user(office, role=Role.SHOPPER)
    made = submitted.visit(
        office, shopper, hall, answers=BAD, photos=[PICTURE], files=[make.file_entry(PICTURE, "A-02")]
    )
    with office.work(submitted.reviewer(office)) as work:
        review.decide(work, made.id, 1, "accept")
    releases.choose(office, hq(office), made.id, [Choice(NAME, (), RELEASE)])
    with office.work(hq(office)) as work:
        publishing.publish(work, [made.id])
    worker.run_once(office)
    return made


def attached(office: Office, report: Report) -> Any:
    return json.loads(sign.attached(office.files.get(report.sha256, kind="report")))


def signed(office: Office, visit: Visit) -> list[Report]:
    with office.work(write=False) as work:
        of_visit = select(Report).where(Report.visit_id == visit.id, Report.edition == "outlet")
        return list(work.session.exec(of_visit.order_by(col(Report.number))))


def pictures(office: Office, report: Report) -> int:
    return office.files.get(report.sha256, kind="report").count(b"/DCTDecode")


def withhold(office: Office, clock: Clock, visit: Visit) -> None:
    clock.forward(hours=1)
    releases.choose(office, hq(office), visit.id, [Choice(NAME, (), WITHHOLD)])


def test_its_report_is_signed_anew_without_it_and_the_old_one_verifies_as_replaced(
    office: Office, clock: Clock, visit: Visit
) -> None:
    (older,) = signed(office, visit)
    assert older.id == report_id_of(visit.id, 1, "outlet")
    withhold(office, clock, visit)
    # Until the worker comes nobody is told that the old one counts.
    assert reports.verify_id(office, older.number).standing == "outdated"
    worker.run_once(office)
    kept, newer = signed(office, visit)
    assert (kept.id, kept.superseded_by, newer.superseded_by) == (older.id, newer.id, None)
    found = reports.verify_id(office, older.number)
    assert (found.standing, found.newer) == ("superseded", newer.number)
    assert reports.verify_id(office, newer.number).standing == "genuine"
    assert pictures(office, newer) < pictures(office, older)
    worker.run_once(office)
    reports.issue_without(office, visit.id)
    assert len(signed(office, visit)) == 2


def test_what_was_withheld_before_its_publication_makes_no_new_report(
    office: Office, clock: Clock, hall: Outlet
) -> None:
    shopper = make.user(office, role=Role.SHOPPER)
    made = submitted.visit(
        office, shopper, hall, answers=BAD, photos=[PICTURE], files=[make.file_entry(PICTURE, "A-02")]
    )
    with office.work(submitted.reviewer(office)) as work:
        review.decide(work, made.id, 1, "accept")
    releases.choose(office, hq(office), made.id, [Choice(NAME, (), RELEASE)])
    withhold(office, clock, made)
    with office.work(hq(office)) as work:
        publishing.publish(work, [made.id])
    worker.run_once(office)
    assert len(signed(office, made)) == 1
    with office.work(write=False) as work:
        facts = work.session.exec(select(Event.facts).where(Event.name == "photo.withheld")).one()
    assert json.loads(facts)["shown"] is False


def test_a_months_report_that_shows_it_is_replaced_with_the_issuers_words(
    office: Office, clock: Clock, hall: Outlet, visit: Visit
) -> None:
    clock.forward(days=60)
    shown = period_reports.issue(office, hq(office), month(hall), "请整改。")
    inner = period_reports.issue(office, hq(office), month(hall, "inner"))
    assert attached(office, shown)["findings"][0]["photos"]
    withhold(office, clock, visit)
    worker.run_once(office)
    with office.work(write=False) as work:
        old = work.session.get_one(Report, shown.id)
        assert old.superseded_by is not None
        newer = work.session.get_one(Report, old.superseded_by)
        assert work.session.get_one(Report, inner.id).superseded_by is None
    said = attached(office, newer)
    assert said["findings"][0]["photos"] == []
    assert said["head"]["remarks"] == "请整改。"
    assert reports.verify_id(office, shown.number).standing == "superseded"


def test_whoever_rolls_back_has_not_lost_the_masked_picture(
    office: Office, clock: Clock, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    with office.work(write=False) as work:
        masked = released(work.session, visit.id)[NAME]
    clock.forward(hours=1)

    def broken(*given: object, **facts: object) -> None:
        raise OSError("the disk is full")

    viewer = hq(office)
    with monkeypatch.context() as patch:
        patch.setattr(releases, "_note", broken)
        with pytest.raises(OSError, match="full"):
            releases.choose(office, viewer, visit.id, [Choice(NAME, (), WITHHOLD)])
    assert office.files.get(masked, kind="masked")
    releases.choose(office, hq(office), visit.id, [Choice(NAME, (), WITHHOLD)])
    with pytest.raises(FileNotFoundError):
        office.files.get(masked, kind="masked")
