"""A phone in the hand of an inspector: a Chromium that can be killed, and the taps of the app."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, expect
from playwright.sync_api import Error as BrowserError

from server.storage.organisation import User
from tests import make
from tests.e2e.organisation import PLACE
from tests.e2e.server import wait_for
from tests.e2e.stored import reading

CHROMIUM = "/usr/bin/chromium"
# The first three are the desktop's own suggestions under its address bar, two pages of their own for each new window, which no phone has. The others
# are what Playwright switches off: of two such lists the browser takes the last.
OFF = (
    "WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,"
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,LensOverlay,"
    "MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,AvoidCorsURLLoaderRestartOnRedirect,OptimizationHints,"
    "NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch"
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={OFF}",
]
LOOK: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
    "locale": "zh-CN",
    "timezone_id": "Asia/Shanghai",
    "geolocation": PLACE,
    "permissions": ["geolocation"],
}
NOTE = "现场看到的与要求不符，已记下时间和位置。"
STORY = "大厅整洁，引导员主动迎上来问办什么业务。业务办得快，但介绍资费时没有说明合约期，问了才讲；离开时没有提醒带好证件。柜台人员耐心，普通话标准，排队叫号清楚。自助机有一台黑屏。"
_ROW = reading("return (await rows('visits')).find(({ id }) => id === given) ?? null;")

_SHARING = """() => {
    const form = document.createElement("form");
    form.id = "share";
    form.action = "/app/share";
    form.method = "POST";
    form.enctype = "multipart/form-data";
    form.innerHTML = '<input type="file" name="photos" multiple>';
    document.body.append(form);
}"""
"""What Android does when pictures are shared to the installed app: a navigation that posts them."""

_WORKERS = """async () => { const one = await navigator.serviceWorker.getRegistration(); return one ? [one.installing?.state, one.waiting?.state, one.active?.state] : "no worker" }"""


class Phone:
    """One phone: `page` is the app's page. With a profile folder it is a browser of its own that can be killed."""

    def __init__(
        self,
        playwright: Playwright,
        browser: Browser,
        url: str,
        profile: Path | None,
        options: Mapping[str, Any],
    ) -> None:
        self.playwright = playwright
        self.browser = browser
        self.url = url
        self.profile = profile
        self.flags = [*FLAGS, *options.get("flags", ())]
        self.options = {**LOOK, **{name: value for name, value in options.items() if name != "flags"}}
        self.errors: list[str] = []
        self._context: BrowserContext | None = None
        self._page: Page | None = None
        self._cookies: list[Any] = []
        self.start()

    @property
    def context(self) -> BrowserContext:
        assert self._context
        return self._context

    @property
    def page(self) -> Page:
        assert self._page
        return self._page

    # Life and death

    def start(self) -> None:
        """Start the browser; a killed one finds its profile again."""
        if self.profile:
            self._context = self.playwright.chromium.launch_persistent_context(
                self.profile, executable_path=CHROMIUM, args=self.flags, **self.options
            )
            self._page = self._context.pages[0]
        else:
            self._context = self.browser.new_context(**self.options)
            self._page = self._context.new_page()
        self._context.set_default_timeout(30_000)
        self.watch(self._page)

    def watch(self, page: Page) -> None:
        """Remember what the page could not cope with; `close` fails for it."""
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def kill(self) -> None:
        """SIGKILL to every process of this phone's browser, in the middle of whatever it does."""
        # Chromium writes cookies to its disk within half a minute; those that outlive a browser are given back.
        self._cookies = [cookie for cookie in self.context.cookies() if cookie["expires"] > 0]
        for process in self._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        wait_for(lambda: not self._processes(), lambda: "the browser lives on")
        # The driver learns of the death by the closed pipe; closing tidies up on its side.
        with contextlib.suppress(BrowserError):
            self.context.close()
        self._context = self._page = None

    def restart(self, *, offline: bool = False, room: int | None = None) -> None:
        """A new browser on the same profile, at the app's start; with `room` its disk holds so many bytes at most."""
        self.start()
        self.context.add_cookies(self._cookies)
        self.offline(offline)
        if room is not None:
            self.room(room)
        self.open()

    def room(self, most: int | None) -> None:
        """How many bytes the app may keep; None lifts it. The store goes by what it learned last: set it at the start."""
        session = self.context.new_cdp_session(self.page)
        session.send(
            "Storage.overrideQuotaForOrigin",
            {"origin": self.url, **({} if most is None else {"quotaSize": most})},
        )

    def close(self) -> None:
        """End in good order; errors that nobody caught fail the test."""
        if self._context:
            with contextlib.suppress(BrowserError):
                self._context.close()
            self._context = None
        assert not self.errors, self.errors

    def _processes(self) -> list[int]:
        """The processes of this phone's own browser, known by its profile folder."""
        assert self.profile
        mine, found = str(self.profile).encode(), []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and mine in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
        return found

    def another_tab(self) -> Page:
        """A second tab of the same browser, which `page` is from now on."""
        self._page = self.context.new_page()
        self.watch(self._page)
        return self._page

    def look_at(self, page: Page) -> None:
        """Back to an earlier tab."""
        self._page = page
        page.bring_to_front()

    # Network

    def offline(self, off: bool = True) -> None:
        """Flight mode, as the page and its service worker see it."""
        self.context.set_offline(off)

    def speak(self, language: str, text: int = 100) -> None:
        """Before the first load: the language and the size of text that this phone was set to."""
        self.context.add_init_script(
            f"localStorage.setItem('language', '{language}'); localStorage.setItem('text-size', '{text}')"
        )

    # The app

    def open(self, place: str = "") -> None:
        """Open the app, or a place in it such as `#/outbox`."""
        self.page.goto(f"{self.url}/app/{place}")
        expect(self.page.locator("#app > *").first).to_be_attached()

    def installed(self) -> None:
        """Wait until the service worker is there, so that everything works without network from now on.

        A page that was still loading when the worker claimed its pages is controlled from its next load on.
        """
        self.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
        if self.page.evaluate("navigator.serviceWorker.controller === null"):
            self.page.reload()
            expect(self.page.locator("#app > *").first).to_be_attached()
        self.holds("navigator.serviceWorker.controller !== null")

    def log_in(self, user: User) -> None:
        """Open the app for the first time and log in."""
        self.open()
        self.type("username", user.username)
        self.type("password", make.PASSWORD)
        self.tap("log-in")
        expect(self.at("screen-today")).to_be_visible()
        self.installed()

    def ready(self, user: User, assignment: object) -> None:
        """Logged in, with this assignment on the phone."""
        self.log_in(user)
        expect(self.at(f"due-{assignment}")).to_be_visible()

    def begin(self, assignment: object) -> str:
        """Start the visit of an assignment from Today; gives the visit's id."""
        self.tap(f"due-{assignment}")
        self.page.locator("[data-testid^=start-]").first.tap()
        expect(self.at("screen-visit")).to_be_visible()
        return self.page.url.split("#/visit/")[1].split("/")[0].split("?")[0]

    def at(self, name: str) -> Locator:
        """An element by its test id."""
        return self.page.get_by_test_id(name)

    def tap(self, name: str) -> None:
        """Tap an element by its test id."""
        self.at(name).tap()

    def type(self, name: str, text: str) -> None:
        """Type into a field by its test id."""
        self.at(name).fill(text)

    def card(self, item: str) -> Locator:
        """The card of an item."""
        return self.at(f"item-{item}")

    def section(self, section: str) -> None:
        """Go to a section by the strip."""
        chip = self.at(f"section-{section}")
        chip.tap()
        expect(chip).to_have_attribute("aria-current", "step")
        # The cards below the screen are drawn when the phone is idle.
        expect(self.page.locator(".to-come")).to_have_count(0)

    # Answers; each returns when the app says that it is stored

    def choose(self, item: str, value: str) -> None:
        """Pass, fail, na, an option, a step of a scale."""
        option = self.card(item).locator(f'[role=radio][data-value="{value}"]')
        option.tap()
        expect(option).to_have_attribute("aria-checked", "true")

    def chosen(self, item: str, value: str) -> None:
        """The app shows this choice."""
        expect(self.card(item).locator(f'[role=radio][data-value="{value}"]')).to_have_attribute(
            "aria-checked", "true"
        )

    def count(self, item: str, value: int) -> None:
        """A number by the stepper's buttons, from empty."""
        buttons = self.card(item).locator(".stepper button")
        field = self.card(item).locator(".stepper input")
        if value == 0:
            buttons.first.tap()
        for at in range(value):
            buttons.last.tap()
            expect(field).to_have_value(str(at + 1))
        expect(field).to_have_value(str(value))
        self.settled(item)

    def stamp(self, item: str) -> None:
        """The instant of now."""
        self.card(item).locator("button.go").tap()
        expect(self.card(item).locator(".stamp")).to_be_visible()

    def note(self, item: str, text: str = NOTE) -> None:
        """The note of an item."""
        field = self.at(f"note-{item}")
        self.unfold(item, field)
        field.fill(text)
        field.blur()
        self.settled(item)

    def text(self, item: str, text: str = STORY) -> None:
        """A text answer."""
        self.type(f"text-{item}", text)
        self.at(f"text-{item}").blur()
        self.settled(item)

    def start_timer(self, item: str) -> None:
        """Start, and see it run."""
        self.tap(f"timer-{item}")
        expect(self.at(f"timer-{item}")).to_have_class("stop")

    def stop_timer(self, item: str) -> None:
        """Stop, and see the time."""
        self.tap(f"timer-{item}")
        expect(self.at(f"timer-{item}")).to_have_class("again")

    def photograph(self, item: str, *files: Path, album: bool = False) -> None:
        """Take photographs by the camera button (one at a time) or from the album (all at once)."""
        shots = self.card(item).locator(".shot")
        self.unfold(item, self.card(item).locator(".add").first)
        for group in [files] if album else [[file] for file in files]:
            before = shots.count()
            with self.page.expect_file_chooser() as chooser:
                self.card(item).locator(".add").nth(1 if album else 0).tap()
            chooser.value.set_files(list(group))
            expect(shots).to_have_count(before + len(group))
            expect(self.card(item).locator(".photos > .under")).to_be_empty()

    def unfold(self, item: str, wanted: Locator) -> None:
        """Open an item's menu where note and photos do not stand on the card anyway."""
        if not wanted.is_visible():
            self.card(item).locator(".head .icon-button").tap()
        expect(wanted).to_be_visible()

    def no_photo(self, item: str) -> None:
        """The first reason that is offered why no photo is possible."""
        self.card(item).locator(".photos > button.quiet").tap()
        self.card(item).locator(".reasons button").first.tap()
        expect(self.card(item).locator(".reason")).to_be_visible()

    def later(self, item: str) -> None:
        """Answer later."""
        switch = self.card(item).get_by_role("switch")
        switch.tap()
        expect(switch).to_have_attribute("aria-checked", "true")

    def settled(self, item: str) -> None:
        """Wait until the stored answer of an item is what its fields show."""
        self.holds(
            """async ({visit, item}) => {
                const field = document.querySelector(`[data-testid="note-${item}"]`);
                const text = document.querySelector(`[data-testid="text-${item}"]`);
                const count = document.querySelector(`#item-${item} .stepper input`);
                const row = await (ROW)(visit);
                const answer = row?.document.answers[item] ?? {};
                return (!field || (answer.note ?? "") === field.value) && (!text || (answer.value ?? "") === text.value) && (!count || String(answer.value ?? "") === count.value);
            }""".replace("ROW", _ROW),
            {"visit": self.visit(), "item": item},
        )

    def holds(self, expression: str, argument: Any = None) -> None:
        """Wait until this is true in the page; the page's own policy forbids the driver's way to wait there."""
        wait_for(
            lambda: self.page.evaluate(expression, argument),
            lambda: f"never true: {expression}\n{self.page.evaluate(_WORKERS)}\n{self.errors}",
        )

    def camera_opened(self) -> None:
        """Wait until the phone's disk knows that a camera is open, which it does before a person could look through it."""
        self.holds(reading("return (await rows('meta')).some((row) => row?.item && row.visit);"))

    def visit(self) -> str:
        """The id of the visit on screen."""
        return self.page.url.split("#/")[1].split("/")[1].split("?")[0]

    def stored(self, visit: str) -> dict[str, Any]:
        """What the phone's disk holds of a visit: the record as the app keeps it."""
        found = self.page.evaluate(_ROW, visit)
        assert found, f"visit {visit} is not on this phone"
        return found

    def send(self) -> None:
        """To Today, and send what there is now, drafts too."""
        self.page.evaluate("location.hash = '#/today'")
        self.tap("refresh")
        expect(self.at("refresh")).to_be_enabled()

    def share(self, *files: Path) -> None:
        """Share these pictures from another app, and see where they belong to asked."""
        self.page.evaluate(_SHARING)
        self.page.locator("#share input").set_input_files(list(files))
        self.page.evaluate("document.getElementById('share').submit()")
        self.page.wait_for_url("**/app/#/shared**")

    # The end

    def finish(self, *, leave: bool = True) -> None:
        """To the page before submitting."""
        if not self.page.url.endswith("/finish"):
            self.page.evaluate("visit => { location.hash = `#/visit/${visit}/finish` }", self.visit())
        expect(self.at("screen-finish")).to_be_visible()
        if leave and self.at("leave").is_visible():
            self.tap("leave")
            expect(self.at("leave")).to_be_hidden()

    def submit(self) -> None:
        """Submit, and see the record to read."""
        self.tap("submit")
        expect(self.at("screen-record")).to_be_visible()

    def whole(self) -> str:
        """Wait until the server holds everything; gives the receipt's number. The record is on screen."""
        rung = self.at("rung-whole")
        expect(rung).to_have_class("done", timeout=180_000)
        return self.stored(self.visit())["known"]["receipt"]["number"]

    def sign_typed(self, role: str, name: str) -> None:
        """Sign by a typed name."""
        self.tap(f"sign-{role}")
        dialog = self.at(f"signing-{role}")
        dialog.get_by_test_id("sign-way").tap()
        expect(dialog.locator(".typed canvas")).to_be_visible()
        dialog.get_by_test_id("sign-name").fill(name)
        dialog.get_by_test_id("sign-keep").tap()
        expect(dialog).to_be_hidden()

    def sign(self, role: str, name: str) -> None:
        """Sign on glass."""
        self.tap(f"sign-{role}")
        dialog = self.at(f"signing-{role}")
        dialog.get_by_test_id("sign-name").fill(name)
        canvas = dialog.locator("canvas")
        box = canvas.bounding_box()
        assert box
        session = self.context.new_cdp_session(self.page)
        points = [
            (box["x"] + box["width"] * at / 12, box["y"] + box["height"] * (0.3 + 0.4 * (at % 2)))
            for at in range(2, 11)
        ]
        with _touch(session) as touch:
            touch("touchStart", points[0])
            for point in points[1:]:
                touch("touchMove", point)
            touch("touchEnd", None)
        expect(dialog.locator(".ink-hint")).to_be_hidden()
        dialog.get_by_test_id("sign-keep").tap()
        expect(dialog).to_be_hidden()


@contextlib.contextmanager
def _touch(session: Any) -> Iterator[Any]:
    """Touches at the pace of a hand. All at once they would be a fling, and the browser swallows the tap that ends it."""
    at = time.time()

    def send(kind: str, point: tuple[float, float] | None) -> None:
        nonlocal at
        at += 0.02 if point else 0.3
        points = [{"x": point[0], "y": point[1]}] if point else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points, "timestamp": at})

    yield send
    session.detach()
