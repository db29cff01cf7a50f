"""What no view may ever see: headers, JSON and characters that would make it, or the database, stumble."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from server.domain.access import Role
from server.routes.guard import MOST_FORM_BYTES
from tests.make import Caller


def test_a_csrf_token_that_is_not_ascii_is_a_wrong_one(client: Callable[..., Caller]) -> None:
    shopper = client(Role.SHOPPER)
    refused = shopper.put(f"/api/v1/visits/{uuid4()}", json={}, headers={"X-CSRF-Token": "\xff"})
    assert refused.status_code == 403


@pytest.mark.parametrize(
    "sent",
    [
        "[" * 100_000,
        "[" * 50_000 + "]" * 50_000,
        '{"answers": ' + '{"a": ' * 50_000 + "1" + "}" * 50_001,
        '{"notes": ' + "[" * 900 + "]" * 900 + "}",
    ],
)
def test_json_without_end_is_wrong_content(client: Callable[..., Caller], sent: str) -> None:
    refused = client(Role.SHOPPER).put(
        f"/api/v1/visits/{uuid4()}", data=sent, content_type="application/json"
    )
    assert refused.status_code == 422
    assert all(each["detail"] for each in refused.get_json()["errors"])


@pytest.mark.parametrize(
    ("method", "path", "given", "status"),
    [
        ("GET", "/api/v1/sync?cursor=a%00b", {}, 422),
        ("GET", "/api/v1/visits?outlet=%00", {}, 422),
        ("GET", "/api/v1/visits/a%00b", {}, 404),
        ("POST", "/login", {"data": {"username": "a\0b", "password": "x"}}, 422),
        ("POST", "/api/v1/session", {"json": {"username": "a\0b", "password": "x"}}, 422),
    ],
)
def test_no_nul_reaches_the_database(
    client: Callable[..., Caller], method: str, path: str, given: dict[str, Any], status: int
) -> None:
    refused = client(Role.SHOPPER).call(method, path, **given)
    assert refused.status_code == status


def test_a_backslash_before_u0000_is_a_text_like_any_other(client: Callable[..., Caller]) -> None:
    sent = {"username": "a\\u0000", "password": "x"}
    assert client().post("/api/v1/session", json=sent).status_code == 401


def test_a_form_with_a_file_is_read_only_as_far_as_its_route_allows(client: Callable[..., Caller]) -> None:
    """By its announced length, before a byte of it is read: here nothing of the body exists."""

    class Unread(io.RawIOBase):
        def readinto(self, _room: object) -> int:
            raise AssertionError("the body was read")

    stranger = client()
    for path in ("/verify", "/login", "/api/v1/session"):
        sent = {
            "wsgi.input": Unread(),
            "CONTENT_TYPE": "multipart/form-data; boundary=x",
            "CONTENT_LENGTH": str(MOST_FORM_BYTES + 1),
        }
        answer = stranger.browser.post(path, environ_overrides=sent)
        assert answer.status_code in {413, 415}, path


def test_a_form_larger_than_a_document_is_refused(client: Callable[..., Caller]) -> None:
    caller = client(Role.HQ)
    sent = {"csrf_token": caller.csrf, "note": "y" * 2_000_000}
    assert caller.browser.post("/rules/drafts", data=sent).status_code == 413
