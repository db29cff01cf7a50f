"""The console's sign-in: where it leads afterwards."""

from __future__ import annotations

import pytest
from flask import Flask

from server.domain.access import Role
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
