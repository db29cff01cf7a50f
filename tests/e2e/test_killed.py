"""The phone's browser is killed, the server is killed: afterwards the visit is there once and whole."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page, Request, Route, expect

from server.usecases.work import Office
from tests import photographs
from tests.e2e import short
from tests.e2e.organisation import Organisation
from tests.e2e.phone import Phone
from tests.e2e.records import held, only_visit, whole
from tests.e2e.server import wait_for
from tests.gunicorn import Server

SLOW = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 60_000}
"""Bytes a second: a photograph of 250 kB is on its way for seconds."""


def begun(phone: Callable[..., Phone], people: Organisation) -> tuple[Phone, str]:
    inspector = phone()
    inspector.ready(people.user("shopper1"), people.short.id)
    return inspector, inspector.begin(people.short.id)


def slow(phone: Phone) -> None:
    session = phone.context.new_cdp_session(phone.page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW)


def online_but_slow(phone: Phone) -> None:
    """The network is back, and no photograph leaves before it is slow."""
    phone.page.route("**/api/v1/uploads**", lambda _route: None)
    phone.offline(False)
    slow(phone)
    # The browser itself sends what was held when nobody wants to see it any more.
    phone.page.unroute("**/api/v1/uploads**")


def half_an_upload(server: Server) -> None:
    """Wait until some of the photograph's bytes lie on the server, and not all."""
    folder = server.settings.uploads

    def sizes() -> list[int]:
        return [path.stat().st_size for path in folder.glob("*")] if folder.is_dir() else []

    wait_for(lambda: any(0 < size < 200_000 for size in sizes()), lambda: f"no half upload: {sizes()}")


@pytest.mark.parametrize("seed", [1])
def test_a_phone_killed_between_taps_loses_nothing(
    phone: Callable[..., Phone], people: Organisation, office: Office, seed: int
) -> None:
    inspector, visit = begun(phone, people)
    inspector.offline()
    chance = Random(seed)
    count = len(short.steps(inspector))
    kills = set(chance.sample(range(count), 3))
    for at in range(count):
        short.steps(inspector)[at]()
        if at in kills:
            before = inspector.stored(visit)["document"]["answers"]
            inspector.kill()
            inspector.restart(offline=True)
            assert inspector.stored(visit)["document"]["answers"] == before
            short.resume(inspector, visit)
    short.complete(inspector, visit)
    inspector.finish()
    inspector.submit()
    inspector.offline(False)
    inspector.whole()
    assert only_visit(office, people.user("shopper1")).id == whole(office, visit).visit.id


def test_a_page_loaded_anew_at_its_own_address_comes_back_to_the_item(
    phone: Callable[..., Phone], people: Organisation
) -> None:
    """As a browser does that was ended by its system, or somebody who goes back and forth."""
    inspector, visit = begun(phone, people)
    inspector.section("B")
    inspector.choose("B-03", "no")
    left = inspector.stored(visit)["place"]
    assert left["item"] == "B-03"
    inspector.page.set_viewport_size({"width": 390, "height": 360})
    inspector.page.reload()
    expect(inspector.card("B-03")).to_be_in_viewport()
    assert inspector.page.evaluate("scrollY") > 0
    assert inspector.stored(visit)["place"] == left


def test_a_phone_killed_in_the_moment_of_a_tap_has_the_answer_or_has_it_not(
    phone: Callable[..., Phone], people: Organisation
) -> None:
    inspector, visit = begun(phone, people)
    inspector.offline()
    inspector.choose("A-01", "pass")
    # Not awaited: the kill may come before, in or after the transaction.
    inspector.page.evaluate("""() => { document.querySelector('#item-A-01 [data-value="na"]').click() }""")
    inspector.kill()
    inspector.restart(offline=True)
    assert inspector.stored(visit)["document"]["answers"]["A-01"]["value"] in ("pass", "na")
    short.resume(inspector, visit)
    short.filled(inspector)
    short.complete(inspector, visit)


