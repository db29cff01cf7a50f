"""From the whole visit to the signed report: returned, corrected, accepted, printed, verified; and who never learns the name."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from server.queries.reports import report_id_of
from server.usecases.work import Office
from tests import photographs
from tests.e2e import short
from tests.e2e.crawl import crawl
from tests.e2e.desk import Desk
from tests.e2e.organisation import SECRET_NAME, Organisation
from tests.e2e.phone import Phone
from tests.e2e.records import held, whole
from tests.e2e.server import wait_for
from tests.gunicorn import Server

Screens = Callable[[Page, str], None]
REASON = "照片看不清门头，请补拍一张，并写明情况。"
pytestmark = pytest.mark.usefixtures("alone")


def submitted(phone: Callable[..., Phone], people: Organisation) -> tuple[Phone, str]:
    """A visit with one failed item, a note and a photograph, whole on the server; its record is on the phone's screen."""
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    visit = inspector.begin(people.short.id)
    short.filled(inspector)
    inspector.section("A")
    inspector.choose("A-01", "fail")
    inspector.note("A-01", "门头一半不亮。")
    inspector.finish()
    inspector.submit()
    inspector.whole()
    return inspector, visit


def accepted(first: Desk, second: Desk, visit: str) -> None:
    """Accept on the review page: with 70 points or fewer, two people have to."""
    first.page.goto(f"/visits/{visit}")
    first.page.locator("#accept").click()
    expect(first.page.locator(".said.good")).to_contain_text("另一个人")
    second.page.goto(f"/visits/{visit}")
    second.page.locator("#accept").click()
    expect(second.page.locator(".said.good")).to_contain_text("已通过")


def looked_at_again(reviewer: Desk, visit: str, screens: Screens) -> None:
    """What changed since the return is all that the page shows at first; the rest by keys, without a mouse."""
    page = reviewer.page
    page.goto(f"/visits/{visit}")
    # The page looks again by itself until the photographs have been compared.
    expect(page.locator("#accept")).to_be_visible(timeout=60_000)
    expect(page.locator("#i-A-01 .change")).to_contain_text("门头一半不亮，已补拍。")
    expect(page.locator("#i-A-01 .change")).to_contain_text("新增 1 张")
    expect(page.locator("#i-A-01")).to_contain_text(REASON)
    expect(page.locator(".item:visible")).to_have_count(1)
    screens(page, "changes")
    page.keyboard.press("d")
    assert page.locator(".item:visible").count() > 1
    # The item in focus is hidden and shown again: the keys go on from there, not from the top.
    for key in ("j", "j", "j"):
        page.keyboard.press(key)
    expect(page.locator(".item").nth(2)).to_be_focused()
    for key in ("D", "D", "j"):
        page.keyboard.press(key)
    expect(page.locator(".item").nth(3)).to_be_focused()
    page.keyboard.press("d")
    page.keyboard.press("k")
    expect(page.locator("#i-A-01")).to_be_focused()
    page.keyboard.press("c")
    panes = page.locator("#light-box .pane:visible img")
    expect(panes).to_have_count(2)
    assert panes.nth(0).get_attribute("src") != panes.nth(1).get_attribute("src")
    for key in ("+", "ArrowRight", "t"):
        page.keyboard.press(key)
    expect(page.locator("#light-box .scale")).to_have_text("150%")
    expect(panes.nth(0)).to_have_css("transform", re.compile("matrix"))
    assert "rotate(90deg)" in str(panes.nth(0).get_attribute("style"))
    screens(page, "compared")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    expect(page.locator("#return")).to_be_focused()
    page.keyboard.press("a")
    expect(page.locator("#accept")).to_be_focused()


def report_of(office: Office, visit: str, editions: int = 1) -> None:
    """Wait until the worker has signed."""

    def made() -> bool:
        found = held(office, visit)
        return bool(found) and len(found.reports) == editions

    wait_for(made, lambda: f"reports: {held(office, visit)}")


def said(*command: str | Path) -> str:
    """What another program prints."""
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


