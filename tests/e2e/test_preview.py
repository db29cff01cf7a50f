"""The preview of a checklist: the real phone code in one file from the disk, filled in by taps, scored as the server scores."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from server.config import ROOT
from server.domain.scoring import Answer, Score, score
from server.gateways.preview import preview_data, preview_page
from server.gateways.standards import read_standards
from tests import photographs
from tests.e2e.test_reach import TOO_WIDE, findings
from tests.gunicorn import Server

Screens = Callable[[Page, str], None]
STANDARDS = {key[0]: one.compiled for key, one in read_standards(ROOT / "checklists").items()}
SIZES = {"wide": (1280, 900), "narrow": (390, 844)}


class Preview:
    """The page of a preview: the panel, and the phone in its frame."""

    def __init__(self, page: Page, checklist: dict[str, Any]) -> None:
        self.page, self.checklist = page, checklist
        self.phone = page.frame_locator("iframe")
        self.asked: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda line: self.complaints.append(line.text))

    def open(self, address: str) -> None:
        self.page.goto(address)
        expect(self.phone.get_by_test_id("screen-visit")).to_be_visible()
        expect(self.at("missing")).not_to_have_attribute("data-count", "")

    def at(self, name: str) -> Locator:
        """Something of the panel."""
        return self.page.get_by_test_id(f"pv-{name}")

    def card(self, item: str) -> Locator:
        return self.phone.get_by_test_id(f"item-{item}")

    def choose(self, item: str, value: str) -> None:
        """Tap an answer of the phone, which is stored when it is shown."""
        option = self.card(item).locator(f'[role=radio][data-value="{value}"]')
        option.tap()
        expect(option).to_have_attribute("aria-checked", "true")

    def section(self, section: str) -> None:
        chip = self.phone.get_by_test_id(f"section-{section}")
        chip.tap()
        expect(chip).to_have_attribute("aria-current", "step")
        expect(self.phone.locator(".to-come")).to_have_count(0)

    def says(
        self, facts: dict[str, str], answers: dict[str, Any], photos: dict[str, int] | None = None
    ) -> Score:
        """The panel says what the server's rules say of these answers."""
        given = {item: Answer.of({"value": value}) for item, value in answers.items()}
        found = score(self.checklist, facts, given, photos or {})
        expect(self.at("score")).to_have_text(found.score or "–")
        for section, figure in found.sections.items():
            if self.at(f"section-{section}").inner_text() not in ("不出现", "not shown"):
                expect(self.at(f"section-{section}")).to_have_text(figure or "–")
        violated = self.at("violated").locator("ul").first.locator("li")
        assert [one.get_attribute("data-id") for one in violated.all()] == (
            found.violated if found.violated else found.grave
        )
        assert bool(found.grave) is self.at("grave").is_visible()
        return found

    def shown(self) -> dict[str, Any]:
        """The answers that stand on the phone, section by section, as a person reads them there."""
        found: dict[str, Any] = {}
        for chip in self.phone.locator("nav.strip .chip").all():
            self.section((chip.get_attribute("data-testid") or "").removeprefix("section-"))
            found |= self.page.frames[-1].evaluate(READ)
        kinds = {item["id"]: item["kind"] for part in self.checklist["sections"] for item in part["items"]}
        return {
            item: int(value) if kinds[item] in ("scale", "count", "timer") and value != "na" else value
            for item, value in found.items()
        }


READ = """() => Object.fromEntries([...document.querySelectorAll(".item")].map((card) => {
    const all = (where) => [...card.querySelectorAll(where)];
    const [chosen] = all("[role=radio][aria-checked=true]");
    const [clock] = all(".clock");
    const [part, whole] = all(".share input").map((one) => Number(one.value));
    const several = all("[role=checkbox]").filter((one) => one.getAttribute("aria-checked") === "true").map((one) => one.dataset.value).filter(Boolean);
    const na = all("[role=switch][aria-checked=true]").length && !clock ? "na" : undefined;
    const value = chosen ? chosen.dataset.value
      : clock ? clock.firstChild.textContent.split(":").reduce((sum, one) => sum * 60 + Number(one), 0)
      : whole !== undefined ? {part, whole}
      : all("[role=checkbox]").length ? several
      : all(".stamp").length ? "2026-11-21T02:00:00Z"
      : all(".stepper input, .with-unit input, textarea")[0]?.value;
    return [card.id.slice(5), na ?? value];
}))"""
KEPT = "async () => [(await indexedDB.databases()).length, localStorage.length, sessionStorage.length]"


