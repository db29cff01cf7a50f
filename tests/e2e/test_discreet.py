"""Discreet mode: two fingers leave nothing but a page of notes, and two fingers bring back the very same place."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests import photographs
from tests.e2e.organisation import Organisation
from tests.e2e.phone import Phone
from tests.e2e.test_reach import TOO_WIDE, Screens, findings

WORDS = ("巡厅", "Xunting", "检查", "网点", "营业厅", "分", "visit", "outlet", "score")
"""What must not be read over a shoulder."""


FRAME = "[...document.querySelectorAll('meta[name=theme-color]')].map((tag) => tag.content)"


HIGHLIGHT = """() => {
    const probe = document.createElement("i");
    probe.style.cssText = "forced-color-adjust: none; background: Highlight";
    document.body.append(probe);
    const { backgroundColor } = getComputedStyle(probe);
    probe.remove();
    return backgroundColor;
}"""


def two_fingers(phone: Phone, *, apart: int = 0) -> None:
    """Two fingers come down and go up again; with `apart` they move away from each other in between."""
    session = phone.context.new_cdp_session(phone.page)
    points = [{"x": 120, "y": 300, "id": 0}, {"x": 220, "y": 320, "id": 1}]
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points[:1]})
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points})
    if apart:
        points[1]["y"] += apart
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": points})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


def only_notes(phone: Phone) -> None:
    """Nothing but notes, for the eye, the screen reader and the list of running apps."""
    expect(phone.at("notes")).to_be_visible()
    expect(phone.page.locator("#app")).to_be_hidden()
    said = phone.page.locator("body").aria_snapshot() + phone.page.title()
    assert not [word for word in WORDS if word in said], said
    assert phone.page.evaluate("document.activeElement.closest('#app')") is None


def place(phone: Phone) -> tuple[float, str]:
    """Where the person is: how far down, and what has the focus."""
    where = phone.page.evaluate("[scrollY, document.activeElement.outerHTML.slice(0, 60)]")
    return where[0], where[1]


def test_a_visit_is_hidden_behind_notes_and_comes_back_as_it_was(
    phone: Callable[..., Phone], people: Organisation, screens: Screens
) -> None:
    shopper = phone()
    shopper.ready(people.user("shopper1"), people.mystery.id)
    shopper.tap(f"due-{people.mystery.id}")
    expect(shopper.at("discreet-hint")).to_be_visible()
    screens(shopper.page, "hint")
    shopper.tap("discreet-on")
    expect(shopper.at("discreet-hint")).to_have_count(0)
    shopper.open("#/today")
    visit = shopper.begin(people.mystery.id)
    shopper.choose("OH-02", "busy")
    shopper.offline()

    # From the start the app is a page of notes, and real ones.
    shopper.page.reload()
    only_notes(shopper)
    screens(shopper.page, "no-notes")
    shopper.tap("note-new")
    shopper.type("note-text", "周末买菜\n豆腐、青椒、鸡蛋")
    screens(shopper.page, "note")
    shopper.page.go_back()
    expect(shopper.at("note-page")).to_have_count(0)
    only_notes(shopper)
    shopper.tap("note-new")
    shopper.type("note-text", "取快递 3-2-1108")
    shopper.page.keyboard.press("Escape")
    expect(shopper.page.locator(".notes li b")).to_have_text(["取快递 3-2-1108", "周末买菜"])
    shopper.page.locator(".notes li button").first.tap()
    shopper.tap("note-remove")
    shopper.tap("note-undo")
    expect(shopper.page.locator(".notes li b")).to_have_text(["取快递 3-2-1108", "周末买菜"])
    screens(shopper.page, "notes")
    found = findings(shopper.page)

    # Two fingers come back to the visit, and hide it in the middle of it all.
    two_fingers(shopper, apart=60)
    only_notes(shopper)
    two_fingers(shopper)
    expect(shopper.at("screen-visit")).to_be_visible()
    shopper.section("E")
    shopper.start_timer("OH-26")
    shopper.choose("OH-27", "pass")
    shopper.card("OH-27").scroll_into_view_if_needed()
    running = shopper.stored(visit)["running"]
    assert list(running) == ["OH-26"]
    found += findings(shopper.page)
    screens(shopper.page, "visit")
    assert shopper.page.title() == "备忘"
    assert set(shopper.page.evaluate(FRAME)) == {"#1a1c1c"}
    shopper.card("OH-27").scroll_into_view_if_needed()
    before = place(shopper)
    assert before[0] > 0
    assert "radio" in before[1]
    two_fingers(shopper)
    only_notes(shopper)
    shopper.page.go_back()
    only_notes(shopper)
    two_fingers(shopper)
    expect(shopper.at("screen-visit")).to_be_visible()
    assert place(shopper) == before

    # With one finger, with the keyboard, and over an open dialog.
    shopper.tap("away")
    only_notes(shopper)
    shopper.tap("notes-count")
    expect(shopper.at("screen-visit")).to_be_visible()
    shopper.card("OH-26").locator(".head .icon-button").tap()
    shopper.card("OH-26").locator(".buttons .outline").first.tap()
    expect(shopper.at("edit-timer")).to_be_visible()
    shopper.page.keyboard.press("F2")
    only_notes(shopper)
    expect(shopper.at("edit-timer")).to_be_hidden()
    shopper.page.keyboard.press("F2")
    expect(shopper.at("edit-timer")).to_be_visible()
    shopper.page.keyboard.press("Escape")
    expect(shopper.at("edit-timer")).to_have_count(0)

    # Forced colours: what is chosen stands out in discreet mode too.
    shopper.page.emulate_media(forced_colors="active")
    chosen, other = (
        shopper.card("OH-27")
        .locator(f"[role=radio][aria-checked={checked}]")
        .first.evaluate("(one) => getComputedStyle(one).backgroundColor")
        for checked in ("true", "false")
    )
    assert chosen == shopper.page.evaluate(HIGHLIGHT) != other
    shopper.card("OH-27").scroll_into_view_if_needed()
    screens(shopper.page, "forced-colours")
    shopper.page.emulate_media(forced_colors="none")

    # Killed while hidden: notes, and behind them the item; the timer ran on.
    two_fingers(shopper)
    only_notes(shopper)
    shopper.kill()
    shopper.restart(offline=True)
    only_notes(shopper)
    assert shopper.stored(visit)["running"] == running
    two_fingers(shopper)
    expect(shopper.card("OH-27")).to_be_visible()
    expect(shopper.card("OH-27")).to_be_in_viewport()
    expect(shopper.at("timer-OH-26")).to_have_class("stop")

    # Killed while the camera was open: straight back to the item.
    shopper.unfold("OH-27", shopper.card("OH-27").locator(".add").first)
    with shopper.page.expect_file_chooser():
        shopper.card("OH-27").locator(".add").first.tap()
    shopper.camera_opened()
    shopper.kill()
    shopper.restart(offline=True)
    expect(shopper.card("OH-27")).to_be_in_viewport()
    expect(shopper.at("notes")).to_have_count(0)
    shopper.kill()
    shopper.restart(offline=True)
    only_notes(shopper)
    two_fingers(shopper)
    shopper.photograph("OH-27", photographs.file(1))

    found += _small_and_in_english(shopper, visit, screens)
    assert found == []


def _small_and_in_english(shopper: Phone, visit: str, screens: Screens) -> list[str]:
    """The same at 320 px, in English, and at the largest text."""
    found: list[str] = []
    page: Page = shopper.page
    page.set_viewport_size({"width": 320, "height": 568})
    for language, text in (("en", 100), ("zh", 200), ("en", 200)):
        page.evaluate(
            f"localStorage.setItem('language', '{language}'); localStorage.setItem('text-size', '{text}')"
        )
        for name, at in {"me": "#/me", "today": "#/today", "visit": f"#/visit/{visit}/E"}.items():
            page.goto("about:blank")
            shopper.open(at)
            only_notes(shopper)
            two_fingers(shopper)
            expect(shopper.at(f"screen-{name}")).to_be_visible()
            if name == "me":
                expect(shopper.at("app-lock")).to_be_visible()
            found += [
                f"{language} {text} {name}: {wide}" for wide in [*page.evaluate(TOO_WIDE), *findings(page)]
            ]
            screens(page, f"{language}-{text}-{name}")
        shopper.tap("away")
        found += [f"{language} {text} notes: {wide}" for wide in [*page.evaluate(TOO_WIDE), *findings(page)]]
        screens(page, f"{language}-{text}-notes")
    return found
