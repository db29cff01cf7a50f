"""What the screens say in passing: messages, counts for eye and ear, reasons that fit the visit."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.organisation import Organisation
from tests.e2e.phone import Phone


def test_a_message_that_stays_covers_nothing_for_good(
    phone: Callable[..., Phone], people: Organisation
) -> None:
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    inspector.page.set_viewport_size({"width": 320, "height": 300})
    inspector.page.route(
        "**/api/v1/**", lambda route: route.fulfill(content_type="text/html", body="<p>Wi-Fi</p>")
    )
    inspector.tap("refresh")
    expect(inspector.page.locator(".message p")).to_be_visible()
    inspector.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    button, message = (
        one.bounding_box() for one in (inspector.at("refresh"), inspector.page.locator(".message p"))
    )
    assert button
    assert message
    assert button["y"] + button["height"] <= message["y"]
    inspector.tap("refresh")


def test_a_section_says_to_the_ear_what_it_shows_to_the_eye(
    phone: Callable[..., Phone], people: Organisation
) -> None:
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    inspector.begin(people.short.id)
    inspector.choose("A-01", "pass")
    chip = inspector.at("section-A")
    expect(chip.locator("b")).to_have_text("1/2")
    expect(chip.locator(".sr")).to_have_text("1 / 2 项, 还差 1 项")


def test_a_long_section_is_whole_on_a_narrow_screen(
    phone: Callable[..., Phone], people: Organisation
) -> None:
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    inspector.page.set_viewport_size({"width": 320, "height": 568})
    inspector.begin(people.short.id)
    chip = inspector.at("section-A")
    title = chip.locator("span").first.evaluate(
        "(one) => { one.firstChild.textContent = 'Business environment of the hall and everything around it'; return one.textContent }"
    )
    box = chip.bounding_box()
    assert title.endswith("0/2")
    assert box
    assert box["width"] <= 320