@pytest.fixture
def preview(browser: Browser, built: Path, tmp_path: Path) -> Iterator[Callable[..., Preview]]:
    """`preview(id)`: the page of a checklist as a file on the disk, opened. Nothing is asked for, no word on the console."""
    opened: list[tuple[Preview, str]] = []

    def open_(name: str, language: str = "zh", size: str = "wide", facts: Any = None, **look: Any) -> Preview:
        file = tmp_path / f"{name}-{language}.html"
        file.write_text(preview_page(STANDARDS[name], facts, language, built), encoding="utf-8")
        width, height = SIZES[size]
        context = browser.new_context(viewport={"width": width, "height": height}, has_touch=True, **look)
        contexts.callback(context.close)
        one = Preview(context.new_page(), STANDARDS[name])
        one.open(file.as_uri())
        opened.append((one, file.as_uri()))
        return one

    with ExitStack() as contexts:
        yield open_
        for one, address in opened:
            assert not one.complaints
            assert {url for url in one.asked if not url.startswith("blob:")} <= {address, "data:,"}
            assert one.page.evaluate(KEPT) == one.page.frames[-1].evaluate(KEPT) == [0, 0, 0]


def test_taps_on_the_phone_move_the_score_as_the_rules_say(
    preview: Callable[..., Preview], screens: Screens
) -> None:
    page = preview("own-hall-mystery")
    expect(page.at("id")).to_have_text("own-hall-mystery · v1")
    expect(page.page.locator("h1")).to_have_text("自有营业厅检查表")
    expect(page.at("sum")).to_have_text("分值合计 100")
    facts = {"kind": "mystery", "tier": "own_hall", "class": "A", "setting": "city"}
    answers: dict[str, Any] = {}
    before = page.says(facts, answers)
    expect(page.at("missing")).to_have_attribute("data-count", str(len(before.missing)))
    items = {item["id"]: item for section in page.checklist["sections"] for item in section["items"]}
    seen: set[str | None] = set()
    for section in page.checklist["sections"][1:4]:
        page.section(section["id"])
        for at, item in enumerate(one for one in section["items"] if one["kind"] in ("pass_fail", "scale")):
            value = ("pass", "fail", "pass")[at % 3] if item["kind"] == "pass_fail" else 1 + at % 2
            page.choose(item["id"], str(value))
            answers[item["id"]] = value
            found = page.says(facts, answers)
            expect(page.at("missing")).to_have_attribute("data-count", str(len(found.missing)))
            seen.add(found.score)
    assert len(seen) > 6, "the score hardly moved"
    # A violated prohibition takes every point of its items, and a critical one caps the whole.
    grave = next(item for item in items.values() if item["critical"] and item["kind"] == "pass_fail")
    where = next(part["id"] for part in page.checklist["sections"] if grave in part["items"])
    page.section(where)
    page.choose(grave["id"], "fail")
    answers[grave["id"]] = "fail"
    assert page.says(facts, answers).grave == [grave["id"]]
    screens(page.page, "taps")


