"""Reports: issued once, signed, superseded by the next revision, and telling no outlet who was there."""

from __future__ import annotations

import json
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from server.domain.access import Role, Viewer
from server.domain.errors import ReportNotReady
from server.domain.publishing import ReportNotDue
from server.domain.visit import VisitKind, VisitState, digest
from server.queries.reports import current
from server.reports import sign
from server.storage.events import Event
from server.storage.organisation import Outlet, User
from server.storage.visits import Report, Revision, Visit
from server.usecases import photos, reports, review
from server.usecases.report_data import gather
from server.usecases.work import Office
from tests import make, pdf_words, submitted
from tests.conftest import Clock

SECRET = "欧阳神秘"


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office)


@pytest.fixture
def shopper(office: Office) -> User:
    return make.user(office, role=Role.SHOPPER, name=SECRET, username="shopper-unique-77")


@pytest.fixture(autouse=True)
def nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "drawn", lambda visit_id, seed, percent: False)


def accepted(office: Office, shopper: User, hall: Outlet, *readers: Viewer, **given: Any) -> Visit:
    visit = submitted.visit(office, shopper, hall, **given)
    for reader in readers or (submitted.reviewer(office),):
        with office.work(reader) as work:
            visit = review.decide(work, visit.id, 1, "accept")
    assert visit.state is VisitState.ACCEPTED
    return visit


def published(office: Office, visit: Visit) -> None:
    with office.work(submitted.reviewer(office, Role.HQ)) as work:
        review.publish(work, visit.id)


def issued(office: Office, visit: Visit, edition: Any = "inner") -> tuple[Report, bytes]:
    made = reports.issue(office, visit.id, edition)
    assert made is not None
    return made, office.files.get(made.sha256, kind="report")


def text_of(data: bytes, folder: Path) -> str:
    path = folder / "report.pdf"
    path.write_bytes(data)
    return subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], check=True, capture_output=True, text=True
    ).stdout


def signatures_of(data: bytes, folder: Path) -> str:
    path = folder / "signed.pdf"
    path.write_bytes(data)
    found = subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False)
    return found.stdout


def test_the_accepted_visit_gets_one_signed_report(
    office: Office, shopper: User, hall: Outlet, tmp_path: Path
) -> None:
    picture = make.picture(1)
    files = [make.file_entry(picture, "A-01", caption="灯箱左下角不亮")]
    visit = accepted(office, shopper, hall, photos=[picture], files=files)
    photos.make_sizes(office, visit.id)
    report, data = issued(office, visit)
    assert (report.revision, report.edition, report.number) == (1, "inner", "XT-2026-000001")
    assert signatures_of(data, tmp_path).count("Signature is Valid") == 1
    subprocess.run(["qpdf", "--check", str(tmp_path / "signed.pdf")], check=True, capture_output=True)
    words = text_of(data, tmp_path)
    for expected in (
        "太原迎泽大街营业厅",
        "XT-2026-000001",
        "100.00",
        SECRET,
        "门头干净完好",
        "小厅检查表",
        "灯箱左下角不亮",
    ):
        assert expected in words
    with office.work(write=False) as work:
        revision = work.session.get_one(Revision, (visit.id, 1))
    assert digest(sign.attached(data).decode()) == revision.sha256
    assert reports.verify_bytes(office, data).standing == "genuine"


def test_codes_and_private_names_are_told_in_words(
    office: Office, shopper: User, hall: Outlet, tmp_path: Path
) -> None:
    answers = {
        **submitted.GOOD,
        "A-01": {"value": "pass", "no_photo": "unnoticed"},
        "B-01": {"value": "pass", "no_photo": "镜头起雾了"},
    }
    _, data = issued(office, accepted(office, shopper, hall, answers=answers))
    words = text_of(data, tmp_path)
    assert "拍照会被发现" in words
    assert "镜头起雾了" in words
    assert "unnoticed" not in words
    assert "《自有营业厅服务标准》 §4.3.2.1" in words
    assert "S3 §" not in words


