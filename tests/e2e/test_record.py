"""After the end of a visit: its record shows all that was sent, photos are told of one by one, and what lost a choice can still be read and exported."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from server.domain.access import Role
from server.usecases.work import Office
from tests import make, photographs
from tests.e2e import short
from tests.e2e.desk import Desk
from tests.e2e.filling import Filling, checklist, fill
from tests.e2e.organisation import Organisation
from tests.e2e.phone import Phone
from tests.e2e.records import whole
from tests.e2e.test_reach import PLAIN, in_all_sizes

Screens = Callable[[Page, str], None]
WEAK = {"AM-02": "照明与清洁", "AM-07": "价目公示", "ZZ-99": "别的检查表里的"}


def weak(phone: Phone) -> None:
    """From now on the server says that the outlets are weak in these items, as it does after a published visit."""

    def told(call: Route) -> None:
        answer = call.fetch()
        page = answer.json()
        for change in page.get("changes", ()):
            if change["type"] == "outlet":
                change["data"]["weak"] = [
                    {"item": item, "text": {"zh": text, "en": text}} for item, text in WEAK.items()
                ]
        call.fulfill(response=answer, json=page)

    phone.context.route("**/api/v1/sync*", told)


def test_the_record_shows_all_that_was_sent_and_the_outbox_each_photo(
    phone: Callable[..., Phone], people: Organisation, office: Office, screens: Screens
) -> None:
    manager = phone(shared=True)
    weak(manager)
    manager.ready(people.user("manager1"), people.area.id)
    visit = manager.begin(people.area.id)
    manager.offline()
    photos = {"AM-02": [photographs.file(7)], "AM-07": [photographs.file(8)]}
    fill(manager, checklist("area-check"), Filling({"AM-07": "fail"}, photos))
    manager.card("AM-07").locator(".shot").tap()
    caption = manager.at("photo").get_by_role("textbox")
    caption.fill("价目牌缺了一块")
    caption.blur()
    manager.at("photo").get_by_role("button", name="完成").tap()

    manager.finish()
    touched = manager.at("weak")
    expect(touched.locator("li")).to_have_count(2)
    expect(touched.locator("li").nth(0)).to_contain_text("合格")
    expect(touched.locator("li").nth(1)).to_contain_text("不合格")
    screens(manager.page, "weak")
    manager.type("notes-strengths", "主动迎上来")
    manager.at("notes-strengths").blur()
    manager.type("notes-how", "每天开门前自查价目")
    manager.at("notes-how").blur()
    manager.tap("action-add")
    manager.type("action-what", "补齐价目牌")
    manager.type("action-who", "王有福")
    manager.tap("action-save")
    expect(manager.page.get_by_text("补齐价目牌")).to_be_visible()
    manager.sign_typed("inspector", "片区李")
    manager.tap("sign-outlet")
    manager.at("signing-outlet").get_by_role("button", name="拒绝").tap()
    manager.type("sign-name", "王有福")
    manager.type("sign-title", "店长")
    manager.type("sign-why", "说要先问老板")
    manager.tap("sign-keep")
    expect(manager.at("signing-outlet")).to_be_hidden()
    manager.submit()

    read = manager.at("screen-record")
    expect(manager.at("sent-notes")).to_contain_text("每天开门前自查价目")
    expect(manager.at("sent-actions")).to_contain_text("补齐价目牌")
    expect(manager.at("sent-actions")).to_contain_text("王有福")
    expect(manager.at("sent-outlet")).to_contain_text("店长")
    expect(manager.at("sent-outlet")).to_contain_text("说要先问老板")
    manager.holds("document.querySelector('[data-testid=sent-inspector] img')?.naturalWidth > 100")
    expect(read).to_contain_text("价目牌缺了一块")
    expect(manager.at("sent-photo")).to_have_count(2)
    manager.holds(
        "[...document.querySelectorAll('.pictures .shot img')].every((one) => one.naturalWidth > 50)"
    )
    screens(manager.page, "record")
    found = in_all_sizes(manager, "record", PLAIN)
    manager.at("sent-photo").last.tap()
    manager.holds("document.querySelector('dialog img.large')?.naturalWidth > 1000")
    expect(manager.at("sent-large")).to_contain_text("价目牌缺了一块")
    screens(manager.page, "record-photo")
    manager.page.keyboard.press("Escape")

    manager.open("#/outbox")
    manager.tap(f"files-{visit}")
    lines = manager.page.locator(".files li")
    expect(lines).to_have_count(3)
    for at in range(3):
        expect(lines.nth(at)).to_have_attribute("data-state", "waiting")
    screens(manager.page, "outbox-photos")
    found += in_all_sizes(manager, "outbox-photos", PLAIN)
    manager.offline(False)
    manager.tap("send-all")
    expect(manager.at(f"outbox-{visit}")).to_have_attribute("data-state", "sent")
    if not lines.count():
        manager.tap(f"files-{visit}")
    for at in range(3):
        expect(lines.nth(at)).to_have_attribute("data-state", "sent")
    whole(office, visit)
    assert found == []


def test_what_was_not_chosen_is_read_and_exported_after_the_visit_was_delivered(
    phone: Callable[..., Phone],
    desk: Callable[..., Desk],
    people: Organisation,
    office: Office,
    screens: Screens,
    tmp_path: Path,
) -> None:
    here = phone(shared=True)
    here.ready(people.user("shopper1"), people.short.id)
    visit = here.begin(people.short.id)
    short.filled(here)
    here.send()
    there = phone(shared=True)
    there.log_in(people.user("shopper1"))
    there.tap(f"draft-{visit}")
    there.section("A")
    there.photograph("A-01", photographs.file(5))
    there.section("B")
    there.choose("B-01", "fail")
    there.send()
    there.close()

    here.open(f"#/visit/{visit}/B")
    here.note("B-01", "收银员起身迎接。")
    here.section("A")
    here.photograph("A-01", photographs.file(6))
    here.send()
    here.open(f"#/visit/{visit}/B")
    here.tap("conflict-open")
    here.tap("conflict-theirs")
    expect(here.at("conflict")).to_be_hidden()
    # A draft that the server has: the outbox leads to what was not chosen.
    here.open("#/outbox")
    here.tap(f"kept-of-{visit}")
    expect(here.at("kept-version")).to_have_count(1)
    here.open(f"#/visit/{visit}/B")
    here.chosen("B-01", "fail")
    if not here.at("note-B-01").input_value():
        here.note("B-01")
    here.finish()
    here.submit()
    number = here.whole()

    # The photo of the other phone comes from the server.
    here.holds(
        "[...document.querySelectorAll('.answers .shot img')].filter((one) => one.naturalWidth > 50).length === 2"
    )
    screens(here.page, "record-with-kept")
    found = in_all_sizes(here, "record-with-kept", PLAIN)
    here.tap("kept-version")
    version = here.at("version")
    expect(version).to_contain_text("合格 · 收银员起身迎接。")
    expect(version).to_contain_text("现在的：不合格")
    expect(version).to_contain_text("现在的：合格 · 照片 2")
    shots = "[...document.querySelectorAll('[data-testid=version] .shot img')]"
    here.holds(f"{shots}.filter((one) => one.naturalWidth > 50).length === 2")
    screens(here.page, "version")
    version.get_by_test_id("sent-photo").last.tap()
    here.holds("document.querySelector('dialog img.large')?.naturalWidth > 1000")
    here.page.keyboard.press("Escape")
    here.page.keyboard.press("Escape")
    expect(version).to_be_hidden()
    here.tap("kept-export")
    screens(here.page, "to-export")
    here.tap("pack")
    expect(here.at("packed")).to_contain_text("照片等 1 个文件")
    screens(here.page, "exported")
    found += in_all_sizes(here, "exported", PLAIN)
    with here.page.expect_download() as handed:
        here.tap("keep-packed")
    file = tmp_path / handed.value.suggested_filename
    handed.value.save_as(file)
    assert "起身".encode() not in file.read_bytes()
    assert found == []
    here.open("#/outbox")
    expect(here.at("rescue-pack")).to_have_count(0)
    expect(here.at(f"kept-of-{visit}")).to_be_visible()

    head = desk(make.user(office, role=Role.HQ))
    head.page.goto("/rescue")
    head.page.set_input_files("#file", file)
    head.page.get_by_role("button", name="发送").click()
    expect(head.page.get_by_role("table")).to_contain_text(f"已完整送达 · 回执 {number}")
    link = head.page.get_by_role("link", name="下载内容（JSON）").get_attribute("href")
    assert link
    (kept,) = json.loads(b64decode(link.split(",")[1]))["kept"]
    assert kept["answers"]["B-01"]["note"] == "收银员起身迎接。"
    whole(office, visit)
