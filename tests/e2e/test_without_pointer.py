"""A whole visit by keyboard alone, in forced colours and without motion, with a Chinese input method in every field on the way."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from server.usecases.work import Office
from tests import make
from tests.e2e.organisation import Organisation
from tests.e2e.phone import STORY, Phone
from tests.e2e.records import whole

NOTE = "门头一半不亮。"
# The system's own two colours of what is chosen, as the browser computes them here.
HIGHLIGHTED = """([selector, part]) => {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.cssText = "forced-color-adjust: none; background: Highlight; color: HighlightText";
    const [wanted, found] = [getComputedStyle(probe), getComputedStyle(document.querySelector(selector), part)];
    const same = found.backgroundColor === wanted.backgroundColor && (part !== null || found.color === wanted.color);
    probe.remove();
    return same || [found.backgroundColor, found.color];
}"""


def reach(phone: Phone, selector: str) -> None:
    """Tab until the focus stands there."""
    for _ in range(90):
        phone.page.keyboard.press("Tab")
        if phone.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"no key leads to {selector}")


def press(phone: Phone, name: str, key: str = "Enter") -> None:
    """Reach an element by its test id and press a key on it."""
    reach(phone, f'[data-testid="{name}"]')
    phone.page.keyboard.press(key)


def highlighted(phone: Phone, selector: str, part: str | None = None) -> None:
    """It is told from its neighbours by the system's colours."""
    phone.holds(f"(given) => ({HIGHLIGHTED})(given) === true", [selector, part])


def compose(phone: Phone, half: str, text: str, meanwhile: Callable[[], None]) -> None:
    """Write as with a Chinese input method: `half` is underlined, Enter goes to the method alone, then `text` is chosen."""
    session = phone.context.new_cdp_session(phone.page)
    session.send(
        "Input.imeSetComposition", {"text": half, "selectionStart": len(half), "selectionEnd": len(half)}
    )
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    session.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    session.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    meanwhile()
    session.send("Input.insertText", {"text": text})
    session.detach()


def test_a_visit_is_filled_and_submitted_without_a_pointer(
    phone: Callable[..., Phone],
    people: Organisation,
    office: Office,
    screens: Callable[[Page, str], None],
) -> None:
    shopper = phone(shared=True, forced_colors="active", reduced_motion="reduce")
    page, keys = shopper.page, shopper.page.keyboard
    shopper.open()
    reach(shopper, "[data-testid=username]")
    user = people.user("shopper1")
    keys.insert_text(user.username[:-2])

    def still_here() -> None:
        expect(shopper.at("screen-login")).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(0)

    compose(shopper, "li'n", user.username[-2:], still_here)
    keys.press("Tab")
    keys.type(make.PASSWORD)
    keys.press("Enter")
    expect(shopper.at("screen-today")).to_be_visible()
    shopper.installed()
    highlighted(shopper, ".tabs a[aria-current]", "::before")

    reach(shopper, '.tabs a[href="#/outlets"]')
    keys.press("Enter")
    reach(shopper, "[data-testid=search]")
    found = page.locator(".updated")
    compose(shopper, "chang'f", "长风", lambda: expect(found).to_be_empty())
    expect(found).not_to_be_empty()
    expect(shopper.at(f"outlet-{people.other_hall.id}")).to_be_visible()
    screens(page, "search")
    # What was searched for stays when another list is opened.
    keys.press("ControlOrMeta+a")
    keys.press("Delete")

    reach(shopper, '.tabs a[href="#/today"]')
    keys.press("Enter")
    press(shopper, f"due-{people.short.id}")
    reach(shopper, "[data-testid^=start-]")
    keys.press("Enter")
    expect(shopper.at("screen-visit")).to_be_visible()
    visit = shopper.visit()

    reach(shopper, "#item-A-01 [role=radio]")
    keys.press("Space")
    shopper.chosen("A-01", "pass")
    keys.press("ArrowRight")
    shopper.chosen("A-01", "fail")
    highlighted(shopper, "#item-A-01 [role=radio].on")
    highlighted(shopper, ".chip > .on")
    reach(shopper, "[data-testid=note-A-01]")
    keys.insert_text(NOTE[:4])
    shopper.settled("A-01")

    def nothing_half() -> None:
        assert shopper.stored(visit)["document"]["answers"]["A-01"]["note"] == NOTE[:4]

    compose(shopper, "bu'liang", NOTE[4:], nothing_half)
    keys.press("Tab")
    shopper.settled("A-01")
    assert shopper.stored(visit)["document"]["answers"]["A-01"]["note"] == NOTE
    screens(page, "section-A")
    for state in ("stop", "again"):
        press(shopper, "timer-A-02")
        expect(shopper.at("timer-A-02")).to_have_class(state)
        assert page.evaluate("document.getAnimations().length") == 0

    press(shopper, "section-B")
    expect(shopper.at("section-B")).to_have_attribute("aria-current", "step")
    reach(shopper, "#item-B-01 [role=radio]")
    keys.press("Space")
    shopper.chosen("B-01", "pass")
    reach(shopper, "#item-B-02 [role=switch]")
    keys.press("Space")
    expect(shopper.card("B-02").get_by_role("switch")).to_have_attribute("aria-checked", "true")
    highlighted(shopper, "#item-B-02 .knob")
    assert page.evaluate(
        "getComputedStyle(document.querySelector('#item-B-02 .knob'), '::after').transitionDuration"
    ) in ("0s", "")
    screens(page, "section-B")
    keys.press("Space")
    expect(shopper.card("B-02").get_by_role("switch")).to_have_attribute("aria-checked", "false")
    for item in ("B-02", "B-03"):
        reach(shopper, f"#item-{item} [role=radio]")
        keys.press("Space")
    shopper.chosen("B-02", "pass")
    shopper.chosen("B-03", "no")
    reach(shopper, "[data-testid=text-B-04]")
    compose(shopper, "da'ting", STORY, lambda: None)
    for item in ("B-05", "B-06"):
        reach(shopper, f"#item-{item} button.go")
        keys.press("Enter")
        expect(shopper.card(item).locator(".stamp")).to_be_visible()
    press(shopper, "to-finish")
    expect(shopper.at("missing")).to_contain_text("没有缺项")
    press(shopper, "submit")
    expect(shopper.at("screen-record")).to_be_visible()
    shopper.whole()
    highlighted(shopper, "[data-testid=rung-whole] > .rung")
    screens(page, "record")
    answers = whole(office, visit).document["answers"]
    assert answers["A-01"]["note"] == NOTE
    assert answers["B-04"]["value"] == STORY
