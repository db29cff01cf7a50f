"""The console's sign-in: where it leads afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlmodel import col, select

from server.domain.access import Role
from server.storage.organisation import LoginAttempt
from server.usecases import people
from server.usecases.work import Office
from tests import make


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("/visits?state=waiting", "/visits?state=waiting"),
        ("/%09/evil.example/x", "/"),
        ("/%0A/evil.example/x", "/"),
        ("//evil.example/x", "/"),
        ("///evil.example/x", "/"),
        ("/%5Cevil.example/x", "/"),
        ("/%09%5Cevil.example/x", "/"),
        ("https://evil.example/x", "/"),
        ("//[", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_to_our_own_pages_alone(app: Flask, office: Office, target: str, place: str) -> None:
    user = make.user(office, role=Role.REVIEWER)
    answer = app.test_client().post(
        f"/login?next={target}", data={"username": user.username, "password": make.PASSWORD}
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, place)


def test_after_a_wrong_password_the_page_keeps_the_name_and_says_how_long_to_wait(
    app: Flask, office: Office
) -> None:
    user = make.user(office, role=Role.REVIEWER)
    browser = app.test_client()

    def answered(given: str, language: str = "zh-CN") -> str:
        form = {"username": user.username, "password": given}
        answer = browser.post("/login", data=form, headers={"Accept-Language": language})
        assert answer.status_code == 401
        return answer.get_data(as_text=True)

    for _ in range(people.SLOWED_FROM - 1):
        assert "用户名或密码不对" in answered("wrong")
    page = answered("wrong")
    assert f'value="{user.username}"' in page
    assert re.findall(r'name="(\w+)"[^>]* autofocus', page) == ["password"]
    assert re.findall(r'name="(\w+)"[^>]* autofocus', browser.get("/login").get_data(as_text=True)) == [
        "username"
    ]
    assert "错误次数太多，请在 1 秒后再试。" in answered(make.PASSWORD)
    assert "Please try again in 1 s." in answered(make.PASSWORD, "en")
    for seconds, chinese, english in (
        (59, "59 秒", "59 s"),
        (60, "1 分钟", "1 min"),
        (599, "10 分钟", "10 min"),
    ):
        with office.work() as work:
            attempt = work.session.exec(
                select(LoginAttempt).where(col(LoginAttempt.key).startswith("user:"))
            ).one()
            attempt.locked_until = work.now + timedelta(seconds=seconds)
        assert f"请在 {chinese}后再试。" in answered(make.PASSWORD)
        assert f"Please try again in {english}." in answered(make.PASSWORD, "en")
    told = browser.post("/api/v1/session", json={"username": user.username, "password": "x"})
    assert told.headers["Retry-After"] == str(told.get_json()["retry_after"]) == "599"
    assert "10 分钟" in told.get_json()["detail"]


NEW = "a password of my own"


def change(caller: make.Caller, **given: str) -> int:
    form = {"old": make.PASSWORD, "new": NEW, "again": NEW, "csrf_token": caller.csrf, **given}
    return caller.post("/password", data=form).status_code


def test_who_has_a_first_password_changes_it_before_any_console_page(
    office: Office, client: Callable[..., make.Caller]
) -> None:
    caller = client(make.user(office, role=Role.REVIEWER, must_change=True))
    for page in ("/", "/visits", "/reports"):
        answer = caller.get(page)
        assert (answer.status_code, answer.headers.get("Location")) == (302, "/password"), page
    assert caller.get("/password").status_code == 200
    assert caller.get("/api/v1/sync").status_code == 200
    assert change(caller) == 302
    assert caller.get("/visits").status_code == 200


def test_changing_the_password_ends_the_other_sign_ins(
    office: Office, client: Callable[..., make.Caller]
) -> None:
    user = make.user(office, role=Role.REVIEWER)
    here, elsewhere = client(user), client(user)
    assert 'href="/password"' in here.get("/visits").get_data(as_text=True)
    assert change(here) == 302
    assert here.get("/api/v1/session").status_code == 200
    assert elsewhere.get("/api/v1/session").status_code == 401


@pytest.mark.parametrize(
    "given",
    [
        {"old": "wrong"},
        {"again": "something else"},
        {"new": "short", "again": "short"},
        {"new": make.PASSWORD, "again": make.PASSWORD},
    ],
)
def test_a_password_that_cannot_be_changed_so_stays(
    office: Office, client: Callable[..., make.Caller], given: dict[str, str]
) -> None:
    user = make.user(office, role=Role.REVIEWER)
    assert change(client(user), **given) == 422
    assert client(user).get("/api/v1/session").status_code == 200


def test_a_phone_is_told_of_a_first_password_and_changes_it(
    office: Office, client: Callable[..., make.Caller]
) -> None:
    user = make.user(office, role=Role.SHOPPER, must_change=True)
    here, elsewhere = client(user), client(user)
    assert here.get("/api/v1/session").get_json()["must_change"] is True
    for given, pointers in (
        ({"old": "wrong", "new": NEW}, ["/old"]),
        ({"old": make.PASSWORD, "new": make.PASSWORD}, ["/new"]),
        ({"old": make.PASSWORD}, ["/new"]),
        ({"old": make.PASSWORD, "new": "short"}, []),
    ):
        refused = here.put("/api/v1/session/password", json=given)
        assert refused.status_code == 422, given
        assert [each["pointer"] for each in refused.get_json()["errors"]] == pointers
    assert refused.get_json()["detail"] == "密码至少要 8 个字符。"
    assert here.put("/api/v1/session/password", json={"old": make.PASSWORD, "new": NEW}).status_code == 204
    assert here.get("/api/v1/session").get_json()["must_change"] is False
    assert here.get("/api/v1/sync").status_code == 200
    assert elsewhere.get("/api/v1/session").status_code == 401


def test_who_signs_out_on_a_phone_leaves_no_picture_in_its_cache(
    office: Office, client: Callable[..., make.Caller]
) -> None:
    answer = client(make.user(office, role=Role.SHOPPER)).call("DELETE", "/api/v1/session")
    assert (answer.status_code, answer.headers["Clear-Site-Data"]) == (204, '"cache"')


def test_the_answer_to_a_phones_sign_out_leaves_the_cookie_that_the_next_sign_in_may_have_set_meanwhile(
    office: Office, client: Callable[..., make.Caller]
) -> None:
    leaving, other = (
        client(make.user(office, role=Role.SHOPPER)),
        client(make.user(office, role=Role.SHOPPER)),
    )
    answer = leaving.call("DELETE", "/api/v1/session")
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (204, False)
    assert leaving.get("/api/v1/session").status_code == 401
    assert leaving.get("/login").status_code == 200
    # The same proof in the name of another sign-in ends nothing.
    late = other.call("DELETE", "/api/v1/session", headers={"X-CSRF-Token": leaving.csrf})
    assert (late.status_code, "Set-Cookie" in late.headers) == (403, False)
    assert other.get("/api/v1/session").status_code == 200


def test_who_gives_the_password_is_signed_in_again_though_another_users_cookie_is_in_the_browser(
    office: Office, client: Callable[..., make.Caller]
) -> None:
    shopper = make.user(office, role=Role.SHOPPER, username="again")
    other = client(make.user(office, role=Role.REVIEWER))
    given = {"username": shopper.username, "password": make.PASSWORD}
    old = {"X-CSRF-Token": "of a sign-in whose cookie is gone"}
    foreign = other.post("/api/v1/session", json=given, headers=old | {"Sec-Fetch-Site": "cross-site"})
    assert (foreign.status_code, other.get("/api/v1/session").get_json()["user"]["role"]) == (403, "reviewer")
    assert other.post("/api/v1/session", json=given, headers=old).status_code == 200
    assert other.get("/api/v1/session").get_json()["user"]["username"] == "again"
