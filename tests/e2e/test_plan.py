"""The week plan: an area manager finds it on the phone without a network, begins from it, and sees at the console that it was made."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.organisation import Organisation
from tests.e2e.phone import Phone
from tests.e2e.test_reach import TOO_WIDE, findings

Screens = Callable[[Page, str], None]


def test_an_area_manager_finds_the_week_without_a_network_and_begins_from_it(
    phone: Callable[..., Phone], people: Organisation, screens: Screens
) -> None:
    manager = phone(shared=True)
    manager.ready(people.user("manager1"), people.area.id)
    stop = f"stop-{people.shop.id}"
    expect(manager.at("week")).to_contain_text("本周走访 0 / 1 次")
    expect(manager.at(stop)).to_contain_text("到期走访")
    manager.offline()
    manager.page.reload()
    expect(manager.at(stop)).to_be_visible()
    assert findings(manager.page) == []
    manager.page.set_viewport_size({"width": 320, "height": 568})
    assert manager.page.evaluate(TOO_WIDE) == []
    screens(manager.page, "week")
    manager.tap(stop)
    manager.tap("start-area_visit")
    expect(manager.at("screen-visit")).to_be_visible()
