"""The app lock: a PIN before anything is seen, longer waits after wrong ones, and the password for whoever forgot it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from playwright.sync_api import expect

from tests import make
from tests.e2e.organisation import Organisation
from tests.e2e.phone import Phone
from tests.e2e.test_reach import TOO_WIDE, Screens, findings

PEEK = """() => {
    window.peeked = [];
    new MutationObserver(() => {
        for (const one of document.querySelectorAll("#app .screen"))
            if (getComputedStyle(one).visibility === "visible") window.peeked.push(one.className);
    }).observe(document, {childList: true, subtree: true, attributes: true});
}"""
"""Notices every screen that stands in the page before a frame could be painted, and is not hidden."""

TURN = """(state) => {
    Object.defineProperty(document, "visibilityState", {configurable: true, get: () => state});
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def away(phone: Phone, minutes: int) -> None:
    """The phone shows another app for so long."""
    phone.page.evaluate(TURN, "hidden")
    expect(phone.page.locator("#app")).to_be_hidden()
    phone.page.clock.fast_forward(minutes * 60_000)
    phone.page.evaluate(TURN, "visible")


def is_locked(phone: Phone) -> None:
    """Nothing but the lock, for the eye and for the screen reader."""
    expect(phone.at("lock")).to_be_visible()
    expect(phone.page.locator("#app")).to_be_hidden()
    said = phone.page.locator("body").aria_snapshot()
    assert "营业厅" not in said, said


def enter(phone: Phone, pin: str) -> None:
    """By the keypad."""
    for digit in pin:
        phone.tap(f"key-{digit}")
    phone.tap("unlock")


def test_a_locked_phone_shows_nothing_until_the_pin_and_comes_back_to_the_same_place(
    phone: Callable[..., Phone], people: Organisation, screens: Screens
) -> None:
    inspector = phone(shared=True)
    page = inspector.page
    page.clock.install(time=datetime.now(UTC))
    inspector.ready(people.user("shopper1"), people.mystery.id)
    visit = inspector.begin(people.mystery.id)
    inspector.section("B")
    inspector.choose("OH-09", "pass")
    inspector.open("#/me")
    inspector.tap("lock-set")
    inspector.type("pin-fresh", "2580")
    inspector.type("pin-again", "2581")
    inspector.tap("pin-save")
    expect(inspector.page.locator("dialog .wrong")).to_be_visible()
    found = findings(page)
    inspector.type("pin-again", "２５８０")
    inspector.tap("pin-save")
    five = inspector.at("app-lock").locator("[data-value='5']")
    five.tap()
    expect(five).to_have_attribute("aria-checked", "true")
    screens(page, "me")
    other = inspector.another_tab()
    inspector.open("#/me")
    is_locked(inspector)
    enter(inspector, "2580")
    discreet = inspector.at("discreet").get_by_role("switch")
    discreet.tap()
    expect(page.locator("html")).to_have_attribute("data-discreet", "")
    discreet.tap()
    expect(page.locator("html")).not_to_have_attribute("data-discreet", "")
    inspector.look_at(page)
    five.locator("xpath=preceding-sibling::*").first.tap()
    expect(other.locator("[data-testid=app-lock] [data-value='0']")).to_have_attribute("aria-checked", "true")
    five.tap()
    expect(other.locator("[data-testid=app-lock] [data-value='5']")).to_have_attribute("aria-checked", "true")
    other.close()

    # Away for less than the time that was chosen, then for more: in the middle of a dialog.
    inspector.open(f"#/visit/{visit}/B?item=OH-09")
    inspector.card("OH-09").scroll_into_view_if_needed()
    inspector.unfold("OH-09", inspector.at("note-OH-09"))
    inspector.at("note-OH-09").press_sequentially("柜台")
    at = page.evaluate("scrollY")
    away(inspector, 4)
    expect(inspector.at("lock")).to_have_count(0)
    expect(inspector.at("note-OH-09")).to_be_focused()
    away(inspector, 5)
    is_locked(inspector)
    screens(page, "locked")
    found += findings(page)

    # Wrong ones, a wait that outlives a new start, and not one frame of the visit in it.
    for wrong in ("1111", "2222", "3333"):
        enter(inspector, wrong)
        expect(inspector.at("pin-says")).to_have_class("wrong")
        expect(inspector.at("pin")).to_have_value("")
    expect(inspector.at("unlock")).to_be_disabled()
    screens(page, "waits")
    page.add_init_script(f"({PEEK})()")
    page.reload()
    is_locked(inspector)
    assert page.evaluate("peeked") == []
    expect(inspector.at("unlock")).to_be_disabled()
    page.clock.fast_forward(16_000)
    expect(inspector.at("unlock")).to_be_enabled()
    page.keyboard.type("2580")
    page.keyboard.press("Enter")
    expect(inspector.at("lock")).to_have_count(0)
    expect(inspector.card("OH-09")).to_be_in_viewport()
    expect(inspector.at("note-OH-09")).to_have_value("柜台")
    assert abs(page.evaluate("scrollY") - at) < 300

    # Forgotten: the password opens it, and a new PIN is set; small, in English, in the dark.
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 320, "height": 568})
    for language, text in (("zh", 200), ("en", 200), ("en", 100)):
        page.evaluate(
            f"localStorage.setItem('language', '{language}'); localStorage.setItem('text-size', '{text}')"
        )
        page.reload()
        expect(inspector.at("lock")).to_be_visible()
        expect(inspector.at("unlock")).to_be_enabled()
        found += [f"{language} {text}: {one}" for one in [*page.evaluate(TOO_WIDE), *findings(page)]]
        screens(page, f"{language}-{text}")
    inspector.tap("pin-forgot")
    inspector.type("lock-password", "not this one")
    inspector.tap("lock-log-in")
    expect(page.locator(".lock .wrong")).to_be_visible()
    screens(page, "forgotten")
    found += findings(page)
    inspector.type("lock-password", make.PASSWORD)
    inspector.tap("lock-log-in")
    inspector.type("pin-fresh", "13795")
    inspector.type("pin-again", "13795")
    inspector.tap("pin-save")
    expect(inspector.card("OH-09")).to_be_visible()

    # Taken off by whoever knows it, and by nobody else.
    inspector.open("#/me")
    inspector.tap("lock-off")
    inspector.type("pin-present", "2580")
    inspector.tap("lock-off-now")
    expect(page.locator("dialog .wrong")).to_be_visible()
    inspector.type("pin-present", "13795")
    inspector.tap("lock-off-now")
    expect(inspector.at("lock-set")).to_be_visible()
    page.reload()
    expect(inspector.at("screen-me")).to_be_visible()
    assert found == []
