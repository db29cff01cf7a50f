"""Sending with the app closed, by hand with the screen on, and in a window that may keep nothing."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

from playwright.sync_api import Page, expect

from server.storage.visits import Assignment
from server.usecases.work import Office
from tests import make, photographs, submitted
from tests.e2e import short
from tests.e2e.organisation import Organisation
from tests.e2e.phone import Phone
from tests.e2e.records import held, whole
from tests.e2e.server import wait_for
from tests.e2e.test_killed import online_but_slow

MOBILE = (
    """Object.defineProperty(navigator, "connection", { configurable: true, value: { type: "cellular" } })"""
)
"""A phone whose browser says that its data come by mobile network."""
AWAKE = """(() => {
    window.awake = [];
    navigator.wakeLock.request = async () => { window.awake.push("on"); return { release: async () => void window.awake.push("off") }; };
})()"""

SHUT = """(() => {
    const deny = () => { throw new DOMException("denied", "SecurityError"); };
    Object.defineProperty(window, "localStorage", { configurable: true, get: deny });
    Object.defineProperty(window, "indexedDB", { configurable: true, value: { open: deny } });
})()"""
"""What a browser does that may not keep site data."""


def submitted_offline(phone: Phone, people: Organisation, task: Assignment | None = None) -> str:
    due = (task or people.short).id
    phone.ready(people.user("shopper1"), due)
    visit = phone.begin(due)
    phone.offline()
    short.filled(phone)
    phone.finish()
    phone.submit()
    return visit


def test_the_browser_sends_while_no_page_of_the_app_is_open(
    phone: Callable[..., Phone], people: Organisation, office: Office
) -> None:
    inspector = phone(shared=True)
    visit = submitted_offline(inspector, people)
    inspector.page.goto("about:blank")
    inspector.offline(False)
    inspector.page.goto(f"{inspector.url}/login")
    session = inspector.context.new_cdp_session(inspector.page)
    seen: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: seen.extend(one["registrationId"] for one in event["registrations"]),
    )
    session.send("ServiceWorker.enable")
    wait_for(lambda: inspector.page.evaluate("1") and seen, lambda: "the browser tells of no service worker")
    session.send(
        "ServiceWorker.dispatchSyncEvent",
        {"origin": inspector.url, "registrationId": seen[0], "tag": "outbox", "lastChance": False},
    )

    def arrived() -> bool:
        inspector.page.evaluate("1")
        found = held(office, visit)
        return found is not None and found.visit.whole_at is not None

    wait_for(arrived, lambda: "nothing was sent")
    whole(office, visit)
    inspector.open(f"#/read/{visit}")
    inspector.whole()


def test_the_screen_stays_on_while_somebody_sends_by_hand(
    phone: Callable[..., Phone], people: Organisation, office: Office
) -> None:
    inspector = phone(shared=True)
    inspector.context.add_init_script(AWAKE)
    visit = submitted_offline(inspector, people)
    inspector.open("#/outbox")
    assert inspector.page.evaluate("awake") == []
    online_but_slow(inspector)
    inspector.tap("send-all")
    inspector.holds("awake.length === 1")
    expect(inspector.at(f"outbox-{visit}")).to_have_attribute("data-state", "sent", timeout=60_000)
    inspector.holds("awake.join() === 'on,off'")
    whole(office, visit)


def test_originals_wait_for_wifi_while_the_text_goes_until_somebody_sends_them_all_the_same(
    phone: Callable[..., Phone], people: Organisation, office: Office, screens: Callable[[Page, str], None]
) -> None:
    written = deepcopy(submitted.WRITTEN) | {"id": "small-originals"}
    written["sections"][0]["items"][0]["original"] = True
    submitted.checklist(office, written)
    task = make.assignment(
        office,
        people.user("shopper1"),
        people.other_hall,
        checklist_id=written["id"],
        window_from=people.short.window_from,
        window_to=people.short.window_to,
        due_at=people.short.due_at,
    )
    inspector = phone(shared=True)
    inspector.context.add_init_script(MOBILE)
    visit = submitted_offline(inspector, people, task)
    original = inspector.stored(visit)["document"]["files"][0]
    assert original["bytes"] == photographs.file(short.PHOTOGRAPH).stat().st_size
    inspector.open("#/outbox")
    switch = inspector.at("originals").get_by_role("switch")
    expect(switch).to_contain_text(f"{original['bytes'] / 1_000_000:.1f} MB")
    switch.tap()
    expect(switch).to_have_attribute("aria-checked", "true")
    inspector.offline(False)
    entry = inspector.at(f"outbox-{visit}")
    expect(entry).to_contain_text("原图在等无线网，文字和其他照片已发。")
    expect(entry).to_have_attribute("data-state", "waiting")
    screens(inspector.page, "waiting-for-wifi")
    found = held(office, visit)
    assert found
    assert (found.visit.revision, found.visit.whole_at) == (1, None)

    # The switch is kept, and off it sends at once.
    inspector.page.reload()
    expect(switch).to_have_attribute("aria-checked", "true")
    switch.tap()
    expect(entry).to_have_attribute("data-state", "sent", timeout=60_000)
    assert whole(office, visit).document["files"][0]["bytes"] == original["bytes"]


def test_a_window_that_may_keep_nothing_says_so_instead_of_showing_nothing(
    phone: Callable[..., Phone],
) -> None:
    inspector = phone(shared=True)
    inspector.context.add_init_script(SHUT)
    inspector.open()
    expect(inspector.page.get_by_role("alert")).to_contain_text("不能保存内容")
