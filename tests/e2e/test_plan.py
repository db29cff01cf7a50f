"""The week plan: an area manager finds it on the phone without a network, begins from it, and sees at the console that it was made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page, expect

from server.domain.visit import SHANGHAI
from server.usecases.work import Office
from tests import make
from tests.e2e.organisation import Organisation
from tests.e2e.phone import Phone
from tests.e2e.test_reach import TOO_WIDE, findings
from tests.planned import visited

Screens = Callable[[Page, str], None]


def test_an_area_manager_finds_each_outlet_of_the_week_once_without_a_network_and_begins_from_it(
    office: Office, phone: Callable[..., Phone], people: Organisation, screens: Screens
) -> None:
    """The shop is a task as well, and stands as that with its place in the plan; the other outlet is in the plan alone."""
    shop = people.shop
    other = make.outlet(
        office, tier=shop.tier, name="李家庄村级服务站", unit_id=shop.unit_id, unit_path=shop.unit_path
    )
    with office.work(write=False) as work:
        today = work.now.astimezone(SHANGHAI).date()
    visited(office, people.user("manager1"), other, today - timedelta(days=14))
    manager = phone(shared=True)
    manager.ready(people.user("manager1"), people.area.id)
    stop, task = f"stop-{other.id}", f"due-{people.area.id}"
    expect(manager.at("week")).to_contain_text("本周走访 0 / 2 次")
    expect(manager.at(stop)).to_contain_text("A 类，每周 1 次 · 本周 0 / 1 次")
    expect(manager.at(stop)).to_contain_text("1 周未走访")
    manager.offline()
    manager.page.reload()
    expect(manager.at(stop)).to_be_visible()
    expect(manager.at(task)).to_contain_text("本周计划：")
    expect(manager.at(task)).to_contain_text("到期走访")
    expect(manager.at("week")).to_contain_text("另有 1 个网点已在上面的任务中")
    expect(manager.page.get_by_text(shop.name)).to_have_count(1)
    assert findings(manager.page) == []
    manager.page.set_viewport_size({"width": 320, "height": 568})
    assert manager.page.evaluate(TOO_WIDE) == []
    screens(manager.page, "week")
    manager.tap(stop)
    manager.tap("start-area_visit")
    expect(manager.at("screen-visit")).to_be_visible()
