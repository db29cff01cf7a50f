"""Reports of periods: made from the counted visits, replaced when they change, and telling outside nothing of the shopper."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from server.domain.access import Role, Viewer
from server.domain.errors import NotAllowed, NotFound
from server.domain.period_reports import Kind, PeriodRuns, PeriodWrong, period_of
from server.domain.periods import Period
from server.queries import period_reports as shown
from server.reports import sign
from server.storage.events import Event
from server.storage.organisation import Outlet, Unit, User
from server.storage.visits import Report, Revision, Visit
from server.usecases import facts, letters, period_reports, reports, review
from server.usecases.period_read import Wanted
from server.usecases.work import Office
from tests import make, pdf_words, submitted
from tests.conftest import Clock
from tests.reports import period_sample

SECRET = "欧阳神秘"
QUARTER = Period.read("2026-Q4")
BAD = {**submitted.GOOD, "A-02": {"value": 2000, "note": "门头缺一个字"}}


@pytest.fixture(autouse=True)
def nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "drawn", lambda visit_id, seed, percent: False)


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office)


@pytest.fixture
def shopper(office: Office) -> User:
    return make.user(office, role=Role.SHOPPER, name=SECRET, username="shopper-unique-77")


def hq(office: Office) -> Viewer:
    return submitted.reviewer(office, Role.HQ)


def manager(office: Office, path: str = "sx/ty/") -> Viewer:
    user = make.user(office, role=Role.BRANCH_MANAGER, unit_path=path)
    return Viewer(str(user.id), user.username, user.name, user.role, unit_path=path)


def accepted(office: Office, shopper: User, hall: Outlet, *, publish: bool = True, **given: Any) -> Visit:
    visit = submitted.visit(office, shopper, hall, **{"answers": BAD, **given})
    reader = submitted.reviewer(office)
    with office.work(reader) as work:
        review.decide(work, visit.id, 1, "accept")
    if publish:
        with office.work(hq(office)) as work:
            review.publish(work, visit.id)
    return visit


def unit_of(office: Office, path: str) -> UUID:
    with office.work(write=False) as work:
        return work.session.exec(select(Unit.id).where(Unit.path == path)).one()


def branch(office: Office, edition: Any = "inner", language: Any = "zh") -> Wanted:
    return Wanted(Kind.BRANCH_QUARTER, unit_of(office, "sx/ty/"), QUARTER, edition, language)


def month(hall: Outlet, edition: Any = "outlet", language: Any = "zh") -> Wanted:
    return Wanted(Kind.OUTLET_MONTH, hall.id, Period.read("2026-11"), edition, language)


def content(office: Office, report: Report) -> bytes:
    return office.files.get(report.sha256, kind="report")


def attached(data: bytes) -> Any:
    return json.loads(sign.attached(data))


def test_a_quarter_is_signed_once_it_is_over_and_verifies(both: Office, clock: Clock, tmp_path: Path) -> None:
    office = both
    shopper = make.user(office, role=Role.SHOPPER, name=SECRET)
    accepted(office, shopper, make.outlet(office))
    viewer = hq(office)
    with pytest.raises(PeriodRuns):
        period_reports.issue(office, viewer, branch(office))
    assert period_reports.draft(office, viewer, branch(office)).startswith(b"%PDF")
    clock.forward(days=60)
    for wanted in (
        branch(office),
        branch(office, "outlet", "en"),
        Wanted(Kind.PROVINCE_QUARTER, unit_of(office, "sx/"), QUARTER, "inner", "zh"),
    ):
        report = period_reports.issue(office, viewer, wanted)
        data = content(office, report)
        assert (report.kind, report.period, report.edition) == (wanted.kind, "2026-Q4", wanted.edition)
        found = reports.verify_bytes(office, data)
        assert (found.standing, found.number) == ("genuine", report.number)
        assert reports.verify_id(office, report.number).standing == "genuine"
        changed = data[:-40] + bytes([data[-40] ^ 1]) + data[-39:]
        assert reports.verify_bytes(office, changed).standing == "changed"
        assert attached(data)["window"]["visits"] == 1
        assert period_reports.issue(office, viewer, wanted).id == report.id
    with office.work(write=False) as work:
        signed = work.session.exec(select(Event).where(Event.name == "report.signed")).all()
    assert [event.subject for event in signed].count("report") == 3


def test_a_report_whose_visits_changed_is_outdated_and_its_next_one_replaces_it(
    office: Office, shopper: User, hall: Outlet, clock: Clock
) -> None:
    visit = accepted(office, shopper, hall)
    viewer = hq(office)
    clock.forward(days=60)
    older = period_reports.issue(office, viewer, branch(office))
    old_bytes = content(office, older)
    with office.work() as work:
        row = work.session.get_one(Visit, visit.id)
        before = work.session.get_one(Revision, (visit.id, 1))
        work.session.add(Revision(**{**before.model_dump(), "number": 2, "author_id": shopper.id}))
        row.revision = row.accepted_revision = 2
        work.session.flush()
        facts.keep(work, row)
    assert reports.verify_bytes(office, old_bytes).standing == "outdated"
    with office.work(viewer, write=False) as work:
        assert [line.state for line in shown.lines(work.session, viewer, shown.Filters()).rows] == [
            "outdated"
        ]
    newer = period_reports.issue(office, viewer, branch(office))
    assert newer.number != older.number
    found = reports.verify_bytes(office, old_bytes)
    assert (found.standing, found.newer) == ("superseded", newer.number)
    assert older.number in pdf_words.words(content(office, newer))
    with office.work(viewer, write=False) as work:
        states = [line.state for line in shown.lines(work.session, viewer, shown.Filters()).rows]
    assert states == ["current", "superseded"]


def test_other_words_of_the_issuer_make_a_new_report(office: Office, hall: Outlet, clock: Clock) -> None:
    clock.forward(days=60)
    viewer = hq(office)
    first = period_reports.issue(office, viewer, month(hall), "请整改。")
    assert period_reports.issue(office, viewer, month(hall), "请整改。").id == first.id
    assert period_reports.issue(office, viewer, month(hall), "请三日内整改。").revision == 2


@pytest.mark.parametrize("kind", [Kind.OUTLET_MONTH, Kind.BRANCH_QUARTER, Kind.PROVINCE_QUARTER])
def test_the_outer_edition_tells_nothing_of_the_shopper(
    office: Office, shopper: User, hall: Outlet, clock: Clock, tmp_path: Path, kind: Kind
) -> None:
    picture = make.picture(5)
    visit = accepted(
        office,
        shopper,
        hall,
        photos=[picture],
        files=[make.file_entry(picture, "A-02")],
        device="Unusual Phone 9",
    )
    hidden = accepted(
        office,
        shopper,
        hall,
        publish=False,
        answers={**BAD, "A-02": {"value": 2000, "note": "还没有发布的话"}},
    )
    clock.forward(days=60)
    paths = {Kind.BRANCH_QUARTER: "sx/ty/", Kind.PROVINCE_QUARTER: "sx/"}
    about = hall.id if kind is Kind.OUTLET_MONTH else unit_of(office, paths[kind])
    period = "2026-11" if kind is Kind.OUTLET_MONTH else "2026-Q4"
    inner, outer = (
        content(
            office,
            period_reports.issue(
                office, hq(office), Wanted(kind, about, period_of(kind, period), edition, "zh")
            ),
        )
        for edition in ("inner", "outlet")
    )
    path = tmp_path / "plain.pdf"
    (tmp_path / "signed.pdf").write_bytes(outer)
    subprocess.run(
        ["qpdf", "--qdf", "--object-streams=disable", str(tmp_path / "signed.pdf"), str(path)], check=False
    )
    readable = pdf_words.words(outer) + json.dumps(attached(outer), ensure_ascii=False)
    with office.work(write=False) as work:
        unpublished = work.session.get_one(Revision, (hidden.id, 1)).sha256
    for secret in (
        *(SECRET, shopper.username, str(shopper.id), str(visit.id), str(hidden.id), "Unusual Phone"),
        *("01:10:05", "09:10", "09:11", "01:11:37", "112.56", "还没有发布的话", unpublished),
    ):
        assert secret not in readable, secret
        if not secret[:2].isdigit():
            assert secret.encode() not in path.read_bytes(), secret
    assert "门头缺一个字" in readable
    assert b"/DCTDecode" not in path.read_bytes()
    assert len(attached(outer)["evidence"]) == 1
    # The search finds what is there: what is not published, and the photograph, stand in the inner edition.
    within = pdf_words.words(inner) + json.dumps(attached(inner), ensure_ascii=False)
    assert "还没有发布的话" in within
    assert unpublished in within
    assert attached(inner)["findings"][0]["photos"]


def test_a_branch_reports_about_itself_alone_and_never_in_the_inner_edition(
    office: Office, hall: Outlet, clock: Clock
) -> None:
    other = make.outlet(office, place=make.unit(office, "sx", "dt", "c", "d", "a"))
    clock.forward(days=60)
    viewer = manager(office)
    assert period_reports.issue(office, viewer, branch(office, "outlet")).edition == "outlet"
    assert period_reports.issue(office, viewer, month(hall)).edition == "outlet"
    with pytest.raises(NotAllowed):
        period_reports.issue(office, viewer, branch(office))
    for wanted in (
        month(other),
        Wanted(Kind.BRANCH_QUARTER, unit_of(office, "sx/dt/"), QUARTER, "outlet", "zh"),
        Wanted(Kind.PROVINCE_QUARTER, unit_of(office, "sx/"), QUARTER, "outlet", "zh"),
    ):
        with pytest.raises(NotFound):
            period_reports.draft(office, viewer, wanted)
    owner = Viewer(viewer.user_id, "o", "o", Role.OUTLET_OWNER, outlet_id=str(hall.id))
    with pytest.raises(NotAllowed):
        period_reports.draft(office, owner, month(hall))


def test_each_sees_the_reports_about_his_own_part(office: Office, hall: Outlet, clock: Clock) -> None:
    clock.forward(days=60)
    head = hq(office)
    for wanted in (branch(office), branch(office, "outlet"), month(hall), month(hall, "inner")):
        period_reports.issue(office, head, wanted)
    nobody = head.user_id
    viewers = {
        "hq": (
            head,
            {"branch_quarter inner", "branch_quarter outlet", "outlet_month outlet", "outlet_month inner"},
        ),
        "branch": (manager(office), {"branch_quarter outlet", "outlet_month outlet"}),
        "other": (manager(office, "sx/dt/"), set()),
        "area": (
            Viewer(nobody, "", "", Role.AREA_MANAGER, unit_path="sx/ty/xd/d1/a1/"),
            {"outlet_month outlet"},
        ),
        "owner": (Viewer(nobody, "", "", Role.OUTLET_OWNER, outlet_id=str(hall.id)), {"outlet_month outlet"}),
        "shopper": (Viewer(nobody, "", "", Role.SHOPPER, unit_path="sx/"), set()),
    }
    for name, (viewer, expected) in viewers.items():
        with office.work(viewer, write=False) as work:
            rows = shown.lines(work.session, viewer, shown.Filters()).rows
        assert {f"{row.kind} {row.edition}" for row in rows} == expected, name


def test_a_letter_is_signed_kept_and_replaced_when_its_facts_change(
    office: Office, hall: Outlet, clock: Clock
) -> None:
    effective = period_sample.letter().effective

    def writing(**other: Any) -> letters.Written:
        return lambda report_id, number, url, older: period_sample.letter(
            report_id=report_id,
            number=number,
            verify_url=url,
            supersedes=older,
            issued_at=office.clock(),
            **other,
        )

    first = letters.issue(office, hall.id, effective, writing())
    clock.forward(hours=1)
    assert letters.issue(office, hall.id, effective, writing()).id == first.id
    data = content(office, first)
    assert reports.verify_bytes(office, data).standing == "genuine"
    second = letters.issue(office, hall.id, effective, writing(reason="补充说明"))
    found = reports.verify_bytes(office, data)
    assert (found.standing, found.newer) == ("superseded", second.number)
    assert first.number in pdf_words.words(content(office, second)) or second.superseded_by is None
    with office.work(write=False) as work:
        kept = work.session.exec(select(Report).order_by(col(Report.number))).all()
    assert [report.kind for report in kept] == ["decision_letter", "decision_letter"]


def test_signing_visits_reports_meanwhile_makes_no_new_report_of_the_period(
    office: Office, shopper: User, hall: Outlet, clock: Clock
) -> None:
    visit = accepted(office, shopper, hall)
    clock.forward(days=60)
    for wanted in (branch(office), month(hall)):
        first = period_reports.issue(office, hq(office), wanted)
        assert reports.issue(office, visit.id, wanted.edition) is not None
        assert period_reports.issue(office, hq(office), wanted).id == first.id


def test_letters_in_two_languages_do_not_replace_each_other(office: Office, hall: Outlet) -> None:
    effective = period_sample.letter().effective

    def writing(language: Any) -> letters.Written:
        return lambda report_id, number, url, older: period_sample.letter(
            language, report_id=report_id, number=number, verify_url=url, supersedes=older
        )

    made = [letters.issue(office, hall.id, effective, writing(language)) for language in ("zh", "en", "zh")]
    assert made[0].id == made[2].id != made[1].id
    for letter in made:
        assert reports.verify_id(office, letter.number).standing == "genuine"


def test_a_month_is_no_quarter() -> None:
    for kind, code in (
        (Kind.OUTLET_MONTH, "2026-Q4"),
        (Kind.BRANCH_QUARTER, "2026-11"),
        (Kind.PROVINCE_QUARTER, "../etc"),
    ):
        with pytest.raises(PeriodWrong):
            period_of(kind, code)


def test_a_late_visit_makes_the_report_outdated(
    office: Office, shopper: User, hall: Outlet, clock: Clock
) -> None:
    clock.forward(days=60)
    report = period_reports.issue(office, hq(office), branch(office))
    assert reports.verify_id(office, report.number).standing == "genuine"
    clock.now -= timedelta(days=60)
    accepted(office, shopper, hall)
    assert reports.verify_id(office, report.number).standing == "outdated"
