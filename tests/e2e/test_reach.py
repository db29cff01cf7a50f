"""Everybody can use every screen: axe finds nothing, narrow phones and large text need no sideways scrolling."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from server.config import ROOT
from server.gateways.checklist_workbook import workbook
from server.gateways.yaml_lines import read_yaml
from server.usecases.work import Office
from tests import photographs, submitted
from tests.e2e import short
from tests.e2e.desk import Desk
from tests.e2e.filling import checklist
from tests.e2e.organisation import Organisation
from tests.e2e.phone import Phone

PHONES = ((320, 640, 100), (390, 640, 200))
"""Width, height and size of text, in pixels and percent: a narrow phone, and large text."""
PLAIN = (390, 844, 100)
WIDTHS = (320, 768)
AXE = (ROOT / "pwa/node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
Screens = Callable[[Page, str], None]
TOO_WIDE = """() => {
    const limit = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= limit) return [];
    const scrolls = (one) => { for (let up = one.parentElement; up; up = up.parentElement) if (/auto|scroll|hidden|clip/.test(getComputedStyle(up).overflowX)) return true; return false; };
    return [`${document.documentElement.scrollWidth} > ${limit}`, ...[...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > limit + 1 && !scrolls(one)).map((one) => one.outerHTML.slice(0, 120))];
}"""

# As the app does when another size is chosen.
TEXT = """(text) => {
    document.documentElement.classList.toggle("large-text", text >= 160);
    document.documentElement.style.fontSize = text === 100 ? "" : `${text}%`;
}"""

UNVEIL = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(".item { content-visibility: visible !important }");
    document.adoptedStyleSheets = [sheet];
}"""
"""Cards beyond the edge of the screen are not laid out until they are scrolled to; here all of them are looked at."""


def findings(page: Page) -> list[str]:
    """What axe has to say about the page as it stands."""
    page.evaluate(UNVEIL)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate(
        "(rules) => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES
    )
    assert len(found["passes"]) > 10, "axe looked at nothing"
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def phone_screens(phone: Phone, people: Organisation) -> Iterator[str]:
    """Every screen of the phone app and every dialog over one, one after the other; gives its name when it stands."""
    phone.open()
    expect(phone.at("screen-login")).to_be_visible()
    yield "log-in"
    yield from _shopper(phone, people)
    phone.context.clear_cookies()
    phone.send()
    expect(phone.at("login-again")).to_be_visible()
    yield "password-again"


def _shopper(phone: Phone, people: Organisation) -> Iterator[str]:
    phone.ready(people.user("shopper1"), people.mystery.id)
    yield "today"
    for place in ("outlets", "me", "password", "outbox"):
        phone.open(f"#/{place}")
        expect(phone.at(f"screen-{place}")).to_be_visible()
        yield place
    phone.open("#/doctor")
    expect(phone.at("doctor-code")).to_be_visible(timeout=90_000)
    yield "doctor"
    phone.open("#/install")
    for menu in phone.page.locator("summary").all():
        menu.tap()
    yield "install"
    phone.open("#/shared?lost=2")
    expect(phone.page.locator(".empty")).to_be_visible()
    yield "nothing-shared"
    phone.open("#/me")
    phone.tap("log-out")
    yield "logging-out"
    phone.page.keyboard.press("Escape")
    phone.open(f"#/outlet/{people.hall.id}")
    expect(phone.at("screen-outlet")).to_be_visible()
    yield "outlet"
    phone.open("#/today")
    visit = phone.begin(people.mystery.id)
    phone.choose("OH-02", "busy")
    phone.photograph("OH-01", photographs.file(1))
    yield "visit-A"
    phone.card("OH-01").locator(".shot").tap()
    expect(phone.at("photo")).to_be_visible()
    yield "photograph"
    phone.page.keyboard.press("Escape")
    for section in checklist("own-hall-mystery")["sections"][1:]:
        phone.section(section["id"])
        if section["id"] == "B":
            phone.choose("OH-09", "fail")
            phone.card("OH-07").locator(".photos > button.quiet").tap()
        if section["id"] == "E":
            phone.start_timer("OH-26")
            phone.choose("OH-25", "na")
            phone.card("OH-26").locator(".head .icon-button").tap()
        yield f"visit-{section['id']}"
    phone.section("E")
    phone.card("OH-26").locator(".head .icon-button").tap()
    phone.card("OH-26").locator(".buttons .outline").first.tap()
    expect(phone.at("edit-timer")).to_be_visible()
    yield "edit-timer"
    phone.page.keyboard.press("Escape")
    phone.finish(leave=False)
    yield "finish-with-much-missing"
    phone.page.locator(".discard button").tap()
    expect(phone.at("discard")).to_be_visible()
    yield "discard"
    phone.page.keyboard.press("Escape")
    phone.send()
    expect(phone.at(f"draft-{visit}")).to_be_visible()
    yield "today-with-a-draft"
    phone.share(photographs.file(2), photographs.file(3))
    expect(phone.at("shared-item")).to_be_visible()
    yield "shared"
    phone.send()
    expect(phone.at("shared-hint")).to_be_visible()
    yield "today-with-shared-photos"
    phone.offline()
    phone.begin(people.short.id)
    short.filled(phone)
    phone.finish()
    yield "finish"
    phone.submit()
    yield "record-offline"
    phone.open("#/outbox")
    yield "outbox-offline"
    phone.offline(False)
    phone.open("#/outbox")
    expect(phone.page.locator("article.entry[data-state=sent]").first).to_be_visible()
    yield "outbox-sent"


