"""The key of a user's phones: given to who signed in, for that user alone, and the same after everything that happens to an account."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest
import sqlalchemy as sa
from flask import Flask

from server.domain.access import Role
from server.domain.phone_keys import BYTES
from server.storage.organisation import AccessToken
from server.storage.phone_keys import PhoneSecret
from server.usecases.work import Office
from tests import make

NEW = "a password of my own"


@pytest.mark.parametrize("seals", [True, False])
def test_the_switch_says_whether_to_seal_and_withholds_no_key(
    app: Flask, office: Office, seals: bool
) -> None:
    app.extensions["office"] = Office.of(replace(office.settings, seal_phones=seals))
    user = make.user(office, role=Role.SHOPPER)
    answer = app.test_client().post(
        "/api/v1/session", json={"username": user.username, "password": make.PASSWORD}
    )
    told = answer.get_json()
    assert (told["seal"], len(urlsafe_b64decode(told["store_key"] + "="))) == (seals, BYTES)


def key(caller: make.Caller) -> str:
    answer = caller.get("/api/v1/session")
    assert answer.headers["Cache-Control"] == "no-store"
    return str(answer.get_json()["store_key"])


def test_each_role_is_given_a_key_of_its_own_by_both_ways_to_a_session(
    app: Flask, office: Office, client: Callable[..., make.Caller]
) -> None:
    keys = set()
    for role in Role:
        user = make.user(office, role=role)
        answer = app.test_client().post(
            "/api/v1/session", json={"username": user.username, "password": make.PASSWORD}
        )
        given = answer.get_json()["store_key"]
        assert given == key(client(user)) == key(client(user))
        assert len(urlsafe_b64decode(given + "=")) == BYTES
        keys.add(given)
    assert len(keys) == len(Role)


def test_a_new_password_changes_no_key(office: Office, client: Callable[..., make.Caller]) -> None:
    here = client(make.user(office, role=Role.SHOPPER))
    before = key(here)
    assert here.put("/api/v1/session/password", json={"old": make.PASSWORD, "new": NEW}).status_code == 204
    assert key(here) == before


def test_nobody_and_no_token_is_given_a_key(app: Flask, office: Office) -> None:
    user, browser = make.user(office, role=Role.SHOPPER), app.test_client()
    assert "store_key" not in browser.get("/api/v1/session").get_json()
    with office.work() as work:
        made = AccessToken(sha256=sha256(b"t").hexdigest(), user_id=user.id, name="test", created_at=work.now)
        work.session.add(made)
    answer = browser.get("/api/v1/session", headers={"Authorization": "Bearer t"})
    assert (answer.status_code, answer.get_json()["store_key"]) == (200, None)


def test_without_the_secret_everybody_still_signs_in_and_phones_seal_nothing(
    office: Office, client: Callable[..., make.Caller]
) -> None:
    with office.work() as work:
        work.session.execute(sa.delete(PhoneSecret))
    assert client(Role.SHOPPER).get("/api/v1/session").get_json()["store_key"] is None
