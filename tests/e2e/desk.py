"""A desk at the console: a signed-in browser window with its pages and API."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from playwright.sync_api import APIResponse, Browser, expect
from playwright.sync_api import Error as BrowserError

from server.storage.organisation import User
from tests import make

LOOK: dict[str, Any] = {
    "viewport": {"width": 1280, "height": 900},
    "locale": "zh-CN",
    "timezone_id": "Asia/Shanghai",
}


class Desk:
    """One window of the console; `page` shows it, `api` asks as the same person."""

    def __init__(self, browser: Browser, url: str, user: User | None, options: Mapping[str, Any]) -> None:
        self.url = url
        self.errors: list[str] = []
        self.context = browser.new_context(**{**LOOK, "base_url": url, **options})
        self.context.set_default_timeout(30_000)
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.csrf = ""
        if user:
            answer = self.context.request.post(
                "/api/v1/session", data={"username": user.username, "password": make.PASSWORD}
            )
            expect(answer).to_be_ok()
            self.csrf = answer.json()["csrf"]

    def api(self, method: str, path: str, **options: Any) -> APIResponse:
        """A request with this person's cookie and CSRF token."""
        headers = {"X-CSRF-Token": self.csrf, **options.pop("headers", {})}
        return self.context.request.fetch(path, method=method, headers=headers, **options)

    def get(self, path: str) -> Any:
        """A JSON answer."""
        answer = self.api("GET", path)
        expect(answer).to_be_ok()
        return answer.json()

    def decide(
        self, visit: str, revision: int, decision: str, reasons: Sequence[Mapping[str, str]] = ()
    ) -> APIResponse:
        """A reviewer's decision by the API."""
        body = {"revision": revision, "decision": decision, "reasons": list(reasons)}
        return self.api("POST", f"/api/v1/visits/{visit}/review", data=body)

    def close(self) -> None:
        """End; errors that nobody caught fail the test."""
        with contextlib.suppress(BrowserError):
            self.context.close()
        assert not self.errors, self.errors
