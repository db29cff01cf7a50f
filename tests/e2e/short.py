"""The short visit: eight items, one photograph, filled by small steps between which anything may die."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests import photographs, submitted
from tests.e2e.phone import Phone

ANSWERS = {"A-01": "pass", "B-01": "pass", "B-02": "pass", "B-03": "no"}
PHOTOGRAPH = 1


def steps(phone: Phone) -> list[Callable[[], object]]:
    """The steps of the visit that is on screen; each can be done again after a kill and then changes nothing."""

    def at(section: str, act: Callable[[], object]) -> Callable[[], object]:
        def step() -> None:
            phone.section(section)
            act()

        return step

    def picture() -> None:
        if not phone.card("A-01").locator(".shot").count():
            phone.photograph("A-01", photographs.file(PHOTOGRAPH))

    def started() -> None:
        if phone.at("timer-A-02").get_attribute("class") == "go":
            phone.start_timer("A-02")

    def stopped() -> None:
        if phone.at("timer-A-02").get_attribute("class") == "stop":
            phone.stop_timer("A-02")

    def stamped(item: str) -> None:
        if not phone.card(item).locator(".stamp").count():
            phone.stamp(item)

    return [
        at("A", lambda: phone.choose("A-01", "pass")),
        at("A", picture),
        at("A", started),
        at("B", lambda: phone.choose("B-01", "pass")),
        at("B", lambda: phone.choose("B-02", "pass")),
        at("A", stopped),
        at("B", lambda: phone.choose("B-03", "no")),
        at("B", lambda: phone.text("B-04")),
        at("B", lambda: stamped("B-05")),
        at("B", lambda: stamped("B-06")),
    ]


def filled(phone: Phone) -> None:
    """All of it, without any accident."""
    for step in steps(phone):
        step()


def complete(phone: Phone, visit: str) -> None:
    """The phone's disk holds every answer and the photograph, once."""
    document = phone.stored(visit)["document"]
    items = {item["id"] for section in submitted.WRITTEN["sections"] for item in section["items"]}
    assert set(document["answers"]) == items
    assert {item: document["answers"][item]["value"] for item in ANSWERS} == ANSWERS
    assert document["left_at"] == document["answers"]["B-06"]["value"]
    assert len(document["answers"]["A-02"]["timer"]["laps"]) == 1
    assert [file["item"] for file in document["files"]] == ["A-01"]


def resume(phone: Phone, visit: str) -> None:
    """Back into a draft from Today."""
    phone.tap(f"draft-{visit}")
    expect(phone.at("screen-visit")).to_be_visible()