def test_a_returned_visit_is_corrected_accepted_and_printed(
    phone: Callable[..., Phone],
    desk: Callable[..., Desk],
    people: Organisation,
    office: Office,
    worker: Server,
    screens: Screens,
    tmp_path: Path,
) -> None:
    inspector, visit = submitted(phone, people)
    reviewer = desk(people.user("reviewer1"))
    page = reviewer.page
    page.goto("/visits?state=waiting")
    screens(page, "queue")
    page.get_by_role("link", name=people.other_hall.name).click()
    expect(page.locator("h1")).to_have_text(people.other_hall.name)
    item = page.locator("#i-A-01")
    expect(item).to_contain_text("门头一半不亮")
    expect(item.locator("img")).to_have_count(1)
    assert item.locator("img").evaluate("async (img) => { await img.decode(); return img.naturalWidth }") > 0
    screens(page, "review")
    item.locator("summary").click()
    item.locator("textarea").fill(REASON)
    page.get_by_role("button", name="退回").click()
    expect(page.locator(".said.good")).to_contain_text("已退回")

    inspector.send()
    card = inspector.at(f"returned-{visit}")
    expect(card).to_contain_text(REASON)
    screens(inspector.page, "returned-today")
    card.tap()
    expect(inspector.page.locator(".quote-box")).to_contain_text(REASON)
    inspector.page.locator(".quote-box .link").tap()
    expect(inspector.card("A-01")).to_be_in_viewport()
    screens(inspector.page, "returned-visit")
    inspector.note("A-01", "门头一半不亮，已补拍。")
    inspector.photograph("A-01", photographs.file(11, orientation=6), album=True)
    inspector.finish()
    inspector.submit()

    def again() -> bool:
        found = held(office, visit)
        return bool(found) and found.visit.revision == 2 and found.visit.whole_at is not None

    wait_for(again, lambda: f"{held(office, visit)}")
    inspector.whole()
    expect(inspector.at("rung-reviewed")).not_to_have_class("done")
    found = whole(office, visit, revision=2)
    assert len(found.document["files"]) == 2
    assert found.happened("visit.returned") == 1

    looked_at_again(reviewer, visit, screens)
    accepted(reviewer, desk(people.user("reviewer2")), visit)
    page.reload()
    screens(page, "accepted")
    report_of(office, visit)
    page.reload()
    pdf = tmp_path / "report.pdf"
    link = page.locator('a[href^="/reports/"]').first.get_attribute("href")
    pdf.write_bytes(reviewer.api("GET", str(link)).body())
    assert "Signature is Valid" in said("pdfsig", pdf)
    text = re.sub(r"\s", "", said("pdftotext", "-layout", pdf, "-"))
    assert people.other_hall.name in text
    assert "门头一半不亮，已补拍。" in text
    assert "门头干净完好" in text
    said("qpdf", "--check", pdf)
    assert reviewer.get(f"/api/v1/visits/{visit}")["state"] == "accepted"

    anybody = desk()
    anybody.page.goto("/verify")
    anybody.page.set_input_files("#pdf", pdf)
    anybody.page.locator("form.drop button.primary").click()
    expect(anybody.page.locator(".verdict h2")).to_have_text("真实有效")
    screens(anybody.page, "verify")
    data = bytearray(pdf.read_bytes())
    data[len(data) // 3] ^= 1
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(data)
    anybody.page.goto("/verify")
    anybody.page.set_input_files("#pdf", changed)
    anybody.page.locator("form.drop button.primary").click()
    expect(anybody.page.locator(".verdict")).to_have_class(re.compile("bad"))
    screens(anybody.page, "verify-changed")

    inspector.open("#/today")
    inspector.send()
    inspector.open(f"#/read/{visit}")
    expect(inspector.at("rung-reviewed")).to_have_class("done")
    expect(inspector.at("rung-reviewed")).to_contain_text("已通过")
    screens(inspector.page, "ladder-reviewed")
    assert not inspector.page.locator(".big-score").count()


def test_nobody_outside_learns_who_the_shopper_was(
    phone: Callable[..., Phone],
    desk: Callable[..., Desk],
    people: Organisation,
    office: Office,
    worker: Server,
) -> None:
    shopper = people.user("shopper1")
    secrets = (SECRET_NAME, shopper.username, str(shopper.id), shopper.id.hex)
    _, visit = submitted(phone, people)
    reviewer = desk(people.user("reviewer1"))
    accepted(reviewer, desk(people.user("reviewer2")), visit)
    report_of(office, visit)
    outside = [people.user(name) for name in ("shopper2", "manager1", "hall1", "owner1", "branch1")]

    def seen_by(names: list[Desk]) -> None:
        for one in names:
            pages = crawl(
                one, [f"/visits/{visit}", f"/api/v1/visits/{visit}", f"/api/v1/visits/{visit}/report.pdf"]
            )
            for address, text in pages.items():
                for secret in secrets:
                    assert secret not in text, f"{secret} stands in {address}"

    desks = [desk(user) for user in outside]
    seen_by([*desks, desk()])
    hq = desk(people.user("hq1"))
    hq.page.goto(f"/visits/{visit}")
    hq.page.get_by_role("button", name="发布给网点").click()
    report_of(office, visit, editions=2)
    seen_by([*desks, desk()])
    known = f"/api/v1/visits/{report_id_of(UUID(visit), 1, 'outlet')}/report.pdf"
    branch = crawl(desks[-1], [known])
    assert people.other_hall.name in branch[known], "the outlet's edition is open now"

    inside = crawl(reviewer, [f"/api/v1/visits/{visit}/report.pdf"])
    assert SECRET_NAME in inside[f"/visits/{visit}"], "the search would find it"
    assert SECRET_NAME in inside[f"/api/v1/visits/{visit}/report.pdf"]

    for user in outside[:3]:
        other = phone(shared=True)
        other.log_in(user)
        kept = other.page.evaluate(
            """async () => {
                const asked = (request) => new Promise((done, no) => { request.onsuccess = () => done(request.result); request.onerror = () => no(request.error); });
                const all = [document.documentElement.outerHTML];
                for (const {name} of await indexedDB.databases()) {
                    const db = await asked(indexedDB.open(name));
                    for (const store of db.objectStoreNames) all.push(JSON.stringify(await asked(db.transaction(store).objectStore(store).getAll())));
                    db.close();
                }
                return all.join();
            }"""
        )
        assert user.username in kept
        for secret in secrets:
            assert secret not in kept, f"{secret} lies on the phone of {user.role}"
    log = (worker.settings.data / "server.log").read_text(errors="replace")
    for secret in (SECRET_NAME, shopper.username):
        assert secret not in log
