"""Folders of reports: worked off in steps, going on after a kill, never with an old report, and gone after some days."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from server.domain.access import Role, Viewer
from server.domain.errors import NotAllowed, NotFound
from server.domain.period_reports import FolderEmpty, FolderExpired, FolderNotReady, PeriodRuns, PeriodWrong
from server.queries import report_folders as shown
from server.queries.report_folders import Filter
from server.storage.events import Event
from server.storage.organisation import Outlet, User
from server.storage.report_folders import FolderState, ReportFolder
from server.storage.visits import Report, Revision, Visit
from server.usecases import report_folders, reports, review
from server.usecases.work import Office
from tests import make, submitted
from tests.conftest import Clock


@pytest.fixture(autouse=True)
def nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "drawn", lambda visit_id, seed, percent: False)


def accepted(office: Office, where: Outlet, *, publish: bool = True, shopper: User | None = None) -> Visit:
    visit = submitted.visit(office, shopper or make.user(office, role=Role.SHOPPER), where)
    with office.work(submitted.reviewer(office)) as work:
        review.decide(work, visit.id, 1, "accept")
    if publish:
        with office.work(submitted.reviewer(office, Role.HQ)) as work:
            review.publish(work, visit.id)
    return visit


def manager(office: Office, path: str = "sx/ty/") -> Viewer:
    user = make.user(office, role=Role.BRANCH_MANAGER, unit_path=path)
    return Viewer(str(user.id), user.username, user.name, user.role, unit_path=path)


def asked(office: Office, viewer: Viewer, **given: str) -> UUID:
    with office.work(viewer) as work:
        return report_folders.ask(work, Filter(**given)).id


def finished(office: Office, viewer: Viewer, folder_id: UUID) -> zipfile.ZipFile:
    while report_folders.step(office):
        pass
    with office.work(viewer, write=False) as work:
        shown.ready(work.session, viewer, folder_id)
    return zipfile.ZipFile(io.BytesIO(b"".join(report_folders.chunks(office, folder_id))))


def folder_of(office: Office, folder_id: UUID) -> ReportFolder:
    with office.work(write=False) as work:
        return work.session.get_one(ReportFolder, folder_id)


def table(archive: zipfile.ZipFile) -> list[list[str]]:
    return list(csv.reader(io.StringIO(archive.read("index.csv").decode("utf-8-sig"))))


def test_every_report_is_signed_on_the_way_and_packed_with_an_index(both: Office) -> None:
    office = both
    hall = make.outlet(office, code="太原/../01", name="=HYPERLINK(1)")
    for _ in range(3):
        accepted(office, hall)
    viewer = submitted.reviewer(office, Role.HQ)
    folder_id = asked(office, viewer, period="2026-11", kind="mystery")
    archive = finished(office, viewer, folder_id)
    assert archive.testzip() is None
    names = archive.namelist()
    assert len(names) == 4
    assert all(
        name == "index.csv" or name.removesuffix(".pdf").replace("_", "").replace("-", "").isalnum()
        for name in names
    )
    assert all(name.isascii() for name in names)
    rows = table(archive)
    assert len(rows) == 4
    for row in rows[1:]:
        assert row[2] == "'=HYPERLINK(1)"
        assert reports.verify_bytes(office, archive.read(row[7])).standing == "genuine"
    folder = folder_of(office, folder_id)
    assert (folder.state, folder.total, folder.done, folder.skipped) == (FolderState.READY, 3, 3, 0)
    with office.work(write=False) as work:
        ready = work.session.exec(select(Event).where(Event.name == "folder.ready")).one()
    assert json.loads(ready.facts)["reports"] == 3


def test_a_step_is_one_report_and_a_killed_worker_loses_nothing(
    office: Office, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = make.outlet(office)
    for _ in range(3):
        accepted(office, hall)
    viewer = submitted.reviewer(office, Role.HQ)
    folder_id = asked(office, viewer)
    assert report_folders.step(office)
    assert folder_of(office, folder_id).done == 1

    class Killed(BaseException):
        pass

    def killed(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(reports, "issue", killed)
        with pytest.raises(Killed):
            report_folders.step(office)
    # The lease of the dead worker runs out; until then nobody else takes the folder.
    assert not report_folders.step(office)
    clock.forward(minutes=3)
    archive = finished(office, viewer, folder_id)
    assert len(archive.namelist()) == 4
    with office.work(write=False) as work:
        assert len(work.session.exec(select(Report)).all()) == 3


def test_a_zip_that_was_left_half_written_is_begun_anew(office: Office) -> None:
    accepted(office, make.outlet(office))
    viewer = submitted.reviewer(office, Role.HQ)
    folder_id = asked(office, viewer)
    while folder_of(office, folder_id).state is FolderState.SIGNING:
        report_folders.step(office)
    half = office.settings.data / "folders" / f"{folder_id}.zip"
    half.parent.mkdir(exist_ok=True)
    half.write_bytes(b"PK\x03\x04 cut in the middle")
    assert len(finished(office, viewer, folder_id).namelist()) == 2
    assert not half.exists()


def test_a_report_that_was_replaced_on_the_way_is_not_packed(office: Office) -> None:
    visit = accepted(office, make.outlet(office))
    viewer = submitted.reviewer(office, Role.HQ)
    folder_id = asked(office, viewer)
    report_folders.step(office)
    with office.work() as work:
        row = work.session.get_one(Visit, visit.id)
        before = work.session.get_one(Revision, (visit.id, 1))
        work.session.add(Revision(**{**before.model_dump(), "number": 2}))
        row.revision = row.accepted_revision = 2
    archive = finished(office, viewer, folder_id)
    (name,) = [name for name in archive.namelist() if name.endswith(".pdf")]
    found = reports.verify_bytes(office, archive.read(name))
    assert (found.standing, found.number) == ("genuine", "XT-2026-000002")


def test_a_visit_that_was_voided_on_the_way_is_left_out(office: Office) -> None:
    hall = make.outlet(office)
    accepted(office, hall)
    gone = accepted(office, hall)
    viewer = submitted.reviewer(office, Role.HQ)
    folder_id = asked(office, viewer)
    with office.work() as work:
        work.session.get_one(Visit, gone.id).accepted_revision = None
    archive = finished(office, viewer, folder_id)
    assert len(archive.namelist()) == 2
    folder = folder_of(office, folder_id)
    assert (folder.total, folder.skipped) == (2, 1)


def test_a_branch_gets_its_own_outlets_published_results_in_the_outlets_edition(office: Office) -> None:
    hall = make.outlet(office)
    other = make.outlet(office, place=make.unit(office, "sx", "dt", "c", "d", "a"))
    accepted(office, hall)
    accepted(office, hall, publish=False)
    accepted(office, other)
    viewer = manager(office)
    folder_id = asked(office, viewer, edition="inner")
    archive = finished(office, viewer, folder_id)
    assert [row[5] for row in table(archive)[1:]] == ["网点版"]
    with office.work(write=False) as work:
        assert {report.edition for report in work.session.exec(select(Report))} == {"outlet"}


def test_a_folder_is_for_who_asked_for_it_as_long_as_he_may_see_what_is_in_it(office: Office) -> None:
    accepted(office, make.outlet(office))
    head = submitted.reviewer(office, Role.HQ)
    folder_id = asked(office, head)
    with office.work(head, write=False) as work, pytest.raises(FolderNotReady):
        shown.ready(work.session, head, folder_id)
    finished(office, head, folder_id)
    moved = Viewer(head.user_id, head.username, head.name, Role.BRANCH_MANAGER, unit_path="sx/ty/")
    for viewer in (submitted.reviewer(office, Role.HQ), manager(office), moved):
        with office.work(viewer, write=False) as work, pytest.raises(NotFound):
            shown.ready(work.session, viewer, folder_id)
    branch = manager(office)
    its = asked(office, branch)
    finished(office, branch, its)
    elsewhere = Viewer(branch.user_id, branch.username, branch.name, branch.role, unit_path="sx/dt/")
    with office.work(elsewhere, write=False) as work, pytest.raises(NotFound):
        shown.ready(work.session, elsewhere, its)
    shopper = Viewer(head.user_id, "", "", Role.SHOPPER)
    with office.work(shopper) as work, pytest.raises(NotAllowed):
        report_folders.ask(work, Filter())


def test_nothing_found_and_no_period_are_said(office: Office) -> None:
    viewer = submitted.reviewer(office, Role.HQ)
    with office.work(viewer) as work:
        with pytest.raises(FolderEmpty):
            report_folders.ask(work, Filter(period="2020-01"))
        with pytest.raises(PeriodWrong):
            report_folders.ask(work, Filter(period="2026-13"))


def test_the_zip_is_deleted_after_its_days(office: Office, clock: Clock) -> None:
    accepted(office, make.outlet(office))
    viewer = submitted.reviewer(office, Role.HQ)
    folder_id = asked(office, viewer)
    finished(office, viewer, folder_id)
    assert report_folders.expire(office) == 0
    clock.forward(days=8)
    assert report_folders.expire(office) == 1
    with office.work(viewer, write=False) as work, pytest.raises(FolderExpired):
        shown.ready(work.session, viewer, folder_id)
    assert office.files.get_named(report_folders.name_of(folder_id)) is None


def test_what_cannot_be_made_is_tried_five_times_and_then_said(
    office: Office, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted(office, make.outlet(office))
    viewer = submitted.reviewer(office, Role.HQ)
    folder_id = asked(office, viewer)

    def broken(*_: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(reports, "issue", broken)
    for _ in range(report_folders.TRIES):
        assert report_folders.step(office)
        clock.forward(minutes=10)
    assert not report_folders.step(office)
    folder = folder_of(office, folder_id)
    assert (folder.state, folder.error) == (FolderState.FAILED, "OSError: no space left")


def quarter_over(office: Office, clock: Clock) -> Outlet:
    hall = make.outlet(office)
    accepted(office, hall)
    make.outlet(office, place=make.unit(office, "sx", "dt", "c", "d", "a"))
    clock.forward(days=60)
    return hall


def test_a_folder_holds_the_quarter_of_every_branch_in_sight(office: Office, clock: Clock) -> None:
    quarter_over(office, clock)
    viewer = submitted.reviewer(office, Role.HQ)
    folder_id = asked(office, viewer, period="2026-Q4", kind="branch_quarter")
    archive = finished(office, viewer, folder_id)
    rows = table(archive)[1:]
    assert [row[3] for row in rows] == ["2026-Q4", "2026-Q4"]
    for row in rows:
        assert reports.verify_bytes(office, archive.read(row[7])).standing == "genuine"
    branch = manager(office)
    its = finished(office, branch, asked(office, branch, period="2026-Q4", kind="branch_quarter"))
    assert [row[5] for row in table(its)[1:]] == ["网点版"]
    moved = Viewer(branch.user_id, branch.username, branch.name, branch.role, unit_path="sx/dt/")
    with office.work(write=False) as work:
        newest = work.session.exec(
            select(ReportFolder.id).where(ReportFolder.asked_by == UUID(branch.user_id))
        ).one()
    with office.work(moved, write=False) as work, pytest.raises(NotFound):
        shown.ready(work.session, moved, newest)


def test_a_folder_holds_the_months_of_the_outlets_that_were_visited(office: Office, clock: Clock) -> None:
    hall = quarter_over(office, clock)
    viewer = submitted.reviewer(office, Role.HQ)
    archive = finished(office, viewer, asked(office, viewer, period="2026-11", kind="outlet_month"))
    assert [(row[1], row[3]) for row in table(archive)[1:]] == [(hall.code, "2026-11")]
    again = finished(office, viewer, asked(office, viewer, period="2026-11", kind="outlet_month"))
    assert table(again) == table(archive)


def test_a_period_report_that_became_outdated_on_the_way_is_signed_again(
    office: Office, clock: Clock
) -> None:
    hall = quarter_over(office, clock)
    viewer = submitted.reviewer(office, Role.HQ)
    folder_id = asked(office, viewer, period="2026-11", kind="outlet_month")
    report_folders.step(office)
    clock.forward(days=-60)
    accepted(office, hall)
    clock.forward(days=60)
    archive = finished(office, viewer, folder_id)
    (row,) = table(archive)[1:]
    assert reports.verify_bytes(office, archive.read(row[7])).standing == "genuine"
    with office.work(write=False) as work:
        made = work.session.exec(select(Report).where(Report.kind == "outlet_month")).all()
    assert sorted(report.superseded_by is None for report in made) == [False, True]


def test_period_reports_are_packed_for_who_may_sign_them_once_the_period_is_over(office: Office) -> None:
    hall = make.outlet(office)
    accepted(office, hall)
    viewer = submitted.reviewer(office, Role.HQ)
    owner = Viewer(viewer.user_id, "", "", Role.OUTLET_OWNER, outlet_id=str(hall.id))
    with office.work(owner) as work, pytest.raises(NotAllowed):
        report_folders.ask(work, Filter(period="2026-10", kind="outlet_month"))
    with office.work(viewer) as work:
        with pytest.raises(PeriodRuns):
            report_folders.ask(work, Filter(period="2026-11", kind="outlet_month"))
        with pytest.raises(PeriodWrong):
            report_folders.ask(work, Filter(kind="branch_quarter"))
        with pytest.raises(FolderEmpty):
            report_folders.ask(work, Filter(period="2026-10", kind="outlet_month"))
