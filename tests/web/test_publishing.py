"""The desk of publishing over HTTP: who comes in, what is chosen, what the outlet sees before and after."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from hashlib import sha256
from uuid import UUID

import pytest
from sqlmodel import select

from server.domain.access import Role
from server.domain.visit import VisitState
from server.storage.organisation import Outlet
from server.storage.publishing import PhotoRelease, Publication
from server.storage.visits import Visit
from server.usecases import releases
from server.usecases.work import Office
from tests import make, submitted

Client = Callable[..., make.Caller]
MASK = {"kind": "face", "x": 10, "y": 20, "w": 300, "h": 400}


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office)


def accepted(office: Office, hall: Outlet, *pictures: bytes, kind: str = "mystery") -> Visit:
    role = Role.SHOPPER if kind == "mystery" else Role.BRANCH_MANAGER
    visit = submitted.visit(office, make.user(office, role=role), hall, photos=list(pictures), kind=kind)
    with office.work() as work:
        row = work.session.get_one(Visit, visit.id)
        row.state, row.accepted_revision, row.decided_at = VisitState.ACCEPTED, 1, work.now
    return visit


def state_of(office: Office, visit_id: UUID) -> VisitState:
    with office.work(write=False) as work:
        return work.session.get_one(Visit, visit_id).state


@pytest.mark.parametrize("role", sorted(Role))
def test_reviewers_and_head_office_come_in_the_auditor_reads_and_only_head_office_publishes(
    office: Office, client: Client, hall: Outlet, role: Role
) -> None:
    visit = accepted(office, hall, make.picture(1))
    caller = client(make.user(office, role=role, outlet_id=hall.id, unit_path="sx/"))
    inside = role in (Role.REVIEWER, Role.HQ)
    for path in ("", "/batches", f"/preview/{visit.id}"):
        reads = inside or role is Role.AUDITOR
        assert caller.get(f"/publishing{path}").status_code == (200 if reads else 403), path
    assert caller.get(f"/publishing/photos/{visit.id}").status_code == (200 if inside else 403)
    sent = {"visit": str(visit.id), "batch": str(visit.id)}
    for path in ("check", "publish"):
        answer = caller.post(f"/publishing/{path}", data=sent)
        assert (answer.status_code < 400) is (role is Role.HQ), path
    assert (state_of(office, visit.id) is VisitState.PUBLISHED) is (role is Role.HQ)
    photo = caller.post(f"/publishing/photos/{visit.id}", data={"act": ""})
    assert photo.status_code == (302 if inside else 403)


def test_a_batch_is_checked_and_published_once_and_what_changed_meanwhile_is_named(
    office: Office, client: Client, hall: Outlet
) -> None:
    first, second = accepted(office, hall), accepted(office, hall)
    hq = client(Role.HQ)
    check = hq.post("/publishing/check", data={"visit": [str(first.id), str(second.id)]}).get_data(
        as_text=True
    )
    assert "发布 2 次检查" in check
    batch = re.search(r'name="batch" value="([^"]+)"', check)
    assert batch
    assert state_of(office, first.id) is VisitState.ACCEPTED
    with office.work() as work:
        work.session.get_one(Visit, second.id).state = VisitState.VOID
    sent = {"visit": [str(first.id), str(second.id)], "batch": batch[1]}
    for _ in range(2):
        told = hq.post("/publishing/publish", data=sent, follow_redirects=True).get_data(as_text=True)
        assert "已发布 1 次检查" in told
        assert f"1 次没有发布，状态已变：{hall.name}" in told
    assert state_of(office, first.id) is VisitState.PUBLISHED
    with office.work(write=False) as work:
        assert work.session.exec(select(Publication.visits)).all() == [1]


def test_all_that_the_filters_leave_can_be_checked_together(
    office: Office, client: Client, hall: Outlet
) -> None:
    accepted(office, hall)
    accepted(office, hall, kind="announced")
    hq = client(Role.HQ)
    check = hq.post("/publishing/check", data={"all": "1", "kind": "mystery"}).get_data(as_text=True)
    assert "发布 1 次检查" in check
    assert hq.post("/publishing/check", data={"all": "1", "period": "2025-01"}).status_code == 422
    assert hq.post("/publishing/check", data={"visit": "none of them"}).status_code == 422


def test_filters_in_the_address_that_cannot_be_are_left_out(
    office: Office, client: Client, hall: Outlet
) -> None:
    accepted(office, hall, make.picture(2))
    hq = client(Role.HQ)
    odd = "?only=x&kind=x&branch=x&period=2026-13&page=zero"
    assert hall.name in hq.get(f"/publishing{odd}").get_data(as_text=True)
    assert hall.name in hq.get("/publishing?only=unseen").get_data(as_text=True)
    assert hall.name not in hq.get("/publishing?only=overdue").get_data(as_text=True)


def test_the_preview_is_the_page_that_the_outlet_will_get(
    office: Office, client: Client, hall: Outlet
) -> None:
    picture = make.picture(3)
    visit = accepted(office, hall, picture)
    reviewer, hq = client(Role.REVIEWER), client(Role.HQ)
    name = sha256(picture).hexdigest()
    reviewer.post(
        f"/publishing/photos/{visit.id}",
        data={f"shapes-{name}": json.dumps([MASK]), "act": f"release:{name}"},
    )
    preview = hq.get(f"/publishing/preview/{visit.id}").get_data(as_text=True)
    assert '<p class="crumb"><a href="/publishing">' in preview
    hq.post("/publishing/publish", data={"visit": str(visit.id), "batch": str(visit.id)})
    owner = client(make.user(office, role=Role.HALL_MANAGER, outlet_id=hall.id, unit_path="sx/"))
    listed = owner.get("/visits").get_data(as_text=True)
    link = re.search(r'href="(/visits/[0-9a-f-]{36})"', listed)
    assert link
    page = owner.get(link[1]).get_data(as_text=True)

    def answers(text: str) -> list[str]:
        return re.findall(r'<article class="item.*?</article>', text, re.DOTALL)

    def bare(text: str) -> str:
        # What an outlet may do about an item (appeal it) is offered to the outlet alone.
        return re.sub(r"<details.*?</details>", "", re.sub(r"\s+", " ", text))

    assert [bare(each) for each in answers(preview)] == [bare(each) for each in answers(page)]
    assert len(answers(page)) > 3
    assert name not in preview


def test_masks_are_kept_for_every_photo_whatever_is_done_to_one(
    office: Office, client: Client, hall: Outlet
) -> None:
    one, two = make.picture(4), make.picture(5)
    visit = accepted(office, hall, one, two)
    releases.propose(office, visit.id)
    first, second = (sha256(each).hexdigest() for each in (one, two))
    reviewer = client(Role.REVIEWER)
    sent = {f"shapes-{first}": json.dumps([MASK]), f"shapes-{second}": json.dumps([MASK])}
    answer = reviewer.post(f"/publishing/photos/{visit.id}", data={**sent, "act": f"withhold:{second}"})
    assert answer.headers["Location"].endswith(f"#p-{second[:12]}")
    with office.work(write=False) as work:
        kept = {row.sha256: (row.state.value, row.shapes) for row in work.session.exec(select(PhotoRelease))}
    assert kept[first] == ("confirmed", json.dumps([MASK], separators=(",", ":")))
    assert kept[second][0] == "withheld"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("shapes", "<script>alert(1)</script>"),
        ("shapes", json.dumps([{**MASK, "x": 5000}])),
        ("act", "publish"),
        ("act", "release:../../etc/passwd"),
    ],
)
def test_odd_masks_and_acts_change_nothing(
    office: Office, client: Client, hall: Outlet, field: str, value: str
) -> None:
    picture = make.picture(6)
    visit = accepted(office, hall, picture)
    name = sha256(picture).hexdigest()
    sent = {f"shapes-{name}": value if field == "shapes" else "[]", "act": value if field == "act" else ""}
    answer = client(Role.REVIEWER).post(f"/publishing/photos/{visit.id}", data=sent)
    assert answer.status_code in (302, 422)
    with office.work(write=False) as work:
        assert work.session.exec(select(PhotoRelease)).all() == []


def test_releasing_all_is_asked_once_more_where_photos_have_no_mask(
    office: Office, client: Client, hall: Outlet
) -> None:
    one, two = make.picture(14), make.picture(15)
    visit = accepted(office, hall, one, two)
    releases.propose(office, visit.id)
    first, second = (sha256(each).hexdigest() for each in (one, two))
    reviewer = client(Role.REVIEWER)
    path = f"/publishing/photos/{visit.id}"
    assert "小票上印的时间和号码也要遮住" in reviewer.get(path).get_data(as_text=True)
    sent = {f"shapes-{first}": json.dumps([MASK]), f"shapes-{second}": "[]"}
    asked = reviewer.post(path, data={**sent, "act": "release-all"})
    text = asked.get_data(as_text=True)
    assert asked.status_code == 200
    assert "要放行的 2 张照片里有 1 张没有一处遮挡" in text
    assert json.dumps([MASK], separators=(",", ":")) in html.unescape(text)
    with office.work(write=False) as work:
        assert {row.state.value for row in work.session.exec(select(PhotoRelease))} == {"proposed"}
    assert reviewer.post(path, data={**sent, "act": "release-all", "sure": "yes"}).status_code == 302
    with office.work(write=False) as work:
        assert {row.state.value for row in work.session.exec(select(PhotoRelease))} == {"released"}


def test_photos_of_an_open_visit_have_no_page_of_masks(office: Office, client: Client, hall: Outlet) -> None:
    visit = accepted(office, hall, make.picture(7), kind="announced")
    assert client(Role.REVIEWER).get(f"/publishing/photos/{visit.id}").status_code == 404
    assert client(Role.HQ).get(f"/publishing/preview/{visit.id}").status_code == 200
