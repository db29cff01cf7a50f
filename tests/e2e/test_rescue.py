"""A phone that cannot send packs its visit, a colleague's phone sends it, and the first one settles by itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from server.domain.access import Role
from server.usecases.work import Office
from tests import make
from tests.e2e import short
from tests.e2e.desk import Desk
from tests.e2e.organisation import Organisation
from tests.e2e.phone import Phone
from tests.e2e.records import held, whole
from tests.e2e.test_reach import PLAIN, in_all_sizes

SHEET = """(() => {
    navigator.canShare = ({ files }) => files.every((file) => file.type === "text/plain" && file.name.endsWith(".txt"));
    navigator.share = async ({ files }) => { window.handed = files[0].type; };
})()"""
"""A share sheet that takes known kinds of files alone, as Chromium's on Android."""


def test_a_colleague_sends_what_a_phone_without_network_packed(
    phone: Callable[..., Phone],
    desk: Callable[..., Desk],
    people: Organisation,
    office: Office,
    screens: Callable[[Page, str], None],
    tmp_path: Path,
) -> None:
    away = phone(shared=True)
    away.context.add_init_script(SHEET)
    away.ready(people.user("shopper1"), people.short.id)
    visit = away.begin(people.short.id)
    away.offline()
    short.filled(away)
    away.finish()
    away.submit()
    away.open("#/outbox")
    expect(away.at("rescue-pack")).to_be_visible()
    screens(away.page, "outbox")
    away.tap("rescue-pack")
    expect(away.at(f"packs-{visit}")).not_to_contain_text("代号")
    screens(away.page, "to-pack")
    away.tap("pack")
    expect(away.at("packed")).to_contain_text("1 次检查、照片等 1 个文件")
    sign = away.at(f"packs-{visit}").inner_text().split("代号 ")[1].strip()
    screens(away.page, "packed")
    found = in_all_sizes(away, "packed", PLAIN)
    away.tap("share-packed")
    away.holds("window.handed === 'text/plain'")
    with away.page.expect_download() as handed:
        away.tap("keep-packed")
    assert handed.value.suggested_filename.startswith("beiwang-")
    file = tmp_path / handed.value.suggested_filename
    handed.value.save_as(file)
    assert people.other_hall.name.encode() not in file.read_bytes()

    colleague = phone(
        shared=True, locale="en-US", color_scheme="dark", viewport={"width": 320, "height": 640}
    )
    colleague.speak("en")
    colleague.log_in(people.user("manager1"))
    colleague.open("#/outbox")
    colleague.tap("rescue-carry")
    colleague.offline()
    expect(colleague.page.get_by_role("status").first).to_contain_text("no network")
    screens(colleague.page, "carry-offline-en")

    def choose(chosen: Path) -> None:
        with colleague.page.expect_file_chooser() as chooser:
            colleague.tap("choose-carried")
        chooser.value.set_files(chosen)

    choose(file)
    expect(colleague.at("rescue-wrong")).to_contain_text("send it again later")
    colleague.offline(False)
    spoilt = tmp_path / "spoilt.xtr"
    spoilt.write_bytes(file.read_bytes()[:-1000])
    choose(spoilt)
    expect(colleague.at("rescue-wrong")).to_contain_text("cut or was changed")
    assert held(office, visit) is None
    screens(colleague.page, "spoilt-en")
    choose(file)
    told = colleague.at(f"carried-{sign}")
    expect(told).to_have_attribute("data-outcome", "whole")
    expect(colleague.at("carried")).not_to_contain_text(people.other_hall.name)
    screens(colleague.page, "carried-en")
    found += in_all_sizes(colleague, "carried", (320, 640, 100))
    assert found == []

    there = whole(office, visit)
    assert there.visit.inspector_id == people.user("shopper1").id
    assert there.happened("visit.rescued") == 1

    away.offline(False)
    away.open("#/outbox")
    # By itself: a first try that met the line just before it was back is followed by the next after its pause.
    expect(away.at(f"outbox-{visit}")).to_have_attribute("data-state", "sent", timeout=60_000)
    away.open(f"#/read/{visit}")
    number = away.whole()
    expect(told).to_contain_text(number)
    assert away.stored(visit)["conflict"] is None
    whole(office, visit)
    away.open("#/outbox")
    expect(away.at("rescue-pack")).to_have_count(0)

    head = desk(make.user(office, role=Role.HQ))
    head.page.goto("/rescue")
    head.page.set_input_files("#file", file)
    head.page.get_by_role("button", name="发送").click()
    row = head.page.get_by_role("row").filter(has_text=sign)
    expect(row).to_contain_text(f"已完整送达 · 回执 {number}")
    expect(row).to_contain_text(people.other_hall.name)
    screens(head.page, "desk")
