"""What outlets and branches learn of a covert visit that was published: by page, API, report, photo or header."""

from __future__ import annotations

import copy
import io
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from sqlmodel import select

from server import worker
from server.config import Settings
from server.domain.access import Role
from server.domain.masks import Mask
from server.domain.visit import VisitState
from server.queries import visits
from server.queries.releases import released
from server.queries.reports import report_id_of
from server.storage.organisation import Outlet, User
from server.storage.periods import PeriodRow, PeriodState
from server.storage.visits import Report, Revision, Visit
from server.usecases import facts, periods, publishing, releases, report_data, reports
from server.usecases.releases import Choice
from server.usecases.work import Office
from tests import make, pdf_words, photographs, submitted
from tests.conftest import Clock


@pytest.mark.parametrize(
    "role", [Role.AREA_MANAGER, Role.HALL_MANAGER, Role.OUTLET_OWNER, Role.BRANCH_MANAGER]
)
def test_the_api_tells_no_minute_of_a_published_covert_visit(
    office: Office, client: Callable[..., make.Caller], role: Role
) -> None:
    seen = {**submitted.GOOD, "A-01": {"value": "pass", "note": "门头缺字", "at": "2026-11-21T01:12:00Z"}}
    hall = make.outlet(office)
    shopper = make.user(office, role=Role.SHOPPER)
    visit = submitted.visit(office, shopper, hall, answers=seen, state=VisitState.PUBLISHED)
    viewer = make.user(office, role=role, outlet_id=hall.id, unit_path="sx/")
    caller = client(viewer)
    (listed,) = caller.get("/api/v1/visits").get_json()["visits"]
    # The id that the phone made holds the millisecond in which the visit was begun.
    assert listed["id"] != str(visit.id)
    assert caller.get(f"/api/v1/visits/{visit.id}").status_code == 404
    answer = caller.get(f"/api/v1/visits/{listed['id']}")
    answers = answer.get_json()["document"]["answers"]
    assert {name: value for name, value in answers["A-01"].items() if value} == {
        "value": "pass",
        "note": "门头缺字",
    }
    # A time to the second, and who was played, would be found in the hall's own log of that half-day.
    assert answers["A-02"]["value"] == 420
    assert answers.keys() == {"A-01", "A-02", "B-01", "B-02"}
    assert "T01:" not in answer.get_data(as_text=True)


def test_the_order_of_a_days_visits_tells_the_outlet_no_hour(
    office: Office, client: Callable[..., make.Caller]
) -> None:
    """The phone makes its ids from the clock: in their order the covert visit would lie between two known rounds."""
    hall, shopper = make.outlet(office), make.user(office, role=Role.SHOPPER)
    made = [submitted.visit(office, shopper, hall, state=VisitState.PUBLISHED) for _ in range(6)]
    with office.work() as work:
        kept = [work.session.get_one(Visit, each.id) for each in made]
        hashes = {each.id: each.document_sha256 for each in kept}
        for each in kept:
            each.accepted_revision = 1
    said = [
        report_id_of(each, 1, "outlet") for each in sorted(hashes, key=lambda one: hashes[one], reverse=True)
    ]
    caller = client(make.user(office, role=Role.HALL_MANAGER, outlet_id=hall.id, unit_path="sx/"))
    listed = [UUID(each["id"]) for each in caller.get("/api/v1/visits").get_json()["visits"]]
    assert listed == said


OUTSIDE = [Role.AREA_MANAGER, Role.HALL_MANAGER, Role.OUTLET_OWNER, Role.BRANCH_MANAGER]
SECRET = "欧阳神秘八八"
MASK = (Mask(kind="face", x=100, y=100, w=300, h=300),)


@dataclass(frozen=True)
class Published:
    """A covert visit that went the whole way, with one photo released, one withheld and one that nobody looked at."""

    visit: Visit
    hall: Outlet
    shopper: User
    originals: tuple[str, ...]
    masked: str
    secrets: tuple[str, ...]
    """What would lead to the shopper, in every way in which it is written."""