def test_the_small_check_is_answered_photographed_and_submitted_and_nothing_is_sent(
    preview: Callable[..., Preview], screens: Screens
) -> None:
    page = preview("area-check", facts={"tier": "village"})
    expect(page.at("tier")).to_have_value("village")
    facts = {"kind": "area_visit", "tier": "village", "class": "A", "setting": "city"}
    answers: dict[str, Any] = {}
    page.section(page.checklist["sections"][0]["id"])
    for item in page.checklist["sections"][0]["items"]:
        if item["kind"] in ("pass_fail", "choice"):
            value = (
                "fail"
                if item["id"] == "AM-02"
                else "pass"
                if item["kind"] == "pass_fail"
                else item["options"][0]["id"]
            )
            page.choose(item["id"], value)
            answers[item["id"]] = value
            page.says(facts, answers)
    live = page.phone.locator(".live-score")
    expect(live).to_contain_text(page.at("score").inner_text())
    # A real picture of the album, made small and kept in memory.
    missing = int(page.at("missing").get_attribute("data-count") or 0)
    with page.page.expect_file_chooser() as chooser:
        page.card("AM-01").locator(".add").nth(1).tap()
    chooser.value.set_files([photographs.file(1)])
    expect(page.card("AM-01").locator(".shot")).to_have_count(1)
    expect(page.at("missing")).to_have_attribute("data-count", str(missing - 1))
    page.at("met").tap()
    expect(page.at("missing")).to_have_attribute("data-count", "0")
    expect(page.at("score")).to_have_text("100.00")
    expect(page.card("AM-01").locator(".shot img")).to_be_visible()
    page.phone.get_by_test_id("to-finish").tap()
    page.phone.get_by_test_id("submit").tap()
    expect(page.phone.get_by_test_id("screen-record")).to_be_visible()
    expect(page.phone.locator(".pv-end")).to_have_text("预览到此结束：什么都没有发送。")
    expect(page.phone.locator(".message p")).to_contain_text("什么都没有发送")
    screens(page.page, "submitted")
    # Back over the visit to Today, which the preview has not, and on with a new one.
    page.phone.locator("header.bar .icon-button").tap()
    expect(page.phone.get_by_test_id("screen-visit")).to_be_visible()
    page.phone.locator("header.bar .icon-button").tap()
    page.phone.get_by_test_id("again").tap()
    expect(page.phone.get_by_test_id("screen-visit")).to_be_visible()
    expect(page.at("score")).to_have_text("–")


@pytest.mark.parametrize("name", sorted(STANDARDS))
def test_samples_fill_the_phone_and_score_as_the_server_does(
    name: str, preview: Callable[..., Preview]
) -> None:
    page = preview(name)
    page.at("met").tap()
    expect(page.at("score")).to_have_text("100.00")
    expect(page.at("missing")).to_have_attribute("data-count", "0")
    facts = {
        "kind": page.checklist["visit_kinds"][0],
        "tier": page.checklist["tiers"][0],
        "class": "A",
        "setting": "city",
        **({"part": "opening"} if "patrol" in page.checklist["visit_kinds"] else {}),
    }
    page.at("some").tap()
    expect(page.at("score")).not_to_have_text("100.00")
    answers = {item: value for item, value in page.shown().items() if value not in (None, "")}
    found = page.says(facts, answers)
    assert len(found.failed) >= 2
    assert not found.grave
    # The same seed, the same answers; another seed, others.
    seen: list[str] = []
    for seed in ("7", "8", "7"):
        page.at("clear").tap()
        expect(page.at("score")).to_have_text("–")
        page.at("seed").fill(seed)
        page.at("seed").press("Enter")
        expect(page.at("score")).not_to_have_text("–")
        seen.append(page.page.locator("table").inner_text())
    assert seen[0] == seen[2] != seen[1]
    page.at("random").tap()
    expect(page.at("seed")).not_to_have_value("7")
    page.at("clear").tap()
    expect(page.at("score")).to_have_text("–")


def test_a_fact_starts_over_and_decides_what_is_asked(preview: Callable[..., Preview]) -> None:
    page = preview("own-hall-mystery")
    page.at("met").tap()
    expect(page.at("score")).to_have_text("100.00")
    asked = len(score(page.checklist, {"kind": "mystery", "tier": "own_hall"}, {}, {}).visible)
    page.at("kind").focus()
    page.at("kind").select_option("announced")
    expect(page.at("score")).to_have_text("–")
    found = score(page.checklist, {"kind": "announced", "tier": "own_hall"}, {}, {})
    assert len(found.visible) != asked, "the checklist asks both kinds the same"
    expect(page.at("missing")).to_have_attribute("data-count", str(len(found.missing)))
    # The person who chose stays where he was.
    assert page.page.evaluate("document.activeElement.dataset.testid") == "pv-kind"
    patrol = preview("own-hall-patrol")
    first = patrol.phone.locator("nav.strip .chip").all_inner_texts()
    patrol.at("part").select_option("closing")
    expect(patrol.phone.locator("nav.strip .chip")).not_to_have_text(first)
    patrol.phone.locator('.block [role=radio][data-value="round"]').tap()
    expect(patrol.at("part")).to_have_value("round")


