"""From a published result to its correction: the hall appeals with a photo on a phone, somebody else decides, both see the scores."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from server.domain.access import Role
from server.usecases.work import Office
from tests import appealed, make
from tests.e2e.desk import Desk
from tests.e2e.organisation import SECRET_NAME, Organisation
from tests.e2e.test_reach import TOO_WIDE, findings

Screens = Callable[[Page, str], None]
NARROW = {"viewport": {"width": 390, "height": 844}}
GROUND = "当天门头是亮的，照片右下角有时间。"


def checked(page: Page, screens: Screens, name: str) -> None:
    """Nothing for axe to find and nothing too wide, in both languages, in the dark, down to 320 pixels."""
    address, size = page.url.split("?")[0], page.viewport_size
    for language, width, scheme in (("en", 320, "dark"), ("zh", 390, "light")):
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(f"{address}?lang={language}")
        screens(page, f"{name}-{language}-{width}")
        assert findings(page) == [], f"{name} in {language}"
        assert page.evaluate(TOO_WIDE) == [], f"{name} is too wide in {language}"
    assert size
    page.set_viewport_size(size)


def test_a_hall_appeals_with_a_photo_and_the_corrected_score_is_seen_by_both_sides(
    desk: Callable[..., Desk], people: Organisation, office: Office, screens: Screens
) -> None:
    appealed.published(office, people.user("shopper1"), people.hall)
    hall = desk(people.user("hall1"), **NARROW)
    page = hall.page
    page.goto("/visits?state=published")
    page.get_by_role("link", name=people.hall.name).click()
    expect(page.locator(".says")).to_contain_text("确认结果")
    checked(page, screens, "result")
    item = page.locator("#i-A-01")
    item.get_by_text("申诉 A-01").click()
    item.get_by_label("理由").fill(GROUND)
    item.get_by_label("证明").set_input_files(
        {"name": "门头.jpg", "mimeType": "image/jpeg", "buffer": make.picture(3)}
    )
    item.get_by_role("button", name="提交申诉").click()
    expect(page.locator(".said.good")).to_contain_text("申诉已提交")
    appeal = page.url
    assert SECRET_NAME not in page.content()

    other = desk(make.user(office, role=Role.REVIEWER, name="方正平"))
    page = other.page
    page.goto("/appeals?state=mine")
    page.locator(f'a[href="{appeal.removeprefix(other.url)}"]').click()
    expect(page.locator(".sides")).to_contain_text(GROUND)
    photo = page.locator(".turn img")
    assert photo.evaluate("async (image) => { await image.decode(); return image.naturalWidth }")
    left, right = (page.locator(".sides > .item").nth(n).bounding_box() for n in (0, 1))
    assert left
    assert right
    assert left["x"] + left["width"] <= right["x"]
    screens(page, "answer")
    page.get_by_label("理由（网点会看到）").fill("照片能证明当时亮着。")
    page.get_by_label("正确的回答").select_option("pass")
    page.get_by_role("button", name="申诉成立，改判").click()
    for desk_ in (other, hall):
        desk_.page.goto(appeal)
        expect(desk_.page.locator(".before-after")).to_contain_text("60.00 → 90.00")
        expect(desk_.page.locator("main .state").first).to_have_text("已改判")
    checked(hall.page, screens, "corrected")
    hall.page.goto("/appeals")
    expect(hall.page.locator("td.n")).to_contain_text("90.00")
    checked(hall.page, screens, "list")
