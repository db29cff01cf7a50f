"""A corrective action on phones: asked for at an outlet, answered without a network by who makes no visits, sent back with a reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import select

from server.domain.visit import SHANGHAI
from server.storage.actions import Action
from server.usecases.work import Office
from tests import photographs
from tests.e2e.desk import Desk
from tests.e2e.organisation import Organisation
from tests.e2e.phone import Phone
from tests.e2e.server import wait_for
from tests.e2e.stored import reading
from tests.e2e.test_reach import TOO_WIDE, findings

Screens = Callable[[Page, str], None]
Scheme = Literal["dark", "light"]
NARROW: tuple[str, int, int, Scheme] = ("en", 320, 100, "dark")
LARGE: tuple[str, int, int, Scheme] = ("en", 390, 200, "light")
PLAIN: tuple[str, int, int, Scheme] = ("zh", 390, 100, "light")
"""Language, width, size of text in percent, colours."""
WHAT = "门头第二个字不亮，请修好"
DONE = "换了灯管，晚上看过，都亮。"
WHY = "照片里看不出是晚上，请开灯后重拍。"


def made_by_hand(phone: Callable[..., Phone], people: Organisation) -> None:
    """The area manager asks for it on the outlet's page."""
    manager = phone(shared=True)
    manager.log_in(people.user("manager1"))
    manager.open(f"#/outlet/{people.shop.id}")
    manager.tap("make-action")
    manager.type("make-what", WHAT)
    manager.tap("make-now")
    expect(manager.at("making").get_by_role("alert")).to_be_visible()
    manager.type("make-who", people.user("owner1").name)
    manager.type("make-due", (datetime.now(UTC).astimezone(SHANGHAI).date() + timedelta(days=9)).isoformat())
    manager.tap("make-now")
    expect(manager.at("to-answer")).to_contain_text(WHAT)


def actions_of(office: Office, people: Organisation) -> list[dict[str, Any]]:
    """What the server holds for the outlet."""
    with office.work(write=False) as work:
        rows = work.session.exec(select(Action).where(Action.outlet_id == people.shop.id)).all()
        return [row.model_dump() for row in rows]


def used_by_everybody(
    owner: Phone, screens: Screens, name: str, *looks: tuple[str, int, int, Scheme]
) -> None:
    """Nothing for axe to find and nothing too wide, however the phone is set; the last look stays."""
    page = owner.page
    for language, width, text, scheme in looks:
        page.evaluate(
            "([language, text]) => { localStorage.setItem('language', language); localStorage.setItem('text-size', text) }",
            [language, str(text)],
        )
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme=scheme)
        page.reload()
        expect(owner.at("screen-action").or_(owner.at("screen-today"))).to_be_visible()
        expect(page.locator("[data-testid^=action-], [data-testid=asked]").first).to_be_visible()
        screens(page, f"{name}-{language}-{width}-{text}")
        assert findings(page) == [], f"{name} in {language}"
        assert page.evaluate(TOO_WIDE) == [], f"{name} in {language} at {width} and {text} %"


@pytest.mark.usefixtures("alone")
def test_an_outlet_answers_without_a_network_and_learns_why_it_has_to_do_it_again(
    phone: Callable[..., Phone],
    desk: Callable[..., Desk],
    people: Organisation,
    office: Office,
    screens: Screens,
) -> None:
    made_by_hand(phone, people)
    (made,) = actions_of(office, people)
    action = str(made["id"])
    owner = phone()
    owner.log_in(people.user("owner1"))
    expect(owner.at(f"action-{action}")).to_contain_text(WHAT)
    used_by_everybody(owner, screens, "today", NARROW, PLAIN)
    owner.open("#/outlets")
    owner.tap(f"outlet-{people.shop.id}")
    expect(owner.at("to-answer")).to_be_visible()
    assert not owner.page.locator("[data-testid^=start-], [data-testid=make-action]").count(), (
        "no visits here"
    )

    owner.offline()
    owner.tap(f"action-{action}")
    owner.tap("hand-in")
    expect(owner.page.locator(".message .bad")).to_be_visible()
    for button, seed in (("proof-camera", 21), ("proof-album", 22)):
        before = owner.at("proof-shot").count()
        with owner.page.expect_file_chooser() as chooser:
            owner.tap(button)
        chooser.value.set_files(photographs.file(seed))
        expect(owner.at("proof-shot")).to_have_count(before + 1)
    owner.type("reply", DONE)
    owner.holds(
        reading(
            "return (await rows('replies')).some(({ id, answer }) => id === given.action && answer === given.text);"
        ),
        {"action": action, "text": DONE},
    )
    owner.kill()
    owner.restart(offline=True)
    owner.open(f"#/action/{action}")
    expect(owner.at("reply")).to_have_value(DONE)
    owner.holds(
        "[...document.querySelectorAll('[data-testid=proof-shot] img')].filter((img) => img.naturalWidth > 0).length === 2"
    )
    owner.at("proof-shot").first.tap()
    owner.holds("document.querySelector('dialog img.large')?.naturalWidth > 1000")
    owner.page.keyboard.press("Escape")
    used_by_everybody(owner, screens, "answer", NARROW, LARGE, PLAIN)
    owner.tap("hand-in")
    expect(owner.at("reply-ladder")).to_have_attribute("data-state", "waiting")
    screens(owner.page, "waiting")
    owner.kill()
    assert actions_of(office, people)[0]["answer"] == ""

    owner.restart()

    def answered() -> bool:
        return str(actions_of(office, people)[0]["state"]) == "answered"

    wait_for(answered, lambda: str(actions_of(office, people)))
    (held,) = actions_of(office, people)
    files = json.loads(held["files"])
    assert (held["answer"], [one["origin"] for one in files]) == (DONE, ["camera", "album"])
    owner.open(f"#/action/{action}")
    expect(owner.at("reply-ladder").locator(".done")).to_have_count(4)

    reviewer = desk(people.user("reviewer1"))
    for one in files:
        assert reviewer.api("GET", f"/api/v1/photos/{one['sha256']}?size=screen").ok
    told = reviewer.api("POST", f"/api/v1/actions/{action}/decide", data={"decision": "reopen", "note": WHY})
    assert told.ok, told.text()
    owner.send()
    expect(owner.at(f"action-{action}")).to_contain_text(WHY)
    owner.tap(f"action-{action}")
    expect(owner.at("reopened")).to_contain_text(WHY)
    expect(owner.at("reopened")).to_contain_text(DONE)
    used_by_everybody(owner, screens, "reopened", LARGE)
    owner.type("reply", DONE)
    owner.tap("hand-in")
    wait_for(answered, lambda: str(actions_of(office, people)))