@pytest.mark.parametrize(
    ("language", "size", "scheme"),
    [("zh", "narrow", "light"), ("en", "narrow", "dark"), ("zh", "wide", "dark"), ("en", "wide", "light")],
)
def test_everybody_can_use_it_in_every_size_language_and_light(
    language: str, size: str, scheme: str, preview: Callable[..., Preview], screens: Screens
) -> None:
    page = preview("own-hall-mystery", language, size, color_scheme=scheme)
    look = f"{language}-{size}-{scheme}"
    if size == "narrow":
        screens(page.page, f"{look}-folded")
        expect(page.at("some")).to_be_hidden()
        page.page.locator(".pv-more").tap()
    page.at("seed").fill("7")
    page.at("seed").press("Enter")
    expect(page.at("missing")).to_have_attribute("data-count", "0")
    expect(page.phone.locator("h2.section-title")).to_have_text(
        "到店记录" if language == "zh" else "Arrival record"
    )
    screens(page.page, look)
    assert page.page.evaluate(TOO_WIDE) == []
    assert page.page.frames[-1].evaluate(TOO_WIDE) == []
    assert not page.complaints
    assert findings(page.page.frames[-1]) == []  # type: ignore[arg-type]
    assert findings(page.page) == []
    # axe itself cannot greet a frame of a page from the disk.
    page.complaints[:] = [one for one in page.complaints if "postMessage" not in one]
    # The words change at once, and the answers stay.
    was = page.at("score").inner_text()
    page.page.locator(f'.pv-languages [lang^="{"en" if language == "zh" else "zh"}"]').tap()
    expect(page.phone.locator("h2.section-title")).to_have_text(
        "Arrival record" if language == "zh" else "到店记录"
    )
    expect(page.at("score")).to_have_text(was)


def test_under_the_consoles_policy_it_works_and_leaves_the_real_phone_alone(
    browser: Browser, server: Server, built: Path
) -> None:
    with browser.new_context(has_touch=True, viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        answer = page.goto(f"{server.address}/app/")
        assert answer
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        page.evaluate("""async () => {
            await navigator.serviceWorker.ready;
            localStorage.setItem("language", "zh");
        }""")
        kept = """async () => {
            const asked = (request) => new Promise((done, no) => { request.onsuccess = () => done(request.result); request.onerror = () => no(request.error); });
            const stores = {};
            for (const {name, version} of await indexedDB.databases()) {
                const db = await asked(indexedDB.open(name));
                for (const store of db.objectStoreNames) stores[`${name} ${version} ${store}`] = JSON.stringify(await asked(db.transaction(store).objectStore(store).getAll()));
                db.close();
            }
            return JSON.stringify([stores, {...localStorage}, await caches.keys(), (await navigator.serviceWorker.getRegistrations()).length]);
        }"""
        before = page.evaluate(kept)
        assert "xunting" in before
        checklist = STANDARDS["own-hall-mystery"]
        files = json.loads((built / "assets.json").read_text(encoding="utf-8"))["files"]
        body = (
            '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f'<title>x</title><link rel="icon" href="data:,"><link rel="stylesheet" href="{files["preview.css"]}"></head><body><div id="preview"></div>'
            f'<script type="application/json" id="preview-data">{preview_data(checklist, None, "zh")}</script>'
            f'<script src="{files["preview.js"]}"></script></body></html>'
        )
        page.route(
            "**/a-preview",
            lambda route: route.fulfill(
                body=body, content_type="text/html", headers={"Content-Security-Policy": policy}
            ),
        )
        one = Preview(page, checklist)
        one.open(f"{server.address}/a-preview")
        one.at("some").tap()
        expect(one.at("missing")).to_have_attribute("data-count", "0")
        one.choose(
            "OH-02",
            "idle" if one.card("OH-02").locator('[data-value="busy"][aria-checked=true]').count() else "busy",
        )
        assert not one.complaints
        paths = {
            url.removeprefix(server.address) for url in one.asked if not url.startswith(("blob:", "data:"))
        }
        assert paths == {"/a-preview", files["preview.css"], files["preview.js"]}
        assert page.evaluate(kept) == before


def test_the_page_is_one_text_that_needs_nothing(built: Path) -> None:
    evil = "</script><!--<script>alert(1)</script>"
    checklist = {**STANDARDS["area-check"], "title": {"zh": evil, "en": evil}}
    page = preview_page(checklist, None, "en", built)
    assert evil not in page
    assert page.count("</script>") == 2
    assert not re.search(r"""(src|href)=["'](?!data:)""", page.split("<script")[0])
    assert "connect-src 'none'" in page
