"""Pictures that another app shares: kept before anything is shown, without a network too, until each is in its visit."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests import photographs
from tests.e2e import short
from tests.e2e.organisation import Organisation
from tests.e2e.phone import Phone

Screens = Callable[[Page, str], None]
WAITING = """async () => {
    const asked = (request) => new Promise((done, no) => { request.onsuccess = () => done(request.result); request.onerror = () => no(request.error); });
    const db = await asked(indexedDB.open("xunting"));
    const rows = await asked(db.transaction("bytes").objectStore("bytes").getAll());
    db.close();
    return rows.filter((row) => row.shared).length;
}"""


def test_shared_pictures_come_into_the_item_that_is_chosen_without_a_network(
    phone: Callable[..., Phone], people: Organisation, screens: Screens
) -> None:
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.mystery.id)
    visit = inspector.begin(people.mystery.id)
    inspector.choose("OH-02", "busy")
    inspector.offline()
    inspector.share(photographs.file(1), photographs.file(2))
    expect(inspector.at("screen-shared").locator(".shot img")).to_have_count(2)
    expect(inspector.at("shared-item")).to_be_visible()
    screens(inspector.page, "shared")
    inspector.at("shared-item").select_option("OH-01")
    inspector.page.locator(".shared-shots .shot").first.tap()
    inspector.tap("shared-put")
    expect(inspector.page.locator(".shared-shots .shot")).to_have_count(1)
    inspector.page.locator(".shared-shots .shot").tap()
    inspector.tap("shared-put")
    expect(inspector.at("screen-visit")).to_be_visible()
    expect(inspector.card("OH-01").locator(".shot")).to_have_count(2)
    files = inspector.stored(visit)["document"]["files"]
    assert [(one["item"], one["origin"]) for one in files] == [("OH-01", "album")] * 2
    assert inspector.page.evaluate(WAITING) == 0


def test_a_kill_between_sharing_and_placing_loses_nothing(
    phone: Callable[..., Phone], people: Organisation
) -> None:
    inspector = phone()
    inspector.ready(people.user("shopper1"), people.short.id)
    inspector.share(photographs.file(1))
    inspector.kill()
    inspector.restart(offline=True)
    expect(inspector.at("shared-hint")).to_be_visible()
    inspector.tap("shared-hint")
    expect(inspector.page.locator(".shared-shots .shot img")).to_have_count(1)
    # No visit is open: the picture waits for one.
    expect(inspector.at("shared-put")).to_be_hidden()
    inspector.open("#/today")
    inspector.begin(people.short.id)
    short.filled(inspector)
    inspector.open("#/shared")
    expect(inspector.at("shared-item")).to_be_visible()
    assert inspector.page.evaluate(WAITING) == 1


def test_what_does_not_fit_is_said(phone: Callable[..., Phone], people: Organisation) -> None:
    inspector = phone()
    inspector.ready(people.user("shopper1"), people.short.id)
    inspector.kill()
    inspector.restart(room=1_500_000)
    inspector.share(photographs.file(2))
    expect(inspector.page.locator(".notice.bad")).to_contain_text("1 张没有存上")


def test_the_same_picture_twice_is_one_and_what_is_not_needed_goes(
    phone: Callable[..., Phone], people: Organisation
) -> None:
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    inspector.share(photographs.file(1))
    inspector.share(photographs.file(1))
    expect(inspector.page.locator(".shared-shots .shot")).to_have_count(1)
    inspector.tap("shared-drop")
    inspector.tap("shared-drop")
    expect(inspector.page.locator(".empty")).to_be_visible()
    assert inspector.page.evaluate(WAITING) == 0


def test_pictures_shared_by_one_user_are_not_shown_to_the_next(
    phone: Callable[..., Phone], people: Organisation
) -> None:
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    inspector.share(photographs.file(1))
    inspector.open("#/me")
    inspector.tap("log-out")
    inspector.tap("log-out-now")
    expect(inspector.at("username")).to_be_visible()
    inspector.log_in(people.user("manager1"))
    inspector.open("#/shared")
    expect(inspector.page.locator(".empty")).to_be_visible()
    assert inspector.page.evaluate(WAITING) == 1
