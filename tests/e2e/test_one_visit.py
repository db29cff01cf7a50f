"""One visit from the first load of the app to the signed report, with no network most of the way and one kill."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests import photographs
from tests.e2e.phone import Phone

def test_smoke(phone, people, server):
    p: Phone = phone()
    p.ready("shopper1", people.mystery.id)
    v = p.begin(people.mystery.id)
    p.photograph("OH-01", photographs.file(1))
    p.choose("OH-02", "busy")
    p.page.screenshot(path="/tmp/w/smoke.png")
    p.kill()
    p.restart(offline=True)
    p.page.screenshot(path="/tmp/w/smoke2.png")
    print(p.stored(v))
