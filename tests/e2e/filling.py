"""Fill a whole checklist by taps, as an inspector goes through it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from server.config import ROOT
from server.gateways.standards import read_standards
from tests.e2e.phone import Phone


def checklist(name: str, version: int = 1) -> Mapping[str, Any]:
    """A compiled checklist of the folder."""
    return read_standards(ROOT / "checklists")[name, version].compiled


@dataclass(frozen=True)
class Filling:
    """What differs from "everything is as it should be, and no photograph was possible".

    `after[item]` is called when that item is done.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    photographs: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    later: frozenset[str] = frozenset()
    running: frozenset[str] = frozenset()
    """Timers that are started and left running."""
    after: Mapping[str, Callable[[], None]] = field(default_factory=dict)


def fill(
    phone: Phone, form: Mapping[str, Any], filling: Filling | None = None, *, only: str | None = None
) -> list[str]:
    """Answer every visible item from the first section to the last (or those of section `only`); gives their ids."""
    filling = filling or Filling()
    done = []
    for section in form["sections"]:
        if only not in (None, section["id"]) or not phone.at(f"section-{section['id']}").count():
            continue
        phone.section(section["id"])
        for item in section["items"]:
            if phone.card(item["id"]).count():
                _answer(phone, item, filling)
                done.append(item["id"])
                filling.after.get(item["id"], lambda: None)()
    return done


def _answer(phone: Phone, item: Mapping[str, Any], filling: Filling) -> None:
    name, kind = item["id"], item["kind"]
    if name in filling.later:
        phone.later(name)
        return
    value = filling.values.get(name)
    if kind == "pass_fail":
        phone.choose(name, value or "pass")
    elif kind == "scale":
        phone.choose(name, value or str(item["max"]))
    elif kind == "choice":
        phone.choose(
            name,
            value or next(option["id"] for option in item["options"] if option["id"] not in item["voids"]),
        )
    elif kind == "count":
        phone.count(name, int(value or 0))
    elif kind == "timer":
        phone.start_timer(name)
        if name not in filling.running:
            phone.stop_timer(name)
    elif kind == "instant":
        phone.stamp(name)
    elif kind == "text":
        phone.text(name)
    elif kind == "share":
        fields = phone.card(name).locator("input")
        fields.nth(0).fill("3")
        fields.nth(1).fill("4")
        expect(phone.card(name).locator("output")).to_have_text("75%")
    elif kind == "number":
        phone.card(name).locator("input").fill(value or "1")
        phone.card(name).locator("input").blur()
    else:
        raise AssertionError(f"nobody knows how to answer a {kind}")
    if value in ("fail", "na"):
        phone.note(name)
    photographs = filling.photographs.get(name, ())
    if photographs:
        phone.photograph(name, *photographs)
    elif phone.card(name).locator(".photos > button.quiet").count():
        phone.no_photo(name)