def manager_screens(phone: Phone, people: Organisation) -> Iterator[str]:
    """What only an announced visit shows: live score, actions, signatures."""
    phone.ready(people.user("manager1"), people.area.id)
    phone.begin(people.area.id)
    phone.choose("AM-01", "fail")
    phone.note("AM-01")
    yield "area-check"
    phone.finish()
    yield "area-finish"
    for role in ("inspector", "outlet"):
        phone.tap(f"sign-{role}")
        expect(phone.at(f"signing-{role}")).to_be_visible()
        yield f"signing-{role}"
        phone.tap("sign-way")
        phone.type("sign-name", "王晓明")
        expect(phone.page.locator(".typed canvas")).to_be_visible()
        yield f"signing-{role}-typed"
        phone.page.keyboard.press("Escape")
    phone.tap("action-add")
    expect(phone.at("action")).to_be_visible()
    yield "action"


STANDARDS = (
    "checklists",
    "checklists/own-hall-mystery/1",
    "checklists/area-check/1",
    "checklists/area-check/compare",
    "checklists/area-check/1/preview",
    "rules",
    "rules/1",
    "rules/compare",
    "checklists/import",
)


def changed_list() -> FilePayload:
    """The area managers' list with one item reworded, one re-pointed, one gone and one more, as a workbook."""
    written = deepcopy(read_yaml(ROOT / "checklists/area-check/v1.yaml", "").value)
    items = written["sections"][0]["items"]
    items[0]["text"]["zh"] = "授权资质、营业执照都在有效期内"
    items[1]["points"], items[2]["points"] = 900, 700
    items[7] = {**items[7], "id": "AM-13"}
    return {"name": "明查表.xlsx", "mimeType": "application/octet-stream", "buffer": workbook(written)}


def broken_list() -> FilePayload:
    """The same with points that do not add up, a condition on a later item and an id that stands twice."""
    written = deepcopy(read_yaml(ROOT / "checklists/area-check/v1.yaml", "").value)
    items = written["sections"][0]["items"]
    items[0]["points"] += 100
    items[2]["when"] = {"item": items[5]["id"], "at_least": 1}
    items[3] = {**items[3], "id": items[4]["id"]}
    return {"name": "明查表.xlsx", "mimeType": "application/octet-stream", "buffer": workbook(written)}


def console_screens(
    desk: Callable[..., Desk], people: Organisation, visit: str, **look: Any
) -> Iterator[tuple[Page, str]]:
    """Every page of the console that there is."""
    language = look.pop("language", "zh")
    anybody = desk(**look)
    for path in ("login", "verify", "verify/unknown"):
        anybody.page.goto(f"/{path}?lang={language}")
        yield anybody.page, path.replace("/", "-")
    reviewer = desk(people.user("reviewer1"), **look)
    for path in (
        "visits",
        "visits?state=waiting",
        "visits?state=void&kind=patrol",
        f"visits/{visit}",
        "reports",
        "nothing-here",
    ):
        reviewer.page.goto(f"/{path}{'&' if '?' in path else '?'}lang={language}")
        name = path.replace(visit, "one").replace("/", "-").replace("?", "-").replace("&", "-")
        yield reviewer.page, name
    author = desk(people.user("hq1"), **look)
    for path in STANDARDS:
        author.page.goto(f"/{path}?lang={language}")
        yield author.page, path.replace("/", "-")
    author.page.locator("input[type=file]").set_input_files(broken_list())
    with author.page.expect_navigation():
        author.page.locator("form.drop button").click()
    yield author.page, "checklists-wrong"
    author.page.locator("input[type=file]").set_input_files(changed_list())
    with author.page.expect_navigation():
        author.page.locator("form.drop button").click()
    yield author.page, "checklists-tried"
    author.page.get_by_role("button", name="存为草稿" if language == "zh" else "Save as draft").click()
    expect(author.page.locator(".meaning").first).to_be_visible()
    yield author.page, "checklists-draft"
    author.page.goto("/checklists")
    yield author.page, "checklists-with-a-draft"
    with author.page.expect_navigation():
        author.page.locator(".drafts a").click()
    _given_up(author.page)
    author.page.goto("/rules")
    author.page.locator("main form button").click()
    author.page.locator("[name='/note']").fill("轮换放宽到二百天")
    author.page.locator("#part-commission summary").click()
    author.page.locator("[name='/commission/pay_factors/0/factor']").fill("1.6")
    author.page.locator("[name='/visits/rotation/days']").evaluate("field => { field.value = '200' }")
    author.page.locator(".save-bar button").click()
    expect(author.page.locator(".verdict-line.bad")).to_be_visible()
    yield author.page, "rules-wrong"
    author.page.locator("[name='/commission/pay_factors/0/factor']").fill("1.4")
    author.page.locator(".save-bar button").click()
    expect(author.page.locator(".said.good")).to_be_visible()
    yield author.page, "rules-draft"
    _given_up(author.page)