def test_a_phone_killed_while_the_camera_is_open_comes_back_to_the_item(
    phone: Callable[..., Phone], people: Organisation, screens: Callable[[Page, str], None]
) -> None:
    inspector, visit = begun(phone, people)
    inspector.offline()
    inspector.section("B")
    inspector.choose("B-01", "fail")
    inspector.note("B-01")
    inspector.section("A")
    inspector.choose("A-01", "pass")
    inspector.unfold("A-01", inspector.card("A-01").locator(".add").first)
    with inspector.page.expect_file_chooser():
        inspector.card("A-01").locator(".add").first.tap()
    inspector.camera_opened()
    inspector.kill()
    inspector.restart(offline=True)
    expect(inspector.at("screen-visit")).to_be_visible()
    expect(inspector.at("section-A")).to_have_attribute("aria-current", "step")
    expect(inspector.card("A-01")).to_be_in_viewport()
    screens(inspector.page, "back-from-the-camera")
    inspector.chosen("A-01", "pass")
    inspector.photograph("A-01", photographs.file(short.PHOTOGRAPH))
    # The photograph ends the wait: the next start begins with Today again.
    inspector.kill()
    inspector.restart(offline=True)
    expect(inspector.at("screen-today")).to_be_visible()
    document = inspector.stored(visit)["document"]
    assert [file["item"] for file in document["files"]] == ["A-01"]
    assert document["answers"]["B-01"]["value"] == "fail"


def test_a_phone_killed_in_the_moment_of_submitting_sends_it_once(
    phone: Callable[..., Phone], people: Organisation, office: Office
) -> None:
    inspector, visit = begun(phone, people)
    inspector.offline()
    short.filled(inspector)
    inspector.finish()
    inspector.page.evaluate("""() => { document.querySelector('[data-testid="submit"]').click() }""")
    inspector.kill()
    inspector.restart(offline=True)
    short.complete(inspector, visit)
    if inspector.stored(visit)["state"] == "draft":
        short.resume(inspector, visit)
        inspector.finish()
        inspector.submit()
    inspector.offline(False)
    inspector.open(f"#/read/{visit}")
    inspector.whole()
    assert only_visit(office, people.user("shopper1")).id == whole(office, visit).visit.id


@pytest.mark.usefixtures("alone")
def test_a_phone_killed_in_the_middle_of_an_upload_goes_on_with_it(
    phone: Callable[..., Phone], people: Organisation, office: Office, server: Server
) -> None:
    inspector, visit = begun(phone, people)
    inspector.offline()
    short.filled(inspector)
    inspector.finish()
    inspector.submit()
    online_but_slow(inspector)
    half_an_upload(server)
    inspector.kill()
    inspector.restart()
    inspector.open(f"#/read/{visit}")
    inspector.whole()
    assert only_visit(office, people.user("shopper1")).id == whole(office, visit).visit.id


@pytest.mark.usefixtures("alone")
def test_a_server_killed_in_the_middle_of_an_upload_gets_the_rest(
    phone: Callable[..., Phone], people: Organisation, office: Office, server: Server
) -> None:
    inspector, visit = begun(phone, people)
    inspector.offline()
    short.filled(inspector)
    inspector.finish()
    inspector.submit()
    online_but_slow(inspector)
    half_an_upload(server)
    server.kill()
    expect(inspector.at("net-strip")).to_contain_text("没有网络")
    server.start()
    inspector.send()
    inspector.open(f"#/read/{visit}")
    inspector.whole()
    assert only_visit(office, people.user("shopper1")).id == whole(office, visit).visit.id


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("answered", [False, True], ids=["before", "after"])
def test_a_server_killed_at_the_submission_takes_it_once(
    phone: Callable[..., Phone], people: Organisation, office: Office, server: Server, answered: bool
) -> None:
    """Before it heard of it, or after it kept it and before its answer came home."""
    inspector, visit = begun(phone, people)
    short.filled(inspector)
    killed: list[int] = []

    def cut(route: Route, request: Request) -> None:
        submits = request.method == "PUT" and '"intent":"submit"' in (request.post_data or "").replace(
            " ", ""
        )
        if killed or not submits:
            route.fallback()
            return
        if answered:
            assert route.fetch().status == 200
        killed.append(1)
        server.kill()
        route.abort()

    inspector.page.route("**/api/v1/visits/*", cut)
    inspector.finish()
    inspector.submit()
    wait_for(lambda: inspector.page.evaluate("1") and killed, lambda: "the submission was never sent")
    found = held(office, visit)
    assert (found.visit.revision if found else 0) == int(answered)
    server.start()
    inspector.send()
    inspector.open(f"#/read/{visit}")
    inspector.whole()
    assert only_visit(office, people.user("shopper1")).id == whole(office, visit).visit.id


def test_a_driver_without_a_browser_says_so(phone: Callable[..., Phone]) -> None:
    """The kill of these tests is one: nothing of the old browser answers afterwards."""
    inspector = phone()
    inspector.open()
    page = inspector.page
    inspector.kill()
    with pytest.raises(BrowserError):
        page.evaluate("1")
