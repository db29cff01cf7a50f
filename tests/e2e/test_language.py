"""Parts that few phones need, English first: fetched by whoever needs them, kept for the time without a network and by each new version."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.organisation import Organisation
from tests.e2e.phone import Phone
from tests.e2e.server import wait_for
from tests.gunicorn import Server

KEPT = """async (name) => (await (await caches.open(name)).keys()).map(({ url }) => /\\/(english|pen|voice|week)-/.exec(url)?.[1])
    .filter(Boolean).sort()"""


def newer(phone: Phone, server: Server) -> None:
    """The server has another version, which the phone has fetched and which waits."""
    worker = server.settings.data.parent / "root" / "pwa" / "build" / "sw_classic.js"
    for packed in worker.parent.glob("sw_classic.js.*"):
        packed.unlink()
    text = worker.read_text(encoding="utf-8")
    worker.write_text(text.replace(f"shell-{own(phone)}", "shell-newer"), encoding="utf-8")
    phone.holds(
        "navigator.serviceWorker.getRegistration().then(async (one) => { await one.update(); return one.waiting !== null; })"
    )


def kept(phone: Phone, parts: list[str], version: str = "newer") -> None:
    """Wait until this version keeps these rare parts."""
    wait_for(
        lambda: phone.page.evaluate(KEPT, f"shell-{version}") == parts,
        lambda: f"{phone.page.evaluate(KEPT, f'shell-{version}')}",
    )


def own(phone: Phone) -> str:
    version: str = phone.page.evaluate("document.querySelector('meta[name=app-version]').content")
    return version


def chosen(phone: Phone, language: str) -> None:
    phone.page.evaluate("location.hash = '#/me'")
    phone.page.get_by_role("radio", name=language).tap()


def read(phone: Phone, language: str) -> None:
    expect(phone.page.locator("html")).to_have_attribute("lang", {"English": "en", "中文": "zh-CN"}[language])
    expect(
        phone.page.get_by_role("heading", name={"English": "Me", "中文": "我的"}[language], exact=True)
    ).to_be_visible()
    expect(phone.page).to_have_title({"English": "Me · Xunting", "中文": "我的 · 巡厅"}[language])


@pytest.mark.usefixtures("alone")
def test_whoever_chooses_english_has_it_without_a_network_and_in_the_next_version(
    phone: Callable[..., Phone], people: Organisation, server: Server
) -> None:
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    assert "english" not in inspector.page.evaluate("[...document.scripts].map(({ src }) => src).join()")
    chosen(inspector, "English")
    read(inspector, "English")
    inspector.offline()
    inspector.page.reload()
    read(inspector, "English")

    inspector.offline(False)
    newer(inspector, server)
    assert inspector.page.evaluate(KEPT, "shell-newer") == ["english"]


@pytest.mark.usefixtures("alone")
def test_english_that_is_chosen_while_a_newer_version_waits_is_taken_along(
    phone: Callable[..., Phone], people: Organisation, server: Server
) -> None:
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    newer(inspector, server)
    chosen(inspector, "English")
    read(inspector, "English")
    assert inspector.page.evaluate(KEPT, "shell-newer") == []
    inspector.page.evaluate(
        "navigator.serviceWorker.getRegistration().then((one) => one.waiting.postMessage('take-over'))"
    )
    kept(inspector, ["english"])


def test_whoever_signs_has_the_pad_without_a_network_and_a_shopper_keeps_none(
    phone: Callable[..., Phone], people: Organisation
) -> None:
    for name, task, parts in (("shopper1", people.short, []), ("hall1", people.patrol, ["pen"])):
        one = phone()
        one.ready(people.user(name), task.id)
        kept(one, parts, own(one))


@pytest.mark.usefixtures("alone")
def test_a_phone_whose_kept_files_were_deleted_has_them_again_after_a_start_with_a_network(
    phone: Callable[..., Phone], people: Organisation
) -> None:
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    inspector.page.evaluate(
        "async () => { for (const name of await caches.keys()) await caches.delete(name); }"
    )
    inspector.page.reload()
    inspector.holds("caches.match('/app/manifest.webmanifest').then((found) => found !== undefined)")
    inspector.offline()
    inspector.page.reload()
    expect(inspector.at("screen-today")).to_be_visible()
    chosen(inspector, "中文")
    read(inspector, "中文")


@pytest.mark.usefixtures("alone")
def test_a_version_that_follows_one_without_such_parts_keeps_all_of_them(
    phone: Callable[..., Phone], people: Organisation, server: Server
) -> None:
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    inspector.page.evaluate(
        """async () => {
          for (const name of await caches.keys()) await caches.delete(name);
          await (await caches.open("shell-older")).put("/app/build/part-0LDER123.js", new Response(""));
        }"""
    )
    newer(inspector, server)
    assert inspector.page.evaluate(KEPT, "shell-newer") == ["english", "pen", "voice", "week"]


def test_nobody_waits_for_english_on_a_silent_network_and_it_comes_when_it_comes(
    phone: Callable[..., Phone], people: Organisation
) -> None:
    inspector = phone(shared=True)
    inspector.speak("en")
    held: list[Route] = []
    inspector.context.route("**/app/build/english-*", lambda route: held.append(route))
    inspector.open()
    expect(inspector.page.get_by_role("heading", name="登录", exact=True)).to_be_visible()
    assert held
    for one in held:
        one.continue_()
    expect(inspector.page.get_by_role("heading", name="Log in", exact=True)).to_be_visible()


def test_english_that_was_asked_for_without_a_network_and_fails_late_is_asked_for_again(
    phone: Callable[..., Phone], people: Organisation
) -> None:
    inspector = phone(shared=True)
    inspector.speak("en")
    held: list[Route] = []
    back: list[bool] = []
    inspector.context.route(
        "**/app/build/english-*", lambda route: route.continue_() if back else held.append(route)
    )
    inspector.open()
    expect(inspector.page.get_by_role("heading", name="登录", exact=True)).to_be_visible()
    inspector.page.evaluate("dispatchEvent(new Event('online'))")
    assert held
    back.append(True)
    for late in held:
        late.abort()
    expect(inspector.page.get_by_role("heading", name="Log in", exact=True)).to_be_visible()


def test_english_that_is_not_on_the_phone_is_missed_in_both_languages_and_nothing_else_changes(
    phone: Callable[..., Phone], people: Organisation
) -> None:
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    inspector.offline()
    chosen(inspector, "English")
    expect(inspector.page.get_by_text("English cannot be fetched now")).to_be_visible()
    read(inspector, "中文")
    inspector.page.evaluate("localStorage.setItem('language', 'en')")
    inspector.page.reload()
    read(inspector, "中文")
    inspector.offline(False)
    read(inspector, "English")


def test_english_comes_with_the_first_answer_of_the_server_where_the_browser_spoke_of_a_network_too_early(
    phone: Callable[..., Phone], people: Organisation
) -> None:
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    inspector.page.evaluate("localStorage.setItem('language', 'en')")
    inspector.offline()
    inspector.page.reload()
    expect(inspector.at("net-strip")).to_contain_text("没有网络")
    nothing = re.compile(r"/app/build/english-|/api/")
    early: list[str] = []

    def fails(route: Route) -> None:
        early.append(route.request.url)
        route.abort()

    inspector.context.route(nothing, fails)
    inspector.offline(False)
    # The driver hands over what was routed only while it is asked something.
    wait_for(
        lambda: inspector.page.evaluate("true") and {"english" in url for url in early} == {True, False},
        lambda: f"{early}",
    )
    inspector.context.unroute(nothing)
    inspector.send()
    expect(inspector.page.locator("html")).to_have_attribute("lang", "en")