def test_a_report_is_kept_with_the_time_that_its_signatures_claim(
    office: Office, shopper: User, hall: Outlet, clock: Clock
) -> None:
    visit, press = accepted(office, shopper, hall), office.press

    def slow(manuscript: Any) -> bytes:
        clock.forward(seconds=7)
        return press(manuscript)

    office.press = slow
    report, data = issued(office, visit)
    assert sign.verify(data, []).signed_at == report.signed_at.replace(microsecond=0)


def test_issuing_twice_gives_one_report_and_one_event(office: Office, shopper: User, hall: Outlet) -> None:
    visit = accepted(office, shopper, hall)
    first, _ = issued(office, visit)
    second, _ = issued(office, visit)
    assert (first.id, first.sha256) == (second.id, second.sha256)
    with office.work(write=False) as work:
        assert len(work.session.exec(select(Report)).all()) == 1
        assert len(work.session.exec(select(Event).where(Event.name == "report.signed")).all()) == 1


def test_a_number_is_reserved_first_so_that_nobody_lays_out_twice(
    office: Office, shopper: User, hall: Outlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = accepted(office, shopper, hall), accepted(office, shopper, hall)
    sign_once = reports._signed
    calls: list[UUID] = []

    def overtaken(where: Office, ready: Any) -> bytes:
        calls.append(ready.data.report_id)
        if len(calls) == 1:
            issued(office, two)
        return sign_once(where, ready)

    monkeypatch.setattr(reports, "_signed", overtaken)
    late, _ = issued(office, one)
    early, _ = issued(office, two)
    assert {early.number, late.number} == {"XT-2026-000001", "XT-2026-000002"}
    assert late.number < early.number
    assert len(calls) == 2


def test_a_report_that_is_not_made_leaves_a_gap_in_the_numbers(
    office: Office, shopper: User, hall: Outlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = accepted(office, shopper, hall)
    with monkeypatch.context() as patched:
        patched.setattr(reports, "_signed", lambda where, ready: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            issued(office, visit)
    assert issued(office, visit)[0].number == "XT-2026-000002"


def test_each_language_has_its_own_report_of_a_revision(office: Office, shopper: User, hall: Outlet) -> None:
    visit = accepted(office, shopper, hall)
    published(office, visit)
    for edition in ("inner", "outlet"):
        chinese, _ = issued(office, visit, edition)
        english = reports.issue(office, visit.id, edition, "en")
        assert english is not None
        assert (english.language, english.edition, english.revision) == ("en", edition, 1)
        assert english.id != chinese.id
        said = pdf_words.words(office.files.get(english.sha256, kind="report"))
        assert "Service quality inspection report" in said
        assert "服务质量检查报告" not in said
        again = reports.issue(office, visit.id, edition, "en")
        assert again is not None
        assert again.id == english.id
        for report in (chinese, english):
            assert reports.verify_id(office, report.number).standing == "genuine"


def test_both_readers_of_a_grave_fail_sign(
    office: Office, shopper: User, hall: Outlet, tmp_path: Path
) -> None:
    readers = (submitted.reviewer(office), submitted.reviewer(office))
    grave = {**submitted.GOOD, "B-01": {"value": "fail", "note": "让我去别的营业厅"}}
    visit = accepted(office, shopper, hall, *readers, answers=grave)
    _, data = issued(office, visit)
    assert signatures_of(data, tmp_path).count("Signature is Valid") == 2
    words = text_of(data, tmp_path)
    assert all(reader.name in words for reader in readers)
    assert "让我去别的营业厅" in words
    assert reports.verify_bytes(office, data).standing == "genuine"


def test_a_changed_byte_is_found(office: Office, shopper: User, hall: Outlet) -> None:
    visit = accepted(office, shopper, hall)
    _, data = issued(office, visit)
    for at in (len(data) // 10, len(data) // 2, len(data) * 9 // 10, len(data) - 3):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        assert reports.verify_bytes(office, changed).standing == "changed", at


def test_what_is_not_ours_is_unknown(office: Office, tmp_path: Path) -> None:
    assert reports.verify_bytes(office, b"").standing == "unknown"
    assert reports.verify_bytes(office, b"%PDF-1.7 nothing").standing == "unknown"
    assert reports.verify_id(office, str(uuid4())).standing == "unknown"
    assert reports.verify_id(office, "../../etc/passwd").standing == "unknown"


def test_a_newer_revision_supersedes_the_report_and_names_it(
    office: Office, shopper: User, hall: Outlet, tmp_path: Path
) -> None:
    visit = accepted(office, shopper, hall)
    older, old_bytes = issued(office, visit)
    with office.work() as work:
        row = work.session.get_one(Visit, visit.id)
        before = work.session.get_one(Revision, (visit.id, 1))
        work.session.add(Revision(**{**before.model_dump(), "number": 2, "author_id": shopper.id}))
        row.revision = row.accepted_revision = 2
    # Until the new report is signed the old one is not vouched for either.
    assert reports.verify_bytes(office, old_bytes).standing == "outdated"
    newer, data = issued(office, visit)
    assert newer.number == "XT-2026-000002"
    assert older.number in text_of(data, tmp_path)
    found = reports.verify_bytes(office, old_bytes)
    assert (found.standing, found.number, found.newer) == ("superseded", older.number, newer.number)
    by_id = reports.verify_id(office, str(older.id))
    assert (by_id.standing, by_id.newer) == ("superseded", newer.number)
    assert reports.verify_id(office, str(newer.id)).standing == "genuine"
    with office.work(write=False) as work:
        events = work.session.exec(select(Event.name).order_by(col(Event.id))).all()
    assert events.count("report.superseded") == 1


def test_the_outlets_edition_exists_only_after_publication(
    office: Office, shopper: User, hall: Outlet
) -> None:
    visit = accepted(office, shopper, hall)
    assert reports.issue(office, visit.id, "outlet") is None
    published(office, visit)
    assert reports.issue(office, visit.id, "outlet") is not None


def test_a_visit_that_is_not_accepted_has_no_report(office: Office, shopper: User, hall: Outlet) -> None:
    visit = submitted.visit(office, shopper, hall)
    assert reports.issue(office, visit.id, "inner") is None


def test_a_report_that_nothing_makes_yet_is_told_apart_from_one_in_the_making(
    office: Office, shopper: User, hall: Outlet
) -> None:
    reviewer = submitted.reviewer(office)
    visit = submitted.visit(office, shopper, hall)
    with office.work(reviewer, write=False) as work, pytest.raises(ReportNotDue):
        current(work.session, reviewer, visit.id)
    with office.work(reviewer) as work:
        review.decide(work, visit.id, 1, "accept")
    with office.work(reviewer, write=False) as work, pytest.raises(ReportNotReady):
        current(work.session, reviewer, visit.id)


def test_the_outlets_edition_tells_nothing_of_the_shopper(
    office: Office, shopper: User, hall: Outlet, tmp_path: Path
) -> None:
    picture = make.picture(5)
    reader = submitted.reviewer(office)
    visit = accepted(
        office,
        shopper,
        hall,
        reader,
        photos=[picture],
        device="Unusual Phone 9",
        answers={**submitted.GOOD, "A-02": {"value": 2000, "note": "门头缺一个字"}},
    )
    published(office, visit)
    report, data = issued(office, visit, "outlet")
    words = text_of(data, tmp_path)
    assert signatures_of(data, tmp_path).count("Signature is Valid") == 1
    assert "门头缺一个字" in words
    assert "上午" in words
    path = tmp_path / "plain.pdf"
    subprocess.run(
        ["qpdf", "--qdf", "--object-streams=disable", str(tmp_path / "signed.pdf"), str(path)], check=False
    )
    attached = json.loads(sign.attached(data))
    readable = pdf_words.words(data) + json.dumps(attached, ensure_ascii=False)
    names = [SECRET, shopper.username, str(shopper.id), str(visit.id), reader.name, "Unusual Phone"]
    moments = ["112.56", "37.86", "01:10:05", "09:10", "09:11", "01:11:37"]
    for secret in names + moments:
        assert secret not in readable, secret
    # Names are too long to turn up by chance among the bytes of fonts and drawings, so these are searched too.
    for name in names:
        assert name.encode() not in path.read_bytes() + data, name
    # The search finds what is there: the same secrets stand in the inner edition.
    inner = pdf_words.words(issued(office, visit)[1])
    for secret in (SECRET, reader.name, "Unusual Phone", "112.56", "09:10", "2026-11-21T01:11:37Z"):
        assert secret in inner, secret
    assert "B-05" not in [item["id"] for item in attached["items"]]
    assert b"/DCTDecode" not in path.read_bytes()
    assert reports.verify_bytes(office, data).standing == "genuine"
    assert report.edition == "outlet"


def test_sizes_are_made_once_upright_and_bare(office: Office, shopper: User, hall: Outlet) -> None:
    import io

    from PIL import Image

    turned = Image.new("RGB", (1600, 900), "white")
    turned.paste("red", (0, 0, 800, 900))
    exif = Image.Exif()
    exif[274] = 6
    exif[271] = "Maker of phones"
    out = io.BytesIO()
    turned.save(out, "JPEG", exif=exif)
    visit = submitted.visit(office, shopper, hall, photos=[out.getvalue()])
    assert photos.make_sizes(office, visit.id) == 1
    assert photos.make_sizes(office, visit.id) == 0
    with office.work(write=False) as work:
        sha256 = json.loads(work.session.get_one(Visit, visit.id).document)["files"][0]["sha256"]
    for size, pixels in photos.SIZES.items():
        made = office.files.get_named(photos.size_name(size, sha256))
        assert made is not None
        assert b"Maker" not in made
        small = Image.open(io.BytesIO(made))
        assert (small.height, small.width) == (pixels, round(pixels * 900 / 1600))
        assert not small.getexif()
        red = small.convert("RGB").getpixel((small.width // 2, small.height // 8))
        assert isinstance(red, tuple)
        assert red[0] > 200 > red[1]


def test_a_recheck_says_what_it_rechecks_and_shows_its_outlet_no_covert_photo_as_it_was_taken(
    office: Office, shopper: User, hall: Outlet
) -> None:
    manager = make.user(office, role=Role.AREA_MANAGER)
    before, after = make.picture(1), make.picture(2)
    bad = {**submitted.GOOD, "A-01": {"value": "fail"}}
    first = submitted.visit(office, shopper, hall, photos=[before], answers=bad, state=VisitState.PUBLISHED)
    again = submitted.visit(office, manager, hall, photos=[after], kind="announced")
    with office.work() as work:
        for visit in (first, again):
            row = work.session.get_one(Visit, visit.id)
            row.state, row.accepted_revision = VisitState.PUBLISHED, 1
        row.kind, row.recheck_of = VisitKind.RECHECK, first.id
    number = issued(office, first, "outlet")[0].number
    with office.work(write=False) as work:
        row = work.session.get_one(Visit, again.id)
        revision = work.session.get_one(Revision, (again.id, 1))
        made = {
            edition: gather(work, row, revision, edition, uuid4(), "N").data
            for edition in ("inner", "outlet")
        }
    found = made["outlet"].recheck
    assert found is not None
    assert (found.day, found.report, found.met, len(found.items)) == (first.visit_date, number, 1, 1)
    assert (found.items[0].item.ref, found.items[0].before, found.withheld) == ("A-01", "failed", 1)
    assert made["outlet"].verdict.text == "复查 1 项，合格 1 项"
    old, new = sha256(before).hexdigest(), sha256(after).hexdigest()
    assert {photo.sha256 for photo in made["outlet"].photos} == {new}
    assert [file.sha256 for file in made["outlet"].evidence.files] == [new]
    assert {photo.sha256 for photo in made["inner"].photos} == {old, new}
