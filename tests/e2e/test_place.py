"""Back and forth in a visit keeps the place, where nothing was answered too."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.organisation import Organisation
from tests.e2e.phone import Phone

LOOKED_AT = """(id) => {
    const card = document.getElementById(`item-${id}`);
    card.scrollIntoView({ block: "center" });
    return scrollY > 0 && card.contains(document.elementFromPoint(innerWidth / 2, innerHeight / 2));
}"""
"""Scrolls until the card stands in the middle of the screen; those above it grow when they are drawn."""


def test_a_section_that_was_left_comes_back_where_it_was(
    phone: Callable[..., Phone], people: Organisation
) -> None:
    inspector = phone()
    inspector.ready(people.user("shopper1"), people.mystery.id)
    inspector.begin(people.mystery.id)
    inspector.page.set_viewport_size({"width": 390, "height": 500})
    inspector.section("G")
    inspector.holds(LOOKED_AT, "OH-47")
    inspector.section("A")
    expect(inspector.card("OH-01")).to_be_in_viewport()
    inspector.section("G")
    expect(inspector.card("OH-47")).to_be_in_viewport()
    inspector.section("I")
    inspector.holds(LOOKED_AT, "OH-67")
    inspector.tap("to-finish")
    expect(inspector.at("screen-finish")).to_be_visible()
    inspector.page.go_back()
    expect(inspector.card("OH-67")).to_be_in_viewport()
    # An item that is jumped to comes before the place that was left, and whoever goes on from it comes back to where they went.
    inspector.tap("next-missing")
    jumped = inspector.page.evaluate("location.hash").split("item=")[1]
    expect(inspector.card(jumped).locator("h3")).to_be_focused()
    inspector.holds(LOOKED_AT, "OH-69")
    inspector.tap("to-finish")
    inspector.page.go_back()
    expect(inspector.card("OH-69")).to_be_in_viewport()
    expect(inspector.at("screen-visit").locator("h1")).to_be_focused()
