"""What a browser still tells after a log-out: with sealing on its raw stores hold no word of a visit, and the screen says when they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from server.storage.organisation import User
from tests import make
from tests.e2e import short
from tests.e2e.organisation import Organisation
from tests.e2e.phone import NOTE, STORY, Phone
from tests.e2e.server import APPLICATION, own_root
from tests.gunicorn import Server, running

TOLD = """async () => {
    const asked = (request) => new Promise((done, no) => { request.onsuccess = () => done(request.result); request.onerror = () => no(request.error); });
    const text = (value) => JSON.stringify(value, (_, one) => {
        if (one instanceof CryptoKey) return "a key";
        return one instanceof ArrayBuffer || ArrayBuffer.isView(one) ? new TextDecoder("latin1").decode(one) + new TextDecoder().decode(one) : one;
    });
    const told = [text({...localStorage}), text({...sessionStorage}), document.title, document.body.innerText];
    for (const { name } of await indexedDB.databases()) {
        const db = await asked(indexedDB.open(name));
        for (const store of db.objectStoreNames) {
            // Published checklists are nobody's.
            if (store !== "checklists") told.push(store + text(await asked(db.transaction(store).objectStore(store).getAll())));
        }
        db.close();
    }
    return told.join("\\n");
}"""
"""All that a script reads of the browser's stores, the bytes of buffers as text."""
JPEG = "\xff\xd8\xff\xe0\\u0000\\u0010JFIF"
"""The beginning of a photograph as `TOLD` writes it; the three bytes that are common to all pictures turn up in sealed ones by chance."""

KEPT = "async (url) => fetch(url, {cache: 'only-if-cached', mode: 'same-origin'}).then((answer) => answer.ok, () => false)"
"""Whether the browser's own cache has it."""


@pytest.fixture(params=["1", "0"], ids=["sealing", "open"])
def seals(request: pytest.FixtureRequest) -> bool:
    """Whether the server wants phones to seal."""
    return request.param == "1"


@pytest.fixture
def server(tmp_path: Path, built: Path, seals: bool) -> Iterator[Server]:
    """A server of its own with the switch."""
    extra = {
        "XUNTING_TEST_ROOT": str(own_root(tmp_path / "root", built)),
        "XUNTING_SEAL_PHONES": "1" if seals else "0",
    }
    with running(tmp_path / "data", threads=8, extra=extra, application=APPLICATION) as server:
        yield server


def logged_out(phone: Phone) -> Page:
    """Log out though something waits."""
    phone.page.evaluate("location.hash = '#/me'")
    phone.tap("log-out")
    phone.page.get_by_role("dialog").get_by_role("textbox").fill("退出")
    phone.tap("log-out-now")
    expect(phone.at("screen-login")).to_be_visible(timeout=180_000)
    return phone.page


def logged_in(phone: Phone, user: User) -> None:
    """On the login screen that is there."""
    phone.type("username", user.username)
    phone.type("password", make.PASSWORD)
    phone.tap("log-in")
    expect(phone.at("screen-today")).to_be_visible()


def test_after_a_log_out_the_browser_tells_nothing_or_the_screen_says_so(
    phone: Callable[..., Phone], people: Organisation, seals: bool
) -> None:
    shopper, user = phone(), people.user("shopper1")
    shopper.ready(user, people.short.id)
    visit = shopper.begin(people.short.id)
    titles = {shopper.page.title()}
    private = f"/api/v1/checklists/{people.short.checklist_id}/{people.short.checklist_version}"
    shopper.page.evaluate("async (url) => (await fetch(url)).arrayBuffer()", private)
    assert shopper.page.evaluate(KEPT, private)
    shopper.offline()
    short.filled(shopper)
    shopper.choose("B-02", "fail")
    shopper.note("B-02", NOTE)
    first = shopper.page
    second = shopper.another_tab()
    shopper.open("#/me")
    titles.add(shopper.page.title())
    assert not any(people.hall.name in title for title in titles)

    page = logged_out(shopper)
    told = page.evaluate(TOLD)
    words = [NOTE, STORY, people.hall.name, user.name, user.username, JPEG, "a key"]
    found = [word for word in words if word in told]
    said = page.get_by_role("status").filter(has_text="没能加密")
    if seals:
        assert found == []
        expect(said).to_have_count(0)
    else:
        assert {NOTE, JPEG} <= set(found)
        assert "a key" not in found
        expect(said).to_be_visible()

    # The other tab shows nothing more either, and takes in nothing of who comes next.
    shopper.look_at(first)
    expect(shopper.at("screen-login")).to_be_visible()
    shopper.look_at(second)
    shopper.offline(False)
    shopper.holds("async () => (await fetch('/api/v1/session', {cache: 'no-store'})).status === 401")
    logged_in(shopper, user)
    answer = shopper.stored(visit)["document"]["answers"]["B-02"]
    assert answer["note"] == NOTE
    shopper.open(f"#/visit/{visit}")
    shopper.finish()
    shopper.submit()
    shopper.whole()
