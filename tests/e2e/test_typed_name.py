"""Who cannot draw signs by typing the name: it is kept as text and as a picture that says so."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from server.usecases.work import Office
from tests.e2e.filling import checklist, fill
from tests.e2e.organisation import Organisation
from tests.e2e.phone import Phone
from tests.e2e.records import whole
from tests.e2e.test_without_pointer import compose

NAME = "欧阳王有福"


def test_both_sign_by_typed_names(
    phone: Callable[..., Phone],
    people: Organisation,
    office: Office,
    screens: Callable[[Page, str], None],
) -> None:
    manager = phone(shared=True)
    manager.ready(people.user("manager1"), people.area.id)
    visit = manager.begin(people.area.id)
    fill(manager, checklist("area-check"))
    manager.offline()
    manager.finish()
    manager.sign_typed("inspector", people.user("manager1").name)
    manager.tap("sign-outlet")
    manager.tap("sign-way")
    manager.tap("sign-keep")
    expect(manager.at("signing-outlet").locator(".wrong")).to_have_text("请填姓名。")

    def nothing_half() -> None:
        expect(manager.at("signing-outlet")).to_be_visible()
        assert len(manager.stored(visit)["document"]["signatures"]) == 1

    manager.at("sign-name").focus()
    compose(manager, "ou'yang", NAME, nothing_half)
    expect(manager.page.locator(".typed canvas")).to_have_attribute("aria-label", f"{NAME} · 输入的姓名")
    screens(manager.page, "signing")
    manager.tap("sign-keep")
    # Chromium makes a canvas a picture when it has nothing else to do, or after ten seconds.
    expect(manager.at("screen-finish")).to_contain_text(f"{NAME} 已签名", timeout=20_000)
    manager.offline(False)
    manager.submit()
    manager.whole()

    found = whole(office, visit)
    signatures = found.document["signatures"]
    assert [one["name"] for one in signatures] == [people.user("manager1").name, NAME]
    pictures = {file.sha256: file for file in found.files if file.kind == "signature"}
    assert {one["file"] for one in signatures} == set(pictures)
    assert len(pictures) == 2
    assert all((file.width, file.height) in ((800, 260), (None, None)) for file in pictures.values())
