"""What the browser tests stand on: the built phone app, a made-up organisation, a real server, phones and desks."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from server.config import ROOT
from server.storage.organisation import User
from server.usecases.work import Office
from tests.e2e.desk import Desk
from tests.e2e.organisation import Organisation, made_up
from tests.e2e.phone import CHROMIUM, FLAGS, Phone
from tests.e2e.server import APPLICATION, own_root, records
from tests.gunicorn import Server, running

LONG = (
    "test_every_screen_of_the_phone",
    "test_every_page_of_the_console",
    "test_nobody_outside",
    "test_a_shopper_fills_a_visit",
    "test_a_returned_visit",
    "test_a_shopper_with_a_first_password",
)
PHONE = ROOT / "pwa"
SCREENS = ROOT / "build" / "screens"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder drives a real browser; the long ones begin, so that none of them is left alone at the end."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)
    items.sort(key=lambda item: (item.get_closest_marker("e2e") is not None, not item.name.startswith(LONG)))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the phone app as built from the present sources; built once, whoever of the test processes comes first."""
    build = PHONE / "build"
    (ROOT / "build").mkdir(exist_ok=True)
    with (ROOT / "build" / "phone.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = build / "assets.json"
        sources = [
            path for folder in ("src", "static") for path in (PHONE / folder).rglob("*") if path.is_file()
        ]
        newest = max(path.stat().st_mtime for path in [*sources, PHONE / "index.html", *PHONE.glob("*.mjs")])
        if not made.is_file() or made.stat().st_mtime < newest:
            subprocess.run(["node", "build.mjs"], cwd=PHONE, check=True, stdout=subprocess.DEVNULL)
        copy = tmp_path_factory.mktemp("build") / "build"
        shutil.copytree(build, copy, ignore=shutil.ignore_patterns("tests", "*.map"))
    return copy


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, built: Path) -> Iterator[Server]:
    """The server of all tests that do nothing to it; each has an organisation of its own in it."""
    folder = tmp_path_factory.mktemp("shared")
    with _served(folder, built) as server:
        yield server


@pytest.fixture
def alone() -> None:
    """Asked for by a test that kills the server, changes its app, or counts everything that it holds."""


@pytest.fixture
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A real gunicorn: one of its own for a test that asks for `alone`, else the shared one."""
    if "alone" not in request.fixturenames:
        yield request.getfixturevalue("shared")
        return
    with _served(tmp_path, request.getfixturevalue("built")) as server:
        yield server


@pytest.fixture
def worker(server: Server) -> Server:
    """The same server with its worker at work."""
    if "worker" not in server.processes:
        server.start_worker()
    return server


@contextmanager
def _served(folder: Path, build: Path) -> Iterator[Server]:
    root = own_root(folder / "root", build)
    extra = {"XUNTING_TEST_ROOT": str(root)}
    with running(folder / "data", threads=8, extra=extra, application=APPLICATION) as server:
        yield server


@pytest.fixture
def office(server: Server) -> Iterator[Office]:
    """The server's own records, beside it."""
    with records(server) as office:
        yield office


@pytest.fixture
def people(office: Office) -> Organisation:
    """A made-up organisation in the server's province."""
    return made_up(office)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One browser for everybody who is not killed."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def screens(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Keep a picture of a screen to look at, never to compare; only where somebody will, with `SCREENS=1`: each costs half a second."""
    if not os.environ.get("SCREENS"):
        return lambda page, name: None
    folder = SCREENS / re.sub(r"\W+", "_", request.node.name.removeprefix("test_"))[:80]
    folder.mkdir(parents=True, exist_ok=True)

    def keep(page: Page, name: str) -> None:
        # What covers the whole window is no longer than it.
        covered = page.locator("dialog.cover[open]").count() > 0
        page.screenshot(path=folder / f"{name}.png", full_page=not covered)

    return keep


@pytest.fixture
def phone(
    playwright: Playwright, browser: Browser, server: Server, tmp_path: Path
) -> Iterator[Callable[..., Phone]]:
    """`phone()`: a phone whose browser can be killed; `phone(shared=True)`: one of many in one browser."""
    open_: list[Phone] = []

    def make(*, shared: bool = False, **options: object) -> Phone:
        profile = None if shared else tmp_path / f"profile{len(open_)}"
        made = Phone(playwright, browser, server.address, profile, options)
        open_.append(made)
        return made

    yield make
    for each in open_:
        each.close()


@pytest.fixture
def desk(browser: Browser, server: Server) -> Iterator[Callable[..., Desk]]:
    """`desk(user)`: somebody who is signed in at the console; `desk()`: anybody."""
    open_: list[Desk] = []

    def make(user: User | None = None, **options: object) -> Desk:
        made = Desk(browser, server.address, user, options)
        open_.append(made)
        return made

    yield make
    for each in open_:
        each.close()
