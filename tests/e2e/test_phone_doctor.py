"""The check-up of a phone, how to install, and the shortcuts of the home screen."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from server.domain.phone_code import PhoneCode, read
from tests.e2e import short
from tests.e2e.organisation import Organisation
from tests.e2e.phone import Phone

Screens = Callable[[Page, str], None]
WECHAT = "Mozilla/5.0 (Linux; Android 12; V2118A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.47.2560 WeChat/arm64"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"
DATABASES = "async () => (await indexedDB.databases()).map((one) => one.name).sort()"


def examined(phone: Phone) -> PhoneCode:
    """Open the check-up, wait for its end, and read its code as headquarters does."""
    phone.open("#/me")
    phone.tap("doctor")
    return said(phone)


def said(phone: Phone) -> PhoneCode:
    """The code on the screen, once there is one."""
    expect(phone.at("doctor-code")).to_be_visible(timeout=90_000)
    found = read(phone.at("doctor-code").inner_text())
    assert found
    for check in set(found.results) - {"system"}:
        assert phone.at(f"check-{check}").get_attribute("data-state") == found.results[check], check
    return found


def test_the_check_up_of_a_good_phone_ends_in_a_code_and_leaves_nothing(
    phone: Callable[..., Phone], people: Organisation, screens: Screens
) -> None:
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    inspector.begin(people.short.id)
    short.filled(inspector)
    visit = inspector.visit()
    answers = inspector.stored(visit)["document"]["answers"]
    databases = inspector.page.evaluate(DATABASES)
    found = examined(inspector).results
    screens(inspector.page, "doctor")
    assert {name: found[name] for name in ("browser", "installed", "store", "picture", "position")} == {
        "browser": "plain",
        "installed": "no",
        "store": "whole",
        "picture": "worker",
        "position": "fix",
    }
    assert {name: found[name] for name in ("clock", "worker", "server")} == {
        "clock": "right",
        "worker": "controls",
        "server": "reached",
    }
    assert inspector.page.evaluate(DATABASES) == databases
    assert inspector.stored(visit)["document"]["answers"] == answers


def test_without_a_network_the_check_up_says_so_and_all_else_is_checked(
    phone: Callable[..., Phone], people: Organisation
) -> None:
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    inspector.offline()
    found = examined(inspector).results
    assert (found["server"], found["clock"]) == ("offline", "unknown")
    assert (found["store"], found["picture"], found["worker"]) == ("whole", "worker", "controls")


def test_a_wifi_that_wants_a_log_in_is_told_from_no_network(
    phone: Callable[..., Phone], people: Organisation
) -> None:
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    inspector.context.route(
        "**/healthz", lambda route: route.fulfill(body="<h1>Wi-Fi</h1>", content_type="text/html")
    )
    found = examined(inspector).results
    assert (found["server"], found["clock"]) == ("foreign", "unknown")


def test_a_phone_without_room_says_so_and_keeps_nothing_of_the_test(
    phone: Callable[..., Phone], people: Organisation
) -> None:
    inspector = phone()
    inspector.ready(people.user("shopper1"), people.short.id)
    inspector.kill()
    # What the browser answers about its room does not follow this limit, the store does.
    inspector.restart(room=10_000_000)
    databases = inspector.page.evaluate(DATABASES)
    assert examined(inspector).results["store"] == "full"
    assert inspector.page.evaluate(DATABASES) == databases


def test_a_denied_position_has_its_sentence_and_another_try(
    phone: Callable[..., Phone], people: Organisation
) -> None:
    inspector = phone(shared=True, permissions=[])
    inspector.ready(people.user("shopper1"), people.short.id)
    assert examined(inspector).results["position"] in ("ask", "denied")
    inspector.context.grant_permissions(["geolocation"])
    inspector.tap("try-position")
    expect(inspector.at("check-position")).to_have_attribute("data-state", "fix")
    assert said(inspector).results["position"] == "fix"


def test_inside_another_app_it_says_how_to_get_out(
    phone: Callable[..., Phone], people: Organisation, screens: Screens
) -> None:
    inspector = phone(shared=True, user_agent=WECHAT)
    inspector.ready(people.user("shopper1"), people.short.id)
    expect(inspector.at("install-hint")).to_contain_text("别的应用")
    assert examined(inspector).results["browser"] == "wechat"
    expect(inspector.at("check-browser")).to_contain_text("在浏览器打开")
    screens(inspector.page, "doctor-in-wechat")
    inspector.open("#/install")
    expect(inspector.page.locator(".notice .inside")).to_contain_text("微信")
    screens(inspector.page, "install-in-wechat")


def test_how_to_install_is_hinted_once_and_told_for_this_phone(
    phone: Callable[..., Phone], people: Organisation, screens: Screens
) -> None:
    inspector = phone(shared=True, user_agent=IPHONE)
    inspector.ready(people.user("shopper1"), people.short.id)
    inspector.at("install-hint").locator(".quiet").tap()
    expect(inspector.at("screen-install")).to_be_visible()
    expect(inspector.page.locator(".steps").first).to_contain_text("Safari")
    screens(inspector.page, "install-iphone")
    inspector.open("#/today")
    expect(inspector.at("refresh")).to_be_visible()
    expect(inspector.at("install-hint")).to_be_hidden()
    inspector.open("#/me")
    inspector.tap("guide")
    expect(inspector.at("screen-install")).to_be_visible()


HOME_SCREEN = "Object.defineProperty(navigator, 'standalone', { value: true })"


@pytest.mark.parametrize(
    ("agent", "said"), [(IPHONE, "装到主屏幕"), (WECHAT, "自带的浏览器")], ids=["iphone", "wechat"]
)
def test_no_visit_is_started_where_it_may_be_cleared_away(
    phone: Callable[..., Phone], people: Organisation, screens: Screens, agent: str, said: str
) -> None:
    inspector = phone(shared=True, user_agent=agent)
    inspector.ready(people.user("shopper1"), people.short.id)
    inspector.tap(f"due-{people.short.id}")
    inspector.tap("start-mystery")
    expect(inspector.at("screen-install")).to_be_visible()
    expect(inspector.at("no-start")).to_contain_text(said)
    screens(inspector.page, "no-start")
    inspector.open("#/today")
    expect(inspector.at(f"due-{people.short.id}")).to_be_visible()


def test_an_iphone_starts_from_its_home_screen_and_goes_on_anywhere(
    phone: Callable[..., Phone], people: Organisation
) -> None:
    inspector = phone(shared=True, user_agent=IPHONE)
    inspector.page.add_init_script(HOME_SCREEN)
    inspector.ready(people.user("shopper1"), people.short.id)
    visit = inspector.begin(people.short.id)
    inspector.choose("A-01", "pass")
    outlet = inspector.stored(visit)["document"]["outlet_id"]
    inspector.another_tab()
    inspector.open(f"#/outlet/{outlet}")
    assert inspector.page.evaluate("navigator.standalone ?? null") is None
    inspector.tap("resume")
    expect(inspector.at("screen-visit")).to_be_visible()
    assert inspector.visit() == visit


def test_the_browsers_own_question_is_kept_for_the_button(
    phone: Callable[..., Phone], people: Organisation
) -> None:
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    inspector.page.evaluate("""() => {
        const asked = new Event("beforeinstallprompt", {cancelable: true});
        asked.prompt = async () => { window.prompted = true; };
        asked.userChoice = Promise.resolve({outcome: "accepted"});
        dispatchEvent(asked);
    }""")
    inspector.page.evaluate("location.hash = '#/install'")
    inspector.tap("install-now")
    inspector.holds("window.prompted === true")
    expect(inspector.at("install-now")).to_be_hidden()


@pytest.mark.parametrize("offline", [False, True])
def test_the_shortcut_leads_to_the_next_assignment_and_then_into_the_visit(
    phone: Callable[..., Phone], people: Organisation, offline: bool
) -> None:
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    inspector.offline(offline)
    shortcuts = inspector.page.evaluate(
        "async () => (await (await fetch('/app/manifest.webmanifest')).json()).shortcuts.map(({url}) => url)"
    )
    assert shortcuts == ["/app/#/next", "/app/#/outbox"]
    inspector.open("#/next")
    expect(inspector.at("screen-outlet")).to_be_visible()
    inspector.open("#/today")
    inspector.begin(people.short.id)
    short.filled(inspector)
    visit = inspector.visit()
    inspector.open("#/today")
    inspector.open("#/next")
    expect(inspector.at("screen-visit")).to_be_visible()
    assert re.search(visit, inspector.page.url)
    inspector.open("#/outbox")
    expect(inspector.at("screen-outbox")).to_be_visible()
