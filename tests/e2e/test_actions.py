"""A corrective action in the console: answered with a photo on a phone's browser, accepted with before and after side by side."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from server.usecases.work import Office
from tests import actions as made
from tests import photographs
from tests.e2e.desk import Desk
from tests.e2e.organisation import Organisation
from tests.e2e.test_reach import TOO_WIDE, findings

Screens = Callable[[Page, str], None]
NARROW = {"viewport": {"width": 390, "height": 844}}
DONE = "换了灯管，晚上看过，都亮。"


def checked(page: Page, screens: Screens, name: str) -> None:
    """Nothing for axe to find, also in the dark and in English, and nothing too wide down to 320 pixels."""
    address = page.url
    for language, width, scheme in (("en", 320, "dark"), ("zh", 390, "light")):
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(f"{address.split('?')[0]}?lang={language}")
        screens(page, f"{name}-{language}-{width}")
        assert findings(page) == [], f"{name} in {language}"
        assert page.evaluate(TOO_WIDE) == [], f"{name} is too wide in {language}"


def test_an_outlet_answers_with_a_photo_and_a_reviewer_accepts_what_stands_side_by_side(
    desk: Callable[..., Desk], people: Organisation, office: Office, screens: Screens
) -> None:
    before = photographs.photograph(1)
    made.accepted(office, people.user("reviewer2"), people.shop, kind="announced", photo=before)
    action = made.only(office, people.shop)

    owner = desk(people.user("owner1"), **NARROW)
    page = owner.page
    page.goto("/actions")
    checked(page, screens, "list")
    page.get_by_role("link", name=people.shop.name).click()
    checked(page, screens, "asked")
    page.get_by_label("怎么整改的").fill(DONE)
    page.get_by_label("整改后的照片").set_input_files(
        {"name": "换好.jpg", "mimeType": "image/jpeg", "buffer": photographs.photograph(2)}
    )
    page.get_by_role("button", name="提交答复").click()
    expect(page.locator(".said.good")).to_contain_text("等待验收")
    expect(page.locator("main .state")).to_have_text("待验收")

    reviewer = desk(people.user("reviewer1"))
    page = reviewer.page
    page.goto(f"/actions/{action.id}")
    expect(page.locator(".compare")).to_contain_text(DONE)
    sides = page.locator(".compare img")
    expect(sides).to_have_count(2)
    left, right = (sides.nth(n).bounding_box() for n in (0, 1))
    assert left
    assert right
    assert left["x"] + left["width"] < right["x"]
    assert abs(left["width"] - right["width"]) < 2
    for n in (0, 1):
        assert sides.nth(n).evaluate("async (image) => { await image.decode(); return image.naturalWidth }")
    screens(page, "compare")
    # In large, and side by side, by keys alone.
    page.locator("a[data-photo]").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#light-box")).to_be_visible()
    page.keyboard.press("c")
    expect(page.locator("#light-box .pane:visible img")).to_have_count(2)
    page.keyboard.press("Escape")
    checked(page, screens, "answered")
    page.get_by_role("button", name="验收通过").click()
    expect(page.locator(".said.good")).to_contain_text("已验收")
    expect(page.locator(".told-steps")).to_contain_text("验收通过")
    assert made.only(office, people.shop).decided_by == people.user("reviewer1").id
