"""Two tabs, two phones, two people on one phone, an expired sign-in: nothing is lost and nobody sees another's work."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from server.usecases.work import Office
from tests import make, photographs
from tests.e2e import short
from tests.e2e.organisation import Organisation
from tests.e2e.phone import Phone
from tests.e2e.records import held, whole

Screens = Callable[[Page, str], None]


def test_a_second_tab_waits_until_it_takes_the_visit_over(
    phone: Callable[..., Phone], people: Organisation
) -> None:
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    visit = inspector.begin(people.short.id)
    inspector.choose("A-01", "pass")
    first, second = inspector.page, inspector.another_tab()
    inspector.open(f"#/visit/{visit}/A")
    inspector.chosen("A-01", "pass")
    elsewhere = second.locator(".notice.bad")
    expect(elsewhere).to_contain_text("另一个窗口")
    expect(inspector.card("A-01").locator('[data-value="na"]')).to_be_disabled()
    elsewhere.get_by_role("button").tap()
    expect(elsewhere).to_be_hidden()
    inspector.choose("A-01", "na")

    inspector.look_at(first)
    expect(first.locator(".notice.bad")).to_contain_text("另一个窗口")
    expect(inspector.card("A-01").locator('[data-value="pass"]')).to_be_disabled()
    first.locator(".notice.bad").get_by_role("button").tap()
    inspector.chosen("A-01", "na")
    inspector.choose("A-01", "pass")
    assert inspector.stored(visit)["document"]["answers"]["A-01"]["value"] == "pass"


def test_two_phones_on_one_visit_keep_both_and_ask(
    phone: Callable[..., Phone], people: Organisation, office: Office, screens: Screens
) -> None:
    here = phone(shared=True)
    here.ready(people.user("shopper1"), people.short.id)
    visit = here.begin(people.short.id)
    here.choose("A-01", "pass")
    here.photograph("A-01", photographs.file(1))
    here.section("B")
    here.choose("B-01", "pass")
    here.send()
    assert held(office, visit)

    there = phone(shared=True)
    there.log_in(people.user("shopper1"))
    there.tap(f"draft-{visit}")
    there.chosen("A-01", "pass")
    # The photo of the other phone is shown from the server, small and large.
    there.holds("document.querySelector('#item-A-01 .shot img')?.naturalWidth > 100")
    there.card("A-01").locator(".shot").tap()
    there.holds("document.querySelector('dialog img.large')?.naturalWidth > 1000")
    screens(there.page, "photo-of-the-other-phone")
    there.page.keyboard.press("Escape")
    there.section("B")
    there.choose("B-01", "fail")
    there.note("B-01", "收银员说：去找别人。")
    there.send()

    here.open(f"#/visit/{visit}/B")
    here.choose("B-03", "no")
    here.send()
    here.open("#/outbox")
    expect(here.at(f"outbox-{visit}")).to_have_attribute("data-state", "conflict")
    expect(here.page.locator(".tabs .count")).to_have_text("1")
    screens(here.page, "outbox-conflict")
    here.open(f"#/visit/{visit}/B")
    here.tap("conflict-open")
    dialog = here.at("conflict")
    expect(dialog.locator(".differ li")).to_have_count(2)
    screens(here.page, "choice")
    here.tap("conflict-mine")
    expect(dialog).to_be_hidden()
    here.chosen("B-01", "pass")
    kept = here.stored(visit)["kept"]
    assert [one["answers"]["B-01"]["value"] for one in kept] == ["fail"]
    here.send()
    found = held(office, visit)
    assert found
    assert found.document["answers"]["B-01"]["value"] == "pass"

    # The other phone learns of it in the same way, and may choose for each item.
    there.open(f"#/visit/{visit}/B")
    there.choose("B-02", "pass")
    there.send()
    there.open(f"#/visit/{visit}/B")
    there.tap("conflict-open")
    dialog = there.at("conflict")
    expect(dialog.locator(".differ li")).to_have_count(3)
    expect(there.at("conflict-some")).to_be_hidden()
    for item, side in {"B-01": "theirs", "B-02": "mine", "B-03": "theirs"}.items():
        there.at(f"differ-{item}").locator(f'[role=radio][data-value="{side}"]').tap()
    screens(there.page, "choice-by-item")
    there.tap("conflict-some")
    expect(dialog).to_be_hidden()
    there.chosen("B-01", "pass")
    there.chosen("B-02", "pass")
    there.chosen("B-03", "no")
    kept = [one["answers"]["B-01"] for one in there.stored(visit)["kept"]]
    assert [one["value"] for one in kept] == ["pass", "fail"]
    assert kept[1]["note"] == "收银员说：去找别人。"
    there.send()
    found = held(office, visit)
    assert found
    assert {item: found.document["answers"][item]["value"] for item in ("B-01", "B-02", "B-03")} == {
        "B-01": "pass",
        "B-02": "pass",
        "B-03": "no",
    }


def test_another_user_of_the_same_phone_sees_nothing_of_the_first(
    phone: Callable[..., Phone], people: Organisation
) -> None:
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    visit = inspector.begin(people.short.id)
    inspector.choose("A-01", "na")

    def log_out() -> None:
        inspector.open("#/me")
        inspector.tap("log-out")
        inspector.tap("log-out-now")
        expect(inspector.at("screen-login")).to_be_visible()

    inspector.open("#/me")
    inspector.tap("log-out")
    expect(inspector.page.get_by_role("dialog")).to_contain_text("还有 1 份检查")
    # A word that is none of the two is refused in words, at its field, as none at all is.
    typed = inspector.page.get_by_role("dialog").get_by_role("textbox")
    for word in ("", "退去"):
        typed.fill(word)
        inspector.tap("log-out-now")
        expect(typed).to_have_accessible_description("请输入“退出”或“清除”。")
        expect(typed).to_have_attribute("aria-invalid", "true")
    typed.fill("退出")
    expect(typed).to_have_accessible_description("")
    inspector.page.keyboard.press("Escape")
    inspector.send()
    log_out()
    inspector.open(f"#/visit/{visit}")
    expect(inspector.at("screen-login")).to_be_visible()

    inspector.log_in(people.user("shopper2"))
    assert people.other_hall.name not in inspector.page.inner_text("body")
    inspector.open(f"#/visit/{visit}")
    expect(inspector.at("screen-opening")).to_contain_text("本机没有这份检查")
    inspector.open("#/outbox")
    expect(inspector.page.locator("article.entry")).to_have_count(0)
    log_out()
    inspector.log_in(people.user("shopper1"))
    short.resume(inspector, visit)
    inspector.chosen("A-01", "na")

    # What is not sent goes from the phone by a typed word alone; the server keeps what it has.
    inspector.offline()
    inspector.choose("A-01", "pass")
    inspector.open("#/me")
    inspector.tap("log-out")
    inspector.page.get_by_role("dialog").get_by_role("textbox").fill("清除")
    expect(inspector.at("log-out-now")).to_have_text("退出并清除")
    inspector.tap("log-out-now")
    expect(inspector.at("screen-login")).to_be_visible()
    is_kept = "async (user) => (await indexedDB.databases()).some(({name}) => name === `xunting-${user}`)"
    inspector.holds(f"async (user) => !(await ({is_kept})(user))", str(people.user("shopper1").id))
    inspector.holds(is_kept, str(people.user("shopper2").id))

    # So it does for who has sent all.
    inspector.offline(False)
    inspector.log_in(people.user("shopper2"))
    inspector.open("#/me")
    inspector.tap("log-out")
    expect(inspector.at("log-out-now")).to_have_text("退出登录")
    inspector.page.get_by_role("dialog").get_by_role("textbox").fill("清除")
    inspector.tap("log-out-now")
    expect(inspector.at("screen-login")).to_be_visible()
    inspector.holds(f"async (user) => !(await ({is_kept})(user))", str(people.user("shopper2").id))


def test_an_expired_sign_in_asks_for_the_password_over_the_visit_and_loses_nothing(
    phone: Callable[..., Phone], people: Organisation, office: Office, screens: Screens
) -> None:
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    visit = inspector.begin(people.short.id)
    short.filled(inspector)
    inspector.context.clear_cookies()
    inspector.offline()
    inspector.offline(False)
    dialog = inspector.at("login-again")
    expect(dialog).to_be_visible()
    screens(inspector.page, "password-again")
    dialog.get_by_test_id("password").fill("not this one")
    dialog.get_by_test_id("log-in").tap()
    expect(dialog.get_by_role("alert")).to_contain_text("密码不对")
    dialog.get_by_test_id("password").fill(make.PASSWORD)
    dialog.get_by_test_id("log-in").tap()
    expect(dialog).to_be_hidden()
    expect(inspector.at("section-B")).to_have_attribute("aria-current", "step")
    short.complete(inspector, visit)
    inspector.choose("B-03", "no")
    inspector.finish()
    inspector.submit()
    inspector.whole()
    whole(office, visit)
