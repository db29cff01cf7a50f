"""Full disk, no position, wrong clock, a new version in the middle: each has its sentence and a way on."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from server.usecases.work import Office
from tests import photographs
from tests.e2e import short
from tests.e2e.organisation import Organisation
from tests.e2e.phone import Phone
from tests.e2e.records import held, whole
from tests.e2e.server import wait_for
from tests.gunicorn import Server

Screens = Callable[[Page, str], None]


def test_a_full_disk_says_so_and_loses_nothing(
    phone: Callable[..., Phone], people: Organisation, office: Office, screens: Screens
) -> None:
    inspector = phone()
    inspector.ready(people.user("shopper1"), people.short.id)
    visit = inspector.begin(people.short.id)
    inspector.choose("A-01", "pass")
    inspector.kill()
    inspector.restart(room=1)
    short.resume(inspector, visit)
    inspector.card("A-01").locator('[data-value="na"]').tap()
    expect(inspector.card("A-01").locator(".wrong")).to_contain_text("空间不够")
    expect(inspector.at("saved")).to_contain_text("没有存上")
    inspector.chosen("A-01", "pass")
    inspector.unfold("A-01", inspector.card("A-01").locator(".add").first)
    with inspector.page.expect_file_chooser() as chooser:
        inspector.card("A-01").locator(".add").first.tap()
    chooser.value.set_files(photographs.file(short.PHOTOGRAPH))
    expect(inspector.page.locator(".message")).to_contain_text("空间不够")
    screens(inspector.page, "full")
    expect(inspector.card("A-01").locator(".shot")).to_have_count(0)
    assert inspector.stored(visit)["document"]["answers"]["A-01"]["value"] == "pass"
    assert inspector.stored(visit)["document"]["files"] == []

    inspector.room(None)
    short.filled(inspector)
    short.complete(inspector, visit)
    expect(inspector.at("saved")).to_contain_text("已存")
    inspector.finish()
    inspector.submit()
    inspector.whole()
    whole(office, visit)


def test_a_visit_without_an_entry_that_is_loaded_anew_leads_back_to_where_it_was_begun(
    phone: Callable[..., Phone], people: Organisation, screens: Screens
) -> None:
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    inspector.begin(people.short.id)
    inspector.page.reload()
    expect(inspector.page.get_by_role("alert")).to_contain_text("一项都没填过的不会留下")
    screens(inspector.page, "not-kept")
    inspector.page.get_by_role("main").get_by_role("button", name="返回").tap()
    expect(inspector.at("screen-outlet")).to_be_visible()
    inspector.page.locator("[data-testid^=start-]").first.tap()
    expect(inspector.at("screen-visit")).to_be_visible()


def test_a_denied_position_is_written_down_and_holds_nothing_up(
    phone: Callable[..., Phone], people: Organisation, office: Office
) -> None:
    inspector = phone(shared=True, permissions=[])
    inspector.ready(people.user("shopper1"), people.short.id)
    visit = inspector.begin(people.short.id)
    short.filled(inspector)
    inspector.finish()
    inspector.submit()
    inspector.whole()
    position = whole(office, visit).document["position"]
    assert position["start"] == {"missing": "denied"}
    assert position["end"] == {"missing": "denied"}


def test_a_clock_that_is_wrong_by_a_day_is_said_and_flagged(
    phone: Callable[..., Phone], people: Organisation, office: Office, worker: Server, screens: Screens
) -> None:
    inspector = phone(shared=True)
    inspector.page.clock.install(time=datetime.now(UTC) - timedelta(days=1))
    inspector.ready(people.user("shopper1"), people.short.id)
    expect(inspector.page.locator(".net.warn")).to_contain_text("分钟")
    screens(inspector.page, "clock-off")
    visit = inspector.begin(people.short.id)
    short.filled(inspector)
    inspector.finish()
    inspector.submit()
    inspector.whole()
    found = whole(office, visit)
    assert abs(found.document["clock_offset_ms"] - 86_400_000) < 60_000
    assert abs(found.visit.started_at - datetime.now(UTC)) < timedelta(hours=1)

    def flags() -> list[str]:
        now = held(office, visit)
        return [flag["code"] for flag in json.loads(now.visit.flags)] if now else []

    wait_for(lambda: "clock_off" in flags(), lambda: f"flags: {flags()}")


@pytest.mark.usefixtures("alone")
def test_a_new_version_waits_until_the_visit_is_closed(
    phone: Callable[..., Phone], people: Organisation, server: Server, screens: Screens
) -> None:
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    visit = inspector.begin(people.short.id)
    inspector.choose("A-01", "pass")
    version = inspector.stored(visit)["document"]["app"]
    build = server.settings.data.parent / "root" / "pwa" / "build"
    worker = build / "sw_classic.js"
    for packed in build.glob("sw_classic.js.*"):
        packed.unlink()
    worker.write_text(
        worker.read_text(encoding="utf-8").replace(f"shell-{version}", "shell-newer"), encoding="utf-8"
    )

    waiting = "navigator.serviceWorker.getRegistration().then(async (one) => { await one.update(); return one.waiting !== null; })"
    inspector.holds(waiting)
    expect(inspector.at("update")).to_be_hidden()
    inspector.choose("A-01", "na")
    assert "shell-newer" in inspector.page.evaluate("caches.keys()")

    inspector.page.evaluate("location.hash = '#/today'")
    expect(inspector.at("update")).to_be_visible()
    screens(inspector.page, "new-version")
    with inspector.page.expect_navigation():
        inspector.tap("update")
    inspector.holds(
        "navigator.serviceWorker.getRegistration().then((one) => one.waiting === null && one.active.state === 'activated')"
    )
    expect(inspector.at("update")).to_be_hidden()
    short.resume(inspector, visit)
    inspector.chosen("A-01", "na")


def test_a_phone_on_which_an_app_from_before_registered_a_module_goes_on_with_it(
    phone: Callable[..., Phone], people: Organisation
) -> None:
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    inspector.page.evaluate(
        """(async () => {
          await (await navigator.serviceWorker.getRegistration("/app/")).unregister();
          const made = await navigator.serviceWorker.register("/app/sw.js", { scope: "/app/", type: "module" });
          const worker = made.installing ?? made.waiting ?? made.active;
          // The page is still under the one before, which it would wait for.
          const on = () => { if (worker.state === "installed") worker.postMessage("take-over"); return worker.state === "activated"; };
          await new Promise((done) => { if (on()) done(); else worker.onstatechange = () => on() && done(); });
        })()"""
    )
    inspector.page.reload()
    inspector.holds(
        "navigator.serviceWorker.getRegistration('/app/').then(async (one) => { await one.update(); "
        "return one.active.scriptURL.endsWith('/app/sw.js') && !one.installing && !one.waiting; })"
    )
    expect(inspector.at("update")).to_be_hidden()
    inspector.offline()
    inspector.page.reload()
    expect(inspector.at(f"due-{people.short.id}")).to_be_visible()


def test_a_phone_that_was_started_without_a_network_says_so_only_until_there_is_one(
    phone: Callable[..., Phone], people: Organisation
) -> None:
    """Nothing waits to be sent, so that nothing else asks the server."""
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    inspector.offline()
    inspector.page.reload()
    strip = inspector.page.locator(".net")
    expect(strip).to_contain_text("没有网络")
    inspector.offline(False)
    expect(strip).not_to_contain_text("没有网络")
