"""What area managers and hall managers do: see the score while filling, sign on glass, be accepted by rule."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from server.domain.exact import two_decimals
from server.usecases.work import Office
from tests import photographs
from tests.e2e.filling import Filling, checklist, fill
from tests.e2e.organisation import Organisation
from tests.e2e.phone import Phone
from tests.e2e.records import held, undrawn, whole
from tests.e2e.server import wait_for
from tests.gunicorn import Server

Screens = Callable[[Page, str], None]


def test_an_area_manager_sees_the_score_grow_and_both_sign(
    phone: Callable[..., Phone], people: Organisation, office: Office, screens: Screens
) -> None:
    manager = phone(shared=True)
    manager.ready(people.user("manager1"), people.area.id)
    visit = manager.begin(people.area.id)
    score = manager.page.locator(".live-score")
    before = score.inner_text()
    form = checklist("area-check")
    photos = {"AM-02": [photographs.file(7)], "AM-07": [photographs.file(8, orientation=6)]}
    done = fill(manager, form, Filling({"AM-07": "fail"}, photos))
    assert done == [item["id"] for section in form["sections"] for item in section["items"]]
    assert score.inner_text() != before
    screens(manager.page, "area-check")
    shown = score.inner_text().removeprefix("得分").strip()
    manager.finish()
    expect(manager.page.locator(".big-score")).to_have_text(shown)
    manager.sign("inspector", people.user("manager1").name)
    manager.sign("outlet", "王有福")
    expect(manager.at("screen-finish")).to_contain_text("王有福 已签名")
    screens(manager.page, "signed")
    manager.submit()
    manager.whole()

    found = whole(office, visit)
    assert found.visit.score is not None
    assert two_decimals(found.visit.score) == shown
    document = found.document
    assert document["phone_score"] == shown
    assert [(one["role"], one["name"]) for one in document["signatures"]] == [
        ("inspector", people.user("manager1").name),
        ("outlet", "王有福"),
    ]
    drawn = {file.sha256: file for file in found.files if file.kind == "signature"}
    assert {one["file"] for one in document["signatures"]} == set(drawn)
    assert all(file.type == "image/png" for file in drawn.values())


@pytest.mark.usefixtures("alone")
def test_a_hall_managers_patrol_is_accepted_by_rule(
    phone: Callable[..., Phone], people: Organisation, office: Office, worker: Server, screens: Screens
) -> None:
    manager = phone(shared=True)
    manager.ready(people.user("hall1"), people.patrol.id)
    visit = manager.begin(people.patrol.id)
    undrawn(office, visit)
    done = fill(manager, checklist("own-hall-patrol"))
    assert done == [f"PM-0{number}" for number in range(1, 9)], "the part before opening alone"
    screens(manager.page, "patrol")
    manager.finish()
    expect(manager.page.locator("[data-testid^=sign-]")).to_have_count(0)
    manager.submit()
    manager.whole()
    whole(office, visit)

    def state() -> str:
        found = held(office, visit)
        return f"{found.visit.state} {found.visit.flags}" if found else "unknown"

    wait_for(lambda: state() == "accepted []", state)
