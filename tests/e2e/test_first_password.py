"""A first password: whoever has one is led to change it, and what was filled in does not wait for that."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from server.domain.access import Role
from server.usecases.work import Office
from tests import make
from tests.e2e.organisation import Organisation
from tests.e2e.phone import Phone
from tests.e2e.records import held
from tests.e2e.server import wait_for

Screens = Callable[[Page, str], None]
NEW = "a password of my own"


def change(phone: Phone, old: str, new: str, again: str = "") -> None:
    for field, text in (("old", old), ("new", new), ("again", again or new)):
        phone.type(f"password-{field}", text)
    phone.tap("password-change")


def log_in(phone: Phone, username: str, password: str) -> None:
    phone.open()
    phone.type("username", username)
    phone.type("password", password)
    phone.tap("log-in")


def test_a_shopper_with_a_first_password_is_led_to_change_it(
    phone: Callable[..., Phone], people: Organisation, office: Office, screens: Screens
) -> None:
    user = make.user(office, role=Role.SHOPPER, must_change=True)
    task = make.assignment(
        office,
        user,
        people.other_hall,
        checklist_id="small-hall",
        window_from=people.short.window_from,
        window_to=people.short.window_to,
        due_at=people.short.due_at,
    )
    shopper = phone(shared=True)
    log_in(shopper, user.username, make.PASSWORD)
    expect(shopper.at("screen-password")).to_be_visible()
    screens(shopper.page, "first-password")
    shopper.installed()

    # Without a network nobody is led anywhere: the visit is begun and filled in.
    shopper.offline()
    expect(shopper.at("screen-today")).to_be_visible()
    visit = shopper.begin(task.id)
    shopper.choose("A-01", "pass")
    shopper.section("B")
    shopper.offline(False)
    expect(shopper.at("screen-visit")).to_be_visible()

    # On the way back it is asked for, while what was filled in is sent behind it.
    shopper.open("#/today")
    expect(shopper.at("screen-password")).to_be_visible()
    wait_for(lambda: held(office, visit), lambda: "the draft was not sent")
    shopper.tap("password-later")
    expect(shopper.at(f"draft-{visit}")).to_be_visible()

    shopper.page.reload()
    change(shopper, "not the one", NEW)
    expect(shopper.page.get_by_role("alert")).to_have_text("现在的密码不对。")
    change(shopper, make.PASSWORD, NEW, "something else")
    expect(shopper.page.get_by_role("alert")).to_have_text("两次输入的新密码不一样。")
    change(shopper, make.PASSWORD, "short")
    expect(shopper.page.get_by_role("alert")).to_contain_text("至少要 8 个字符")
    screens(shopper.page, "too-short")
    change(shopper, make.PASSWORD, NEW)
    expect(shopper.at("screen-today")).to_be_visible()
    shopper.page.reload()
    expect(shopper.at("screen-today")).to_be_visible()

    other = phone(shared=True)
    log_in(other, user.username, NEW)
    expect(other.at("screen-today")).to_be_visible()


def test_anybody_may_change_the_password_from_the_page_about_oneself(
    phone: Callable[..., Phone], people: Organisation, screens: Screens
) -> None:
    user = people.user("shopper2")
    shopper = phone(shared=True)
    shopper.speak("en")
    shopper.log_in(user)
    shopper.open("#/me")
    screens(shopper.page, "me")
    shopper.tap("password")
    expect(shopper.at("screen-password")).to_be_visible()
    screens(shopper.page, "password-en")
    change(shopper, make.PASSWORD, NEW)
    expect(shopper.at("screen-me")).to_be_visible()