def _given_up(page: Page) -> None:
    """Discard the draft that the page shows."""
    page.locator(".danger-text").click()
    page.locator(".summary .danger").click()
    expect(page.locator(".said.good")).to_be_visible()


@pytest.fixture
def visit(people: Organisation, office: Office) -> str:
    """A visit that waits for its review."""
    made = submitted.visit(
        office,
        people.user("shopper1"),
        people.hall,
        photos=[photographs.photograph(1)],
        answers={**submitted.GOOD, "A-01": {"value": "fail", "note": "门头一半不亮。"}},
    )
    return str(made.id)


def in_all_sizes(phone: Phone, name: str, base: tuple[int, int, int]) -> list[str]:
    """What is too wide on a narrow phone and with large text, and axe's findings; leaves the screen in the size `base`."""
    return in_sizes(phone, name, (base, *(size for size in (*PHONES, PLAIN) if size != base)))


def in_sizes(phone: Phone, name: str, sizes: Iterable[tuple[int, int, int]]) -> list[str]:
    """The same in these sizes."""
    page, found = phone.page, []
    for width, height, text in sizes:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(TEXT, text)
        page.evaluate(UNVEIL)
        found += [f"{name} {width} px {text} %: {wide}" for wide in page.evaluate(TOO_WIDE)]
    found += [f"{name}: {text}" for text in findings(page)]
    return found


@pytest.mark.parametrize(
    ("language", "theme", "base"), [("zh", "light", PHONES[0]), ("en", "dark", PHONES[1])], ids=["zh", "en"]
)
def test_every_screen_of_the_phone_is_for_everybody(
    phone: Callable[..., Phone],
    people: Organisation,
    screens: Screens,
    language: str,
    theme: str,
    base: tuple[int, int, int],
) -> None:
    """One way through all of them on a narrow phone, one with large text. English, which is longer, is looked at in every size."""
    found: list[str] = []
    for walk in (phone_screens, manager_screens):
        one = phone(
            shared=True,
            locale="zh-CN" if language == "zh" else "en-US",
            color_scheme=theme,
            viewport={"width": base[0], "height": base[1]},
            device_scale_factor=1,
        )
        one.speak(language, base[2])
        for name in walk(one, people):
            screens(one.page, f"{name}-{base[0]}-{base[2]}")
            found += in_all_sizes(one, name, base) if language == "en" else in_sizes(one, name, (base,))
            screens(one.page, name)
            one.page.set_viewport_size({"width": base[0], "height": base[1]})
            one.page.evaluate(TEXT, base[2])
    assert found == []


@pytest.mark.parametrize(("language", "base"), [("zh", 320), ("en", 768)])
def test_every_page_of_the_console_is_for_everybody(
    desk: Callable[..., Desk],
    people: Organisation,
    visit: str,
    screens: Screens,
    language: str,
    base: int,
) -> None:
    """Axe finds nothing, and nothing scrolls sideways, on a phone or a tablet."""
    found: list[str] = []
    look = {"viewport": {"width": base, "height": 800}}
    for page, name in console_screens(desk, people, visit, language=language, **look):
        for width in sorted(WIDTHS, key=lambda width: width != base)[: 2 if language == "en" else 1]:
            page.set_viewport_size({"width": width, "height": 800})
            found += [f"{name} {width} px: {wide}" for wide in page.evaluate(TOO_WIDE)]
            if language == "zh":
                screens(page, f"{name}-{width}")
        page.set_viewport_size({"width": 1280, "height": 900})
        screens(page, name)
        found += [f"{name}: {text}" for text in findings(page)]
        page.set_viewport_size({"width": base, "height": 800})
    assert found == []