@pytest.fixture(scope="session")
def published_once(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> tuple[Path, Published]:
    """A data folder in which the visit was published, with its reports signed, and what was published."""
    data = tmp_path_factory.mktemp("covert")
    settings = Settings.from_env({"XUNTING_DATA": str(data), "XUNTING_SECRET": "s" * 32})
    shutil.copyfile(migrated, data / "xunting.sqlite")
    office = Office.of(settings, Clock())
    made = publish(office)
    office.database.close()
    return data, made


@pytest.fixture
def published(office: Office, published_once: tuple[Path, Published]) -> Published:
    """The same visit in a copy of that folder."""
    data, made = published_once
    office.database.close()
    shutil.copytree(data, office.settings.data, dirs_exist_ok=True)
    return made


def publish(office: Office) -> Published:
    hall = make.outlet(office)
    shopper = make.user(office, role=Role.SHOPPER, name=SECRET, username="shopper-secret-88")
    pictures = [photographs.photograph(3), make.picture(41), make.picture(42)]
    seen = {**submitted.GOOD, "A-01": {"value": "fail", "note": "门头缺字", "at": "2026-11-21T01:12:00Z"}}
    visit = submitted.visit(
        office, shopper, hall, photos=pictures, answers=seen, device="HUAWEI Enjoy 60", app="0.1.7"
    )
    reviewer, hq = submitted.reviewer(office), submitted.reviewer(office, Role.HQ)
    with office.work() as work:
        row = work.session.get_one(Visit, visit.id)
        row.state, row.accepted_revision, row.decided_at = VisitState.ACCEPTED, 1, work.now
    one, two, three = (sha256(each).hexdigest() for each in pictures)
    releases.choose(
        office, reviewer, visit.id, [Choice(one, MASK, releases.RELEASE), Choice(two, (), releases.WITHHOLD)]
    )
    with office.work(hq) as work:
        publishing.publish(work, [visit.id])
    worker.run_once(office)
    with office.work(write=False) as work:
        masked = released(work.session, visit.id)[one]
    return Published(
        visit,
        hall,
        shopper,
        (one, two, three),
        masked,
        (
            SECRET,
            "shopper-secret-88",
            str(shopper.id),
            str(visit.id),
            visit.id.hex,
            "HUAWEI",
            "0.1.7",
            "01:11",
            "09:11",
            "01:40",
            "09:40",
            "01:12",
            "09:12",
            "37.8601",
            photographs.MODEL,
            one,
            two,
            three,
        ),
    )


def outsider(office: Office, published: Published, role: Role) -> User:
    return make.user(office, role=role, outlet_id=published.hall.id, unit_path="sx/")


def page_of(caller: make.Caller) -> str:
    link = re.search(r'href="(/visits/[0-9a-f-]{36})"', caller.get("/visits").get_data(as_text=True))
    assert link
    return link[1]


@pytest.mark.parametrize("role", OUTSIDE)
def test_page_and_report_leave_out_what_the_halls_own_log_would_find(
    office: Office, client: Callable[..., make.Caller], published: Published, role: Role
) -> None:
    caller = client(outsider(office, published, role))
    page = caller.get(page_of(caller)).get_data(as_text=True)
    with office.work(write=False) as work:
        (outer,) = work.session.exec(select(Report).where(Report.edition == "outlet"))
        printed = pdf_words.words(reports.content(work, outer))
    for text in (page, printed):
        assert "6:52" not in text
        assert "被认出" not in text
        assert "B-03" not in text
    assert "7:00" in page
    assert "7:00" in printed


@pytest.mark.parametrize("role", OUTSIDE)
def test_no_way_into_a_published_covert_visit_leads_to_its_shopper(
    office: Office, client: Callable[..., make.Caller], published: Published, role: Role
) -> None:
    caller = client(outsider(office, published, role))
    page = page_of(caller)
    listed = caller.get("/api/v1/visits").get_json()["visits"]
    (name,) = [each["id"] for each in listed]
    report = caller.get(f"/reports/{name}.pdf")
    ways = [
        "/visits",
        page,
        "/api/v1/visits",
        f"/api/v1/visits/{name}",
        "/api/v1/sync",
        "/reports",
        "/desk",
        "/notices",
    ]
    answers = [caller.get(way) for way in ways if way]
    assert [answer.status_code for answer in answers[:6]] == [200] * 6
    assert report.status_code == 200
    for answer in [*answers, report]:
        told = answer.get_data(as_text=answer.mimetype != "application/pdf")
        text = told if isinstance(told, str) else pdf_words.words(told)
        headers = "\n".join(f"{key}: {value}" for key, value in answer.headers)
        found = [secret for secret in published.secrets if secret in text or secret in headers]
        assert not found, answer.request.path
        assert "Last-Modified" not in answer.headers


@pytest.mark.parametrize("role", OUTSIDE)
def test_outsiders_get_the_masked_photo_alone(
    office: Office, client: Callable[..., make.Caller], published: Published, role: Role
) -> None:
    caller = client(outsider(office, published, role))
    page = caller.get(page_of(caller)).get_data(as_text=True)
    assert set(re.findall(r"/api/v1/photos/([0-9a-f]{64})", page)) == {published.masked}
    assert "另有 2 张没有开放" in page
    for original in published.originals:
        for size in ("", "?size=thumb", "?size=screen"):
            assert caller.get(f"/api/v1/photos/{original}{size}").status_code == 404
    for size in ("", "?size=thumb", "?size=screen"):
        answer = caller.get(f"/api/v1/photos/{published.masked}{size}")
        assert answer.status_code == 200
        data = answer.get_data()
        assert not any(word in data for word in (photographs.MODEL.encode(), b"Exif", b"GPS", b"XUNTING"))
        picture = Image.open(io.BytesIO(data)).convert("RGB")
        left, top, right, bottom = (
            side * size // 1000 for side, size in zip((150, 150, 350, 350), picture.size * 2, strict=True)
        )
        assert max(high - low for low, high in picture.crop((left, top, right, bottom)).getextrema()) <= 3
        assert "immutable" not in answer.headers["Cache-Control"]
    assert client(Role.SHOPPER).get(f"/api/v1/photos/{published.masked}").status_code == 404


@pytest.mark.parametrize("role", [*OUTSIDE, Role.HQ])
def test_the_explained_score_shows_outsiders_the_released_masked_photo_and_no_other(
    office: Office, client: Callable[..., make.Caller], published: Published, role: Role
) -> None:
    with office.work(submitted.reviewer(office, Role.HQ)) as work:
        facts.keep(work, work.session.get_one(Visit, published.visit.id))
        periods.draft_at_once(work, "2026-11")
        row = work.session.get_one(PeriodRow, "2026-11")
        row.state = PeriodState.PUBLISHED
    inside = role is Role.HQ
    name = published.visit.id if inside else report_id_of(published.visit.id, 1, "outlet")
    page = client(outsider(office, published, role)).get(f"/figures/2026-11/visits/{name}")
    shown = set(re.findall(r"/api/v1/photos/([0-9a-f]{64})", page.get_data(as_text=True)))
    assert shown == (set(published.originals) if inside else {published.masked})


def test_nobody_outside_gets_a_masked_photo_before_publication_or_after_it_was_withheld(
    office: Office, client: Callable[..., make.Caller]
) -> None:
    hall, picture = make.outlet(office), make.picture(43)
    visit = submitted.visit(office, make.user(office, role=Role.SHOPPER), hall, photos=[picture])
    reviewer, name = submitted.reviewer(office), sha256(picture).hexdigest()
    with office.work() as work:
        row = work.session.get_one(Visit, visit.id)
        row.state, row.accepted_revision = VisitState.ACCEPTED, 1
    releases.choose(office, reviewer, visit.id, [Choice(name, MASK, releases.RELEASE)])
    with office.work(write=False) as work:
        path = f"/api/v1/photos/{released(work.session, visit.id)[name]}"
    manager = client(make.user(office, role=Role.HALL_MANAGER, outlet_id=hall.id, unit_path="sx/"))
    assert manager.get(path).status_code == 404
    assert client(Role.REVIEWER).get(path).status_code == 200
    with office.work(submitted.reviewer(office, Role.HQ)) as work:
        publishing.publish(work, [visit.id])
    assert manager.get(path).status_code == 200
    releases.choose(office, reviewer, visit.id, [Choice(name, MASK, releases.WITHHOLD)])
    assert manager.get(path).status_code == 404


def test_the_outlets_report_prints_released_photos_and_says_how_many_are_not(
    office: Office, published: Published
) -> None:
    with office.work(write=False) as work:
        row = work.session.exec(
            select(Report).where(Report.visit_id == published.visit.id, Report.edition == "outlet")
        ).one()
        data = reports.content(work, row)
    assert "另有 2 张照片未向本版读者开放" in pdf_words.words(data).replace("\n", "")


def test_when_the_quarter_is_closed_the_hour_is_told_and_never_who_it_was(
    office: Office, client: Callable[..., make.Caller], published: Published
) -> None:
    caller = client(outsider(office, published, Role.HALL_MANAGER))
    page = page_of(caller)
    assert "上午" in caller.get(page).get_data(as_text=True)
    with office.work() as work:
        work.session.get_one(Visit, published.visit.id).state = VisitState.FINAL
    told = caller.get(page).get_data(as_text=True)
    assert "09:10" in told
    assert not [secret for secret in (SECRET, str(published.visit.id), "HUAWEI", "37.8601") if secret in told]


def test_the_api_gives_the_list_of_a_branch_on_where_its_page_ended_by_names_that_tell_nothing(
    office: Office, client: Callable[..., make.Caller]
) -> None:
    hall, shopper = make.outlet(office), make.user(office, role=Role.SHOPPER)
    for _ in range(visits.PAGE + 2):
        submitted.visit(office, shopper, hall, state=VisitState.PUBLISHED)
    caller = client(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/"))
    first = caller.get("/api/v1/visits").get_json()
    second = caller.get(f"/api/v1/visits?cursor={first['cursor']}").get_json()
    names = [each["id"] for each in first["visits"] + second["visits"]]
    assert len(set(names)) == visits.PAGE + 2
    assert second["cursor"] is None


def by_business() -> dict[str, Any]:
    """The small checklist with a business that is only recorded, on which the limits of the waiting time hang."""
    written = copy.deepcopy(submitted.WRITTEN)
    environment = written["sections"][0]["items"]
    options = {"pay": {"zh": "缴费", "en": "Payment"}, "handset": {"zh": "购机", "en": "Handset bought"}}
    business = {
        "id": "A-00",
        "text": {"zh": "本次办理的业务", "en": "Business done"},
        "source": "S3 §1.3.2",
        "kind": "choice",
        "points": 0,
        "options": options,
    }
    environment.insert(0, business)
    environment[2]["cases"] = [{"when": {"item": "A-00", "is": "handset"}, "bands": environment[2]["bands"]}]
    environment[2]["bands"] = [[300, 1000], [450, 500], [None, 0]]
    return written


def test_the_outlet_cannot_tell_by_limits_or_time_what_the_shopper_asked_for(
    office: Office, client: Callable[..., make.Caller]
) -> None:
    """Eight minutes for a handset and four for a payment are both good; the outlet reads the same of both."""
    hall, shopper = make.outlet(office), make.user(office, role=Role.SHOPPER)
    caller = client(make.user(office, role=Role.HALL_MANAGER, outlet_id=hall.id, unit_path="sx/"))
    branch = client(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/"))
    read, inner = [], []
    for business, seconds in (("handset", 480), ("pay", 240)):
        answers = {**submitted.GOOD, "A-00": {"value": business}, "A-02": {"value": seconds, "note": "稍等"}}
        visit = submitted.visit(office, shopper, hall, answers=answers, written=by_business())
        with office.work() as work:
            row = work.session.get_one(Visit, visit.id)
            row.state, row.accepted_revision, row.decided_at = VisitState.ACCEPTED, 1, work.now
        with office.work(submitted.reviewer(office, Role.HQ)) as work:
            publishing.publish(work, [visit.id])
        worker.run_once(office)
        name = str(report_id_of(visit.id, 1, "outlet"))
        sent = caller.get(f"/api/v1/visits/{name}").get_json()["document"]["answers"]
        page = re.sub(r"\s+", " ", caller.get(f"/visits/{name}").get_data(as_text=True))
        with office.work(write=False) as work:
            row, revision = (
                work.session.get_one(Visit, visit.id),
                work.session.get_one(Revision, (visit.id, 1)),
            )
            outer, whole = (
                report_data.gather(work, row, revision, edition, UUID(name), "").data
                for edition in ("outlet", "inner")
            )
        (fed,) = [
            each["value"]
            for each in map(
                json.loads, branch.get("/feeds/answers.jsonl").get_data(as_text=True).splitlines()
            )
            if each["item"] == "A-02" and each["visit_id"] == name
        ]
        items = [(each.ref, each.answer, each.result) for part in outer.sections for each in part.items]
        read.append((sent, outer.timers, items, json.loads(outer.attachment)["items"], fed))
        inner.append([(each.seconds, each.full_seconds) for each in whole.timers])
        assert "A-02" in page
        assert not re.findall(r"(?<!\d)(?:8:00|4:00|10:00|5:00|7:30)", page)
    assert read[0] == read[1]
    sent, timers, items, _, fed = read[0]
    assert sent["A-02"]["value"] is None
    assert sent["A-02"]["note"] == "稍等"
    assert ("A-02", "不公开", "met") in items
    assert (timers, fed) == ((), None)
    assert inner == [[(480, 600)], [(240, 300)]]
